"""How much later one track does what the other does."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from annotator.core.comparison.measures import Lag
from viewer.core.channels import SHAPE_COUNT
from viewer.core.track import Track

Array = npt.NDArray[np.float64]

FARTHEST = 1.0
"""Seconds that are tried to either side."""

LEAST_CORRELATION = 0.3
"""Below it no offset is told: the two do not do the same thing at any time."""

_CHANNELS = 12
_STRIDE = 4
_MOVES = 0.01
_LEAST_FRAMES = 15
_FINEST, _COARSEST = 1 / 120, 1 / 15


def lag(a: Track, b: Track, offset: float = 0.0) -> Lag:
    """The timing offset of ``b`` against ``a``.

    Looked for within :data:`FARTHEST` seconds, by the mean correlation of the blendshapes that
    move most in both; both None where nothing moves alike.  ``offset`` is added to times of ``a``
    to get those of ``b``.
    """
    nothing = Lag(None, None)
    step = float(np.clip(min(a.frame_step, b.frame_step), _FINEST, _COARSEST))
    start, end = max(0.0, -offset), min(float(a.times[-1]), float(b.times[-1]) - offset)
    count = int((end - start) / step) + 1
    if end <= start or count < _LEAST_FRAMES:
        return nothing
    grid = start + step * np.arange(count)
    mine, theirs = _moving(a.sample(grid), b.sample(grid + offset))
    if mine is None or theirs is None:
        return nothing
    most = min(round(FARTHEST / step), count - _LEAST_FRAMES)
    found: dict[int, float] = {}
    # No face moves so fast that its best offset hides between two coarse ones.
    coarse = range(-(most // _STRIDE) * _STRIDE, most + 1, _STRIDE)
    near = _best(mine, theirs, coarse, found)
    fine = range(max(near - _STRIDE, -most), min(near + _STRIDE, most) + 1)
    best = _best(mine, theirs, fine, found)
    if found[best] < LEAST_CORRELATION:
        return nothing
    return Lag(round(best * step, 6) + 0.0, round(found[best], 6))


def _best(mine: Array, theirs: Array, shifts: range, found: dict[int, float]) -> int:
    """The shift of the best correlation, of equals the smallest; adds what was tried to ``found``."""
    for shift in shifts:
        if shift not in found:
            found[shift] = _correlation(mine, theirs, shift)
    return max(sorted(shifts, key=lambda s: (abs(s), s)), key=lambda s: round(found[s], 9))


def _moving(mine: npt.NDArray[np.float32], theirs: npt.NDArray[np.float32]) -> tuple[Any, Any]:
    """The blendshapes that move in both, NaN rows where either lost the face."""
    one, other = (values[:, :SHAPE_COUNT].astype(np.float64) for values in (mine, theirs))
    lost = ~(np.isfinite(one).all(axis=1) & np.isfinite(other).all(axis=1))
    if (~lost).sum() < _LEAST_FRAMES:
        return None, None
    spread = np.minimum(one[~lost].std(axis=0), other[~lost].std(axis=0))
    chosen = np.argsort(-spread, kind="stable")[:_CHANNELS]
    chosen = chosen[spread[chosen] > _MOVES]
    if not chosen.size:
        return None, None
    one[lost] = other[lost] = np.nan
    return one[:, chosen], other[:, chosen]


def _correlation(mine: Array, theirs: Array, shift: int) -> float:
    """Mean Pearson's r of ``mine`` with ``theirs`` moved back by ``shift`` frames."""
    x = mine[: len(mine) - shift] if shift >= 0 else mine[-shift:]
    y = theirs[shift:] if shift >= 0 else theirs[: len(theirs) + shift]
    both = np.isfinite(x[:, 0]) & np.isfinite(y[:, 0])
    if both.sum() < _LEAST_FRAMES:
        return -1.0
    x, y = x[both] - x[both].mean(axis=0), y[both] - y[both].mean(axis=0)
    scale = np.sqrt(np.square(x).sum(axis=0) * np.square(y).sum(axis=0))
    alike = (x * y).sum(axis=0)
    usable = scale > 1e-9
    return float(np.mean(alike[usable] / scale[usable])) if usable.any() else -1.0
