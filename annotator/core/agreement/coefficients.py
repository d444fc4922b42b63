"""Krippendorff's α, Cohen's κ and Fleiss's κ from sums over clips.

Every function takes arrays whose first axis is one row a resample (or a single row) and gives one value a
row, NaN where the figure is undefined: with nothing to compare, or where every value is the same.

Sources: Krippendorff 2011, Computing Krippendorff's Alpha-Reliability; Cohen 1960; Fleiss 1971.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]


def alpha_nominal(unequal: Numbers, total: Numbers, squares: Numbers) -> Numbers:
    """α of values that are equal or not: ``unequal`` is the sum of coincidences of different values,
    ``total`` how many values there are in pairable units, ``squares`` the sum of the squares of how often
    each occurs (R,)."""
    return _alpha(unequal, total * total - squares, total)


def alpha_interval(
    coincidences: Numbers, pairs: NDArray[np.int64], marginals: Numbers, values: Numbers
) -> Numbers:
    """α of values whose squared differences count.

    ``values`` (K,) rise, ``marginals`` (R, K) is how often each occurs in pairable units; ``coincidences``
    (R, P) is how often two different ones meet, ``pairs`` (P, 2) which two, each pair of values once.
    """
    rows = np.broadcast_to(values - values.mean() if len(values) else values, marginals.shape)
    return _alpha_of_squares(coincidences, pairs, marginals, rows)


def alpha_ordinal(coincidences: Numbers, pairs: NDArray[np.int64], marginals: Numbers) -> Numbers:
    """α of ranks; parameters are those of :func:`alpha_interval`.  The difference of two values is how many
    occur from one to the other, both ends by half: that of their middle ranks, which differ by resample."""
    return _alpha_of_squares(coincidences, pairs, marginals, np.cumsum(marginals, axis=1) - 0.5 * marginals)


def _alpha_of_squares(
    coincidences: Numbers, pairs: NDArray[np.int64], marginals: Numbers, places: Numbers
) -> Numbers:
    apart = places[:, pairs[:, 0]] - places[:, pairs[:, 1]]
    observed = (coincidences * apart * apart).sum(axis=1)
    total = marginals.sum(axis=1)
    mean = (marginals * places).sum(axis=1) / np.where(total > 0, total, 1.0)
    centred = places - mean[:, None]
    expected = 2.0 * total * (marginals * centred * centred).sum(axis=1)
    varies = (marginals > 0).sum(axis=1) > 1
    return _alpha(observed, np.where(varies, expected, 0.0), total)


def _alpha(observed: Numbers, expected: Numbers, total: Numbers) -> Numbers:
    defined = expected > 0
    ratio = observed * (total - 1.0) / np.where(defined, expected, 1.0)
    return np.where(defined, 1.0 - ratio, np.nan)


def cohen_kappa(equal: Numbers, first: Numbers, second: Numbers) -> Numbers:
    """κ of two annotators: ``equal`` (R,) is at how many points they agree, ``first`` and ``second``
    (R, K) how often each uses each value."""
    total = first.sum(axis=1)
    return _kappa(equal * total, (first * second).sum(axis=1), total * total)


def fleiss_kappa(equal_pairs: Numbers, marginals: Numbers, annotators: int) -> Numbers:
    """κ of a fixed number of annotators: ``equal_pairs`` (R,) is the sum over units of how many of the
    pairs of annotators agree, ``marginals`` (R, K) how often each value occurs."""
    total = marginals.sum(axis=1)
    units = total / annotators
    of_pairs = annotators * (annotators - 1) / 2
    share = equal_pairs / np.where(units > 0, units, 1.0) / of_pairs
    return _kappa(share * total * total, (marginals * marginals).sum(axis=1), total * total)


def _kappa(observed: Numbers, expected: Numbers, whole: Numbers) -> Numbers:
    defined = whole > expected
    return np.where(defined, (observed - expected) / np.where(defined, whole - expected, 1.0), np.nan)


def f1(matched: Numbers, both: Numbers) -> Numbers:
    """2·matched of the marks of both sides (R,); NaN where there is none."""
    return np.where(both > 0, 2.0 * matched / np.where(both > 0, both, 1.0), np.nan)
