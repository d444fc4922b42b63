"""The legend of the heatmap, painted over a face, where no face is."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QLinearGradient, QPainter

from viewer.core.heat import HeatScale, heat_colours
from viewer.palette import Palette

_BAR = 8
_MARGIN = 10
_WIDE, _WIDEST = 190, 280
_STOPS = 9


def paint_heat_legend(painter: QPainter, room: QRectF, scale: HeatScale, palette: Palette) -> None:
    """A bar of the colours along the top of ``room`` with its ends in mm under it; where there is
    room, also its middle, and the largest distance of this moment at its right."""
    line = painter.fontMetrics().height()
    box = QRectF(room.left(), room.top(), min(room.width() - 2 * _MARGIN, _WIDEST), _BAR + line + 14)
    box.moveCenter(room.center())
    box.moveTop(room.top() + 6)
    ground = QColor(palette.panel)
    ground.setAlpha(200)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ground)
    painter.drawRoundedRect(box, 6, 6)
    wide = box.width() >= _WIDE
    aside = painter.fontMetrics().horizontalAdvance("max 00.0") + 12 if wide else 0
    bar = QRectF(box.left() + 8, box.top() + 6, box.width() - aside - 14, _BAR)
    shade = QLinearGradient(bar.topLeft(), bar.topRight())
    shares = np.linspace(0.0, 1.0, _STOPS)
    for share, colour in zip(shares, heat_colours(shares, 1.0), strict=True):
        shade.setColorAt(float(share), QColor(*(int(part) for part in colour)))
    painter.setBrush(shade)
    painter.drawRoundedRect(bar, 2, 2)
    painter.setPen(QColor(palette.text))
    labels = QRectF(bar.left(), bar.bottom() + 3, bar.width(), line)
    for side, text in (
        (Qt.AlignmentFlag.AlignLeft, "0"),
        (Qt.AlignmentFlag.AlignHCenter, f"{scale.top / 2:g}" if wide else ""),
        (Qt.AlignmentFlag.AlignRight, f"{scale.top:g} mm"),
    ):
        painter.drawText(labels, side | Qt.AlignmentFlag.AlignVCenter, text)
    if not wide:
        return
    painter.setPen(QColor(palette.muted))
    rest = QRectF(bar.right() + 8, box.top(), box.right() - bar.right() - 12, box.height())
    painter.drawText(rest, Qt.AlignmentFlag.AlignCenter, f"max {scale.largest:.1f}")
