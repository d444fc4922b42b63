"""Values between keys, and the annotator's corrections on a recording.

The interpolations are those that never leave the range of their two keys: PCHIP (Fritsch &
Butland, through scipy), minimum jerk 10τ³−15τ⁴+6τ⁵ (Flash & Hogan 1985), linear, hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from annotator.core.model import EASES, Ease, Keyframe
from viewer.core.channels import CHANNELS, match
from viewer.core.errors import TrackError
from viewer.core.track import Track

FloatArray = npt.NDArray[np.float64]
FrameValues = npt.NDArray[np.float32]

SETTLE_SECONDS = 0.5
"""How soon a correction fades where no neighbouring keyframe ends it earlier."""


def _segment_eases(eases: Ease | Sequence[Ease], count: int) -> list[Ease]:
    given: list[Ease] = [eases] * count if isinstance(eases, str) else list(eases)
    if len(given) < count - 1 or any(ease not in EASES for ease in given):
        raise TrackError("the easing does not fit the keys", f"choose one of {', '.join(EASES)} for each")
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
        # A third of the whole start, were it loaded with the window.
        from scipy.interpolate import PchipInterpolator

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

    Raises :class:`TrackError` when there is no key, times do not rise strictly, or shapes differ.
    """
    t = np.asarray(times, np.float64).reshape(-1)
    v = np.asarray(values, np.float64)
    seconds = np.atleast_1d(np.asarray(at, np.float64))
    if v.ndim != 2 or v.shape[0] != t.size or t.size == 0:
        raise TrackError(
            f"{t.size} times do not fit keys of shape {v.shape}", "give one row of values per key"
        )
    if not np.isfinite(t).all() or (np.diff(t) <= 0).any():
        raise TrackError("two keyframes have the same time, or one has none", "move one of them")
    if np.isinf(v).any():
        raise TrackError("a key holds an infinite value", "correct that value")
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


def _anchors(times: Sequence[float], corrects: Sequence[bool]) -> tuple[list[float], list[int]]:
    """Between what a correction runs: times, and the keyframe whose offset holds there (-1: none).

    ``times`` of all keyframes, rising; ``corrects`` says which of them correct the channel."""
    anchors: list[float] = []
    sources: list[int] = []

    def add(time: float, source: int) -> None:
        if not anchors or time > anchors[-1]:
            anchors.append(time)
            sources.append(source)

    last = len(times) - 1
    for index, time in enumerate(times):
        if not corrects[index]:
            continue
        if index == 0 or not corrects[index - 1]:
            add(max(times[index - 1] if index else -np.inf, time - SETTLE_SECONDS), -1)
        add(time, index)
        if index == last or not corrects[index + 1]:
            add(min(times[index + 1] if index < last else np.inf, time + SETTLE_SECONDS), -1)
    return anchors, sources


def _recorded(track: Track, times: FloatArray) -> FloatArray:
    """Values (K, 61) at ``times``, linear between the frames that have the face."""
    good = np.flatnonzero(track.valid)
    seconds = track.times[good]
    after = np.clip(np.searchsorted(seconds, times), 0, good.size - 1)
    before = np.maximum(after - 1, 0)
    span = np.where(after > before, seconds[after] - seconds[before], 1.0)
    weight = np.clip((times - seconds[before]) / span, 0.0, 1.0)[:, None]
    left, right = track.values[good[before]].astype(np.float64), track.values[good[after]]
    return np.asarray(left + (right - left) * weight, np.float64)


def _corrections(values: Mapping[str, float]) -> dict[int, float]:
    """Column → corrected value; names that are no channel and values that are no number drop out."""
    found = {match(name): value for name, value in values.items()}
    return {
        channel.index: float(value)
        for channel, value in found.items()
        if channel is not None and np.isfinite(value)
    }


Corrections = tuple[float, dict[int, float]]
"""A keyframe's time in the track, and what it corrects: column → value."""


@dataclass(frozen=True)
class Corrected:
    """A recording with corrections, and what they are, so that a few of them can be changed without
    looking at all of it again."""

    recording: Track
    keys: tuple[Corrections, ...]
    track: Track


def corrected(track: Track, keyframes: Iterable[Keyframe], *, offset: float = 0.0) -> Track:
    """The recording with the annotator's corrections.

    A keyframe's ``values`` shift their channels so that the value is met at its time; the shift
    runs on (PCHIP) to the next keyframe that corrects the same channel, else fades at the
    neighbouring keyframe, at most 0.5 s away.  Everything else stays bit-exact, lost frames stay
    lost.  ``offset`` seconds are added to track time to get the keyframes' clip time.
    """
    return with_corrections(track, keyframes, offset=offset).track


