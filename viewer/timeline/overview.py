"""All 61 channels at a glance: a heatmap by region over time."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter

from viewer.core.bands import ROWS, Band, bands, pixel_rows
from viewer.core.channels import Channel, by_region
from viewer.core.columns import Columns
from viewer.core.track import BoolArray
from viewer.palette import REGION_COLOURS, Palette
from viewer.scene.painting import blended, draw_missing
from viewer.scene.press_box import Drag
from viewer.timeline.axis import GUTTER, PAD_LEFT
from viewer.timeline.lane import Lane
from viewer.timeline.requests import TimelineRequests

_LEVELS = 256
_GAMMA = 0.6
_HATCH = 8
"""Pixels from line to line, as Qt hatches."""
_INDEX = [channel.index for channel in ROWS]
_STRENGTH = np.array([1 / channel.full for channel in ROWS], np.float32)


@lru_cache(maxsize=2)
def heat_colours(palette: Palette) -> npt.NDArray[np.uint32]:
    """RGBA in memory, (61, levels): per row of the heatmap from the field's colour over the region's
    own to the text's, so that strong values stand out in both themes: a row is a pixel or two high."""
    level = np.linspace(0.0, 1.0, _LEVELS) ** _GAMMA
    table = np.zeros((len(ROWS), _LEVELS, 4), np.uint8)
    for row, channel in enumerate(ROWS):
        own = REGION_COLOURS[channel.region]
        stops = [palette.field, own, blended(own, palette.text, 0.85)]
        table[row] = pg.ColorMap([0.0, 0.6, 1.0], stops).map(level)
    return table.view(np.uint32)[..., 0]


class OverviewLane(Lane):
    """Drag to scrub; click a region's name to see its curves."""

    title = "overview"
    opaque = False

    def __init__(self, asks: TimelineRequests) -> None:
        super().__init__(asks)
        self._columns: Columns | None = None
        """Those of the image; None while it has to be fed anew."""
        self.image = pg.ImageItem(axisOrder="row-major")
        self.image.setParentItem(self)
        self.image.setZValue(-1.0)
        self.sigXRangeChanged.connect(self._spoil_image)
        self.sigResized.connect(self.refresh)

    # ---- drawing -------------------------------------------------------------------------

    def refresh(self) -> None:
        self._spoil_image()
        super().refresh()

    def _spoil_image(self) -> None:
        self._columns = None

    def prepareForPaint(self) -> None:
        if self._columns is None and self.width() > 1:
            self._feed()
        super().prepareForPaint()

    def _feed(self) -> None:
        """Give the image the peaks of the columns in sight, a row of it for each row of pixels."""
        layer = self.stack.overview()
        self.image.setVisible(layer is not None)
        if layer is None:
            return
        width, tall = int(self.content_rect().width()), self.height() - 1
        shape = self.stack.shape(layer)
        self._columns = columns = shape.columns(layer.offset, self.axis.column_times(width))
        low, high = shape.pyramid.columns(columns.edges)
        # Values of a column lie beside each other up to the last step: turning them is dear.
        strength = np.fmax(np.negative(low, out=low), high, out=high)
        strength = strength[:, _INDEX] * _STRENGTH
        strength = np.fmin(np.fmax(strength, 0.0, out=strength), 1.0, out=strength)
        first, at = pixel_rows(tall)
        if first.size < len(ROWS):
            strength = np.maximum.reduceat(strength, first, axis=1)
        strength *= _LEVELS - 1
        levels = strength.astype(np.intp)
        levels += first * _LEVELS
        pixels = np.take(heat_colours(self.colours), levels, mode="clip")
        panel = np.array(QColor(self.colours.panel).getRgb(), np.uint8).view(np.uint32)[0]
        pixels[~columns.inside] = panel
        pixels = np.ascontiguousarray(pixels.T)[at]
        unknown = layer.track.unmeasured[_INDEX]
        if unknown.any():
            if first.size < len(ROWS):
                unknown = np.logical_and.reduceat(unknown, first)
            self._hatch(pixels, unknown[at], columns.inside)
        pixels[[round(band.top) for band in bands(float(tall))[1:]]] = panel
        self.image.setImage(pixels.view(np.uint8).reshape(tall, width, 4), autoLevels=False)
        self.image.setPos(-PAD_LEFT, 0.0)

    def _hatch(self, pixels: npt.NDArray[np.uint32], rows: BoolArray, inside: BoolArray) -> None:
        """Hatch the rows of pixels of channels that were never measured."""
        line = np.array(blended(self.colours.field, self.colours.warning, 0.75).getRgb(), np.uint8)
        down, across = np.indices(pixels.shape)
        on_line = ((down + across) % _HATCH == 0) & rows[:, None] & inside
        pixels[on_line] = line.view(np.uint32)[0]

    def draw(self, painter: QPainter) -> None:
        if self._columns is not None:
            draw_missing(painter, self.colours, self._columns, GUTTER, self.height())
        elif self.stack.overview() is None:
            self.draw_hint(painter, "No recording: open a track to see its 61 channels here")

    def labels(self) -> list[tuple[float, str]]:
        """The regions whose names do not touch the one above; two of nine would say nothing."""
        found: list[tuple[float, str]] = []
        free_from = -0.5
        for band in self._bands:
            middle = band.top + band.height / 2
            if middle - 5.3 >= free_from:
                free_from = middle + 5.3
                found.append((middle / self.height(), band.region))
        return found if self.stack.visible and len(found) > 2 else super().labels()

    def strips(self) -> list[tuple[float, float, str]]:
        shown = self._bands if self.stack.visible else ()
        return [(band.top + 1, max(band.height - 1, 1), REGION_COLOURS[band.region]) for band in shown]

    # ---- the mouse -----------------------------------------------------------------------

    @property
    def _bands(self) -> tuple[Band, ...]:
        return bands(self.height() - 1.0)

    def _band_at(self, y: float) -> Band:
        return [band for band in self._bands if band.top <= max(y, 0.0)][-1]

    def channel_at(self, y: float) -> Channel:
        """The channel whose row lies at pixel ``y``."""
        band = self._band_at(y)
        row = int((y - band.top) / band.height * band.rows)
        return ROWS[band.first + min(max(row, 0), band.rows - 1)]

    def pressed(self, pos: QPointF, modifiers: Qt.KeyboardModifier) -> Drag | None:
        if pos.x() < GUTTER:
            names = (channel.name for channel in by_region(self._band_at(pos.y()).region))
            self.asks.channels_changed.emit(tuple(names))
        return super().pressed(pos, modifiers)

    def hovered(self, pos: QPointF) -> None:
        over = self._band_at(pos.y()).region if pos.x() < GUTTER else ""
        self.set_hover(over, Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor)

    def tip_at(self, pos: QPointF) -> str:
        if pos.x() < GUTTER:
            return f"Click to see the curves of {self._band_at(pos.y()).region}"
        layer = self.stack.overview()
        if layer is None:
            return ""
        channel = self.channel_at(pos.y())
        t = self.axis.time_of(pos.x()) - layer.offset
        said = layer.said(channel, t + layer.offset) or "outside the recording"
        if any(start + layer.track.frame_step < t < end for start, end in layer.track.gaps()):
            said = "no frames were recorded here"
        return f"{channel.name} {said}"
