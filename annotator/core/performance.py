"""A performance: generated keyframes, timed and interpolated into a track.

Durations follow EVIDENCE: an expression takes 0.5 to 4 s, letting go is slower than coming up.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from annotator.core.curves import interpolate
from annotator.core.generation.facs.limits import SMILE_AND_FROWN, enforce
from annotator.core.generation.protocol import GenerationResult, PlannedKeyframe
from annotator.core.model import EASES, Ease
from viewer.core.channels import CHANNEL_COUNT, INDEX
from viewer.core.errors import GenerationFault
from viewer.core.track import DEFAULT_FPS, FloatArray, Track

Times = Sequence[float] | npt.NDArray[np.float64]

MAX_JUMP = 0.25
"""The most a channel may change in one frame at 60 fps."""

ONSET = 0.5
"""Seconds in which a neutral face takes the first pose."""

_LIMITED_JUMP = 0.8 * MAX_JUMP  # leaves room for what the limits move
_HOLD = 0.4
_TAIL = 1.0
_LEAST_ONSET = 0.25
_FIRST = 0.6
_MOST_FRAMES = 1_000_000

# Going from one to the other leads through the middle, so these run as one signed channel.
_OPPOSITES = tuple(
    (INDEX[a], INDEX[b])
    for a, b in (
        ("JawRight", "JawLeft"),
        ("MouthRight", "MouthLeft"),
        ("EyeLookInLeft", "EyeLookOutLeft"),
        ("EyeLookInRight", "EyeLookOutRight"),
        ("EyeLookUpLeft", "EyeLookDownLeft"),
        ("EyeLookUpRight", "EyeLookDownRight"),
        ("EyeBlinkLeft", "EyeWideLeft"),
        ("EyeBlinkRight", "EyeWideRight"),
    )
)

_SMILES = tuple((INDEX[f"MouthSmile{side}"], INDEX[f"MouthFrown{side}"]) for side in ("Left", "Right"))


def natural_times(values: npt.ArrayLike) -> list[float]:
    """Seconds for keys (K, 61) that nobody timed: a bigger change takes longer, and letting go
    1.7 times as long as coming up."""
    keys = np.asarray(values, np.float64)
    times = [_FIRST]
    for before, after in itertools.pairwise(keys):
        size = float(np.abs(after - before).max())
        slower = 1.7 if np.abs(after).sum() < np.abs(before).sum() else 1.0
        times.append(times[-1] + float(np.clip((0.7 + 0.8 * size) * slower, 0.8, 3.0)))
    return times


def _spread(times: Times, values: npt.ArrayLike) -> list[float]:
    """As many times as there are keys, along the annotated ``times``."""
    rising = sorted(max(float(time), 0.0) for time in times)
    natural = natural_times(values)
    if len(rising) == len(natural):
        return rising
    if len(rising) == 1:
        return [rising[0] + time - natural[0] for time in natural]
    places = np.linspace(0, len(rising) - 1, len(natural)) if len(natural) > 1 else np.zeros(1)
    return [float(time) for time in np.interp(places, np.arange(len(rising)), rising)]


def _timed(
    values: npt.ArrayLike,
    times: Times | None,
    plan: Sequence[PlannedKeyframe],
    duration: float | None,
) -> list[float]:
    keys = np.asarray(values)
    if times is not None and len(times):
        return _spread(times, keys)
    chosen = [step.time for step in plan] if len(plan) == len(keys) else natural_times(keys)
    # Planned times know nothing of the clip's length.
    if duration is not None and chosen[-1] > duration - _HOLD and chosen[-1] > 0:
        chosen = [time * max(duration - _HOLD, 0.5 * duration) / chosen[-1] for time in chosen]
    return chosen


def _on_frames(times: Sequence[float], fps: float) -> list[int]:
    """The frames of rising times, at least one apart."""
    frames: list[int] = []
    for time in times:
        frame = max(round(time * fps), 0)
        frames.append(max(frame, frames[-1] + 1) if frames else frame)
    return frames


def _slowed(values: npt.NDArray[np.float64], frames: Sequence[int], most: float) -> None:
    """Limit in place what a channel changes a frame to ``most``, or to the even pace where two
    keys are too close for that; the rows of ``frames`` stay as they are."""
    for start, end in itertools.pairwise(frames):
        part = values[start : end + 1]
        columns = np.flatnonzero(np.abs(np.diff(part, axis=0)).max(axis=0) > most)
        if not columns.size:
            continue
        goal = part[-1, columns]
        pace = np.maximum(most, np.abs(goal - part[0, columns]) / (end - start))
        for row in range(1, end - start):
            before = part[row - 1, columns]
            wanted = np.clip(part[row, columns], before - pace, before + pace)
            reach = pace * (end - start - row)
            part[row, columns] = np.clip(wanted, goal - reach, goal + reach)


def _frames_between(
    frames: Sequence[int], keys: npt.NDArray[np.float64], eases: Sequence[Ease], count: int, fps: float
) -> npt.NDArray[np.float64]:
    """All ``count`` rows: interpolated, never too fast, within the limits, keys exact."""
    joined = keys.copy()
    for one, other in _OPPOSITES:
        joined[:, one] -= joined[:, other]
        joined[:, other] = 0.0
    values = interpolate(np.asarray(frames, np.float64), joined, eases, np.arange(count))
    _slowed(values, frames, _LIMITED_JUMP * DEFAULT_FPS / fps)
    for one, other in _OPPOSITES:
        values[:, other] = np.maximum(-values[:, one], 0.0)
        values[:, one] = np.maximum(values[:, one], 0.0)
    for smile, frown in _SMILES:
        # The limits would drop one of the two at once; both giving way is continuous.
        excess = np.minimum(values[:, smile], values[:, frown]) - (SMILE_AND_FROWN - 1e-3)
        values[:, [smile, frown]] -= np.maximum(excess, 0.0)[:, None]
    values = enforce(values).astype(np.float64)
    values[list(frames)] = keys
    return values


def perform(
    result: GenerationResult | tuple[Times | None, npt.ArrayLike],
    *,
    times: Times | None = None,
    fps: float = DEFAULT_FPS,
    duration: float | None = None,
    eases: Sequence[str] | str | None = None,
    rest_before: float = ONSET,
    rest_after: float | None = None,
    name: str = "",
) -> Track:
    """Generated keyframes, or ``(times, values (K, 61))``, as a track of ``fps`` frames a second.

    ``times`` are the annotated keyframes' seconds: one each where there are as many, else the
    keys spread along them; without any, the plan's times, else natural ones, made to fit into
    ``duration``.  ``eases`` shape the way from each key to the next (default PCHIP).  The face
    is neutral until ``rest_before`` seconds before the first key, if there is room; the last
    pose holds to the end, or relaxes in ``rest_after`` seconds.  Keyframes with an error are
    left out.

    Every frame respects the limits, keys are met exactly on the nearest frame, and no channel
    jumps more than :data:`MAX_JUMP` a frame at 60 fps unless two keys are too close for it.
    ``meta["key_times"]`` holds a time for each keyframe, failed ones too.

    Raises :class:`GenerationFault` when there is no usable keyframe or the track is too long.
    """
    if isinstance(result, GenerationResult):
        failed = [bool(keyframe.error) for keyframe in result.keyframes]
        given = [keyframe.values for keyframe in result.keyframes]
        plan: Sequence[PlannedKeyframe] = result.plan
        told = next(iter(result.errors), "")
    else:
        own_times, own_values = result
        times = own_times if times is None else times
        given = list(np.atleast_2d(np.asarray(own_values, np.float32))) if np.size(own_values) else []
        failed, plan, told = [False] * len(given), (), ""
    _check(given, failed, told, fps)
    enforced = _limited(np.array(given, np.float32))
    frames = _on_frames(_timed(enforced, times, plan, duration), fps)
    good = [index for index, bad in enumerate(failed) if not bad]
    chosen = _eases(eases, len(given))
    spots, keys, ways = [frames[i] for i in good], enforced[good], [chosen[i] for i in good]
    neutral = np.zeros((1, CHANNEL_COUNT))
    if rest_before > 0 and spots[0] >= _LEAST_ONSET * fps:
        start = max(spots[0] - round(rest_before * fps), 0)
        spots, keys, ways = [start, *spots], np.vstack([neutral, keys]), ["minimum-jerk", *ways]
    if rest_after is not None and rest_after > 0:
        hold = spots[-1] + round(_HOLD * fps)
        spots = [*spots, hold, hold + max(round(rest_after * fps), 1)]
        keys, ways = np.vstack([keys, keys[-1:], neutral]), [*ways[:-1], "hold", "minimum-jerk", "hold"]
    least = (
        spots[-1] + 1 if duration is not None or rest_after is not None else spots[-1] + round(_TAIL * fps)
    )
    count = max(least, round((duration or 0.0) * fps))
    if count > _MOST_FRAMES:
        raise GenerationFault("that performance is too long", "move the last keyframe to an earlier time")
    values = _frames_between(spots, keys, ways, count, fps)
    return Track.build(
        np.arange(count) / fps,
        values,
        name=name,
        format="take",
        meta={"key_times": [frame / fps for frame in frames], "eases": list(chosen)},
    )


def _check(given: Sequence[FloatArray], failed: Sequence[bool], told: str, fps: float) -> None:
    if not 1 <= fps <= 1000:
        raise GenerationFault(f"{fps:g} frames a second is not usable", "choose a rate from 1 to 1000")
    if all(failed):
        what, _, todo = told.partition(" – ")
        raise GenerationFault(
            what or "there is no keyframe to perform", todo or "describe at least one keyframe"
        )
    if any(np.shape(row) != (CHANNEL_COUNT,) or not np.isfinite(row).all() for row in given):
        raise GenerationFault("a keyframe's values are no 61 numbers", "generate that keyframe again")


def _limited(keys: FloatArray) -> npt.NDArray[np.float64]:
    """Keys (K, 61) within their ranges and the limits; float32 values, so that they survive."""
    limited = enforce(keys)
    for one, other in _OPPOSITES:
        both = np.minimum(limited[:, one], limited[:, other])
        limited[:, one] -= both
        limited[:, other] -= both
    return limited.astype(np.float64)


def _eases(eases: Sequence[str] | str | None, count: int) -> list[Ease]:
    """One known ease for each key; PCHIP where none was chosen."""
    chosen = [eases] * count if isinstance(eases, str) else list(eases or ())
    known: dict[str, Ease] = {ease: ease for ease in EASES}
    return [known.get(chosen[i], "pchip") if i < len(chosen) else "pchip" for i in range(count)]
