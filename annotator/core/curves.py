"""Values between keys, and the annotator's corrections on a recording.

The interpolations are those that never leave the range of their two keys: PCHIP (Fritsch &
Butland, through scipy), minimum jerk 10τ³−15τ⁴+6τ⁵ (Flash & Hogan 1985), linear, hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
from scipy.interpolate import PchipInterpolator

from annotator.core.model import EASES, Ease, Keyframe
from viewer.core.channels import CHANNELS, match
from viewer.core.errors import TrackFault
from viewer.core.track import Track

FloatArray = npt.NDArray[np.float64]

SETTLE_SECONDS = 0.5
"""How soon a correction fades where no neighbouring keyframe ends it earlier."""


def _segment_eases(eases: Ease | Sequence[Ease], count: int) -> list[Ease]:
    given: list[Ease] = [eases] * count if isinstance(eases, str) else list(eases)
    if len(given) < count - 1 or any(ease not in EASES for ease in given):
        raise TrackFault("the easing does not fit the keys", f"choose one of {', '.join(EASES)} for each")
    return given[: max(count - 1, 0)]


def _one_pattern(times: FloatArray, values: FloatArray, eases: Sequence[Ease], at: FloatArray) -> FloatArray:
    """Interpolate columns that are known at all of ``times``; ``eases`` one per segment."""
    if times.size == 1:
        return np.repeat(values, at.size, axis=0)
    inside = np.clip(at, times[0], times[-1])
    segment = np.clip(np.searchsorted(times, inside, side="right") - 1, 0, times.size - 2)
    before, after = values[segment], values[segment + 1]
    tau = ((inside - times[segment]) / (times[segment + 1] - times[segment]))[:, None]
    kind = np.array([EASES.index(ease) for ease in eases])[segment]
    out = before + (after - before) * tau
    smooth = kind == EASES.index("minimum-jerk")
    s = tau[smooth]
    out[smooth] = before[smooth] + (after - before)[smooth] * (s**3 * (10.0 + s * (6.0 * s - 15.0)))
    held = kind == EASES.index("hold")
    out[held] = before[held]
    curved = kind == EASES.index("pchip")
    if curved.any():
        out[curved] = PchipInterpolator(times, values, axis=0)(inside[curved])
    out = np.clip(out, np.minimum(before, after), np.maximum(before, after))
    on_last = inside >= times[segment + 1]
    out[on_last] = after[on_last]
    return np.asarray(out, np.float64)


def interpolate(
    times: npt.ArrayLike, values: npt.ArrayLike, eases: Ease | Sequence[Ease], at: npt.ArrayLike
) -> FloatArray:
    """Values (T, C) at the seconds ``at`` (T,), from keys at ``times`` (K,) with ``values`` (K, C).

    ``eases`` is one for all, or one per key: it shapes the way from that key to the next.  Keys
    are met exactly, nothing between two keys leaves their range, the ends hold.  A NaN means
    that the key says nothing about that channel; a channel without any value stays NaN.

    Raises :class:`TrackFault` when there is no key, times do not rise strictly, or shapes differ.
    """
    t = np.asarray(times, np.float64).reshape(-1)
    v = np.asarray(values, np.float64)
    seconds = np.atleast_1d(np.asarray(at, np.float64))
    if v.ndim != 2 or v.shape[0] != t.size or t.size == 0:
        raise TrackFault(f"{t.size} times do not fit keys of shape {v.shape}", "give one row of values a key")
    if not np.isfinite(t).all() or (np.diff(t) <= 0).any():
        raise TrackFault("two keyframes have the same time, or one has none", "move one of them")
    if np.isinf(v).any():
        raise TrackFault("a key holds an infinite value", "correct that value")
    segments = _segment_eases(eases, t.size)
    known = ~np.isnan(v)
    out = np.full((seconds.size, v.shape[1]), np.nan)
    if v.shape[1] == 0:
        return out
    for pattern in np.unique(known, axis=1).T:
        columns = np.flatnonzero((known == pattern[:, None]).all(axis=0))
        rows = np.flatnonzero(pattern)
        if rows.size:
            own = [segments[row] for row in rows[:-1]]
            out[:, columns] = _one_pattern(t[rows], v[np.ix_(rows, columns)], own, seconds)
    out[np.isnan(seconds)] = np.nan
    return out


def _anchors(keys: Sequence[tuple[float, float | None]]) -> tuple[list[float], list[float]]:
    """Times and offsets between which one channel's correction runs.  ``keys`` are (time, offset)
    of every keyframe, rising; None where the keyframe leaves the channel alone."""
    times: list[float] = []
    offsets: list[float] = []

    def add(time: float, offset: float) -> None:
        if times and time <= times[-1]:
            return
        times.append(time)
        offsets.append(offset)

    for index, (time, offset) in enumerate(keys):
        if offset is None:
            continue
        earlier = keys[index - 1] if index else (-np.inf, None)
        later = keys[index + 1] if index + 1 < len(keys) else (np.inf, None)
        if earlier[1] is None:
            add(max(earlier[0], time - SETTLE_SECONDS), 0.0)
        add(time, offset)
        if later[1] is None:
            add(min(later[0], time + SETTLE_SECONDS), 0.0)
    return times, offsets


def _corrections(values: Mapping[str, float]) -> dict[int, float]:
    """Column → corrected value; names that are no channel and values that are no number drop out."""
    found = {match(name): value for name, value in values.items()}
    return {
        channel.index: float(value)
        for channel, value in found.items()
        if channel is not None and np.isfinite(value)
    }


def corrected(track: Track, keyframes: Iterable[Keyframe], *, offset: float = 0.0) -> Track:
    """The recording with the annotator's corrections.

    A keyframe's ``values`` shift their channels so that the value is met at its time; the shift
    runs on (PCHIP) to the next keyframe that corrects the same channel, else fades at the
    neighbouring keyframe, at most 0.5 s away.  Everything else stays bit-exact, lost frames stay
    lost.  ``offset`` seconds are added to track time to get the keyframes' clip time.
    """
    by_time = {
        round(key.time - offset, 9): _corrections(key.values) for key in keyframes if np.isfinite(key.time)
    }
    ordered = sorted(by_time.items())
    columns = sorted({column for _, values in ordered for column in values})
    if not columns or not track.valid.any():
        return track
    values = track.values.copy()
    good = track.times[track.valid]
    for column in columns:
        recorded = track.values[track.valid, column].astype(np.float64)
        keys = [
            (time, own[column] - float(np.interp(time, good, recorded)) if column in own else None)
            for time, own in ordered
        ]
        times, offsets = _anchors(keys)
        shift = interpolate(times, np.array(offsets)[:, None], "pchip", track.times)[:, 0]
        moved = (shift != 0.0) & track.valid
        before = track.values[moved, column]
        low, high = CHANNELS[column].low, CHANNELS[column].high
        after = (before + shift[moved]).astype(np.float32)
        # A raw recording may leave its range a little; a correction never makes that worse.
        values[moved, column] = np.clip(after, np.minimum(low, before), np.maximum(high, before))
        for time, own in ordered:
            frame = track.frame_at(time)
            if column in own and track.valid[frame] and abs(track.times[frame] - time) < 1e-6:
                values[frame, column] = own[column]
    return track.replaced(values=values, valid=track.valid)
