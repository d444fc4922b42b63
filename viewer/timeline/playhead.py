"""The playhead: its own narrow widget over all lanes, so that moving it redraws none."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QWidget

from viewer.palette import DARK, Palette
from viewer.timeline.axis import GUTTER, TimeAxis

_WIDTH = 11


class Playhead(QWidget):
    def __init__(self, axis: TimeAxis, parent: QWidget) -> None:
        super().__init__(parent)
        self._axis = axis
        self._colours: Palette = DARK
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        axis.changed.connect(self.place)

    def set_theme(self, palette: Palette) -> None:
        self._colours = palette
        self.update()

    def set_height(self, height: int) -> None:
        if height != self.height():
            self.resize(_WIDTH, height)

    def place(self) -> None:
        """Move to the axis's playhead; hide where that is out of sight."""
        x = round(self._axis.x_of(self._axis.playhead))
        shown = self._axis.duration > 0 and GUTTER <= x <= self._axis.right + 2
        if shown:
            self.move(x - _WIDTH // 2, 0)
        if shown == self.isHidden():
            self.setVisible(shown)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        colour = QColor(self._colours.playhead)
        middle = _WIDTH // 2
        painter.fillRect(middle, 0, 1, self.height(), colour)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawPolygon(QPolygonF([
            QPointF(0, 0), QPointF(_WIDTH, 0), QPointF(_WIDTH, 6),
            QPointF(middle + 0.5, 12), QPointF(0, 6),
        ]))
        painter.end()
