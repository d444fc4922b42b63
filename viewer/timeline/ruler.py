"""Time, frames and the loop above all lanes."""

from __future__ import annotations

import math

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen

from viewer.palette import Palette
from viewer.timeline.axis import GUTTER, PAD_LEFT, TimeAxis
from viewer.timeline.drawing import faded, font_of
from viewer.timeline.lane import ScrubLane
from viewer.timeline.requests import TimelineRequests

_STEPS = (
    0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0,
    60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0,
)
_FRAME_STEPS = (1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500)
_LABEL_WIDTH = 76.0
_HEIGHT = 32
_HANDLE = 12.0
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


class _Ticks(pg.AxisItem):
    """An axis inside the ruler: named ticks with their words to the right, between weak ones."""

    def __init__(self, side: str, axis: TimeAxis, box: pg.ViewBox, font: QFont) -> None:
        super().__init__(side, parent=box, maxTickLength=5)
        self.time = axis
        self.words, self.strong, self.weak = QColor(), QPen(), QPen()
        self.enableAutoSIPrefix(False)
        # Words at the ends are cut by the lane, not left out.
        self.setStyle(tickFont=font, hideOverlappingLabels=GUTTER, maxTextLevel=0)
        self.setHeight(_HEIGHT)
        self.setZValue(2.0)

    def set_theme(self, words: str, palette: Palette) -> None:
        """Write in a colour of the theme."""
        self.words = QColor(words)
        self.strong, self.weak = QPen(QColor(palette.muted), 1), QPen(QColor(palette.line), 1)
        self.picture = None
        self.update()

    def draw_ticks(
        self, painter: QPainter, strong: list[float], weak: list[float], ends: tuple[float, float, float]
    ) -> None:
        """Ticks at pixels: from an edge to where the strong and the weak ones end."""
        for pen, xs, end in ((self.weak, weak, ends[2]), (self.strong, strong, ends[1])):
            painter.setPen(pen)
            painter.drawLines([QLineF(round(x), ends[0], round(x), end) for x in xs])

    def draw_words(self, painter: QPainter, texts: list[tuple[QRectF, int, str]], dx: int, y: int) -> None:
        """Words right of their ticks, as long as they fit."""
        painter.setPen(self.words)
        painter.setFont(self.style["tickFont"])
        for rect, _, text in texts:
            x = round(rect.center().x()) + dx
            if x + rect.width() + 2 <= self.width():
                painter.drawText(QPointF(x, y), text)


class TimeTicks(_Ticks):
    """Seconds, hanging from the upper edge."""

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        scale = self.time.pixels_per_second
        step = tick_step(scale)
        minor = next((step / n for n in (10, 5, 4, 2) if step / n * scale >= 7), step)
        first, last = max(math.ceil(low / minor), 0), math.floor(min(high, self.time.duration) / minor + 1e-6)
        times = np.arange(first, last + 1) * minor
        named = np.abs(times / step - np.round(times / step)) < 1e-6
        return [(step, times[named].tolist()), (minor, times[~named].tolist())]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        return [tick_text(t, spacing) for t in values]

    def drawPicture(
        self, painter: QPainter, axis: object, ticks: list[tuple[QPen, QPointF, QPointF]],
        texts: list[tuple[QRectF, int, str]],
    ) -> None:
        longest = max((end.y() for _, _, end in ticks), default=0.0)
        strong = [start.x() for _, start, end in ticks if end.y() == longest]
        weak = [start.x() for _, start, end in ticks if end.y() != longest]
        self.draw_ticks(painter, strong, weak, (0, 15, 4))
        self.draw_words(painter, texts, 4, 13)


