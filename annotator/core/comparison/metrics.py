"""How far one track is from another: errors, correlation, speed and jerk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from annotator.core.comparison.events import blinks, broken_limits
from annotator.core.comparison.lag import lag
from annotator.core.comparison.measures import (
    Both,
    ChannelErrors,
    Errors,
    KeyframeErrors,
    RegionDifference,
    RegionErrors,
    TrackComparison,
    Unit,
)
from annotator.core.comparison.worst import worst_moments
from viewer.core.cancel import CancelToken
from viewer.core.channels import CHANNELS, REGIONS, SHAPE_COUNT, Region
from viewer.core.errors import TrackError
from viewer.core.track import Track

Array = npt.NDArray[np.float64]

_GAP = 1.75
_MOVES = 1e-6
_DECIMALS = 6


def compare(
    a: Track,
    b: Track,
    keyframe_times: Sequence[float] = (),
    cancel: CancelToken | None = None,
    *,
    offset: float = 0.0,
) -> TrackComparison:
    """Measure how far track ``b`` is from track ``a``.

    ``b`` is interpolated at the frames of ``a``; frames where either lost the face, or that lie
    outside ``b``, are left out.

    Parameters
    ----------
    a, b : Track
        Their times are seconds from their first frame.  Weights are compared as weights, rotations in
        degrees; what is told of several channels is of one of the two kinds.
    keyframe_times : sequence of float
        Seconds of ``a`` at which errors are told by themselves.
    cancel : CancelToken, optional
        Gives up between the steps.
    offset : float
        Seconds that are added to times of ``a`` to get those of ``b``.

    Returns
    -------
    TrackComparison
        Numbers are rounded to six decimals.

    Raises
    ------
    TrackError
        When the two share no channel or no frame with a face.
    Cancelled
        When ``cancel`` says so.
    """
    cancel = cancel or CancelToken()
    both = np.asarray(a.present & b.present, bool)
    if not both.any():
        raise TrackError("the two tracks have no channel in common", "choose two tracks of faces")
    there = a.times + offset
    inside = (there <= b.times[-1] + b.frame_step / 2) & (there >= -b.frame_step / 2)
    other = b.sample(there)
    used = a.valid & inside & np.isfinite(other).all(axis=1)
    if not used.any():
        raise TrackError("the two tracks share no frame with a face", "choose tracks that overlap in time")
    cancel.check()
    times = a.times[used]
    mine, theirs = a.values[used].astype(np.float64), other[used].astype(np.float64)
    difference = theirs - mine
    correlations = _correlations(mine, theirs)
    cancel.check()
    pieces = _pieces(times, a.frame_step)
    speed, jerk = (
        Both(_peaks(mine, times, pieces, order), _peaks(theirs, times, pieces, order)) for order in (1, 3)
    )
    shapes = both.copy()
    shapes[SHAPE_COUNT:] = False
    if not shapes.any():
        # Of rotations alone: degrees throughout.
        shapes = both
    regions = {
        region: columns
        for region in REGIONS
        if (columns := both & np.array([channel.region == region for channel in CHANNELS])).any()
    }
    return TrackComparison(
        frames=int(used.sum()),
        left_out=int((~used).sum()),
        seconds=_rounded(times[-1] - times[0]),
        overall=_errors(difference, correlations, shapes),
        regions={
            region: RegionErrors(
                **vars(_errors(difference, correlations, columns)),
                worst=next(iter(worst_moments(times, difference, columns, 1)), None),
            )
            for region, columns in regions.items()
        },
        channels={
            channel.name: ChannelErrors(
                channel.region,
                **vars(_errors(difference, correlations, _only(channel.index))),
                bias=_rounded(difference[:, channel.index].mean()),
                speed_a=_rounded(speed.a[channel.index]),
                speed_b=_rounded(speed.b[channel.index]),
                jerk_a=_rounded(jerk.a[channel.index]),
                jerk_b=_rounded(jerk.b[channel.index]),
            )
            for channel in CHANNELS
            if both[channel.index]
        },
        speed=Both(_rounded(speed.a[shapes].max()), _rounded(speed.b[shapes].max())),
        jerk=Both(_rounded(jerk.a[shapes].max()), _rounded(jerk.b[shapes].max())),
        blinks=Both(
            blinks(a, float(times[0]), float(times[-1])),
            blinks(b, float(times[0]) + offset, float(times[-1]) + offset),
        ),
        limits=Both(broken_limits(mine), broken_limits(theirs)),
        lag=lag(a, b, offset),
        moments=tuple(worst_moments(times, difference, shapes)),
        keyframes=tuple(_keyframe(a, b, float(t), offset, shapes, regions) for t in keyframe_times),
        only_in_a=tuple(c.name for c in CHANNELS if a.present[c.index] and not b.present[c.index]),
        only_in_b=tuple(c.name for c in CHANNELS if b.present[c.index] and not a.present[c.index]),
    )


def _unit(columns: npt.NDArray[np.bool_]) -> Unit:
    return "degrees" if columns[SHAPE_COUNT:].any() else "weight"


def _only(index: int) -> npt.NDArray[np.bool_]:
    columns = np.zeros(len(CHANNELS), bool)
    columns[index] = True
    return columns


def _errors(difference: Array, correlations: Array, columns: npt.NDArray[np.bool_]) -> Errors:
    d = difference[:, columns]
    moving = correlations[columns]
    moving = moving[np.isfinite(moving)]
    return Errors(
        unit=_unit(columns),
        mae=_rounded(np.abs(d).mean()),
        rmse=_rounded(np.sqrt(np.square(d).mean())),
        max=_rounded(np.abs(d).max()),
        correlation=_rounded(moving.mean()) if moving.size else None,
    )


def _correlations(mine: Array, theirs: Array) -> Array:
    """Pearson's r (61,); NaN for channels that rest in either track."""
    x, y = mine - mine.mean(axis=0), theirs - theirs.mean(axis=0)
    deviations = np.sqrt(np.square(x).mean(axis=0)), np.sqrt(np.square(y).mean(axis=0))
    moves = (deviations[0] > _MOVES) & (deviations[1] > _MOVES)
    scale = np.where(moves, deviations[0] * deviations[1], 1.0)
    return np.where(moves, np.clip((x * y).mean(axis=0) / scale, -1.0, 1.0), np.nan)


