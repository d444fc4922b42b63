"""Emotion spans as bars: select, drag, stretch, add, delete."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Literal

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QKeyEvent, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QWidget

from viewer.timeline.axis import GUTTER, TimeAxis
from viewer.timeline.lane import Lane, elided, faded, font_of
from viewer.timeline.marks import Span
from viewer.timeline.ruler import tick_text

Part = Literal["start", "end", "body"]

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


class EmotionLane(Lane):
    """Asks for every change and shows what it is given."""

    span_selected = Signal(str)
    span_change_requested = Signal(str, float, float, str)
    span_add_requested = Signal(float, float)
    span_delete_requested = Signal(str)

    kind = "emotions"
    title = "emotions"

    def __init__(self, axis: TimeAxis, parent: QWidget | None = None) -> None:
        super().__init__(axis, parent)
        self._spans: tuple[Span, ...] = ()
        self._rows: list[int] = []
        self._held: tuple[Span, Part] | None = None
        self._gesture = ""
        self._sent: tuple[float, float] | None = None
        self._new: tuple[float, float] | None = None
        self.setFixedHeight(32)

    def set_spans(self, spans: Sequence[Span]) -> None:
        new = tuple(spans)
        if new == self._spans:
            return
        self._spans = new
        self._rows = rows_of(new)
        count = max(self._rows, default=0) + 1
        pitch = _PITCH if count <= 2 else _TIGHT_PITCH
        self.setFixedHeight(_MARGINS + min(count * pitch, _MOST_HEIGHT))
        self.refresh()

    @property
    def spans(self) -> tuple[Span, ...]:
        return self._spans

    def selected(self) -> Span | None:
        return next((span for span in self._spans if span.selected), None)

    def playhead_moved(self) -> None:
        """A span without an end grows with the playhead."""
        if any(span.open for span in self._spans):
            self.refresh()

    # ---- drawing -------------------------------------------------------------------------

    def _bar(self, i: int) -> QRectF:
        span = self._spans[i]
        end = max(span.end, self.axis.playhead) if span.open else span.end
        x0, x1 = self.axis.x_of(span.start), self.axis.x_of(end)
        count = max(self._rows, default=0) + 1
        pitch = (self.height() - _MARGINS) / count
        height = max(min(_BAR, pitch - 2), 3.0)
        return QRectF(x0, 4 + self._rows[i] * pitch, max(x1 - x0, 3.0), height)

    def draw(self, painter: QPainter) -> None:
        if not self._spans and self._new is None:
            self.draw_hint(painter, "Press E to start an emotion span, or drag here")
            return
        area = self.content_rect()
        for i in sorted(range(len(self._spans)), key=lambda i: self._spans[i].selected):
            bar = self._bar(i)
            if bar.right() >= area.left() and bar.left() <= area.right():
                self._draw_bar(painter, self._spans[i], bar, area)
        if self._new is not None:
            x0, x1 = (self.axis.x_of(t) for t in self._new)
            painter.setPen(QPen(QColor(self.colours.accent), 1, Qt.PenStyle.DashLine))
            painter.setBrush(faded(self.colours.accent, 0.2))
            painter.drawRoundedRect(QRectF(x0, 4, x1 - x0, self.height() - 9), 4, 4)

    def _draw_bar(self, painter: QPainter, span: Span, bar: QRectF, area: QRectF) -> None:
        colour = span.colour or self.colours.accent
        hovered = span.id == self._hover
        sure = 1.0 if span.confidence is None else 0.35 + 0.65 * min(max(span.confidence, 0.0), 1.0)
        shape = QPainterPath()
        radius = min(4.0, bar.width() / 2, bar.height() / 2)
        shape.addRoundedRect(bar.adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillPath(shape, QColor(self.colours.field))
        strength = 0.55 if span.selected else 0.42 if hovered else 0.30
        painter.fillPath(shape, faded(colour, strength * sure))
        painter.save()
        painter.setClipPath(shape, Qt.ClipOperation.IntersectClip)
        painter.fillRect(QRectF(bar.left(), bar.top(), 3, bar.height()), QColor(colour))
        painter.restore()
        outline = QPen(QColor(self.colours.text if span.selected else colour), 2.0 if span.selected else 1.0)
        if span.open:
            outline.setStyle(Qt.PenStyle.DashLine)
        painter.setPen(outline)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(shape)
        seen = bar.intersected(area).adjusted(8, 0, -6, 0)
        if bar.height() >= 13 and seen.width() > 10:
            self._draw_words(painter, span, seen, colour)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _draw_words(self, painter: QPainter, span: Span, room: QRectF, colour: str) -> None:
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
            y = room.center().y()
            for n in range(5):
                centre = QPointF(room.right() - 4 - (4 - n) * 8, y)
                filled = n < span.intensity
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(self.colours.text) if filled else faded(self.colours.text, 0.22))
                painter.drawEllipse(centre, 2.6 if filled else 2.0, 2.6 if filled else 2.0)

    # ---- the mouse -----------------------------------------------------------------------

    def _hit(self, pos: QPointF) -> tuple[Span, Part] | None:
        if pos.x() < GUTTER:
            return None
        best: tuple[bool, float, int, Part] | None = None
        for i, span in enumerate(self._spans):
            bar = self._bar(i)
            if not bar.top() - 1 <= pos.y() <= bar.bottom() + 1:
                continue
            if not bar.left() - _EDGE_OUT <= pos.x() <= bar.right() + _EDGE_OUT:
                continue
            inner = min(_EDGE_IN, bar.width() / 4)
            part: Part = "body"
            if pos.x() <= bar.left() + inner:
                part = "start"
            elif pos.x() >= bar.right() - inner and not span.open:
                part = "end"
            outside = max(bar.left() - pos.x(), pos.x() - bar.right(), 0.0)
            entry = (not span.selected, outside, i, part)
            if best is None or entry[:3] < best[:3]:
                best = entry
        return None if best is None else (self._spans[best[2]], best[3])

    def id_at(self, pos: QPointF) -> str:
        hit = self._hit(pos)
        return "" if hit is None else hit[0].id

    def id_for_menu(self) -> str:
        span = self.selected()
        return "" if span is None else span.id

    def pressed(self, pos: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        self._held = self._hit(pos)
        self._gesture = ""
        self._new = None
        if pos.x() < GUTTER:
            self._press = None
            return
        self.span_selected.emit("" if self._held is None else self._held[0].id)

    def dragged(self, pos: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        if self._press is None:
            return
        if self._held is None:
            if self.axis.duration > 0:
                self.pull_view(pos)
                times = (self._press_time, self.axis.raw_time(pos.x()))
                ends = sorted(self._frame_or_end(t) for t in times)
                self._new = (ends[0], ends[1])
                self.refresh()
            return
        span, part = self._held
        if not self._gesture:
            self._gesture = uuid.uuid4().hex
            self._sent = (span.start, span.end)
            self.begin_scrub()
        self.pull_view(pos)
        moved = self.axis.raw_time(pos.x()) - self._press_time
        start, end = self.changed_by(span, part, moved)
        if (start, end) != self._sent:
            self._sent = (start, end)
            self.span_change_requested.emit(span.id, start, end, self._gesture)
            self.time_requested.emit(end if part == "end" else start)

    def changed_by(self, span: Span, part: Part, seconds: float) -> tuple[float, float]:
        """Start and end after ``part`` was moved: on frames, inside the clip, a frame long at
        least; the body keeps its length."""
        axis = self.axis
        if part == "body":
            length = span.end - span.start
            start = axis.nearest_frame(min(max(span.start + seconds, 0.0), axis.duration - length))
            return start, start + length
        if part == "start":
            latest = span.end if span.open else axis.step_from(span.end - 1e-6, -1)
            return min(axis.nearest_frame(span.start + seconds), max(latest, 0.0)), span.end
        earliest = axis.step_from(span.start, 1)
        wanted = self._frame_or_end(span.end + seconds)
        return span.start, min(max(wanted, earliest), axis.duration)

    def _frame_or_end(self, t: float) -> float:
        """The nearest frame's time, or the end of the clip where that is nearer."""
        t = min(max(t, 0.0), self.axis.duration)
        frame = self.axis.nearest_frame(t)
        return self.axis.duration if self.axis.duration - t < abs(t - frame) else frame

    def released(self, pos: QPointF, dragged: bool) -> None:
        new = self._new
        if self._gesture:
            self.scrub_finished.emit()
        self._end_drag()
        if new is not None and new[1] - new[0] > 1e-6:
            self.span_add_requested.emit(*new)

    def cancelled(self) -> None:
        if self._gesture and self._held is not None:
            span = self._held[0]
            self.span_change_requested.emit(span.id, span.start, span.end, self._gesture)
            self.cancel_scrub()
        self._end_drag()

    def _end_drag(self) -> None:
        self._held = None
        self._gesture = ""
        if self._new is not None:
            self._new = None
            self.refresh()
        self.unsetCursor()

    def hovered(self, pos: QPointF) -> None:
        hit = self._hit(pos)
        if hit is None:
            self.setCursor(Qt.CursorShape.ArrowCursor if pos.x() < GUTTER else Qt.CursorShape.CrossCursor)
        else:
            edge = hit[1] != "body"
            self.setCursor(Qt.CursorShape.SizeHorCursor if edge else Qt.CursorShape.OpenHandCursor)
        over = "" if hit is None else hit[0].id
        self.set_hover(over)

    def tip_at(self, pos: QPointF) -> str:
        hit = self._hit(pos)
        if hit is None:
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

    # ---- keys ----------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        span = self.selected()
        alt = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        if span is not None and event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.span_delete_requested.emit(span.id)
        elif span is not None and alt and event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            way = -1 if event.key() == Qt.Key.Key_Left else 1
            stretch = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            if not (stretch and span.open):
                part: Part = "end" if stretch else "body"
                start, end = self.changed_by(span, part, way * self.axis.frame_step)
                if (start, end) != (span.start, span.end):
                    self.span_change_requested.emit(span.id, start, end, uuid.uuid4().hex)
        elif self._spans and not alt and event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            order = sorted(self._spans, key=lambda span: (span.start, span.end))
            at = -1 if span is None else order.index(span)
            at += 1 if event.key() == Qt.Key.Key_Down else -1
            self.span_selected.emit(order[min(max(at, 0), len(order) - 1)].id)
        else:
            super().keyPressEvent(event)
