"""What a handful of numbers or votes can tell: means, shares and strengths with their intervals.

Sources: Wilson 1927 (score interval), the sign test (exact binomial), Student's t, and Hunter
2004 (MM algorithm) for the model of Bradley and Terry 1952.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

LEVEL = 0.95
_PRIOR = 0.5
"""Votes of each kind that every two models are given beforehand, so that one which never lost
still gets a finite strength."""

_RESAMPLES = 400


@dataclass(frozen=True)
class Mean:
    """A mean with its standard deviation and its interval at :data:`LEVEL`; ``low`` and ``high``
    are NaN where one value tells nothing of the spread."""

    mean: float
    deviation: float
    low: float
    high: float
    count: int


@dataclass(frozen=True)
class Preference:
    """Votes between two: for the first, for the second, and no preference.

    ``share`` is the first's part of the decided votes, ``low`` to ``high`` Wilson's interval of
    it, ``p`` the sign test's probability of a split at least as uneven if nobody had a preference.
    All are NaN without a decided vote.
    """

    first: int
    second: int
    undecided: int
    share: float
    low: float
    high: float
    p: float

    @property
    def total(self) -> int:
        """How many votes were given, those without preference included."""
        return self.first + self.second + self.undecided


@dataclass(frozen=True)
class Strength:
    """How often a model would be preferred to the average of the others, with its interval."""

    name: str
    share: float
    low: float
    high: float


def mean_of(values: Sequence[float]) -> Mean:
    """Mean, sample standard deviation and Student's interval of finite ``values``."""
    finite = [float(value) for value in values if math.isfinite(value)]
    count = len(finite)
    if not count:
        return Mean(math.nan, math.nan, math.nan, math.nan, 0)
    mean = math.fsum(finite) / count
    if count == 1:
        return Mean(mean, math.nan, math.nan, math.nan, 1)
    deviation = math.sqrt(math.fsum((value - mean) ** 2 for value in finite) / (count - 1))
    reach = float(special.stdtrit(count - 1, 0.5 + LEVEL / 2)) * deviation / math.sqrt(count)
    return Mean(mean, deviation, mean - reach, mean + reach, count)


def wilson(successes: int, count: int) -> tuple[float, float]:
    """Wilson's score interval of a share at :data:`LEVEL`; NaN twice for no trial."""
    if count <= 0:
        return math.nan, math.nan
    z = float(special.ndtri(0.5 + LEVEL / 2))
    share, square = successes / count, z * z
    middle = (share + square / (2 * count)) / (1 + square / count)
    reach = z / (1 + square / count) * math.sqrt(share * (1 - share) / count + square / (4 * count * count))
    # At the ends rounding must not move the bound off 0 or 1.
    low = 0.0 if successes == 0 else max(middle - reach, 0.0)
    high = 1.0 if successes == count else min(middle + reach, 1.0)
    return low, high


def sign_test(first: int, second: int) -> float:
    """Two-sided exact probability of a split at least as uneven between two equals."""
    count = first + second
    if count == 0:
        return math.nan
    smaller = min(first, second)
    return min(1.0, 2.0 * float(special.bdtr(smaller, count, 0.5)))


def preference(first: int, second: int, undecided: int = 0) -> Preference:
    """See :class:`Preference`.  Votes without a preference are counted and told, but say nothing
    about which of the two is better, so share, interval and test look at the decided ones."""
    decided = first + second
    low, high = wilson(first, decided)
    share = first / decided if decided else math.nan
    return Preference(first, second, undecided, share, low, high, sign_test(first, second))


Outcome = tuple[str, str, float]
"""First model, second model, and 1 when the first was preferred, 0 when the second, else 0.5."""


def bradley_terry(outcomes: Mapping[str, Sequence[Outcome]], seed: int = 0) -> list[Strength] | None:
    """Strengths of more than two models, strongest first, from ``outcomes`` of each clip.

    A vote without preference counts half for each.  Intervals come from drawing the clips anew
    (percentile bootstrap), because votes on one clip depend on each other.  None where fewer than
    three models met, or where some were never compared with the others, directly or by way of
    others.
    """
    together = [outcome for clip in outcomes.values() for outcome in clip]
    names = sorted({name for one, other, _ in together for name in (one, other)})
    if len(names) < 3 or not _connected(names, together):
        return None
    index = {name: i for i, name in enumerate(names)}
    tables = [_table(clip, index) for clip in outcomes.values() if clip]
    met = (sum(tables) + sum(tables).T) > 0  # type: ignore[union-attr]
    shares = _strengths(np.sum(tables, axis=0), met)
    random = np.random.default_rng(seed)
    drawn = np.array(
        [
            _strengths(np.sum([tables[i] for i in random.integers(0, len(tables), len(tables))], axis=0), met)
            for _ in range(_RESAMPLES)
        ]
    )
    tail = 50 * (1 - LEVEL)
    low, high = np.percentile(drawn, [tail, 100 - tail], axis=0)
    found = [Strength(name, float(shares[i]), float(low[i]), float(high[i])) for name, i in index.items()]
    return sorted(found, key=lambda strength: -strength.share)


def _table(outcomes: Sequence[Outcome], index: Mapping[str, int]) -> np.ndarray:
    """``wins[i, j]``: how often model i was preferred to model j."""
    wins = np.zeros((len(index), len(index)))
    for one, other, score in outcomes:
        i, j = index[one], index[other]
        wins[i, j] += score
        wins[j, i] += 1.0 - score
    return wins


def _strengths(wins: np.ndarray, met: np.ndarray) -> np.ndarray:
    """The mean probability of each model to be preferred to each of the others."""
    wins = wins + _PRIOR * met
    games, won = wins + wins.T, wins.sum(axis=1)
    strength = np.ones(len(wins))
    for _ in range(500):
        against = games / (strength[:, None] + strength[None, :])
        new = won / against.sum(axis=1)
        new /= np.exp(np.log(new).mean())
        done = np.abs(new - strength).max() < 1e-9
        strength = new
        if done:
            break
    beats = strength[:, None] / (strength[:, None] + strength[None, :])
    np.fill_diagonal(beats, 0.0)
    return np.asarray(beats.sum(axis=1) / (len(wins) - 1))


def _connected(names: Sequence[str], outcomes: Sequence[Outcome]) -> bool:
    reached, grown = {names[0]}, True
    while grown:
        more = {
            name for one, other, _ in outcomes if one in reached or other in reached for name in (one, other)
        }
        grown = not more <= reached
        reached |= more
    return reached == set(names)
