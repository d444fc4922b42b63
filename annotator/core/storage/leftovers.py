"""Temporary files that killed saves left behind."""

from __future__ import annotations

import os
import re
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

_OURS = re.compile(re.escape(TEMPORARY_PREFIX) + r"[0-9a-f]{16}\.tmp")
_HOUR = 3600.0
_DAY = 24 * _HOUR


def remove_leftovers(place: ClipPlace) -> list[Path]:
    """Delete what killed saves of a clip left in its folders and in the user's state folder; says what
    it deleted.  What cannot be deleted stays.

    Only plain files with a name that :func:`viewer.core.files.atomic_write` gives go, and none that a
    save may be writing now: they must be an hour old, by whichever clock, or from a day to come.
    """
    own = [place.annotation_file.parent, place.takes_folder]
    if place.clip_file is not None:
        own += [place.folder, place.root]
    state = state_folder()
    return _remove([*own, Backups(place).folder, state / "journals", state], time.time())


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
                if stat.S_ISREG(facts.st_mode) and not -_DAY < now - facts.st_mtime < _HOUR:
                    path = Path(entry.path)
                    path.unlink()
                    removed.append(path)
            except OSError:
                continue
    return removed
