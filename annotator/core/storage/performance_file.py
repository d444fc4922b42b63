"""The ``performance`` of a take's file: JSON to its value and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from annotator.core.model import EASES, Ease, Layers, Lock, Performance, TakeKey
from annotator.core.performance.keys import MOST_STRENGTH, bound_together
from annotator.core.storage.parts import LATEST, UNUSABLE, Json, Kind, Told, Write, number, plain, text
from viewer.core.channels import INDEX, REGIONS
from viewer.core.track import DEFAULT_FPS

_EASES: dict[str, Ease] = {ease: ease for ease in EASES}


def performance_of(raw: Any, told: Told) -> Performance | None:
    """None where there is none that can be used: a take then has its track alone."""
    if raw is None:
        return None
    odd: list[str] = []
    try:
        if not isinstance(raw, Mapping):
            raise TypeError(f"{raw!r} is not an object")
        found = PERFORMANCE.from_json(raw, odd.append)
    except UNUSABLE:
        told("performance: its keys cannot be used")
        return None
    for what in odd:
        told(what)
    return found


def _read_performance(data: Mapping[str, Any], told: Told) -> Performance:
    duration, rest_after = (
        None if data.get(key) is None else number(data[key], 0.0, LATEST)
        for key in ("duration", "rest_after")
    )
    strength, layers = dict(data.get("strength") or {}), data.get("layers")
    if strength.keys() - set(REGIONS):
        told("strength: one is of no region")
    return Performance(
        keys=_keys(data["keys"], told),
        duration=duration,
        fps=number(data.get("fps", DEFAULT_FPS), 1.0, 1000.0),
        strength={
            region: number(factor, 0.0, MOST_STRENGTH)
            for region, factor in strength.items()
            if region in REGIONS
        },
        layers=_LAYERS.from_json(layers, told) if layers else Layers(),
        locks=tuple(_LOCK.from_json(each, told) for each in data.get("locks") or ()),
        rest_before=number(data.get("rest_before", 0.5), 0.0, LATEST),
        rest_after=rest_after,
    )


def _write_performance(performance: Performance, part: Write) -> Json:
    """What stands at its default is left out."""
    data: Json = {
        "fps": performance.fps,
        "keys": [part(_KEY, key) for key in performance.keys],
        "rest_before": performance.rest_before,
    }
    if performance.duration is not None:
        data["duration"] = performance.duration
    if performance.rest_after is not None:
        data["rest_after"] = performance.rest_after
    if performance.strength:
        data["strength"] = dict(performance.strength)
    if performance.layers != Layers():
        data["layers"] = part(_LAYERS, performance.layers)
    if performance.locks:
        data["locks"] = [part(_LOCK, lock) for lock in performance.locks]
    return data


def _keys(raw: Any, told: Told) -> tuple[TakeKey, ...]:
    if not isinstance(raw, list) or not raw:
        raise ValueError("no keys")
    return tuple(sorted((_KEY.from_json(each, told) for each in raw), key=lambda key: key.time))


def _read_key(data: Mapping[str, Any], told: Told) -> TakeKey:
    ease = data.get("ease", "pchip")
    if not isinstance(ease, str) or ease not in _EASES:
        told(f"ease: {ease!r} is none of {', '.join(EASES)}")
        ease = "pchip"
    return TakeKey(
        number(data["time"], 0.0, LATEST),
        _values(data.get("values"), told),
        _values(data.get("manual"), told),
        _EASES[ease],
        text(data.get("error"), "error", told),
    )


def _values(raw: Any, told: Told) -> dict[str, float]:
    if raw is None:
        return {}
    if not isinstance(raw, Mapping):
        raise ValueError("no values")
    found = {str(name): number(value, -1e3, 1e3) for name, value in raw.items() if name in INDEX}
    if len(found) != len(raw):
        told("values: one is of no channel")
    return found


def _write_key(key: TakeKey, part: Write) -> Json:
    data: Json = {"time": key.time, "values": dict(key.values), "ease": key.ease}
    if key.manual:
        data["manual"] = dict(key.manual)
    if key.error:
        data["error"] = key.error
    return data


def _read_layers(data: Mapping[str, Any], told: Told) -> Layers:
    return Layers(
        data.get("blinks") is True,
        data.get("micro_motion") is True,
        int(number(data.get("seed", 0), 0, 2**53)),
    )


def _write_layers(layers: Layers, part: Write) -> Json:
    return {"blinks": layers.blinks, "micro_motion": layers.micro_motion, "seed": layers.seed}


def _read_lock(data: Mapping[str, Any], told: Told) -> Lock:
    channels = bound_together([name for name in data["channels"] if name in INDEX])
    return Lock(channels, _keys(data["keys"], told))


def _write_lock(lock: Lock, part: Write) -> Json:
    return {"channels": list(lock.channels), "keys": [plain(_KEY, key) for key in lock.keys]}


_KEY: Kind[TakeKey] = Kind(
    frozenset(("time", "values", "ease", "manual", "error")), _read_key, _write_key, lambda _key: {"time": 0}
)
_LAYERS: Kind[Layers] = Kind(frozenset(("blinks", "micro_motion", "seed")), _read_layers, _write_layers)
_LOCK: Kind[Lock] = Kind(
    frozenset(("channels", "keys")),
    _read_lock,
    _write_lock,
    lambda _lock: {"channels": [], "keys": [{"time": 0}]},
)
PERFORMANCE: Kind[Performance] = Kind(
    frozenset(
        (
            "fps",
            "keys",
            "rest_before",
            "duration",
            "rest_after",
            "strength",
            "layers",
            "locks",
        )
    ),
    _read_performance,
    _write_performance,
    lambda _performance: {"keys": [{"time": 0}]},
)
