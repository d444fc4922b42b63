"""A ViewBox that is worked with like a widget: pressed, dragged, named, reached by Tab."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QContextMenuEvent, QFocusEvent, QKeyEvent, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import (
    QGraphicsItem,
    QGraphicsSceneContextMenuEvent,
    QGraphicsSceneMouseEvent,
    QWidget,
)

from viewer.scene.painting import faded

_KEY_REASONS = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)


def _nothing(*_: object) -> None:
    """What a drag does unless it is told."""


@dataclass(frozen=True)
class Drag:
    """What a press begins: once the mouse is ``after`` pixels away it is ``begun``, ``moved`` to each
    place, and ``dropped`` where the button goes up or ``cancelled`` by Escape; a press alone is none
    of these."""

    moved: Callable[[QPointF], None] = _nothing
    begun: Callable[[], None] = _nothing
    dropped: Callable[[], None] = _nothing
    cancelled: Callable[[], None] = _nothing
    cursor: Qt.CursorShape | None = None
    after: float = 4.0


class PressBox(pg.ViewBox):
    """Says what a press and a drag with the left button do, at once and not only when the button goes
    up; what it does not want, panning with the middle button and the rectangle that is shown whole
    are pyqtgraph's.  Escape ends a drag.  Places are pixels: x of the scene, y from the top of the
    box.
    """

    title = ""
    """Its name for those who do not see it."""
    beside = (0, 0)
    """Pixels left and right of the box that belong to it."""
    accent = "#000000"
    """Colour of the rectangle and of the mark that it has the keyboard."""

    def __init__(self, window: QWidget) -> None:
        """``window``: the widget over which it gets its keys."""
        super().__init__(enableMenu=False, invertY=True, defaultPadding=0.0)
        self.hover = ""
        """What lies under the mouse, drawn brighter."""
        self._drag: Drag | None = None
        self._press = QPointF()
        self._begun = self._banding = False
        self.disableAutoRange()
        self.setMouseMode(pg.ViewBox.RectMode)
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIsFocusable, False)
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemHasNoContents)
        self.borderRect.hide()
        self.keys = BoxKeys(self, window)

    # ---- as a ViewBox --------------------------------------------------------------------

    def boundingRect(self) -> QRectF:
        left, right = self.beside
        return QRectF(-left, 0.0, left + self.width() + right, self.height())

    def shape(self) -> QPainterPath:
        path = QPainterPath()
        path.addRect(self.boundingRect())
        return path

    def height(self) -> int:
        """Pixels, a whole number."""
        return int(self.geometry().height() + 0.5)

    def linkedViewChanged(self, view: pg.ViewBox, axis: int) -> None:
        """All boxes are as wide as the others and have the same limits, so nothing needs to be aligned
        or checked."""
        if view is not None and not self.linksBlocked:
            view.blockLink(True)
            self.state["targetRange"][0] = view.viewRange()[0]
            self.updateViewRange()
            view.blockLink(False)

    def prepareForPaint(self) -> None:
        """Called by the scene before it is painted; most boxes have nothing that pyqtgraph would move."""
        if any(item.isVisible() for item in self.childGroup.childItems()):
            super().prepareForPaint()

    def mouseDragEvent(self, event: pg.GraphicsScene.mouseEvents.MouseDragEvent, axis: int = 0) -> None:
        """What no press of the lane took: the middle button pans, the left one draws the rectangle
        that is shown when it goes up."""
        panning = event.button() == Qt.MouseButton.MiddleButton
        if event.isStart():
            self.updateMatrix()
            self._banding = event.button() == Qt.MouseButton.LeftButton
            self.rbScaleBox.setPen(pg.mkPen(self.accent, width=1))
            self.rbScaleBox.setBrush(faded(self.accent, 0.2))
        if panning:
            held = not event.isFinish()
            self.setCursor(Qt.CursorShape.ClosedHandCursor if held else Qt.CursorShape.ArrowCursor)
        if panning or self._banding:
            super().mouseDragEvent(event, axis=0 if panning else None)
            self._banding = self._banding and not event.isFinish()
        else:
            event.ignore()

    # ---- what a box does ------------------------------------------------------------------

    def pressed(self, pos: QPointF, modifiers: Qt.KeyboardModifier) -> Drag | None:
        """The left button went down: what follows; None leaves it to pyqtgraph."""
        return None

    def hovered(self, pos: QPointF) -> None:
        """The mouse moves over the box with no button down."""

    def set_hover(self, over: str, cursor: Qt.CursorShape) -> None:
        """What lies under the mouse (empty: nothing), and the pointer that says what can be done."""
        self.setCursor(cursor)
        if over != self.hover:
            self.hover = over
            self.refresh()

    def refresh(self) -> None:
        """Draw anew at the next paint."""

    def tip_at(self, pos: QPointF) -> str:
        """The tooltip at a place; empty for none."""
        return ""

    def id_at(self, pos: QPointF | None) -> str:
        """The id of what lies at a place, or without a place of what is selected; empty for none."""
        return ""

    def key_pressed(self, event: QKeyEvent) -> bool:
        """A key, while the box has the focus; whether it meant something here."""
        return False

    @property
    def busy(self) -> bool:
        """Whether Escape would end something here."""
        return self._drag is not None or self._banding

    def cancel(self) -> None:
        """End a press or a drag, as if it had not been."""
        self._banding = False
        self.rbScaleBox.hide()
        self._end_drag(dropped=False)

    def ask_menu(self, id_: str, where: QPoint) -> None:
        """The menu of a thing in the box, or of the box itself, is wanted at a place on screen."""

    # ---- events of the scene -------------------------------------------------------------

    def place_of(self, scene_pos: QPointF) -> QPointF:
        """A place in the scene as one of the box."""
        return QPointF(scene_pos.x(), scene_pos.y() - self.scenePos().y())

    def mousePressEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        self.keys.setFocus(Qt.FocusReason.MouseFocusReason)
        pos = self.place_of(event.scenePos())
        left = event.button() == Qt.MouseButton.LeftButton
        drag = self.pressed(pos, event.modifiers()) if left else None
        event.setAccepted(drag is not None)
        if drag is not None:
            self._drag, self._press, self._begun = drag, pos, False
            self.mouseMoveEvent(event)

    def mouseMoveEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        drag, pos = self._drag, self.place_of(event.scenePos())
        if drag is not None and not self._begun and (pos - self._press).manhattanLength() >= drag.after:
            self._begun = True
            drag.begun()
            if drag.cursor is not None:
                self.setCursor(drag.cursor)
        if drag is not None and self._begun:
            drag.moved(pos)

    def mouseReleaseEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._end_drag(dropped=True)

    def _end_drag(self, *, dropped: bool) -> None:
        drag, self._drag = self._drag, None
        if drag is not None and self._begun:
            self.unsetCursor()
            (drag.dropped if dropped else drag.cancelled)()

    def hoverEvent(self, event: pg.GraphicsScene.mouseEvents.HoverEvent) -> None:
        """Asked by pyqtgraph's scene."""
        free = not event.isExit() and not event.buttons()
        if event.isExit():
            self.set_hover("", Qt.CursorShape.ArrowCursor)
        elif free:
            self.hovered(self.place_of(event.scenePos()))

    def contextMenuEvent(self, event: QGraphicsSceneContextMenuEvent) -> None:
        self.ask_menu(self.id_at(self.place_of(event.scenePos())), event.screenPos())


class BoxKeys(QWidget):
    """Gives a box the keyboard, and a name to those who do not see it: items of a scene have
    neither.  It lets the mouse through."""

    def __init__(self, box: PressBox, parent: QWidget) -> None:
        super().__init__(parent)
        self._box = box
        self._marked = False
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(box.title)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self._box.busy:
            self._box.cancel()
        elif not self._box.key_pressed(event):
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self._box.ask_menu(self._box.id_at(None), event.globalPos())

    def event(self, event: QEvent) -> bool:
        escaping = isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape and self._box.busy
        if escaping and event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return bool(super().event(event))

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._marked = event.reason() in _KEY_REASONS
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._marked = False
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._marked:
            painter = QPainter(self)
            painter.fillRect(QRectF(0, 0, 2, self.height() - 1), self._box.accent)
            painter.end()
