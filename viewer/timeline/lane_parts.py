"""What a lane is made of: its picture, its gutter, and its hold on the keyboard."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QContextMenuEvent, QFocusEvent, QKeyEvent, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from viewer.timeline.axis import GUTTER, PAD_LEFT
from viewer.timeline.drawing import font_of

if TYPE_CHECKING:
    from viewer.timeline.lane import Lane

LEFT_OF_BOX = GUTTER + PAD_LEFT
"""Pixels of a lane left of its ViewBox."""
_KEY_REASONS = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)


class Picture(QGraphicsItem):
    """What a lane draws itself, kept as a pixmap of what is visible until it is spoilt.  ``renders``
    counts the drawings."""

    def __init__(self, lane: Lane) -> None:
        super().__init__(lane)
        self.renders = 0
        self._lane = lane
        self._pixmap = QPixmap()
        self._stale = True
        self.exporting = False
        """Whether lines and letters are wanted, not the pixmap."""
        self.setZValue(1.0)
        lane.sigResized.connect(self._resized)

    def spoil(self) -> None:
        """Draw anew at the next paint."""
        self._stale = True
        self.update()

    def _resized(self) -> None:
        self.prepareGeometryChange()
        self.spoil()

    def boundingRect(self) -> QRectF:
        return self._lane.content_rect().translated(-LEFT_OF_BOX, 0.0)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        if self.exporting:
            painter.translate(-LEFT_OF_BOX, 0.0)
            self._lane.draw_all(painter)
            return
        area = self.boundingRect()
        ratio = painter.device().devicePixelRatio()
        size = (area.size() * ratio).toSize()
        if self._stale or self._pixmap.size() != size:
            if self._pixmap.size() != size:
                self._pixmap = QPixmap(size)
            self._pixmap.setDevicePixelRatio(ratio)
            if not self._lane.opaque:
                self._pixmap.fill(Qt.GlobalColor.transparent)
            self._stale = False
            self.renders += 1
            inner = QPainter(self._pixmap)
            inner.translate(-GUTTER, 0.0)
            try:
                self._lane.draw_all(inner)
            except Exception:
                # Passed on through the painting of a scene, an error ends the program.
                sys.excepthook(*sys.exc_info())
            inner.end()
        painter.drawPixmap(area.topLeft(), self._pixmap)


class Gutter(pg.AxisItem):
    """The column left of a lane: its y axis, with the lane's labels as ticks."""

    def __init__(self, lane: Lane) -> None:
        super().__init__("left", maxTickLength=0)
        self._lane = lane
        self.enableAutoSIPrefix(False)
        self.setStyle(autoExpandTextSpace=False, tickFont=font_of(11), tickTextOffset=12)
        self.setWidth(GUTTER)
        self.setZValue(2.0)
        self.linkToView(lane)

    def spoil(self) -> None:
        """Draw anew at the next paint."""
        self.picture = None
        self.update()

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        return [(1.0, [place for place, _ in self._lane.labels()])]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        return [text for _, text in self._lane.labels()]

    def drawPicture(
        self, painter: QPainter, axis: object, ticks: object, texts: list[tuple[QRectF, int, str]]
    ) -> None:
        lane, area = self._lane, QRectF(0, 0, GUTTER, self.height())
        painter.setClipRect(area)
        painter.fillRect(area, QColor(lane.colours.panel))
        for top, tall, colour in lane.strips():
            painter.fillRect(QRectF(GUTTER - 6, top, 4, tall), QColor(colour))
        for rect, flags, text in texts:
            hovered = bool(lane.hover) and text.startswith(lane.hover)
            painter.setPen(QColor(lane.colours.text if hovered else lane.colours.muted))
            painter.drawText(rect, int(flags), text)
        painter.setPen(QColor(lane.colours.line))
        painter.drawLine(area.bottomLeft() - QPointF(0, 1), area.bottomRight() - QPointF(0, 1))


class LaneKeys(QWidget):
    """Gives a lane the keyboard, and a name to those who do not see it: items of a scene have
    neither.  It lies over the gutter and lets the mouse through."""

    def __init__(self, lane: Lane, parent: QWidget) -> None:
        super().__init__(parent)
        self._lane = lane
        self._marked = False
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(lane.title)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self._lane.busy:
            self._lane.cancel()
        elif not self._lane.key_pressed(event):
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self._lane.ask_menu(self._lane.id_at(None), event.globalPos())

    def event(self, event: QEvent) -> bool:
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() == Qt.Key.Key_Escape
            and self._lane.busy
        ):
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
            painter.fillRect(QRectF(0, 0, 2, self.height() - 1), QColor(self._lane.colours.accent))
            painter.end()
