"""How columns without a face or without rows are marked."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen

from viewer.palette import Palette
from viewer.timeline.lane import faded
from viewer.timeline.layers import Columns


def runs(flags: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Stretches [first, last) of True."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], flags, [False])).astype(np.int8)))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def draw_missing(painter: QPainter, palette: Palette, columns: Columns, left: float, height: float) -> None:
    """Hatch lost frames, and blank stretches without rows between dashed edges."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    for first, last in runs(columns.gap):
        area = QRectF(left + first, 0, last - first, height)
        painter.fillRect(area, QColor(palette.window))
        painter.setPen(QPen(faded(palette.muted, 0.6), 1, Qt.PenStyle.DotLine))
        for x in (area.left(), area.right() - 1):
            painter.drawLine(QPointF(x, 0), QPointF(x, height))
    hatch = QBrush(faded(palette.warning, 0.75), Qt.BrushStyle.BDiagPattern)
    for first, last in runs(columns.lost):
        area = QRectF(left + first, 0, last - first, height)
        painter.fillRect(area, QColor(palette.field))
        painter.fillRect(area, hatch if last - first > 6 else QBrush(faded(palette.warning, 0.6)))
