"""Keyframes as diamonds: select, drag, nudge, add, delete; the keys of the active take likewise."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPolygonF

from viewer.timeline.axis import GUTTER, TimeAxis
from viewer.timeline.drawing import elided, faded, font_of
from viewer.timeline.editable_lane import EditableLane, Part, Times
from viewer.timeline.marks import Mark, Span
from viewer.timeline.requests import TimelineRequests
from viewer.timeline.ruler import tick_text

_REACH = 8.0
_SNAP = 6.0
"""Pixels in which a dragged key goes to an annotated keyframe."""


class KeyframeLane(EditableLane):
    """A double click adds a keyframe, or shows the time of the one that is there."""

    kind = "keyframes"
    title = "keyframes"

    def __init__(self, axis: TimeAxis, asks: TimelineRequests, height: int = 32) -> None:
        super().__init__(axis, asks, height)
        self.marks: tuple[Mark, ...] = ()

    def set_marks(self, marks: Sequence[Mark]) -> None:
        """Show these, whichever way they are ordered."""
        new = tuple(marks)
        if new != self.marks:
            self.marks = new
            self.picture.spoil()

    # ---- drawing -------------------------------------------------------------------------

    def draw(self, painter: QPainter) -> None:
        if not self.marks:
            self.draw_hint(painter, "Press M to mark a keyframe at the playhead, or double-click here")
            return
        edge = self.content_rect().right()
        order = sorted(self.marks, key=lambda mark: mark.time)
        xs = self.axis.xs_of([mark.time for mark in order]).tolist()
        rooms = [b - a - 28 for a, b in zip(xs, [*xs[1:], edge + 12], strict=True)]
        for mark, x, room in zip(order, xs, rooms, strict=True):
            if mark.label and room >= 24 and GUTTER - 500 < x < edge:
                self._draw_label(painter, mark, x, room)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for mark, x in sorted(zip(order, xs, strict=True), key=lambda pair: pair[0].selected):
            if GUTTER - 16 < x < edge + 16:
                self._draw_diamond(painter, mark, x)

    def _draw_label(self, painter: QPainter, mark: Mark, x: float, room: float) -> None:
        font = font_of(11, bold=mark.selected)
        painter.setFont(font)
        strong = mark.selected or mark.id == self._hover
        painter.setPen(QColor(self.colours.text if strong else self.colours.muted))
        text = elided(mark.label, font, min(room, 480.0))
        if QFontMetricsF(font).horizontalAdvance(text) > 14:
            area = QRectF(x + 13, 0, room, self.height() - 1)
            painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, text)

    def _draw_diamond(self, painter: QPainter, mark: Mark, x: float) -> None:
        colour = mark.colour or self.colours.accent
        size = 8.5 if mark.selected else 7.5 if mark.id == self._hover else 6.5
        y = (self.height() - 1) / 2.0
        sure = 1.0 if mark.confidence is None else 0.2 + 0.8 * min(max(mark.confidence, 0.0), 1.0)
        diamond = QPolygonF([QPointF(x, y - size), QPointF(x + size, y), QPointF(x, y + size), QPointF(x - size, y)])
        if sure < 1.0:
            painter.setBrush(QColor(self.colours.field))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.drawPolygon(diamond)
        painter.setBrush(faded(colour, sure))
        strong = mark.selected or mark.id == self._hover
        painter.setPen(QPen(QColor(self.colours.text if strong else colour), 2.0 if mark.selected else 1.2))
        painter.drawPolygon(diamond)
        if mark.has_values:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self.colours.field))
            painter.drawEllipse(QPointF(x, y), 2.2, 2.2)

    # ---- what can be done ----------------------------------------------------------------

    def shown(self) -> Sequence[Mark | Span]:
        return self.marks

    def hit(self, pos: QPointF) -> tuple[Mark | Span, Part] | None:
        xs = self.axis.xs_of([mark.time for mark in self.marks]).tolist()
        near = [(abs(x - pos.x()), not m.selected, i) for i, (m, x) in enumerate(zip(self.marks, xs, strict=True))]
        best = min((entry for entry in near if entry[0] <= _REACH), default=None)
        return None if best is None else (self.marks[best[2]], "body")

    def moved_by(self, held: Mark | Span, part: Part, seconds: float) -> Times:
        assert isinstance(held, Mark)
        return (self.snapped(min(max(held.time + seconds, 0.0), self.axis.duration)),)

    def snapped(self, t: float) -> float:
        """Where a dragged keyframe goes for ``t`` seconds."""
        return self.axis.nearest_frame(t)

    def nudged(self, chosen: Mark | Span, frames: int, stretch: bool) -> Times:
        assert isinstance(chosen, Mark)
        return (self.axis.step_from(chosen.time, frames),)

    def ask_select(self, id_: str) -> None:
        self.asks.mark_selected.emit(id_)

    def ask_move(self, id_: str, times: Times, gesture: str) -> None:
        self.asks.mark_move_requested.emit(id_, times[0], gesture)

    def ask_delete(self, id_: str) -> None:
        self.asks.mark_delete_requested.emit(id_)

    def ask_add(self, t: float) -> None:
        """Ask for a keyframe at ``t`` seconds."""
        self.asks.mark_add_requested.emit(t)

    def double_clicked(self, pos: QPointF) -> None:
        hit = self.hit(pos)
        if hit is not None and isinstance(hit[0], Mark):
            self.asks.time_requested.emit(hit[0].time)
        elif self.axis.duration > 0:
            self.ask_add(self.axis.nearest_frame(self.axis.time_of(pos.x())))

    def hovered(self, pos: QPointF) -> None:
        over = self.id_at(pos)
        self.setCursor(Qt.CursorShape.OpenHandCursor if over else Qt.CursorShape.ArrowCursor)
        self.set_hover(over)

    tip_beside = "Double-click: new keyframe here · M: at the playhead · , and .: previous and next"
    tip_keys = "Drag or Alt+←/→ to move, ↑/↓ to select, Delete to remove"
    by_hand = "values corrected by hand"

    def tip_at(self, pos: QPointF) -> str:
        hit = self.hit(pos) if pos.x() >= GUTTER else None
        if hit is None or not isinstance(hit[0], Mark):
            return self.tip_beside
        mark = hit[0]
        facts = [mark.label or "no description yet", tick_text(mark.time, 0.001)]
        if mark.confidence is not None:
            facts.append(f"confidence {mark.confidence:.0%}")
        if mark.has_values:
            facts.append(self.by_hand)
        return " · ".join(facts) + "\n" + self.tip_keys


class TakeLane(KeyframeLane):
    """The keys of the active take.  Their number is the model's: none is added or deleted here.
    While one is dragged it goes to frames, and to the times of the annotated keyframes."""

    kind = "take"
    title = "take"
    tip_beside = "The keys of the active take: drag one to change when it happens"
    tip_keys = "Drag or Alt+←/→ to move; it stays between its neighbours"
    by_hand = "values set by hand"

    def __init__(self, axis: TimeAxis, asks: TimelineRequests) -> None:
        super().__init__(axis, asks, 24)
        self.snaps: tuple[float, ...] = ()
        self.row_shown = False

    def snapped(self, t: float) -> float:
        near = [(abs(time - t) * self.axis.pixels_per_second, time) for time in self.snaps]
        best = min((each for each in near if each[0] <= _SNAP), default=None)
        return self.axis.nearest_frame(t) if best is None else best[1]

    def ask_select(self, id_: str) -> None:
        self.asks.take_key_selected.emit(id_)

    def ask_move(self, id_: str, times: Times, gesture: str) -> None:
        self.asks.take_key_move_requested.emit(id_, times[0], gesture)

    def ask_delete(self, id_: str) -> None:
        """Nothing: the model chose how many there are."""

    def ask_add(self, t: float) -> None:
        """Nothing, likewise."""
