"""The keys of the active take: select, drag, nudge."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QWidget

from viewer.timeline.axis import GUTTER, TimeAxis
from viewer.timeline.keyframe_lane import KeyframeLane
from viewer.timeline.ruler import tick_text

_SNAP = 6.0
"""Pixels in which a dragged key goes to an annotated keyframe."""


class TakeLane(KeyframeLane):
    """A lane of keyframes whose number is the model's: none is added or deleted here.  While one is
    dragged it goes to frames, and to ``snaps``, the times of the annotated keyframes."""

    kind = "take"
    title = "take"

    def __init__(self, axis: TimeAxis, parent: QWidget | None = None) -> None:
        super().__init__(axis, parent)
        self.setFixedHeight(24)
        self._snaps: tuple[float, ...] = ()
        self.hide()

    def set_snaps(self, times: Sequence[float]) -> None:
        self._snaps = tuple(times)

    def snapped(self, t: float) -> float:
        near = [(abs(self.axis.x_of(time) - self.axis.x_of(t)), time) for time in self._snaps]
        best = min((each for each in near if each[0] <= _SNAP), default=None)
        return self.axis.nearest_frame(t) if best is None else best[1]

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        mark = self._hit(event.position())
        if mark is not None:
            self.time_requested.emit(mark.time)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            event.ignore()
            return
        super().keyPressEvent(event)

    def tip_at(self, pos: QPointF) -> str:
        mark = self._hit(pos) if pos.x() >= GUTTER else None
        if mark is None:
            return "The keys of the active take: drag one to change when it happens"
        facts = [mark.label or "no description", tick_text(mark.time, 0.001)]
        if mark.has_values:
            facts.append("values set by hand")
        return " · ".join(facts) + "\nDrag or Alt+←/→ to move; it stays between its neighbours"