def _pieces(times: Array, step: float) -> list[slice]:
    """Stretches of frames without a gap: what lies across a gap is no movement."""
    ends = np.flatnonzero(np.diff(times) > _GAP * step) + 1
    edges = [0, *(int(end) for end in ends), times.size]
    return [slice(start, end) for start, end in pairwise(edges)]


def _peaks(values: Array, times: Array, pieces: list[slice], order: int) -> Array:
    """The highest absolute derivative of an order, per channel (61,); 0 where there are too few
    frames to tell."""
    peak = np.zeros(values.shape[1])
    for piece in pieces:
        if piece.stop - piece.start <= order:
            continue
        changing, at = values[piece], times[piece]
        for _ in range(order):
            changing = np.diff(changing, axis=0) / np.diff(at)[:, None]
            at = (at[1:] + at[:-1]) / 2
        peak = np.maximum(peak, np.abs(changing).max(axis=0))
    return peak


def _keyframe(
    a: Track,
    b: Track,
    time_in_a: float,
    offset: float,
    columns: npt.NDArray[np.bool_],
    regions: Mapping[Region, npt.NDArray[np.bool_]],
) -> KeyframeErrors:
    nothing = KeyframeErrors(_rounded(time_in_a), None, None, None, None, {})
    time_in_b = time_in_a + offset
    if not 0 <= time_in_a <= a.duration or not 0 <= time_in_b <= b.duration:
        return nothing
    difference = (b.sample([time_in_b]) - a.sample([time_in_a]))[0].astype(np.float64)
    if not np.isfinite(difference).all():
        return nothing
    distance = np.where(columns, np.abs(difference), 0.0)
    return KeyframeErrors(
        time_in_track=_rounded(time_in_a),
        mae=_rounded(distance[columns].mean()),
        rmse=_rounded(np.sqrt(np.square(distance[columns]).mean())),
        max=_rounded(distance.max()),
        worst=CHANNELS[int(distance.argmax())].name,
        regions={
            region: RegionDifference(_rounded(apart.mean()), _rounded(apart.max()))
            for region, mine in regions.items()
            for apart in (np.abs(difference[mine]),)
        },
    )


def _rounded(value: float | np.floating[Any]) -> float:
    return round(float(value), _DECIMALS)
