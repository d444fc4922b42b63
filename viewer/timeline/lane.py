"""What every lane has in common: a ViewBox with its gutter, its picture, its mouse and its keys."""

from __future__ import annotations

from collections.abc import Callable

import pyqtgraph as pg
from PySide6.QtCore import QLineF, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QGraphicsSceneWheelEvent

from viewer.scene.painting import faded, write
from viewer.scene.press_box import Drag
from viewer.scene.row import Row
from viewer.timeline.axis import GUTTER, PAD_LEFT, PAD_RIGHT
from viewer.timeline.requests import TimelineRequests

_PAN_SHARE = 0.12


class Lane(Row):
    """A strip of the timeline: x is the shared time, and left of it lies a gutter.  A click or a drag
    moves the playhead, unless the lane says otherwise; with Shift a drag draws a rectangle, which is
    then shown whole."""

    hovering = Signal(object)
    """Where in the scene the mouse is, while no button is down; None when it left the lane."""

    thing = ""
    """What the menu calls one of those on the lane; empty where it has none."""
    beside = (GUTTER + PAD_LEFT, PAD_RIGHT)
    read_out = True
    """Whether what the curves show is said beside the mouse."""

    def __init__(self, asks: TimelineRequests, height: int = 0) -> None:
        """``height`` in pixels; of no meaning to those that share what the others leave."""
        super().__init__(asks, height, GUTTER)
        self.axis, self.asks, self.stack = asks.axis, asks, asks.stack
        self.axis.join(self)
        self.axis.changed.connect(self.picture.spoil)

    def content_rect(self) -> QRectF:
        """The lane without its gutter."""
        return QRectF(GUTTER, 0.0, PAD_LEFT + self.width() + PAD_RIGHT, self.height())

    # ---- drawing -------------------------------------------------------------------------

    def draw(self, painter: QPainter) -> None:
        """Draw the content; the painter is clipped to :meth:`content_rect`."""

    def draw_all(self, painter: QPainter) -> None:
        """The content with what all lanes show: what is no time of the clip, where its video has ended,
        and the loop's ends."""
        area, axis = self.content_rect(), self.axis
        painter.setClipRect(area)
        if self.opaque:
            painter.fillRect(area, QColor(self.colours.field))
        first, last = axis.x_of(0.0), axis.x_of(axis.duration)
        if axis.duration > 0:
            shade = QColor(self.colours.panel)
            painter.fillRect(QRectF(GUTTER, 0, max(first - GUTTER, 0), area.height()), shade)
            painter.fillRect(QRectF(last, 0, max(area.right() - last, 0), area.height()), shade)
        self.draw(painter)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        if axis.video_end is not None:
            ended = max(round(axis.x_of(axis.video_end)), GUTTER)
            painter.fillRect(
                QRectF(ended, 0, max(last - ended, 0), area.height()), faded(self.colours.window, 0.45)
            )
            painter.fillRect(QRectF(ended, 0, 1, area.height()), QColor(self.colours.warning))
        painter.setPen(QPen(faded(self.colours.accent, 0.7), 1, Qt.PenStyle.DotLine))
        ends = [round(axis.x_of(t)) for t in axis.loop or ()]
        painter.drawLines([QLineF(x, 0, x, area.height()) for x in ends])
        painter.setPen(QColor(self.colours.line))
        painter.drawLine(QPointF(GUTTER, area.height() - 1), QPointF(area.right(), area.height() - 1))

    def draw_hint(self, painter: QPainter, text: str) -> None:
        """What to do in an empty lane."""
        area, words = self.content_rect().adjusted(16, 0, -16, 0), self.getViewWidget().worded(text)
        write(painter, words, area, self.colours.muted)

    # ---- what a lane does ----------------------------------------------------------------

    def pull_view(self, pos: QPointF) -> None:
        """A drag past an edge pulls the view along."""
        beyond = min(pos.x() - self.axis.left, 0.0) + max(pos.x() - self.axis.right, 0.0)
        if beyond:
            self.axis.pan_by(0.25 * beyond / self.axis.pixels_per_second)

    def wheelEvent(self, event: QGraphicsSceneWheelEvent, axis: int | None = None) -> None:
        turned = event.delta() / 120.0
        shifted = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if shifted or event.orientation() == Qt.Orientation.Horizontal:
            self.axis.pan_by(-turned * _PAN_SHARE * self.axis.span)
        else:
            self.axis.zoom_at(1.25**-turned, event.scenePos().x())
        event.accept()

    def hoverEvent(self, event: pg.GraphicsScene.mouseEvents.HoverEvent) -> None:
        super().hoverEvent(event)
        free = self.read_out and not event.isExit() and not event.buttons() and event.scenePos().x() >= GUTTER
        self.hovering.emit(event.scenePos() if free else None)

    def ask_menu(self, id_: str, where: QPoint) -> None:
        self.asks.menu_requested.emit(self.thing if id_ and self.thing else self.title, id_, where)

    # ---- scrubbing -----------------------------------------------------------------------

    def pressed(self, pos: QPointF, modifiers: Qt.KeyboardModifier) -> Drag | None:
        if pos.x() < GUTTER:
            return Drag()
        return None if modifiers & Qt.KeyboardModifier.ShiftModifier else self.scrub(self._scrub_to)

    def scrub(
        self,
        moved: Callable[[QPointF], None],
        put_back: Callable[[], None] | None = None,
        cursor: Qt.CursorShape | None = None,
    ) -> Drag:
        """A drag along which the playhead moves; Escape returns it, and does ``put_back`` before.
        One that puts nothing back begins with the press."""
        came_from, asks = self.axis.playhead, self.asks

        def cancelled() -> None:
            if put_back is not None:
                put_back()
            asks.time_requested.emit(came_from)
            asks.scrub_finished.emit()

        begun, dropped = asks.scrub_started.emit, asks.scrub_finished.emit
        after = 0.0 if put_back is None else Drag.after
        return Drag(moved, begun, dropped, cancelled, cursor, after)

    def _scrub_to(self, pos: QPointF) -> None:
        """Ask for the frame under the mouse; past an edge the view follows the mouse."""
        self.pull_view(pos)
        x = min(max(pos.x(), self.axis.left), self.axis.right)
        self.asks.time_requested.emit(self.axis.frames.shown(self.axis.time_of(x)))
