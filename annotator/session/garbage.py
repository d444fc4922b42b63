"""Collecting garbage on the main thread alone.

Python's collector runs in whichever thread happens to allocate.  When it finds a circle that holds
Qt objects while a job, a decoder or the render thread allocates, they are destroyed there while the
main thread may be painting them, and the process crashes.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

_EVERY_MS = 500


class MainThreadCollector(QObject):
    """While it is active, Python collects garbage only here, between two events of the main thread.

    What was loaded before :meth:`start` is not looked through again, so that a collection costs what
    was made since.  Several may be active, one a window; the last to stop gives the task back."""

    _active = 0

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._timer = QTimer(self, interval=_EVERY_MS)
        self._timer.timeout.connect(self._collect)

    def start(self) -> None:
        """Take over from Python's own collector."""
        if self._timer.isActive():
            return
        MainThreadCollector._active += 1
        gc.disable()
        gc.freeze()
        self._timer.start()

    def stop(self) -> None:
        """Let Python collect by itself again, unless another collector is still active."""
        if not self._timer.isActive():
            return
        self._timer.stop()
        MainThreadCollector._active -= 1
        if not MainThreadCollector._active:
            gc.unfreeze()
            gc.enable()

    def _collect(self) -> None:
        """Collect the oldest generation that is due, as Python itself would."""
        counts, limits = gc.get_count(), gc.get_threshold()
        due = [
            number
            for number, (count, limit) in enumerate(zip(counts, limits, strict=True))
            if count > limit > 0
        ]
        if due:
            gc.collect(due[-1])
