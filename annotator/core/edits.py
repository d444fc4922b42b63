"""Every change of a clip is an edit: the kinds there are, and functions that build them.

An edit sets one thing (a keyframe, a span, a take, the clip's words, the status) from
``before`` to ``after``; ``None`` stands for "not there".  So adding, moving, describing and
deleting are one kind of edit, its inverse swaps the two, and the steps of one drag, which share
a ``gesture``, merge into one.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from annotator.core.begun import BegunEdit
from annotator.core.comparison.votes import Vote, with_vote
from annotator.core.edit import Edit, Item, Kind, ManyEdits, SetEdit, Thing, changes_nothing
from annotator.core.model import (
    STATUSES,
    ClipInfo,
    ClipState,
    EmotionSpan,
    Keyframe,
    Status,
    TakeInfo,
)
from annotator.core.rules import SAME_TIME as SAME_TIME
from annotator.core.rules import (
    check_clip,
    check_keyframe,
    check_span,
    check_state,
    check_take,
    sorted_keyframes,
    sorted_spans,
    sorted_takes,
)
from viewer.core.errors import EditError


@dataclass(frozen=True)
class KeyframeEdit(SetEdit[Keyframe]):
    """Add, move, describe, correct or delete one keyframe."""

    def _kind(self) -> Kind:
        return "keyframe"

    def _all(self, state: ClipState) -> tuple[Keyframe, ...]:
        return state.keyframes

    def _with(self, state: ClipState, things: Iterable[Keyframe]) -> ClipState:
        return replace(state, keyframes=sorted_keyframes(things))

    def _check(self, thing: Keyframe) -> None:
        check_keyframe(thing)

    @property
    def title(self) -> str:
        """Add, delete, or what of the keyframe changes."""
        return self._title(
            "keyframe",
            (
                ("time", "Move keyframe"),
                ("description", "Describe keyframe"),
                ("emotion", "Set keyframe emotion"),
                ("confidence", "Set keyframe confidence"),
                ("ease", "Set keyframe easing"),
                ("values", "Correct keyframe values"),
                ("perspectives", "Describe keyframe"),
                ("note", "Note on keyframe"),
            ),
        )


@dataclass(frozen=True)
class SpanEdit(SetEdit[EmotionSpan]):
    """Add, move, stretch, label or delete one emotion span."""

    def _kind(self) -> Kind:
        return "span"

    def _all(self, state: ClipState) -> tuple[EmotionSpan, ...]:
        return state.spans

    def _with(self, state: ClipState, things: Iterable[EmotionSpan]) -> ClipState:
        return replace(state, spans=sorted_spans(things))

    def _check(self, thing: EmotionSpan) -> None:
        check_span(thing)

    @property
    def title(self) -> str:
        """Add, delete, or what of the emotion span changes."""
        before, after = self.before, self.after
        if before and after and before.start != after.start and before.end != after.end:
            return "Move emotion span"
        return self._title(
            "emotion span",
            (
                ("start", "Move start of emotion span"),
                ("end", "Move end of emotion span"),
                ("label", "Label emotion span"),
                ("intensity", "Set intensity"),
                ("confidence", "Set confidence"),
                ("note", "Note on emotion span"),
            ),
        )


@dataclass(frozen=True)
class TakeEdit(SetEdit[TakeInfo]):
    """Add, rename or delete (mark as deleted) one take, or change its performance; ``about`` says
    what of it."""

    about: str = ""

    def _kind(self) -> Kind:
        return "take"

    def _all(self, state: ClipState) -> tuple[TakeInfo, ...]:
        return state.takes

    def _with(self, state: ClipState, things: Iterable[TakeInfo]) -> ClipState:
        return replace(state, takes=sorted_takes(things))

    def _check(self, thing: TakeInfo) -> None:
        check_take(thing)

    @property
    def title(self) -> str:
        """Add, delete, restore, vote, rename, or what ``about`` says."""
        before, after = self.before, self.after
        if before and after and before.deleted != after.deleted:
            return "Delete take" if after.deleted else "Restore take"
        if before and after and before.votes != after.votes:
            return "Vote"
        if before and after and replace(before, name=after.name) != after:
            return self.about or "Change take"
        return self._title("take", (("name", "Rename take"),))


@dataclass(frozen=True)
class ClipEdit(SetEdit[ClipInfo]):
    """Change the clip's words or files; the clip itself is always there."""

    def _kind(self) -> Kind:
        return "clip"

    def _all(self, state: ClipState) -> tuple[ClipInfo, ...]:
        return (state.clip,)

    def _with(self, state: ClipState, things: Iterable[ClipInfo]) -> ClipState:
        return replace(state, clip=next(iter(things)))

    def _check(self, thing: ClipInfo) -> None:
        check_clip(thing)

    def fits(self, state: ClipState) -> None:
        """As of any edit of one thing, and :class:`EditError` for adding or deleting a clip."""
        if self.before is None or self.after is None:
            raise EditError("a clip cannot be added or deleted by an edit", "use the clip list")
        super().fits(state)

    @property
    def title(self) -> str:
        """What of the clip changes."""
        return self._title(
            "clip",
            (
                ("script", "Edit script"),
                ("background", "Edit background"),
                ("emotion", "Edit emotion"),
                ("video", "Choose video"),
                ("track", "Choose track"),
                ("offset", "Set track offset"),
                ("split", "Set split"),
                ("tags", "Edit tags"),
            ),
        )


