"""What an edit is: pure, checked first, with what was before and after, and its own inverse.

The steps of one drag share a ``gesture`` and merge into one.  Which edits there are stands in
:mod:`annotator.core.edits`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, Literal, Protocol, Self, TypeVar

from annotator.core.model import ClipInfo, ClipState, EmotionSpan, Keyframe, TakeInfo
from annotator.core.rules import check_state
from viewer.core.errors import EditError

Kind = Literal["keyframe", "span", "take", "clip", "status", "begun"]


@dataclass(frozen=True)
class Item:
    """One thing an edit sets: its kind and id, and its values before and after."""

    kind: Kind
    id: str
    before: Any
    after: Any


class Edit(Protocol):
    """A change of a :class:`ClipState`.  ``title`` is what the Undo menu says."""

    @property
    def title(self) -> str:
        """What the Undo menu says, e.g. ``Move keyframe``."""

    @property
    def gesture(self) -> str:
        """Edits of one drag share a gesture and merge; empty: never merges."""
        ...

    @property
    def items(self) -> tuple[Item, ...]:
        """What it sets, in order."""
        ...

    def validate(self, state: ClipState) -> None:
        """Raise :class:`EditError` unless the edit fits ``state``."""
        ...

    def apply(self, state: ClipState) -> ClipState:
        """The state after it.  Only for a state it was validated against."""
        ...

    def inverse(self) -> Edit:
        """The edit that takes this one back; it fits the state after this one."""

    def merge(self, following: Edit) -> Edit | None:
        """This edit and ``following`` as one, or None when they are not one gesture."""
        ...


class OneEdit(Edit, Protocol):
    """An edit of one thing, which can be a part of several."""

    def fits(self, state: ClipState) -> None:
        """Raise :class:`EditError` unless ``state`` has what was there before and the new value is a
        possible one, whatever else would become of the state."""


Thing = TypeVar("Thing", Keyframe, EmotionSpan, TakeInfo, ClipInfo)


@dataclass(frozen=True)
class SetEdit(Generic[Thing]):
    """The shared part of edits that set one thing with an id; ``None`` stands for "not there"."""

    before: Thing | None
    after: Thing | None
    gesture: str = ""

    def _kind(self) -> Kind:
        raise NotImplementedError

    def _all(self, state: ClipState) -> tuple[Thing, ...]:
        raise NotImplementedError

    def _with(self, state: ClipState, things: Iterable[Thing]) -> ClipState:
        raise NotImplementedError

    def _check(self, thing: Thing) -> None:
        raise NotImplementedError

    @property
    def id(self) -> str:
        """The id of what is set; empty where there is neither a before nor an after."""
        thing = self.after if self.after is not None else self.before
        return "" if thing is None else thing.id

    @property
    def items(self) -> tuple[Item, ...]:
        """The one thing that is set."""
        return (Item(self._kind(), self.id, self.before, self.after),)

    def fits(self, state: ClipState) -> None:
        """Raise :class:`EditError` unless ``state`` has what was there before and the new value is a
        possible one."""
        self.fits_in_place_of(next((thing for thing in self._all(state) if thing.id == self.id), None))

    def fits_in_place_of(self, current: Thing | None) -> None:
        """As :meth:`fits` for a state that has ``current`` under the id."""
        if self.before is None and self.after is None:
            raise EditError("this edit changes nothing", "choose something to change")
        if self.before is not None and self.after is not None and self.before.id != self.after.id:
            raise EditError("an edit cannot change an id", "delete the one and add the other")
        if current != self.before:
            gone = "is no longer there" if current is None else "has changed in the meantime"
            raise EditError(f"the {self._kind()} {gone}", "look at it again and repeat the change")
        if self.after is not None:
            self._check(self.after)

    def validate(self, state: ClipState) -> None:
        """Raise :class:`EditError` unless the edit fits and the state after it holds together."""
        self.fits(state)
        check_state(self.apply(state))

    def apply(self, state: ClipState) -> ClipState:
        """The state after it; only for a state it was validated against."""
        others: list[Thing] = [thing for thing in self._all(state) if thing.id != self.id]
        if self.after is not None:
            others.append(self.after)
        return self._with(state, others)

    def inverse(self) -> Self:
        """The edit that takes this one back, of the same gesture."""
        return replace(self, before=self.after, after=self.before)

    def merge(self, following: Edit) -> Self | None:
        """Both as one when ``following`` goes on where this one ended, with the same gesture; else None."""
        if (
            type(following) is not type(self)
            or not self.gesture
            or following.gesture != self.gesture
            or following.before != self.after
            or following.id != self.id
        ):
            return None
        return replace(self, after=following.after)

    def _title(self, noun: str, fields: Sequence[tuple[str, str]]) -> str:
        if self.before is None:
            return f"Add {noun}"
        if self.after is None:
            return f"Delete {noun}"
        before, after = self.before, self.after
        changed = [title for name, title in fields if getattr(before, name) != getattr(after, name)]
        return changed[0] if changed else f"Change {noun}"


class ManyEdits:
    """A state to which many edits are applied one after the other: what is set by its id is looked up, and
    sorted once, however many there are."""

    def __init__(self, state: ClipState) -> None:
        self._state = state
        self._things: dict[type, tuple[SetEdit[Any], dict[str, Any]]] = {}

    @property
    def state(self) -> ClipState:
        """The state after all of them."""
        state = self._state
        for edit, things in self._things.values():
            state = edit._with(state, things.values())
        return state

    def fits(self, edit: OneEdit) -> None:
        """Raise :class:`EditError` unless ``edit`` fits the state as it is by now."""
        things = self._held(edit)
        if things is None or not isinstance(edit, SetEdit):
            edit.fits(self._state)
        else:
            edit.fits_in_place_of(things.get(edit.id))

    def apply(self, edit: OneEdit) -> None:
        """Apply ``edit``, which fits."""
        things = self._held(edit)
        if things is None or not isinstance(edit, SetEdit):
            self._state = edit.apply(self._state)
            return
        things.pop(edit.id, None)
        if edit.after is not None:
            things[edit.id] = edit.after

    def _held(self, edit: OneEdit) -> dict[str, Any] | None:
        """What ``edit`` sets one of, by id; None where that is a single thing of the clip."""
        if not isinstance(edit, SetEdit) or edit._kind() == "clip":
            return None
        if type(edit) not in self._things:
            self._things[type(edit)] = edit, {thing.id: thing for thing in edit._all(self._state)}
        return self._things[type(edit)][1]


def changes_nothing(edit: Edit) -> bool:
    """Whether the edit's end is its beginning, as after a drag back to the start."""
    return all(item.before == item.after for item in edit.items)
