"""Time, frames and the loop above all lanes."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from viewer.timeline.axis import GUTTER, TimeAxis
from viewer.timeline.lane import ScrubLane, faded, font_of

_STEPS = (
    0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0,
    60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0,
)
_FRAME_STEPS = (1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500)
_LABEL_WIDTH = 76.0
_HANDLE_REACH = 6.0


def tick_step(pixels_per_second: float, least: float = _LABEL_WIDTH) -> float:
    """The smallest round step in seconds whose labels lie ``least`` pixels apart."""
    return next((s for s in _STEPS if s * pixels_per_second >= least), _STEPS[-1])


def tick_text(t: float, step: float) -> str:
    """``1:02.5``: as many decimals as ``step`` needs."""
    decimals = 0 if step >= 1 else max(0, math.ceil(-math.log10(step) - 1e-9))
    whole = round(t, decimals)
    minutes, seconds = divmod(whole, 60.0)
    hours, minutes = divmod(int(minutes), 60)
    text = f"{seconds:0{3 + decimals if decimals else 2}.{decimals}f}"
    return f"{hours}:{minutes:02d}:{text}" if hours else f"{minutes}:{text}"


class Ruler(ScrubLane):
    """Click or drag: scrub.  Shift and drag: choose the loop; its two handles can be dragged."""

    loop_requested = Signal(float, float)

    kind = "ruler"
    title = "time"

    def __init__(self, axis: TimeAxis, parent: QWidget | None = None) -> None:
        super().__init__(axis, parent)
        self.setFixedHeight(32)
        self._loop_anchor: float | None = None
        self._loop_before: tuple[float, float] | None = None

    # ---- drawing -------------------------------------------------------------------------

    def axis_moved(self) -> None:
        """The gutter names the frames' row only while frames are shown."""
        self._gutter_stale = True
        super().axis_moved()

    def draw(self, painter: QPainter) -> None:
        area = self.content_rect()
        painter.fillRect(area, QColor(self.colours.panel))
        if self.axis.duration <= 0:
            return
        self._draw_loop_band(painter)
        self._draw_times(painter)
        self._draw_frames(painter)

    def draw_gutter(self, painter: QPainter) -> None:
        painter.setFont(font_of(11))
        painter.setPen(QColor(self.colours.muted))
        right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(QRectF(16, 0, GUTTER - 24, 18), right, "time")
        if self._frame_step_px() >= 3.0:
            painter.setFont(font_of(10))
            painter.drawText(QRectF(16, 16, GUTTER - 24, 15), right, "frame")

    def _draw_loop_band(self, painter: QPainter) -> None:
        if self.axis.loop is None:
            return
        a, b = (self.axis.x_of(t) for t in self.axis.loop)
        accent = QColor(self.colours.accent)
        painter.fillRect(QRectF(a, 0, b - a, self.height()), faded(self.colours.accent, 0.22))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(accent)
        for x, way in ((a, 1.0), (b, -1.0)):
            painter.drawPolygon(QPolygonF([
                QPointF(x, 0), QPointF(x + 8 * way, 0), QPointF(x + 2 * way, 8),
                QPointF(x + 2 * way, self.height()), QPointF(x, self.height()),
            ]))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _draw_times(self, painter: QPainter) -> None:
        axis = self.axis
        step = tick_step(axis.pixels_per_second)
        minor = next((step / n for n in (10, 5, 4, 2) if step / n * axis.pixels_per_second >= 7), step)
        strong, weak = QPen(QColor(self.colours.muted), 1), QPen(QColor(self.colours.line), 1)
        painter.setFont(font_of(11))
        metrics = painter.fontMetrics()
        first = max(0, math.floor(axis.start / minor) - 1)
        seen_until = min(axis.end + 20 / axis.pixels_per_second, axis.duration)
        last = int(seen_until / minor + 1e-6)
        times = np.arange(first, last + 1) * minor
        xs = np.round(axis.xs_of(times))
        on_step = np.abs(times / step - np.round(times / step)) < 1e-6
        for pen, chosen, height in ((weak, ~on_step, 4.0), (strong, on_step, 15.0)):
            painter.setPen(pen)
            painter.drawLines([QLineF(x, 0.0, x, height) for x in xs[chosen].tolist()])
        painter.setPen(QColor(self.colours.text))
        for t, x in zip(times[on_step].tolist(), xs[on_step].tolist(), strict=True):
            text = tick_text(t, step)
            if x + 6 + metrics.horizontalAdvance(text) <= self.width():
                painter.drawText(QPointF(x + 4, 13), text)

    def _frame_step_px(self) -> float:
        return self.axis.frame_step * self.axis.pixels_per_second if self.axis.frame_times.size else 0.0

    def _draw_frames(self, painter: QPainter) -> None:
        gap = self._frame_step_px()
        if gap < 3.0:
            return
        every = next((s for s in _FRAME_STEPS if s * gap >= 44), _FRAME_STEPS[-1])
        times = self.axis.frame_times
        first, last = np.searchsorted(times, (self.axis.start - 1.0, self.axis.end + 1.0))
        xs = self.axis.xs_of(times[first:last])
        weak = QPen(QColor(self.colours.line), 1)
        strong = QPen(QColor(self.colours.muted), 1)
        painter.setFont(font_of(10))
        for i, x in enumerate(np.round(xs).tolist(), start=int(first)):
            named = i % every == 0
            painter.setPen(strong if named else weak)
            painter.drawLine(QPointF(x, 22 if named else 27), QPointF(x, self.height()))
            if named:
                painter.setPen(QColor(self.colours.muted))
                painter.drawText(QPointF(x + 3, 29), str(i))

    # ---- the loop ------------------------------------------------------------------------

    def _handle_at(self, pos: QPointF) -> int | None:
        if self.axis.loop is None:
            return None
        a, b = (abs(pos.x() - self.axis.x_of(t)) for t in self.axis.loop)
        if min(a, b) > _HANDLE_REACH:
            return None
        return 0 if a < b else 1

    def pressed(self, pos: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        self._loop_before = self.axis.loop
        self._loop_anchor = None
        handle = self._handle_at(pos)
        if handle is not None and self.axis.loop is not None:
            self._loop_anchor = self.axis.loop[1 - handle]
        elif modifiers & Qt.KeyboardModifier.ShiftModifier and pos.x() >= GUTTER:
            self._loop_anchor = self.axis.nearest_frame(self.axis.time_of(pos.x()))
        else:
            super().pressed(pos, modifiers)

    def dragged(self, pos: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        if self._loop_anchor is None:
            super().dragged(pos, modifiers)
            return
        t = self._loop_time(pos)
        if t != self._loop_anchor:
            self.loop_requested.emit(min(t, self._loop_anchor), max(t, self._loop_anchor))

    def _loop_time(self, pos: QPointF) -> float:
        t = self.axis.time_of(pos.x())
        half_frame = 0.5 * self.axis.frame_step
        return self.axis.duration if t > self.axis.duration - half_frame else self.axis.nearest_frame(t)

    def released(self, pos: QPointF, dragged: bool) -> None:
        if self._loop_anchor is None:
            super().released(pos, dragged)

    def cancelled(self) -> None:
        if self._loop_anchor is None:
            super().cancelled()
        elif self._loop_before is not None:
            self.loop_requested.emit(*self._loop_before)

    def hovered(self, pos: QPointF) -> None:
        over = self._handle_at(pos) is not None
        self.setCursor(Qt.CursorShape.SizeHorCursor if over else Qt.CursorShape.ArrowCursor)

    def tip_at(self, pos: QPointF) -> str:
        if self._handle_at(pos) is not None:
            return "Drag to move this end of the loop (I and O set it at the playhead)"
        return (
            "Drag to scrub; Shift and drag to choose a loop\n"
            "Wheel zooms, Shift and wheel or the middle button pans"
        )
