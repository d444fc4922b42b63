"""What an edit does, in one line."""

from __future__ import annotations

from collections import Counter

from annotator.core.edit import Edit, Item

_NOUNS = {
    "keyframe": "keyframe",
    "span": "span",
    "take": "take",
    "clip": "story",
    "status": "status",
}


def counted(number: int, noun: str) -> str:
    """E.g. ``1 keyframe`` or ``3 keyframes``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def verb_of(item: Item) -> str:
    """``Added``, ``Removed`` or ``Changed``."""
    if item.before is None:
        return "Added"
    return "Removed" if item.after is None else "Changed"


def change_summary(edit: Edit | None, nothing: str = "nothing: it is as now") -> str:
    """All of ``edit`` in one line, e.g. ``2 keyframes added, 1 span changed``."""
    counts = Counter((verb_of(item).lower(), _NOUNS[item.kind]) for item in (edit.items if edit else ()))
    parts = [
        f"{noun if noun in ('story', 'status') else counted(number, noun)} {verb}"
        for (verb, noun), number in counts.items()
    ]
    return ", ".join(parts) or nothing