def with_corrections(
    recording: Track, keyframes: Iterable[Keyframe], *, offset: float = 0.0, before: Corrected | None = None
) -> Corrected:
    """As :func:`corrected`, with what is needed to do it again with other keyframes: ``before`` is what
    an earlier call returned for the same recording.  Only frames around the keyframes that differ
    are made again; the result is the same to the bit."""
    by_time = {
        round(key.time - offset, 9): _corrections(key.values) for key in keyframes if np.isfinite(key.time)
    }
    keys = tuple(sorted(by_time.items()))
    if before is not None and (before.recording is not recording or before.track is recording):
        before = None
    if before is not None and before.keys == keys:
        return before
    if not any(own for _time, own in keys) or not recording.valid.any():
        return Corrected(recording, keys, recording)
    if before is None:
        values = recording.values.copy()
        _correct(values, recording, keys, _columns(keys), slice(0, len(recording)))
    else:
        values = before.track.values.copy()
        columns, frames = _felt(recording, before.keys, keys)
        values[frames, columns] = recording.values[frames, columns]
        _correct(values, recording, keys, columns, frames)
    values.setflags(write=False)
    return Corrected(recording, keys, replace(recording, values=values))


def _columns(keys: Sequence[Corrections]) -> list[int]:
    return sorted({column for _, own in keys for column in own})


def _felt(
    recording: Track, old: Sequence[Corrections], new: Sequence[Corrections]
) -> tuple[list[int], slice]:
    """The columns and the frames that may differ where ``new`` stand instead of ``old``.

    A PCHIP slope comes from the keys on both sides, so what changes at a key is felt up to the
    second one from it.  How a shift begins and ends also depends on whether there is another one
    of the same channel before and after, wherever that is.
    """
    least = min(len(old), len(new))
    start = next((place for place in range(least) if old[place] != new[place]), least)
    left = least - start
    end = next((place for place in range(left) if old[-1 - place] != new[-1 - place]), left)
    before, after = new[:start], new[len(new) - end :]
    columns = _columns([*before[-2:], *old[start : len(old) - end], *new[start : len(new) - end], *after[:2]])
    first = before[-2][0] if start >= 2 else -np.inf
    last = after[1][0] if end >= 2 else np.inf
    for column in columns:
        first = min(first, next((time for time, own in reversed(before) if column in own), first))
        last = max(last, next((time for time, own in after if column in own), last))
    low, high = np.searchsorted(recording.times, [first, last])
    return columns, slice(int(low), min(int(high) + 1, len(recording)))


def _correct(
    values: FrameValues, recording: Track, keys: Sequence[Corrections], columns: list[int], frames: slice
) -> None:
    """Lay the corrections of ``columns`` over the ``frames`` of ``values`` (F, 61), in place."""
    if not columns:
        return
    times = np.array([time for time, _ in keys])
    wanted = np.array([[own.get(column, np.nan) for column in columns] for _, own in keys])
    offsets = wanted - _recorded(recording, times)[:, columns]
    low = np.array([CHANNELS[column].least for column in columns], np.float32)
    high = np.array([CHANNELS[column].most for column in columns], np.float32)
    seconds, valid = recording.times[frames], recording.valid[frames]
    # Channels that the same keyframes correct run together.
    for pattern in np.unique(~np.isnan(wanted), axis=1).T:
        if not pattern.any():
            continue
        chosen = np.flatnonzero((~np.isnan(wanted) == pattern[:, None]).all(axis=0))
        anchors, sources = _anchors(times.tolist(), pattern.tolist())
        shifts = np.vstack([offsets[:, chosen], np.zeros((1, chosen.size))])[sources]
        segment = np.searchsorted(anchors, seconds)
        runs = np.array([-1, *sources, -1])
        near = np.flatnonzero(((runs[segment] >= 0) | (runs[segment + 1] >= 0)) & valid)
        place = np.ix_(near + frames.start, np.array(columns)[chosen])
        before = recording.values[place]
        shift = interpolate(anchors, shifts, "pchip", seconds[near])
        after = (before + shift).astype(np.float32)
        # A raw recording may leave its range a little; a correction never makes that worse.
        after = np.clip(after, np.minimum(low[chosen], before), np.maximum(high[chosen], before))
        values[place] = np.where(shift == 0.0, before, after)
    for time, own in keys:
        frame = recording.frame_at(time)
        exact = recording.valid[frame] and abs(recording.times[frame] - time) < 1e-6
        if exact and frames.start <= frame < frames.stop:
            for column in own.keys() & set(columns):
                values[frame, column] = own[column]
