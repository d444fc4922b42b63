"""What killed saves and imports left behind: temporary files, and clips that were never whole."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import stat
import time
from collections.abc import Iterable
from pathlib import Path

from annotator.core.storage.backups import Backups
from annotator.core.storage.places import ClipPlace
from annotator.core.storage.state_folder import state_folder
from viewer.core import fences
from viewer.core.errors import FileError
from viewer.core.files import TEMPORARY_PREFIX

UNFINISHED_PREFIX = ".adding-"
"""Names of folders of clips that are being added begin so."""

_OURS = re.compile(re.escape(TEMPORARY_PREFIX) + r"[0-9a-f]{16}\.tmp")
_UNFINISHED = re.compile(re.escape(UNFINISHED_PREFIX) + r"[0-9a-f]{8}")
_HOUR = 3600.0
_DAY = 24 * _HOUR


def remove_leftovers(place: ClipPlace, settings_folder: Path | None = None) -> list[Path]:
    """Delete what killed saves of a clip left in its folders, in the user's state folder and in that of the
    settings, and what killed imports left in its dataset; says what it deleted.  What cannot be deleted
    stays.

    Only plain files with a name that :func:`viewer.core.files.atomic_write` gives go, and none that a
    save may be writing now: they must be an hour old, by whichever clock, or from a day to come.
    """
    own = [place.annotation_file.parent, place.takes_folder]
    if place.clip_file is not None:
        own += [place.folder, place.root]
    state, now = state_folder(), time.time()
    own += [Backups(place).folder, state / "journals", state / "clashes", state]
    own += [] if settings_folder is None else [settings_folder]
    removed = _remove(own, now)
    if place.clip_file is not None:
        removed += remove_unfinished_clips(place.root / "clips", now)
    return removed


def remove_unfinished_clips(clips: Path, now: float) -> list[Path]:
    """Delete the folders of clips that were being added when the studio was killed; says which.  One that
    anything was written to within the last hour may be being added now."""
    removed = []
    with contextlib.suppress(OSError, FileError):
        root = fences.root_of(clips)
        with os.scandir(clips if root is None else fences.to_read(clips, root)) as entries:
            found = [Path(entry.path) for entry in entries if _UNFINISHED.fullmatch(entry.name)]
        for folder in found:
            if not folder.is_symlink() and all(_is_left(path, now) for path in (folder, *folder.iterdir())):
                shutil.rmtree(folder, ignore_errors=True)
                removed.append(folder)
    return removed


def _is_left(path: Path, now: float) -> bool:
    """Whether it was not written to within the last hour, by whichever clock."""
    return not -_DAY < now - path.lstat().st_mtime < _HOUR


def _remove(folders: Iterable[Path], now: float) -> list[Path]:
    removed = []
    for folder in folders:
        try:
            root = fences.root_of(folder)
            with os.scandir(folder if root is None else fences.to_read(folder, root)) as entries:
                found = [entry for entry in entries if _OURS.fullmatch(entry.name)]
        except (OSError, FileError):
            continue
        for entry in found:
            try:
                facts = entry.stat(follow_symlinks=False)
                path = Path(entry.path)
                if stat.S_ISREG(facts.st_mode) and _is_left(path, now):
                    path.unlink()
                    removed.append(path)
            except OSError:
                continue
    return removed
