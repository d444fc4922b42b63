"""How well two signals agree when one is laid against the other, at every offset."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.fft import irfft, next_fast_len, rfft

from annotator.core.sync.signals import RATE, Array, Known, Signal


class Agreement:
    """Lays tracks against one clip, ``offsets`` (L,) seconds apart, RATE to a second.

    The agreement at an offset is the sum of the squared correlations of all pairs of channels, times the
    seconds in which both are known: what many channels share, and for long, counts for more.  Where
    ``alike`` is set, only correlations above 0 count: the two rise together.
    """

    def __init__(self, clip: Signal, track: Signal, offsets: Array, alike: bool = False) -> None:
        self._alike = alike
        length = len(clip.values) + len(track.values)
        self._size = next_fast_len(length)
        first = round((float(offsets[0]) - clip.start + track.start) * RATE)
        at = first + np.arange(len(offsets))
        self._inside = (at > -len(track.values)) & (at < len(clip.values))
        self._at = np.where(self._inside, at, 0) % self._size
        self._clip = self._spectra(clip.values, clip.known)
        self._track = track

    def _spectra(self, values: Array, known: Known) -> tuple[npt.NDArray[np.complex128], ...]:
        parts = values * known[:, None], values**2 * known[:, None], known.astype(np.float64)[:, None]
        return tuple(rfft(part, self._size, axis=0) for part in parts)

    def _together(self, one: npt.NDArray[np.complex128], other: npt.NDArray[np.complex128]) -> Array:
        both = irfft(one[:, :, None] * np.conj(other)[:, None, :], self._size, axis=0)
        return np.asarray(both[self._at])

    def of(self, values: Array, known: Known) -> tuple[Array, Array]:
        """The agreement (L,) with what a track shows, and the seconds (L,) that are known of both."""
        mine, theirs = self._clip, self._spectra(values, known)
        product = self._together(mine[0], theirs[0])
        power = self._together(mine[1], theirs[2]) * self._together(mine[2], theirs[1])
        seconds = np.maximum(self._together(mine[2], theirs[2])[:, 0, 0], 0.0) / RATE * self._inside
        correlation = product / np.sqrt(np.maximum(power, 1e-9))
        if self._alike:
            correlation = np.maximum(correlation, 0.0)
        # Few samples agree by chance to any degree.
        correlation = np.clip(correlation, -1.0, 1.0)
        return np.asarray((correlation**2).sum(axis=(1, 2)) * seconds), np.asarray(seconds)

    def found(self) -> tuple[Array, Array]:
        """The agreement (L,) of the two as they are, and the seconds (L,) known of both."""
        return self.of(self._track.values, self._track.known)

    def by_chance(self, count: int) -> Array:
        """The agreement (``count``, L) with tracks that move as much and as often, and belong elsewhere:
        the track backwards, begun at ``count`` places one after the other."""
        values, known = self._track.values[::-1], self._track.known[::-1]
        places = (np.arange(count) * len(values)) // count
        return np.stack([self.of(np.roll(values, n, axis=0), np.roll(known, n))[0] for n in places])
