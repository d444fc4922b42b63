"""What the command line says: JSON and words on stdout, one line of error and progress on stderr."""

from __future__ import annotations

import contextlib
import math
import os
import sys
from collections.abc import Iterator
from typing import Any

import msgspec


def fail(line: str, code: int = 1) -> int:
    """Say what went wrong, in one line; returns the exit code."""
    # Without a stderr, print would choose stdout.
    if sys.stderr is not None:
        with contextlib.suppress(OSError):
            print(f"error: {_line(line)}", file=sys.stderr, flush=True)
    return code


def note(line: str) -> None:
    """Say in one line what is worth knowing of how it goes on; nothing for an empty one."""
    if line and sys.stderr is not None:
        with contextlib.suppress(OSError):
            print(f"note: {_line(line)}", file=sys.stderr, flush=True)


def _line(text: str) -> str:
    """One line that any terminal can show; a file may be named with anything."""
    return "".join(char if char.isprintable() else "?" for char in " ".join(text.split()))


def report(value: Any) -> None:
    """JSON on stdout, readable and without NaN."""
    say(msgspec.json.format(msgspec.json.encode(_plain(msgspec.to_builtins(value))), indent=2).decode())


def say(text: str) -> None:
    """A text on stdout, as UTF-8 wherever it goes; raises OSError when it does not arrive."""
    if sys.stdout is None:
        return
    try:
        sys.stdout.buffer.write(text.encode("utf-8", "replace") + b"\n")
        sys.stdout.buffer.flush()
    except OSError:
        # The interpreter would try the rest again when it ends, and complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise


def _plain(value: Any) -> Any:
    """What JSON can hold: no NaN or infinity, and names that are no Unicode made readable."""
    if isinstance(value, dict):
        return {_plain(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


class Ticker:
    """Progress on stderr: one line that is overwritten, or nothing when it is no terminal."""

    def __init__(self) -> None:
        self._live = sys.stderr is not None and sys.stderr.isatty()

    def __call__(self, done: int, total: int, what: str) -> None:
        if self._live:
            share = f"{100 * done // total:3d} % " if total else ""
            sys.stderr.write(f"\r\x1b[K{share}{what}")
            sys.stderr.flush()

    def end(self) -> None:
        """Take the line away, so that what is written next stands alone; harmless when repeated."""
        if self._live:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


@contextlib.contextmanager
def progress_line() -> Iterator[Ticker]:
    """A ticker that leaves no line behind."""
    ticker = Ticker()
    try:
        yield ticker
    finally:
        ticker.end()
