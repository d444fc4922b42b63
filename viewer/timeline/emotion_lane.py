"""Emotion spans as bars: select, drag, stretch, add, delete."""

from __future__ import annotations

from collections.abc import Sequence

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPainterPath, QPen

from viewer.palette import Palette
from viewer.timeline.axis import GUTTER, TimeAxis
from viewer.timeline.drawing import elided, faded, font_of
from viewer.timeline.editable_lane import EditableLane, Part, Times
from viewer.timeline.marks import Mark, Span
from viewer.timeline.requests import TimelineRequests
from viewer.timeline.ruler import tick_text

_BAR = 22
_PITCH = 24
_TIGHT_PITCH = 20
_MOST_HEIGHT = 3 * _TIGHT_PITCH
_MARGINS = 8
_EDGE_OUT, _EDGE_IN = 4.0, 5.0
_DOTS_WIDTH = 44.0


def rows_of(spans: Sequence[Span]) -> list[int]:
    """A row for each span so that no two of one row overlap: the first free row from above."""
    rows = [0] * len(spans)
    free_from: list[float] = []
    for i in sorted(range(len(spans)), key=lambda i: (spans[i].start, spans[i].end)):
        span = spans[i]
        end = float("inf") if span.open else span.end
        row = next((r for r, t in enumerate(free_from) if t <= span.start + 1e-9), len(free_from))
        if row == len(free_from):
            free_from.append(end)
        else:
            free_from[row] = end
        rows[i] = row
    return rows


