"""The playhead of the timeline."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QWidget

from viewer.scene.kept_view import KeptView, Overlay
from viewer.timeline.axis import GUTTER, TimeAxis

_WIDTH = 11
_HEAD = ((0, 0), (_WIDTH, 0), (_WIDTH / 2, 6))


class Playhead(Overlay):
    """A line over all lanes, with a grip on the ruler; moving it draws none of them anew."""

    def __init__(self, axis: TimeAxis, view: KeptView, parent: QWidget) -> None:
        super().__init__(view, parent)
        self.axis = axis

    def place(self) -> None:
        """Stand at the axis's playhead; hide where that is out of sight."""
        x = round(self.axis.x_of(self.axis.playhead))
        shown = self.axis.duration > 0 and GUTTER <= x <= self.axis.right + 2
        self.stand(QRect(x - _WIDTH // 2, 0, _WIDTH, self.view.height()) if shown else None)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        colour = QColor(self.colours.playhead)
        painter.fillRect(_WIDTH // 2, 0, 1, self.height(), colour)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawPolygon(QPolygonF([QPointF(x, y) for x, y in _HEAD]))
        painter.end()
