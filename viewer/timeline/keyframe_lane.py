"""Keyframes as diamonds: select, drag, nudge, add, delete; the keys of the active take likewise."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsSceneMouseEvent

from viewer.core.marks import Mark
from viewer.core.time_ticks import tick_text
from viewer.scene.painting import blended, write
from viewer.timeline.axis import GUTTER
from viewer.timeline.editable_lane import EditableLane, Part, Times, times_of
from viewer.timeline.requests import TimelineRequests

DIAMOND = ((0.0, -1.0), (1.0, 0.0), (0.0, 1.0), (-1.0, 0.0))
_REACH = 8.0
_SNAP = 6.0
"""Pixels in which a dragged key goes to an annotated keyframe."""


class MarkLane(EditableLane[Mark]):
    """Diamonds with their words.  While one is dragged it goes to frames, and to ``snaps``, other
    times it is meant to meet."""

    unnamed = "no description yet"
    by_hand = ""
    adds = False
    """Whether a double click beside all adds one."""
    snaps: tuple[float, ...] = ()

    # ---- drawing -------------------------------------------------------------------------

    def draw(self, painter: QPainter, marks: tuple[Mark, ...] | None = None) -> None:
        order = sorted(self.shown if marks is None else marks, key=times_of)
        if not order:
            self.draw_hint(painter, "Press {mark_keyframe} to mark a keyframe, or double-click here")
            return
        edge = self.content_rect().right()
        xs = self.axis.x_of(np.array([mark.time for mark in order])).tolist()
        for mark, x, after in zip(order, xs, [*xs[1:], edge + 12], strict=True):
            if mark.label and after - x >= 52 and GUTTER - 500 < x < edge:
                self._draw_label(painter, mark, x, after - x - 28)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for mark, x in sorted(zip(order, xs, strict=True), key=lambda pair: pair[0].selected):
            if GUTTER - 16 < x < edge + 16:
                self.draw_diamond(painter, mark, x)

    def _draw_label(self, painter: QPainter, mark: Mark, x: float, room: float) -> None:
        area = QRectF(x + 13, 0, min(room, 480.0), self.height() - 1)
        colour = self.colours.text if mark.selected or mark.id == self.hover else self.colours.muted
        write(painter, mark.label, area, colour, bold=mark.selected)

    def draw_diamond(self, painter: QPainter, mark: Mark, x: float) -> None:
        """Draw a mark at ``x`` pixels, paler the less sure it is."""
        colour = mark.colour or self.colours.accent
        size = 8.5 if mark.selected else 7.5 if mark.id == self.hover else 6.5
        y = (self.height() - 1) / 2.0
        sure = 1.0 if mark.confidence is None else 0.2 + 0.8 * min(max(mark.confidence, 0.0), 1.0)
        diamond = QPolygonF([QPointF(x + dx * size, y + dy * size) for dx, dy in DIAMOND])
        painter.setBrush(blended(self.colours.field, colour, sure))
        strong = mark.selected or mark.id == self.hover
        painter.setPen(QPen(QColor(self.colours.text if strong else colour), 2.0 if mark.selected else 1.2))
        painter.drawPolygon(diamond)
        if mark.has_values:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self.colours.field))
            painter.drawEllipse(QPointF(x, y), 2.2, 2.2)

    # ---- what can be done ----------------------------------------------------------------

    def hit(self, pos: QPointF) -> tuple[Mark, Part] | None:
        def away(mark: Mark) -> float:
            return abs(self.axis.x_of(mark.time) - pos.x())

        best = min(self.shown, key=lambda mark: (away(mark), not mark.selected), default=None)
        return (best, "body") if best is not None and away(best) <= _REACH else None

    def moved_by(self, held: Mark, part: Part, seconds: float) -> Times:
        t = min(max(held.time + seconds, 0.0), self.axis.duration)
        snap = min(self.snaps, key=lambda snap: abs(snap - t), default=np.inf)
        near = abs(snap - t) * self.axis.pixels_per_second <= _SNAP
        return (snap if near else self.axis.frames.nearest(t),)

    def nudged(self, chosen: Mark, frames: int, stretch: bool) -> Times:
        return (self.axis.frames.moved(chosen.time, frames),)

    def mouseDoubleClickEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        """Show the time of the one that is there, or add one where none is."""
        pos = self.place_of(event.scenePos())
        hit, beside = self.hit_at(pos), pos.x() >= GUTTER and self.axis.duration > 0
        if hit is not None:
            self.asks.time_requested.emit(hit[0].time)
        elif self.adds and beside and event.button() == Qt.MouseButton.LeftButton:
            self.asks.mark_add_requested.emit(self._frame_or_time(self.axis.raw_time(pos.x())))

    def _frame_or_time(self, t: float) -> float:
        """The frame nearest to ``t``, and ``t`` itself where frames have ended."""
        frames = self.axis.frames
        nearest = frames.nearest(max(t, 0.0))
        return t if t > nearest + frames.step else nearest

    def facts(self, each: Mark) -> list[str]:
        return [tick_text(each.time, 0.001)] + [self.by_hand] * each.has_values


class KeyframeLane(MarkLane):
    """The annotated keyframes."""

    title, thing = "keyframes", "mark"
    tip_beside = "Double-click: new keyframe here · {mark_keyframe}: at the playhead"
    tip_keys = "Drag or {nudge_back}, {nudge_forward} to move, ↑/↓ to select, {delete} to remove"
    by_hand = "values corrected by hand"
    adds = True

    def __init__(self, asks: TimelineRequests) -> None:
        super().__init__(asks, 32, asks.mark_selected, asks.mark_move_requested, asks.mark_delete_requested)


class TakeLane(MarkLane):
    """The keys of the active take.  Their number is the model's: none is added or deleted here."""

    title, by_hand = "take", "values set by hand"
    tip_beside = "The keys of the active take: drag one to change when it happens"
    tip_keys = "Drag or {nudge_back}, {nudge_forward} to move; it stays between its neighbours"

    def __init__(self, asks: TimelineRequests) -> None:
        super().__init__(asks, 24, asks.take_key_selected, asks.take_key_move_requested, None)
        self.row_shown = False
