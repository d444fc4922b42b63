"""Frame rates and the usual distance of frames, also from times that were rounded, as files keep them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

STANDARD_RATES = (
    *(10.0, 12.0, 12.5, 15.0, 20.0, 24000 / 1001, 24.0, 25.0, 30000 / 1001, 30.0),
    *(48.0, 50.0, 60000 / 1001, 60.0, 90.0, 100.0, 120000 / 1001, 120.0, 240.0),
)
"""Frames a second that cameras and formats know."""

_MILLISECOND = 0.001
_FINE = 0.25
"""A time base counts as finer than milliseconds from this share of one on."""
_NEAR = 0.02
_FEW = 8
"""Too few steps to tell a rate from a neighbour of it."""
_COARSE = 0.0012
"""Steps of two lengths that differ by more than this part of themselves were rounded, not measured: those of
times with four decimals, at any usual rate."""
_SEEN = 0.02
"""The part of all steps that each of two rounded lengths has at least."""
_ON_GRID = 2e-2
_SAME_RATE = 3e-4
"""Relative; the rates of 30 and 29.97 lie 1e-3 apart."""


def grid_of(times: NDArray[np.float64], time_base: float) -> float:
    """Seconds to which the times (F,) were rounded: ``time_base``, or milliseconds where all of them lie on
    those, as in a file that was copied out of Matroska."""
    if len(times) < 3 or time_base > _FINE * _MILLISECOND:
        return time_base
    off = np.abs(times - np.round(times / _MILLISECOND) * _MILLISECOND)
    return _MILLISECOND if bool((off <= time_base * 1.01).all()) else time_base


def varies(times: NDArray[np.float64], grid: float) -> bool:
    """Whether frames last differently long, beyond what rounding to ``grid`` seconds explains."""
    if len(times) < 3:
        return False
    steps = np.diff(times)
    usual = float(np.median(steps))
    return bool(np.abs(steps - usual).max() > _rounded(usual, grid))


def rate_of(
    times: NDArray[np.float64], grid: float, duration: float = 0.0, said: float | None = None
) -> float:
    """The usual frames a second of ascending times (F,) in seconds that were rounded to ``grid``.

    Frames that last longer or shorter than the others do not count.  A rate that cameras know is
    taken where rounding explains the difference: steps of 17, 17, 16 ms are 60 frames a second,
    and 33.3667 ms stay 29.97.  Of several such rates it is the one that the file ``said``, else the
    nearest.  A single frame lasts ``duration``; 0 where nothing is known.
    """
    steps = np.diff(times)
    if not len(steps):
        return 1.0 / duration if duration > 0 else 0.0
    median = float(np.median(steps))
    near = np.abs(steps - median) <= _rounded(median, grid)
    if not near.any():
        return 1.0 / median if median > 0 else 0.0
    step = float(steps[near].mean())
    if step <= 0:
        return 0.0
    count = int(near.sum())
    # Within a run of steps only its two ends are rounded.
    runs = 1 + int(np.count_nonzero(np.diff(np.flatnonzero(near)) > 1))
    explained = grid * min(runs, np.sqrt(runs) + 1) / count
    nearest = min(STANDARD_RATES, key=lambda rate: abs(1.0 / rate - step))
    for known in (said or nearest, nearest):
        if count >= _FEW and abs(1.0 / known - step) <= explained:
            return known
    return 1.0 / step


def _rounded(step: float, grid: float) -> float:
    """Seconds by which a step may differ from the usual one because times were rounded."""
    # Where the grid is as coarse as the steps, a frame that is missing is no matter of rounding.
    return max(min(1.5 * grid, 0.55 * step), _NEAR * step)


def usual_step(times: NDArray[np.float64]) -> float:
    """The usual seconds between neighbours of ``times`` (F,), which rise; F is at least 2.

    As a rule the median step.  Times that were rounded to a coarse grid (16 and 17 ms for 60 frames
    a second, 2 and 3 sixtieths for 24) have steps of two lengths, neither of which is right: there
    it is the slope of the times over the frames' numbers.
    """
    steps = np.diff(times)
    median = float(np.median(steps))
    near = steps[(steps > 0.5 * median) & (steps < 1.75 * median)]
    grid = _told_by_steps(near, median)
    if not grid:
        return median
    mean = float(near.mean())
    # A gap counts as many frames as fit into it; rounding never makes that one more or less.
    numbers = np.concatenate([[0.0], np.cumsum(np.maximum(np.round(steps / mean), 1.0))])
    slope = float(np.polyfit(numbers, times, 1)[0])
    return _common(slope)


def _told_by_steps(steps: NDArray[np.float64], median: float) -> float:
    """The grid that frames were rounded to, in seconds; 0 where steps tell of none."""
    if steps.size < 3:
        return 0.0
    short, long = float(steps.min()), float(steps.max())
    grid = long - short
    if grid < _COARSE * median:
        return 0.0
    at_short, at_long = (np.abs(steps - value) < 0.05 * grid for value in (short, long))
    if not (at_short | at_long).all() or min(at_short.sum(), at_long.sum()) < max(1, _SEEN * steps.size):
        return 0.0
    multiple = short / grid
    return grid if abs(multiple - round(multiple)) < _ON_GRID * max(1.0, multiple) else 0.0


def _common(step: float) -> float:
    """The step of a common rate, where it is the same but for the rounding."""
    nearest = min(STANDARD_RATES, key=lambda rate: abs(rate * step - 1.0))
    return 1.0 / nearest if abs(nearest * step - 1.0) < _SAME_RATE else step
