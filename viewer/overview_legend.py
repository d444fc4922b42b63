"""What the brightness of the overview means: a bar of it in the gutter, from rest to fully moved."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from viewer.palette import DARK, Palette
from viewer.scene.painting import write
from viewer.timeline.view import TimelineView

_LEFT, _BAR, _WIDE = 10, 6, 60
_LEAST = 26
"""Pixels of height below which there is no room for two labels."""


class OverviewLegend(QWidget):
    """Lies over the gutter of the overview and follows it; the mouse goes through."""

    def __init__(self, timeline: TimelineView) -> None:
        super().__init__(timeline)
        self._timeline = timeline
        self._palette = DARK
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAccessibleName("Overview: dark is at rest, bright is fully moved (1, or 45° for a rotation)")
        timeline.overview.geometryChanged.connect(self._place)
        timeline.graph.sigDeviceRangeChanged.connect(self._place)
        self._place()

    def set_theme(self, palette: Palette) -> None:
        """Draw in these colours."""
        self._palette = palette
        self.update()

    def _place(self) -> None:
        lane = self._timeline.overview
        top = round(lane.scenePos().y())
        self.setGeometry(_LEFT, top + 3, _WIDE, max(round(lane.height()) - 7, 0))
        self.raise_()

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._timeline.stack.visible or self.height() < _LEAST:
            return
        palette = self._palette
        painter = QPainter(self)
        shade = QLinearGradient(0, self.height(), 0, 0)
        for place, colour in ((0.0, palette.field), (0.6, palette.muted), (1.0, palette.text)):
            shade.setColorAt(place, QColor(colour))
        painter.setPen(QColor(palette.line))
        painter.setBrush(shade)
        painter.drawRect(QRectF(0.5, 0.5, _BAR, self.height() - 1))
        room = QRectF(_BAR + 5, -1, _WIDE - _BAR - 5, 12)
        write(painter, "1 · 45°", room, palette.muted, 9)
        write(painter, "0", room.translated(0, self.height() - 10), palette.muted, 9)
