"""Round steps of time for rulers, and times written as they need."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

_SHORT_STEPS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
_STEPS = (*_SHORT_STEPS, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0)
_FRAME_STEPS = (1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500)
_LABEL_WIDTH, _FRAME_LABEL_WIDTH = 76.0, 44.0

Ticks = tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], list[str]]
"""Times of ticks without words, of those with words, and these."""


def tick_step(pixels_per_second: float, least: float = _LABEL_WIDTH) -> float:
    """The smallest round step in seconds whose labels lie ``least`` pixels apart."""
    return next((s for s in _STEPS if s * pixels_per_second >= least), _STEPS[-1])


def tick_text(t: float, step: float) -> str:
    """``1:02.5``: as many decimals as ``step`` needs."""
    decimals = 0 if step >= 1 else max(0, math.ceil(-math.log10(step) - 1e-9))
    whole = round(t, decimals)
    minutes, seconds = divmod(whole, 60.0)
    hours, minutes = divmod(int(minutes), 60)
    text = f"{seconds:0{3 + decimals if decimals else 2}.{decimals}f}"
    return f"{hours}:{minutes:02d}:{text}" if hours else f"{minutes}:{text}"


def time_ticks(first: float, last: float, pixels_per_second: float) -> Ticks:
    """Ticks from ``first`` to ``last`` seconds at round times."""
    step = tick_step(pixels_per_second)
    fine = next((step / n for n in (10, 5, 4, 2) if step / n * pixels_per_second >= 7), step)
    weak, strong = (
        np.arange(np.ceil(first / each), np.floor(last / each + 1e-6) + 1) * each for each in (fine, step)
    )
    return weak, strong, [tick_text(t, step) for t in strong.tolist()]


def frame_ticks(times: npt.NDArray[np.float64], first: float, last: float, gap: float) -> Ticks:
    """Ticks from ``first`` to ``last`` seconds at the ``times`` (n,) of frames that lie ``gap`` pixels
    apart, some with the frame's number."""
    every = next((s for s in _FRAME_STEPS if s * gap >= _FRAME_LABEL_WIDTH), _FRAME_STEPS[-1])
    begin, end = np.searchsorted(times, (first, last)).tolist()
    named = np.arange(-(-begin // every) * every, end, every)
    return times[begin:end], times[named], [str(number) for number in named.tolist()]
