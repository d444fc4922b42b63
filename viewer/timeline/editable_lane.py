"""What keyframes and emotion spans have in common: choosing, dragging, nudging, deleting."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Generic, Literal, TypeVar

from PySide6.QtCore import QPointF, Qt, SignalInstance
from PySide6.QtGui import QKeyEvent

from viewer.timeline.axis import GUTTER, TimeAxis
from viewer.timeline.lane import Lane
from viewer.timeline.marks import Mark, Span
from viewer.timeline.requests import TimelineRequests

Times = tuple[float, ...]
"""The time of a keyframe, or start and end of a span."""
Part = Literal["start", "end", "body"]
Shown = TypeVar("Shown", Mark, Span)

_POINTERS: dict[Part, Qt.CursorShape] = {
    "start": Qt.CursorShape.SizeHorCursor,
    "end": Qt.CursorShape.SizeHorCursor,
    "body": Qt.CursorShape.OpenHandCursor,
}


def times_of(each: Mark | Span) -> Times:
    """The time of a keyframe, or start and end of a span."""
    return (each.time,) if isinstance(each, Mark) else (each.start, each.end)


class EditableLane(Lane, Generic[Shown]):
    """Asks for every change and shows what it is given.  A drag asks in one gesture, on frames; Alt
    and the arrow keys move the selected one, the arrows alone select, Delete removes."""

    pointer_beside = Qt.CursorShape.ArrowCursor

    def __init__(
        self,
        axis: TimeAxis,
        asks: TimelineRequests,
        height: int,
        select: SignalInstance,
        move: SignalInstance,
        delete: SignalInstance | None,
        shown: bool = True,
    ) -> None:
        """``select``, ``move`` and ``delete``: the requests of this lane; no ``delete`` where none
        can go."""
        super().__init__(axis, asks, height, shown)
        self._select, self._move, self._delete = select, move, delete
        self._all: tuple[Shown, ...] = ()
        self._held: tuple[Shown, Part] | None = None
        self._gesture, self._press_time = "", 0.0
        self._sent: Times = ()

    def _show(self, new: Sequence[Shown]) -> bool:
        """Show these from now on; False when they are shown already."""
        if tuple(new) == self._all:
            return False
        self._all = tuple(new)
        self.picture.spoil()
        return True

    def selected(self) -> Shown | None:
        """The selected one."""
        return next((each for each in self._all if each.selected), None)

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

    # ---- the mouse -----------------------------------------------------------------------

    def hit_at(self, pos: QPointF) -> tuple[Shown, Part] | None:
        """What lies at a place; nothing in the gutter."""
        return self.hit(pos) if pos.x() >= GUTTER else None

    def id_at(self, pos: QPointF | None) -> str:
        hit = None if pos is None else self.hit_at(pos)
        found = self.selected() if pos is None else hit and hit[0]
        return found.id if found is not None else ""

    def pressed(self, pos: QPointF, modifiers: Qt.KeyboardModifier) -> bool:
        self._held, self._gesture, self._press_time = self.hit_at(pos), "", self.axis.raw_time(pos.x())
        if pos.x() >= GUTTER:
            self._select.emit("" if self._held is None else self._held[0].id)
        return pos.x() >= GUTTER

    def dragged(self, pos: QPointF) -> None:
        if self._held is None:
            return
        held, part = self._held
        if not self._gesture:
            self._gesture, self._sent = uuid.uuid4().hex, times_of(held)
            self.begin_scrub()
            self.setCursor(Qt.CursorShape.ClosedHandCursor if part == "body" else _POINTERS[part])
        self.pull_view(pos)
        times = self.moved_by(held, part, self.axis.raw_time(pos.x()) - self._press_time)
        if times != self._sent:
            self._sent = times
            self._move.emit(held.id, *times, self._gesture)
            self.asks.time_requested.emit(times[-1] if part == "end" else times[0])

    def released(self, pos: QPointF) -> None:
        if self._gesture:
            self.asks.scrub_finished.emit()
        self._let_go()

    def cancel(self) -> None:
        super().cancel()
        if self._gesture and self._held is not None:
            held = self._held[0]
            self._move.emit(held.id, *times_of(held), self._gesture)
            self.cancel_scrub()
        self._let_go()

    def _let_go(self) -> None:
        self._held, self._gesture = None, ""
        self.unsetCursor()

    def hovered(self, pos: QPointF) -> None:
        hit = self.hit_at(pos)
        beside = Qt.CursorShape.ArrowCursor if pos.x() < GUTTER else self.pointer_beside
        self.set_hover("" if hit is None else hit[0].id, beside if hit is None else _POINTERS[hit[1]])

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
        elif self._all and not alt and key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            order = sorted(self._all, key=times_of)
            at = (-1 if chosen is None else order.index(chosen)) + (1 if key == Qt.Key.Key_Down else -1)
            self._select.emit(order[min(max(at, 0), len(order) - 1)].id)
        else:
            return False
        return True
