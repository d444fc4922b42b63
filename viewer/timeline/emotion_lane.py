"""Emotion spans as bars: select, drag, stretch, add, delete."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from viewer.core.marks import Span, span_rows
from viewer.core.time_ticks import tick_text
from viewer.palette import Palette
from viewer.scene.painting import blended, faded, metrics_of, write
from viewer.scene.press_box import Drag
from viewer.timeline.editable_lane import EditableLane, Part, Times
from viewer.timeline.requests import TimelineRequests

_BAR = 22
_PITCH = 24
_TIGHT_PITCH = 20
_MOST_HEIGHT = 3 * _TIGHT_PITCH
_MARGINS = 8
_EDGE_OUT, _EDGE_IN = 4.0, 5.0


class EmotionLane(EditableLane[Span]):
    """A drag on empty ground adds a span; the ends of one stretch it, its middle moves it.  A region
    stands behind the selected one."""

    title, thing = "emotions", "span"
    opaque = False
    pointer_beside = Qt.CursorShape.CrossCursor
    unnamed = "no label yet"
    tip_beside = "Drag: new emotion span · {toggle_span}: start one at the playhead, once more ends it"
    tip_keys = (
        "Drag an end to stretch it, the middle to move it\n"
        "{nudge_back}, {nudge_forward} move it, with Shift its end; ↑/↓ select; {delete} removes it"
    )

    def __init__(self, asks: TimelineRequests) -> None:
        super().__init__(asks, 32, asks.span_selected, asks.span_change_requested, asks.span_delete_requested)
        self._rows: list[int] = []
        self._row_count = 1
        self._new: tuple[float, float] | None = None
        self.region = pg.LinearRegionItem(movable=False)
        self.region.hide()
        self.addItem(self.region, ignoreBounds=True)

    def show_all(self, new: Sequence[Span]) -> bool:
        """Each on a row where none overlaps it."""
        changed = super().show_all(new)
        if changed:
            self._rows = span_rows(self.shown)
            self._row_count = count = max(self._rows, default=0) + 1
            self.set_row(_MARGINS + min(count * (_PITCH if count <= 2 else _TIGHT_PITCH), _MOST_HEIGHT))
            self._show_region()
        return changed

    def playhead_moved(self) -> None:
        """A span without an end grows with the playhead."""
        if any(span.open for span in self.shown):
            self._show_region()
            self.picture.spoil()

    def end_of(self, span: Span) -> float:
        """Where a span ends on screen: an open one at the playhead."""
        return max(span.end, self.axis.playhead) if span.open else span.end

    # ---- drawing -------------------------------------------------------------------------

    def set_theme(self, palette: Palette) -> None:
        self.region.setBrush(faded(palette.accent, 0.1))
        for line in self.region.lines:
            line.setPen(pg.mkPen(faded(palette.accent, 0.45), width=1))
        super().set_theme(palette)

    def _show_region(self) -> None:
        span = self.selected()
        self.region.setVisible(span is not None)
        if span is not None:
            self.region.setRegion((span.start, self.end_of(span)))

    def _bar(self, i: int) -> QRectF:
        span = self.shown[i]
        x0, x1 = self.axis.x_of(span.start), self.axis.x_of(self.end_of(span))
        pitch = (self.height() - _MARGINS) / self._row_count
        height = max(min(_BAR, pitch - 2), 3.0)
        return QRectF(x0, 4 + self._rows[i] * pitch, max(x1 - x0, 3.0), height)

    def draw(self, painter: QPainter) -> None:
        if not self.shown and self._new is None:
            self.draw_hint(painter, "Press {toggle_span} to start an emotion span, or drag here")
            return
        area = self.content_rect()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for i in sorted(range(len(self.shown)), key=lambda i: self.shown[i].selected):
            bar = self._bar(i)
            if bar.right() >= area.left() and bar.left() <= area.right():
                self._draw_bar(painter, self.shown[i], bar, area)
        if self._new is not None:
            x0, x1 = (self.axis.x_of(t) for t in self._new)
            painter.setPen(QPen(QColor(self.colours.accent), 1, Qt.PenStyle.DashLine))
            painter.setBrush(faded(self.colours.accent, 0.2))
            painter.drawRoundedRect(QRectF(x0, 4, x1 - x0, self.height() - 9), 4, 4)

    def _draw_bar(self, painter: QPainter, span: Span, bar: QRectF, area: QRectF) -> None:
        colour = span.colour or self.colours.accent
        sure = 1.0 if span.confidence is None else 0.35 + 0.65 * min(max(span.confidence, 0.0), 1.0)
        strength = 0.55 if span.selected else 0.42 if span.id == self.hover else 0.30
        outline = QPen(QColor(self.colours.text if span.selected else colour), 2.0 if span.selected else 1.0)
        if span.open:
            outline.setStyle(Qt.PenStyle.DashLine)
        painter.setPen(outline)
        painter.setBrush(blended(self.colours.field, colour, strength * sure))
        radius = min(4.0, bar.width() / 2, bar.height() / 2)
        painter.drawRoundedRect(bar.adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
        painter.fillRect(QRectF(bar.left() + 0.5, bar.top() + 2, 2.5, bar.height() - 4), QColor(colour))
        seen = bar.intersected(area).adjusted(8, 0, -6, 0)
        if bar.height() >= 13 and seen.width() > 10:
            self._draw_words(painter, span, seen)

    def _draw_words(self, painter: QPainter, span: Span, room: QRectF) -> None:
        label, dots = span.label or self.unnamed, "●" * span.intensity + "○" * (5 - span.intensity)
        colour = self.colours.text if span.label else self.colours.muted
        for_label = min(metrics_of(11, bold=span.selected).horizontalAdvance(label) + 10, 64.0)
        for_dots = metrics_of(8).horizontalAdvance(dots)
        if room.width() >= for_label + for_dots + 6:
            write(painter, dots, room.adjusted(room.width() - for_dots, 0, 1, 0), colour, 8)
            room = room.adjusted(0, 0, -for_dots - 6, 0)
        write(painter, label, room, colour, bold=span.selected)

    # ---- what can be done ----------------------------------------------------------------

    def hit(self, pos: QPointF) -> tuple[Span, Part] | None:
        """The nearest span, the selected one before others."""
        found: list[tuple[bool, float, int]] = []
        for i, span in enumerate(self.shown):
            bar = self._bar(i)
            if bar.adjusted(-_EDGE_OUT, -1, _EDGE_OUT, 1).contains(pos):
                outside = max(bar.left() - pos.x(), pos.x() - bar.right(), 0.0)
                found.append((not span.selected, outside, i))
        if not found:
            return None
        span, bar = self.shown[min(found)[2]], self._bar(min(found)[2])
        inner = min(_EDGE_IN, bar.width() / 4)
        if pos.x() <= bar.left() + inner:
            return span, "start"
        return span, "end" if pos.x() >= bar.right() - inner and not span.open else "body"

    def moved_by(self, held: Span, part: Part, seconds: float) -> Times:
        """A frame long at least; the body keeps its length."""
        axis, frames = self.axis, self.axis.frames
        if part == "body":
            length = held.end - held.start
            start = frames.nearest(min(max(held.start + seconds, 0.0), axis.duration - length))
            return start, start + length
        if part == "start":
            latest = held.end if held.open else frames.moved(held.end - 1e-6, -1)
            return min(frames.nearest(held.start + seconds), max(latest, 0.0)), held.end
        earliest = frames.moved(held.start, 1)
        return held.start, min(max(frames.nearest_or_end(held.end + seconds), earliest), axis.duration)

    def nudged(self, chosen: Span, frames: int, stretch: bool) -> Times:
        if stretch and chosen.open:
            return chosen.start, chosen.end
        return self.moved_by(chosen, "end" if stretch else "body", frames * self.axis.frames.step)

    def drag_beside(self, pos: QPointF) -> Drag:
        """Draw a new span, unless there is no clip."""
        if self.axis.duration <= 0:
            return Drag()
        outline = partial(self._outline, self.axis.raw_time(pos.x()))
        return Drag(outline, dropped=self._add, cancelled=self._forget)

    def _outline(self, from_time: float, pos: QPointF) -> None:
        self.pull_view(pos)
        times = (from_time, self.axis.raw_time(pos.x()))
        start, end = sorted(self.axis.frames.nearest_or_end(t) for t in times)
        self._new = (start, end)
        self.picture.spoil()

    def _forget(self) -> None:
        self._new = None
        self.picture.spoil()

    def _add(self) -> None:
        new = self._new
        self._forget()
        if new is not None and new[1] - new[0] > 1e-6:
            self.asks.span_add_requested.emit(*new)

    def facts(self, each: Span) -> list[str]:
        end = "still open: E ends it" if each.open else tick_text(each.end, 0.001)
        return [f"intensity {each.intensity} of 5", f"{tick_text(each.start, 0.001)} – {end}"]
