"""Labels and intensities of each annotator at points of time, all clips in a row.

Points lie at (k + ½)·step below a clip's length.  Where nothing changes from point to point they stand
together as a segment with a weight, so that a clip costs as much as it has spans, however long it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotator.core.agreement.labels import MISSING, NO_LABEL, Labels
from annotator.core.agreement.reading import ComparedClip, Span, Work


@dataclass(frozen=True)
class Presence:
    """One label in one clip: how many ``points`` lie in its spans by annotator (A,), how many values
    are present in all, and how much is coincidence of present with absent (see
    :func:`~annotator.core.agreement.coefficients.alpha_nominal`)."""

    points: NDArray[np.int64]
    unequal: float


@dataclass(frozen=True)
class Grid:
    """Segments of all clips (M of them, A annotators, C clips).

    ``values`` (A, M) are label codes, :data:`MISSING` where the annotator's work does not count;
    ``intensities`` (A, M) are those of the spans that give the values, NaN where there is none;
    ``points`` (M,) is how many points a segment has, ``first`` (M,) the number of the first of them,
    ``clip`` (M,) the place of its clip.  ``presence`` has, of each clip, every label in it.
    """

    values: NDArray[np.int64]
    intensities: NDArray[np.float64]
    points: NDArray[np.int64]
    first: NDArray[np.int64]
    clip: NDArray[np.int64]
    presence: tuple[dict[int, Presence], ...]


def points_before(time: int, step: int) -> int:
    """How many points lie before ``time``; both in microseconds."""
    return max(0, (2 * time + step - 1) // (2 * step))


def make_grid(
    clips: Sequence[ComparedClip], lengths: Sequence[int], annotators: int, step: int, labels: Labels
) -> Grid:
    """The grid of the compared clips; ``lengths`` and ``step`` in microseconds."""
    made = [
        _of_clip(clip.work, points_before(length, step), annotators, step, labels)
        for clip, length in zip(clips, lengths, strict=True)
    ]
    counts = [len(part.points) for part in made]
    return Grid(
        np.concatenate([part.values for part in made], axis=1)
        if made
        else np.zeros((annotators, 0), np.int64),
        np.concatenate([part.intensities for part in made], axis=1) if made else np.zeros((annotators, 0)),
        np.concatenate([part.points for part in made]) if made else np.zeros(0, np.int64),
        np.concatenate([part.first for part in made]) if made else np.zeros(0, np.int64),
        np.repeat(np.arange(len(made)), counts),
        tuple(part.presence for part in made),
    )


@dataclass(frozen=True)
class _Part:
    values: NDArray[np.int64]
    intensities: NDArray[np.float64]
    points: NDArray[np.int64]
    first: NDArray[np.int64]
    presence: dict[int, Presence]


def _of_clip(work: dict[int, Work], length: int, annotators: int, step: int, labels: Labels) -> _Part:
    ranges = {
        place: [
            (min(points_before(span.start, step), length), min(points_before(span.end, step), length))
            for span in one.spans
        ]
        for place, one in work.items()
    }
    edges = sorted({0, length, *(edge for pairs in ranges.values() for pair in pairs for edge in pair)})
    at = {edge: number for number, edge in enumerate(edges)}
    points: NDArray[np.int64] = np.array(edges[1:], np.int64) - np.array(edges[:-1], np.int64)
    values = np.full((annotators, len(points)), MISSING, np.int64)
    intensities = np.full((annotators, len(points)), np.nan)
    present: dict[int, NDArray[np.bool_]] = {}
    for place, one in work.items():
        values[place] = NO_LABEL
        # Painted over each other, the weakest first.
        spans = zip(one.spans, ranges[place], strict=True)
        for span, (start, end) in sorted(spans, key=lambda pair: _strength(pair[0], labels)):
            where = slice(at[start], at[end])
            values[place, where] = span.label
            given = span.label != NO_LABEL and span.intensity is not None
            intensities[place, where] = span.intensity if given else np.nan
            if span.label != NO_LABEL:
                if span.label not in present:
                    present[span.label] = np.zeros((annotators, len(points)), np.bool_)
                present[span.label][place, where] = True
    presence = {label: _presence(there, points, len(work)) for label, there in present.items()}
    return _Part(values, intensities, points, np.array(edges[:-1], np.int64), presence)


def _strength(span: Span, labels: Labels) -> tuple[float, int, int, list[int]]:
    """By intensity, then the later start, the earlier end, and the label that comes first."""
    backwards = [-ord(letter) for letter in labels.keys[span.label]] + [1]
    return (span.intensity or 0.0, span.start, -span.end, backwards)


def _presence(there: NDArray[np.bool_], points: NDArray[np.int64], annotators: int) -> Presence:
    count = there.sum(axis=0)
    unequal = 2.0 * float((points * count * (annotators - count)).sum()) / (annotators - 1)
    return Presence((there * points).sum(axis=1), unequal)
