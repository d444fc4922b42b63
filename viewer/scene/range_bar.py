"""A scroll bar for a box that shows a part of what it may show."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QScrollBar, QWidget

_UNITS = 100_000


class RangeBar(QScrollBar):
    """Stands for the range of ``box`` along one axis inside its limits, which begin at 0, and moves it."""

    def __init__(self, box: pg.ViewBox, axis: int, name: str, parent: QWidget) -> None:
        """``axis``: ``pg.ViewBox.XAxis`` or ``YAxis``; ``name``: for those who do not see it."""
        super().__init__(Qt.Orientation.Vertical if axis else Qt.Orientation.Horizontal, parent)
        self._box, self._axis = box, axis
        self.setAccessibleName(name)
        self.valueChanged.connect(self._moved)

    @property
    def _whole(self) -> float:
        return float(self._box.state["limits"][("xLimits", "yLimits")[self._axis]][1])

    def follow(self) -> None:
        """Show what the box shows now."""
        first, last = self._box.viewRange()[self._axis]
        page = max(int((last - first) / self._whole * _UNITS), 1)
        with QSignalBlocker(self):
            self.setRange(0, max(_UNITS - page, 0))
            self.setPageStep(page)
            self.setSingleStep(max(page // 10, 1))
            self.setValue(round(first / self._whole * _UNITS))

    def _moved(self, value: int) -> None:
        by = value / _UNITS * self._whole - self._box.viewRange()[self._axis][0]
        self._box.translateBy(**{"xy"[self._axis]: by})
