"""Exceptions that nobody caught: in the main thread, in others, and where Python ignores them."""

from __future__ import annotations

import contextlib
import logging
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any

from annotator.core.faults.details import fault_details

log = logging.getLogger("faults")

_MOST_KINDS = 200


@dataclass(frozen=True)
class CaughtFault:
    """An exception nobody caught.  ``key`` is the same for one fault that comes again and again,
    ``what`` one line about it, ``details`` what to copy, ``count`` how often it came so far."""

    key: str
    what: str
    details: str
    count: int = 1


class Repeats:
    """Counts what comes again and again, so that a timer does not fill the log."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}

    def count(self, key: str) -> int:
        """How often ``key`` came, this time included."""
        if len(self._counts) >= _MOST_KINDS and key not in self._counts:
            self._counts.clear()
        self._counts[key] = self._counts.get(key, 0) + 1
        return self._counts[key]


def worth_logging(count: int) -> bool:
    """Whether the ``count``-th time is written down: 1, 10, 100 and so on."""
    while count >= 10 and count % 10 == 0:
        count //= 10
    return count == 1


class FaultHooks:
    """Writes every exception that nobody caught into the log and hands it to ``tell``.

    Parameters
    ----------
    tell
        Called in the thread of the fault, each time it comes; whatever it raises is dropped.
    interrupted
        Called for Ctrl+C where Qt would only report it.
    """

    def __init__(
        self,
        tell: Callable[[CaughtFault], object] | None = None,
        interrupted: Callable[[], object] | None = None,
    ) -> None:
        self._tell, self._interrupted = tell, interrupted
        self._repeats = Repeats()
        self._told: dict[str, CaughtFault] = {}
        self._inside = threading.local()
        self._before: tuple[Any, Any, Any] | None = None

    def install(self) -> None:
        """Hear of faults until :meth:`remove`."""
        if self._before is None:
            self._before = (sys.excepthook, threading.excepthook, sys.unraisablehook)
            sys.excepthook = self._uncaught
            threading.excepthook = self._in_thread
            sys.unraisablehook = self._unraisable

    def remove(self) -> None:
        """Put back what was there before."""
        if self._before is not None:
            sys.excepthook, threading.excepthook, sys.unraisablehook = self._before
            self._before = None

    def _uncaught(self, kind: type[BaseException], fault: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            if self._interrupted is not None:
                self._interrupted()
            else:
                sys.__excepthook__(kind, fault, trace)
            return
        self._take(fault.with_traceback(trace), "")

    def _in_thread(self, said: threading.ExceptHookArgs) -> None:
        if said.exc_value is not None and not issubclass(said.exc_type, SystemExit):
            name = said.thread.name if said.thread is not None else "unknown"
            self._take(said.exc_value, f"In the thread {name}")

    def _unraisable(self, said: sys.UnraisableHookArgs) -> None:
        if said.exc_value is not None:
            what = said.err_msg or "Exception ignored in"
            self._take(said.exc_value, f"{what}: {_name(said.object)}")

    def _take(self, fault: BaseException, where: str) -> None:
        """Log and tell; a fault in here is never taken again."""
        if getattr(self._inside, "busy", False):
            return
        self._inside.busy = True
        try:
            self._hand_on(fault, where)
        except Exception:
            with contextlib.suppress(Exception):
                sys.__excepthook__(type(fault), fault, fault.__traceback__)
        finally:
            self._inside.busy = False

    def _hand_on(self, fault: BaseException, where: str) -> None:
        key = _key(fault)
        count = self._repeats.count(key)
        caught = self._told.get(key)
        if caught is None or worth_logging(count):
            details = fault_details(fault, where)
            caught = CaughtFault(key, _line(fault), details)
            if len(self._told) >= _MOST_KINDS:
                self._told.clear()
            self._told[key] = caught
            often = f" (for the {count}th time)" if count > 1 else ""
            log.error("Something went wrong%s\n%s", often, details.rstrip())
        if self._tell is not None:
            self._tell(replace(caught, count=count))


def _key(fault: BaseException) -> str:
    """What a fault and its repetitions share: its type, where it was raised, and who began it."""
    places = [f"{frame.f_code.co_filename}:{line}" for frame, line in traceback.walk_tb(fault.__traceback__)]
    return " ".join((type(fault).__qualname__, *places[:1], *places[-1:]))


def _line(fault: BaseException) -> str:
    try:
        text = " ".join(str(fault).split())
    except Exception:
        text = ""
    return f"{type(fault).__name__}: {text[:160]}" if text else type(fault).__name__


def _name(thing: object) -> str:
    """A function's or type's name: the representation of an object may hold anything."""
    return str(getattr(thing, "__qualname__", type(thing).__qualname__))
