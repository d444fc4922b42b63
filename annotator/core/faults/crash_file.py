"""Crashes: where Python itself dies, it writes into a file that the next start finds.

Each window has a file of its own, held by a lock that the system frees with the process.  A file
that nobody holds was left by a window that did not end properly; it says more than its first line
where that was a crash.
"""

from __future__ import annotations

import contextlib
import faulthandler
import logging
import os
from datetime import datetime
from pathlib import Path
from typing import IO

from filelock import FileLock

from annotator.core.faults.details import versions
from annotator.core.storage.journal import try_lock
from annotator.core.storage.state_folder import state_folder

log = logging.getLogger("faults")

_MOST_BYTES = 16 * 1024


def _folder() -> Path:
    return state_folder() / "crashes"


class CrashFile:
    """The file that a crash of this process is written to, from :meth:`begin` to :meth:`end`."""

    def __init__(self, path: Path, file: IO[str], lock: FileLock) -> None:
        self._path, self._file, self._lock = path, file, lock

    @staticmethod
    def begin() -> CrashFile | None:
        """Be ready for a crash; None, with a line in the log, where the state folder cannot be
        written."""
        path = _folder() / f"crash-{os.getpid()}.txt"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            lock = try_lock(path)
            if lock is None:
                return None
            file = path.open("w", encoding="utf-8")
            # A crash has no time for words of its own.
            file.write(f"Started {datetime.now():%Y-%m-%d %H:%M:%S}, {versions()}\n")
            file.flush()
            # Of the thread that crashed only: the others run on meanwhile, and following their
            # frames can crash once more before the one that matters is written.
            faulthandler.enable(file, all_threads=False)
        except OSError as fault:
            log.warning("A crash could not be written down: %s", fault)
            return None
        return CrashFile(path, file, lock)

    def end(self) -> None:
        """The process ends properly: leave nothing."""
        faulthandler.disable()
        self._file.close()
        _drop(self._path, self._lock)


def take_crashes() -> list[str]:
    """What windows left that crashed, oldest first, each as details to copy.

    They are moved into the log, so that they are told once.
    """
    found: list[tuple[float, str]] = []
    for path in sorted(_folder().glob("crash-*.txt")):
        with contextlib.suppress(OSError):
            lock = try_lock(path)
            if lock is None:
                continue
            data = path.read_bytes()[:_MOST_BYTES].decode("utf-8", "replace")
            changed = path.stat().st_mtime
            _drop(path, lock)
            started, _, crash = data.partition("\n")
            if crash.strip():
                found.append((changed, f"{started}\n{crash}"))
    found.sort()
    for _changed, text in found:
        log.error("The studio crashed\n%s", text.rstrip())
    return [text for _changed, text in found]


def _drop(path: Path, lock: FileLock) -> None:
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        Path(lock.lock_file).unlink()
    lock.release()