class EmotionLane(EditableLane):
    """A drag on empty ground adds a span; the ends of one stretch it, its middle moves it.  A region
    stands behind the selected one."""

    kind = "emotions"
    title = "emotions"
    opaque = False

    def __init__(self, axis: TimeAxis, asks: TimelineRequests) -> None:
        super().__init__(axis, asks, 32)
        self.spans: tuple[Span, ...] = ()
        self._rows: list[int] = []
        self._new: tuple[float, float] | None = None
        self.region = pg.LinearRegionItem(movable=False)
        self.region.hide()
        self.addItem(self.region, ignoreBounds=True)

    def set_spans(self, spans: Sequence[Span]) -> None:
        """Show these, each on a row where none overlaps it."""
        new = tuple(spans)
        if new == self.spans:
            return
        self.spans = new
        self._rows = rows_of(new)
        count = max(self._rows, default=0) + 1
        pitch = _PITCH if count <= 2 else _TIGHT_PITCH
        self.set_row(_MARGINS + min(count * pitch, _MOST_HEIGHT))
        self._show_region()
        self.picture.spoil()

    def selected(self) -> Span | None:
        """The selected span."""
        return next((span for span in self.spans if span.selected), None)

    def playhead_moved(self) -> None:
        """A span without an end grows with the playhead."""
        if any(span.open for span in self.spans):
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
        span = self.spans[i]
        x0, x1 = self.axis.x_of(span.start), self.axis.x_of(self.end_of(span))
        count = max(self._rows, default=0) + 1
        pitch = (self.height() - _MARGINS) / count
        height = max(min(_BAR, pitch - 2), 3.0)
        return QRectF(x0, 4 + self._rows[i] * pitch, max(x1 - x0, 3.0), height)

    def draw(self, painter: QPainter) -> None:
        if not self.spans and self._new is None:
            self.draw_hint(painter, "Press E to start an emotion span, or drag here")
            return
        area = self.content_rect()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for i in sorted(range(len(self.spans)), key=lambda i: self.spans[i].selected):
            bar = self._bar(i)
            if bar.right() >= area.left() and bar.left() <= area.right():
                self._draw_bar(painter, self.spans[i], bar, area)
        if self._new is not None:
            x0, x1 = (self.axis.x_of(t) for t in self._new)
            painter.setPen(QPen(QColor(self.colours.accent), 1, Qt.PenStyle.DashLine))
            painter.setBrush(faded(self.colours.accent, 0.2))
            painter.drawRoundedRect(QRectF(x0, 4, x1 - x0, self.height() - 9), 4, 4)

    def _draw_bar(self, painter: QPainter, span: Span, bar: QRectF, area: QRectF) -> None:
        colour = span.colour or self.colours.accent
        sure = 1.0 if span.confidence is None else 0.35 + 0.65 * min(max(span.confidence, 0.0), 1.0)
        strength = 0.55 if span.selected else 0.42 if span.id == self._hover else 0.30
        shape = QPainterPath()
        radius = min(4.0, bar.width() / 2, bar.height() / 2)
        shape.addRoundedRect(bar.adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
        painter.fillPath(shape, QColor(self.colours.field))
        painter.fillPath(shape, faded(colour, strength * sure))
        painter.save()
        painter.setClipPath(shape, Qt.ClipOperation.IntersectClip)
        painter.fillRect(QRectF(bar.left(), bar.top(), 3, bar.height()), QColor(colour))
        painter.restore()
        outline = QPen(QColor(self.colours.text if span.selected else colour), 2.0 if span.selected else 1.0)
        if span.open:
            outline.setStyle(Qt.PenStyle.DashLine)
        painter.strokePath(shape, outline)
        seen = bar.intersected(area).adjusted(8, 0, -6, 0)
        if bar.height() >= 13 and seen.width() > 10:
            self._draw_words(painter, span, seen)

    def _draw_words(self, painter: QPainter, span: Span, room: QRectF) -> None:
        font = font_of(11, bold=span.selected)
        metrics = QFontMetricsF(font)
        label = span.label or "no label yet"
        needed = metrics.horizontalAdvance(label) + 10
        dots = room.width() >= min(needed, 64.0) + _DOTS_WIDTH
        width = room.width() - (_DOTS_WIDTH if dots else 0.0)
        text = elided(label, font, width)
        if metrics.horizontalAdvance(text) <= width and text != "…":
            painter.setFont(font)
            painter.setPen(QColor(self.colours.text if span.label else self.colours.muted))
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
        if dots:
            painter.setPen(Qt.PenStyle.NoPen)
            for n in range(5):
                filled = n < span.intensity
                painter.setBrush(QColor(self.colours.text) if filled else faded(self.colours.text, 0.22))
                size = 2.6 if filled else 2.0
                painter.drawEllipse(QPointF(room.right() - 4 - (4 - n) * 8, room.center().y()), size, size)

    # ---- what can be done ----------------------------------------------------------------

    def shown(self) -> Sequence[Mark | Span]:
        return self.spans

    def hit(self, pos: QPointF) -> tuple[Mark | Span, Part] | None:
        """The nearest span, the selected one before others."""
        found: list[tuple[bool, float, int, Part]] = []
        for i, span in enumerate(self.spans):
            bar = self._bar(i)
            if not bar.adjusted(-_EDGE_OUT, -1, _EDGE_OUT, 1).contains(pos):
                continue
            inner = min(_EDGE_IN, bar.width() / 4)
            part = "body"
            if pos.x() <= bar.left() + inner:
                part = "start"
            elif pos.x() >= bar.right() - inner and not span.open:
                part = "end"
            outside = max(bar.left() - pos.x(), pos.x() - bar.right(), 0.0)
            found.append((not span.selected, outside, i, part))
        best = min(found, default=None)
        return None if best is None else (self.spans[best[2]], best[3])

    def moved_by(self, held: Mark | Span, part: Part, seconds: float) -> Times:
        """A frame long at least; the body keeps its length."""
        assert isinstance(held, Span)
        axis = self.axis
        if part == "body":
            length = held.end - held.start
            start = axis.nearest_frame(min(max(held.start + seconds, 0.0), axis.duration - length))
            return start, start + length
        if part == "start":
            latest = held.end if held.open else axis.step_from(held.end - 1e-6, -1)
            return min(axis.nearest_frame(held.start + seconds), max(latest, 0.0)), held.end
        earliest = axis.step_from(held.start, 1)
        return held.start, min(max(axis.frame_or_end(held.end + seconds), earliest), axis.duration)

    def nudged(self, chosen: Mark | Span, frames: int, stretch: bool) -> Times:
        assert isinstance(chosen, Span)
        if stretch and chosen.open:
            return chosen.start, chosen.end
        return self.moved_by(chosen, "end" if stretch else "body", frames * self.axis.frame_step)

    def ask_select(self, id_: str) -> None:
        self.asks.span_selected.emit(id_)

    def ask_move(self, id_: str, times: Times, gesture: str) -> None:
        self.asks.span_change_requested.emit(id_, *times, gesture)

    def ask_delete(self, id_: str) -> None:
        self.asks.span_delete_requested.emit(id_)

    def dragged(self, pos: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        if self._press is not None and self._held is None and self.axis.duration > 0:
            self.pull_view(pos)
            times = (self._press_time, self.axis.raw_time(pos.x()))
            start, end = sorted(self.axis.frame_or_end(t) for t in times)
            self._new = (start, end)
            self.picture.spoil()
        super().dragged(pos, modifiers)

    def released(self, pos: QPointF, dragged: bool) -> None:
        new = self._new
        super().released(pos, dragged)
        if new is not None and new[1] - new[0] > 1e-6:
            self.asks.span_add_requested.emit(*new)

    def _let_go(self) -> None:
        self._new = None
        self.picture.spoil()
        super()._let_go()

    def hovered(self, pos: QPointF) -> None:
        hit = self.hit(pos) if pos.x() >= GUTTER else None
        if hit is None:
            self.setCursor(Qt.CursorShape.ArrowCursor if pos.x() < GUTTER else Qt.CursorShape.CrossCursor)
        else:
            edge = hit[1] != "body"
            self.setCursor(Qt.CursorShape.SizeHorCursor if edge else Qt.CursorShape.OpenHandCursor)
        self.set_hover("" if hit is None else hit[0].id)

    def tip_at(self, pos: QPointF) -> str:
        hit = self.hit(pos) if pos.x() >= GUTTER else None
        if hit is None or not isinstance(hit[0], Span):
            return "Drag: new emotion span · E: start one at the playhead, E again ends it"
        span = hit[0]
        end = "still open: E ends it" if span.open else tick_text(span.end, 0.001)
        facts = [
            span.label or "no label yet", f"intensity {span.intensity} of 5",
            f"{tick_text(span.start, 0.001)} – {end}",
        ]
        if span.confidence is not None:
            facts.append(f"confidence {span.confidence:.0%}")
        return " · ".join(facts) + (
            "\nDrag an end to stretch it, the middle to move it"
            "\nAlt+←/→ moves it, with Shift its end; ↑/↓ select; Delete removes it"
        )
