"""Minima and maxima of long data at several resolutions, so that drawing costs what the
screen is wide and not what the recording is long."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.intp]
_FACTOR = 4


class MinMaxPyramid:
    """Built once from values (n,) or (n, c) float; NaN means no value.

    Building 36,000 rows of 61 channels takes some 30 ms, ten minutes of sound more: build
    those off the UI thread.
    """

    def __init__(self, values: npt.ArrayLike, first_bin: int = 1) -> None:
        """``first_bin`` rows make one bin of the finest level; more than 1 saves memory where
        single rows are never seen, as in sound."""
        data = np.asarray(values, np.float32)
        data = data.reshape(data.shape[0], -1)
        self.length, self.channels = data.shape
        lost = np.isnan(data)
        if lost.any():
            low, high = np.where(lost, np.inf, data), np.where(lost, -np.inf, data)
        else:
            low = high = data
        self._sizes = [1]
        self._levels: list[tuple[FloatArray, FloatArray]] = [(low, high)]
        if first_bin > 1 and self.length:
            self._sizes = [first_bin]
            self._levels = [(_shrunk(low, first_bin, np.minimum), _shrunk(high, first_bin, np.maximum))]
        while self._levels[-1][0].shape[0] > 64:
            low, high = self._levels[-1]
            self._levels.append((_shrunk(low, _FACTOR, np.minimum), _shrunk(high, _FACTOR, np.maximum)))
            self._sizes.append(self._sizes[-1] * _FACTOR)

    def columns(
        self, edges: npt.ArrayLike, channels: Sequence[int] | None = None
    ) -> tuple[FloatArray, FloatArray]:
        """Minima and maxima (w, c) of the rows between neighbouring ``edges`` (w + 1,), which
        rise; a column without a row of its own shows the row at its left edge.  NaN where
        there is no value.  No row is missed; one may show up to one column early."""
        at = np.clip(np.asarray(edges, np.intp), 0, self.length)
        count = at.size - 1
        wanted = self.channels if channels is None else len(channels)
        if self.length == 0 or count < 1 or wanted == 0:
            nothing = np.full((max(count, 0), wanted), np.nan, np.float32)
            return nothing, nothing
        per_column = (int(at[-1]) - int(at[0])) / count
        level = sum(1 for size in self._sizes[1:] if size <= per_column)
        size = self._sizes[level]
        low, high = self._levels[level]
        starts = np.minimum(at[:-1] // size, low.shape[0] - 1)
        first, last = int(starts[0]), min(max(-(-int(at[-1]) // size), int(starts[-1]) + 1), low.shape[0])
        parts = []
        for data, reduce in ((low, np.minimum), (high, np.maximum)):
            cut = data[first:last] if channels is None else data[first:last, list(channels)]
            parts.append(np.asarray(reduce.reduceat(cut, starts - first, axis=0), np.float32))
        empty = parts[0] > parts[1]
        for i, part in enumerate(parts):
            parts[i] = np.where(empty, np.float32(np.nan), part)
        return parts[0], parts[1]


def _shrunk(data: FloatArray, factor: int, reduce: np.ufunc) -> FloatArray:
    whole = data.shape[0] // factor * factor
    parts = []
    if whole:
        parts.append(reduce.reduce(data[:whole].reshape(-1, factor, data.shape[1]), axis=1))
    if whole < data.shape[0]:
        parts.append(reduce.reduce(data[whole:], axis=0, keepdims=True))
    return np.concatenate(parts).astype(np.float32, copy=False)
