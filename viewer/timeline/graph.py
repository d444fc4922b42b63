"""The scene of the timeline: lanes under one another, and the last picture of them kept."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyqtgraph as pg
from PySide6.QtCore import QBuffer, QEvent, QIODevice, QPoint, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QHelpEvent, QImage, QPainter, QPaintEvent, QPixmap, QRegion, QResizeEvent
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import (
    QGraphicsSceneMouseEvent,
    QStyleOptionGraphicsItem,
    QToolTip,
    QWidget,
)

from viewer.core.errors import FileFault
from viewer.core.files import atomic_write
from viewer.palette import DARK, Palette
from viewer.timeline.axis import GUTTER, PAD_LEFT, PAD_RIGHT
from viewer.timeline.lane import Lane

_GRIP = 5
_LEAST_SHARED = 40


class Graph(pg.GraphicsLayoutWidget):
    """Lays out lanes; those without a height of their own share the rest, parted by grips.

    What an overlay uncovers is copied from a picture of the scene, which is taken anew at the first
    move after a change, so that no item is painted.  ``renders`` counts how often the scene was.
    """

    def __init__(self, lanes: Sequence[Lane], parent: QWidget) -> None:
        super().__init__(parent)
        self.renders = 0
        self._lanes = tuple(lanes)
        self._frame, self._frame_stale = QPixmap(), True
        self._uncovered = QRegion()
        self.setCacheMode(self.CacheModeFlag.CacheNone)
        # Two pixels more around each lane would have every gutter painted with it.
        self.setOptimizationFlag(self.OptimizationFlag.DontAdjustForAntialiasing)
        # Qt hands on one move of the mouse a turn; leaving some of them out loses a quick flick.
        pg.setConfigOption("mouseRateLimit", 0)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        layout = self.ci.layout
        layout.setContentsMargins(0, 0, PAD_RIGHT, 0)
        layout.setHorizontalSpacing(PAD_LEFT)
        layout.setVerticalSpacing(0)
        layout.setColumnFixedWidth(0, GUTTER)
        self._shared = [lane for lane in self._lanes if not lane.row_height]
        self._share = 0.5
        self.grip = Grip(self)
        row = 0
        for lane in self._lanes:
            if lane is self._shared[-1]:
                self.addItem(self.grip, row, 0, 1, 2)
                layout.setRowFixedHeight(row, _GRIP)
                row += 1
            self.addItem(lane.gutter, row, 0)
            self.addItem(lane, row, 1)
            lane.row_changed.connect(self.place_rows)
            row += 1
        # Under the widgets of the lanes, which are older.
        self.lower()
        self.place_rows()

    # ---- rows ----------------------------------------------------------------------------

    def place_rows(self) -> None:
        """Give every lane its height, hidden ones none."""
        fixed = {lane: lane.row_height * lane.row_shown for lane in self._lanes if lane not in self._shared}
        rest = max(self.height() - sum(fixed.values()) - _GRIP, 2 * _LEAST_SHARED)
        upper = min(max(round(self._share * rest), _LEAST_SHARED), rest - _LEAST_SHARED)
        tall = fixed | dict(zip(self._shared, (upper, rest - upper), strict=True))
        self.setMinimumHeight(sum(fixed.values()) + _GRIP + 2 * _LEAST_SHARED)
        layout = self.ci.layout
        for i in range(layout.rowCount()):
            lane = layout.itemAt(i, 1)
            if lane in tall:
                layout.setRowFixedHeight(i, tall[lane])
        layout.activate()
        for lane in self._lanes:
            for part in (lane, lane.gutter, lane.keys):
                part.setVisible(lane.row_shown)
            lane.keys.setGeometry(0, round(lane.scenePos().y()), GUTTER, lane.height())
        self.prepare()

    def share_out(self, y: float) -> None:
        """Put the upper end of the last lane at pixel ``y``."""
        above = self._shared[0]
        rest = above.height() + self._shared[1].height()
        self._share = (y - above.scenePos().y()) / max(rest, 1)
        self.place_rows()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        if event is not None:
            self.place_rows()

    def lane_at(self, y: float) -> Lane | None:
        """The lane at a pixel."""
        return next((lane for lane in self._lanes if 0 <= y - lane.scenePos().y() < lane.height()), None)

    def set_theme(self, palette: Palette) -> None:
        """Draw in these colours from now on."""
        self.setBackground(palette.field)
        self.grip.colours = palette
        for lane in self._lanes:
            lane.set_theme(palette)

    # ---- painting ------------------------------------------------------------------------

    def prepare(self) -> None:
        """Let items do what else they would do while they are painted, which would have the scene
        painted twice."""
        self.scene().prepareForPaint()

    def uncover(self, area: QRect) -> None:
        """An overlay leaves or comes to an area: nothing of the scene has changed there."""
        self._uncovered = self._uncovered.united(area)

    def paintEvent(self, event: QPaintEvent) -> None:
        view = self.viewport()
        changed = not event.region().subtracted(self._uncovered).isEmpty()
        self._uncovered = QRegion()
        if changed:
            self._frame_stale = True
            self.renders += 1
            super().paintEvent(event)
            return
        if self._frame_stale or self._frame.size() != view.size() * view.devicePixelRatio():
            self._frame = QPixmap(view.size() * view.devicePixelRatio())
            self._frame.setDevicePixelRatio(view.devicePixelRatio())
            painter = QPainter(self._frame)
            self.render(painter, QRectF(view.rect()), view.rect())
            painter.end()
            self._frame_stale = False
            self.renders += 1
        painter = QPainter(view)
        painter.setClipRegion(event.region())
        painter.drawPixmap(0, 0, self._frame)
        painter.end()

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            self._show_tip(event.pos(), event.globalPos())
            return True
        return bool(super().viewportEvent(event))

    def _show_tip(self, pos: QPoint, where: QPoint) -> None:
        lane = self.lane_at(pos.y())
        tip = self.grip.tip if lane is None else lane.tip_at(lane.place_of(QPointF(pos)))
        QToolTip.showText(where, tip, self)

    # ---- export --------------------------------------------------------------------------

    def export_picture(self, path: Path | str) -> None:
        """See :meth:`TimelineView.export_picture`."""
        path = Path(path)
        kind = path.suffix.lower()
        if kind not in (".png", ".svg"):
            raise FileFault("is no kind of picture that can be made", "end its name in .png or .svg", path)
        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        # Qt's generator keeps clipping, and closed shapes, which pyqtgraph's own exporter stumbles over.
        drawing = QSvgGenerator(QSvgGenerator.SvgVersion.Svg11)
        drawing.setOutputDevice(buffer)
        drawing.setResolution(self.logicalDpiX())
        drawing.setViewBox(self.rect())
        image = QImage(self.size() * self.devicePixelRatio(), QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(self.devicePixelRatio())
        for lane in self._lanes:
            lane.picture.exporting = kind == ".svg"
        painter = QPainter(drawing if kind == ".svg" else image)
        self.render(painter, QRectF(self.rect()), self.rect())
        painter.end()
        for lane in self._lanes:
            lane.picture.exporting = False
        if kind == ".png":
            image.save(buffer, "PNG")  # type: ignore[call-overload]
        atomic_write(path, bytes(buffer.data().data()))


class Grip(pg.GraphicsWidget):
    """Between two lanes: dragged up or down to give one of them more room."""

    tip = "Drag to give the overview or the curves more room"

    def __init__(self, graph: Graph) -> None:
        super().__init__()
        self.colours: Palette = DARK
        self._graph = graph
        self.setCursor(Qt.CursorShape.SplitVCursor)

    def mousePressEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        event.setAccepted(event.button() == Qt.MouseButton.LeftButton)

    def mouseMoveEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        self._graph.share_out(event.scenePos().y())

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        painter.fillRect(self.rect().adjusted(0, 0, PAD_RIGHT, 0), QColor(self.colours.panel))
        middle = self.rect().center()
        painter.fillRect(QRectF(middle.x() - 12, middle.y() - 0.5, 24, 1), QColor(self.colours.line))
