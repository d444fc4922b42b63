"""Which marks of two annotators are the same: one to one, as many pairs as there can be."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

Edge = tuple[int, int, float]
"""A mark of the first and one of the second annotator that may match, and how well they do."""


def match_times(first: Sequence[int], second: Sequence[int], tolerance: int) -> list[tuple[int, int]]:
    """Pairs of places of times (microseconds, rising) no further apart than ``tolerance``: the most
    pairs, and among those the least total difference."""
    if len(first) == 1 == len(second):
        return [(0, 0)] if abs(first[0] - second[0]) <= tolerance else []
    edges: list[Edge] = []
    for i, time in enumerate(first):
        low, high = bisect_left(second, time - tolerance), bisect_right(second, time + tolerance)
        edges += [(i, j, -abs(time - second[j])) for j in range(low, high)]
    return most_pairs(edges)


def match_spans(
    first: Sequence[tuple[int, int]], second: Sequence[tuple[int, int]], least_iou: float
) -> list[tuple[int, int, float]]:
    """Pairs of places of spans (start and end in microseconds, by start) and their intersection over union,
    at least ``least_iou`` (above 0): the most pairs, and among those the greatest total."""
    starts = [start for start, _ in second]
    longest = max((end - start for start, end in second), default=0)
    found: dict[tuple[int, int], float] = {}
    for i, (start, end) in enumerate(first):
        for j in range(bisect_left(starts, start - longest), bisect_left(starts, end)):
            other_start, other_end = second[j]
            shared = min(end, other_end) - max(start, other_start)
            if shared > 0:
                iou = shared / (max(end, other_end) - min(start, other_start))
                if iou >= least_iou:
                    found[i, j] = iou
    matched = most_pairs([(i, j, iou) for (i, j), iou in found.items()])
    return [(i, j, found[i, j]) for i, j in matched]


def most_pairs(edges: Sequence[Edge]) -> list[tuple[int, int]]:
    """The most edges of which no two share an end, and among those the greatest sum of how well they
    match; source: Kuhn 1955, as scipy has it."""
    if len(edges) < 2 or len({i for i, _, _ in edges}) == len(edges) == len({j for _, j, _ in edges}):
        return [(i, j) for i, j, _ in edges]
    matched: list[tuple[int, int]] = []
    for group in _apart(edges):
        rows, columns = sorted({i for i, _, _ in group}), sorted({j for _, j, _ in group})
        row, column = ({k: n for n, k in enumerate(keys)} for keys in (rows, columns))
        # Any pair more outweighs whatever the others gain or lose by it.
        more = min(len(rows), len(columns)) * max(abs(gain) for _, _, gain in group) + 1.0
        weights = np.zeros((len(rows), len(columns)))
        for i, j, gain in group:
            weights[row[i], column[j]] = more + gain
        for a, b in zip(*linear_sum_assignment(weights, maximize=True), strict=True):
            if weights[a, b] > 0:
                matched.append((rows[a], columns[b]))
    return sorted(matched)


def _apart(edges: Sequence[Edge]) -> list[list[Edge]]:
    """The edges in groups that share no end, so that the tables of weights stay small."""
    parent: dict[int, int] = {}

    def root(end: int) -> int:
        while parent.setdefault(end, end) != end:
            parent[end] = end = parent[parent[end]]
        return end

    for i, j, _ in edges:
        parent[root(i)] = root(~j)
    groups: dict[int, list[Edge]] = {}
    for edge in edges:
        groups.setdefault(root(edge[0]), []).append(edge)
    return list(groups.values())
