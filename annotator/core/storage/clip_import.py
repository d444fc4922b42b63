"""Bringing a video and a track into a dataset as a clip, or as the files of one."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from annotator.core.capture.landmark_file import landmark_path
from annotator.core.model import ClipInfo
from annotator.core.names import identity, safe_name
from annotator.core.storage.clip_files import clip_to_json
from annotator.core.storage.dataset import ClipEntry, Dataset
from annotator.core.storage.json_files import encode_object
from annotator.core.storage.leftovers import UNFINISHED_PREFIX
from annotator.core.storage.media_roots import NO_ROOTS, MediaRoots
from annotator.core.storage.places import ClipPlace
from viewer.core.cancel import CancelToken
from viewer.core.errors import DatasetError, FileError, StudioError
from viewer.core.fences import to_read
from viewer.core.files import (
    as_write_errors,
    atomic_write,
    is_file,
    make_folder,
    new_file,
    open_plain,
    sync_folder,
)
from viewer.core.formats.sidecar import sidecar_path
from viewer.core.in_use import rename_when_free
from viewer.core.progress import Progress, no_progress

How = Literal["copy", "link", "reference"]
"""``copy`` the files into the clip's folder; ``link`` them (the same file under a second name, copied
where the disk cannot); or only name them, for files that already lie in the dataset folder or in one of
its media roots."""

_BLOCK = 4 * 1024 * 1024
_OWN = ("clip.json", "annotations", "takes")
"""What the studio itself puts into the folder of a clip."""


def add_clip(
    dataset: Dataset,
    video: Path | None = None,
    track: Path | None = None,
    *,
    id: str = "",
    info: ClipInfo | None = None,
    how: How = "copy",
    cancel: CancelToken | None = None,
    progress: Progress = no_progress,
) -> ClipEntry:
    """Add a clip.  ``id`` defaults to the file's name; a number is added when it is taken.  ``info``
    gives the clip's words.  ``progress`` counts bytes.  The clip appears whole or not at all.

    Raises :class:`FileError`, :class:`DatasetError`, :class:`~viewer.core.errors.Cancelled`.
    """
    given = {kind: path for kind, path in (("video", video), ("track", track)) if path is not None}
    files = list(given.values())
    name = _free_id(dataset, safe_name(id or (files[0].stem if files else "clip"), "clip"))
    make_clip(
        dataset.root, name, given, info=info, how=how, roots=dataset.roots, cancel=cancel, progress=progress
    )
    return dataset.refresh(name)


def make_clip(
    root: Path,
    name: str,
    given: Mapping[str, Path],
    *,
    info: ClipInfo | None = None,
    how: How = "copy",
    within: Path | None = None,
    roots: MediaRoots = NO_ROOTS,
    cancel: CancelToken | None = None,
    progress: Progress = no_progress,
) -> int:
    """Make the folder of the clip ``name`` in the dataset ``root``, of files ``given`` by their kind; those
    below ``within`` are not read through a link that leads out of it; ``roots`` are the dataset's.  Returns
    how many of them had to be copied where links were wanted.

    Raises as :func:`add_clip`.
    """
    cancel = cancel or CancelToken()
    for path in given.values():
        if not path.is_file():
            raise FileError("the file is missing", "choose another one", path)
    clips = root / "clips"
    making = clips / f"{UNFINISHED_PREFIX}{secrets.token_hex(4)}"
    final = clips / name
    words = replace(info, id=name) if info is not None else ClipInfo(name)
    place = ClipPlace(name, "", root, final, None, final, final, roots)
    named: dict[str, str] = {}
    copying = _Bringing(how, within, cancel, progress, sum(path.stat().st_size for path in given.values()))
    try:
        make_folder(making)
        for kind, path in given.items():
            if how == "reference":
                named[kind] = place.relative(path)
                continue
            target = making / safe_name(path.name, kind)
            if identity(target.name) in {*_OWN, *map(identity, named.values())}:
                target = making / f"{kind}-{target.name}"
            copying.bring(path, target)
            if kind == "track":
                for beside in (sidecar_path, landmark_path):
                    if copying.may_read(beside(path)):
                        copying.bring(beside(path), beside(target))
            named[kind] = target.name
        words = replace(words, **named)  # type: ignore[arg-type]
        atomic_write(making / "clip.json", encode_object(clip_to_json(words)))
        rename_when_free(making, final)
        sync_folder(clips)
    except OSError as error:
        if isinstance(error, StudioError):
            raise
        raise DatasetError(
            f"the clip cannot be added ({error.strerror})", "check space and permissions", final
        ) from None
    finally:
        if making.exists():
            shutil.rmtree(making, ignore_errors=True)
    return copying.copied_instead


def _free_id(dataset: Dataset, wanted: str) -> str:
    taken = {identity(entry.id) for entry in dataset.clips}
    name, number = wanted, 2
    while identity(name) in taken or (dataset.root / "clips" / name).exists():
        name, number = f"{wanted}-{number}", number + 1
    return name


@dataclass
class _Bringing:
    """Brings files into a folder one after the other; ``total`` bytes in all."""

    how: How
    within: Path | None
    cancel: CancelToken
    progress: Progress
    total: int
    done: int = 0
    copied_instead: int = 0

    def may_read(self, path: Path) -> bool:
        """Whether there is a file, and no link out of the folder that is imported."""
        return is_file(path) and (self.within is None or path.resolve().is_relative_to(self.within))

    def bring(self, source: Path, target: Path) -> None:
        """Copy ``source`` to ``target``, or link it."""
        if self.how == "link":
            real = source.resolve() if self.within is None else to_read(source, self.within)
            with contextlib.suppress(OSError):
                os.link(real, target)
                self.done += target.stat().st_size
                return
            self.copied_instead += 1
        with open_plain(source, self.within) as reading, new_file(target) as writing:
            while block := reading.read(_BLOCK):
                self.cancel.check()
                with as_write_errors(target):
                    writing.write(block)
                self.done += len(block)
                self.progress(self.done, self.total, f"Copying {source.name}")
        with contextlib.suppress(OSError):
            shutil.copystat(source, target)


def bring_in(place: ClipPlace, path: Path, cancel: CancelToken | None = None) -> str:
    """How clip.json of ``place`` names ``path``, which is copied beside the clip's files first
    when it lies outside the dataset and its media roots.

    Raises :class:`DatasetError`, :class:`~viewer.core.errors.Cancelled`.
    """
    if path.resolve().is_relative_to(place.root.resolve()) or place.roots.reference(path) is not None:
        return place.relative(path)
    target, number = place.folder / safe_name(path.name, "track"), 2
    there = {*_OWN, *(identity(file.name) for file in place.folder.iterdir())}
    while identity(target.name) in there:
        target = place.folder / safe_name(f"{path.stem}-{number}{path.suffix}", "track")
        number += 1
    try:
        _Bringing("copy", None, cancel or CancelToken(), no_progress, path.stat().st_size).bring(path, target)
    except OSError as error:
        if isinstance(error, StudioError):
            raise
        raise DatasetError(
            f"the file cannot be copied into the dataset ({error.strerror})",
            "check space and permissions",
            target,
        ) from None
    return place.relative(target)
