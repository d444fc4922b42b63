"""The keyframes with what is suggested between them, as ghosts."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsSceneMouseEvent

from annotator.core.suggestions.suggestion import Suggestion
from annotator.suggestions.controller import SuggestionsController
from viewer.core.marks import Mark
from viewer.core.time_ticks import tick_text
from viewer.scene.press_box import Drag
from viewer.timeline.axis import GUTTER
from viewer.timeline.keyframe_lane import DIAMOND, KeyframeLane
from viewer.timeline.requests import TimelineRequests

_GHOST = "suggested"
_SIZE = 6.0
_REACH = 8.0


class GhostLane(KeyframeLane):
    """The lane of the keyframes.  A ghost is hollow and dashed; a click goes there, a double click marks
    it."""

    def __init__(self, asks: TimelineRequests) -> None:
        super().__init__(asks)
        self._suggestions: SuggestionsController | None = None
        self.ghosts: tuple[Suggestion, ...] = ()

    def follow(self, suggestions: SuggestionsController) -> None:
        """Show what these suggest from now on."""
        self._suggestions = suggestions
        suggestions.changed.connect(self._take)
        self._take()

    def _take(self) -> None:
        assert self._suggestions is not None
        if self._suggestions.open != self.ghosts:
            self.ghosts = self._suggestions.open
            self.picture.spoil()

    # ---- drawing -------------------------------------------------------------------------

    def draw(self, painter: QPainter, marks: tuple[Mark, ...] | None = None) -> None:
        ghosts = (Mark(_GHOST, each.time_in_clip, each.reason) for each in self.ghosts)
        super().draw(painter, (*self.shown, *ghosts))

    def draw_diamond(self, painter: QPainter, mark: Mark, x: float) -> None:
        """Draw a keyframe as ever, a ghost hollow and dashed."""
        if mark.id != _GHOST:
            super().draw_diamond(painter, mark, x)
            return
        middle = (self.height() - 1) / 2.0
        pen = QPen(QColor(self.colours.text), 1.3)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        pen.setDashPattern([2.0, 1.5])
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolygon(QPolygonF([QPointF(x + dx * _SIZE, middle + dy * _SIZE) for dx, dy in DIAMOND]))

    # ---- what can be done ----------------------------------------------------------------

    def ghost_at(self, pos: QPointF) -> Suggestion | None:
        """The suggestion at a place; None where a keyframe lies there."""
        if pos.x() < GUTTER or self.hit(pos) is not None:
            return None

        def away(ghost: Suggestion) -> float:
            return abs(float(self.axis.x_of(ghost.time_in_clip)) - pos.x())

        nearest = min(self.ghosts, key=away, default=None)
        return nearest if nearest is not None and away(nearest) <= _REACH else None

    def pressed(self, pos: QPointF, modifiers: Qt.KeyboardModifier) -> Drag | None:
        ghost = self.ghost_at(pos)
        if ghost is None or self._suggestions is None:
            return super().pressed(pos, modifiers)
        self._suggestions.show(ghost)
        return Drag()

    def mouseDoubleClickEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        """Mark the suggestion that is there."""
        ghost = self.ghost_at(self.place_of(event.scenePos()))
        if (
            ghost is not None
            and self._suggestions is not None
            and event.button() == Qt.MouseButton.LeftButton
        ):
            self._suggestions.accept(ghost)
        else:
            super().mouseDoubleClickEvent(event)

    def hovered(self, pos: QPointF) -> None:
        super().hovered(pos)
        if self.ghost_at(pos) is not None:
            self.set_hover("", Qt.CursorShape.PointingHandCursor)

    def tip_at(self, pos: QPointF) -> str:
        ghost = self.ghost_at(pos)
        if ghost is None:
            return super().tip_at(pos)
        return (
            f"Suggested: {ghost.reason} · {tick_text(ghost.time_in_clip, 0.001)}\n"
            "Double-click, or {accept_suggestion} at the playhead, to mark it; {dismiss_suggestion} drops it"
        )
