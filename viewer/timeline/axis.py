"""The one time axis all lanes share: what is visible, and where a time lies on screen."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QObject, Signal

from viewer.core.frames import Frames

GUTTER = 136
PAD_LEFT = 8
PAD_RIGHT = 16
MIN_SPAN = 0.05

FloatArray = npt.NDArray[np.float64]
_Times = TypeVar("_Times", float, FloatArray)


class TimeAxis(QObject):
    """The lanes' common range, with the clip's duration, loop, playhead and frames, in seconds.

    The range is that of the first ViewBox that joined; the others are linked to it, and pyqtgraph
    keeps it inside the clip.  An ``x`` is a pixel of the whole timeline, its gutter included.
    """

    changed = Signal()
    """The lanes have to be drawn anew."""
    navigated = Signal()
    """A person zoomed or panned."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.duration, self.playhead = 0.0, 0.0
        self.start, self.end = 0.0, 1.0
        self.loop: tuple[float, float] | None = None
        self.video_end: float | None = None
        """Where the video ends before the clip does; None where it does not."""
        self.frames = Frames()
        self.left = self.right = float(GUTTER + PAD_LEFT)
        """The pixels of ``start`` and ``end``."""
        self.pixels_per_second = 1.0
        self._boxes: list[pg.ViewBox] = []

    def join(self, box: pg.ViewBox) -> None:
        """Give a ViewBox this time as its x, with the same limits as all others."""
        if self._boxes:
            box.setXLink(self._boxes[0])
        else:
            box.sigXRangeChanged.connect(self._measure)
            box.sigResized.connect(self._measure)
        box.sigRangeChangedManually.connect(self.navigated)
        self._boxes.append(box)
        self._limit()

    def _measure(self) -> None:
        self.start, self.end = self._boxes[0].viewRange()[0]
        self.right = self.left + max(float(self._boxes[0].width()), 16.0)
        self.pixels_per_second = (self.right - self.left) / self.span
        self.changed.emit()

    def _limit(self) -> None:
        for box in self._boxes:
            box.setLimits(xMin=0.0, xMax=self.whole, minXRange=self._least_span(), maxXRange=self.whole)

    def _least_span(self) -> float:
        return min(max(MIN_SPAN, 3.0 * self.frames.step), self.whole)

    # ---- the mapping ---------------------------------------------------------------------

    @property
    def span(self) -> float:
        """Seconds in sight."""
        return self.end - self.start

    @property
    def whole(self) -> float:
        """Seconds that can be in sight: the clip, or one where there is none."""
        return self.duration or 1.0

    def x_of(self, t: _Times) -> _Times:
        """The pixel of a time, or of many, out of sight too."""
        return self.left + (t - self.start) * self.pixels_per_second

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

    # ---- what is visible -----------------------------------------------------------------

    def set_frame_times(self, times: npt.ArrayLike) -> None:
        """Start of every video frame in seconds, rising; empty when there is no video."""
        if not np.array_equal(np.asarray(times, np.float64).reshape(-1), self.frames.times):
            self.frames = Frames(times, self.duration)
            self._limit()
            self.changed.emit()

    def set_duration(self, seconds: float) -> None:
        """Length of the clip.  A view of the whole clip stays one; another stays where it is."""
        seconds = max(0.0, float(seconds))
        if seconds == self.duration:
            return
        fitted = self.span >= self.whole * (1.0 - 1e-9)
        self.duration = self.frames.duration = seconds
        self._limit()
        if fitted or self.start >= seconds:
            self.show_range(0.0, self.whole)
        self.changed.emit()

    def set_loop(self, loop: tuple[float, float] | None) -> None:
        """The stretch that is played again and again; None for none."""
        if loop != self.loop:
            self.loop = loop
            self.changed.emit()

    def set_video_end(self, seconds: float | None) -> None:
        """Where the video ends before the clip does; None where it does not."""
        if seconds != self.video_end:
            self.video_end = seconds
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
            self.fit()
            return
        centre = min(max(self.raw_time(x), self.start), self.end)
        self._boxes[0].scaleBy(x=max(factor, self._least_span() / self.span), center=(centre, 0.0))
        self.navigated.emit()

    def pan_by(self, seconds: float) -> None:
        """Show what lies so many seconds later, as far as the clip goes."""
        self._boxes[0].translateBy(x=seconds)
        self.navigated.emit()
