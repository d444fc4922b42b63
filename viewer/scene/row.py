"""A box as a row of several: so many pixels tall, with a gutter that names what lies in it."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Signal
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QWidget

from viewer.palette import DARK, Palette
from viewer.scene.painting import font_of
from viewer.scene.picture import KeptPicture
from viewer.scene.press_box import PressBox


class Row(PressBox):
    """A box that draws itself into a kept ``picture``, in the colours of a theme.  Its y runs from 0
    at the top to 1."""

    row_changed = Signal()
    """Its height, or whether it is shown, is another now."""

    opaque = True
    """Whether what it draws covers all that pyqtgraph draws in it."""
    accent = DARK.accent

    def __init__(self, window: QWidget, height: int, gutter: int) -> None:
        """``height`` and the ``gutter``'s width in pixels; no height means something to those that
        share what the others leave."""
        super().__init__(window)
        self.colours: Palette = DARK
        self.row_height, self.row_shown = height, True
        self.setLimits(yMin=0.0, yMax=1.0, minYRange=1.0, maxYRange=1.0)
        self.picture = KeptPicture(self, self.content_rect, self.draw_all, self.opaque)
        self.gutter = Gutter(self, gutter)

    def content_rect(self) -> QRectF:
        """What it draws in: x in pixels of the scene, y from its own top."""
        return QRectF(self.scenePos().x(), 0.0, self.width(), self.height())

    def draw_all(self, painter: QPainter) -> None:
        """Draw all of :meth:`content_rect`."""

    def labels(self) -> list[tuple[float, str]]:
        """Places on the y axis, and what the gutter says there; by default the name."""
        return [(0.5, self.title)]

    def strips(self) -> list[tuple[float, float, str]]:
        """Top, height and colour of what the gutter shows at its right edge."""
        return []

    def set_theme(self, palette: Palette) -> None:
        """Draw in these colours from now on."""
        if palette != self.colours:
            self.colours, self.accent = palette, palette.accent
            self.refresh()

    def refresh(self) -> None:
        """Draw the row and its gutter anew at the next paint."""
        self.picture.spoil()
        self.gutter.spoil()

    def set_row(self, height: int, shown: bool = True) -> None:
        """Be so many pixels tall, or out of sight."""
        if (height, shown) != (self.row_height, self.row_shown):
            self.row_height, self.row_shown = height, shown
            self.row_changed.emit()


class RowAxis(pg.AxisItem):
    """An axis of a row, drawn in its colours."""

    def __init__(self, side: str, row: Row) -> None:
        super().__init__(side, parent=row, maxTickLength=0)
        self.row = row
        self.enableAutoSIPrefix(False)
        self.setZValue(2.0)

    def spoil(self) -> None:
        """Draw anew at the next paint."""
        self.picture = None
        self.update()


class Gutter(RowAxis):
    """The column left of a row: its y axis, with the row's labels as ticks."""

    def __init__(self, row: Row, width: int) -> None:
        super().__init__("left", row)
        self._width = width
        self.setStyle(autoExpandTextSpace=False, tickFont=font_of(11), tickTextOffset=12)
        self.setWidth(width)
        self.linkToView(row)

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        return [(1.0, [place for place, _ in self.row.labels()])]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        return [text for _, text in self.row.labels()]

    def drawPicture(
        self, painter: QPainter, axis: object, ticks: object, texts: list[tuple[QRectF, int, str]]
    ) -> None:
        row, area = self.row, QRectF(0, 0, self._width, self.height())
        painter.setClipRect(area)
        painter.fillRect(area, QColor(row.colours.panel))
        for top, tall, colour in row.strips():
            painter.fillRect(QRectF(self._width - 6, top, 4, tall), QColor(colour))
        for rect, flags, text in texts:
            hovered = bool(row.hover) and text.startswith(row.hover)
            painter.setPen(QColor(row.colours.text if hovered else row.colours.muted))
            painter.drawText(rect, int(flags), text)
        painter.setPen(QColor(row.colours.line))
        painter.drawLine(area.bottomLeft() - QPointF(0, 1), area.bottomRight() - QPointF(0, 1))
