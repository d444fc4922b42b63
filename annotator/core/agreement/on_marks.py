"""The figures of matched spans and keyframes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from annotator.core.agreement.coefficients import f1
from annotator.core.agreement.labels import Labels
from annotator.core.agreement.report import Estimate, Figure, Match, Matches
from annotator.core.agreement.resampling import Resamples
from annotator.core.agreement.tallies import Tally, pairs_of

Counts = NDArray[np.float64]

SPAN_MEANS = {"mean_iou": 1.0, "start_ms": 1e-3, "end_ms": 1e-3}
"""The means of matched spans by their keys, and what turns their sums into the unit of the key."""

KEYFRAME_MEANS = {"mean_abs_ms": 1e-3}


def matches_of(
    tally: Tally,
    means: Mapping[str, float],
    noun: str,
    names: Sequence[str],
    clips: Sequence[str],
    labels: Labels,
    resamples: Resamples,
    tolerance_ms: float | None = None,
) -> Matches:
    """Rates and means of one way of matching; ``noun`` is what a mark is called.

    Raises :class:`~viewer.core.errors.Cancelled`.
    """
    per_clip = tally.pairs.sum(axis=0)

    def told(of: tuple[str, str] | str | None, counts: Counts, clips: Counts | None = None) -> Match:
        first, second, matched = (int(count) for count in counts[:3])
        return Match(
            of,
            matched,
            (first, second),
            _share(matched, second, f"nothing to compare: the second has no {noun}"),
            _share(matched, first, f"nothing to compare: the first has no {noun}"),
            _f1(matched, first + second, noun, clips, resamples),
            {
                name: _mean(total, matched, unit)
                for (name, unit), total in zip(means.items(), counts[3:], strict=True)
            },
        )

    return Matches(
        told(None, per_clip.sum(axis=0), per_clip),
        tuple(
            told((names[i], names[j]), counts.sum(axis=0), counts)
            for (i, j), counts in zip(pairs_of(len(names)), tally.pairs, strict=True)
        ),
        tuple(told(labels.shown[code], tally.labels[code]) for code in labels.in_order(set(tally.labels))),
        tuple(told(clip, counts) for clip, counts in zip(clips, per_clip, strict=True)),
        tolerance_ms,
    )


def _share(matched: int, of: int, why: str) -> Figure:
    return Figure(matched / of, of) if of else Figure(None, 0, why)


def _mean(total: float, count: int, unit: float) -> Figure:
    return Figure(float(total) * unit / count, count) if count else Figure(None, 0, "no matched pair")


def _f1(matched: int, both: int, noun: str, clips: Counts | None, resamples: Resamples) -> Figure:
    if not both:
        why = f"nothing to compare: neither has a {noun}"
        return Figure(None, 0, why) if clips is None else Estimate(None, 0, why)
    value = 2 * matched / both
    if clips is None:
        return Figure(value, both)
    pairs, marks = clips[:, 2], clips[:, 0] + clips[:, 1]
    low, high = resamples.interval(lambda times: f1(times @ pairs, times @ marks)) or (None, None)
    return Estimate(value, both, "", low, high)
