"""The log: a file in the user's state folder that faults go to, a few generations of it.

Each record opens the file, appends and closes it.  Records are rare, and so several studios may
write to one log and rename it, also where an open file cannot be renamed.
"""

from __future__ import annotations

import contextlib
import logging
import os
from itertools import pairwise
from pathlib import Path

from annotator.core.faults.hidden import HidingFormatter, without_hidden
from annotator.core.storage.state_folder import state_folder

GENERATIONS = 3
"""Earlier files that are kept."""

_MOST_BYTES = 1_000_000
_LONGEST_RECORD = 64 * 1024
_PATIENCE = 0.2
_APPEND = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
_FORM = "%(asctime)s %(levelname)s %(name)s [%(process)d %(threadName)s] %(message)s"


def log_path() -> Path:
    """The file that is written now; earlier ones have a number added."""
    return state_folder() / "log" / "studio.log"


class LogFile(logging.Handler):
    """Appends records to :func:`log_path`, which it asks for each time.

    Parameters
    ----------
    most_bytes
        Size at which a file becomes the first of the earlier ones.

    Writing never raises and never complains: what cannot be written is lost.
    """

    def __init__(self, most_bytes: int = _MOST_BYTES) -> None:
        super().__init__(logging.WARNING)
        self._most_bytes = most_bytes
        self.setFormatter(HidingFormatter(_FORM))

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        try:
            text = self.format(record) + "\n"
        except Exception:
            text = without_hidden(f"{record.levelname} {record.name} {record.msg!r}\n")
        data = text.encode("utf-8", "backslashreplace")
        if len(data) > _LONGEST_RECORD:
            half = _LONGEST_RECORD // 2
            data = data[:half] + b"\n[...]\n" + data[-half:]
        with contextlib.suppress(Exception):
            path = log_path()
            path.parent.mkdir(parents=True, exist_ok=True)
            self._make_room(path, len(data))
            descriptor = os.open(path, _APPEND, 0o600)
            try:
                os.write(descriptor, data)
            finally:
                os.close(descriptor)

    def _make_room(self, path: Path, coming: int) -> None:
        """Rename the files, each to the next older one, when this one is full."""
        if not self._is_full(path, coming):
            return
        from filelock import FileLock, Timeout

        # Whoever does not get to rename them writes on in the full file.
        with contextlib.suppress(OSError, Timeout), FileLock(path.with_suffix(".lock"), timeout=_PATIENCE):
            if self._is_full(path, coming):
                files = [path, *_earlier(path)]
                for newer, older in reversed([*pairwise(files)]):
                    if newer.exists():
                        newer.replace(older)

    def _is_full(self, path: Path, coming: int) -> bool:
        try:
            return path.stat().st_size + coming > self._most_bytes
        except OSError:
            return False


def _earlier(path: Path) -> list[Path]:
    return [path.with_name(f"{path.name}.{number}") for number in range(1, GENERATIONS + 1)]


def open_log() -> None:
    """Let warnings and faults of this process go to the log from now on; a second call does
    nothing."""
    root = logging.getLogger()
    if not any(isinstance(handler, LogFile) for handler in root.handlers):
        root.addHandler(LogFile())


def read_log(most_bytes: int = 256 * 1024) -> str:
    """The end of the log, over its generations; empty when nothing was ever written.

    Raises OSError when it is there and cannot be read.
    """
    path = log_path()
    parts: list[bytes] = []
    wanted = most_bytes
    for file in (path, *_earlier(path)):
        try:
            data = file.read_bytes()[-wanted:]
        except FileNotFoundError:
            continue
        parts.insert(0, data)
        wanted -= len(data)
        if wanted <= 0:
            # The first line is probably cut off.
            parts[0] = parts[0].partition(b"\n")[2] or parts[0]
            break
    return b"".join(parts).decode("utf-8", "replace")
