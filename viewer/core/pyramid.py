"""Minima and maxima of long data at several resolutions, so that drawing costs what the
screen is wide and not what the recording is long."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.intp]


class MinMaxPyramid:
    """Built once from values (n,) or (n, c) float; NaN means no value.

    Building 36,000 rows of 61 channels takes some 20 ms, ten minutes of sound 140 ms: build
    such long sound off the UI thread.
    """

    def __init__(self, values: npt.ArrayLike, first_bin: int = 1) -> None:
        """``first_bin`` rows (a power of two) make one bin of the finest level; more than 1
        saves memory where single rows are never seen, as in sound."""
        data = np.asarray(values, np.float32)
        if data.ndim == 1:
            data = data[:, None]
        self.length, self.channels = data.shape
        low = high = data
        if data.size and np.isnan(data.min()):
            lost = np.isnan(data)
            low, high = np.where(lost, np.inf, data), np.where(lost, -np.inf, data)
        size = 1
        while size < first_bin and low.shape[0] > 1:
            low, high, size = _halved(low, np.minimum), _halved(high, np.maximum), size * 2
        self._sizes = [size]
        self._levels: list[tuple[FloatArray, FloatArray]] = [(low, high)]
        while low.shape[0] > 64:
            low, high, size = _halved(low, np.minimum), _halved(high, np.maximum), size * 2
            self._levels.append((low, high))
            self._sizes.append(size)

    def extent(self) -> tuple[FloatArray, FloatArray]:
        """The least and the greatest value (c,) of all rows; NaN where there is none."""
        if not self.length:
            nothing = np.full(self.channels, np.nan, np.float32)
            return nothing, nothing
        least, most = self._levels[-1][0].min(axis=0), self._levels[-1][1].max(axis=0)
        known = np.isfinite(least)
        gone = np.float32(np.nan)
        return np.where(known, least, gone), np.where(known, most, gone)

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
            return nothing, nothing.copy()
        per_column = (int(at[-1]) - int(at[0])) / count
        level = sum(1 for size in self._sizes[1:] if size <= per_column)
        size = self._sizes[level]
        low, high = self._levels[level]
        first = np.minimum(at[:-1] // size, low.shape[0] - 1)
        last = np.minimum(np.maximum(-(-at[1:] // size) - 1, first), low.shape[0] - 1)
        chosen = slice(None) if channels is None else list(channels)
        parts = [
            _reduced(data, first, last, chosen, reduce)
            for data, reduce in ((low, np.minimum), (high, np.maximum))
        ]
        empty = parts[0] > parts[1]
        for part in parts:
            part[empty] = np.nan
        return parts[0], parts[1]


def _reduced(
    data: FloatArray, first: IntArray, last: IntArray, channels: slice | list[int], reduce: np.ufunc
) -> FloatArray:
    """``reduce`` over rows ``first`` to ``last`` of each column.  Nearly always a column has at
    most three rows on the chosen level, and taking each at once is quickest."""
    cut = data[int(first[0]) : int(last[-1]) + 1, channels]
    first, last = first - first[0], last - first[0]
    if int((last - first).max()) > 2:
        ends = np.minimum(last + 1, cut.shape[0] - 1)
        parts = reduce.reduceat(cut, np.column_stack((first, ends)).reshape(-1), axis=0)[::2]
        return np.asarray(reduce(parts, cut[last]), np.float32)
    result = cut[first]
    for rows in (np.minimum(first + 1, last), last):
        reduce(result, cut[rows], out=result)
    return result


def _halved(data: FloatArray, reduce: np.ufunc) -> FloatArray:
    """Every two neighbouring rows as one; an odd last one stays."""
    even = data.shape[0] // 2 * 2
    result: FloatArray = reduce(data[:even:2], data[1:even:2])
    return result if even == data.shape[0] else np.concatenate((result, data[even:]))
