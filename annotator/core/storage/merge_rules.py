"""The parts of a clip's files, for merging what several people made of them."""

from __future__ import annotations

from dataclasses import dataclass

from annotator.core.begun import BEGUN_KEY
from annotator.core.merging import (
    MISSING,
    UNKNOWN,
    WHOLE,
    ById,
    ByPlace,
    Clash,
    Fields,
    Json,
    Listed,
    Merged,
    Mine,
    Path,
    merge,
    same,
)

# A keyframe's number of the video's frame belongs to its time.
KEYFRAME = Fields({"perspectives": Fields(others=WHOLE)}, together=(("time", "frame"),))
SPAN = Fields()
CLIP = Fields({"tags": Listed()})
"""clip.json."""

ANNOTATION = Fields(
    {
        "keyframes": ById(KEYFRAME),
        "emotions": ById(SPAN),
        "video_fingerprint": Mine(),
        "clip": CLIP,
        BEGUN_KEY: WHOLE,
    }
)
"""An annotator's file."""

# Values that a model gave belong together; those set by hand do not.
_KEY = Fields({"values": WHOLE})
_PERFORMANCE = Fields({"keys": ByPlace(_KEY), "locks": ByPlace(WHOLE)})
_REQUEST = Fields({"descriptions": ByPlace(WHOLE)})
TAKE = Fields(
    {
        "request": _REQUEST,
        "keyframes": ByPlace(WHOLE),
        "provenance": WHOLE,
        "performance": _PERFORMANCE,
        "votes": ById(WHOLE),
    }
)
"""The JSON of a take."""

ANNOTATION_PART = "annotation"
CLIP_PART = "clip"
TAKE_PART = "take "
"""Begins the name of a take's part; its id follows."""


@dataclass(frozen=True)
class PartClash:
    """A part of one file that was changed on two sides; ``mine`` and ``theirs`` may be ``MISSING``."""

    part: str
    path: Path
    mine: Json
    theirs: Json

    @property
    def key(self) -> tuple[str, Path]:
        """What it is about."""
        return self.part, self.path


def rule_of(part: str) -> Fields:
    """How a file is merged."""
    return {ANNOTATION_PART: ANNOTATION, CLIP_PART: CLIP}.get(part, TAKE)


def merge_part(part: str, base: Json, mine: Json, theirs: Json) -> Merged:
    """Merge the JSON of one file."""
    if part.startswith(TAKE_PART):
        return merge_takes(base, mine, theirs)
    return merge(rule_of(part), base, mine, theirs)


def clashes_of(part: str, clashes: tuple[Clash, ...]) -> list[PartClash]:
    """The clashes of one file."""
    return [PartClash(part, clash.path, clash.mine, clash.theirs) for clash in clashes]


_BESIDE = frozenset(("votes", "deleted"))


def merge_takes(base: Json, mine: Json, theirs: Json) -> Merged:
    """Merge the JSON of a take.  Deleting one that the other side has changed is a clash: whoever
    changed it would lose sight of it."""
    made = merge(TAKE, base, mine, theirs)
    if any(side in (MISSING, UNKNOWN) for side in (base, mine, theirs)):
        return made
    before, here, there = (side.get("deleted", MISSING) for side in (base, mine, theirs))
    if same(here, there):
        return made
    changed_by_other = mine if same(here, before) else theirs
    keys = (base.keys() | changed_by_other.keys()) - _BESIDE
    if all(same(base.get(key, MISSING), changed_by_other.get(key, MISSING)) for key in keys):
        return made
    others = tuple(clash for clash in made.clashes if clash.path != ("deleted",))
    kept = TAKE.with_part(made.value, ("deleted",), here)
    return Merged(kept, (*others, Clash(("deleted",), before, here, there)))
