"""A view of a scene that keeps its last picture, and what moves over it without painting it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyqtgraph as pg
from PySide6.QtCore import QBuffer, QEvent, QIODevice, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QImage, QPainter, QPaintEvent, QPixmap, QRegion
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import (
    QGraphicsScene,
    QGraphicsSceneMouseEvent,
    QStyleOptionGraphicsItem,
    QWidget,
)

from viewer.core.errors import FileError
from viewer.core.files import atomic_write
from viewer.palette import DARK, Palette
from viewer.plain_text import plain_tip
from viewer.scene.picture import KeptPicture
from viewer.scene.press_box import PressBox


class KeptView(pg.GraphicsLayoutWidget):
    """What an overlay uncovers is copied from a picture of the scene, which is taken anew at the first
    move after a change, so that no item is painted.  ``renders`` counts how often the scene was;
    ``worded`` puts what keys are called into hints and tips.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.renders = 0
        self.worded: Callable[[str], str] = str
        self._frame, self._frame_stale = QPixmap(), True
        self._uncovered = QRegion()
        self.setCacheMode(self.CacheModeFlag.CacheNone)
        # Two pixels more around each item would have its neighbours painted with it.
        self.setOptimizationFlag(self.OptimizationFlag.DontAdjustForAntialiasing)
        # Qt hands on one move of the mouse a turn; leaving some of them out loses a quick flick.
        pg.setConfigOption("mouseRateLimit", 0)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        # Few items, of which many move at once: an index costs more than it saves.
        self.scene().setItemIndexMethod(QGraphicsScene.ItemIndexMethod.NoIndex)

    def prepare(self) -> None:
        """Let items do what else they would do while they are painted, which would have the scene
        painted twice."""
        self.scene().prepareForPaint()

    def uncover(self, area: QRect) -> None:
        """An overlay leaves or comes to an area: nothing of the scene has changed there."""
        self._uncovered = self._uncovered.united(area)

    def paintEvent(self, event: QPaintEvent) -> None:
        view = self.viewport()
        changed = not event.region().subtracted(self._uncovered).isEmpty()
        self._uncovered = QRegion()
        if changed:
            self._frame_stale = True
            self.renders += 1
            super().paintEvent(event)
            return
        if self._frame_stale or self._frame.size() != view.size() * view.devicePixelRatio():
            self._frame = QPixmap(view.size() * view.devicePixelRatio())
            self._frame.setDevicePixelRatio(view.devicePixelRatio())
            painter = QPainter(self._frame)
            self.render(painter, QRectF(view.rect()), view.rect())
            painter.end()
            self._frame_stale = False
            self.renders += 1
        painter = QPainter(view)
        painter.setClipRegion(event.region())
        painter.drawPixmap(0, 0, self._frame)
        painter.end()

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            for box in self.items(event.pos()):
                if isinstance(box, PressBox):
                    tip = self.worded(box.tip_at(box.place_of(QPointF(event.pos()))))
                    box.setToolTip(plain_tip(tip))
        return bool(super().viewportEvent(event))

    def export_picture(self, path: Path | str) -> None:
        """Write the scene without overlays into a ``.png`` as large as it is on screen, or into an
        ``.svg`` of lines and letters.  Raises :class:`FileError`."""
        path = Path(path)
        kind = path.suffix.lower()
        if kind not in (".png", ".svg"):
            raise FileError("is not a kind of picture that can be made", "end its name in .png or .svg", path)
        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        # Qt's generator keeps clipping, and closed shapes, which pyqtgraph's own exporter stumbles over.
        drawing = QSvgGenerator(QSvgGenerator.SvgVersion.Svg11)
        drawing.setOutputDevice(buffer)
        drawing.setResolution(self.logicalDpiX())
        drawing.setViewBox(self.rect())
        image = QImage(self.size() * self.devicePixelRatio(), QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(self.devicePixelRatio())
        self._export_mode(kind == ".svg")
        painter = QPainter(drawing if kind == ".svg" else image)
        self.render(painter, QRectF(self.rect()), self.rect())
        painter.end()
        self._export_mode(False)
        if kind == ".png":
            image.save(buffer, "PNG")  # type: ignore[call-overload]
        atomic_write(path, bytes(buffer.data().data()))

    def _export_mode(self, on: bool) -> None:
        for item in self.scene().items():
            if isinstance(item, KeptPicture):
                item.exporting = on


class Grip(pg.GraphicsWidget):
    """Between two lanes: dragged up or down to give one of them more room."""

    moved = Signal(float)
    """To this pixel of the scene."""

    def __init__(self, tip: str, beside: int = 0) -> None:
        """``beside``: pixels right of it that belong to it."""
        super().__init__()
        self.colours: Palette = DARK
        self._beside = beside
        self.setToolTip(tip)
        self.setCursor(Qt.CursorShape.SplitVCursor)

    def mousePressEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        event.setAccepted(event.button() == Qt.MouseButton.LeftButton)

    def mouseMoveEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        self.moved.emit(event.scenePos().y())

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        painter.fillRect(self.rect().adjusted(0, 0, self._beside, 0), QColor(self.colours.panel))
        middle = self.rect().center()
        painter.fillRect(QRectF(middle.x() - 12, middle.y() - 0.5, 24, 1), QColor(self.colours.line))


class Overlay(QWidget):
    """A small widget over the scene that lets the mouse through.  What it uncovers when it moves is
    copied from the last picture of the scene."""

    def __init__(self, view: KeptView, parent: QWidget) -> None:
        super().__init__(parent)
        self.colours: Palette = DARK
        self.view = view
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self.hide()

    def set_theme(self, palette: Palette) -> None:
        """Draw in these colours from now on."""
        self.colours = palette
        self.update()

    def stand(self, area: QRect | None) -> None:
        """Cover an area of the view; None hides."""
        if area is None and self.isHidden():
            return
        for place in (self.geometry(), area or QRect()):
            self.view.uncover(place)
        if area is not None and area != self.geometry():
            self.setGeometry(area)
        if self.isHidden() == (area is not None):
            self.setVisible(area is not None)
