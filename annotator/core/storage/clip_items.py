"""The things that edits set as parts of a clip's files: how one of them is merged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from annotator.core.begun import BEGUN_KEY
from annotator.core.edit import Kind
from annotator.core.merging import MISSING, WHOLE, Clash, Json, Merged, merge, same
from annotator.core.storage.journal import ITEM_FROM_JSON, ITEM_TO_JSON
from annotator.core.storage.merge_rules import (
    ANNOTATION_PART,
    CLIP,
    CLIP_PART,
    KEYFRAME,
    SPAN,
    TAKE,
    TAKE_PART,
    PartClash,
    merge_takes,
)
from annotator.core.storage.take_file import take_to_json

_RULES = {"keyframe": KEYFRAME, "span": SPAN, "take": TAKE, "clip": CLIP, "status": WHOLE, "begun": WHOLE}


def merge_item(kind: Kind, id: str, chain: Sequence[Any], current: Any) -> tuple[Any, list[Clash]]:
    """What became of a thing that was changed here step by step, as ``chain`` says, while elsewhere it
    became ``current``; some of the steps may be in that already."""
    steps = [_json(kind, value) for value in chain]
    theirs = _json(kind, current)
    base = steps[0]
    if base is MISSING and theirs is not MISSING:
        # It was made here, so others began with what was saved of it.
        base = next((step for step in steps if step is not MISSING), MISSING)
    made = _merge(kind, base, steps[-1], theirs)
    clashes = [clash for clash in made.clashes if not _was_a_step(kind, steps, clash)]
    value = None if made.value is MISSING else ITEM_FROM_JSON[kind](id, made.value, None)
    return value, clashes


def clash_of(alone: bool, kind: Kind, id: str, clash: Clash) -> PartClash:
    """A clash in a thing as one in its file; ``alone`` is a clip without a dataset."""
    part, start = {
        "keyframe": (ANNOTATION_PART, ("keyframes", id)),
        "span": (ANNOTATION_PART, ("emotions", id)),
        "status": (ANNOTATION_PART, ("status",)),
        "begun": (ANNOTATION_PART, (BEGUN_KEY,)),
        "clip": (ANNOTATION_PART, ("clip",)) if alone else (CLIP_PART, ()),
        "take": (f"{TAKE_PART}{id}", ()),
    }[kind]
    return PartClash(part, (*start, *clash.path), clash.mine, clash.theirs)


def _json(kind: Kind, value: Any) -> Json:
    if value is None:
        return MISSING
    return take_to_json(value) if kind == "take" else ITEM_TO_JSON[kind](value)


def _merge(kind: Kind, base: Json, mine: Json, theirs: Json) -> Merged:
    if kind == "take":
        return merge_takes(base, mine, theirs)
    return merge(_RULES[kind], base, mine, theirs)


def _was_a_step(kind: Kind, steps: Sequence[Json], clash: Clash) -> bool:
    """Whether their value is one that was saved here on the way."""
    known = [step for step in steps if step is not MISSING]
    return any(same(_RULES[kind].within(step, clash.path), clash.theirs) for step in known)
