"""What a performance is made of: keys with values, easing, strengths, layers and locks.

A take's track is derived from these, and only from these, so that everything about a take can be
changed afterwards and the same performance always gives the same track.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from annotator.core.model import EASES, Ease
from viewer.core.channels import CHANNEL_COUNT, CHANNELS, INDEX, NAMES, REGIONS
from viewer.core.errors import GenerationError
from viewer.core.track import DEFAULT_FPS, FloatArray

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


@dataclass(frozen=True)
class TakeKey:
    """One key: ``time`` in seconds of the clip, the ``values`` a model gave (channels at 0 are left
    out), those set by hand, which win over them, and how the face goes on to the next key.  A key
    whose generation failed has its ``error`` and is passed over."""

    time: float
    values: Mapping[str, float] = field(default_factory=dict)
    manual: Mapping[str, float] = field(default_factory=dict)
    ease: Ease = "pchip"
    error: str = ""


@dataclass(frozen=True)
class Layers:
    """Life that no key asks for, the same for the same ``seed``."""

    blinks: bool = False
    micro_motion: bool = False
    seed: int = 0


@dataclass(frozen=True)
class Lock:
    """Channels that go on as they were when they were locked, at these keys with the strengths of
    then in them."""

    channels: tuple[str, ...]
    keys: tuple[TakeKey, ...]


@dataclass(frozen=True)
class Performance:
    """``duration`` in seconds makes the track as long as the clip; ``strength`` are factors by
    region.  The face is neutral until ``rest_before`` seconds before the first key, where there is
    room, and relaxes ``rest_after`` seconds after the last, if given."""

    keys: tuple[TakeKey, ...]
    duration: float | None = None
    fps: float = DEFAULT_FPS
    strength: Mapping[str, float] = field(default_factory=dict)
    layers: Layers = field(default_factory=Layers)
    locks: tuple[Lock, ...] = ()
    rest_before: float = 0.5
    rest_after: float | None = None

    @property
    def locked(self) -> frozenset[str]:
        """The names of all locked channels."""
        return frozenset(name for lock in self.locks for name in lock.channels)

    def with_key(self, index: int, **changes: object) -> Performance:
        """The performance with one key changed; raises :class:`GenerationError` without it."""
        if not 0 <= index < len(self.keys):
            raise GenerationError("that key of the take is no longer there", "choose another one")
        keys = list(self.keys)
        keys[index] = replace(keys[index], **changes)  # type: ignore[arg-type]
        return replace(self, keys=tuple(keys))


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


# ---- JSON ------------------------------------------------------------------------------------


def to_json(performance: Performance) -> dict[str, object]:
    """The ``performance`` of a take's file; what stands at its default is left out."""
    data: dict[str, object] = {
        "fps": performance.fps,
        "keys": [_key_to_json(key) for key in performance.keys],
        "rest_before": performance.rest_before,
    }
    if performance.duration is not None:
        data["duration"] = performance.duration
    if performance.rest_after is not None:
        data["rest_after"] = performance.rest_after
    strength = {region: factor for region, factor in performance.strength.items() if factor != 1.0}
    if strength:
        data["strength"] = strength
    if performance.layers != Layers():
        layers = performance.layers
        data["layers"] = {
            "blinks": layers.blinks, "micro_motion": layers.micro_motion, "seed": layers.seed,
        }
    if performance.locks:
        data["locks"] = [
            {"channels": list(lock.channels), "keys": [_key_to_json(key) for key in lock.keys]}
            for lock in performance.locks
        ]
    return data


def from_json(data: object) -> Performance | None:
    """A take file's ``performance``, or None where there is none that can be used: what somebody
    wrote there by hand never keeps a take from being shown."""
    if not isinstance(data, Mapping):
        return None
    try:
        layers = data.get("layers") or {}
        return Performance(
            keys=_keys(data["keys"]),
            duration=_number(data["duration"], 0.0, 1e6) if data.get("duration") is not None else None,
            fps=_number(data.get("fps", DEFAULT_FPS), 1.0, 1000.0),
            strength={
                region: _number(factor, 0.0, MOST_STRENGTH)
                for region, factor in dict(data.get("strength") or {}).items() if region in REGIONS
            },
            layers=Layers(
                layers.get("blinks") is True, layers.get("micro_motion") is True,
                int(_number(layers.get("seed", 0), 0, 2**53)),
            ),
            locks=tuple(
                Lock(bound_together([n for n in lock["channels"] if n in INDEX]), _keys(lock["keys"]))
                for lock in data.get("locks") or ()
            ),
            rest_before=_number(data.get("rest_before", 0.5), 0.0, 1e6),
            rest_after=_number(data["rest_after"], 0.0, 1e6) if data.get("rest_after") is not None else None,
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _key_to_json(key: TakeKey) -> dict[str, object]:
    data: dict[str, object] = {"time": key.time, "values": dict(key.values), "ease": key.ease}
    if key.manual:
        data["manual"] = dict(key.manual)
    if key.error:
        data["error"] = key.error
    return data


def _keys(data: object) -> tuple[TakeKey, ...]:
    if not isinstance(data, list) or not data:
        raise ValueError("no keys")
    known: dict[str, Ease] = {ease: ease for ease in EASES}
    keys = [
        TakeKey(
            _number(each["time"], 0.0, 1e6), _values(each.get("values")), _values(each.get("manual")),
            known.get(each.get("ease", "pchip"), "pchip"), str(each.get("error") or ""),
        )
        for each in data
    ]
    return tuple(sorted(keys, key=lambda key: key.time))


def _values(data: object) -> dict[str, float]:
    if data is None:
        return {}
    if not isinstance(data, Mapping):
        raise ValueError("no values")
    return {str(name): _number(value, -1e3, 1e3) for name, value in data.items() if name in INDEX}


def _number(value: object, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise ValueError(f"{value!r} is no number from {low:g} to {high:g}")
    return float(value)
