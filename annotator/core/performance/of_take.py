"""The performance of a take, and its track."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from annotator.core.model import Layers, Performance, TakeInfo
from annotator.core.performance.deriving import derive
from viewer.core.cancel import CancelToken
from viewer.core.errors import StudioError
from viewer.core.formats import read
from viewer.core.pose import UNITS, PoseConvention, PoseReading, Unit
from viewer.core.track import Track

_LONG = 3000
"""Frames; a minute of 60 fps takes some 30 ms."""


def with_performance(take: TakeInfo, performance: Performance) -> TakeInfo:
    """The take with another performance, or another way to time it: its answers' times follow."""
    answers = take.answers
    if len(answers) == len(performance.keys):
        answers = tuple(
            answer if answer.time_in_clip == key.time else replace(answer, time_in_clip=key.time)
            for answer, key in zip(answers, performance.keys, strict=True)
        )
    return replace(take, performance=performance, answers=answers)


def takes_long(take: TakeInfo) -> bool:
    """Whether deriving the take's track is felt when it is done at once."""
    performance = take.performance
    if performance is None:
        return False
    return max(performance.duration or 0.0, performance.keys[-1].time) * performance.fps > _LONG


def derived_track(take: TakeInfo, full_scale: float) -> Track | None:
    """The track of the take's performance; None where it has none that can be used.  A normalized 1 of
    its keys is ``full_scale`` degrees."""
    performance = take.performance
    if performance is None:
        return None
    try:
        return derive(performance, take.name, full_scale)
    except StudioError:
        return None


def read_take(take: TakeInfo, file: Path, full_scale: float, cancel: CancelToken | None = None) -> Track:
    """The track of a take whose own file is ``file``, in a dataset whose normalized 1 is ``full_scale``
    degrees.

    Raises what reading the file raises, where the take has no performance that can be used.
    """
    # The performance is what counts; the CSV beside it is for other programs.
    derived = derived_track(take, full_scale)
    return derived or read(file, cancel=cancel, pose=pose_of_take(take.pose_unit, full_scale))


def pose_of_take(unit: str, full_scale: float) -> PoseReading:
    """How the rotations in the CSV of a take are to be read whose file says that they are in ``unit``;
    one of an earlier version says nothing and has them normalised."""
    known: Unit = next((each for each in UNITS if each == unit), "normalized")
    return PoseReading(PoseConvention(known, full_scale=full_scale), "sidecar")


def track_with_layers(
    take: TakeInfo, track: Track, blinks: bool, micro_motion: bool, full_scale: float
) -> Track:
    """The take's ``track`` with these of its layers, whichever the take is shown with: life that no
    key asks for leaves the studio only where somebody wants it."""
    performance = take.performance
    if performance is None:
        return track
    wanted = Layers(blinks, micro_motion, performance.layers.seed)
    if wanted == performance.layers:
        return track
    return derive(replace(performance, layers=wanted), take.name, full_scale)
