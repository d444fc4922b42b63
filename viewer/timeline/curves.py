"""Curves of chosen channels: a row for each, recorded solid, takes dashed.

A row for each channel, because colour already says which track a curve belongs to.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pyqtgraph.functions import arrayToQPolygonF
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QScrollBar, QWidget

from viewer.core.channels import BY_NAME, Channel
from viewer.palette import REGION_COLOURS
from viewer.timeline.axis import GUTTER, TimeAxis
from viewer.timeline.lane import ScrubLane, elided, faded, font_of
from viewer.timeline.layers import Columns, LayerStack
from viewer.timeline.marks import TrackLayer
from viewer.timeline.raster import columns_mask, joined, mask_image
from viewer.timeline.shading import draw_missing, runs

_LEAST_ROW = 22.0
_MOST_ROW = 72.0
_TOPS = (0.1, 0.25, 0.5, 1.0)
_DASH, _DASH_ON = 9, 5
_HANDLE, _HANDLE_REACH = 3.4, 9.0


@dataclass(frozen=True)
class _Handle:
    """A key of a take on the curve of a channel, with the row it lies in."""

    layer: TrackLayer
    key: int
    channel: Channel
    row: QRectF
    bounds: tuple[float, float]
    spot: QPointF


class CurvesLane(ScrubLane):
    """Drag to scrub; drag a curve's handle to set the value of its take there; the × of a row takes
    its channel away."""

    channel_dismissed = Signal(str)
    value_requested = Signal(str, str, int, float, str)
    """Layer, channel, place of the key, value, gesture."""

    kind = "curves"
    title = "curves"

    def __init__(self, axis: TimeAxis, stack: LayerStack, parent: QWidget | None = None) -> None:
        super().__init__(axis, parent)
        self.setMinimumHeight(40)
        self._stack = stack
        self._channels: tuple[Channel, ...] = ()
        self._scroll = QScrollBar(Qt.Orientation.Vertical, self)
        self._scroll.setFixedWidth(10)
        self._scroll.valueChanged.connect(self.refresh)
        self._scroll.hide()
        self._handle: _Handle | None = None
        self._gesture = ""

    def set_channels(self, names: tuple[str, ...]) -> None:
        new = tuple(BY_NAME[name] for name in names if name in BY_NAME)
        if new != self._channels:
            self._channels = new
            self._hover = ""
            self._layout_rows()
            self.refresh()

    @property
    def channels(self) -> tuple[str, ...]:
        return tuple(channel.name for channel in self._channels)

    # ---- rows ----------------------------------------------------------------------------

    def _row_height(self) -> float:
        fair = (self.height() - 1.0) / max(len(self._channels), 1)
        return min(max(fair, _LEAST_ROW), _MOST_ROW)

    def _layout_rows(self) -> None:
        hidden = len(self._channels) * self._row_height() - (self.height() - 1.0)
        self._scroll.setGeometry(self.width() - 10, 0, 10, self.height() - 1)
        self._scroll.setRange(0, max(int(np.ceil(hidden - 0.01)), 0))
        self._scroll.setPageStep(self.height())
        self._scroll.setSingleStep(int(_LEAST_ROW))
        self._scroll.setVisible(hidden > 0.5)

    def _rows(self) -> list[tuple[int, Channel, QRectF]]:
        tall, shift = self._row_height(), self._scroll.value()
        rows = [
            (i, channel, QRectF(0, i * tall - shift, self.width(), tall))
            for i, channel in enumerate(self._channels)
        ]
        return [row for row in rows if row[2].bottom() > 0 and row[2].top() < self.height()]

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._layout_rows()

    def range_of(self, channel: Channel) -> tuple[float, float]:
        """What a row spans from bottom to top: the smallest round range that holds the
        channel on all visible tracks."""
        most, least = 0.0, 0.0
        for layer in self._stack.visible:
            shape = self._stack.shape(layer)
            if np.isfinite(shape.most[channel.index]):
                most = max(most, float(shape.most[channel.index]))
                least = min(least, float(shape.least[channel.index]))
        bound = max(most, -least)
        top = next((t for t in _TOPS if bound <= t), bound)
        return (-top if channel.is_rotation else min(least, 0.0), top)

    # ---- drawing -------------------------------------------------------------------------

    def draw(self, painter: QPainter) -> None:
        if not self._channels:
            self.draw_hint(painter, "Choose channels in the list, or click a region above, to see curves")
            return
        layers = self._stack.visible
        if not layers:
            self.draw_hint(painter, "No track: open a recording or generate a take")
            return
        width = int(self.content_rect().width())
        times = self.axis.column_times(width)
        found = {layer.id: self._stack.shape(layer).columns(layer.offset, times) for layer in layers}
        recorded = self._stack.overview()
        if recorded is not None:
            draw_missing(painter, self.colours, found[recorded.id], GUTTER, self.height())
        rows = self._rows()
        ranges = {channel: self.range_of(channel) for _, channel, _ in rows}
        for _, channel, row in rows:
            self._draw_grid(painter, row, ranges[channel])
        for layer in sorted(layers, key=lambda layer: layer.dashed):
            self._draw_layer(painter, layer, found[layer.id], rows, ranges)
        for handle in self._handles():
            self._draw_handle(painter, handle)
        self._draw_legend(painter, layers)

    def _draw_legend(self, painter: QPainter, layers: tuple[TrackLayer, ...]) -> None:
        font = font_of(10)
        names = [elided(layer.name, font, 140.0) for layer in layers]
        widths = [QFontMetricsF(font).horizontalAdvance(name) + 34.0 for name in names]
        right = self.width() - (18.0 if self._scroll.isVisibleTo(self) else 8.0)
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

    # ---- handles -------------------------------------------------------------------------

    def _handles(self) -> list[_Handle]:
        """What can be dragged, where it is drawn."""
        found = []
        for layer in self._stack.visible:
            for index, time in enumerate(layer.keys):
                x = self.axis.x_of(time)
                if not GUTTER <= x <= self.width():
                    continue
                values = layer.track.row(time - layer.offset)
                for _, channel, row in self._rows():
                    bounds = self.range_of(channel)
                    y = float(_y_of(values[channel.index], row, bounds))
                    found.append(_Handle(layer, index, channel, row, bounds, QPointF(x, y)))
        return found

    def _draw_handle(self, painter: QPainter, handle: _Handle) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(self._stack.colour(handle.layer, self.colours)), 1.4))
        painter.setBrush(QColor(self.colours.field))
        painter.drawEllipse(handle.spot, _HANDLE, _HANDLE)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _handle_at(self, pos: QPointF) -> _Handle | None:
        near = [
            (abs(handle.spot.x() - pos.x()) + abs(handle.spot.y() - pos.y()), i, handle)
            for i, handle in enumerate(self._handles())
        ]
        best = min((each for each in near if each[0] <= _HANDLE_REACH), default=None)
        return None if best is None else best[2]

    def pressed(self, pos: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        self._handle = self._handle_at(pos) if pos.x() >= GUTTER - _HANDLE else None
        self._gesture = ""
        if self._handle is not None:
            self.time_requested.emit(self._handle.layer.keys[self._handle.key])
            return
        super().pressed(pos, modifiers)

    def dragged(self, pos: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        held = self._handle
        if held is None:
            super().dragged(pos, modifiers)
            return
        self._gesture = self._gesture or uuid.uuid4().hex
        low, high = held.bounds
        share = (held.row.bottom() - 3.0 - pos.y()) / (held.row.height() - 6.0)
        # Over the top of its row a value may grow on: the row then shows more.
        value = min(max(low + share * (high - low), held.channel.low), held.channel.high)
        self.value_requested.emit(held.layer.id, held.channel.name, held.key, round(value, 3), self._gesture)

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
            value = float(before[held.channel.index])
            self.value_requested.emit(held.layer.id, held.channel.name, held.key, value, self._gesture)
        self._handle, self._gesture = None, ""

    def _draw_grid(self, painter: QPainter, row: QRectF, bounds: tuple[float, float]) -> None:
        painter.setPen(QPen(QColor(self.colours.line), 1))
        bottom = round(row.bottom()) - 1
        painter.drawLine(QPointF(GUTTER, bottom), QPointF(self.width(), bottom))
        if bounds[0] < 0:
            zero = round(float(_y_of(0.0, row, bounds)))
            painter.setPen(QPen(faded(self.colours.muted, 0.35), 1, Qt.PenStyle.DotLine))
            painter.drawLine(QPointF(GUTTER, zero), QPointF(self.width(), zero))

    def _draw_layer(
        self,
        painter: QPainter,
        layer: TrackLayer,
        columns: Columns,
        rows: list[tuple[int, Channel, QRectF]],
        ranges: dict[Channel, tuple[float, float]],
    ) -> None:
        colour = QColor(self._stack.colour(layer, self.colours))
        frames = int(columns.edges[-1] - columns.edges[0])
        if frames <= columns.inside.size:
            pen = QPen(colour, 1)
            if layer.dashed:
                pen.setDashPattern([6, 4])
            painter.setPen(pen)
            self._draw_points(painter, layer, columns, rows, ranges)
            return
        low, high = self._stack.shape(layer).pyramid.columns(columns.edges, [c.index for _, c, _ in rows])
        low[~columns.inside | columns.gap] = np.nan
        tops = np.stack([_y_of(high[:, k], row, ranges[c]) for k, (_, c, row) in enumerate(rows)])
        bottoms = np.stack([_y_of(low[:, k], row, ranges[c]) for k, (_, c, row) in enumerate(rows)])
        tops, bottoms = joined(np.where(np.isnan(bottoms), np.nan, tops), bottoms)
        if layer.dashed:
            bottoms[:, np.arange(bottoms.shape[1]) % _DASH >= _DASH_ON] = np.nan
        bands = [(int(row.top()), int(row.bottom())) for _, _, row in rows]
        mask = columns_mask(tops, bottoms, bands, self.height() - 1)
        painter.drawImage(GUTTER, 0, mask_image(mask, colour))

    def _draw_points(
        self,
        painter: QPainter,
        layer: TrackLayer,
        columns: Columns,
        rows: list[tuple[int, Channel, QRectF]],
        ranges: dict[Channel, tuple[float, float]],
    ) -> None:
        track = layer.track
        first, last = max(int(columns.edges[0]) - 1, 0), min(int(columns.edges[-1]) + 2, len(track))
        x = self.axis.xs_of(track.times[first:last] + layer.offset)
        breaks = np.flatnonzero(np.diff(track.times[first:last]) > 1.75 * track.frame_step) + 1
        pieces = [piece for piece in np.split(np.arange(first, last), breaks) if piece.size]
        kept = [
            (int(piece[0]) + a, int(piece[0]) + b) for piece in pieces for a, b in runs(track.valid[piece])
        ]
        dots = last > first + 1 and (x[-1] - x[0]) / (last - first - 1) >= 10.0
        colour = painter.pen().color()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for _, channel, row in rows:
            y = _y_of(track.values[first:last, channel.index], row, ranges[channel])
            for a, b in kept:
                px, py = x[a - first : b - first], y[a - first : b - first]
                if b - a > 1:
                    painter.drawPolyline(arrayToQPolygonF(px, py))
                if dots or b - a == 1:
                    painter.save()
                    painter.setPen(QPen(colour, 4, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
                    painter.drawPoints(arrayToQPolygonF(px, py))
                    painter.restore()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def draw_gutter(self, painter: QPainter) -> None:
        if not self._channels:
            super().draw_gutter(painter)
            return
        font, small = font_of(11), font_of(9)
        middle = Qt.AlignmentFlag.AlignVCenter
        for _i, channel, row in self._rows():
            painter.fillRect(
                QRectF(GUTTER - 6, row.top() + 1, 4, row.height() - 2), QColor(REGION_COLOURS[channel.region])
            )
            hovered = channel.name == self._hover
            painter.setFont(font)
            painter.setPen(QColor(self.colours.text if hovered else self.colours.muted))
            text = QRectF(16, row.top(), GUTTER - 16 - (26 if hovered else 10), row.height())
            scaled = row.height() >= 34
            if scaled:
                text.setHeight(row.height() / 2 + 5)
            painter.drawText(text, middle, elided(channel.name, font, text.width()))
            if hovered:
                painter.drawText(QRectF(GUTTER - 24, row.top(), 14, text.height()), middle, "×")
            if scaled:
                low, high = self.range_of(channel)
                painter.setFont(small)
                painter.setPen(faded(self.colours.muted, 0.8))
                below = QRectF(16, text.bottom() - 3, GUTTER - 32, 13)
                painter.drawText(below, middle, f"{low:.2g} to {high:.2g}")

    # ---- the mouse -----------------------------------------------------------------------

    def _row_at(self, y: float) -> tuple[int, Channel] | None:
        return next(((i, c) for i, c, row in self._rows() if row.top() <= y < row.bottom()), None)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.position().x() < GUTTER and self._scroll.maximum() > 0:
            self._scroll.setValue(self._scroll.value() - event.angleDelta().y() // 4)
            event.accept()
        else:
            super().wheelEvent(event)

    def gutter_clicked(self, pos: QPointF) -> None:
        row = self._row_at(pos.y())
        if row is not None and pos.x() >= GUTTER - 30:
            self.channel_dismissed.emit(row[1].name)

    def hovered(self, pos: QPointF) -> None:
        row = self._row_at(pos.y()) if pos.x() < GUTTER else None
        on_cross = row is not None and pos.x() >= GUTTER - 30
        on_handle = pos.x() >= GUTTER - _HANDLE and self._handle_at(pos) is not None
        shape = Qt.CursorShape.PointingHandCursor if on_cross else Qt.CursorShape.ArrowCursor
        self.setCursor(Qt.CursorShape.SizeVerCursor if on_handle else shape)
        self.set_hover("" if row is None else row[1].name)

    def id_at(self, pos: QPointF) -> str:
        row = self._row_at(pos.y())
        return "" if row is None else row[1].name

    def tip_at(self, pos: QPointF) -> str:
        row = self._row_at(pos.y())
        if row is None:
            return ""
        if pos.x() < GUTTER:
            return f"{row[1].name}: × takes it away"
        lines = [row[1].name]
        for layer in self._stack.visible:
            t = self.axis.time_of(pos.x()) - layer.offset
            if 0 <= t <= layer.track.duration:
                value = float(layer.track.row(t)[row[1].index])
                lines.append(f"{layer.name}: " + ("face lost" if np.isnan(value) else f"{value:.3f}"))
        return "\n".join(lines)


def _y_of(values: npt.ArrayLike, row: QRectF, bounds: tuple[float, float]) -> npt.NDArray[np.float64]:
    low, high = bounds
    share = (np.asarray(values, np.float64) - low) / (high - low)
    result: npt.NDArray[np.float64] = row.bottom() - 3.0 - share * (row.height() - 6.0)
    return result
