"""The keys of a performance as arrays, and what is locked with what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from annotator.core.model import Lock, Performance, TakeKey
from viewer.core.channels import CHANNEL_COUNT, CHANNELS, INDEX, NAMES
from viewer.core.track import FloatArray

MOST_STRENGTH = 2.0

_BOUND_TOGETHER: tuple[tuple[str, ...], ...] = (
    ("JawOpen", "MouthClose", "TongueOut"),
    ("JawLeft", "JawRight"),
    ("MouthLeft", "MouthRight"),
    *(
        names
        for side in ("Left", "Right")
        for names in (
            (f"EyeBlink{side}", f"EyeWide{side}", f"EyeSquint{side}"),
            (f"MouthSmile{side}", f"MouthFrown{side}"),
            (f"EyeLookIn{side}", f"EyeLookOut{side}"),
            (f"EyeLookUp{side}", f"EyeLookDown{side}"),
        )
    ),
)
"""Channels that limit each other; they are locked together, so that a lock never meets a limit."""


def sparse(row: npt.ArrayLike) -> dict[str, float]:
    """Values (61,) by name, without those at 0."""
    values = np.asarray(row, np.float64).reshape(-1)
    return {NAMES[i]: float(values[i]) for i in np.flatnonzero(values)}


def dense(values: Mapping[str, float]) -> FloatArray:
    """Values by name as a row (61,)."""
    row = np.zeros(CHANNEL_COUNT, np.float32)
    for name, value in values.items():
        row[INDEX[name]] = value
    return row


def key_rows(performance: Performance) -> FloatArray:
    """What the keys (K, 61) ask for: the generated values at the regions' strengths, then what was
    set by hand."""
    factors = np.ones(CHANNEL_COUNT, np.float32)
    for channel in CHANNELS:
        factors[channel.index] = performance.strength.get(channel.region, 1.0)
    rows = np.array([dense(key.values) for key in performance.keys], np.float32).reshape(-1, CHANNEL_COUNT)
    rows *= factors
    for row, key in zip(rows, performance.keys, strict=True):
        for name, value in key.manual.items():
            row[INDEX[name]] = value
    return rows


def bound_together(names: Sequence[str]) -> tuple[str, ...]:
    """The channels and all that limit one of them, in CSV order."""
    wanted = set(names)
    for group in _BOUND_TOGETHER:
        if wanted & set(group):
            wanted |= set(group)
    return tuple(sorted(wanted, key=INDEX.__getitem__))


def with_locked(performance: Performance, names: Sequence[str], on: bool) -> Performance:
    """Lock channels, with those that limit them, as they are now; or let them go."""
    wanted = bound_together(names)
    kept = []
    for lock in performance.locks:
        left = tuple(name for name in lock.channels if name not in wanted or on)
        if left:
            kept.append(replace(lock, channels=left))
    if on:
        new = tuple(name for name in wanted if name not in performance.locked)
        if new:
            rows = key_rows(performance)
            keys = tuple(
                TakeKey(key.time, {name: float(row[INDEX[name]]) for name in new}, {}, key.ease, key.error)
                for key, row in zip(performance.keys, rows, strict=True)
            )
            kept.append(Lock(new, keys))
    return replace(performance, locks=tuple(kept))
