"""Where annotators differ most: what to look at first."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import combinations

import numpy as np

from annotator.core.agreement.grid import Grid
from annotator.core.agreement.labels import MISSING, Labels
from annotator.core.agreement.lengths import Length
from annotator.core.agreement.matching import match_times
from annotator.core.agreement.reading import ComparedClip, Moment
from annotator.core.agreement.report import KeyframePlace, LabelPlace, Worst

_LISTED = 100


def worst_places(
    grid: Grid,
    clips: Sequence[ComparedClip],
    lengths: Sequence[Length],
    names: Sequence[str],
    labels: Labels,
    step: int,
    tolerance: int,
) -> Worst:
    """The worst places of labels, and the keyframes that others have not; ``step`` and ``tolerance`` in
    microseconds."""
    return Worst(
        _labels(grid, clips, lengths, names, labels, step), _keyframes(clips, names, labels, tolerance)
    )


def _labels(
    grid: Grid,
    clips: Sequence[ComparedClip],
    lengths: Sequence[Length],
    names: Sequence[str],
    labels: Labels,
    step: int,
) -> tuple[LabelPlace, ...]:
    """Stretches over which nobody's value changes, by how many pairs differ for how long."""
    if not len(grid.points):
        return ()
    begins = np.ones(len(grid.points), np.bool_)
    begins[1:] = (grid.clip[1:] != grid.clip[:-1]) | (grid.values[:, 1:] != grid.values[:, :-1]).any(axis=0)
    starts = np.flatnonzero(begins)
    points = np.add.reduceat(grid.points, starts)
    values, first, clip = grid.values[:, starts], grid.first[starts], grid.clip[starts]
    differ, pairs = np.zeros(len(starts)), np.zeros(len(starts))
    for one, other in combinations(values, 2):
        both = (one != MISSING) & (other != MISSING)
        pairs += both
        differ += both & (one != other)
    disagreement = points * differ / np.maximum(pairs, 1)
    order = np.argsort(-disagreement, kind="stable")[:_LISTED]
    return tuple(
        LabelPlace(
            clips[clip[n]].entry.id,
            float(first[n]) * step / 1e6,
            min(float(first[n] + points[n]) * step, float(lengths[clip[n]].time)) / 1e6,
            {
                name: labels.shown[value]
                for name, value in zip(names, values[:, n], strict=True)
                if value != MISSING
            },
            float(disagreement[n]) * step / 1e6,
        )
        for n in order
        if disagreement[n] > 0
    )


def _keyframes(
    clips: Sequence[ComparedClip], names: Sequence[str], labels: Labels, tolerance: int
) -> tuple[KeyframePlace, ...]:
    """Keyframes without a match, by how many have none and how far away theirs are."""
    found: list[tuple[int, float, int, int, Moment, tuple[int, ...]]] = []
    for number, clip in enumerate(clips):
        lonely: dict[tuple[int, int], list[int]] = {}
        times = {place: [mark.time for mark in work.keyframes] for place, work in clip.work.items()}
        for one, other in combinations(sorted(times), 2):
            matched = match_times(times[one], times[other], tolerance)
            for place, facing, side in ((one, other, 0), (other, one, 1)):
                for mark in set(range(len(times[place]))) - {pair[side] for pair in matched}:
                    lonely.setdefault((place, mark), []).append(facing)
        for (place, mark), without in lonely.items():
            time = times[place][mark]
            nearest = min(_distance(time, times[other]) for other in without)
            marked = clip.work[place].keyframes[mark]
            found.append((-len(without), -nearest, number, place, marked, tuple(sorted(without))))
    return tuple(
        KeyframePlace(
            clips[number].entry.id,
            names[place],
            mark.time / 1e6,
            labels.shown[mark.label],
            tuple(names[other] for other in without),
            None if nearest == -np.inf else -nearest / 1e3,
        )
        for _, nearest, number, place, mark, without in sorted(found)[:_LISTED]
    )


def _distance(time: int, times: Sequence[int]) -> float:
    at = bisect_left(times, time)
    return min((abs(time - other) for other in times[max(0, at - 1) : at + 1]), default=float("inf"))
