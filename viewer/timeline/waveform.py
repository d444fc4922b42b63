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
    reads_values = True

    def __init__(self, asks: TimelineRequests) -> None:
        super().__init__(asks, 32)
        self.row_shown = False
        self._peaks: MinMaxPyramid | None = None
        self._rate = 1.0
        self._offset = 0.0
        self._loudest = 1.0

    def set_waveform(
        self, sound: npt.NDArray[np.float32] | MinMaxPyramid | None, rate: float, offset: float = 0.0
    ) -> None:
        """``sound``: mono samples (n,) in [-1, 1], or their pyramid made elsewhere with
        ``first_bin=FIRST_BIN``; None when the clip has none.  ``rate`` samples a second, the
        first one ``offset`` seconds into the clip."""
        if isinstance(sound, MinMaxPyramid) or sound is None:
            self._peaks = sound
        else:
            self._peaks = MinMaxPyramid(sound, FIRST_BIN) if sound.size else None
        self._rate, self._offset = max(rate, 1.0), offset
        self._loudest = 1.0
        if self._peaks is not None:
            low, high = self._peaks.columns((0, self._peaks.length))
            if np.isfinite(low).all():
                self._loudest = max(float(-low.min()), float(high.max()), 0.02)
        self.set_row(self.row_height, self._peaks is not None)
        self.picture.spoil()

    def draw(self, painter: QPainter) -> None:
        area = self.content_rect()
        middle = area.height() / 2.0
        painter.setPen(QPen(faded(self.colours.muted, 0.4), 1))
        painter.drawLine(QLineF(area.left(), middle, area.right(), middle))
        if self._peaks is None:
            return
        edges = np.floor((self.axis.column_times(int(area.width())) - self._offset) * self._rate)
        inside = (edges[1:] > 0) & (edges[:-1] < self._peaks.length)
        low, high = self._peaks.columns(np.clip(edges, 0, self._peaks.length).astype(np.intp))
        scale = (middle - 3.0) / self._loudest
        low[~inside] = np.nan
        bottom = self.height() - 1
        tops, bottoms = middle - np.float64(scale) * high.T, middle - np.float64(scale) * low.T
        mask = columns_mask(tops, bottoms, [(0, bottom)], bottom)
        painter.drawImage(GUTTER, 0, mask_image(mask.view(np.uint8), faded(self.colours.accent, 0.75)))

    def tip_at(self, pos: QPointF) -> str:
        return "Sound of the clip: drag to scrub, Shift and drag to zoom to a rectangle"
