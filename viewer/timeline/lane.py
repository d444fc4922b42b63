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
from viewer.timeline.axis import GUTTER, PAD_LEFT, PAD_RIGHT, TimeAxis
from viewer.timeline.drawing import elided, faded, font_of
from viewer.timeline.lane_parts import LEFT_OF_BOX, Gutter, LaneKeys, Picture
from viewer.timeline.requests import TimelineRequests

DRAG_THRESHOLD = 4.0
_PAN_SHARE = 0.12


class Lane(pg.ViewBox):
    """A strip of the timeline.  Places are pixels of the strip: x from the left edge of the gutter,
    y from its top.  ``picture.renders`` counts how often it was drawn.
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

    def __init__(self, axis: TimeAxis, asks: TimelineRequests, height: int = 0) -> None:
        """``height`` in pixels; 0 shares what the others leave."""
        super().__init__(enableMenu=False, invertY=True, defaultPadding=0.0)
        self.axis, self.asks = axis, asks
        self.colours: Palette = DARK
        self.row_height, self.row_shown = height, True
        self._hover = ""
        self._press: QPointF | None = None
        self._press_time = 0.0
        self._dragging = False
        self._came_from = 0.0
        self.disableAutoRange()
        self.setMouseEnabled(x=True, y=False)
        self.setYRange(0.0, 1.0, padding=0)
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIsFocusable, False)
        self.picture = Picture(self)
        self.gutter = Gutter(self)
        self.keys = LaneKeys(self, asks)
        axis.join(self)
        axis.changed.connect(self.picture.spoil)

    # ---- pyqtgraph -----------------------------------------------------------------------

    def boundingRect(self) -> QRectF:
        return QRectF(-LEFT_OF_BOX, 0.0, LEFT_OF_BOX + self.width() + PAD_RIGHT, self.height())

    def shape(self) -> QPainterPath:
        path = QPainterPath()
        path.addRect(self.boundingRect())
        return path

    def height(self) -> int:
        """Pixels, a whole number."""
        return round(self.geometry().height())

    def linkedViewChanged(self, view: pg.ViewBox, axis: int) -> None:
        """All boxes are as wide as the others, so nothing needs to be aligned."""
        if view is not None and not self.linksBlocked:
            view.blockLink(True)
            self.setXRange(*view.viewRange()[0], padding=0)
            view.blockLink(False)

    def mouseDragEvent(self, event: pg.GraphicsScene.mouseEvents.MouseDragEvent, axis: int = 0) -> None:
        """The middle button pans."""
        if event.button() != Qt.MouseButton.MiddleButton:
            event.ignore()
            return
        self.setCursor(Qt.CursorShape.ArrowCursor if event.isFinish() else Qt.CursorShape.ClosedHandCursor)
        super().mouseDragEvent(event, axis=0)

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

    def content_rect(self) -> QRectF:
        """The lane without its gutter."""
        return QRectF(GUTTER, 0.0, PAD_LEFT + self.width() + PAD_RIGHT, self.height())

    def draw(self, painter: QPainter) -> None:
        """Draw the content; the painter is clipped to :meth:`content_rect`."""
        raise NotImplementedError

    def draw_all(self, painter: QPainter) -> None:
        """The content with what all lanes show."""
        area = self.content_rect()
        painter.setClipRect(area)
        if self.opaque:
            painter.fillRect(area, QColor(self.colours.field))
        if self.axis.duration > 0:
            self._draw_outside(painter, area)
        self.draw(painter)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        if self.axis.loop is not None:
            painter.setPen(QPen(faded(self.colours.accent, 0.7), 1, Qt.PenStyle.DotLine))
            ends = (round(self.axis.x_of(t)) for t in self.axis.loop)
            painter.drawLines([QLineF(x, 0, x, area.height()) for x in ends])
        painter.setPen(QColor(self.colours.line))
        painter.drawLine(QPointF(GUTTER, area.height() - 1), QPointF(area.right(), area.height() - 1))

    def _draw_outside(self, painter: QPainter, area: QRectF) -> None:
        """What lies before and after the clip is no time: shade it."""
        shade = QColor(self.colours.panel)
        first, last = self.axis.x_of(0.0), self.axis.x_of(self.axis.duration)
        painter.fillRect(QRectF(GUTTER, 0, max(first - GUTTER, 0), area.height()), shade)
        painter.fillRect(QRectF(last, 0, max(area.right() - last, 0), area.height()), shade)

    def draw_hint(self, painter: QPainter, text: str) -> None:
        """What to do in an empty lane."""
        area = self.content_rect().adjusted(16, 0, -16, 0)
        font = font_of(11)
        painter.setFont(font)
        painter.setPen(QColor(self.colours.muted))
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, elided(text, font, area.width()))

    def labels(self) -> list[tuple[float, str]]:
        """Places on the y axis, and what the gutter says there; by default the lane's name."""
        return [(0.5, self.title)]

    def draw_label(self, painter: QPainter, y: float, text: str) -> None:
        """Write a label of the gutter around pixel ``y``."""
        painter.setFont(font_of(11))
        painter.setPen(QColor(self.colours.muted))
        painter.drawText(QRectF(16, y - 10, GUTTER - 24, 20), Qt.AlignmentFlag.AlignVCenter, text)

    def draw_gutter(self, painter: QPainter) -> None:
        """Draw what the gutter shows beside its labels."""

    # ---- what a lane does ----------------------------------------------------------------

    def pressed(self, pos: QPointF, modifiers: Qt.KeyboardModifier) -> bool:
        """The left button went down; False leaves it to pyqtgraph's own items."""
        return True

    def dragged(self, pos: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """The mouse moved past the threshold with the left button down."""

    def released(self, pos: QPointF, dragged: bool) -> None:
        """The left button went up."""

    def cancelled(self) -> None:
        """Escape was pressed during a press or a drag."""

    def double_clicked(self, pos: QPointF) -> None:
        """The left button was pressed twice right of the gutter."""

    def hovered(self, pos: QPointF) -> None:
        """The mouse moves over the lane with no button down."""

    def set_hover(self, over: str) -> None:
        """Remember the id of what lies under the mouse (empty: nothing), drawn brighter."""
        if over != self._hover:
            self._hover = over
            self.refresh()

    def tip_at(self, pos: QPointF) -> str:
        """The tooltip at a place; empty for none."""
        return ""

    def id_at(self, pos: QPointF) -> str:
        """The id of what lies at a place, for the context menu."""
        return ""

    def id_for_menu(self) -> str:
        """The id the menu key means: the selected one."""
        return ""

    def key_pressed(self, event: QKeyEvent) -> bool:
        """A key, while the lane has the focus; whether it meant something here."""
        return False

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

    # ---- the mouse -----------------------------------------------------------------------

    def place_of(self, scene_pos: QPointF) -> QPointF:
        """A place in the scene as one of the lane."""
        return QPointF(scene_pos.x(), scene_pos.y() - self.scenePos().y())

    def mousePressEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        """What pyqtgraph does with a button comes after this, where it is left to it."""
        self.keys.setFocus(Qt.FocusReason.MouseFocusReason)
        pos = self.place_of(event.scenePos())
        self._dragging = False
        if event.button() == Qt.MouseButton.LeftButton:
            self._press, self._press_time = pos, self.axis.raw_time(pos.x())
            if self.pressed(pos, event.modifiers()):
                event.accept()
                return
            self._press = None
        event.ignore()

    def mouseMoveEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        if self._press is None:
            return
        pos = self.place_of(event.scenePos())
        self._dragging = self._dragging or (pos - self._press).manhattanLength() >= DRAG_THRESHOLD
        if self._dragging:
            self.dragged(pos, event.modifiers())

    def mouseReleaseEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._press is not None:
            self._press = None
            self.released(self.place_of(event.scenePos()), self._dragging)

    def mouseDoubleClickEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        pos = self.place_of(event.scenePos())
        if event.button() == Qt.MouseButton.LeftButton and pos.x() >= GUTTER:
            self.double_clicked(pos)

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
        if event.isExit():
            self.set_hover("")
        elif not event.buttons():
            self.hovered(self.place_of(event.scenePos()))
        if self.reads_values:
            free = not event.isExit() and not event.buttons() and event.scenePos().x() >= GUTTER
            self.hovering.emit(event.scenePos() if free else None)

    def contextMenuEvent(self, event: QGraphicsSceneContextMenuEvent) -> None:
        self.ask_menu(self.id_at(self.place_of(event.scenePos())), event.screenPos())
        event.accept()

    def ask_menu(self, id_: str, where: QPoint) -> None:
        """Ask for the menu of a thing on this lane, or of the lane itself."""
        named = {"keyframes": "mark", "emotions": "span"}
        self.asks.menu_requested.emit(named.get(self.kind, self.kind) if id_ else self.kind, id_, where)

    @property
    def busy(self) -> bool:
        """Whether Escape would end something here."""
        return self._press is not None

    def cancel(self) -> None:
        """End a press or a drag, as if it had not been."""
        self._press = None
        self._dragging = False
        self.cancelled()


class ScrubLane(Lane):
    """A lane on which a click or a drag moves the playhead; with Shift it draws a rectangle, which is
    shown whole when the button goes up."""

    def __init__(self, axis: TimeAxis, asks: TimelineRequests, height: int = 0) -> None:
        super().__init__(axis, asks, height)
        self._corner: QPointF | None = None

    def pressed(self, pos: QPointF, modifiers: Qt.KeyboardModifier) -> bool:
        if pos.x() < GUTTER:
            self._press = None
            self.gutter_clicked(pos)
        elif modifiers & Qt.KeyboardModifier.ShiftModifier:
            self._corner = pos
        else:
            self.begin_scrub()
            self.scrub_to(pos)
        return True

    def mouseMoveEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        self._dragging = self._dragging or (self._press is not None and self._corner is None)
        super().mouseMoveEvent(event)

    def dragged(self, pos: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        if self._corner is None:
            self.scrub_to(pos)
            return
        band = self.band(self._corner, pos).translated(-LEFT_OF_BOX, 0.0)
        self.rbScaleBox.setPen(pg.mkPen(self.colours.accent, width=1))
        self.rbScaleBox.setBrush(faded(self.colours.accent, 0.2))
        self.updateScaleBox(band.topLeft(), band.bottomRight())

    def released(self, pos: QPointF, dragged: bool) -> None:
        if self._corner is None:
            self.asks.scrub_finished.emit()
        elif dragged:
            self.zoom_to(self.band(self._corner, pos))
        self._drop_band()

    def cancelled(self) -> None:
        if self._corner is None:
            self.cancel_scrub()
        self._drop_band()

    def _drop_band(self) -> None:
        if self._corner is not None:
            self._corner = None
            self.rbScaleBox.hide()

    def band(self, corner: QPointF, pos: QPointF) -> QRectF:
        """What a rectangle from ``corner`` to ``pos`` takes in: here the whole height."""
        first, last = sorted(min(max(x, self.axis.left), self.axis.right) for x in (corner.x(), pos.x()))
        return QRectF(first, 0.0, last - first, self.height() - 1.0)

    def zoom_to(self, band: QRectF) -> None:
        """Show what lies in the rectangle."""
        if band.width() >= DRAG_THRESHOLD:
            self.axis.show_range(self.axis.raw_time(band.left()), self.axis.raw_time(band.right()))
            self.axis.navigated.emit()

    def gutter_clicked(self, pos: QPointF) -> None:
        """A click left of the lane's content."""

    def scrub_to(self, pos: QPointF) -> None:
        """Ask for the frame under the mouse; past an edge the view follows the mouse."""
        self.pull_view(pos)
        x = min(max(pos.x(), self.axis.left), self.axis.right)
        self.asks.time_requested.emit(self.axis.frame_shown(self.axis.time_of(x)))
