"""What models answer, made into values and plans; a model's reply is never trusted.

KeyframeFace's own replies and SemanticFace's are found by the reader of that format; here are the
sparse lists of the zero-shot prompt, damping, and plans.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from annotator.core.generation.protocol import PlannedKeyframe, ValueArray
from annotator.core.generation.thoughts import split_thoughts
from viewer.core.channels import CHANNEL_COUNT, CHANNELS, NAMES, match
from viewer.core.errors import GenerationError, TrackError
from viewer.core.formats.keyframeface import parse_reply
from viewer.core.track import BoolArray

REPLY_LIMIT = 200_000
"""Characters of a reply that are looked at; an honest one has about 1,500."""

_ATTEMPTS = 200
_MENDED_LIMIT = 20_000
_PER_CENT = re.compile(r"(\d+(?:\.\d+)?)\s*%")
_TIME = re.compile(r"\s*((?:\d{1,3}:){0,2})(\d+(?:\.\d+)?)\s*(ms|milli)?", re.IGNORECASE)
_TIME_NAMES = ("time", "time_s", "time_sec", "timestamp", "seconds", "start", "at", "t")
_LATEST = 3600.0
_MINUTES_APART = 100.0
_MOST_KEYFRAMES = 24
_CLOSEST_KEYFRAMES = 0.1
_NAMED = 4
_TRY = "try again, or choose a model made for this task"
_WHOLE = "generate it again, or let its profile say that channels it leaves out are 0"

# Positions rather than strengths: a zero-shot model that closes an eye means it closed.
_UNDAMPED = ("EyeBlink", "EyeLook", "TongueOut", "Head", "LeftEye", "RightEye")


def found_json(text: str) -> Iterator[Any]:
    """Every JSON object or array in ``text`` that is whole, the outermost of each place."""
    decoder = json.JSONDecoder()
    at = 0
    for _ in range(_ATTEMPTS):
        starts = [place for place in (text.find("{", at), text.find("[", at)) if place >= 0]
        if not starts:
            return
        at = min(starts)
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            at += 1
            continue
        yield value


def _mended(text: str) -> str:
    """JSON out of what is nearly JSON (single quotes, bare names, lost commas, per cent), empty where
    there is none to be made or where the end is missing: what was cut off is not made up."""
    if len(text) > _MENDED_LIMIT or text.count("{") > text.count("}") or text.count("[") > text.count("]"):
        return ""
    # Imported late: honest models do not need it.
    from json_repair import repair_json

    try:
        return repair_json(_PER_CENT.sub(lambda found: str(float(found[1]) / 100), text))
    except (ValueError, RecursionError):
        # It nests too deep for anything a model means.
        return ""


def _listed(found: Any) -> list[tuple[str, Any]]:
    """The names and values of ``[{"channel": name, "value": number}]``, bare or within an object, where
    at least one names a channel."""
    if isinstance(found, dict):
        found = max((row for row in found.values() if isinstance(row, list)), key=len, default=[])
    rows = [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []
    pairs = [(str(row.get("channel", row.get("name"))), row["value"]) for row in rows if "value" in row]
    return pairs if any(match(name) is not None for name, _value in pairs) else []


def _as_object(pairs: list[tuple[str, Any]]) -> str:
    """JSON in which a name may stand twice, as it did in the list."""
    return "{" + ",".join(f"{json.dumps(name)}:{json.dumps(value)}" for name, value in pairs) + "}"


def read_values(
    text: str, *, sparse: bool = False, damping: float = 1.0
) -> tuple[ValueArray, tuple[str, ...]]:
    """Values (61,) float32 of a reply, and notes on what was odd.

    ``sparse`` replies may leave out channels, which are then 0 by agreement, and may list channels and
    values; of any other a channel that is missing is a fault.  ``damping`` scales strengths (not gaze,
    blinks or rotations).  Out-of-range values are clamped.  Raises :class:`GenerationError` when the
    reply is cut off, holds no channel, leaves some out, or has a value that is no number.
    """
    if len(text) > REPLY_LIMIT:
        raise GenerationError(f"the model's reply is far too long ({len(text)} characters)", _TRY)
    shown, _thought = split_thoughts(text)
    found = list(found_json(shown))
    if sparse and not any(isinstance(value, dict | list) and value for value in found):
        shown = _mended(shown) or shown
        found = list(found_json(shown))
    listed = max(map(_listed, found), key=len, default=[])
    shown = _as_object(listed) if listed else shown
    try:
        parsed = parse_reply(shown)
    except TrackError as fault:
        seen = " ".join(shown.split())[:60]
        told = f"{fault.what} (it begins “{seen}”)" if seen else fault.what
        raise GenerationError(f"the model did not answer usably: {told}", fault.todo) from fault
    refused = next((note for note in parsed.notes if note.startswith("not a number")), None)
    if refused is not None:
        raise GenerationError(f"the model's answer has a value that is {refused}", _TRY)
    if not (sparse or parsed.present.all()):
        raise GenerationError(_left_out(parsed.present), _WHOLE)
    scale = np.full(len(CHANNELS), damping, np.float32)
    scale[[channel.index for channel in CHANNELS if channel.name.startswith(_UNDAMPED)]] = 1.0
    low = np.array([channel.low for channel in CHANNELS], np.float32)
    high = np.array([channel.high for channel in CHANNELS], np.float32)
    values = np.clip(parsed.values, low, high) * scale + np.float32(0.0)
    notes = [note for note in parsed.notes if not note.startswith("missing")]
    if not parsed.present.all():
        notes.append(f"it names {parsed.present.sum()} channels; the others are 0, as its prompt says")
    return values, tuple(notes)


def _left_out(present: BoolArray) -> str:
    """What is said of a reply that lacks channels."""
    missing = [name for name, here in zip(NAMES, present, strict=True) if not here]
    names = ", ".join(missing[:_NAMED]) + (", …" if len(missing) > _NAMED else "")
    return f"the model left out {len(missing)} of {CHANNEL_COUNT} channels ({names})"


def _seconds(value: Any) -> float | None:
    """A number that may be a time in seconds or milliseconds, or a text such as ``1.5 s``, ``1500 ms`` or
    ``0:01.5``."""
    if isinstance(value, str):
        found = _TIME.match(value)
        if found is None:
            return None
        clock = [0.0, 0.0, *map(float, found[1].split(":")[:-1]), float(found[2])]
        value = (clock[-3] * 3600 + clock[-2] * 60 + clock[-1]) / (1000.0 if found[3] else 1.0)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # A whole number may be larger than any float; NaN is in no range.
    return float(value) if 0 <= value <= 1000 * _LATEST else None


def _time_of(row: dict[str, Any]) -> float | None:
    """When a row of a plan is, under whichever of the names that models use."""
    if (given := row.get("time_ms", row.get("timestamp_ms"))) is not None:
        milliseconds = _seconds(given)
        return None if milliseconds is None else milliseconds / 1000.0
    return next((_seconds(row[name]) for name in _TIME_NAMES if name in row), None)


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
            rows.append((_time_of(row) if isinstance(row, dict) else None, " ".join(words.split())))
    return rows


def _in_order(rows: list[tuple[float | None, str]]) -> list[tuple[float | None, str]]:
    """The rows by their times, where all have one.  Milliseconds become seconds: nobody plans faces that are
    minutes apart.  What lies beyond an hour is no time."""
    times = sorted(time for time, _words in rows if time is not None)
    steps = [after - before for before, after in pairwise(times)]
    scale = 1000.0 if steps and min(steps) >= _MINUTES_APART else 1.0
    timed = [(None if time is None else time / scale, words) for time, words in rows]
    found = [(time if time is not None and time <= _LATEST else None, words) for time, words in timed]
    if any(time is None for time, _words in found):
        return found
    return sorted(found, key=lambda row: row[0] or 0.0)


def read_plan(text: str, *, step: float = 1.2) -> tuple[PlannedKeyframe, ...]:
    """The keyframes of a reply to the planning prompt, times rising by at least 0.1 s.

    Missing times are filled ``step`` seconds after the one before.  Raises
    :class:`GenerationError` when the reply holds no description.
    """
    shown, _thought = split_thoughts(text[:REPLY_LIMIT])
    rows = max(map(_plan_rows, found_json(shown)), key=len, default=[])
    rows = rows or max(map(_plan_rows, found_json(_mended(shown))), key=len, default=[])
    if not rows:
        raise GenerationError(
            "the model's reply holds no plan",
            "write the keyframe descriptions yourself, or choose another model",
        )
    planned: list[PlannedKeyframe] = []
    for time, words in _in_order(rows[:_MOST_KEYFRAMES]):
        if not planned:
            planned.append(PlannedKeyframe(0.5 if time is None else time, words))
            continue
        last = planned[-1].time
        at = last + step if time is None else max(time, last + _CLOSEST_KEYFRAMES)
        planned.append(PlannedKeyframe(round(at, 3), words))
    return tuple(planned)
