"""The bundled demo, as a dataset of one's own to work on."""

from __future__ import annotations

import os
import secrets
import shutil
from pathlib import Path

import platformdirs

from annotator.core.storage.annotators import annotation_file
from annotator.session.settings import own_annotator_id
from viewer.core.errors import FileError, StudioError
from viewer.core.files import make_folder_of
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
        partial = target.with_name(f"{target.name}.{secrets.token_hex(4)}.partial")
        try:
            make_folder_of(target)
            _copy_folder(source, partial)
            rename_when_free(partial, target)
        except OSError as error:
            if isinstance(error, StudioError):
                raise
            what = f"the demo cannot be copied there ({error.strerror})"
            raise FileError(what, "choose another folder, or free some space", target) from None
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return target


def _copy_folder(source: Path, target: Path) -> None:
    """Not as shutil does, which goes on when the disk is full.  Raises OSError."""
    target.mkdir()
    for path in source.iterdir():
        if path.is_dir():
            _copy_folder(path, target / path.name)
        else:
            shutil.copy2(path, target / path.name)