class FrameTicks(_Ticks):
    """Frames, standing on the lower edge, while they lie far enough apart."""

    @property
    def gap(self) -> float:
        """Pixels between frames; 0 when none is known."""
        return self.time.frame_step * self.time.pixels_per_second if self.time.frame_times.size else 0.0

    @property
    def seen(self) -> bool:
        """Whether there is room for frames."""
        return self.gap >= 3.0

    def _frames(self) -> tuple[int, int, int]:
        """The first frame in sight, the first after it, and how many lie from name to name."""
        first, last = np.searchsorted(self.time.frame_times, self.range) if self.seen else (0, 0)
        every = next((s for s in _FRAME_STEPS if s * self.gap >= 44), _FRAME_STEPS[-1])
        return int(first), int(last), every

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        first, last, every = self._frames()
        return [(float(every), self.time.frame_times[-(-first // every) * every : last : every].tolist())]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        return [str(i) for i in np.searchsorted(self.time.frame_times, values)]

    def drawPicture(
        self, painter: QPainter, axis: object, ticks: list[tuple[QPen, QPointF, QPointF]],
        texts: list[tuple[QRectF, int, str]],
    ) -> None:
        first, last, _ = self._frames()
        xs = self.time.xs_of(self.time.frame_times[first:last]) - GUTTER
        foot = self.height()
        self.draw_ticks(painter, [start.x() for _, start, _ in ticks], xs.tolist(), (foot, foot - 10, foot - 5))
        self.draw_words(painter, texts, 3, round(foot) - 3)


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
        self.times = TimeTicks("bottom", axis, self, font_of(11))
        self.frames = FrameTicks("top", axis, self, font_of(10))
        self.sigResized.connect(self._place_ticks)
        axis.changed.connect(self._follow)
        self._show_loop()

    def set_theme(self, palette: Palette) -> None:
        self.loop.setBrush(faded(palette.accent, 0.22))
        for line in self.loop.lines:
            line.setPen(pg.mkPen(palette.accent, width=1))
            line.setHoverPen(pg.mkPen(palette.text, width=1))
        self.times.set_theme(palette.text, palette)
        self.frames.set_theme(palette.muted, palette)
        super().set_theme(palette)

    def _place_ticks(self) -> None:
        area = self.content_rect().translated(-GUTTER - PAD_LEFT, 0.0)
        for ticks in (self.times, self.frames):
            ticks.setGeometry(area)
        self._follow()

    def _follow(self) -> None:
        """Ticks and the loop follow the axis; the gutter names the frames only while there are any."""
        shown = self.axis.duration > 0 and self.width() > 0
        ends = (self.axis.raw_time(GUTTER), self.axis.raw_time(self.content_rect().right()))
        for ticks in (self.times, self.frames):
            ticks.setVisible(shown)
            ticks.setRange(*ends)
        if self.frames.seen != self._names_frames:
            self._names_frames = self.frames.seen
            self.gutter.spoil()
        if not any(line.moving for line in self.loop.lines):
            self._show_loop()

    def _show_loop(self) -> None:
        self.loop.setVisible(self.axis.loop is not None)
        if self.axis.loop is not None:
            self.loop.setRegion(self.axis.loop)

    # ---- drawing -------------------------------------------------------------------------

    def draw(self, painter: QPainter) -> None:
        """Nothing: the axes and the region are pyqtgraph's."""

    def labels(self) -> list[tuple[float, str]]:
        return [(0.3, "time"), (0.74, "frame")][: 1 + self._names_frames]

    # ---- the loop ------------------------------------------------------------------------

    def _on_handle(self, pos: QPointF) -> bool:
        ends = self.axis.loop or ()
        return any(abs(pos.x() - self.axis.x_of(t)) <= _HANDLE_REACH for t in ends) and pos.x() >= GUTTER

    def _loop_time(self, t: float) -> float:
        half_frame = 0.5 * self.axis.frame_step
        return self.axis.duration if t > self.axis.duration - half_frame else self.axis.nearest_frame(t)

    def _ask_loop(self, start: float, end: float) -> None:
        if start != end:
            self.asks.loop_requested.emit(min(start, end), max(start, end))

    def _loop_dragged(self, line: pg.InfiniteLine) -> None:
        """pyqtgraph moved an end: put it on a frame, and ask."""
        line.setValue(self._loop_time(min(max(line.value(), 0.0), self.axis.duration)))
        self._ask_loop(*self.loop.getRegion())

    def pressed(self, pos: QPointF, modifiers: Qt.KeyboardModifier) -> bool:
        self._loop_before, self._anchor = self.axis.loop, None
        if self._on_handle(pos):
            return False
        if modifiers & Qt.KeyboardModifier.ShiftModifier and pos.x() >= GUTTER:
            self._anchor = self.axis.nearest_frame(self.axis.time_of(pos.x()))
            return True
        return super().pressed(pos, Qt.KeyboardModifier.NoModifier)

    def dragged(self, pos: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        if self._anchor is None:
            super().dragged(pos, modifiers)
        else:
            self._ask_loop(self._anchor, self._loop_time(self.axis.time_of(pos.x())))

    def released(self, pos: QPointF, dragged: bool) -> None:
        if self._anchor is None:
            super().released(pos, dragged)

    @property
    def busy(self) -> bool:
        return super().busy or any(line.moving for line in self.loop.lines)

    def cancelled(self) -> None:
        held = any(line.moving for line in self.loop.lines)
        for line in self.loop.lines:
            line.moving = False
        if self._anchor is None and not held:
            super().cancelled()
        elif self._loop_before is not None:
            self.asks.loop_requested.emit(*self._loop_before)
        self._show_loop()

    def hovered(self, pos: QPointF) -> None:
        over = self._on_handle(pos)
        self.setCursor(Qt.CursorShape.SizeHorCursor if over else Qt.CursorShape.ArrowCursor)

    def tip_at(self, pos: QPointF) -> str:
        if self._on_handle(pos):
            return "Drag to move this end of the loop (I and O set it at the playhead)"
        return (
            "Drag to scrub; Shift and drag to choose a loop\n"
            "Wheel zooms, Shift and wheel or the middle button pans"
        )
