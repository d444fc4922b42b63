"""The scene of the timeline: lanes under one another in a GraphicsLayoutWidget, and the playhead."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRect, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QWidget

from viewer.palette import Palette
from viewer.scene.kept_view import Grip, KeptView, Overlay
from viewer.timeline.axis import GUTTER, PAD_LEFT, PAD_RIGHT, TimeAxis
from viewer.timeline.lane import Lane

_GRIP = 5
_LEAST_SHARED = 40
_WIDTH = 11
_HEAD = ((0, 0), (_WIDTH, 0), (_WIDTH, 6), (_WIDTH / 2, 12), (0, 6))


class Graph(KeptView):
    """Lays out lanes; the last two share what the others leave, parted by a grip."""

    def __init__(self, lanes: Sequence[Lane], parent: QWidget) -> None:
        super().__init__(parent)
        self._lanes = tuple(lanes)
        layout = self.ci.layout
        layout.setContentsMargins(0, 0, PAD_RIGHT, 0)
        layout.setHorizontalSpacing(PAD_LEFT)
        layout.setVerticalSpacing(0)
        layout.setColumnFixedWidth(0, GUTTER)
        self._share = 0.5
        self.grip = Grip("Drag to give the overview or the curves more room", PAD_RIGHT)
        self.grip.moved.connect(self._share_out)
        last = len(self._lanes) - 1
        self.addItem(self.grip, last, 0, 1, 2)
        for row, lane in zip((*range(last), last + 1), self._lanes, strict=True):
            self.addItem(lane.gutter, row, 0)
            self.addItem(lane, row, 1)
            lane.row_changed.connect(self.place_rows)
        for border in self.ci.itemBorders.values():
            border.hide()
        # Under the widgets of the lanes, which are older.
        self.lower()
        self.place_rows()

    # ---- rows ----------------------------------------------------------------------------

    def place_rows(self) -> None:
        """Give every lane its height, hidden ones none."""
        fixed = [lane.row_height * lane.row_shown for lane in self._lanes[:-2]]
        rest = max(self.height() - sum(fixed) - _GRIP, 2 * _LEAST_SHARED)
        upper = min(max(round(self._share * rest), _LEAST_SHARED), rest - _LEAST_SHARED)
        self.setMinimumHeight(sum(fixed) + _GRIP + 2 * _LEAST_SHARED)
        for row, tall in enumerate((*fixed, upper, _GRIP, rest - upper)):
            self.ci.layout.setRowFixedHeight(row, tall)
        self.ci.layout.activate()
        for lane in self._lanes:
            for part in (lane, lane.gutter, lane.keys):
                part.setVisible(lane.row_shown)
            lane.keys.setGeometry(0, round(lane.scenePos().y()), GUTTER, lane.height())
        self.prepare()

    def _share_out(self, y: float) -> None:
        """Put the upper end of the last lane at pixel ``y``."""
        above, below = self._lanes[-2:]
        self._share = (y - above.scenePos().y()) / max(above.height() + below.height(), 1)
        self.place_rows()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        if event is not None:
            self.place_rows()

    def set_theme(self, palette: Palette) -> None:
        """Draw in these colours from now on."""
        self.setBackground(palette.field)
        self.grip.colours = palette
        for lane in self._lanes:
            lane.set_theme(palette)


class Playhead(Overlay):
    """A line over all lanes, with a grip on the ruler; moving it draws none of them anew."""

    def __init__(self, axis: TimeAxis, graph: Graph, parent: QWidget) -> None:
        super().__init__(graph, parent)
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
