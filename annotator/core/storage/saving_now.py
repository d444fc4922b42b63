"""The savers at work in this process: what is read of a clip is never older than what they hold."""

from __future__ import annotations

import threading
import weakref
from collections import Counter
from pathlib import Path
from typing import Protocol

from annotator.core.storage.places import ClipPlace
from viewer.core.cancel import CancelToken

_SLICE = 0.2
"""Seconds between two looks at whether the reading is still wanted."""


class SavesAClip(Protocol):
    """What is known here of a saver."""

    @property
    def place(self) -> ClipPlace:
        """Where the clip lies that it saves."""

    @property
    def failing(self) -> bool:
        """Whether its last attempt failed."""
        ...

    def flush(self, timeout: float) -> bool:
        """Save now and wait at most ``timeout`` seconds for it; whether it is done."""
        ...


_lock = threading.Lock()
_savers: weakref.WeakSet[SavesAClip] = weakref.WeakSet()
_saves: Counter[str] = Counter()


def begin_saving(saver: SavesAClip) -> None:
    """From now on, reading the saver's clip waits for it; it is forgotten with the saver."""
    with _lock:
        _savers.add(saver)


def end_saving(saver: SavesAClip) -> None:
    """The saver has ended; what it could not save is in its journal."""
    with _lock:
        _savers.discard(saver)


def note_save(place: ClipPlace) -> None:
    """Files of ``place`` were written; what was read before is old."""
    with _lock:
        _saves[_key(place)] += 1


def saves_of(place: ClipPlace) -> int:
    """How often this process has written files of ``place``."""
    with _lock:
        return _saves[_key(place)]


def wait_until_saved(root: Path, clip: str, cancel: CancelToken) -> None:
    """Have the savers of a clip below ``root`` save now, and wait until each has, or has failed to.

    Raises :class:`~viewer.core.errors.Cancelled`.
    """
    with _lock:
        found = [saver for saver in _savers if (saver.place.root, saver.place.id) == (root, clip)]
    for saver in found:
        while not saver.flush(_SLICE) and not saver.failing:
            cancel.check()


def _key(place: ClipPlace) -> str:
    return str(place.annotation_file.absolute())
