"""The one time axis all lanes share: what is visible, and where a time lies on screen."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QObject, Signal

GUTTER = 136
PAD_LEFT = 8
PAD_RIGHT = 16
MIN_SPAN = 0.05
DEFAULT_STEP = 1.0 / 30.0

FloatArray = npt.NDArray[np.float64]


class TimeAxis(QObject):
    """The lanes' common range, with the clip's duration, loop, playhead and frame times, in seconds.

    The range is that of the first ViewBox that joined; the others are linked to it, and pyqtgraph
    keeps it inside the clip.  An ``x`` is a pixel of the whole timeline, its gutter included.
    """

    changed = Signal()
    """The lanes have to be drawn anew."""
    navigated = Signal()
    """A person zoomed or panned."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.duration = 0.0
        self.start, self.end = 0.0, 1.0
        self.playhead = 0.0
        self.loop: tuple[float, float] | None = None
        self.frame_times: FloatArray = np.empty(0)
        self._frame_step = DEFAULT_STEP
        self._boxes: list[pg.ViewBox] = []

    def join(self, box: pg.ViewBox) -> None:
        """Give a ViewBox this time as its x, with the same limits as all others."""
        if self._boxes:
            box.setXLink(self._boxes[0])
        else:
            box.sigXRangeChanged.connect(self._ranged)
            box.sigResized.connect(self.changed)
        box.sigRangeChangedManually.connect(self.navigated)
        self._boxes.append(box)
        self._limit()

    def _ranged(self, _box: pg.ViewBox, seen: tuple[float, float]) -> None:
        self.start, self.end = seen
        self.changed.emit()

    def _limit(self) -> None:
        for box in self._boxes:
            box.setLimits(xMin=0.0, xMax=self.whole, minXRange=self._least_span(), maxXRange=self.whole)

    # ---- the mapping ---------------------------------------------------------------------

    @property
    def left(self) -> float:
        """The pixel of ``start``."""
        return float(GUTTER + PAD_LEFT)

    @property
    def right(self) -> float:
        """The pixel of ``end``."""
        return self.left + self._width

    @property
    def _width(self) -> float:
        return max(float(self._boxes[0].width()), 16.0) if self._boxes else 400.0

    @property
    def span(self) -> float:
        """Seconds in sight."""
        return self.end - self.start

    @property
    def whole(self) -> float:
        """Seconds that can be in sight: the clip, or one where there is none."""
        return self.duration or 1.0

    @property
    def pixels_per_second(self) -> float:
        """How far apart two seconds lie."""
        return self._width / self.span

    def x_of(self, t: float) -> float:
        """The pixel of a time, out of sight too."""
        return self.left + (t - self.start) * self.pixels_per_second

    def xs_of(self, times: npt.ArrayLike) -> FloatArray:
        """Pixels of many times at once."""
        result: FloatArray = self.left + (np.asarray(times, np.float64) - self.start) * self.pixels_per_second
        return result

    def raw_time(self, x: float) -> float:
        """Seconds at pixel ``x``, before and after the clip too."""
        return self.start + (x - self.left) / self.pixels_per_second

    def time_of(self, x: float) -> float:
        """Seconds at pixel ``x``, kept inside the clip."""
        return min(max(self.raw_time(x), 0.0), self.duration)

    def column_times(self, columns: int) -> FloatArray:
        """Edges (columns + 1,) in seconds of the pixel columns that begin at the gutter."""
        result: FloatArray = self.raw_time(GUTTER) + np.arange(columns + 1) / self.pixels_per_second
        return result

    # ---- frames --------------------------------------------------------------------------

    def set_frame_times(self, times: npt.ArrayLike) -> None:
        """Start of every video frame in seconds, rising; empty when there is no video."""
        new = np.asarray(times, np.float64).reshape(-1)
        if not np.array_equal(new, self.frame_times):
            self.frame_times = new
            self._frame_step = float(np.median(np.diff(new))) if new.size > 1 else DEFAULT_STEP
            self._limit()
            self.changed.emit()

    @property
    def frame_step(self) -> float:
        """The usual seconds between frames; 1/30 when no frame is known."""
        return self._frame_step

    def nearest_frame(self, t: float) -> float:
        """The frame time nearest to ``t``; ``t`` itself when no frame is known."""
        times = self.frame_times
        if not times.size:
            return min(max(t, 0.0), self.duration)
        right = int(np.clip(np.searchsorted(times, t), 0, times.size - 1))
        left = max(right - 1, 0)
        return float(times[left] if t - times[left] <= times[right] - t else times[right])

    def frame_or_end(self, t: float) -> float:
        """The nearest frame's time, or the end of the clip where that is nearer."""
        t = min(max(t, 0.0), self.duration)
        frame = self.nearest_frame(t)
        return self.duration if self.duration - t < abs(t - frame) else frame

    def frame_shown(self, t: float) -> float:
        """The start of the frame on screen at ``t``: the last one that began."""
        if not self.frame_times.size:
            return min(max(t, 0.0), self.duration)
        return float(self.frame_times[self.frame_at(t)])

    def frame_at(self, t: float) -> int:
        """The number of the frame on screen at ``t``."""
        return max(int(np.searchsorted(self.frame_times, t + 1e-9, side="right")) - 1, 0)

    def step_from(self, t: float, frames: int) -> float:
        """The frame time ``frames`` frames away from the one nearest to ``t``."""
        times = self.frame_times
        if not times.size:
            return min(max(t + frames * self.frame_step, 0.0), self.duration)
        i = int(np.searchsorted(times, self.nearest_frame(t))) + frames
        return float(times[min(max(i, 0), times.size - 1)])

    # ---- what is visible -----------------------------------------------------------------

    def set_duration(self, seconds: float) -> None:
        """Length of the clip.  A view of the whole clip stays one; another stays where it is."""
        seconds = max(0.0, float(seconds))
        if seconds == self.duration:
            return
        fitted = self.span >= self.whole * (1.0 - 1e-9)
        self.duration = seconds
        self._limit()
        if fitted or self.start >= seconds:
            self.show_range(0.0, self.whole)
        self.changed.emit()

    def set_loop(self, loop: tuple[float, float] | None) -> None:
        """The stretch that is played again and again; None for none."""
        if loop != self.loop:
            self.loop = loop
            self.changed.emit()

    def show_range(self, start: float, end: float) -> None:
        """Show ``start`` to ``end``, kept inside the clip and no shorter than a few frames."""
        self._boxes[0].setXRange(start, end, padding=0)

    def fit(self) -> None:
        """Show the whole clip."""
        self.show_range(0.0, self.whole)
        self.navigated.emit()

    def zoom_at(self, factor: float, x: float) -> None:
        """Show ``factor`` times as many seconds; the time under pixel ``x`` stays there."""
        if self.span * factor >= self.whole:
            self.show_range(0.0, self.whole)
        else:
            centre = min(max(self.raw_time(x), self.start), self.end)
            self._boxes[0].scaleBy(x=max(factor, self._least_span() / self.span), center=(centre, 0.0))
        self.navigated.emit()

    def pan_by(self, seconds: float) -> None:
        """Show what lies so many seconds later, as far as the clip goes."""
        self._boxes[0].translateBy(x=seconds)
        self.navigated.emit()

    def _least_span(self) -> float:
        return min(max(MIN_SPAN, 3.0 * self.frame_step), self.whole)
