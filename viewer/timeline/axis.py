"""The one time axis all lanes share: what is visible, and where a time lies on screen."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal

GUTTER = 136
PAD_LEFT = 8
PAD_RIGHT = 16
MIN_SPAN = 0.05
DEFAULT_STEP = 1.0 / 30.0

FloatArray = npt.NDArray[np.float64]


class TimeAxis(QObject):
    """Visible range, duration, loop, playhead and frame times of the clip, in seconds.

    ``x`` is a lane's own horizontal pixel; every lane is as wide as the next, so one mapping
    serves all.  ``changed`` follows every change that needs the lanes drawn anew;
    ``navigated`` follows only when a person zoomed or panned.
    """

    changed = Signal()
    navigated = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.duration = 0.0
        self.start = 0.0
        self.end = 1.0
        self.playhead = 0.0
        self.loop: tuple[float, float] | None = None
        self.frame_times: FloatArray = np.empty(0)
        self._frame_step = DEFAULT_STEP
        self._width = 400.0
        self._fitted = True

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
    def span(self) -> float:
        return self.end - self.start

    @property
    def pixels_per_second(self) -> float:
        return self._width / self.span

    def x_of(self, t: float) -> float:
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
        x = np.arange(columns + 1, dtype=np.float64) + GUTTER
        result: FloatArray = self.start + (x - self.left) / self.pixels_per_second
        return result

    # ---- frames --------------------------------------------------------------------------

    def set_frame_times(self, times: npt.ArrayLike) -> None:
        """Start of every video frame in seconds, rising; empty when there is no video."""
        new = np.asarray(times, np.float64).reshape(-1)
        if not np.array_equal(new, self.frame_times):
            self.frame_times = new
            self._frame_step = float(np.median(np.diff(new))) if new.size > 1 else DEFAULT_STEP
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

    def frame_shown(self, t: float) -> float:
        """The start of the frame on screen at ``t``: the last one that began."""
        times = self.frame_times
        if not times.size:
            return min(max(t, 0.0), self.duration)
        i = int(np.searchsorted(times, t + 1e-9, side="right")) - 1
        return float(times[max(i, 0)])

    def step_from(self, t: float, frames: int) -> float:
        """The frame time ``frames`` frames away from the one nearest to ``t``."""
        times = self.frame_times
        if not times.size:
            return min(max(t + frames * self.frame_step, 0.0), self.duration)
        i = int(np.searchsorted(times, self.nearest_frame(t))) + frames
        return float(times[min(max(i, 0), times.size - 1)])

    # ---- what is visible -----------------------------------------------------------------

    def set_width(self, lane_width: int) -> None:
        """Width of a whole lane in pixels, its gutter included."""
        width = float(max(lane_width - GUTTER - PAD_LEFT - PAD_RIGHT, 16))
        if width != self._width:
            self._width = width
            self.changed.emit()

    def set_duration(self, seconds: float) -> None:
        seconds = max(0.0, float(seconds))
        if seconds == self.duration:
            return
        self.duration = seconds
        if self._fitted or self.start >= seconds:
            self._apply(0.0, seconds or 1.0)
        else:
            self._apply(self.start, self.end)
        self.changed.emit()

    def set_loop(self, loop: tuple[float, float] | None) -> None:
        if loop != self.loop:
            self.loop = loop
            self.changed.emit()

    def show_range(self, start: float, end: float) -> None:
        """Show ``start`` to ``end``, kept inside the clip and no shorter than a few frames."""
        before = (self.start, self.end)
        self._apply(start, end)
        if (self.start, self.end) != before:
            self.changed.emit()

    def fit(self) -> None:
        """Show the whole clip."""
        self.show_range(0.0, self.duration or 1.0)
        self.navigated.emit()

    def zoom_at(self, factor: float, x: float) -> None:
        """Show ``factor`` times as many seconds; the time under pixel ``x`` stays there."""
        share = min(max((x - self.left) / self._width, 0.0), 1.0)
        centre = self.start + share * self.span
        whole = self.duration or 1.0
        span = min(max(self.span * factor, self._least_span()), whole)
        self.show_range(centre - share * span, centre + (1.0 - share) * span)
        self.navigated.emit()

    def pan_by(self, seconds: float) -> None:
        span = self.span
        start = min(max(self.start + seconds, 0.0), max((self.duration or 1.0) - span, 0.0))
        self.show_range(start, start + span)
        self.navigated.emit()

    def _least_span(self) -> float:
        return min(max(MIN_SPAN, 3.0 * self.frame_step), self.duration or 1.0)

    def _apply(self, start: float, end: float) -> None:
        whole = self.duration or 1.0
        span = min(max(end - start, self._least_span()), whole)
        start = min(max(start, 0.0), whole - span)
        self.start, self.end = start, start + span
        self._fitted = span >= whole * (1.0 - 1e-9)
