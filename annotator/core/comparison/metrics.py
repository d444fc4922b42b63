"""How far one track is from another: errors, correlation, speed and jerk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from annotator.core.comparison.events import blinks, broken_limits
from annotator.core.comparison.lag import lag
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
) -> dict[str, Any]:
    """Compare ``b`` with ``a``, both counted in seconds from their first frame; ``offset`` seconds
    are added to the times of ``a`` (and of ``keyframe_times``) to get those of ``b``.

    ``b`` is interpolated at the frames of ``a``; frames where either lost the face, or that lie
    outside ``b``, are left out.  The answer holds only JSON values:

    - ``frames``, ``left_out``: frames of ``a`` compared and not; ``seconds``: their extent
    - ``overall``: ``mae``, ``rmse``, ``max`` over the blendshapes both have, ``correlation``
      (mean over the channels that move in both, else None)
    - ``regions``: the same for each region; rotations are in their own regions and unit
    - ``channels``: the same for each channel, with ``region``, ``bias`` (mean of b − a), and peak
      ``speed_a``, ``speed_b`` (1/s) and ``jerk_a``, ``jerk_b`` (1/s³)
    - ``speed``, ``jerk``: the highest peaks over the blendshapes, ``{"a": …, "b": …}``
    - ``blinks``: how many of each there are in that time, ``{"a": …, "b": …}``
    - ``limits``: for ``a`` and ``b`` how many of these ``frames`` break a limit of a face, and how
      many each of the ``rules``
    - ``lag``: ``seconds`` that ``b`` comes later, and the ``correlation`` without that; None where
      nothing moves alike
    - ``moments``: where the blendshapes differ most, worst first; ``worst`` in each region is its
      worst one; see :class:`~annotator.core.comparison.worst.Moment`
    - ``keyframes``: at each of ``keyframe_times`` (seconds): ``mae``, ``rmse``, ``max``, ``worst``
      channel, and ``mae`` and ``max`` by ``regions``; None where it cannot be told
    - ``only_in_a``, ``only_in_b``: channels that the other one lacks

    Raises :class:`TrackError` when they share no channel or no frame.
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
        raise TrackError(
            "the two tracks share no frame with a face", "choose tracks that overlap in time"
        )
    cancel.check()
    times = a.times[used]
    mine, theirs = a.values[used].astype(np.float64), other[used].astype(np.float64)
    difference = theirs - mine
    correlations = _correlations(mine, theirs)
    cancel.check()
    pieces = _pieces(times, a.frame_step)
    peaks = {
        "speed": (_peaks(mine, times, pieces, 1), _peaks(theirs, times, pieces, 1)),
        "jerk": (_peaks(mine, times, pieces, 3), _peaks(theirs, times, pieces, 3)),
    }
    shapes = both.copy()
    shapes[SHAPE_COUNT:] = False
    if not shapes.any():
        shapes = both
    regions = {
        region: columns
        for region in REGIONS
        if (columns := both & np.array([channel.region == region for channel in CHANNELS])).any()
    }
    return {
        "frames": int(used.sum()),
        "left_out": int((~used).sum()),
        "seconds": _number(times[-1] - times[0]),
        "overall": _errors(difference, correlations, shapes),
        "regions": {
            region: {
                **_errors(difference, correlations, columns),
                "worst": next((m.to_json() for m in worst_moments(times, difference, columns, 1)), None),
            }
            for region, columns in regions.items()
        },
        "channels": {
            channel.name: {
                "region": channel.region,
                **_errors(difference, correlations, _only(channel.index)),
                "bias": _number(difference[:, channel.index].mean()),
                **{
                    f"{what}_{side}": _number(values[channel.index])
                    for what, sides in peaks.items()
                    for side, values in zip("ab", sides, strict=True)
                },
            }
            for channel in CHANNELS
            if both[channel.index]
        },
        **{
            what: {side: _number(values[shapes].max()) for side, values in zip("ab", sides, strict=True)}
            for what, sides in peaks.items()
        },
        "blinks": {
            "a": blinks(a, float(times[0]), float(times[-1])),
            "b": blinks(b, float(times[0]) + offset, float(times[-1]) + offset),
        },
        "limits": {"a": broken_limits(mine), "b": broken_limits(theirs)},
        "lag": lag(a, b, offset),
        "moments": [moment.to_json() for moment in worst_moments(times, difference, shapes)],
        "keyframes": [_keyframe(a, b, float(t), offset, shapes, regions) for t in keyframe_times],
        "only_in_a": [c.name for c in CHANNELS if a.present[c.index] and not b.present[c.index]],
        "only_in_b": [c.name for c in CHANNELS if b.present[c.index] and not a.present[c.index]],
    }


def _only(index: int) -> npt.NDArray[np.bool_]:
    columns = np.zeros(len(CHANNELS), bool)
    columns[index] = True
    return columns


def _errors(difference: Array, correlations: Array, columns: npt.NDArray[np.bool_]) -> dict[str, Any]:
    d = difference[:, columns]
    moving = correlations[columns]
    moving = moving[np.isfinite(moving)]
    return {
        "mae": _number(np.abs(d).mean()),
        "rmse": _number(np.sqrt(np.square(d).mean())),
        "max": _number(np.abs(d).max()),
        "correlation": _number(moving.mean()) if moving.size else None,
    }


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
    a: Track, b: Track, time: float, offset: float, columns: npt.NDArray[np.bool_],
    regions: Mapping[Region, npt.NDArray[np.bool_]],
) -> dict[str, Any]:
    nothing: dict[str, Any] = {
        "time": _number(time), "mae": None, "rmse": None, "max": None, "worst": None, "regions": {},
    }
    if not np.isfinite(time) or time < 0 or time > a.duration or not 0 <= time + offset <= b.duration:
        return nothing
    difference = (b.sample([time + offset]) - a.sample([time]))[0].astype(np.float64)
    if not np.isfinite(difference).all():
        return nothing
    distance = np.where(columns, np.abs(difference), 0.0)
    return {
        "time": _number(time),
        "mae": _number(distance[columns].mean()),
        "rmse": _number(np.sqrt(np.square(distance[columns]).mean())),
        "max": _number(distance.max()),
        "worst": CHANNELS[int(distance.argmax())].name,
        "regions": {
            region: {"mae": _number(apart.mean()), "max": _number(apart.max())}
            for region, mine in regions.items()
            for apart in (np.abs(difference[mine]),)
        },
    }


def _number(value: Any) -> float | None:
    number = float(value)
    return round(number, _DECIMALS) if np.isfinite(number) else None
