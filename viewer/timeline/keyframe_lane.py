"""Keyframes as diamonds: select, drag, nudge, add, delete."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from viewer.timeline.axis import GUTTER, TimeAxis
from viewer.timeline.lane import Lane, elided, faded, font_of
from viewer.timeline.marks import Mark
from viewer.timeline.ruler import tick_text

_REACH = 8.0


class KeyframeLane(Lane):
    """Asks for every change and shows what it is given."""

    mark_selected = Signal(str)
    mark_move_requested = Signal(str, float, str)
    mark_add_requested = Signal(float)
    mark_delete_requested = Signal(str)

    kind = "keyframes"
    title = "keyframes"

    def __init__(self, axis: TimeAxis, parent: QWidget | None = None) -> None:
        super().__init__(axis, parent)
        self.setFixedHeight(32)
        self._marks: tuple[Mark, ...] = ()
        self._held: Mark | None = None
        self._gesture = ""
        self._sent: float | None = None

    def set_marks(self, marks: Sequence[Mark]) -> None:
        new = tuple(marks)
        if new != self._marks:
            self._marks = new
            self.refresh()

    @property
    def marks(self) -> tuple[Mark, ...]:
        return self._marks

    def selected(self) -> Mark | None:
        return next((mark for mark in self._marks if mark.selected), None)

    # ---- drawing -------------------------------------------------------------------------

    def draw(self, painter: QPainter) -> None:
        if not self._marks:
            self.draw_hint(painter, "Press M to mark a keyframe at the playhead, or double-click here")
            return
        order = sorted(self._marks, key=lambda mark: mark.time)
        xs = [self.axis.x_of(mark.time) for mark in order]
        for i, (mark, x) in enumerate(zip(order, xs, strict=True)):
            room = (xs[i + 1] if i + 1 < len(xs) else self.width() + 12) - x - 28
            if mark.label and room >= 24 and GUTTER - 500 < x < self.width():
                self._draw_label(painter, mark, x, room)
        for mark, x in sorted(zip(order, xs, strict=True), key=lambda pair: pair[0].selected):
            if GUTTER - 16 < x < self.width() + 16:
                self._draw_diamond(painter, mark, x)

    def _draw_label(self, painter: QPainter, mark: Mark, x: float, room: float) -> None:
        font = font_of(11, bold=mark.selected)
        painter.setFont(font)
        strong = mark.selected or mark.id == self._hover
        painter.setPen(QColor(self.colours.text if strong else self.colours.muted))
        text = elided(mark.label, font, min(room, 480.0))
        if QFontMetricsF(font).horizontalAdvance(text) > 14:
            painter.drawText(QRectF(x + 13, 0, room, self.height() - 1), Qt.AlignmentFlag.AlignVCenter, text)

    def _draw_diamond(self, painter: QPainter, mark: Mark, x: float) -> None:
        colour = mark.colour or self.colours.accent
        size = 8.5 if mark.selected else 7.5 if mark.id == self._hover else 6.5
        y = (self.height() - 1) / 2.0
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        sure = 1.0 if mark.confidence is None else 0.2 + 0.8 * min(max(mark.confidence, 0.0), 1.0)
        painter.setBrush(QColor(self.colours.field))
        painter.setPen(Qt.PenStyle.NoPen)
        corners = ((0, -size), (size, 0), (0, size), (-size, 0))
        diamond = QPolygonF([QPointF(x + dx, y + dy) for dx, dy in corners])
        painter.drawPolygon(diamond)
        painter.setBrush(faded(colour, sure))
        strong = mark.selected or mark.id == self._hover
        painter.setPen(QPen(QColor(self.colours.text if strong else colour), 2.0 if mark.selected else 1.2))
        painter.drawPolygon(diamond)
        if mark.has_values:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self.colours.field))
            painter.drawEllipse(QPointF(x, y), 2.2, 2.2)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    # ---- the mouse -----------------------------------------------------------------------

    def _hit(self, pos: QPointF) -> Mark | None:
        if pos.x() < GUTTER:
            return None
        near = [(abs(self.axis.x_of(m.time) - pos.x()), not m.selected, i) for i, m in enumerate(self._marks)]
        best = min((entry for entry in near if entry[0] <= _REACH), default=None)
        return None if best is None else self._marks[best[2]]

    def id_at(self, pos: QPointF) -> str:
        mark = self._hit(pos)
        return "" if mark is None else mark.id

    def id_for_menu(self) -> str:
        mark = self.selected()
        return "" if mark is None else mark.id

    def pressed(self, pos: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        self._held = self._hit(pos)
        self._gesture = ""
        if pos.x() >= GUTTER:
            self.mark_selected.emit("" if self._held is None else self._held.id)

    def dragged(self, pos: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        if self._held is None or self._press is None:
            return
        if not self._gesture:
            self._gesture = uuid.uuid4().hex
            self._sent = self._held.time
            self.begin_scrub()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        self.pull_view(pos)
        moved = self.axis.raw_time(pos.x()) - self._press_time
        t = self.snapped(min(max(self._held.time + moved, 0.0), self.axis.duration))
        if t != self._sent:
            self._sent = t
            self.mark_move_requested.emit(self._held.id, t, self._gesture)
            self.time_requested.emit(t)

    def snapped(self, t: float) -> float:
        """Where a dragged keyframe goes for ``t`` seconds."""
        return self.axis.nearest_frame(t)

    def released(self, pos: QPointF, dragged: bool) -> None:
        if self._gesture:
            self.scrub_finished.emit()
        self._end_drag()

    def cancelled(self) -> None:
        if self._gesture and self._held is not None:
            self.mark_move_requested.emit(self._held.id, self._held.time, self._gesture)
            self.cancel_scrub()
        self._end_drag()

    def _end_drag(self) -> None:
        self._held = None
        self._gesture = ""
        self.unsetCursor()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        pos = event.position()
        if event.button() != Qt.MouseButton.LeftButton or pos.x() < GUTTER:
            return
        mark = self._hit(pos)
        if mark is not None:
            self.time_requested.emit(mark.time)
        elif self.axis.duration > 0:
            self.mark_add_requested.emit(self.axis.nearest_frame(self.axis.time_of(pos.x())))

    def hovered(self, pos: QPointF) -> None:
        over = self.id_at(pos)
        self.setCursor(Qt.CursorShape.OpenHandCursor if over else Qt.CursorShape.ArrowCursor)
        self.set_hover(over)

    def tip_at(self, pos: QPointF) -> str:
        mark = self._hit(pos)
        if mark is None:
            return "Double-click: new keyframe here · M: at the playhead · , and .: previous and next"
        facts = [mark.label or "no description yet", tick_text(mark.time, 0.001)]
        if mark.confidence is not None:
            facts.append(f"confidence {mark.confidence:.0%}")
        if mark.has_values:
            facts.append("values corrected by hand")
        return " · ".join(facts) + "\nDrag or Alt+←/→ to move, ↑/↓ to select, Delete to remove"

    # ---- keys ----------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        mark = self.selected()
        alt = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        if mark is not None and event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.mark_delete_requested.emit(mark.id)
        elif mark is not None and alt and event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            frames = -1 if event.key() == Qt.Key.Key_Left else 1
            t = self.axis.step_from(mark.time, frames)
            if t != mark.time:
                self.mark_move_requested.emit(mark.id, t, uuid.uuid4().hex)
        elif self._marks and not alt and event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            order = sorted(self._marks, key=lambda mark: mark.time)
            at = -1 if mark is None else order.index(mark)
            at += 1 if event.key() == Qt.Key.Key_Down else -1
            self.mark_selected.emit(order[min(max(at, 0), len(order) - 1)].id)
        else:
            super().keyPressEvent(event)

