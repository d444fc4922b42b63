"""What every lane has in common: a ViewBox with its gutter, its picture, its mouse and its keys."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QLineF, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import (
    QGraphicsItem,
    QGraphicsSceneContextMenuEvent,
    QGraphicsSceneMouseEvent,
    QGraphicsSceneWheelEvent,
)

from viewer.palette import DARK, Palette
from viewer.timeline.axis import GUTTER, PAD_RIGHT, TimeAxis
from viewer.timeline.drawing import elided, faded, font_of, metrics_of
from viewer.timeline.lane_parts import LEFT_OF_BOX, Gutter, LaneKeys, Picture
from viewer.timeline.requests import TimelineRequests

DRAG_THRESHOLD = 4.0
_PAN_SHARE = 0.12


class Lane(pg.ViewBox):
    """A strip of the timeline.  Places are pixels of the strip: x from the left edge of the gutter,
    y from its top.  ``picture.renders`` counts how often it was drawn.

    A lane says what a press and a drag with the left button do; wheel, panning, the rectangle and
    the limits of what can be seen are pyqtgraph's.
    """

    row_changed = Signal()
    """Its height, or whether it is shown, is another now."""
    hovering = Signal(object)
    """Where in the scene the mouse is, over a lane that reads values; None when it left."""

    kind = ""
    title = ""
    opaque = True
    """Whether its picture covers all that pyqtgraph draws in the box."""
    reads_values = False
    """Whether the values of the curves are shown at the mouse."""

    def __init__(self, axis: TimeAxis, asks: TimelineRequests, height: int = 0, shown: bool = True) -> None:
        """``height`` in pixels; 0 shares what the others leave."""
        super().__init__(enableMenu=False, invertY=True, defaultPadding=0.0)
        self.axis, self.asks = axis, asks
        self.colours: Palette = DARK
        self.row_height, self.row_shown = height, shown
        self.hover = ""
        """What lies under the mouse, drawn brighter."""
        self._press: QPointF | None = None
        self._press_time, self._came_from = 0.0, 0.0
        self._dragging = self._banding = False
        self.disableAutoRange()
        self.setMouseMode(pg.ViewBox.RectMode)
        self.setLimits(yMin=0.0, yMax=1.0, minYRange=1.0, maxYRange=1.0)
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIsFocusable, False)
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemHasNoContents)
        self.picture = Picture(self)
        self.gutter = Gutter(self)
        self.keys = LaneKeys(self, asks)
        axis.join(self)
        axis.changed.connect(self.picture.spoil)

    # ---- as a ViewBox --------------------------------------------------------------------

    def boundingRect(self) -> QRectF:
        return QRectF(-LEFT_OF_BOX, 0.0, LEFT_OF_BOX + self.width() + PAD_RIGHT, self.height())

    def shape(self) -> QPainterPath:
        path = QPainterPath()
        path.addRect(self.boundingRect())
        return path

    def height(self) -> int:
        """Pixels, a whole number."""
        return int(self.geometry().height() + 0.5)

    def content_rect(self) -> QRectF:
        """The lane without its gutter."""
        return self.boundingRect().adjusted(LEFT_OF_BOX + GUTTER, 0.0, LEFT_OF_BOX, 0.0)

    def linkedViewChanged(self, view: pg.ViewBox, axis: int) -> None:
        """All boxes are as wide as the others, so nothing needs to be aligned."""
        if view is not None and not self.linksBlocked:
            view.blockLink(True)
            self.setRange(xRange=view.viewRange()[0], padding=0, disableAutoRange=False)
            view.blockLink(False)

    def mouseDragEvent(self, event: pg.GraphicsScene.mouseEvents.MouseDragEvent, axis: int = 0) -> None:
        """What no press of the lane took: the middle button pans, the left one draws the rectangle
        that is shown when it goes up."""
        panning = event.button() == Qt.MouseButton.MiddleButton
        if event.isStart():
            self.updateMatrix()
            self._banding = event.button() == Qt.MouseButton.LeftButton
            self.rbScaleBox.setPen(pg.mkPen(self.colours.accent, width=1))
            self.rbScaleBox.setBrush(faded(self.colours.accent, 0.2))
        if panning:
            held = not event.isFinish()
            self.setCursor(Qt.CursorShape.ClosedHandCursor if held else Qt.CursorShape.ArrowCursor)
        if panning or self._banding:
            super().mouseDragEvent(event, axis=0 if panning else None)
            self._banding = self._banding and not event.isFinish()
        else:
            event.ignore()

    # ---- drawing -------------------------------------------------------------------------

    def set_theme(self, palette: Palette) -> None:
        """Draw in these colours from now on."""
        if palette != self.colours:
            self.colours = palette
            self.refresh()

    def refresh(self) -> None:
        """Draw the lane and its gutter anew at the next paint."""
        self.picture.spoil()
        self.gutter.spoil()

    def set_row(self, height: int, shown: bool = True) -> None:
        """Be so many pixels tall, or out of sight."""
        if (height, shown) != (self.row_height, self.row_shown):
            self.row_height, self.row_shown = height, shown
            self.row_changed.emit()

    def draw(self, painter: QPainter) -> None:
        """Draw the content; the painter is clipped to :meth:`content_rect`."""

    def draw_all(self, painter: QPainter) -> None:
        """The content with what all lanes show: what is no time of the clip, and the loop's ends."""
        area, axis = self.content_rect(), self.axis
        painter.setClipRect(area)
        if self.opaque:
            painter.fillRect(area, QColor(self.colours.field))
        if axis.duration > 0:
            shade, first, last = QColor(self.colours.panel), axis.x_of(0.0), axis.x_of(axis.duration)
            painter.fillRect(QRectF(GUTTER, 0, max(first - GUTTER, 0), area.height()), shade)
            painter.fillRect(QRectF(last, 0, max(area.right() - last, 0), area.height()), shade)
        self.draw(painter)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(QPen(faded(self.colours.accent, 0.7), 1, Qt.PenStyle.DotLine))
        ends = [round(axis.x_of(t)) for t in axis.loop or ()]
        painter.drawLines([QLineF(x, 0, x, area.height()) for x in ends])
        painter.setPen(QColor(self.colours.line))
        painter.drawLine(QPointF(GUTTER, area.height() - 1), QPointF(area.right(), area.height() - 1))

    def draw_hint(self, painter: QPainter, text: str) -> None:
        """What to do in an empty lane."""
        area = self.content_rect().adjusted(16, 0, -16, 0)
        painter.setFont(font_of(11))
        painter.setPen(QColor(self.colours.muted))
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, elided(text, metrics_of(11), area.width()))

    def labels(self) -> list[tuple[float, str]]:
        """Places on the y axis, and what the gutter says there; by default the lane's name."""
        return [(0.5, self.title)]

    def strips(self) -> list[tuple[float, float, str]]:
        """Top, height and colour of what the gutter shows at its right edge."""
        return []

    # ---- what a lane does ----------------------------------------------------------------

    def pressed(self, pos: QPointF, modifiers: Qt.KeyboardModifier) -> bool:
        """The left button went down; whether the lane wants what follows."""
        return False

    def dragged(self, pos: QPointF) -> None:
        """The mouse moved past the threshold with the left button down."""

    def released(self, pos: QPointF) -> None:
        """The left button went up."""

    def hovered(self, pos: QPointF) -> None:
        """The mouse moves over the lane with no button down."""

    def set_hover(self, over: str, cursor: Qt.CursorShape) -> None:
        """What lies under the mouse (empty: nothing), and the pointer that says what can be done."""
        self.setCursor(cursor)
        if over != self.hover:
            self.hover = over
            self.picture.spoil()
            self.gutter.spoil()

    def tip_at(self, pos: QPointF) -> str:
        """The tooltip at a place; empty for none."""
        return ""

    def id_at(self, pos: QPointF | None) -> str:
        """The id of what lies at a place, or without a place of what is selected; empty for none."""
        return ""

    def key_pressed(self, event: QKeyEvent) -> bool:
        """A key, while the lane has the focus; whether it meant something here."""
        return False

    @property
    def busy(self) -> bool:
        """Whether Escape would end something here."""
        return self._press is not None or self._banding

    def cancel(self) -> None:
        """End a press or a drag, as if it had not been."""
        self._press = None
        self._banding = False
        self.rbScaleBox.hide()

    def pull_view(self, pos: QPointF) -> None:
        """A drag past an edge pulls the view along."""
        beyond = min(pos.x() - self.axis.left, 0.0) + max(pos.x() - self.axis.right, 0.0)
        if beyond:
            self.axis.pan_by(0.25 * beyond / self.axis.pixels_per_second)

    def begin_scrub(self) -> None:
        """Remember where the playhead was, and say that it will move."""
        self._came_from = self.axis.playhead
        self.asks.scrub_started.emit()

    def cancel_scrub(self) -> None:
        """Return to where the playhead was before the drag."""
        self.asks.time_requested.emit(self._came_from)
        self.asks.scrub_finished.emit()

    # ---- events of the scene -------------------------------------------------------------

    def place_of(self, scene_pos: QPointF) -> QPointF:
        """A place in the scene as one of the lane."""
        return QPointF(scene_pos.x(), scene_pos.y() - self.scenePos().y())

    def mousePressEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        self.keys.setFocus(Qt.FocusReason.MouseFocusReason)
        pos = self.place_of(event.scenePos())
        left = event.button() == Qt.MouseButton.LeftButton
        taken = left and self.pressed(pos, event.modifiers())
        if taken:
            self._press, self._press_time, self._dragging = pos, self.axis.raw_time(pos.x()), False
        event.setAccepted(taken or (left and pos.x() < GUTTER))

    def mouseMoveEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        if self._press is None:
            return
        pos = self.place_of(event.scenePos())
        self._dragging = self._dragging or (pos - self._press).manhattanLength() >= DRAG_THRESHOLD
        if self._dragging:
            self.dragged(pos)

    def mouseReleaseEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._press is not None:
            self._press = None
            self.released(self.place_of(event.scenePos()))

    def wheelEvent(self, event: QGraphicsSceneWheelEvent, axis: int | None = None) -> None:
        turned = event.delta() / 120.0
        shifted = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if shifted or event.orientation() == Qt.Orientation.Horizontal:
            self.axis.pan_by(-turned * _PAN_SHARE * self.axis.span)
        else:
            self.axis.zoom_at(1.25**-turned, event.scenePos().x())
        event.accept()

    def hoverEvent(self, event: pg.GraphicsScene.mouseEvents.HoverEvent) -> None:
        """Asked by pyqtgraph's scene."""
        free = not event.isExit() and not event.buttons()
        if event.isExit():
            self.set_hover("", Qt.CursorShape.ArrowCursor)
        elif free:
            self.hovered(self.place_of(event.scenePos()))
        if self.reads_values:
            self.hovering.emit(event.scenePos() if free and event.scenePos().x() >= GUTTER else None)

    def contextMenuEvent(self, event: QGraphicsSceneContextMenuEvent) -> None:
        self.ask_menu(self.id_at(self.place_of(event.scenePos())), event.screenPos())

    def ask_menu(self, id_: str, where: QPoint) -> None:
        """Ask for the menu of a thing on this lane, or of the lane itself."""
        named = {"keyframes": "mark", "emotions": "span"}
        self.asks.menu_requested.emit(named.get(self.kind, self.kind) if id_ else self.kind, id_, where)


class ScrubLane(Lane):
    """A lane on which a click or a drag moves the playhead.  With Shift a drag draws a rectangle,
    which is then shown whole."""

    def pressed(self, pos: QPointF, modifiers: Qt.KeyboardModifier) -> bool:
        if pos.x() < GUTTER or modifiers & Qt.KeyboardModifier.ShiftModifier:
            return False
        self.begin_scrub()
        self.dragged(pos)
        return True

    def mouseMoveEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        self._dragging = True
        super().mouseMoveEvent(event)

    def dragged(self, pos: QPointF) -> None:
        """Ask for the frame under the mouse; past an edge the view follows the mouse."""
        self.pull_view(pos)
        x = min(max(pos.x(), self.axis.left), self.axis.right)
        self.asks.time_requested.emit(self.axis.frames.shown(self.axis.time_of(x)))

    def released(self, pos: QPointF) -> None:
        self.asks.scrub_finished.emit()

    def cancel(self) -> None:
        if self._press is not None:
            self.cancel_scrub()
        super().cancel()
