"""Time, frames and the loop above all lanes."""

from __future__ import annotations

import math

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QLineF, QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from viewer.core.time_ticks import tick_step, tick_text
from viewer.palette import Palette
from viewer.scene.painting import faded, font_of, metrics_of
from viewer.timeline.axis import GUTTER, PAD_LEFT, TimeAxis
from viewer.timeline.lane import Lane, ScrubLane
from viewer.timeline.requests import TimelineRequests

_FRAME_STEPS = (1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500)
_HEIGHT = 32
_HANDLE = 12.0
_HANDLE_REACH = 6.0


class Ticks(pg.AxisItem):
    """An axis inside the ruler.  pyqtgraph places the named ticks; their words stand to the right."""

    def __init__(self, side: str, lane: Lane, font: int, foot: int) -> None:
        """``foot``: the pixel on which the words stand."""
        super().__init__(side, parent=lane, maxTickLength=-4, showValues=False)
        self.lane, self.axis, self.font, self.foot = lane, lane.axis, font, foot
        self.enableAutoSIPrefix(False)
        self.setStyle(hideOverlappingLabels=True)
        self.setHeight(_HEIGHT)
        self.setZValue(2.0)

    def weak_ticks(self) -> list[float]:
        """Times of ticks without a name."""
        raise NotImplementedError

    def words(self) -> list[str]:
        """The names of the others, from the left."""
        raise NotImplementedError

    def drawPicture(
        self, painter: QPainter, axis: object, ticks: list[tuple[QPen, QPointF, QPointF]], texts: object
    ) -> None:
        edge, way = (0.0, 1.0) if self.orientation == "bottom" else (float(_HEIGHT), -1.0)
        colours = self.lane.colours
        xs = self.axis.x_of(np.array(self.weak_ticks())) - GUTTER
        painter.setPen(QColor(colours.line))
        painter.drawLines([QLineF(x, edge, x, edge + 4 * way) for x in np.round(xs).tolist()])
        strong = [round(place.x()) for _, place, _ in ticks]
        painter.setPen(QColor(colours.muted))
        end = self.foot + 2 if way > 0 else self.foot - 7
        painter.drawLines([QLineF(x, edge, x, end) for x in strong])
        painter.setPen(QColor(colours.text if way > 0 else colours.muted))
        painter.setFont(font_of(self.font))
        room = self.width() - 6
        for x, text in zip(strong, self.words(), strict=True):
            if x + metrics_of(self.font).horizontalAdvance(text) <= room:
                painter.drawText(QPointF(x + 4, self.foot), text)


class TimeTicks(Ticks):
    """Seconds, hanging from the upper edge."""

    def _times(self, step: float) -> list[float]:
        first, last = max(self.range[0], 0.0), min(self.range[1], self.axis.duration)
        counts = range(math.ceil(first / step), math.floor(last / step + 1e-6) + 1)
        return [i * step for i in counts]

    def weak_ticks(self) -> list[float]:
        scale = self.axis.pixels_per_second
        step = tick_step(scale)
        return self._times(next((step / n for n in (10, 5, 4, 2) if step / n * scale >= 7), step))

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        step = tick_step(self.axis.pixels_per_second)
        return [(step, self._times(step))]

    def words(self) -> list[str]:
        step = tick_step(self.axis.pixels_per_second)
        return [tick_text(t, step) for t in self._times(step)]


