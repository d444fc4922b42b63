"""From keys to a track: interpolated, never jerky, within what a face can do, keys met exactly."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from annotator.core.curves import interpolate
from annotator.core.generation.facs.limits import SMILE_AND_FROWN, enforce
from annotator.core.generation.protocol import GenerationResult, PlannedKeyframe
from annotator.core.model import EASES, Ease, Layers, Performance, TakeKey
from annotator.core.performance.keys import key_rows, sparse
from annotator.core.performance.layers import with_blinks, with_micro_motion
from annotator.core.performance.timing import HOLD, Times, timed
from viewer.core.channels import CHANNEL_COUNT, INDEX
from viewer.core.errors import GenerationError
from viewer.core.pose import FULL_SCALE, degree_rows
from viewer.core.track import DEFAULT_FPS, FloatArray, Track

MAX_JUMP = 0.25
"""The most a channel may change in one frame at 60 fps; a blink may be quicker."""

ONSET = 0.5
"""Seconds in which a neutral face takes the first pose."""

_LIMITED_JUMP = 0.8 * MAX_JUMP  # leaves room for what the limits move
_TAIL = 1.0
_LEAST_ONSET = 0.25
MOST_FRAMES = 216_000
"""An hour at 60 fps; what is longer would fill the memory."""

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


def perform(
    result: GenerationResult | tuple[Times | None, npt.ArrayLike],
    *,
    times: Times | None = None,
    fps: float = DEFAULT_FPS,
    duration: float | None = None,
    eases: Sequence[str] | str | None = None,
    rest_before: float = ONSET,
    rest_after: float | None = None,
    layers: Layers = Layers(),  # noqa: B008 - immutable
    name: str = "",
    full_scale: float = FULL_SCALE,
) -> Track:
    """Generated keyframes as a track: :func:`compose`, then :func:`derive`."""
    made = compose(
        result,
        times=times,
        fps=fps,
        duration=duration,
        eases=eases,
        rest_before=rest_before,
        rest_after=rest_after,
        layers=layers,
    )
    return derive(made, name, full_scale)


def compose(
    result: GenerationResult | tuple[Times | None, npt.ArrayLike],
    *,
    times: Times | None = None,
    fps: float = DEFAULT_FPS,
    duration: float | None = None,
    eases: Sequence[str] | str | None = None,
    rest_before: float = ONSET,
    rest_after: float | None = None,
    layers: Layers = Layers(),  # noqa: B008 - immutable
) -> Performance:
    """Generated keyframes, or ``(times, values (K, 61))``, as the keys of a performance.

    ``times`` are the annotated keyframes' seconds: one each where there are as many, else the
    keys spread along them; without any, the plan's times, else natural ones, made to fit into
    ``duration``.  ``eases`` shape the way from each key to the next (default PCHIP).

    Raises :class:`GenerationError` when there is no usable keyframe or ``fps`` is not usable.
    """
    if isinstance(result, GenerationResult):
        errors = [keyframe.error for keyframe in result.keyframes]
        given = [keyframe.values for keyframe in result.keyframes]
        plan: Sequence[PlannedKeyframe] = result.plan
        told = next(iter(result.errors), "")
    else:
        own_times, own_values = result
        times = own_times if times is None else times
        given = list(np.atleast_2d(np.asarray(own_values, np.float32))) if np.size(own_values) else []
        errors, plan, told = [""] * len(given), (), ""
    _check(given, [bool(error) for error in errors], told, fps)
    frames = _on_frames(timed(_limited(np.array(given, np.float32)), times, plan, duration), fps)
    keys = tuple(
        TakeKey(frame / fps, sparse(row), {}, ease, error)
        for frame, row, ease, error in zip(frames, given, _eases(eases, len(given)), errors, strict=True)
    )
    return Performance(keys, duration, fps, {}, layers, (), rest_before, rest_after)


def derive(performance: Performance, name: str = "", full_scale: float = FULL_SCALE) -> Track:
    """The track of a performance; the same performance always gives the same track.  The rotations of
    its keys are in KeyframeFace's unit, of which 1 is ``full_scale`` degrees.

    The face is neutral until ``rest_before`` seconds before the first key, if there is room; the
    last pose holds to the end, or relaxes in ``rest_after`` seconds.  Every frame respects the
    limits, keys are met exactly on the nearest frame, and no channel jumps more than
    :data:`MAX_JUMP` a frame at 60 fps, unless two keys are too close for it or it is a blink.
    Keys with an error are passed over.  ``meta["key_times"]`` holds a time for each key.

    Raises :class:`GenerationError` when there is no usable key or the track is too long.
    """
    fps, frames, values = performance.fps, *derived_values(performance)
    return Track.build(
        np.arange(len(values)) / fps,
        degree_rows(values, full_scale),
        name=name,
        format="take",
        meta={
            "key_times": [frame / fps for frame in frames],
            "eases": [key.ease for key in performance.keys],
        },
    )


def derived_values(performance: Performance) -> tuple[list[int], npt.NDArray[np.float64]]:
    """The frame of each key, and the values (F, 61) of the track that :func:`derive` makes, rotations
    still in KeyframeFace's unit.

    Raises as :func:`derive`.
    """
    fps = performance.fps
    _check(list(key_rows(performance)), [bool(key.error) for key in performance.keys], "", fps)
    frames = _on_frames([key.time for key in performance.keys], fps)
    values = _acted(performance, frames)
    for lock in performance.locks:
        kept = replace(performance, keys=lock.keys, strength={}, locks=())
        columns = [INDEX[name] for name in lock.channels]
        own = _acted(kept, _on_frames([key.time for key in lock.keys], fps), len(values))
        values[:, columns] = own[: len(values), columns]
    return frames, _with_layers(values, performance)


def _acted(performance: Performance, frames: Sequence[int], least: int = 0) -> npt.NDArray[np.float64]:
    """All frames (F, 61) of the keys alone, at least ``least`` of them."""
    fps, duration, rest_after = performance.fps, performance.duration, performance.rest_after
    good = [index for index, key in enumerate(performance.keys) if not key.error]
    spots, keys = [frames[i] for i in good], _limited(key_rows(performance))[good]
    ways: list[Ease] = [performance.keys[i].ease for i in good]
    neutral = np.zeros((1, CHANNEL_COUNT))
    if performance.rest_before > 0 and spots[0] >= _LEAST_ONSET * fps:
        start = max(spots[0] - round(performance.rest_before * fps), 0)
        spots, keys, ways = [start, *spots], np.vstack([neutral, keys]), ["minimum-jerk", *ways]
    if rest_after is not None and rest_after > 0:
        hold = spots[-1] + round(HOLD * fps)
        spots = [*spots, hold, hold + max(round(rest_after * fps), 1)]
        keys, ways = np.vstack([keys, keys[-1:], neutral]), [*ways[:-1], "hold", "minimum-jerk", "hold"]
    end = spots[-1] + 1 if duration is not None or rest_after is not None else spots[-1] + round(_TAIL * fps)
    count = max(end, round((duration or 0.0) * fps), least)
    if count > MOST_FRAMES:
        raise GenerationError("that performance is too long", "move the last keyframe to an earlier time")
    return _frames_between(spots, keys, ways, count, fps)


def _with_layers(values: npt.NDArray[np.float64], performance: Performance) -> npt.NDArray[np.float64]:
    """Blinks and micro-motion over the acted frames; locked channels and keys stay as they are."""
    layers, fps, locked = performance.layers, performance.fps, performance.locked
    if not (layers.blinks or layers.micro_motion):
        return values
    keys = [key.time for key in performance.keys if not key.error]
    living = values
    if layers.micro_motion:
        living = with_micro_motion(living, fps, keys, layers.seed)
    if layers.blinks and not {"EyeBlinkLeft", "EyeBlinkRight"} & locked:
        living = with_blinks(living, fps, keys, layers.seed)
    living = enforce(living).astype(np.float64)
    for name in locked:
        living[:, INDEX[name]] = values[:, INDEX[name]]
    return living


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
    for pair in _SMILES:
        # Where both show, the one gives way to the other on top of its own change.
        both = values[:, pair]
        if (both.max(axis=0) > 0).all():
            _slowed(both, frames, 0.5 * _LIMITED_JUMP * DEFAULT_FPS / fps)
            values[:, pair] = both
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


def _check(given: Sequence[FloatArray], failed: Sequence[bool], told: str, fps: float) -> None:
    if not 1 <= fps <= 1000:
        raise GenerationError(f"{fps:g} frames per second is not usable", "choose a rate from 1 to 1000")
    if all(failed):
        what, _, todo = told.partition(" – ")
        raise GenerationError(
            what or "there is no keyframe to perform", todo or "describe at least one keyframe"
        )
    if any(np.shape(row) != (CHANNEL_COUNT,) or not np.isfinite(row).all() for row in given):
        raise GenerationError("a keyframe's values are not 61 numbers", "generate that keyframe again")


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
