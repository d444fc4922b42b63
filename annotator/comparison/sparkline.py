"""Small curves in a cell of a table: the reference solid, the takes over it."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QTableWidget

CURVES = Qt.ItemDataRole.UserRole + 7
"""The data of a cell: pairs of a colour and the values (points,), NaN where there is none."""

_LEAST_RANGE = 0.2
"""Smaller movements are not blown up to the whole height: they would look like large ones."""


class SparklineDelegate(QStyledItemDelegate):
    """Draws all curves of a cell on one scale."""

    def __init__(self, table: QTableWidget) -> None:
        super().__init__(table)
        self._table = table

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(72, 22)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        curves = index.data(CURVES)
        if not curves:
            return
        box, state = QRectF(option.rect), option.state
        painter.save()
        if state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver):
            painter.fillRect(box, self._table.palette().button())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        room = box.adjusted(4, 4, -4, -4)
        known = np.concatenate([values[np.isfinite(values)] for _, values in curves])
        low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
        low, high = min(low, 0.0), max(high, low + _LEAST_RANGE)
        for colour, values in curves:
            painter.setPen(QPen(QColor(colour), 1.2))
            for piece in _pieces(values):
                x = room.left() + room.width() * piece / max(len(values) - 1, 1)
                y = room.bottom() - room.height() * (values[piece] - low) / (high - low)
                points = [QPointF(float(a), float(b)) for a, b in zip(x, y, strict=True)]
                painter.drawPolyline(QPolygonF(points))
        painter.restore()


def _pieces(values: np.ndarray) -> list[np.ndarray]:
    """Places of the stretches that hold values."""
    there = np.flatnonzero(np.isfinite(values))
    return [piece for piece in np.split(there, np.flatnonzero(np.diff(there) > 1) + 1) if piece.size]