class FrameTicks(Ticks):
    """Frames, standing on the lower edge, while they lie far enough apart."""

    @property
    def gap(self) -> float:
        """Pixels between frames; 0 when none is known."""
        return self.axis.frames.step * self.axis.pixels_per_second if self.axis.frames.times.size else 0.0

    @property
    def seen(self) -> bool:
        """Whether there is room for frames."""
        return self.gap >= 3.0

    def _every(self) -> int:
        return next((s for s in _FRAME_STEPS if s * self.gap >= 44), _FRAME_STEPS[-1])

    def _times(self, every: int) -> list[float]:
        times = self.axis.frames.times
        first, last = np.searchsorted(times, np.array(self.range)) if self.seen else (0, 0)
        found: list[float] = times[-(-int(first) // every) * every : int(last) : every].tolist()
        return found

    def weak_ticks(self) -> list[float]:
        return self._times(1)

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        return [(1.0, self._times(self._every()))]

    def words(self) -> list[str]:
        return [str(self.axis.frames.number(t)) for t in self._times(self._every())]


class Ruler(ScrubLane):
    """Click or drag: scrub.  Shift and drag: choose the loop; its two handles can be dragged."""

    kind = "ruler"
    title = "time"
    opaque = False

    def __init__(self, axis: TimeAxis, asks: TimelineRequests) -> None:
        super().__init__(axis, asks, _HEIGHT)
        self._names_frames = False
        self._anchor: float | None = None
        self._loop_before: tuple[float, float] | None = None
        self.loop = pg.LinearRegionItem(movable=False, pen=pg.mkPen(None))
        for line, marker in zip(self.loop.lines, ("|>", "<|"), strict=True):
            line.setMovable(True)
            line.addMarker(marker, 0.0, _HANDLE)
            line.sigDragged.connect(self._loop_dragged)
            line.sigPositionChangeFinished.connect(self._show_loop)
        self.addItem(self.loop, ignoreBounds=True)
        self.times = TimeTicks("bottom", self, 11, 13)
        self.frames = FrameTicks("top", self, 10, 29)
        axis.changed.connect(self._follow)
        self.picture.hide()
        self._show_loop()

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
        area = self.content_rect()
        self.background.setRect(area.translated(-GUTTER - PAD_LEFT, 0.0))
        for ticks in (self.times, self.frames):
            ticks.setGeometry(area.translated(-GUTTER - PAD_LEFT, 0.0))
            ticks.setVisible(self.axis.duration > 0 and (ticks is self.times or self.frames.seen))
            ticks.setRange(self.axis.raw_time(area.left()), self.axis.raw_time(area.right()))
        if self.frames.seen != self._names_frames:
            self._names_frames = self.frames.seen
            self.gutter.spoil()
        self._show_loop()

    def _show_loop(self) -> None:
        self.loop.setVisible(self.axis.loop is not None)
        if self.axis.loop is not None and not any(line.moving for line in self.loop.lines):
            self.loop.setRegion(self.axis.loop)
            self.updateMatrix()

    def labels(self) -> list[tuple[float, str]]:
        return [(0.3, "time"), (0.76, "frame")][: 1 + self._names_frames]

    # ---- the loop ------------------------------------------------------------------------

    def _on_handle(self, pos: QPointF) -> bool:
        ends = self.axis.loop or ()
        return pos.x() >= GUTTER and any(abs(pos.x() - self.axis.x_of(t)) <= _HANDLE_REACH for t in ends)

    def _ask_loop(self, *ends: float) -> None:
        if ends[0] != ends[1]:
            self.asks.loop_requested.emit(min(ends), max(ends))

    def _loop_dragged(self, line: pg.InfiniteLine) -> None:
        """pyqtgraph moved an end: put it on a frame, and ask."""
        line.setValue(self.axis.frames.nearest_or_end(line.value()))
        self._ask_loop(*self.loop.getRegion())

    def pressed(self, pos: QPointF, modifiers: Qt.KeyboardModifier) -> bool:
        self._loop_before, self._anchor = self.axis.loop, None
        if self._on_handle(pos):
            return False
        if modifiers & Qt.KeyboardModifier.ShiftModifier and pos.x() >= GUTTER:
            self._anchor = self.axis.frames.nearest(self.axis.time_of(pos.x()))
            return True
        return super().pressed(pos, modifiers)

    def dragged(self, pos: QPointF) -> None:
        if self._anchor is None:
            super().dragged(pos)
        else:
            self._ask_loop(self._anchor, self.axis.frames.nearest_or_end(self.axis.time_of(pos.x())))

    def released(self, pos: QPointF) -> None:
        if self._anchor is None:
            super().released(pos)

    @property
    def busy(self) -> bool:
        return super().busy or any(line.moving for line in self.loop.lines)

    def cancel(self) -> None:
        looping = self._anchor is not None or self._press is None
        for line in self.loop.lines:
            line.moving = False
        if looping:
            self._press = None
            if self._loop_before is not None:
                self.asks.loop_requested.emit(*self._loop_before)
            self._show_loop()
        super().cancel()

    def hovered(self, pos: QPointF) -> None:
        over = self._on_handle(pos)
        self.set_hover("", Qt.CursorShape.SizeHorCursor if over else Qt.CursorShape.ArrowCursor)

    def tip_at(self, pos: QPointF) -> str:
        if self._on_handle(pos):
            return "Drag to move this end of the loop (I and O set it at the playhead)"
        return (
            "Drag to scrub; Shift and drag to choose a loop\n"
            "Wheel zooms, Shift and wheel or the middle button pans"
        )
