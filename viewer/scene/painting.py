"""Fonts, colours, masks and hatching for what paints itself."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetricsF, QImage, QPainter, QPen

from viewer.core.columns import Columns, runs
from viewer.palette import Palette


@lru_cache
def font_of(pixels: int, *, bold: bool = False) -> QFont:
    """The window's font at a fixed pixel size: lanes have fixed heights."""
    font = QFont()
    font.setPixelSize(pixels)
    font.setBold(bold)
    return font


@lru_cache
def metrics_of(pixels: int, *, bold: bool = False) -> QFontMetricsF:
    """The measures of that font."""
    return QFontMetricsF(font_of(pixels, bold=bold))


def faded(colour: str, alpha: float) -> QColor:
    """A hex colour with ``alpha`` from 0 to 1."""
    made = QColor(colour)
    made.setAlphaF(alpha)
    return made


@lru_cache
def blended(ground: str, colour: str, share: float) -> QColor:
    """A hex colour laid over another one, ``share`` from 0 to 1, as one opaque colour."""
    a, b = QColor(ground), QColor(colour)
    parts = ((a.red(), b.red()), (a.green(), b.green()), (a.blue(), b.blue()))
    red, green, blue = (round(under + (over - under) * share) for under, over in parts)
    return QColor(red, green, blue)


def write(
    painter: QPainter, text: str, area: QRectF, colour: str, pixels: int = 11, *, bold: bool = False
) -> None:
    """One line of ``text`` in the middle of an area's height, cut to its width; nothing where not
    even a letter has room."""
    line, mode = " ".join(text.split()), Qt.TextElideMode.ElideRight
    cut = metrics_of(pixels, bold=bold).elidedText(line, mode, area.width())
    if cut != "…":
        painter.setFont(font_of(pixels, bold=bold))
        painter.setPen(QColor(colour))
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, cut)


def draw_missing(painter: QPainter, palette: Palette, columns: Columns, left: float, height: float) -> None:
    """Hatch lost frames, and blank stretches without rows between dashed edges."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    for first, last in runs(columns.gap):
        area = QRectF(left + first, 0, last - first, height)
        painter.fillRect(area, QColor(palette.window))
        painter.setPen(QPen(faded(palette.muted, 0.6), 1, Qt.PenStyle.DotLine))
        painter.drawLines([QLineF(x, 0, x, height) for x in (area.left(), area.right() - 1)])
    for first, last in runs(columns.lost):
        hatch(painter, palette, QRectF(left + first, 0, last - first, height))


def hatch(painter: QPainter, palette: Palette, area: QRectF) -> None:
    """Hatch an area of which nothing is known."""
    lines = QBrush(faded(palette.warning, 0.75), Qt.BrushStyle.BDiagPattern)
    painter.fillRect(area, QColor(palette.field))
    painter.fillRect(area, lines if area.width() > 6 else QBrush(faded(palette.warning, 0.6)))


def mask_image(mask: npt.NDArray[np.uint8], *colours: QColor) -> QImage:
    """A mask (height, w) of numbers as a picture: 0 is nothing, 1 the first colour."""
    height, width = mask.shape
    pixels = np.ascontiguousarray(mask)
    image = QImage(pixels.data, width, height, width, QImage.Format.Format_Indexed8)
    image.setColorTable([0, *(colour.rgba() for colour in colours)])
    return image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
