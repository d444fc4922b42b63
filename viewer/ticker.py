"""The heartbeat of the window: asks the clock for the time while it plays."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from viewer.core.clock import Clock

INTERVAL_MS = 16


class Ticker(QObject):
    """Emits ``tick(seconds)`` some 60 times a second while the clock plays, and once for every
    :meth:`refresh`.  Call :meth:`refresh` after each command to the clock: it starts or stops
    the timer and tells what changed.

    At the end of the clip the clock is paused, unless a listener of ``tick`` did so before.
    A tick that comes late is counted in ``dropped`` and never made up for.  ``now`` returns
    monotonic seconds.
    """

    tick = Signal(float)
    state_changed = Signal()

    def __init__(
        self, clock: Clock, parent: QObject | None = None, now: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(parent)
        self.clock = clock
        self.dropped = 0
        self._now = now
        self._last: float | None = None
        self._state = self._read_state()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(INTERVAL_MS)
        self._timer.timeout.connect(self._on_timeout)

    @property
    def running(self) -> bool:
        """Whether ticks come by themselves."""
        return self._timer.isActive()

    def refresh(self) -> None:
        """Show what the clock says now, whether it plays or not."""
        if self.clock.playing and not self._timer.isActive():
            self.dropped = 0
            self._last = None
            self._timer.start()
        elif not self.clock.playing:
            self._timer.stop()
        self._tell_state()
        self.tick.emit(self.clock.time)

    def stop(self) -> None:
        """No more ticks until the next :meth:`refresh`; the clock is left as it is."""
        self._timer.stop()

    def _on_timeout(self) -> None:
        now = self._now()
        if self._last is not None:
            late = (now - self._last) * 1000.0 / INTERVAL_MS
            if late >= 1.75:
                self.dropped += round(late) - 1
        self._last = now
        self.tick.emit(self.clock.time)
        if self.clock.playing and self.clock.at_end:
            self.clock.pause()
        if not self.clock.playing:
            self._timer.stop()
            self._tell_state()

    def _read_state(self) -> tuple[object, ...]:
        clock = self.clock
        return (clock.playing, clock.rate, clock.loop, clock.loop_enabled, clock.duration)

    def _tell_state(self) -> None:
        state = self._read_state()
        if state != self._state:
            self._state = state
            self.state_changed.emit()
