"""What lies over all lanes and moves with time or mouse, so that no lane is drawn anew for it."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from viewer.palette import DARK, Palette
from viewer.timeline.axis import GUTTER, TimeAxis
from viewer.timeline.drawing import faded, font_of
from viewer.timeline.graph import Graph

_WIDTH = 11
_LINE, _EDGE, _FROM_MOUSE = 14, 6, 14


class Overlay(QWidget):
    """A small widget over the scene that lets the mouse through.  What it uncovers when it moves is
    copied from the last picture of the scene."""

    def __init__(self, axis: TimeAxis, graph: Graph, parent: QWidget) -> None:
        super().__init__(parent)
        self.axis, self.colours = axis, DARK
        self._graph = graph
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self.hide()

    def set_theme(self, palette: Palette) -> None:
        """Draw in these colours from now on."""
        self.colours = palette
        self.update()

    def stand(self, area: QRect | None) -> None:
        """Cover an area of the timeline; None hides."""
        if area is None and self.isHidden():
            return
        for place in (self.geometry(), area or QRect()):
            self._graph.uncover(place)
        if area is not None and area != self.geometry():
            self.setGeometry(area)
        if self.isHidden() == (area is not None):
            self.setVisible(area is not None)


class Playhead(Overlay):
    """A line through all lanes, with a grip on the ruler."""

    def place(self) -> None:
        """Stand at the axis's playhead; hide where that is out of sight."""
        x = round(self.axis.x_of(self.axis.playhead))
        shown = self.axis.duration > 0 and GUTTER <= x <= self.axis.right + 2
        self.stand(QRect(x - _WIDTH // 2, 0, _WIDTH, self._graph.height()) if shown else None)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        colour = QColor(self.colours.playhead)
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


class Readout(Overlay):
    """The time under the mouse and the value of every visible curve at that time."""

    def __init__(self, axis: TimeAxis, graph: Graph, parent: QWidget) -> None:
        super().__init__(axis, graph, parent)
        self.title = ""
        self.lines: list[tuple[str, list[tuple[str, str]]]] = []

    def show_at(self, mouse: QPoint, title: str, lines: list[tuple[str, list[tuple[str, str]]]]) -> None:
        """Beside ``mouse``: a title, and lines of a name and values with their colours."""
        self.title, self.lines = title, lines
        metrics = QFontMetrics(font_of(10))
        self._name = max((metrics.horizontalAdvance(name) for name, _ in lines), default=0) + 8
        self._value = max((metrics.horizontalAdvance(v) for _, row in lines for v, _ in row), default=0) + 8
        columns = max((len(row) for _, row in lines), default=0)
        width = max(self._name + columns * self._value, metrics.horizontalAdvance(title)) + 2 * _EDGE
        corner = mouse + QPoint(_FROM_MOUSE, _FROM_MOUSE)
        area = QRect(corner, QSize(width, _LINE * (1 + len(lines)) + _EDGE))
        if area.right() > self._graph.width():
            area.moveRight(mouse.x() - _FROM_MOUSE)
        area.moveTop(max(min(area.top(), self._graph.height() - area.height()), 0))
        self.stand(area)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(QPen(QColor(self.colours.line), 1))
        painter.setBrush(faded(self.colours.raised, 0.94))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.setFont(font_of(10))
        middle, right = Qt.AlignmentFlag.AlignVCenter, Qt.AlignmentFlag.AlignRight
        painter.setPen(QColor(self.colours.text))
        painter.drawText(QRectF(_EDGE, 3, self.width(), _LINE), middle, self.title)
        for i, (name, values) in enumerate(self.lines, start=1):
            painter.setPen(QColor(self.colours.muted))
            painter.drawText(QRectF(_EDGE, 3 + i * _LINE, self._name, _LINE), middle, name)
            for k, (value, colour) in enumerate(values):
                painter.setPen(QColor(colour))
                place = QRectF(_EDGE + self._name + k * self._value, 3 + i * _LINE, self._value, _LINE)
                painter.drawText(place, middle | right, value)
        painter.end()
