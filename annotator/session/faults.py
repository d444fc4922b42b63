"""Faults of the program on their way to the window: from any thread, and from Qt, into the log and
to the main thread."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QMessageLogContext, QObject, Qt, QtMsgType, Signal, qInstallMessageHandler

from annotator.core.faults.hooks import CaughtFault, FaultHooks, Repeats, worth_logging

log = logging.getLogger("qt")

_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


class FaultWatch(QObject):
    """Hears of every exception that nobody caught, and of Qt's own messages, while it is installed.

    ``caught`` brings a :class:`~annotator.core.faults.hooks.CaughtFault` to the main thread, never
    in the middle of what failed.  Qt's messages go to the log only: after a fatal one the process
    ends, and the next start tells of it.

    Parameters
    ----------
    interrupted
        Called for Ctrl+C inside a slot.
    """

    caught = Signal(object)
    _from_any_thread = Signal(object)

    def __init__(self, interrupted: Callable[[], object], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._from_any_thread.connect(self.caught, Qt.ConnectionType.QueuedConnection)
        self._hooks = FaultHooks(self._pass_on, interrupted)
        self._messages = _QtMessages()

    def install(self) -> None:
        """Hear of faults until :meth:`remove`."""
        self._hooks.install()
        self._messages.install()

    def remove(self) -> None:
        """Put back what was there before."""
        self._hooks.remove()
        self._messages.remove()

    def _pass_on(self, fault: CaughtFault) -> None:
        # Faults may still come while the window is being torn down.
        with contextlib.suppress(RuntimeError):
            self._from_any_thread.emit(fault)


class _QtMessages:
    """Writes what Qt says into the log; what it says again and again less and less often."""

    def __init__(self) -> None:
        self._repeats = Repeats()
        self._inside = threading.local()
        self._before: Any = None

    def install(self) -> None:
        self._before = qInstallMessageHandler(self._take)

    def remove(self) -> None:
        qInstallMessageHandler(self._before)

    def _take(self, kind: QtMsgType, context: QMessageLogContext, text: str | None) -> None:
        if getattr(self._inside, "busy", False):
            return
        self._inside.busy = True
        try:
            count = self._repeats.count(f"{kind} {text}")
            if worth_logging(count):
                often = f" (for the {count}th time)" if count > 1 else ""
                log.log(_LEVELS.get(kind, logging.WARNING), "%s: %s%s", context.category, text, often)
        except Exception:
            # Raised in here, it would come back as the next message.
            return
        finally:
            self._inside.busy = False
