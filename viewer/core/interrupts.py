"""Ctrl+C and a polite end, at a moment at which Python can take them.

Libraries in native code crash or are half loaded for good when an exception comes into the middle of their
import.  So an interrupt that finds an import under way waits for its end.
"""

from __future__ import annotations

import signal
import threading
from types import FrameType

INTERRUPTED = 130
"""The exit code of a program that was interrupted, as shells have it."""

_SOON = 0.05
_IMPORTING = "<frozen importlib"


def interrupt(number: int, frame: FrameType | None) -> None:
    """A handler of signals: raises KeyboardInterrupt, once no import is under way."""
    if not _is_importing(frame):
        raise KeyboardInterrupt
    again = threading.Timer(_SOON, _send, (number,))
    again.daemon = True
    again.start()


def take_interrupts() -> None:
    """Have Ctrl+C come by :func:`interrupt`, where nobody has said that it is to be ignored."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, interrupt)


def _is_importing(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename.startswith(_IMPORTING):
            return True
        frame = frame.f_back
    return False


def _send(number: int) -> None:
    """To the main thread, which runs the handlers, and may be waiting for something."""
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(threading.main_thread().ident or 0, number)
    else:
        signal.raise_signal(number)
