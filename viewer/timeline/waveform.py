"""The sound of the clip as minima and maxima of each pixel column."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QLineF, QPointF
from PySide6.QtGui import QPainter, QPen

from viewer.core.columns import columns_mask
from viewer.core.pyramid import MinMaxPyramid
from viewer.scene.painting import faded, mask_image
from viewer.timeline.axis import GUTTER
from viewer.timeline.lane import Lane
from viewer.timeline.requests import TimelineRequests

FIRST_BIN = 32


class WaveformLane(Lane):
    """Hidden until there is sound."""

    title = "sound"

    def __init__(self, asks: TimelineRequests) -> None:
        super().__init__(asks, 32)
        self.row_shown = False
        self._peaks: MinMaxPyramid | None = None
        self._rate = 1.0
        self._offset = 0.0
        self._loudest = 1.0

    def set_waveform(
        self, sound: npt.NDArray[np.float32] | MinMaxPyramid | None, rate: float = 1.0, offset: float = 0.0
    ) -> None:
        """``sound``: mono samples (n,) in [-1, 1], or their pyramid made elsewhere with
        ``first_bin=FIRST_BIN``; None when the clip has none.  ``rate`` samples a second, the
        first one ``offset`` seconds into the clip."""
        if isinstance(sound, np.ndarray):
            sound = MinMaxPyramid(sound, FIRST_BIN) if sound.size else None
        self._peaks, self._rate, self._offset = sound, max(rate, 1.0), offset
        if sound is not None:
            low, high = sound.columns((0, sound.length))
            self._loudest = float(np.nanmax([0.02, -low.min(), high.max()]))
        self.show_row()
        self.picture.spoil()

    def show_row(self) -> None:
        """Show the lane while it has something to show."""
        self.set_row(self.row_height, self._peaks is not None)

    def draw(self, painter: QPainter) -> None:
        area = self.content_rect()
        middle = area.height() / 2.0
        painter.setPen(QPen(faded(self.colours.muted, 0.4), 1))
        painter.drawLine(QLineF(area.left(), middle, area.right(), middle))
        if self._peaks is not None:
            self._draw_sound(painter, self._peaks, middle)

    def _draw_sound(self, painter: QPainter, peaks: MinMaxPyramid, middle: float) -> None:
        area = self.content_rect()
        edges = np.floor((self.axis.column_times(int(area.width())) - self._offset) * self._rate)
        inside = (edges[1:] > 0) & (edges[:-1] < peaks.length)
        low, high = peaks.columns(np.clip(edges, 0, peaks.length).astype(np.intp))
        scale = (middle - 3.0) / self._loudest
        low[~inside] = np.nan
        bottom = self.height() - 1
        tops, bottoms = middle - np.float64(scale) * high.T, middle - np.float64(scale) * low.T
        mask = columns_mask(tops, bottoms, [(0, bottom)], bottom)
        painter.drawImage(GUTTER, 0, mask_image(mask.view(np.uint8), faded(self.colours.muted, 0.75)))

    def tip_at(self, pos: QPointF) -> str:
        return "Sound of the clip: drag to scrub, Shift and drag to zoom to a rectangle"
