"""Pictures of a scene that are drawn once and copied until something changes."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget


class KeptPicture(QGraphicsItem):
    """What a box draws itself, kept as a pixmap of what is visible until it is spoilt.  ``renders``
    counts the drawings."""

    def __init__(
        self, box: pg.ViewBox, area: Callable[[], QRectF], draw: Callable[[QPainter], None], opaque: bool
    ) -> None:
        """``area``: what ``draw`` draws in, x in pixels of the scene and y from the top of the box;
        ``opaque``: it covers all of that, and what pyqtgraph draws in the box comes above it."""
        super().__init__(box)
        self.setZValue(-1.0 if opaque else 1.0)
        self.renders = 0
        self._box, self._area, self._draw, self._opaque = box, area, draw, opaque
        self._pixmap = QPixmap()
        self._stale = True
        self.exporting = False
        """Whether lines and letters are wanted, not the pixmap."""
        box.sigResized.connect(self._resized)

    def spoil(self) -> None:
        """Draw anew at the next paint."""
        self._stale = True
        self.update()

    def _resized(self) -> None:
        self.prepareGeometryChange()
        self.spoil()

    def boundingRect(self) -> QRectF:
        return self._area().translated(-self._box.scenePos().x(), 0.0)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        if self.exporting:
            painter.translate(-self._box.scenePos().x(), 0.0)
            self._draw(painter)
            return
        area = self.boundingRect()
        ratio = painter.device().devicePixelRatio()
        size = (area.size() * ratio).toSize()
        if self._stale or self._pixmap.size() != size:
            if self._pixmap.size() != size:
                self._pixmap = QPixmap(size)
            self._pixmap.setDevicePixelRatio(ratio)
            if not self._opaque:
                self._pixmap.fill(Qt.GlobalColor.transparent)
            self._stale = False
            self.renders += 1
            inner = QPainter(self._pixmap)
            inner.translate(-self._area().left(), 0.0)
            try:
                self._draw(inner)
            except Exception:
                # Passed on through the painting of a scene, an error ends the program.
                sys.excepthook(*sys.exc_info())
            inner.end()
        painter.drawPixmap(area.topLeft(), self._pixmap)
