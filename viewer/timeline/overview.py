"""All 61 channels at a glance: a heatmap by region over time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPen
from PySide6.QtWidgets import QWidget

from viewer.core.channels import REGIONS, Channel, by_region
from viewer.palette import REGION_COLOURS, Palette
from viewer.timeline.axis import GUTTER, TimeAxis
from viewer.timeline.lane import ScrubLane, elided, font_of
from viewer.timeline.layers import LayerStack
from viewer.timeline.shading import draw_missing

_LEAST_BAND = 11.0
_ROWS: tuple[Channel, ...] = tuple(channel for region in REGIONS for channel in by_region(region))
_LEVELS = 512
_GAMMA = 0.7
_ROW_INDEX = [channel.index for channel in _ROWS]


@dataclass(frozen=True)
class Band:
    """A region's stretch of the lane, in pixels, and of the image, in rows."""

    region: str
    top: float
    height: float
    first: int
    rows: int


@lru_cache(maxsize=8)
def bands(height: float) -> tuple[Band, ...]:
    """Split ``height`` among the regions by their channels, each tall enough for its name
    where there is room."""
    counts = [len(by_region(region)) for region in REGIONS]
    least = min(_LEAST_BAND, height / len(counts))
    free, small = height, np.zeros(len(counts), bool)
    for _ in counts:
        share = free / max(sum(n for n, s in zip(counts, small, strict=True) if not s), 1)
        now = small | (np.asarray(counts) * share < least)
        if (now == small).all():
            break
        small = now
        free = height - least * int(small.sum())
    share = free / max(sum(n for n, s in zip(counts, small, strict=True) if not s), 1)
    result, top, first = [], 0.0, 0
    for region, count, is_small in zip(REGIONS, counts, small, strict=True):
        tall = least if is_small else count * share
        result.append(Band(region, top, tall, first, count))
        top += tall
        first += count
    return tuple(result)


def heat_colours(palette: Palette) -> npt.NDArray[np.uint32]:
    """ARGB (61, levels): per row of the heatmap from the field's colour over the region's own to
    the text's, so that strong values stand out in both themes."""
    table = np.zeros((len(_ROWS), _LEVELS), np.uint32)
    field, text = _rgb(palette.field), _rgb(palette.text)
    level = np.linspace(0.0, 1.0, _LEVELS)[:, None] ** _GAMMA
    for region in REGIONS:
        own = _rgb(REGION_COLOURS[region])
        low = field + (own - field) * np.clip(level / 0.75, 0, 1)
        full = np.where(level < 0.75, low, own + (text - own) * (level - 0.75) / 0.25 * 0.7)
        r, g, b = np.round(full).astype(np.uint32).T
        packed = np.uint32(0xFF000000) | (r << np.uint32(16)) | (g << np.uint32(8)) | b
        for row, channel in enumerate(_ROWS):
            if channel.region == region:
                table[row] = packed
    return table


def _rgb(colour: str) -> npt.NDArray[np.float64]:
    c = QColor(colour)
    return np.array([c.red(), c.green(), c.blue()], np.float64)


class OverviewLane(ScrubLane):
    """Drag to scrub; click a region's name to see its curves."""

    region_chosen = Signal(str)

    kind = "overview"
    title = "overview"

    def __init__(self, axis: TimeAxis, stack: LayerStack, parent: QWidget | None = None) -> None:
        super().__init__(axis, parent)
        self.setMinimumHeight(40)
        self._stack = stack
        self._table = heat_colours(self.colours)

    def set_theme(self, palette: Palette) -> None:
        if palette != self.colours:
            self._table = heat_colours(palette)
        super().set_theme(palette)

    # ---- drawing -------------------------------------------------------------------------

    def draw(self, painter: QPainter) -> None:
        layer = self._stack.overview()
        if layer is None:
            self.draw_hint(painter, "No recording: open a track to see its 61 channels here")
            return
        area = self.content_rect()
        width = int(area.width())
        shape = self._stack.shape(layer)
        columns = shape.columns(layer.offset, self.axis.column_times(width))
        low, high = shape.pyramid.columns(columns.edges)
        strength = np.fmin(np.fmax(np.fmax(-low, high), 0.0), 1.0).T[_ROW_INDEX]
        levels = (strength * (_LEVELS - 1)).astype(np.intp)
        levels += np.arange(len(_ROWS))[:, None] * _LEVELS
        pixels = np.take(self._table, levels)
        pixels[:, ~columns.inside] = QColor(self.colours.panel).rgb()
        pixels = np.ascontiguousarray(pixels)
        image = QImage(pixels.data, width, len(_ROWS), 4 * width, QImage.Format.Format_RGB32)
        for band in bands(self.height() - 1.0):
            target = QRectF(GUTTER, band.top, width, band.height)
            painter.drawImage(target, image, QRectF(0, band.first, width, band.rows))
        painter.setPen(QPen(QColor(self.colours.panel), 1))
        for band in bands(self.height() - 1.0)[1:]:
            painter.drawLine(QPointF(GUTTER, round(band.top)), QPointF(self.width(), round(band.top)))
        draw_missing(painter, self.colours, columns, GUTTER, self.height())

    def draw_gutter(self, painter: QPainter) -> None:
        layer = self._stack.overview()
        if layer is None:
            super().draw_gutter(painter)
            return
        font = font_of(10)
        painter.setFont(font)
        free_from = 0.0
        for band in bands(self.height() - 1.0):
            strip = QRectF(GUTTER - 6, band.top + 1, 4, max(band.height - 1, 1))
            painter.fillRect(strip, QColor(REGION_COLOURS[band.region]))
            middle = band.top + band.height / 2
            if middle - 5.5 < free_from - 0.5:
                continue
            free_from = middle + 5.0
            hovered = band.region == self._hover
            painter.setPen(QColor(self.colours.text if hovered else self.colours.muted))
            text = QRectF(16, middle - 7, GUTTER - 28, 14)
            painter.drawText(
                text, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
                elided(band.region, font, text.width()),
            )

    # ---- the mouse -----------------------------------------------------------------------

    def _band_at(self, y: float) -> Band:
        found = [band for band in bands(self.height() - 1.0) if band.top <= y]
        return found[-1] if found else bands(self.height() - 1.0)[0]

    def channel_at(self, y: float) -> Channel:
        """The channel whose row lies at pixel ``y``."""
        band = self._band_at(y)
        row = int((y - band.top) / band.height * band.rows)
        return _ROWS[band.first + min(max(row, 0), band.rows - 1)]

    def gutter_clicked(self, pos: QPointF) -> None:
        self.region_chosen.emit(self._band_at(pos.y()).region)

    def hovered(self, pos: QPointF) -> None:
        over = self._band_at(pos.y()).region if pos.x() < GUTTER else ""
        self.setCursor(Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor)
        self.set_hover(over)

    def id_at(self, pos: QPointF) -> str:
        return self.channel_at(pos.y()).name

    def tip_at(self, pos: QPointF) -> str:
        if pos.x() < GUTTER:
            return f"Click to see the curves of {self._band_at(pos.y()).region}"
        layer = self._stack.overview()
        if layer is None:
            return ""
        channel = self.channel_at(pos.y())
        t = self.axis.time_of(pos.x()) - layer.offset
        if not 0 <= t <= layer.track.duration:
            return f"{channel.name}: outside the recording"
        if any(start + layer.track.frame_step < t < end for start, end in layer.track.gaps()):
            return f"{channel.name}: no frames were recorded here"
        value = float(layer.track.row(t)[channel.index])
        return f"{channel.name}: face lost" if np.isnan(value) else f"{channel.name} {value:.3f}"
