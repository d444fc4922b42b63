"""Round steps of time for rulers, and times written as they need."""

from __future__ import annotations

import math

_SHORT_STEPS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
_STEPS = (*_SHORT_STEPS, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0)
_LABEL_WIDTH = 76.0


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
