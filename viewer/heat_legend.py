"""The legend of the heatmap: one for all faces, beside them."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from viewer.core.heat import heat_colours
from viewer.key_names import KeyNames
from viewer.palette import DARK, Palette

HEIGHT = 28
"""Of the legend, in pixels."""

_BAR, _MARGIN = 8, 10
_WIDEST = 300
_STOPS = 9


class HeatLegend(QWidget):
    """A bar of the colours with its ends in mm beside it, and in words what is measured where there is
    room."""

    def __init__(self, keys: KeyNames) -> None:
        super().__init__()
        self._keys = keys
        self._top, self._words = 0.0, ""
        self._palette = DARK
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.hide()

    def sizeHint(self) -> QSize:
        return QSize(_WIDEST, HEIGHT)

    def set_theme(self, palette: Palette) -> None:
        """Write in these colours."""
        self._palette = palette
        self.update()

    def show_scale(self, top: float, words: str) -> None:
        """Show the scale from 0 to ``top`` mm, measured as the ``words`` say; idempotent."""
        if (top, words) != (self._top, self._words):
            self._top, self._words = top, words
            self.setAccessibleName(f"{words}: colours from 0 to {top:g} mm")
            self._keys.tip(self, f"{words}, in mm; {{heat_range}} changes the end of the scale")
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        figures, end = painter.fontMetrics(), f"{self._top:g} mm"
        room = QRectF(self.rect()).adjusted(_MARGIN, 0, -_MARGIN, 0)
        aside = figures.horizontalAdvance("0") + figures.horizontalAdvance(end) + 16
        words = figures.horizontalAdvance(self._words) + 16
        long = min(room.width() - aside, _WIDEST)
        said = room.width() >= aside + words + 80
        if said:
            long = min(long, room.width() - aside - words)
            painter.setPen(QColor(self._palette.muted))
            painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, self._words)
            room = room.adjusted(words, 0, 0, 0)
        painter.setPen(QColor(self._palette.text))
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, "0")
        bar = QRectF(room.left() + figures.horizontalAdvance("0") + 8, 0, long, _BAR)
        bar.moveTop((self.height() - _BAR) / 2)
        ends = QRectF(bar.right() + 8, 0, room.right() - bar.right(), self.height())
        painter.drawText(ends, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, end)
        shade = QLinearGradient(bar.topLeft(), bar.topRight())
        shares = np.linspace(0.0, 1.0, _STOPS)
        for share, colour in zip(shares, heat_colours(shares, 1.0), strict=True):
            shade.setColorAt(float(share), QColor(*(int(part) for part in colour)))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(shade)
        painter.drawRoundedRect(bar, 2, 2)
