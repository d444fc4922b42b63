"""The bundled demo, as a dataset of one's own to work on."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import platformdirs

from annotator.core.storage.annotators import annotation_file
from annotator.session.settings import own_annotator_id
from viewer.core.errors import FileError
from viewer.core.in_use import rename_when_free
from viewer.core.resources import resource

ANNOTATOR = "maria"
"""Whose keyframes the bundled demo holds."""


def demo_copy() -> Path:
    """A copy of the demo dataset that may be edited, in the user's data folder; made once, so
    that work on it is kept.  Raises :class:`FileError`."""
    folder = os.environ.get("KFSTUDIO_DATA_DIR") or platformdirs.user_data_dir("kfstudio")
    target = copy_demo(Path(folder) / "demo")
    _share_work(target, own_annotator_id())
    return target


def _share_work(dataset: Path, annotator_id: str) -> None:
    """Give ``annotator_id`` a copy of the demo annotator's work to go on with, once."""
    for clip in (dataset / "clips").iterdir():
        theirs = clip / "annotations" / f"{ANNOTATOR}.json"
        mine = annotation_file(clip / "annotations", annotator_id)
        if theirs.is_file() and not mine.exists():
            shutil.copyfile(theirs, mine)


def copy_demo(target: Path) -> Path:
    """Copy the bundled dataset to ``target`` unless it is there.  Raises :class:`FileError`."""
    source = resource("demo", "dataset")
    if not (source / "dataset.json").is_file():
        raise FileError("the demo is missing", "install the studio again", source)
    if not (target / "dataset.json").is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(target.name + ".partial")
        shutil.rmtree(partial, ignore_errors=True)
        shutil.copytree(source, partial)
        rename_when_free(partial, target)
    return target
