"""Curves of chosen channels: a row for each, recorded solid, takes dashed.

A row for each channel, because colour already says which track a curve belongs to.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pyqtgraph.functions import arrayToQPolygonF
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QGraphicsSceneWheelEvent, QScrollBar

from viewer.core.channels import BY_NAME, Channel
from viewer.palette import REGION_COLOURS
from viewer.timeline.axis import GUTTER, TimeAxis
from viewer.timeline.drawing import draw_missing, elided, faded, font_of, runs
from viewer.timeline.lane import ScrubLane
from viewer.timeline.layers import GAP_STEPS, Columns, LayerStack
from viewer.timeline.marks import TrackLayer
from viewer.timeline.raster import columns_mask, joined, mask_image
from viewer.timeline.requests import TimelineRequests

FloatArray = npt.NDArray[np.float32]

_LEAST_ROW = 22.0
_MOST_ROW = 72.0
_TOPS = (0.1, 0.25, 0.5, 1.0)
_DASH, _DASH_ON = 9, 5
_HANDLE, _HANDLE_REACH = 3.4, 9.0


@dataclass(frozen=True)
class _Row:
    """A channel's strip of the lane, in pixels, and the values at its bottom and its top."""

    channel: Channel
    area: QRectF
    low: float
    high: float

    def y_of(self, values: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Pixels of values."""
        share = (np.asarray(values, np.float64) - self.low) / (self.high - self.low)
        result: npt.NDArray[np.float64] = self.area.bottom() - 3.0 - share * (self.area.height() - 6.0)
        return result

    def value_at(self, y: float) -> float:
        """What a drag to pixel ``y`` means.  Over the top of its row a value may grow on: the row
        then shows more."""
        share = (self.area.bottom() - 3.0 - y) / (self.area.height() - 6.0)
        return min(max(self.low + share * (self.high - self.low), self.channel.low), self.channel.high)


@dataclass(frozen=True)
class _Handle:
    """A key of a take on the curve of a channel."""

    layer: TrackLayer
    key: int
    row: _Row
    spot: QPointF


class CurvesLane(ScrubLane):
    """Drag to scrub; drag a curve's handle to set the value of its take there; the × of a row takes
    its channel away.  A rectangle drawn with Shift shows its stretch of time and its rows alone."""

    kind = "curves"
    title = "curves"
    reads_values = True

    def __init__(self, axis: TimeAxis, asks: TimelineRequests, stack: LayerStack) -> None:
        super().__init__(axis, asks)
        self._stack = stack
        self._channels: tuple[Channel, ...] = ()
        self._ranges: dict[Channel, tuple[float, float]] = {}
        self._rows_wanted = 0
        self._scroll = QScrollBar(Qt.Orientation.Vertical, asks)
        self._scroll.setAccessibleName("curves shown")
        self._scroll.valueChanged.connect(self._scrolled)
        self._scroll.hide()
        self._handle: _Handle | None = None
        self._gesture = ""
        self.geometryChanged.connect(self._layout_rows)

    def set_channels(self, names: tuple[str, ...]) -> None:
        """Which channels have rows, from the top; others than the 61 are left out."""
        new = tuple(BY_NAME[name] for name in names if name in BY_NAME)
        if new != self._channels:
            self._channels = new
            self._hover = ""
            self.show_rows()

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the channels with rows, from the top."""
        return tuple(channel.name for channel in self._channels)

    def refresh(self) -> None:
        self._ranges = {}
        super().refresh()

    # ---- rows ----------------------------------------------------------------------------

    def show_rows(self, first: int = 0, count: int = 0) -> None:
        """Fill the lane with so many rows from the ``first`` on; without a count with as many as
        have room."""
        self._rows_wanted = count
        self._layout_rows()
        self._scroll.setValue(round(first * self._row_height))
        self.refresh()

    @property
    def _row_height(self) -> float:
        fair = (self.height() - 1.0) / max(self._rows_wanted or len(self._channels), 1)
        return fair if self._rows_wanted else min(max(fair, _LEAST_ROW), _MOST_ROW)

    def _layout_rows(self) -> None:
        tall = self.height() - 1
        hidden = len(self._channels) * self._row_height - tall
        corner = self.scenePos().toPoint()
        self._scroll.setGeometry(round(self.content_rect().right()) - 10, corner.y(), 10, max(tall, 0))
        self._scroll.setRange(0, max(int(np.ceil(hidden - 0.01)), 0))
        self._scroll.setPageStep(max(tall, 1))
        self._scroll.setSingleStep(int(_LEAST_ROW))
        self._scroll.setVisible(hidden > 0.5 and tall > 0)
        self._scrolled()

    def _scrolled(self) -> None:
        """The y axis counts rows."""
        first = self._scroll.value() / self._row_height
        self.setYRange(first, first + max(self.height(), 1) / self._row_height, padding=0)
        self.picture.spoil()
        self.gutter.spoil()

    def rows(self) -> list[_Row]:
        """The rows in sight, from the top."""
        tall, shift = self._row_height, self._scroll.value()
        found = []
        for i, channel in enumerate(self._channels):
            area = QRectF(0, i * tall - shift, self.content_rect().right(), tall)
            if area.bottom() > 0 and area.top() < self.height():
                found.append(_Row(channel, area, *self.range_of(channel)))
        return found

    def range_of(self, channel: Channel) -> tuple[float, float]:
        """What a row spans from bottom to top: the smallest round range that holds the
        channel on all visible tracks."""
        if channel not in self._ranges:
            shapes = [self._stack.shape(layer) for layer in self._stack.visible]
            most = np.nanmax([0.0, *(shape.most[channel.index] for shape in shapes)])
            least = np.nanmin([0.0, *(shape.least[channel.index] for shape in shapes)])
            bound = float(max(most, -least))
            top = next((t for t in _TOPS if bound <= t), bound)
            self._ranges[channel] = (-top if channel.is_rotation else float(least), top)
        return self._ranges[channel]

    # ---- drawing -------------------------------------------------------------------------

    def draw(self, painter: QPainter) -> None:
        layers, rows = self._stack.visible, self.rows()
        if not rows:
            self.draw_hint(painter, "Choose channels in the list, or click a region above, to see curves")
            return
        if not layers:
            self.draw_hint(painter, "No track: open a recording or generate a take")
            return
        times = self.axis.column_times(int(self.content_rect().width()))
        found = {layer.id: self._stack.shape(layer).columns(layer.offset, times) for layer in layers}
        recorded = self._stack.overview()
        if recorded is not None:
            draw_missing(painter, self.colours, found[recorded.id], GUTTER, self.height())
        for row in rows:
            self._draw_grid(painter, row)
        for layer in sorted(layers, key=lambda layer: layer.dashed):
            self._draw_layer(painter, layer, found[layer.id], rows)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(QColor(self.colours.field))
        for handle in self._handles():
            painter.setPen(QPen(QColor(self._stack.colour(handle.layer, self.colours)), 1.4))
            painter.drawEllipse(handle.spot, _HANDLE, _HANDLE)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        self._draw_legend(painter, layers)

    def _draw_legend(self, painter: QPainter, layers: tuple[TrackLayer, ...]) -> None:
        font = font_of(10)
        names = [elided(layer.name, font, 140.0) for layer in layers]
        widths = [QFontMetricsF(font).horizontalAdvance(name) + 34.0 for name in names]
        right = self.content_rect().right() - (18.0 if self._scroll.isVisibleTo(self.asks) else 8.0)
        left = max(right - sum(widths), float(GUTTER))
        painter.fillRect(QRectF(left, 3, right - left, 16), faded(self.colours.field, 0.85))
        painter.setFont(font)
        for layer, name, width in zip(layers, names, widths, strict=True):
            colour = QColor(self._stack.colour(layer, self.colours))
            painter.fillRect(QRectF(left + 6, 10, 8 if layer.dashed else 18, 2), colour)
            if layer.dashed:
                painter.fillRect(QRectF(left + 17, 10, 7, 2), colour)
            painter.setPen(QColor(self.colours.text))
            painter.drawText(QRectF(left + 28, 3, width - 28, 16), Qt.AlignmentFlag.AlignVCenter, name)
            left += width

    def _draw_grid(self, painter: QPainter, row: _Row) -> None:
        right = row.area.right()
        painter.setPen(QPen(QColor(self.colours.line), 1))
        bottom = round(row.area.bottom()) - 1
        painter.drawLine(QPointF(GUTTER, bottom), QPointF(right, bottom))
        if row.low < 0:
            zero = round(float(row.y_of(0.0)))
            painter.setPen(QPen(faded(self.colours.muted, 0.35), 1, Qt.PenStyle.DotLine))
            painter.drawLine(QPointF(GUTTER, zero), QPointF(right, zero))

    def _draw_layer(self, painter: QPainter, layer: TrackLayer, columns: Columns, rows: list[_Row]) -> None:
        colour = QColor(self._stack.colour(layer, self.colours))
        if int(columns.edges[-1] - columns.edges[0]) <= columns.inside.size:
            self._draw_points(painter, layer, columns, rows, colour)
            return
        index = [row.channel.index for row in rows]
        low, high = self._stack.shape(layer).pyramid.columns(columns.edges, index)
        low[~columns.inside | columns.gap] = np.nan
        tops = np.stack([row.y_of(high[:, k]) for k, row in enumerate(rows)])
        bottoms = np.stack([row.y_of(low[:, k]) for k, row in enumerate(rows)])
        tops, bottoms = joined(np.where(np.isnan(bottoms), np.nan, tops), bottoms)
        if layer.dashed:
            bottoms[:, np.arange(bottoms.shape[1]) % _DASH >= _DASH_ON] = np.nan
        bands = [(int(row.area.top()), int(row.area.bottom())) for row in rows]
        mask = columns_mask(tops, bottoms, bands, self.height() - 1)
        painter.drawImage(GUTTER, 0, mask_image(mask, colour))

    def _draw_points(
        self, painter: QPainter, layer: TrackLayer, columns: Columns, rows: list[_Row], colour: QColor
    ) -> None:
        """Few frames are in sight: a line from each to the next."""
        track = layer.track
        first, last = max(int(columns.edges[0]) - 1, 0), min(int(columns.edges[-1]) + 2, len(track))
        x = self.axis.xs_of(track.times[first:last] + layer.offset)
        breaks = np.flatnonzero(np.diff(track.times[first:last]) > GAP_STEPS * track.frame_step) + 1
        pieces = [piece for piece in np.split(np.arange(first, last), breaks) if piece.size]
        kept = [
            slice(int(piece[0]) - first + a, int(piece[0]) - first + b)
            for piece in pieces for a, b in runs(track.valid[piece])
        ]
        dots = last > first + 1 and (x[-1] - x[0]) / (last - first - 1) >= 10.0
        pen, dot = QPen(colour, 1), QPen(colour, 4, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)
        if layer.dashed:
            pen.setDashPattern([6, 4])
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for row in rows:
            y = row.y_of(track.values[first:last, row.channel.index])
            for part in kept:
                points = arrayToQPolygonF(x[part], y[part])
                painter.setPen(pen)
                painter.drawPolyline(points)
                if dots or part.stop - part.start == 1:
                    painter.setPen(dot)
                    painter.drawPoints(points)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def labels(self) -> list[tuple[float, str]]:
        if not self._channels:
            return [(0.5 * self.viewRange()[1][1], self.title)]
        return [(i + 0.5, channel.name) for i, channel in enumerate(self._channels)]

    def draw_label(self, painter: QPainter, y: float, text: str) -> None:
        if not self._channels:
            super().draw_label(painter, y, text)
            return
        tall, hovered, middle = self._row_height, text == self._hover, Qt.AlignmentFlag.AlignVCenter
        font, scaled = font_of(11), tall >= 34
        painter.setFont(font)
        painter.setPen(QColor(self.colours.text if hovered else self.colours.muted))
        area = QRectF(16, y - tall / 2, GUTTER - 16 - (26 if hovered else 10), tall / 2 + 5 if scaled else tall)
        painter.drawText(area, middle, elided(text, font, area.width()))
        if hovered:
            painter.drawText(QRectF(GUTTER - 24, area.top(), 14, area.height()), middle, "×")
        if scaled:
            low, high = self.range_of(BY_NAME[text])
            painter.setFont(font_of(9))
            painter.setPen(faded(self.colours.muted, 0.8))
            below = QRectF(16, area.bottom() - 3, GUTTER - 32, 13)
            painter.drawText(below, middle, f"{low:.2g} to {high:.2g}")

    def draw_gutter(self, painter: QPainter) -> None:
        for row in self.rows():
            strip = QRectF(GUTTER - 6, row.area.top() + 1, 4, row.area.height() - 2)
            painter.fillRect(strip, QColor(REGION_COLOURS[row.channel.region]))

    # ---- handles -------------------------------------------------------------------------

    def _handles(self) -> list[_Handle]:
        """What can be dragged, where it is drawn."""
        found, rows = [], self.rows()
        for layer in self._stack.visible:
            for key, time in enumerate(layer.keys):
                x = self.axis.x_of(time)
                if GUTTER <= x <= self.content_rect().right():
                    values = layer.track.row(time - layer.offset)
                    for row in rows:
                        spot = QPointF(x, float(row.y_of(values[row.channel.index])))
                        found.append(_Handle(layer, key, row, spot))
        return found

    def _handle_at(self, pos: QPointF) -> _Handle | None:
        near = [((handle.spot - pos).manhattanLength(), i, handle) for i, handle in enumerate(self._handles())]
        best = min((each for each in near if each[0] <= _HANDLE_REACH), default=None)
        return None if best is None else best[2]

    def _ask_value(self, held: _Handle, value: float) -> None:
        name = held.row.channel.name
        self.asks.take_value_requested.emit(held.layer.id, name, held.key, value, self._gesture)

    def pressed(self, pos: QPointF, modifiers: Qt.KeyboardModifier) -> bool:
        self._handle = self._handle_at(pos) if pos.x() >= GUTTER - _HANDLE else None
        self._gesture = ""
        if self._handle is None:
            return super().pressed(pos, modifiers)
        self.asks.time_requested.emit(self._handle.layer.keys[self._handle.key])
        return True

    def dragged(self, pos: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        if self._handle is None:
            super().dragged(pos, modifiers)
            return
        self._gesture = self._gesture or uuid.uuid4().hex
        self._ask_value(self._handle, round(self._handle.row.value_at(pos.y()), 3))

    def released(self, pos: QPointF, dragged: bool) -> None:
        if self._handle is None:
            super().released(pos, dragged)
        self._handle, self._gesture = None, ""

    def cancelled(self) -> None:
        held = self._handle
        if held is None:
            super().cancelled()
        elif self._gesture:
            before = held.layer.track.row(held.layer.keys[held.key] - held.layer.offset)
            self._ask_value(held, float(before[held.row.channel.index]))
        self._handle, self._gesture = None, ""

    # ---- the mouse -----------------------------------------------------------------------

    def band(self, corner: QPointF, pos: QPointF) -> QRectF:
        whole = super().band(corner, pos)
        top, bottom = sorted(min(max(y, 0.0), whole.bottom()) for y in (corner.y(), pos.y()))
        return QRectF(whole.left(), top, whole.width(), bottom - top)

    def zoom_to(self, band: QRectF) -> None:
        inside = [row.channel for row in self.rows() if row.area.top() < band.bottom() and row.area.bottom() > band.top()]
        if inside:
            self.show_rows(self._channels.index(inside[0]), len(inside))
        super().zoom_to(band)

    def _row_at(self, y: float) -> _Row | None:
        return next((row for row in self.rows() if row.area.top() <= y < row.area.bottom()), None)

    def wheelEvent(self, event: QGraphicsSceneWheelEvent, axis: int | None = None) -> None:
        if event.scenePos().x() < GUTTER and self._scroll.maximum() > 0:
            self._scroll.setValue(self._scroll.value() - event.delta() // 4)
            event.accept()
        else:
            super().wheelEvent(event)

    def gutter_clicked(self, pos: QPointF) -> None:
        row = self._row_at(pos.y())
        if row is not None and pos.x() >= GUTTER - 30:
            self.asks.channels_changed.emit(tuple(n for n in self.channels if n != row.channel.name))

    def hovered(self, pos: QPointF) -> None:
        row = self._row_at(pos.y()) if pos.x() < GUTTER else None
        on_cross = row is not None and pos.x() >= GUTTER - 30
        on_handle = pos.x() >= GUTTER - _HANDLE and self._handle_at(pos) is not None
        shape = Qt.CursorShape.PointingHandCursor if on_cross else Qt.CursorShape.ArrowCursor
        self.setCursor(Qt.CursorShape.SizeVerCursor if on_handle else shape)
        self.set_hover("" if row is None else row.channel.name)

    def set_hover(self, over: str) -> None:
        if over != self._hover:
            self._hover = over
            self.gutter.spoil()

    def id_at(self, pos: QPointF) -> str:
        row = self._row_at(pos.y())
        return "" if row is None else row.channel.name

    def tip_at(self, pos: QPointF) -> str:
        row = self._row_at(pos.y())
        if row is None:
            return ""
        name = row.channel.name
        if pos.x() < GUTTER:
            return f"{name}: × takes it away"
        read = self.readings(self.axis.time_of(pos.x()))
        return "\n".join([name, *(f"{layer.name}: {_said(row, values)}" for layer, values in read)])

    def readings(self, t: float) -> list[tuple[TrackLayer, FloatArray]]:
        """The values (61,) of each visible track that has any at ``t`` seconds of the clip."""
        found = [(layer, t - layer.offset) for layer in self._stack.visible]
        return [(layer, layer.track.row(at)) for layer, at in found if 0 <= at <= layer.track.duration]

    def readout(self, t: float) -> list[tuple[str, list[tuple[str, str]]]]:
        """For each row in sight its channel, and what each track says there with its colour."""
        read = [(self._stack.colour(layer, self.colours), values) for layer, values in self.readings(t)]
        return [
            (row.channel.name, [(_said(row, values), colour) for colour, values in read])
            for row in self.rows()
        ]


def _said(row: _Row, values: FloatArray) -> str:
    value = float(values[row.channel.index])
    return "face lost" if np.isnan(value) else f"{value:.3f}"
