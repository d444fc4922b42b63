"""What models answer, made into values and plans; a model's reply is never trusted.

Replies hold a JSON object somewhere: KeyframeFace's ``{"Keyframe_one": {61}}``, the 61 keys
bare after Markdown (SemanticFace), or the sparse object of the zero-shot prompt.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from annotator.core.generation.protocol import PlannedKeyframe, ValueArray
from viewer.core.channels import CHANNEL_COUNT, CHANNELS, NAMES, Channel, match
from viewer.core.errors import GenerationFault

REPLY_LIMIT = 200_000
"""Characters of a reply that are looked at; an honest one has about 1,500."""

_ATTEMPTS = 200
_THOUGHT = re.compile(r"<think>.*?(</think>|\Z)", re.DOTALL | re.IGNORECASE)
_MOST_KEYFRAMES = 24
_CLOSEST_KEYFRAMES = 0.1
_TRY = "try again, or choose a model made for this task"

# Positions rather than strengths: a zero-shot model that closes an eye means it closed.
_UNDAMPED = ("EyeBlink", "EyeLook", "TongueOut", "Head", "LeftEye", "RightEye")


def _refuse_constant(name: str) -> Any:
    raise GenerationFault(f"the model answered with {name} where a number belongs", _TRY)


def _found_json(text: str) -> Iterator[Any]:
    """Every JSON object or array in ``text`` that is whole, the outermost of each place."""
    decoder = json.JSONDecoder(parse_constant=_refuse_constant)
    shown = _THOUGHT.sub("", text[:REPLY_LIMIT])
    at = 0
    for _ in range(_ATTEMPTS):
        starts = [place for place in (shown.find("{", at), shown.find("[", at)) if place >= 0]
        if not starts:
            return
        at = min(starts)
        try:
            value, at = decoder.raw_decode(shown, at)
        except (ValueError, RecursionError):
            at += 1
            continue
        yield value


def _channel_values(found: Any) -> dict[Channel, Any]:
    """The channels an answer names, whatever it is wrapped in; empty when it names none."""
    if isinstance(found, list):
        pairs = {
            str(row.get("channel", row.get("name"))): row.get("value")
            for row in found
            if isinstance(row, dict) and "value" in row
        }
        return _channel_values(pairs) if pairs else {}
    if not isinstance(found, dict):
        return {}
    named = {channel: value for name, value in found.items() if (channel := match(str(name))) is not None}
    if named:
        return named
    inner = [_channel_values(value) for value in found.values() if isinstance(value, dict | list)]
    return max(inner, key=len, default={})


def _number(channel: Channel, value: Any) -> float:
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            value = None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise GenerationFault(f"the model answered with no number for {channel.name}", _TRY)
    return float(value)


def read_values(
    text: str, *, sparse: bool = False, damping: float = 1.0
) -> tuple[ValueArray, tuple[str, ...]]:
    """Values (61,) float32 of a reply, and notes on what was mended.

    ``sparse`` replies leave out channels that are 0; others are noted when incomplete.
    ``damping`` scales strengths (not gaze, blinks or rotations).  Out-of-range values are
    clamped.  Raises :class:`GenerationFault` when no whole object with channels is in it.
    """
    if len(text) > REPLY_LIMIT:
        raise GenerationFault(f"the model's reply is far too long ({len(text)} characters)", _TRY)
    best: dict[Channel, Any] = max(map(_channel_values, _found_json(text)), key=len, default={})
    if not best:
        seen = " ".join(text.split())[:60]
        told = (
            f"the model's reply holds no channel values (it begins “{seen}”)"
            if seen
            else ("the model's reply is empty")
        )
        raise GenerationFault(told, _TRY)
    values = np.zeros(CHANNEL_COUNT, np.float32)
    clamped = []
    for channel, raw in best.items():
        number = _number(channel, raw)
        inside = min(max(number, channel.low), channel.high)
        if inside != number:
            clamped.append(channel.name)
        scale = 1.0 if channel.name.startswith(_UNDAMPED) else damping
        values[channel.index] = inside * scale + 0.0
    notes = []
    if clamped:
        notes.append(f"out of range and clamped: {', '.join(clamped)}")
    if not sparse and len(best) < CHANNEL_COUNT:
        missing = [channel.name for channel in CHANNELS if channel not in best]
        shown = ", ".join(missing[:5]) + (" …" if len(missing) > 5 else "")
        notes.append(f"{len(missing)} channels are missing and were taken as 0: {shown}")
    return values, tuple(notes)


def values_text(values: ValueArray, key: str) -> str:
    """The paper's answer text for ``values`` (61,): one object, all channels in CSV order."""
    numbers = {name: round(float(value), 6) for name, value in zip(NAMES, values, strict=True)}
    return json.dumps({key: numbers}, separators=(",", ":"))


def _seconds(value: Any) -> float | None:
    if isinstance(value, str):
        found = re.match(r"\s*(\d+(?:\.\d+)?)\s*s?", value)
        value = float(found[1]) if found else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) and 0 <= value <= 3600 else None


def _plan_rows(found: Any) -> list[tuple[float | None, str]]:
    if isinstance(found, dict):
        if isinstance(found.get("description"), str):
            found = [found]
        else:
            return max((_plan_rows(v) for v in found.values() if isinstance(v, list)), key=len, default=[])
    rows = []
    for row in found if isinstance(found, list) else []:
        words = row.get("description", row.get("text")) if isinstance(row, dict) else row
        if isinstance(words, str) and words.strip():
            rows.append(
                (_seconds(row.get("time")) if isinstance(row, dict) else None, " ".join(words.split()))
            )
    return rows


def read_plan(text: str, *, step: float = 1.2) -> tuple[PlannedKeyframe, ...]:
    """The keyframes of a reply to the planning prompt, times rising by at least 0.1 s.

    Missing times are filled ``step`` seconds after the one before.  Raises
    :class:`GenerationFault` when the reply holds no description.
    """
    rows = max(map(_plan_rows, _found_json(text)), key=len, default=[])
    if not rows:
        raise GenerationFault(
            "the model's reply holds no plan",
            "write the keyframe descriptions yourself, or choose another model",
        )
    planned: list[PlannedKeyframe] = []
    for time, words in rows[:_MOST_KEYFRAMES]:
        if not planned:
            planned.append(PlannedKeyframe(0.5 if time is None else time, words))
            continue
        last = planned[-1].time
        at = last + step if time is None else max(time, last + _CLOSEST_KEYFRAMES)
        planned.append(PlannedKeyframe(round(at, 3), words))
    return tuple(planned)