@dataclass(frozen=True)
class StatusEdit:
    """Set the annotator's status of the clip."""

    before: Status
    after: Status
    gesture: str = ""

    @property
    def title(self) -> str:
        """The status it sets."""
        return f"Mark as {self.after}"

    @property
    def items(self) -> tuple[Item, ...]:
        """The status, under the id ``status``."""
        return (Item("status", "status", self.before, self.after),)

    def fits(self, state: ClipState) -> None:
        """Raise :class:`EditError` unless ``state`` has the status before and the one after is known."""
        if state.status != self.before:
            raise EditError(
                "the status has changed in the meantime", "look at it again and repeat the change"
            )
        if self.after not in STATUSES:
            raise EditError(f"{self.after!r} is not a status", f"choose one of {', '.join(STATUSES)}")

    def validate(self, state: ClipState) -> None:
        """As :meth:`fits`: a status leaves everything else as it is."""
        self.fits(state)

    def apply(self, state: ClipState) -> ClipState:
        """The state with the new status."""
        return replace(state, status=self.after)

    def inverse(self) -> StatusEdit:
        """The edit that sets the status before, of the same gesture."""
        return replace(self, before=self.after, after=self.before)

    def merge(self, following: Edit) -> StatusEdit | None:
        """Both as one when ``following`` goes on where this one ended, with the same gesture; else None."""
        if not isinstance(following, StatusEdit) or not self.gesture or following.gesture != self.gesture:
            return None
        return replace(self, after=following.after) if following.before == self.after else None


SingleEdit = KeyframeEdit | SpanEdit | TakeEdit | ClipEdit | StatusEdit | BegunEdit


@dataclass(frozen=True)
class BulkEdit:
    """Several edits as one step; only the state after the last one must hold together."""

    edits: tuple[SingleEdit, ...]
    title: str
    gesture: str = ""

    @property
    def items(self) -> tuple[Item, ...]:
        """What all its edits set, in their order."""
        return tuple(item for edit in self.edits for item in edit.items)

    def validate(self, state: ClipState) -> None:
        """Raise :class:`EditError` unless each edit fits the state after those before it and the last
        state holds together; also without any edit."""
        if not self.edits:
            raise EditError("this edit changes nothing", "choose something to change")
        after = ManyEdits(state)
        for edit in self.edits:
            after.fits(edit)
            after.apply(edit)
        check_state(after.state)

    def apply(self, state: ClipState) -> ClipState:
        """The state after all of them; only for a state it was validated against."""
        after = ManyEdits(state)
        for edit in self.edits:
            after.apply(edit)
        return after.state

    def inverse(self) -> BulkEdit:
        """The edit that takes all of them back, the last one first."""
        return replace(self, edits=tuple(edit.inverse() for edit in reversed(self.edits)))

    def merge(self, following: Edit) -> BulkEdit | None:
        """Both as one when they are of one gesture and ``following`` goes on where this one ended; else
        None.  What comes and goes within the gesture is no part of it."""
        if not isinstance(following, BulkEdit) or not self.gesture or following.gesture != self.gesture:
            return None
        merged: dict[tuple[Kind, str], SingleEdit] = {}
        for edit in (*self.edits, *following.edits):
            mine = merged.get(_target(edit))
            both: SingleEdit | None = edit
            if mine is not None:
                both = replace(mine, gesture=self.gesture).merge(replace(edit, gesture=self.gesture))
            if both is None:
                return None
            merged[_target(edit)] = both
        edits = tuple(edit for edit in merged.values() if not changes_nothing(edit))
        return replace(self, edits=edits, title=following.title)


def _target(edit: SingleEdit) -> tuple[Kind, str]:
    (item,) = edit.items
    return item.kind, item.id


# ---- building edits --------------------------------------------------------------------------


def new_id(kind: str) -> str:
    """An id that no other annotator's machine makes again, e.g. ``k-3f9c02ab71``."""
    return f"{kind}-{uuid.uuid4().hex[:10]}"


def _find(things: Sequence[Thing], id: str, noun: str) -> Thing:
    return _named({thing.id: thing for thing in things}, id, noun)


