"""Long tracks as the pixel columns of a screen: which frames lie in each, and what it covers.

A line for each column costs Python 10 to 20 ms a lane; one mask for a whole lane costs less than
one, which is what panning through a long recording needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from viewer.core.pyramid import MinMaxPyramid
from viewer.core.track import Track

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
GAP_STEPS = 1.75


class TrackShape:
    """Made once for a track: its ``pyramid``, the least and greatest value of each channel,
    its usual ``step``, how many frames before each were ``lost`` (F + 1,), and after which
    frames rows are missing (``gap_after``, (F,))."""

    def __init__(self, track: Track) -> None:
        self.track = track
        self.pyramid = MinMaxPyramid(track.values)
        self.least, self.most = self.pyramid.extent()
        self.step = track.frame_step
        self.lost = np.concatenate(([0], np.cumsum(~track.valid)))
        self.gap_after: BoolArray = np.append(np.diff(track.times) > GAP_STEPS * self.step, False)

    def columns(self, offset: float, times: npt.NDArray[np.float64]) -> Columns:
        """Which frames lie between neighbouring ``times`` (w + 1,), seconds of the clip."""
        track, count = self.track, len(self.track)
        local = times - offset
        edges = np.clip(np.searchsorted(track.times, local + 1e-9, side="right") - 1, 0, count - 1)
        inside = (local[1:] > 0) & (local[:-1] < float(track.times[-1]) + self.step)
        first, last = edges[:-1], np.maximum(edges[1:], edges[:-1] + 1)
        lost = inside & (self.lost[last] - self.lost[first] > 0)
        late = local[:-1] - track.times[first] > self.step
        gap = inside & late & (edges[1:] == first) & self.gap_after[first]
        return Columns(edges, inside, lost & ~gap, gap)


@dataclass(frozen=True)
class Columns:
    """Pixel columns (w) of a track: ``edges`` (w + 1,) frame indices, and which columns are
    ``inside`` the track, ``lost`` (any frame of them without a face) or in a ``gap``."""

    edges: npt.NDArray[np.intp]
    inside: BoolArray
    lost: BoolArray
    gap: BoolArray


def runs(flags: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Stretches [first, last) of True."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], flags, [False])).astype(np.int8)))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def joined(tops: FloatArray, bottoms: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Stretch columns (k, w) of k curves so that neighbours touch, as a drawn line does.
    NaN columns stay NaN and join nothing."""
    up, down = tops.copy(), bottoms.copy()
    up[:, 1:] = np.where(np.isnan(bottoms[:, :-1]), tops[:, 1:], np.minimum(tops[:, 1:], bottoms[:, :-1]))
    down[:, 1:] = np.where(np.isnan(tops[:, :-1]), bottoms[:, 1:], np.maximum(bottoms[:, 1:], tops[:, :-1]))
    return up, down


def columns_mask(
    tops: FloatArray, bottoms: FloatArray, bands: Sequence[tuple[int, int]], height: int
) -> BoolArray:
    """(height, w): the pixels that k curves cover, from ``tops`` to ``bottoms`` (k, w), each
    at least one pixel tall; NaN covers nothing.  A curve stays inside its band of rows
    [first, last), and no two bands overlap."""
    nowhere = np.float32(np.iinfo(np.int16).max)
    limit = float(nowhere) - 1
    first = np.where(np.isnan(tops) | np.isnan(bottoms), nowhere, np.clip(tops, -limit, limit))
    last = np.nan_to_num(np.clip(bottoms, -limit, limit), nan=-limit)
    first, last = np.floor(first).astype(np.int16), np.floor(last).astype(np.int16)
    mask = np.zeros((height, tops.shape[1]), bool)
    for k, (top, bottom) in enumerate(bands):
        top, bottom = max(top, 0), min(bottom, height)
        if top < bottom:
            y = np.arange(top, bottom, dtype=np.int16)[:, None]
            np.logical_and(y >= first[k], y <= last[k], out=mask[top:bottom])
    return mask
