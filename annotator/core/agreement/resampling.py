"""Intervals: figures of resamples of the compared clips, drawn with replacement.

Points and marks within a clip are not independent, so clips are drawn whole.  What a figure is made of
adds up over clips; a resample is a sum in which each clip counts as often as it was drawn.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from viewer.core.cancel import CancelToken

Times = NDArray[np.float64]
"""How often each clip counts (R, C)."""

_AT_ONCE = 1 << 22
"""Numbers of a block of resamples: 32 MB."""


class Resamples:
    """So many resamples of so many clips, the same for every figure; none for fewer than two clips."""

    def __init__(self, clips: int, count: int, seed: int, cancel: CancelToken) -> None:
        self.clips = clips
        self._cancel = cancel
        count = count if clips >= 2 else 0
        dice = np.random.default_rng(seed)
        self._times = np.zeros((count, clips), np.uint16)
        for row in self._times:
            row += np.bincount(dice.integers(0, clips, clips), minlength=clips).astype(np.uint16)

    def value(self, figure: Callable[[Times], Times]) -> float | None:
        """The figure of all clips, each once; None where it is undefined."""
        value = float(figure(np.ones((1, self.clips)))[0])
        return value if np.isfinite(value) else None

    def interval(self, figure: Callable[[Times], Times]) -> tuple[float, float] | None:
        """The 2.5 and 97.5 percentiles; None where fewer than half of the resamples define the figure.
        Raises :class:`~viewer.core.errors.Cancelled`."""
        count = len(self._times)
        if not count:
            return None
        rows = max(1, _AT_ONCE // self.clips)
        blocks = []
        for start in range(0, count, rows):
            self._cancel.check()
            blocks.append(figure(self._times[start : start + rows].astype(np.float64)))
        values = np.concatenate(blocks)
        defined = values[np.isfinite(values)]
        if 2 * len(defined) < count:
            return None
        low, high = np.percentile(defined, (2.5, 97.5))
        return float(low), float(high)
