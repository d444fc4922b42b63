"""The usual distance between frames, also where their times were rounded."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

COMMON_RATES = (24000 / 1001, 24.0, 25.0, 30000 / 1001, 30.0, 48.0, 50.0, 60000 / 1001, 60.0, 120.0)
"""Frames a second that cameras and programs use."""

_COARSE = 0.01
"""Steps that differ by more than this part of themselves were rounded, not measured."""
_SEEN = 0.02
"""The part of all steps that each of two rounded lengths has at least."""
_ON_GRID = 2e-2
_SAME_RATE = 3e-4
"""Relative; the rates of 30 and 29.97 lie 1e-3 apart."""


def usual_step(times: npt.NDArray[np.float64]) -> float:
    """The usual seconds between neighbours of ``times`` (F,), which rise; F is at least 2.

    As a rule the median step.  Times that were rounded to a coarse grid (16 and 17 ms for 60 frames
    a second, 2 and 3 sixtieths for 24) have steps of two lengths, neither of which is right: there
    it is the slope of the times over the frames' numbers.
    """
    steps = np.diff(times)
    median = float(np.median(steps))
    near = steps[(steps > 0.5 * median) & (steps < 1.75 * median)]
    grid = _rounding(near, median)
    if not grid:
        return median
    mean = float(near.mean())
    # A gap counts as many frames as fit into it; rounding never makes that one more or less.
    numbers = np.concatenate([[0.0], np.cumsum(np.maximum(np.round(steps / mean), 1.0))])
    slope = float(np.polyfit(numbers, times, 1)[0])
    return _common(slope)


def _rounding(steps: npt.NDArray[np.float64], median: float) -> float:
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
    nearest = min(COMMON_RATES, key=lambda rate: abs(rate * step - 1.0))
    return 1.0 / nearest if abs(nearest * step - 1.0) < _SAME_RATE else step
