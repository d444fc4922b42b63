"""The channels sorted by where takes differ, with small curves to see how."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from annotator.core.comparison.measures import TrackComparison
from viewer.core.channels import BY_NAME
from viewer.core.track import Track

CURVE_POINTS = 96


@dataclass(frozen=True)
class ChannelDifference:
    """How each take differs from the reference in one channel: mean |difference| and correlation
    a take, in the order of the takes, None where it cannot be told."""

    channel: str
    region: str
    errors: tuple[float | None, ...]
    correlations: tuple[float | None, ...]

    @property
    def largest(self) -> float:
        """The largest mean |difference| of any take, as a share of what the channel may reach, so that
        turns and shapes can be told apart by size; 0 where none can be told."""
        return max((error for error in self.errors if error is not None), default=0.0) / self._most

    @property
    def _most(self) -> float:
        return BY_NAME[self.channel].most


def sorted_differences(comparisons: Sequence[TrackComparison | None]) -> list[ChannelDifference]:
    """Channels of :func:`annotator.core.comparison.metrics.compare` results, one result a take
    (None where it could not be compared); the largest mean difference of any take first."""
    names = dict.fromkeys(name for found in comparisons if found for name in found.channels)
    rows = []
    for name in names:
        cells = [None if found is None else found.channels.get(name) for found in comparisons]
        rows.append(
            ChannelDifference(
                name,
                BY_NAME[name].region,
                tuple(None if cell is None else cell.mae for cell in cells),
                tuple(None if cell is None else cell.correlation for cell in cells),
            )
        )
    return sorted(rows, key=lambda row: (-row.largest, row.channel))


def small_curves(
    track: Track, start: float, end: float, offset: float = 0.0, points: int = CURVE_POINTS
) -> npt.NDArray[np.float32]:
    """All channels at ``points`` moments (points, 61) from ``start`` to ``end`` seconds of the
    clip, in which the track begins at ``offset``; NaN outside the track and where the face was
    lost.  Between two moments the value farthest from their mean is kept, so that a blink shows.
    """
    edges = np.linspace(start, max(end, start + 1e-6), points + 1) - offset
    middles = (edges[:-1] + edges[1:]) / 2
    out = track.sample(middles).astype(np.float32)
    out[(middles < -track.frame_step) | (middles > track.duration)] = np.nan
    first = np.searchsorted(track.times, edges[:-1])
    last = np.searchsorted(track.times, edges[1:])
    for i in np.flatnonzero(last - first > 1):
        part = track.values[first[i] : last[i]]
        part = part[track.valid[first[i] : last[i]]]
        if len(part):
            away = np.abs(part - part.mean(axis=0))
            out[i] = np.take_along_axis(part, away.argmax(axis=0)[None], axis=0)[0]
    return out
