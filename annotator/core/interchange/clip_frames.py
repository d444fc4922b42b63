"""The frames of a clip, for formats that count frames or mark intervals."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from annotator.core.rules import SAME_TIME
from viewer.core.cancel import CancelToken
from viewer.core.errors import StudioError
from viewer.core.track import DEFAULT_FPS

_EDGE = 1e-6


@dataclass(frozen=True)
class ClipFrames:
    """``times`` (F,) float64 are the seconds at which frames begin, empty where there is no video;
    ``rate`` is the usual frames a second, :data:`~viewer.core.track.DEFAULT_FPS` without a video;
    ``size`` the picture's width and height in pixels, ``duration`` the clip's length (s) where known."""

    times: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    rate: float = DEFAULT_FPS
    duration: float | None = None
    size: tuple[int, int] = (1, 1)

    @property
    def known(self) -> bool:
        """Whether they are those of a video."""
        return bool(self.times.size)

    def nearest(self, time: float) -> int:
        """The number, from 0, of the frame that begins nearest to ``time`` (s); beyond a video's end, and
        without one, frames go on at its rate."""
        last = self.times.size - 1
        if last < 0:
            return max(0, round(time * self.rate))
        if time > self.times[last]:
            return last + max(0, round((time - float(self.times[last])) * self.rate))
        right = int(np.searchsorted(self.times, time))
        around = [max(right - 1, 0), right]
        return min(around, key=lambda at: abs(float(self.times[at]) - time))

    def time(self, frame: float) -> float:
        """When a frame begins (s); beyond a video's end, and without one, at its rate."""
        last = self.times.size - 1
        if last < 0:
            return frame / self.rate
        number = int(frame)
        if number > last:
            end = self.duration or 0.0
            first_after = end if end > self.times[last] else float(self.times[last]) + 1 / self.rate
            return first_after + (frame - last - 1) / self.rate
        return float(self.times[max(number, 0)])

    def next_after(self, time: float) -> float:
        """When the frame after the one on screen at ``time`` begins (s)."""
        after = int(np.searchsorted(self.times, time + _EDGE, side="right"))
        return float(self.times[after]) if after < self.times.size else time + 1 / self.rate

    def snapped(self, time: float, within: float = SAME_TIME) -> tuple[float, int | None]:
        """A time ``within`` so many seconds of a frame is that frame's; with the number of the frame on
        screen there, None without a video or after its end."""
        if not self.times.size:
            return time, None
        frame = self.nearest(time)
        if frame < self.times.size and abs(float(self.times[frame]) - time) <= within:
            return float(self.times[frame]), frame
        shown = int(np.searchsorted(self.times, time + _EDGE, side="right")) - 1
        over = self.duration is not None and time > self.duration
        return time, None if over else max(shown, 0)


def frames_of(video: Path | None, cancel: CancelToken | None = None) -> ClipFrames:
    """The frames of a video; none where there is none or it cannot be read.

    Raises :class:`~viewer.core.errors.Cancelled`.
    """
    from viewer.core.video import VideoFile

    if video is None:
        return ClipFrames()
    try:
        with VideoFile.open(video, cancel) as opened:
            facts = opened.facts
            rate = facts.fps if facts.fps > 0 else DEFAULT_FPS
            return ClipFrames(opened.times, rate, facts.duration, (facts.width, facts.height))
    except StudioError:
        return ClipFrames()
