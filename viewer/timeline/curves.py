"""Curves of chosen channels, recorded solid, takes dashed: a row for each, where colour says which track
a curve belongs to, or all on one axis, where it says which channel.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
from pyqtgraph.functions import arrayToQPath, arrayToQPolygonF
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QGraphicsSceneWheelEvent

from viewer.core.channels import BY_NAME, Channel
from viewer.core.columns import Columns, columns_mask, joined
from viewer.core.marks import TrackLayer
from viewer.palette import REGION_COLOURS
from viewer.scene.painting import draw_missing, faded, hatch, mask_image, metrics_of, write
from viewer.scene.press_box import Drag
from viewer.scene.range_bar import RangeBar
from viewer.scene.value_row import ValueRow, rows_in
from viewer.timeline.axis import GUTTER
from viewer.timeline.lane import Lane
from viewer.timeline.requests import TimelineRequests

_DASHES = ((6, 4), (2, 3), (10, 3, 2, 3))
"""Pixels drawn and left out, by turns: of all takes in rows, of one each on one axis."""
_LISTED = 15.0, 20.0
"""The least and the most pixels of a name beside one axis."""
_HANDLE, _HANDLE_REACH, _NAMED_FROM = 3.4, 9.0, 34.0


@dataclass(frozen=True)
class _Handle:
    """A key of a take on the curve of a channel."""

    layer: TrackLayer
    key: int
    row: ValueRow
    spot: QPointF


class CurvesLane(Lane):
    """Drag to scrub; drag a curve's handle to set the value of its take there; the × of a row takes
    its channel away.  The y axis counts rows, so that a rectangle drawn with Shift shows its rows
    alone."""

    title = "curves"

    def __init__(self, asks: TimelineRequests) -> None:
        super().__init__(asks)
        self._channels: tuple[Channel, ...] = ()
        self._fitting, self._heights, self.overlaid = 1.0, (19.0, 72.0), False
        self._scroll = RangeBar(self, self.YAxis, "curves shown", asks)
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

    def set_overlaid(self, overlaid: bool) -> None:
        """Draw all on one axis from 0 to 1, each at its :attr:`~Channel.full` value as high as the others."""
        self.overlaid = overlaid
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
        count, heights = len(self._channels), _LISTED if self.overlaid else self._heights
        self._fitting = rows_in(max(self.height(), 1), count, *heights)
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
        left, top = round(self.content_rect().right()) - 10, round(self.scenePos().y())
        self._scroll.setGeometry(left, top, 10, max(self.height() - 1, 0))
        self._scroll.follow()
        self._scroll.setVisible((len(self._channels) - self._shown[1]) * self._row_height > 0.5)
        self.refresh()

    def rows(self) -> list[ValueRow]:
        """The rows in sight, from the top; on one axis all, over one another."""
        right = self.content_rect().right()
        if self.overlaid:
            ends = [end / channel.full for channel in self._channels for end in self.stack.range_of(channel)]
            low, high, area = min(0.0, *ends), max(1.0, *ends), QRectF(0, 0, right, self.height())
            return [ValueRow(c, area, low * c.full, high * c.full) for c in self._channels]
        (first, _), tall, ranges = self._shown, self._row_height, self.stack.range_of
        seen = [(self._channels[i], QRectF(0, (i - first) * tall, right, tall)) for i in self._named()]
        return [ValueRow(channel, area, *ranges(channel)) for channel, area in seen]

    def _named(self) -> range:
        """Places of the channels whose names are in sight."""
        first, count = self._shown
        return range(int(first), min(int(np.ceil(first + count)), len(self._channels)))

    # ---- drawing -------------------------------------------------------------------------

    def draw(self, painter: QPainter) -> None:
        # The recording lies under the takes.
        layers, rows = sorted(self.stack.visible, key=lambda layer: layer.dashed), self.rows()
        if not rows or not layers:
            no_rows = "Choose channels with the button above, or click a region, to see curves"
            self.draw_hint(painter, "No track: open a recording or generate a take" if rows else no_rows)
            return
        width = int(self.content_rect().width())
        ink, times = np.zeros((self.height() - 1, width), np.uint8), self.axis.column_times(width)
        found = [self.stack.shape(layer).columns(layer.offset, times) for layer in layers]
        draw_missing(painter, self.colours, found[0], GUTTER, self.height())
        if self.overlaid:
            rows[0].draw_scale(painter, self.colours, GUTTER, any(c.is_rotation for c in self._channels))
        else:
            for row in rows:
                row.draw_ground(painter, self.colours, GUTTER)
                if not layers[0].dashed and layers[0].track.unmeasured[row.channel.index]:
                    self._hatch_row(painter, row, found[0])
        alike = [[row] for row in rows] if self.overlaid else [rows]
        strokes = [
            (layer, columns, known)
            for layer, columns in zip(layers, found, strict=True)
            for of in alike
            if (known := [row for row in of if not layer.track.unmeasured[row.channel.index]])
        ]
        colours = [self._ink(layer, of[0].channel) for layer, _columns, of in strokes]
        for i, (layer, columns, of) in enumerate(strokes):
            if columns.edges[-1] - columns.edges[0] <= width:
                self._draw_points(painter, layer, columns, of, colours[i])
            else:
                np.copyto(ink, i + 1, where=self._mask(layer, columns, of))
        painter.drawImage(GUTTER, 0, mask_image(ink, *colours))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(QColor(self.colours.field))
        for handle in self.handles():
            painter.setPen(QPen(self._ink(handle.layer, handle.row.channel), 1.4))
            painter.drawEllipse(handle.spot, _HANDLE, _HANDLE)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        self._draw_legend(painter)

    def _ink(self, layer: TrackLayer, channel: Channel) -> QColor:
        if self.overlaid:
            weak = self.hover not in ("", channel.name)
            return faded(self.colours.curve(self._channels.index(channel)), 0.2 if weak else 1.0)
        own = self.colours.take(self.stack.take_number(layer)) if layer.dashed else self.colours.recorded
        return QColor(layer.colour or own)

    def _dashes(self, layer: TrackLayer) -> tuple[int, ...]:
        if not layer.dashed:
            return ()
        return _DASHES[self.stack.take_number(layer) % len(_DASHES) if self.overlaid else 0]

    def _draw_legend(self, painter: QPainter) -> None:
        right = self.content_rect().right() - (18.0 if self._scroll.isVisibleTo(self.asks) else 8.0)
        # In low rows it would hide a curve; the titles of the faces have the same colours.
        for layer in reversed(self.stack.visible if self.overlaid or self._row_height >= _NAMED_FROM else ()):
            wide = min(metrics_of(10).horizontalAdvance(layer.name), 140.0) + 34.0
            area = QRectF(right - wide, 3, wide, 16)
            painter.fillRect(area, faded(self.colours.field, 0.85))
            colour = QColor(self.colours.text) if self.overlaid else self._ink(layer, self._channels[0])
            pen = QPen(colour, 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap)
            pen.setDashPattern([part / 2 for part in self._dashes(layer) or (99,) * 2])
            painter.setPen(pen)
            painter.drawLine(QLineF(area.left() + 6, 11, area.left() + 24, 11))
            write(painter, layer.name, area.adjusted(28, 0, 0, 0), self.colours.text, 10)
            right -= wide

    def _hatch_row(self, painter: QPainter, row: ValueRow, columns: Columns) -> None:
        """The recorder cannot see this channel: the row says so as long as the recording is."""
        seen = np.flatnonzero(columns.inside)
        if seen.size:
            left, wide = GUTTER + int(seen[0]), int(seen[-1] - seen[0]) + 1
            area = QRectF(left, row.area.top() + 1, wide, row.area.height() - 3)
            hatch(painter, self.colours, area)
            words = QRectF(area.left() + 8, area.top(), min(82.0, area.width() - 8), area.height())
            painter.fillRect(words, faded(self.colours.field, 0.9))
            write(painter, "not measured", words.adjusted(6, 0, 0, 0), self.colours.muted, 10)

    def _mask(self, layer: TrackLayer, columns: Columns, rows: list[ValueRow]) -> npt.NDArray[np.bool_]:
        """Many frames are in sight: the pixels (height, w) from the least to the greatest of each
        column."""
        index = [row.channel.index for row in rows]
        low, high = self.stack.shape(layer).pyramid.columns(columns.edges, index)
        low[~columns.inside | columns.gap] = np.nan
        zero, scale = np.array([(row.zero, row.scale) for row in rows]).T[:, :, None]
        bottoms = zero - scale * low.T
        tops, bottoms = joined(np.where(np.isnan(bottoms), np.nan, zero - scale * high.T), bottoms)
        if dashes := self._dashes(layer):
            off = np.repeat([False, True] * (len(dashes) // 2), dashes)
            bottoms[:, np.resize(off, bottoms.shape[1])] = np.nan
        bands = [(int(row.area.top()), int(row.area.bottom())) for row in rows]
        return columns_mask(tops, bottoms, bands, self.height() - 1)

    def _draw_points(
        self, painter: QPainter, layer: TrackLayer, columns: Columns, rows: list[ValueRow], colour: QColor
    ) -> None:
        """Few frames are in sight: a line from each to the next."""
        track = layer.track
        first, last = max(int(columns.edges[0]) - 1, 0), min(int(columns.edges[-1]) + 2, len(track))
        x = self.axis.x_of(track.times[first:last] + layer.offset)
        valid = track.valid[first:last]
        to_next = valid & np.append(valid[1:], False) & ~self.stack.shape(layer).gap_after[first:last]
        far_apart = last > first + 1 and (x[-1] - x[0]) / (last - first - 1) >= 10.0
        dotted = valid if far_apart else valid & ~to_next & ~np.append(False, to_next[:-1])
        pen, dot = QPen(colour, 1), QPen(colour, 4, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)
        if dashes := self._dashes(layer):
            pen.setDashPattern(dashes)
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
        found, tall = [], self.stack.visible and self._row_height >= _NAMED_FROM
        for i, channel in enumerate(self._channels):
            low, high = self.stack.range_of(channel)
            spans = f"\n{low:.2g} to {high:.2g}{channel.unit}" if tall else ""
            found.append((i + 0.5, channel.name + "  ×" * (channel.name == self.hover) + spans))
        return found

    def strips(self) -> list[tuple[float, float, str]]:
        first, tall = self._shown[0], self._row_height
        regions = [REGION_COLOURS[channel.region] for channel in self._channels]
        colours = [self.colours.curve(i) if self.overlaid else own for i, own in enumerate(regions)]
        return [((i - first) * tall + 1, tall - 2, colours[i]) for i in self._named()]

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
        held, channel = self._handle_at(pos), self._channel_at(pos)
        if held is not None:
            return self._drag_of(held)
        if channel is not None and GUTTER - 30 <= pos.x() < GUTTER:
            self.asks.channels_changed.emit(tuple(n for n in self.channels if n != channel.name))
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

    def _channel_at(self, pos: QPointF) -> Channel | None:
        """The channel that a place belongs to; on one axis only names belong to one."""
        place = int(self._shown[0] + pos.y() / self._row_height)
        nobody = place not in self._named() or (self.overlaid and pos.x() >= GUTTER)
        return None if nobody else self._channels[place]

    def wheelEvent(self, event: QGraphicsSceneWheelEvent, axis: int | None = None) -> None:
        if event.scenePos().x() < GUTTER and self._scroll.maximum() > 0:
            self._show_from(self._shown[0] - event.delta() / 4 / self._row_height)
        else:
            super().wheelEvent(event)

    def hovered(self, pos: QPointF) -> None:
        channel = self._channel_at(pos) if pos.x() < GUTTER else None
        on_cross = channel is not None and pos.x() >= GUTTER - 30
        pointer = Qt.CursorShape.PointingHandCursor if on_cross else Qt.CursorShape.ArrowCursor
        pointer = Qt.CursorShape.SizeVerCursor if self._handle_at(pos) is not None else pointer
        self.set_hover("" if channel is None else channel.name, pointer)

    def id_at(self, pos: QPointF | None) -> str:
        channel = None if pos is None else self._channel_at(pos)
        return "" if channel is None else channel.name

    def tip_at(self, pos: QPointF) -> str:
        channel = self._channel_at(pos)
        if channel is None:
            return ""
        if pos.x() < GUTTER:
            return f"{channel.name}: × removes it"
        t = self.axis.time_of(pos.x())
        said = [f"{layer.name}: {text}" for layer in self.stack.visible if (text := layer.said(channel, t))]
        return "\n".join([channel.name, *said])

    def readout(self, t: float) -> list[tuple[str, list[tuple[str, str]]]]:
        """For each row in sight its channel, and what each track says there with its colour; on one axis,
        where that is the channel's, the tracks come first."""
        layers, text = self.stack.visible, self.colours.text
        found = [("", [(layer.name, text) for layer in layers])] if self.overlaid and len(layers) > 1 else []
        for channel in (row.channel for row in self.rows()):
            said = [(layer.said(channel, t), self._ink(layer, channel).name()) for layer in layers]
            found.append((channel.name, [each for each in said if each[0] or self.overlaid]))
        return found
