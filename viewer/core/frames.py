"""When the frames of a video begin, and which of them belongs to a time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

DEFAULT_STEP = 1.0 / 30.0


class Frames:
    """Start ``times`` (n,) float64 of all frames in seconds, rising; none where there is no video, and
    then any time of the clip is as good as a frame.  ``step`` is the usual number of seconds between
    frames, 1/30 where none is known."""

    def __init__(self, times: npt.ArrayLike = (), duration: float = 0.0) -> None:
        """``duration`` of the clip in seconds keeps times inside it where there are no frames."""
        self.times = np.asarray(times, np.float64).reshape(-1)
        self.duration = duration
        self.step = float(np.median(np.diff(self.times))) if self.times.size > 1 else DEFAULT_STEP

    def number(self, t: float) -> int:
        """The place, from 0, of the frame on screen at ``t``: the last one that began."""
        return max(int(np.searchsorted(self.times, t + 1e-9, side="right")) - 1, 0)

    def shown(self, t: float) -> float:
        """When the frame on screen at ``t`` began; ``t`` itself when no frame is known."""
        return float(self.times[self.number(t)]) if self.times.size else self._inside(t)

    def nearest(self, t: float) -> float:
        """The frame time nearest to ``t``; ``t`` itself when no frame is known."""
        if not self.times.size:
            return self._inside(t)
        right = int(np.clip(np.searchsorted(self.times, t), 0, self.times.size - 1))
        around = self.times[[max(right - 1, 0), right]]
        return float(around[np.argmin(np.abs(around - t))])

    def nearest_or_end(self, t: float) -> float:
        """The nearest frame's time, or the end of the clip where that is nearer."""
        t = self._inside(t)
        frame = self.nearest(t)
        return self.duration if self.duration - t < abs(t - frame) else frame

    def moved(self, t: float, frames: int) -> float:
        """The frame time ``frames`` frames away from the one nearest to ``t``."""
        if not self.times.size:
            return self._inside(t + frames * self.step)
        at = int(np.searchsorted(self.times, self.nearest(t))) + frames
        return float(self.times[min(max(at, 0), self.times.size - 1)])

    def _inside(self, t: float) -> float:
        return min(max(t, 0.0), self.duration)
