"""Curves of chosen channels: a row for each, recorded solid, takes dashed.

A row for each channel, because colour already says which track a curve belongs to.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
from pyqtgraph.functions import arrayToQPath, arrayToQPolygonF
from PySide6.QtCore import QLineF, QPointF, QRectF, QSignalBlocker, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QGraphicsSceneWheelEvent, QScrollBar

from viewer.core.channels import BY_NAME, Channel
from viewer.core.columns import Columns, columns_mask, joined
from viewer.core.marks import TrackLayer
from viewer.palette import REGION_COLOURS
from viewer.scene.painting import draw_missing, faded, mask_image, metrics_of, write
from viewer.scene.press_box import Drag
from viewer.timeline.axis import GUTTER
from viewer.timeline.lane import Lane
from viewer.timeline.requests import TimelineRequests

_DASH, _DASH_ON = 9, 5
_HANDLE, _HANDLE_REACH = 3.4, 9.0


@dataclass(frozen=True)
class _Row:
    """A channel's strip of the lane, in pixels, and the values at its bottom and its top."""

    channel: Channel
    area: QRectF
    low: float
    high: float

    @property
    def scale(self) -> float:
        """Pixels of a unit."""
        return (self.area.height() - 6.0) / (self.high - self.low)

    @property
    def zero(self) -> float:
        """The pixel of the value 0."""
        return self.area.bottom() - 3.0 + self.low * self.scale

    def value_at(self, y: float) -> float:
        """What a drag to pixel ``y`` means.  Over the top of its row a value may grow on: the row
        then shows more."""
        return min(max((self.zero - y) / self.scale, self.channel.least), self.channel.most)


@dataclass(frozen=True)
class _Handle:
    """A key of a take on the curve of a channel."""

    layer: TrackLayer
    key: int
    row: _Row
    spot: QPointF