def _named(things: Mapping[str, Thing], id: str, noun: str) -> Thing:
    if id not in things:
        raise EditError(f"the {noun} is no longer there", "choose another one")
    return things[id]


def add_keyframe(state: ClipState, time: float, frame: int | None = None, **fields: Any) -> KeyframeEdit:
    """A keyframe at ``time`` seconds, on the video's frame number ``frame``."""
    return KeyframeEdit(None, Keyframe(new_id("k"), float(time), frame, **fields))


def move_keyframe(
    state: ClipState, id: str, time: float, frame: int | None = None, gesture: str = ""
) -> KeyframeEdit:
    """Put a keyframe at ``time`` (s); ``frame`` is the video's frame there, None without a video.

    Raises :class:`EditError` when there is no such keyframe.
    """
    before = _find(state.keyframes, id, "keyframe")
    return KeyframeEdit(before, replace(before, time=float(time), frame=frame), gesture)


def change_keyframe(state: ClipState, id: str, gesture: str = "", **fields: Any) -> KeyframeEdit:
    """Set any fields of a keyframe, e.g. ``description="She smiles."``."""
    before = _find(state.keyframes, id, "keyframe")
    return KeyframeEdit(before, replace(before, **fields), gesture)


def delete_keyframe(state: ClipState, id: str) -> KeyframeEdit:
    """Take a keyframe away.  Raises :class:`EditError` when there is none with this id."""
    return KeyframeEdit(_find(state.keyframes, id, "keyframe"), None)


def shift_marks(
    state: ClipState,
    keyframes: Mapping[str, tuple[float, int | None]],
    spans: Mapping[str, float],
    gesture: str = "",
) -> BulkEdit:
    """Move several keyframes and spans as one step.

    Parameters
    ----------
    state
        What they are part of.
    keyframes
        The new time (s) and the video's frame there, by id.
    spans
        The new start (s), by id; each span keeps its length.
    gesture
        As in :class:`Edit`.

    Raises
    ------
    EditError
        When one of them is not there.
    """
    marks, lasting = {k.id: k for k in state.keyframes}, {s.id: s for s in state.spans}
    edits: list[SingleEdit] = []
    for id, (time, frame) in keyframes.items():
        before = _named(marks, id, "keyframe")
        edits.append(KeyframeEdit(before, replace(before, time=float(time), frame=frame)))
    for id, start in spans.items():
        span = _named(lasting, id, "emotion span")
        edits.append(SpanEdit(span, replace(span, start=start, end=start + span.end - span.start)))
    kinds = (["keyframes"] if keyframes else []) + (["emotion spans"] if spans else [])
    return BulkEdit(tuple(edits), f"Shift {' and '.join(kinds)}", gesture)


def add_span(state: ClipState, start: float, end: float, label: str = "", **fields: Any) -> SpanEdit:
    """An emotion between two times, given in either order."""
    low, high = sorted((float(start), float(end)))
    return SpanEdit(None, EmotionSpan(new_id("e"), low, high, label, **fields))


def change_span(state: ClipState, id: str, gesture: str = "", **fields: Any) -> SpanEdit:
    """Set any fields of a span, e.g. ``end=2.5`` or ``label="anxious"``."""
    before = _find(state.spans, id, "emotion span")
    return SpanEdit(before, replace(before, **fields), gesture)


def delete_span(state: ClipState, id: str) -> SpanEdit:
    """Take an emotion span away.  Raises :class:`EditError` when there is none with this id."""
    return SpanEdit(_find(state.spans, id, "emotion span"), None)


def change_clip(state: ClipState, gesture: str = "", **fields: Any) -> ClipEdit:
    """Set any fields of the clip, e.g. ``background="She waits for the train."``."""
    return ClipEdit(state.clip, replace(state.clip, **fields), gesture)


def set_status(state: ClipState, status: Status) -> StatusEdit:
    """Set how far the annotator is with the clip; the status may be the one it has."""
    return StatusEdit(state.status, status)


def add_take(state: ClipState, take: TakeInfo) -> TakeEdit:
    """Add a take; its id must be new in the clip."""
    return TakeEdit(None, take)


def change_take(state: ClipState, id: str, gesture: str = "", about: str = "", **fields: Any) -> TakeEdit:
    """Rename a take, delete it with ``deleted=True``, or give it another ``performance`` or other
    ``answers``; ``about`` is what the Undo menu says of that."""
    before = _find(state.takes, id, "take")
    return TakeEdit(before, replace(before, **fields), gesture, about)


def add_vote(state: ClipState, vote: Vote) -> TakeEdit:
    """Keep a vote in the file of its take."""
    before = _find(state.takes, vote.take, "take")
    return TakeEdit(before, with_vote(before, vote))
