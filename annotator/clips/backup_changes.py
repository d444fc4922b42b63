"""What restoring a backup would do, in words."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from annotator.core.change_summary import verb_of
from annotator.core.edit import Edit, Item
from annotator.core.model import ClipInfo, EmotionSpan, Keyframe, TakeInfo
from viewer.transport_bar import format_timecode

_HIDDEN = ("id", "frame", "extra", "created", "pose_unit")
"""Fields that say nothing to a person."""
_LONGEST = 60


@dataclass(frozen=True)
class ChangeLine:
    """One line of a preview: ``Added``, ``Changed`` or ``Removed``, what, and how."""

    verb: str
    what: str
    how: str


def change_lines(edit: Edit) -> list[ChangeLine]:
    """A line for each thing that ``edit`` sets."""
    return [_line(item) for item in edit.items]


def _line(item: Item) -> ChangeLine:
    before, after = item.before, item.after
    thing = after if after is not None else before
    verb = verb_of(item)
    if isinstance(thing, str):
        return ChangeLine(verb, "Status", f"{before} → {after}")
    how = _differences(before, after) if verb == "Changed" else _words(thing)
    return ChangeLine(verb, _name(thing), how)


def _name(thing: Any) -> str:
    if isinstance(thing, Keyframe):
        return f"Keyframe at {format_timecode(thing.time)}"
    if isinstance(thing, EmotionSpan):
        return f"Span {format_timecode(thing.start)} to {format_timecode(thing.end)}"
    if isinstance(thing, TakeInfo):
        return f"Take “{thing.name}”"
    return "Story"


def _words(thing: Any) -> str:
    """What a keyframe or a span says, where nothing of it is compared."""
    if isinstance(thing, Keyframe):
        return _short(thing.description or thing.emotion)
    if isinstance(thing, EmotionSpan):
        return f"{thing.label or 'no label'}, intensity {thing.intensity}"
    return _short(thing.script) if isinstance(thing, ClipInfo) else ""


def _differences(before: Any, after: Any) -> str:
    parts = []
    for field in fields(before):
        old, new = getattr(before, field.name), getattr(after, field.name)
        if old == new or field.name in _HIDDEN:
            continue
        if field.name in ("time", "start", "end"):
            parts.append(f"{field.name}: {format_timecode(old)} → {format_timecode(new)}")
        elif isinstance(old, str | int | float) or old is None:
            parts.append(f"{field.name}: {_short(old)} → {_short(new)}")
        elif field.name == "tags":
            parts.append(f"tags: {_short(', '.join(old))} → {_short(', '.join(new))}")
        else:
            parts.append(field.name)
    return "; ".join(parts) or "what other programs keep with it"


def _short(value: object) -> str:
    text = "" if value is None else " ".join(str(value).split())
    if len(text) > _LONGEST:
        text = f"{text[: _LONGEST - 1]}…"
    return f"“{text}”" if isinstance(value, str) and text else text or "nothing"
