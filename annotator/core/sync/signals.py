"""Signals on one grid of time, so that they can be laid against each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Known = npt.NDArray[np.bool_]

RATE = 100
"""Samples a second: three to a frame of a usual video."""

_OUTLIER = 4.0
_LONGEST_HOLE = 3.5
_STILL = 1e-9


@dataclass(frozen=True, eq=False)
class Signal:
    """What changes in a clip or a track.

    ``values`` is (N, C), :data:`RATE` samples a second, of which the first is at ``start`` seconds of
    its clip or track; each channel has mean square 1.  Where ``known`` (N,) is False nothing was
    seen, and the values are 0.
    """

    values: Array
    known: Known
    start: float = 0.0

    @property
    def channels(self) -> int:
        """How many channels it has; none where nothing changes."""
        return int(self.values.shape[1])

    @property
    def seconds(self) -> float:
        """Seconds of which something is known."""
        return float(np.count_nonzero(self.known)) / RATE


@dataclass(frozen=True, eq=False)
class Grid:
    """Values (N, C) on the grid, interpolated, and where they are known."""

    values: Array
    known: Known

    def rate_of_change(self) -> Grid:
        """What the values change by in a second."""
        if len(self.values) < 2:
            return Grid(np.zeros_like(self.values), self.known)
        return Grid(np.gradient(self.values, axis=0) * RATE, self.known)

    def band(self, lowest: float, highest: float) -> Grid:
        """What changes ``lowest`` to ``highest`` times a second, without delay; the rare extremes, as
        of a cut, are held to a few times the usual."""
        if len(self.values) < 3:
            return Grid(np.zeros_like(self.values), self.known)
        # Only where it is needed: it takes longer to load than the window.
        from scipy.signal import butter, sosfiltfilt

        filter_ = butter(2, (lowest, highest), "bandpass", fs=RATE, output="sos")
        passed = sosfiltfilt(filter_, self.values, axis=0, padlen=min(len(self.values) - 1, RATE))
        passed *= self.known[:, None]
        seen = passed[self.known]
        if not len(seen):
            return Grid(passed, self.known)
        usual = np.maximum(1.4826 * np.median(np.abs(seen), axis=0), 0.3 * np.sqrt((seen**2).mean(axis=0)))
        return Grid(np.clip(passed, -_OUTLIER * usual, _OUTLIER * usual), self.known)

    def components(self, count: int) -> Grid:
        """The ``count`` directions in which the values vary most, each to the mean square of 1; fewer
        where there are no more."""
        seen = self.values[self.known]
        if len(seen) < 2 or not self.values.shape[1]:
            return Grid(np.zeros((len(self.values), 0)), self.known)
        centred = (self.values - seen.mean(axis=0)) * self.known[:, None]
        strength, directions = np.linalg.eigh(centred.T @ centred / len(seen))
        order = np.argsort(strength)[::-1][:count]
        order = order[strength[order] > max(_STILL * float(strength.max()), 1e-18)]
        return Grid(centred @ directions[:, order] / np.sqrt(strength[order]), self.known)

    def to_signal(self, start: float) -> Signal:
        """The same as a signal; channels that do not move are left out."""
        power = (self.values[self.known] ** 2).mean(axis=0) if self.known.any() else np.zeros(0)
        moving = np.flatnonzero(power > 1e-18)
        scaled = self.values[:, moving] / np.sqrt(power[moving]) if moving.size else self.values[:, :0]
        return Signal(np.ascontiguousarray(scaled), self.known, start)


def on_grid(times: Array, values: npt.NDArray[np.floating], start: float, end: float) -> Grid:
    """Values (F, C) at ``times`` (F,), rising seconds, interpolated from ``start`` to ``end``.

    Nothing is known before the first, after the last, and in holes of some frames; rows with a NaN
    are such holes.
    """
    count = max(int(np.floor((end - start) * RATE + 1e-6)) + 1, 1)
    at = start + np.arange(count) / RATE
    good = np.isfinite(values).all(axis=1)
    times_known, rows = times[good], np.asarray(values[good], np.float64)
    if times_known.size < 2:
        return Grid(np.zeros((count, values.shape[1])), np.zeros(count, np.bool_))
    step = float(np.median(np.diff(times)))
    right = np.clip(np.searchsorted(times_known, at), 1, times_known.size - 1)
    left = right - 1
    width = times_known[right] - times_known[left]
    share = np.clip((at - times_known[left]) / width, 0.0, 1.0)[:, None]
    known = (at >= times_known[0]) & (at <= times_known[-1]) & (width < _LONGEST_HOLE * step)
    return Grid((1.0 - share) * rows[left] + share * rows[right], known)
