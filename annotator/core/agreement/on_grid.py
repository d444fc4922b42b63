"""The figures of labels and intensities on the grid of points."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from annotator.core.agreement.coefficients import (
    alpha_interval,
    alpha_nominal,
    alpha_ordinal,
    cohen_kappa,
    fleiss_kappa,
)
from annotator.core.agreement.grid import Grid
from annotator.core.agreement.labels import MISSING, NO_LABEL, Labels
from annotator.core.agreement.lengths import Length
from annotator.core.agreement.reading import ComparedClip
from annotator.core.agreement.report import (
    ClipLabels,
    Confusion,
    Estimate,
    Figure,
    IntensityFound,
    LabelPresence,
    LabelsFound,
    PairLabels,
)
from annotator.core.agreement.resampling import Resamples, Times
from annotator.core.agreement.tallies import pairs_of

_NOTHING = "nothing to compare: no point has two values"
_SAME = "no variation: every value is the same, so no disagreement could be expected"

Values = NDArray[np.int64]
"""Codes (A, M), :data:`MISSING` where an annotator has no value."""


def labels_on_grid(
    grid: Grid,
    clips: Sequence[ComparedClip],
    lengths: Sequence[Length],
    names: Sequence[str],
    labels: Labels,
    step: int,
    resamples: Resamples,
) -> LabelsFound:
    """Everything about labels; ``step`` in microseconds.  Raises :class:`~viewer.core.errors.Cancelled`."""
    every = Units(grid, grid.values, len(clips))
    labelled = Units(grid, np.where(grid.values == NO_LABEL, MISSING, grid.values), len(clips))
    return LabelsFound(
        every.alpha(resamples),
        labelled.alpha(resamples),
        _fleiss(grid, len(names), len(clips), resamples),
        tuple(_pair(grid, pair, names, labels, len(clips), resamples) for pair in pairs_of(len(names))),
        _per_label(grid, every.total, names, labels, step),
        tuple(
            ClipLabels(
                clip.entry.id,
                tuple(names[place] for place in sorted(clip.work)),
                length.time / 1e6,
                length.told_by,
                alpha,
            )
            for clip, length, alpha in zip(clips, lengths, every.alphas_of_clips(), strict=True)
        ),
    )


def intensities_on_grid(grid: Grid, clips: int, resamples: Resamples) -> IntensityFound:
    """Intensities where two annotators have one.  Raises :class:`~viewer.core.errors.Cancelled`."""
    given = np.isfinite(grid.intensities)
    levels, codes = np.unique(grid.intensities[given], return_inverse=True)
    values = np.full(grid.values.shape, MISSING, np.int64)
    values[given] = codes
    units = Units(grid, values, clips)
    meetings, pairs = units.meetings(len(levels))

    def ordinal(times: Times) -> Times:
        return alpha_ordinal(times @ meetings, pairs, times @ units.marginals)

    def interval(times: Times) -> Times:
        return alpha_interval(
            times @ meetings, pairs, times @ units.marginals, levels[: units.marginals.shape[1]]
        )

    return IntensityFound(
        _estimate(ordinal, units.total, resamples), _estimate(interval, units.total, resamples)
    )


class Units:
    """Units with two values or more: how often each value occurs in each clip, and how much differs.

    ``marginals`` (C, K) counts values, ``unequal`` (C,) is the sum of coincidences of different ones,
    ``total`` how many points there are.
    """

    def __init__(self, grid: Grid, values: Values, clips: int) -> None:
        there = values != MISSING
        count = there.sum(axis=0)
        pairable = count >= 2
        self._values = np.where(pairable, values, MISSING)
        self._clip, self._clips = grid.clip, clips
        self._weight = np.where(pairable, grid.points, 0) / np.maximum(count - 1, 1)
        self.total = int(grid.points[pairable].sum())
        self._of_clips = np.bincount(grid.clip[pairable], grid.points[pairable], clips)
        self.marginals = _counts(self._values, grid.points, grid.clip, clips)
        self.unequal = np.zeros(clips)
        for _, _, where in self._differing():
            self.unequal += 2 * np.bincount(grid.clip[where], self._weight[where], clips)

    def alpha(self, resamples: Resamples) -> Estimate:
        """α over all clips."""

        def alpha(times: Times) -> Times:
            marginals = times @ self.marginals
            return alpha_nominal(
                times @ self.unequal, marginals.sum(axis=1), (marginals * marginals).sum(axis=1)
            )

        return _estimate(alpha, self.total, resamples)

    def alphas_of_clips(self) -> list[Figure]:
        """α within each clip."""
        squares: Times = np.asarray(self.marginals.multiply(self.marginals).sum(axis=1), np.float64)
        totals: Times = np.asarray(self.marginals.sum(axis=1), np.float64)
        alphas = alpha_nominal(self.unequal, totals, squares)
        return [_figure(alpha, int(n)) for alpha, n in zip(alphas, self._of_clips, strict=True)]

    def meetings(self, values: int) -> tuple[sparse.csr_array, NDArray[np.int64]]:
        """How often two different values meet in each clip (C, P), and which two (P, 2)."""
        keys, clips, weights = [], [], []
        for first, second, where in self._differing():
            low, high = np.minimum(first[where], second[where]), np.maximum(first[where], second[where])
            keys.append(low * values + high)
            clips.append(self._clip[where])
            weights.append(2 * self._weight[where])
        found, column = np.unique(np.concatenate(keys), return_inverse=True)
        pairs = np.stack([found // max(values, 1), found % max(values, 1)], axis=1)
        table = (np.concatenate(weights), (np.concatenate(clips), column))
        return sparse.csr_array(table, shape=(self._clips, len(found))), pairs

    def _differing(self) -> list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]]:
        """The values of every two annotators, and where they have different ones."""
        found = []
        for i, j in pairs_of(len(self._values)):
            first, second = self._values[i], self._values[j]
            found.append((first, second, (first != second) & (first != MISSING) & (second != MISSING)))
        return found


def _counts(
    values: Values, points: NDArray[np.int64], clip: NDArray[np.int64], clips: int
) -> sparse.csr_array:
    """How many points of each clip have each value (C, K)."""
    there = values != MISSING
    weights, places = np.broadcast_to(points, values.shape)[there], np.broadcast_to(clip, values.shape)[there]
    kinds = int(values.max(initial=0)) + 1
    return sparse.csr_array((weights.astype(np.float64), (places, values[there])), shape=(clips, kinds))


def _fleiss(grid: Grid, annotators: int, clips: int, resamples: Resamples) -> Estimate:
    everyone = (grid.values != MISSING).all(axis=0)
    marginals = _counts(np.where(everyone, grid.values, MISSING), grid.points, grid.clip, clips)
    equal = np.zeros(clips)
    for i, j in pairs_of(annotators):
        same = everyone & (grid.values[i] == grid.values[j])
        equal += np.bincount(grid.clip[same], grid.points[same], clips)
    total = int(grid.points[everyone].sum())
    figure = _estimate(
        lambda times: fleiss_kappa(times @ equal, times @ marginals, annotators), total, resamples
    )
    if total or not grid.points.sum():
        return figure
    return Estimate(None, 0, "nothing to compare: no point has a value from every annotator")


def _pair(
    grid: Grid,
    pair: tuple[int, int],
    names: Sequence[str],
    labels: Labels,
    clips: int,
    resamples: Resamples,
) -> PairLabels:
    first, second = grid.values[pair[0]], grid.values[pair[1]]
    where = (first != MISSING) & (second != MISSING)
    first, second, points, clip = first[where], second[where], grid.points[where], grid.clip[where]
    width = int(grid.values.max(initial=0)) + 1
    shape = (clips, width)
    ours = sparse.csr_array((points.astype(np.float64), (clip, first)), shape=shape)
    theirs = sparse.csr_array((points.astype(np.float64), (clip, second)), shape=shape)
    same = first == second
    equal = np.bincount(clip[same], points[same], clips)
    total = int(points.sum())
    observed = Figure(float(equal.sum()) / total, total) if total else Figure(None, 0, _NOTHING)
    kappa = _estimate(
        lambda times: cohen_kappa(times @ equal, times @ ours, times @ theirs), total, resamples
    )
    used = labels.in_order({NO_LABEL, *map(int, np.unique(first)), *map(int, np.unique(second))})
    place = np.zeros(width, np.int64)
    place[used] = np.arange(len(used))
    counts = np.zeros((len(used), len(used)), np.int64)
    np.add.at(counts, (place[first], place[second]), points)
    confusion = Confusion(
        tuple(labels.shown[code] for code in used), tuple(tuple(map(int, row)) for row in counts)
    )
    return PairLabels((names[pair[0]], names[pair[1]]), observed, kappa, confusion)


def _per_label(
    grid: Grid, total: int, names: Sequence[str], labels: Labels, step: int
) -> tuple[LabelPresence, ...]:
    """Every label of the grid on present or absent."""
    values = float(_counts(grid.values, grid.points, grid.clip, len(grid.presence)).sum())
    points: dict[int, NDArray[np.int64]] = {}
    unequal: dict[int, float] = {}
    for presence in grid.presence:
        for code, found in presence.items():
            points[code] = points.get(code, 0) + found.points
            unequal[code] = unequal.get(code, 0.0) + found.unequal
    told = []
    for code in labels.in_order(set(points)):
        present = float(points[code].sum())
        squares = present**2 + (values - present) ** 2
        alpha = float(alpha_nominal(*(np.array(number) for number in (unequal[code], values, squares))))
        seconds = {name: int(n) * step / 1e6 for name, n in zip(names, points[code], strict=True)}
        told.append(LabelPresence(labels.shown[code], _figure(alpha, total), seconds))
    return tuple(told)


def _estimate(figure: Callable[[Times], Times], n: int, resamples: Resamples) -> Estimate:
    """A figure with its interval, or why it has none."""
    value = resamples.value(figure) if n else None
    if value is None:
        return Estimate(None, n, _SAME if n else _NOTHING)
    low, high = resamples.interval(figure) or (None, None)
    return Estimate(value, n, "", low, high)


def _figure(value: float, n: int) -> Figure:
    return Figure(float(value), n) if np.isfinite(value) else Figure(None, n, _SAME if n else _NOTHING)
