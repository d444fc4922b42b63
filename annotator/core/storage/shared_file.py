"""Files that several windows, people and programs write: replaced only by who has seen what is there.

On one machine writers take turns by a lock in the state folder; nothing of it lies in the dataset.
Where there is no such lock (another machine on a shared drive, git), a file is read again last before
it is replaced, and once more afterwards.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import threading
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from annotator.core.storage.json_files import read_bytes
from annotator.core.storage.state_folder import state_folder
from viewer.core.errors import StudioError
from viewer.core.files import atomic_write

log = logging.getLogger(__name__)

_LOCKS = 64
"""Lock files there are at most: those of a dataset's thousands of files would never be cleaned."""
_PATIENCE = 5.0
"""Seconds after which a writer that hangs no longer keeps others from saving."""
_REMEMBERED = 40

_held = threading.local()

Facts = tuple[int, int, int] | None
"""Size, time of change and number of a file, which tell that it was replaced; None without one."""


class ReplacedError(Exception):
    """Somebody else has written the file meanwhile."""


def current_bytes(path: Path) -> bytes | None:
    """The file's contents; None where there is none.  Raises :class:`StudioError`."""
    return read_bytes(path) if os.path.lexists(path) else None


def facts_of(path: Path) -> Facts:
    """What tells cheaply whether a file was replaced."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return found.st_size, found.st_mtime_ns, found.st_ino


@contextlib.contextmanager
def turn(path: Path) -> Iterator[None]:
    """While this is held no other writer of this machine's user replaces ``path``.  Without a lock,
    where none can be had, work goes on: :func:`replace_file` looks twice anyway."""
    place = _lock_file(path)
    if place in _taken():
        # Two files may share a lock.
        yield
        return
    lock = FileLock(place, timeout=_PATIENCE, poll_interval=0.01)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except (OSError, NotImplementedError, Timeout) as fault:
        log.info("%s is written without a lock: %s", path.name, fault)
        yield
        return
    _taken().add(place)
    try:
        yield
    finally:
        _taken().discard(place)
        lock.release()


def replace_file(path: Path, data: bytes, seen: bytes | None) -> None:
    """Replace ``path``, which held ``seen`` when it was last looked at, by ``data``.

    Raises :class:`ReplacedError`, with the file as somebody else wrote it, when it holds something
    else; :class:`StudioError`.
    """

    def look_again() -> None:
        if current_bytes(path) != seen:
            raise ReplacedError

    look_again()
    atomic_write(path, data, look_again)
    if current_bytes(path) != data:
        raise ReplacedError
    _note_written(path, data)


def taken_by_turns(path: Path, data: bytes) -> bool:
    """Whether ``data`` was written here lately by a writer who took turns, and so had seen what was
    there before."""
    try:
        return _mark(path, data) in _notes(path).read_text("ascii").split()
    except (OSError, ValueError):
        return False


def _taken() -> set[Path]:
    if not hasattr(_held, "files"):
        _held.files = set()
    files: set[Path] = _held.files
    return files


def _bucket(path: Path) -> str:
    text = os.path.normcase(os.path.realpath(path))
    number = int(hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(), 16) % _LOCKS
    # Who holds a file of a dataset may ask for one of the state folder, never the other way round.
    return f"state-{number:02d}" if path.is_relative_to(state_folder()) else f"{number:02d}"


def _lock_file(path: Path) -> Path:
    return state_folder() / "locks" / f"{_bucket(path)}.lock"


def _notes(path: Path) -> Path:
    return state_folder() / "locks" / f"{_bucket(path)}.written"


def _mark(path: Path, data: bytes) -> str:
    name = path.name.encode("utf-8", "surrogatepass")
    return hashlib.sha256(name + b"\0" + data).hexdigest()[:32]


def _note_written(path: Path, data: bytes) -> None:
    """Only who holds the lock writes into the notes."""
    if _lock_file(path) not in _taken():
        return
    notes = _notes(path)
    with contextlib.suppress(OSError, ValueError, StudioError):
        known = notes.read_text("ascii").split() if notes.exists() else []
        notes.write_text("\n".join([*known, _mark(path, data)][-_REMEMBERED:]), "ascii")
