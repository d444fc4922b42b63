"""Values beside the mouse."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QRectF, QSize
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from viewer.scene.kept_view import KeptView, Overlay
from viewer.scene.painting import faded, metrics_of, write

_LINE, _EDGE, _FROM_MOUSE = 14, 6, 14


class Readout(Overlay):
    """What lies under the mouse: a title, and lines of a name and coloured values."""

    def __init__(self, view: KeptView, parent: QWidget) -> None:
        super().__init__(view, parent)
        self.title = ""
        self.lines: list[tuple[str, list[tuple[str, str]]]] = []

    def show_at(self, mouse: QPoint, title: str, lines: list[tuple[str, list[tuple[str, str]]]]) -> None:
        """Stand beside ``mouse`` and say this."""
        self.title, self.lines = title, lines
        metrics = metrics_of(10)
        self._name = max((metrics.horizontalAdvance(name) for name, _ in lines), default=0) + 8
        self._value = max((metrics.horizontalAdvance(v) for _, row in lines for v, _ in row), default=0) + 8
        columns = max((len(row) for _, row in lines), default=0)
        width = max(self._name + columns * self._value, metrics.horizontalAdvance(title)) + 2 * _EDGE
        area = QRect(mouse, QSize(round(width), _LINE * (1 + len(lines)) + _EDGE))
        area.translate(_FROM_MOUSE, _FROM_MOUSE)
        if area.right() > self.view.width():
            area.moveRight(mouse.x() - _FROM_MOUSE)
        area.moveTop(max(min(area.top(), self.view.height() - area.height()), 0))
        self.stand(area)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(QPen(QColor(self.colours.line), 1))
        painter.setBrush(faded(self.colours.raised, 0.94))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        write(painter, self.title, QRectF(_EDGE, 3, self.width(), _LINE), self.colours.text, 10)
        for i, (name, values) in enumerate(self.lines, start=1):
            top, right = 3 + i * _LINE, _EDGE + self._name
            write(painter, name, QRectF(_EDGE, top, self._name, _LINE), self.colours.muted, 10)
            for value, colour in values:
                right += self._value
                left = right - metrics_of(10).horizontalAdvance(value)
                write(painter, value, QRectF(left, top, self._value, _LINE), colour, 10)
        painter.end()
