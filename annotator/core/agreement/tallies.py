"""Matched spans and keyframes, counted by pair of annotators, by label and by clip."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from annotator.core.agreement.labels import NO_LABEL
from annotator.core.agreement.matching import match_spans, match_times
from annotator.core.agreement.reading import ComparedClip, Moment, Span, Work

Counts = tuple[float, ...]
"""Marks of the first and of the second, matched pairs, and sums over the pairs."""

Mark = TypeVar("Mark", Span, Moment)


@dataclass(frozen=True)
class Tally:
    """Counts of one way of matching.

    ``pairs`` (pairs, C, 3 + S) has of each pair of annotators and each clip the marks of the first and of
    the second, the matched pairs, and S sums over these; ``labels`` the same (3 + S,) by label code, all
    pairs and clips together.
    """

    pairs: NDArray[np.float64]
    labels: dict[int, NDArray[np.float64]]


def pairs_of(annotators: int) -> list[tuple[int, int]]:
    """The places of every two annotators, the earlier first."""
    return list(combinations(range(annotators), 2))


def tally_spans(clips: Sequence[ComparedClip], annotators: int, least_iou: float) -> Tally:
    """Spans with equal labels; the sums are of intersection over union and of the differences of starts
    and of ends in microseconds."""

    def of_label(first: list[Span], second: list[Span]) -> Counts:
        found = match_spans([span[:2] for span in first], [span[:2] for span in second], least_iou)
        return (
            float(len(found)),
            sum(iou for _, _, iou in found),
            float(sum(abs(first[i].start - second[j].start) for i, j, _ in found)),
            float(sum(abs(first[i].end - second[j].end) for i, j, _ in found)),
        )

    def both(first: Work, second: Work) -> tuple[Counts, dict[int, Counts]]:
        labels = dict(_by_label(first.spans, second.spans, of_label, 4))
        return _added(labels.values(), 6), labels

    return _tally(clips, annotators, both, 6)


def tally_keyframes(clips: Sequence[ComparedClip], annotators: int, tolerance: int) -> Tally:
    """Keyframes no further apart than ``tolerance`` microseconds; the sum is of the differences.  Of a
    label only keyframes that carry it are matched, among themselves."""

    def of_label(first: Sequence[Moment], second: Sequence[Moment]) -> Counts:
        ours, theirs = [mark.time for mark in first], [mark.time for mark in second]
        found = match_times(ours, theirs, tolerance)
        return float(len(found)), float(sum(abs(ours[i] - theirs[j]) for i, j in found))

    def both(first: Work, second: Work) -> tuple[Counts, dict[int, Counts]]:
        ours, theirs = first.keyframes, second.keyframes
        found: Counts = of_label(ours, theirs) if ours and theirs else (0.0, 0.0)
        whole = (float(len(ours)), float(len(theirs)), *found)
        return whole, dict(_by_label(ours, theirs, of_label, 2))

    return _tally(clips, annotators, both, 4)


def _tally(
    clips: Sequence[ComparedClip],
    annotators: int,
    both: Callable[[Work, Work], tuple[Counts, dict[int, Counts]]],
    width: int,
) -> Tally:
    pairs = pairs_of(annotators)
    found = np.zeros((len(pairs), len(clips), width))
    labels: dict[int, NDArray[np.float64]] = {}
    for number, clip in enumerate(clips):
        for place, (first, second) in enumerate(pairs):
            if first not in clip.work or second not in clip.work:
                continue
            whole, of_labels = both(clip.work[first], clip.work[second])
            found[place, number] = whole
            for label, counts in of_labels.items():
                if label not in labels:
                    labels[label] = np.zeros(width)
                labels[label] += counts
    labels.pop(NO_LABEL, None)
    return Tally(found, labels)


def _by_label(
    first: Sequence[Mark],
    second: Sequence[Mark],
    match: Callable[[list[Mark], list[Mark]], Counts],
    width: int,
) -> Iterator[tuple[int, Counts]]:
    """The counts of each label that one of the two uses."""
    groups: dict[int, tuple[list[Mark], list[Mark]]] = {}
    for side, marks in enumerate((first, second)):
        for mark in marks:
            groups.setdefault(mark.label, ([], []))[side].append(mark)
    for label, (ours, theirs) in groups.items():
        found: Counts = match(ours, theirs) if ours and theirs else (0.0,) * width
        yield label, (float(len(ours)), float(len(theirs)), *found)


def _added(rows: Iterable[Counts], width: int) -> Counts:
    total = [0.0] * width
    for row in rows:
        total = [a + b for a, b in zip(total, row, strict=True)]
    return tuple(total)
