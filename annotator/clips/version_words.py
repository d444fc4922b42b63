"""The parts of a clip and their values in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from annotator.core.merging import MISSING, Json, Step
from annotator.core.model import EASE_TITLES, ClipState
from annotator.core.storage.merge_rules import ANNOTATION_PART, CLIP_PART, TAKE_PART, PartClash
from viewer.transport_bar import format_timecode

_FIELDS = {
    "values": "corrected values",
    "frame": "frame of the video",
    "perspectives": "words of a model",
    "keys": "keys",
    "manual": "set by hand",
    "rest_before": "rest before",
    "rest_after": "rest after",
    "micro_motion": "micro-motion",
    "fps": "frames per second",
    "deleted": "deleted or not",
}


def part_title(clash: PartClash, state: ClipState) -> str:
    """What a clash is about, e.g. ``Keyframe at 00:01.333, description``."""
    path = list(clash.path)
    if clash.part.startswith(TAKE_PART):
        return _joined(_take(clash.part.removeprefix(TAKE_PART), state), path)
    if clash.part == CLIP_PART:
        return _joined("Story", path)
    if clash.part == ANNOTATION_PART and path and path[0] == "clip":
        return _joined("Story", path[1:])
    if path and path[0] in ("keyframes", "emotions") and len(path) > 1:
        return _joined(_mark(str(path[0]), str(path[1]), clash, state), path[2:])
    return _joined("", path)


def choice_title(clashes: Sequence[PartClash], state: ClipState) -> str:
    """What a choice is about, which may be of several parts, e.g. ``Take “Calm 1”, key 3``."""
    first = clashes[0]
    if len(clashes) == 1:
        return part_title(first, state)
    key = next(step for step in first.path if isinstance(step, str) and step[:1] in ("#", "@"))
    return f"{_take(first.part.removeprefix(TAKE_PART), state)}, key {_step(key)}, generated again"


def choice_words(clashes: Sequence[PartClash], side: Literal["mine", "theirs"]) -> str:
    """One side of a choice as a person reads it: what is said of it, then its values."""
    ordered = sorted(clashes, key=lambda clash: clash.path[0] != "keyframes")
    words = [value_words(getattr(clash, side), clash.path) for clash in ordered]
    lines = dict.fromkeys(line for text in words for line in text.split("\n"))
    return "\n".join(lines)


def _joined(title: str, steps: list[Step]) -> str:
    words = [word for step in steps if (word := _step(step))]
    text = ", ".join([title, *words] if title else words)
    return text[:1].upper() + text[1:]


def _step(step: Step) -> str:
    if isinstance(step, tuple):
        return _step(step[0])
    if step.startswith("#") and step[1:].isdigit():
        return f"{int(step[1:]) + 1}"
    if step.startswith("@"):
        return f"at {step[1:]} s"
    return _FIELDS.get(step, step.replace("_", " "))


def _take(id: str, state: ClipState) -> str:
    return next((f"Take “{take.name}”" for take in state.takes if take.id == id), f"Take {id}")


def _mark(kind: str, id: str, clash: PartClash, state: ClipState) -> str:
    """A keyframe or a span by its time: as it is here, else as it is there."""
    times = [(k.time, None) for k in state.keyframes if kind == "keyframes" and k.id == id]
    spans = [(s.start, s.end) for s in state.spans if kind == "emotions" and s.id == id]
    found: list[tuple[Any, Any]] = [*times, *spans]
    if not found and isinstance(clash.theirs, Mapping):
        found = [(clash.theirs.get("time", clash.theirs.get("start")), clash.theirs.get("end"))]
    noun = "Keyframe" if kind == "keyframes" else "Emotion span"
    if not found or not isinstance(found[0][0], int | float):
        return noun
    start, end = found[0]
    to = f" to {format_timecode(end)}" if isinstance(end, int | float) else ""
    return f"{noun} {'at' if end is None else 'from'} {format_timecode(start)}{to}"


def value_words(value: Json, path: tuple[Step, ...]) -> str:
    """A value as a person reads it."""
    last = path[-1] if path else ""
    if last == "deleted":
        return "The take is deleted" if value is True else "The take stays"
    if value is MISSING:
        return "Not there"
    if value is None or value == "":
        return "Nothing"
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, Mapping):
        return _object_words(value)
    if isinstance(value, list):
        return ", ".join(value_words(each, ()) for each in value) or "Nothing"
    if isinstance(value, int | float):
        return format_timecode(value) if last in ("time", "start", "end") else f"{value:g}"
    return EASE_TITLES.get(value, str(value)) if last == "ease" else str(value)


def _object_words(value: Mapping[str, Json]) -> str:
    if isinstance(value.get("time"), int | float) and set(value) <= {"time", "frame"}:
        return f"At {format_timecode(value['time'])}"
    words = [str(value[key]) for key in ("description", "text", "label", "note") if value.get(key)]
    if isinstance(value.get("time"), int | float):
        words.insert(0, f"At {format_timecode(value['time'])}")
    if isinstance(value.get("start"), int | float) and isinstance(value.get("end"), int | float):
        words.insert(0, f"{format_timecode(value['start'])} to {format_timecode(value['end'])}")
    if words:
        return "\n".join(words)
    return "\n".join(f"{_step(key)}: {value_words(each, (key,))}" for key, each in value.items()) or "Nothing"
