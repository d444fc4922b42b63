"""How loud a clip is, and how that changes."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from annotator.core.sync.signals import RATE, Grid, Signal
from annotator.core.sync.track_signals import ENERGY_BAND
from viewer.core.audio import read_audio
from viewer.core.cancel import CancelToken

_SOUND_RATE = 8000
_LOW, _HIGH = (150.0, 900.0), (900.0, 3500.0)
"""Vowels, and what lips and tongue do to them, in hertz."""
_FLOOR = 1e-3
_SILENCE = 1e-4


def loudness(path: Path, start: float, end: float, cancel: CancelToken | None = None) -> Signal | None:
    """How the loudness of voices changes from ``start`` to ``end`` seconds of a video's sound; None where
    it has none, or none that can be heard.

    Raises what reading the sound raises, and :class:`~viewer.core.errors.Cancelled`.
    """
    sound = read_audio(path, _SOUND_RATE, cancel)
    if sound is None:
        return None
    mono = sound.samples.mean(axis=1)[max(round(start * _SOUND_RATE), 0) : round(end * _SOUND_RATE)]
    size = _SOUND_RATE // RATE
    count = len(mono) // size
    if count < 2 * RATE or float(np.sqrt(np.mean(mono**2))) < _SILENCE:
        return None
    # Only where it is needed: it takes longer to load than the window.
    from scipy.signal import butter, sosfiltfilt

    levels = []
    for edges in (_LOW, _HIGH):
        passed = sosfiltfilt(butter(2, edges, "bandpass", fs=_SOUND_RATE, output="sos"), mono)
        power = (passed[: count * size] ** 2).reshape(count, size).mean(axis=1)
        levels.append(np.log(power + _FLOOR * power.mean() + 1e-12))
    known = np.ones(count, np.bool_)
    both = Grid(np.stack(levels, axis=1), known).band(*ENERGY_BAND).to_signal(0.0)
    if not both.channels:
        return None
    mean = Grid(both.values.mean(axis=1, keepdims=True), known)
    # A block of samples is timed by its middle.
    return mean.to_signal(max(start, 0.0) + 0.5 / RATE)
