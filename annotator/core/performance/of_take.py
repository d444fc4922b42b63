"""The performance in a take's record."""

from __future__ import annotations

from dataclasses import replace

from annotator.core.model import TakeInfo
from annotator.core.performance.deriving import derive
from annotator.core.performance.keys import Layers, Performance, from_json, to_json
from viewer.core.errors import StudioError
from viewer.core.track import Track

PERFORMANCE = "performance"
"""Its key in the record.  Takes made by others may have none: they have a track alone."""


_LONG = 3000
"""Frames; a minute of 60 fps takes some 30 ms."""


def performance_of(take: TakeInfo) -> Performance | None:
    """What the take's track is derived from; None where it has a track alone."""
    return from_json(take.record.get(PERFORMANCE))


def with_performance(take: TakeInfo, performance: Performance) -> TakeInfo:
    """The take with another performance, or another way to time it: its keyframes' times follow."""
    record = {**take.record, PERFORMANCE: to_json(performance)}
    told = take.record.get("keyframes")
    if isinstance(told, list) and len(told) == len(performance.keys):
        record["keyframes"] = [
            {**each, "time": key.time} if isinstance(each, dict) else each
            for each, key in zip(told, performance.keys, strict=True)
        ]
    return replace(take, record=record)


def takes_long(take: TakeInfo) -> bool:
    """Whether deriving the take's track is felt when it is done at once."""
    performance = performance_of(take)
    if performance is None:
        return False
    return max(performance.duration or 0.0, performance.keys[-1].time) * performance.fps > _LONG


def derived_track(take: TakeInfo) -> Track | None:
    """The track of the take's performance; None where it has none that can be used."""
    performance = performance_of(take)
    if performance is None:
        return None
    try:
        return derive(performance, take.name)
    except StudioError:
        return None


def track_with_layers(take: TakeInfo, track: Track, blinks: bool, micro_motion: bool) -> Track:
    """The take's ``track`` with these of its layers, whichever the take is shown with: life that no
    key asks for leaves the studio only where somebody wants it."""
    performance = performance_of(take)
    if performance is None:
        return track
    wanted = Layers(blinks, micro_motion, performance.layers.seed)
    if wanted == performance.layers:
        return track
    return derive(replace(performance, layers=wanted), take.name)
