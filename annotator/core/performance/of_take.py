"""The performance of a take, and its track."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from annotator.core.model import Layers, Performance, TakeInfo
from annotator.core.performance.deriving import derive
from viewer.core.cancel import CancelToken
from viewer.core.errors import StudioError
from viewer.core.formats import read
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


def derived_track(take: TakeInfo) -> Track | None:
    """The track of the take's performance; None where it has none that can be used."""
    performance = take.performance
    if performance is None:
        return None
    try:
        return derive(performance, take.name)
    except StudioError:
        return None


def read_take(take: TakeInfo, file: Path, cancel: CancelToken | None = None) -> Track:
    """The track of a take whose own file is ``file``; rotations are in KeyframeFace's unit.

    Raises what reading the file raises, where the take has no performance that can be used.
    """
    # The performance is what counts; the CSV beside it is for other programs.
    return derived_track(take) or read(file, cancel=cancel)


def track_with_layers(take: TakeInfo, track: Track, blinks: bool, micro_motion: bool) -> Track:
    """The take's ``track`` with these of its layers, whichever the take is shown with: life that no
    key asks for leaves the studio only where somebody wants it."""
    performance = take.performance
    if performance is None:
        return track
    wanted = Layers(blinks, micro_motion, performance.layers.seed)
    if wanted == performance.layers:
        return track
    return derive(replace(performance, layers=wanted), take.name)
