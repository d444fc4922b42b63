"""Time, frames and the loop above all lanes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter

from viewer.core.time_ticks import Ticks, frame_ticks, time_ticks
from viewer.palette import Palette
from viewer.scene.painting import faded, font_of, metrics_of, write
from viewer.scene.press_box import Drag
from viewer.scene.row import RowAxis
from viewer.timeline.axis import GUTTER, PAD_LEFT, FloatArray
from viewer.timeline.lane import Lane
from viewer.timeline.requests import TimelineRequests

_HEIGHT = 32
_HANDLE = 12.0
_HANDLE_REACH = 6.0


class RulerTicks(RowAxis):
    """An axis inside the ruler: short ticks, and long ones with words to their right."""

    def __init__(self, side: str, lane: Ruler, font: int, foot: int, find: Callable[[], Ticks]) -> None:
        """``foot``: the pixel on which the words stand; ``find``: what is in sight."""
        super().__init__(side, lane)
        self._axis, self._font, self._foot, self._find = lane.axis, font, foot, find
        self.setHeight(_HEIGHT)

    def generateDrawSpecs(self, painter: QPainter) -> Ticks:
        return self._find()

    def drawPicture(self, painter: QPainter, weak: FloatArray, strong: FloatArray, words: list[str]) -> None:
        hanging, colours = self.orientation == "bottom", self.row.colours
        edge, foot = (0, self._foot + 2) if hanging else (_HEIGHT, self._foot - 7)
        for times, end, colour in (
            (weak, 4 if hanging else _HEIGHT - 4, colours.line),
            (strong, foot, colours.muted),
        ):
            painter.setPen(QColor(colour))
            xs = np.round(self._axis.x_of(times) - GUTTER).tolist()
            painter.drawLines([QLineF(x, edge, x, end) for x in xs])
        painter.setPen(QColor(colours.text if hanging else colours.muted))
        painter.setFont(font_of(self._font))
        for x, text in zip(xs, words, strict=True):
            if x + metrics_of(self._font).horizontalAdvance(text) <= self.width() - 6:
                painter.drawText(QPointF(x + 4, self._foot), text)


class Ruler(Lane):
    """Click or drag: scrub.  Shift and drag: choose the loop; its two handles can be dragged."""

    title = "time"
    opaque = False

    def __init__(self, asks: TimelineRequests) -> None:
        super().__init__(asks, _HEIGHT)
        self.loop = pg.LinearRegionItem(movable=False, pen=pg.mkPen(None))
        for line, marker in zip(self.loop.lines, ("|>", "<|"), strict=True):
            line.addMarker(marker, 0.0, _HANDLE)
            # For its look under the mouse; the press is taken by the lane.
            line.setMovable(True)
        self.addItem(self.loop, ignoreBounds=True)
        self.ticks = (
            RulerTicks("bottom", self, 11, 13, self._time_ticks),
            RulerTicks("top", self, 10, 29, self._frame_ticks),
        )
        self.axis.changed.connect(self._follow)

    def set_theme(self, palette: Palette) -> None:
        self.setBackgroundColor(palette.panel)
        self.loop.setBrush(faded(palette.accent, 0.22))
        for line in self.loop.lines:
            line.setPen(pg.mkPen(palette.accent, width=1))
            line.setHoverPen(pg.mkPen(palette.text, width=1))
        super().set_theme(palette)
        self._follow()

    def _follow(self) -> None:
        """Ticks and the loop follow the axis; the gutter names the frames only while there are any."""
        area = self.content_rect().translated(-GUTTER - PAD_LEFT, 0.0)
        self.background.setRect(area)
        for ticks, shown in zip(self.ticks, (self.axis.duration > 0, self._frame_gap >= 3.0), strict=True):
            ticks.setGeometry(area)
            ticks.spoil()
            if shown != ticks.isVisibleTo(self):
                ticks.setVisible(shown)
                self.gutter.spoil()
        self.picture.setVisible(self.axis.video_end is not None)
        self.loop.setVisible(self.axis.loop is not None)
        if self.axis.loop is not None:
            self.loop.setRegion(self.axis.loop)
            self.updateMatrix()

    def draw_all(self, painter: QPainter) -> None:
        """Say where the video ends, below the times: no frame has a number there."""
        if self.axis.video_end is not None:
            x = max(round(self.axis.x_of(self.axis.video_end)), GUTTER)
            painter.fillRect(QRectF(x, _HEIGHT / 2, 1, _HEIGHT / 2), QColor(self.colours.warning))
            area = QRectF(x + 5, _HEIGHT / 2, max(self.axis.right - x - 5, 0), _HEIGHT / 2)
            write(painter, "the video ends here", area, self.colours.warning, 10)

    def labels(self) -> list[tuple[float, str]]:
        return [(0.3, "time"), (0.76, "frame")][: 1 + (self._frame_gap >= 3.0)]

    # ---- ticks ---------------------------------------------------------------------------

    def _seen(self) -> tuple[float, float]:
        """Seconds at the ends of the lane, margins included, inside the clip."""
        return self.axis.time_of(GUTTER), self.axis.time_of(self.content_rect().right())

    def _time_ticks(self) -> Ticks:
        return time_ticks(*self._seen(), self.axis.pixels_per_second)

    @property
    def _frame_gap(self) -> float:
        """Pixels between frames; 0 when none is known."""
        return self.axis.frames.step * self.axis.pixels_per_second if self.axis.frames.times.size else 0.0

    def _frame_ticks(self) -> Ticks:
        return frame_ticks(self.axis.frames.times, *self._seen(), self._frame_gap)

    # ---- the loop ------------------------------------------------------------------------

    def _end_at(self, pos: QPointF) -> int | None:
        """Which end of the loop has its handle at a place: 0, 1 or none."""
        ends = self.axis.loop or ()
        near = (i for i, t in enumerate(ends) if abs(pos.x() - self.axis.x_of(t)) <= _HANDLE_REACH)
        return next(near, None) if pos.x() >= GUTTER else None

    def pressed(self, pos: QPointF, modifiers: Qt.KeyboardModifier) -> Drag | None:
        loop, end = self.axis.loop, self._end_at(pos)
        if loop is not None and end is not None:
            fixed = loop[1 - end]
        elif modifiers & Qt.KeyboardModifier.ShiftModifier and pos.x() >= GUTTER:
            fixed = self.axis.frames.nearest(self.axis.time_of(pos.x()))
        else:
            return super().pressed(pos, modifiers)
        put_back = partial(self.asks.loop_requested.emit, *loop) if loop is not None else Drag.cancelled
        return Drag(partial(self._ask_loop, fixed), cancelled=put_back)

    def _ask_loop(self, fixed: float, pos: QPointF) -> None:
        """Ask for the loop between one end and the mouse."""
        start, end = sorted((fixed, self.axis.frames.nearest_or_end(self.axis.time_of(pos.x()))))
        if start != end:
            self.asks.loop_requested.emit(start, end)

    def hovered(self, pos: QPointF) -> None:
        over = self._end_at(pos) is not None
        self.set_hover("", Qt.CursorShape.SizeHorCursor if over else Qt.CursorShape.ArrowCursor)

    def tip_at(self, pos: QPointF) -> str:
        if self._end_at(pos) is not None:
            return "Drag to move this end of the loop (I and O set it at the playhead)"
        return (
            "Drag to scrub; Shift and drag to choose a loop\n"
            "Wheel zooms, Shift and wheel or the middle button pans"
        )
