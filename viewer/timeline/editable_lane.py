"""What keyframes and emotion spans have in common: choosing, dragging, nudging, deleting."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from functools import partial
from typing import Generic, Literal, TypeVar

from PySide6.QtCore import QPointF, Qt, SignalInstance
from PySide6.QtGui import QKeyEvent

from viewer.core.marks import Mark, Span
from viewer.scene.press_box import Drag
from viewer.timeline.axis import GUTTER
from viewer.timeline.lane import Lane
from viewer.timeline.requests import TimelineRequests

Times = tuple[float, ...]
"""The time of a keyframe, or start and end of a span."""
Part = Literal["start", "end", "body"]
Shown = TypeVar("Shown", Mark, Span)


def times_of(each: Mark | Span) -> Times:
    """The time of a keyframe, or start and end of a span."""
    return (each.time,) if isinstance(each, Mark) else (each.start, each.end)


class EditableLane(Lane, Generic[Shown]):
    """Asks for every change and shows what it is given.  A drag asks in one gesture, on frames; Alt
    and the arrow keys move the selected one, the arrows alone select, Delete removes."""

    pointer_beside = Qt.CursorShape.ArrowCursor
    unnamed = ""
    """What the tip says of one without a label."""
    tip_keys = ""
    tip_beside = ""

    def __init__(
        self,
        asks: TimelineRequests,
        height: int,
        select: SignalInstance,
        move: SignalInstance,
        delete: SignalInstance | None,
    ) -> None:
        """``select``, ``move`` and ``delete``: the requests of this lane; no ``delete`` where none
        can go."""
        super().__init__(asks, height)
        self._select, self._move, self._delete = select, move, delete
        self.shown: tuple[Shown, ...] = ()

    def show_all(self, new: Sequence[Shown]) -> bool:
        """Show these from now on, in any order; False when they are shown already."""
        if tuple(new) == self.shown:
            return False
        self.shown = tuple(new)
        self.picture.spoil()
        return True

    def selected(self) -> Shown | None:
        """The selected one."""
        return next((each for each in self.shown if each.selected), None)

    # ---- what a lane adds ----------------------------------------------------------------

    def hit(self, pos: QPointF) -> tuple[Shown, Part] | None:
        """What lies at a place right of the gutter, and which part of it."""
        raise NotImplementedError

    def moved_by(self, held: Shown, part: Part, seconds: float) -> Times:
        """The times after a part was dragged so far: on frames and inside the clip."""
        raise NotImplementedError

    def nudged(self, chosen: Shown, frames: int, stretch: bool) -> Times:
        """The times after one step by key; ``stretch`` moves the end alone."""
        raise NotImplementedError

    def facts(self, each: Shown) -> list[str]:
        """What its tip says, beside its label and its confidence."""
        raise NotImplementedError

    def drag_beside(self, pos: QPointF) -> Drag:
        """What a press beside all begins."""
        return Drag()

    # ---- the mouse -----------------------------------------------------------------------

    def hit_at(self, pos: QPointF) -> tuple[Shown, Part] | None:
        """What lies at a place; nothing in the gutter."""
        return self.hit(pos) if pos.x() >= GUTTER else None

    def id_at(self, pos: QPointF | None) -> str:
        hit = None if pos is None else self.hit_at(pos)
        found = self.selected() if pos is None else hit and hit[0]
        return found.id if found is not None else ""

    def pressed(self, pos: QPointF, modifiers: Qt.KeyboardModifier) -> Drag | None:
        if pos.x() < GUTTER:
            return Drag()
        hit = self.hit(pos)
        self._select.emit("" if hit is None else hit[0].id)
        return self.drag_beside(pos) if hit is None else self._drag_of(*hit, self.axis.raw_time(pos.x()))

    def _drag_of(self, held: Shown, part: Part, pressed_at: float) -> Drag:
        before = sent = times_of(held)
        gesture = uuid.uuid4().hex

        def moved(pos: QPointF) -> None:
            nonlocal sent
            self.pull_view(pos)
            times = self.moved_by(held, part, self.axis.raw_time(pos.x()) - pressed_at)
            if times != sent:
                sent = times
                self._move.emit(held.id, *times, gesture)
                self.asks.time_requested.emit(times[-1] if part == "end" else times[0])

        body, side = Qt.CursorShape.ClosedHandCursor, Qt.CursorShape.SizeHorCursor
        put_back = partial(self._move.emit, held.id, *before, gesture)
        return self.scrub(moved, put_back, body if part == "body" else side)

    def hovered(self, pos: QPointF) -> None:
        hit = self.hit_at(pos)
        if hit is None:
            self.set_hover("", Qt.CursorShape.ArrowCursor if pos.x() < GUTTER else self.pointer_beside)
        else:
            body, side = Qt.CursorShape.OpenHandCursor, Qt.CursorShape.SizeHorCursor
            self.set_hover(hit[0].id, body if hit[1] == "body" else side)

    def tip_at(self, pos: QPointF) -> str:
        hit = self.hit_at(pos)
        if hit is None:
            return self.tip_beside
        each: Shown = hit[0]
        facts = [each.label or self.unnamed, *self.facts(each)]
        if each.confidence is not None:
            facts.append(f"confidence {each.confidence:.0%}")
        return " · ".join(facts) + "\n" + self.tip_keys

    # ---- keys ----------------------------------------------------------------------------

    def key_pressed(self, event: QKeyEvent) -> bool:
        chosen, key, held = self.selected(), event.key(), event.modifiers()
        alt = bool(held & Qt.KeyboardModifier.AltModifier)
        if chosen is not None and alt and key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            stretch = bool(held & Qt.KeyboardModifier.ShiftModifier)
            times = self.nudged(chosen, -1 if key == Qt.Key.Key_Left else 1, stretch)
            if times != times_of(chosen):
                self._move.emit(chosen.id, *times, uuid.uuid4().hex)
        elif chosen is not None and key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            if self._delete is not None:
                self._delete.emit(chosen.id)
        elif self.shown and not alt and key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            order = sorted(self.shown, key=times_of)
            at = (-1 if chosen is None else order.index(chosen)) + (1 if key == Qt.Key.Key_Down else -1)
            self._select.emit(order[min(max(at, 0), len(order) - 1)].id)
        else:
            return False
        return True