class CurvesLane(Lane):
    """Drag to scrub; drag a curve's handle to set the value of its take there; the × of a row takes
    its channel away.  The y axis counts rows, so that a rectangle drawn with Shift shows its rows
    alone."""

    title = "curves"

    def __init__(self, asks: TimelineRequests) -> None:
        super().__init__(asks)
        self._channels: tuple[Channel, ...] = ()
        self._fitting, self._heights = 1.0, (22.0, 72.0)
        self._scroll = QScrollBar(Qt.Orientation.Vertical, asks)
        self._scroll.setAccessibleName("curves shown")
        self._scroll.valueChanged.connect(lambda value: self._show_from(value / self._row_height))
        self._scroll.hide()
        self.geometryChanged.connect(self._resized)
        self.sigYRangeChanged.connect(self._follow_rows)

    def set_channels(self, names: tuple[str, ...]) -> None:
        """Which channels have rows, from the top; others than the 61 are left out."""
        new = tuple(BY_NAME[name] for name in names if name in BY_NAME)
        if new != self._channels:
            self._channels = new
            self.show_rows()

    def set_heights(self, least: float, most: float) -> None:
        """Pixels of a row while there is room for more or fewer of them."""
        self._heights = least, most
        self.show_rows()

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the channels with rows, from the top."""
        return tuple(channel.name for channel in self._channels)

    # ---- rows ----------------------------------------------------------------------------

    @property
    def _shown(self) -> tuple[float, float]:
        """The first row in sight, and how many."""
        first, last = self.viewRange()[1]
        return first, last - first

    @property
    def _row_height(self) -> float:
        return self.height() / self._shown[1]

    def show_rows(self) -> None:
        """Show as many rows as have room."""
        tall, count, (least, most) = max(self.height(), 1), len(self._channels), self._heights
        self._fitting = tall / min(max(tall / max(count, 1), least), most)
        most = max(self._fitting, float(count))
        self.setLimits(yMin=0.0, yMax=most, minYRange=min(1.0, most), maxYRange=self._fitting)
        self._show_from(self._shown[0], self._fitting)
        self._follow_rows()

    def _show_from(self, first: float, count: float = 0.0) -> None:
        self.setYRange(first, first + (count or self._shown[1]), padding=0)

    def _resized(self) -> None:
        """A lane of another height has room for other rows, unless some were chosen."""
        chosen = self._shown[1] < self._fitting - 1e-6
        (self._follow_rows if chosen else self.show_rows)()

    def _follow_rows(self) -> None:
        first, count = self._shown
        hidden = max(len(self._channels) - count, 0.0) * self._row_height
        left, top = round(self.content_rect().right()) - 10, round(self.scenePos().y())
        with QSignalBlocker(self._scroll):
            self._scroll.setGeometry(left, top, 10, max(self.height() - 1, 0))
            self._scroll.setRange(0, round(hidden))
            self._scroll.setPageStep(max(self.height(), 1))
            self._scroll.setSingleStep(round(self._row_height))
            self._scroll.setValue(round(first * self._row_height))
        self._scroll.setVisible(hidden > 0.5)
        self.refresh()

    def rows(self) -> list[_Row]:
        """The rows in sight, from the top."""
        tall, (first, count), right = self._row_height, self._shown, self.content_rect().right()
        seen = range(int(first), min(int(np.ceil(first + count)), len(self._channels)))
        areas = [(self._channels[i], QRectF(0, (i - first) * tall, right, tall)) for i in seen]
        return [_Row(channel, area, *self.stack.range_of(channel)) for channel, area in areas]

    # ---- drawing -------------------------------------------------------------------------

    def draw(self, painter: QPainter) -> None:
        # The recording lies under the takes.
        layers, rows = sorted(self.stack.visible, key=lambda layer: layer.dashed), self.rows()
        if not rows or not layers:
            no_rows = "Choose channels with the button above, or click a region, to see curves"
            self.draw_hint(painter, "No track: open a recording or generate a take" if rows else no_rows)
            return
        width, colours = int(self.content_rect().width()), [self._ink(layer) for layer in layers]
        ink, times = np.zeros((self.height() - 1, width), np.uint8), self.axis.column_times(width)
        found = [self.stack.shape(layer).columns(layer.offset, times) for layer in layers]
        draw_missing(painter, self.colours, found[0], GUTTER, self.height())
        for row in rows:
            self._draw_grid(painter, row)
        for i, (layer, columns) in enumerate(zip(layers, found, strict=True)):
            if columns.edges[-1] - columns.edges[0] <= width:
                self._draw_points(painter, layer, columns, rows)
            else:
                np.copyto(ink, i + 1, where=self._mask(layer, columns, rows))
        painter.drawImage(GUTTER, 0, mask_image(ink, *colours))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(QColor(self.colours.field))
        for layer, colour in zip(layers, colours, strict=True):
            painter.setPen(QPen(colour, 1.4))
            for handle in self._handles(layer):
                painter.drawEllipse(handle.spot, _HANDLE, _HANDLE)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        self._draw_legend(painter)

    def _ink(self, layer: TrackLayer) -> QColor:
        own = self.colours.take(self.stack.take_number(layer)) if layer.dashed else self.colours.recorded
        return QColor(layer.colour or own)

    def _draw_legend(self, painter: QPainter) -> None:
        right = self.content_rect().right() - (18.0 if self._scroll.isVisibleTo(self.asks) else 8.0)
        for layer in reversed(self.stack.visible):
            wide = min(metrics_of(10).horizontalAdvance(layer.name), 140.0) + 34.0
            area = QRectF(right - wide, 3, wide, 16)
            painter.fillRect(area, faded(self.colours.field, 0.85))
            style = Qt.PenStyle.DashLine if layer.dashed else Qt.PenStyle.SolidLine
            painter.setPen(QPen(self._ink(layer), 2, style, Qt.PenCapStyle.FlatCap))
            painter.drawLine(QLineF(area.left() + 6, 11, area.left() + 24, 11))
            write(painter, layer.name, area.adjusted(28, 0, 0, 0), self.colours.text, 10)
            right -= wide

    def _draw_grid(self, painter: QPainter, row: _Row) -> None:
        right = row.area.right()
        painter.setPen(QPen(QColor(self.colours.line), 1))
        bottom = round(row.area.bottom()) - 1
        painter.drawLine(QPointF(GUTTER, bottom), QPointF(right, bottom))
        if row.low < 0:
            zero = round(row.zero)
            painter.setPen(QPen(faded(self.colours.muted, 0.35), 1, Qt.PenStyle.DotLine))
            painter.drawLine(QPointF(GUTTER, zero), QPointF(right, zero))

    def _mask(self, layer: TrackLayer, columns: Columns, rows: list[_Row]) -> npt.NDArray[np.bool_]:
        """Many frames are in sight: the pixels (height, w) from the least to the greatest of each
        column."""
        index = [row.channel.index for row in rows]
        low, high = self.stack.shape(layer).pyramid.columns(columns.edges, index)
        low[~columns.inside | columns.gap] = np.nan
        zero, scale = np.array([(row.zero, row.scale) for row in rows]).T[:, :, None]
        bottoms = zero - scale * low.T
        tops, bottoms = joined(np.where(np.isnan(bottoms), np.nan, zero - scale * high.T), bottoms)
        if layer.dashed:
            bottoms[:, np.arange(bottoms.shape[1]) % _DASH >= _DASH_ON] = np.nan
        bands = [(int(row.area.top()), int(row.area.bottom())) for row in rows]
        return columns_mask(tops, bottoms, bands, self.height() - 1)

    def _draw_points(self, painter: QPainter, layer: TrackLayer, columns: Columns, rows: list[_Row]) -> None:
        """Few frames are in sight: a line from each to the next."""
        track = layer.track
        first, last = max(int(columns.edges[0]) - 1, 0), min(int(columns.edges[-1]) + 2, len(track))
        x = self.axis.x_of(track.times[first:last] + layer.offset)
        valid = track.valid[first:last]
        to_next = valid & np.append(valid[1:], False) & ~self.stack.shape(layer).gap_after[first:last]
        far_apart = last > first + 1 and (x[-1] - x[0]) / (last - first - 1) >= 10.0
        dotted = valid if far_apart else valid & ~to_next & ~np.append(False, to_next[:-1])
        colour = self._ink(layer)
        pen, dot = QPen(colour, 1), QPen(colour, 4, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)
        if layer.dashed:
            pen.setDashPattern([6, 4])
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for row in rows:
            y = row.zero - row.scale * track.values[first:last, row.channel.index].astype(np.float64)
            painter.strokePath(arrayToQPath(x, y, to_next), pen)
            if dotted.any():
                painter.setPen(dot)
                painter.drawPoints(arrayToQPolygonF(x[dotted], y[dotted]))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def labels(self) -> list[tuple[float, str]]:
        """Each row's name, with what it spans where there is room, and a cross under the mouse."""
        if not self._channels:
            return [(0.5 * self._shown[1], self.title)]
        found = []
        for i, channel in enumerate(self._channels):
            low, high = self.stack.range_of(channel)
            spans = f"\n{low:.2g} to {high:.2g}{channel.unit}" if self._row_height >= 34 else ""
            found.append((i + 0.5, channel.name + "  ×" * (channel.name == self.hover) + spans))
        return found

    def strips(self) -> list[tuple[float, float, str]]:
        return [
            (row.area.top() + 1, row.area.height() - 2, REGION_COLOURS[row.channel.region])
            for row in self.rows()
        ]

    # ---- handles -------------------------------------------------------------------------

    def _handles(self, layer: TrackLayer) -> list[_Handle]:
        """What can be dragged of a track, where it is drawn; nothing where it has no value."""
        xs = self.axis.x_of(np.array(layer.keys, np.float64))
        right, rows = self.content_rect().right(), self.rows()
        seen = [(k, x) for k, x in enumerate(xs.tolist()) if GUTTER <= x <= right]
        if not seen:
            return []
        values = np.array([layer.track.row(layer.keys[k] - layer.offset) for k, _ in seen])
        ys = [(row.zero - row.scale * values[:, row.channel.index]).tolist() for row in rows]
        return [
            _Handle(layer, k, row, QPointF(x, y[i]))
            for i, (k, x) in enumerate(seen)
            for row, y in zip(rows, ys, strict=True)
            if np.isfinite(y[i])
        ]

    def handles(self) -> list[_Handle]:
        """All that can be dragged."""
        return [handle for layer in self.stack.visible for handle in self._handles(layer)]

    def _handle_at(self, pos: QPointF) -> _Handle | None:
        away = [((handle.spot - pos).manhattanLength(), i, handle) for i, handle in enumerate(self.handles())]
        nearest, _, handle = min(away, default=(np.inf, 0, None))
        return handle if nearest <= _HANDLE_REACH and pos.x() >= GUTTER - _HANDLE else None

    def pressed(self, pos: QPointF, modifiers: Qt.KeyboardModifier) -> Drag | None:
        held, row = self._handle_at(pos), self._row_at(pos.y())
        if held is not None:
            return self._drag_of(held)
        if row is not None and GUTTER - 30 <= pos.x() < GUTTER:
            self.asks.channels_changed.emit(tuple(n for n in self.channels if n != row.channel.name))
        return super().pressed(pos, modifiers)

    def _drag_of(self, held: _Handle) -> Drag:
        """Show the time of a handle, and ask for the values it is dragged to."""
        layer, channel, gesture = held.layer, held.row.channel, uuid.uuid4().hex
        before = float(layer.track.row(layer.keys[held.key] - layer.offset)[channel.index])
        ask = self.asks.take_value_requested.emit

        def moved(pos: QPointF) -> None:
            ask(layer.id, channel.name, held.key, round(held.row.value_at(pos.y()), 3), gesture)

        self.asks.time_requested.emit(layer.keys[held.key])
        put_back = partial(ask, layer.id, channel.name, held.key, before, gesture)
        return Drag(moved, cancelled=put_back, after=1.0)

    # ---- the mouse -----------------------------------------------------------------------

    def _row_at(self, y: float) -> _Row | None:
        return next((row for row in self.rows() if row.area.top() <= y < row.area.bottom()), None)

    def wheelEvent(self, event: QGraphicsSceneWheelEvent, axis: int | None = None) -> None:
        if event.scenePos().x() < GUTTER and self._scroll.maximum() > 0:
            self._scroll.setValue(self._scroll.value() - event.delta() // 4)
        else:
            super().wheelEvent(event)

    def hovered(self, pos: QPointF) -> None:
        row = self._row_at(pos.y()) if pos.x() < GUTTER else None
        on_cross = row is not None and pos.x() >= GUTTER - 30
        pointer = Qt.CursorShape.PointingHandCursor if on_cross else Qt.CursorShape.ArrowCursor
        pointer = Qt.CursorShape.SizeVerCursor if self._handle_at(pos) is not None else pointer
        self.set_hover("" if row is None else row.channel.name, pointer)

    def id_at(self, pos: QPointF | None) -> str:
        row = None if pos is None else self._row_at(pos.y())
        return "" if row is None else row.channel.name

    def tip_at(self, pos: QPointF) -> str:
        row = self._row_at(pos.y())
        if row is None:
            return ""
        if pos.x() < GUTTER:
            return f"{row.channel.name}: × removes it"
        said = self._said(row.channel, self.axis.time_of(pos.x()))
        return "\n".join([row.channel.name, *(f"{layer.name}: {text}" for layer, text in said)])

    def _said(self, channel: Channel, t: float) -> list[tuple[TrackLayer, str]]:
        said = [(layer, layer.said(channel, t)) for layer in self.stack.visible]
        return [(layer, text) for layer, text in said if text]

    def readout(self, t: float) -> list[tuple[str, list[tuple[str, str]]]]:
        """For each row in sight its channel, and what each track says there with its colour."""
        said = [(row.channel.name, self._said(row.channel, t)) for row in self.rows()]
        return [(name, [(text, self._ink(layer).name()) for layer, text in row]) for name, row in said]
