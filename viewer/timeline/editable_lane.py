"""What keyframes and emotion spans have in common: choosing, dragging, nudging, deleting."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QKeyEvent

from viewer.timeline.axis import GUTTER, TimeAxis
from viewer.timeline.lane import Lane
from viewer.timeline.marks import Mark, Span
from viewer.timeline.requests import TimelineRequests

Times = tuple[float, ...]
"""The time of a keyframe, or start and end of a span."""
Part = str
"""What of it is held: ``start``, ``end`` or ``body``."""


class EditableLane(Lane):
    """Asks for every change and shows what it is given.  A drag asks in one gesture, on frames; Alt
    and the arrow keys move the selected one, the arrows alone select, Delete removes."""

    def __init__(self, axis: TimeAxis, asks: TimelineRequests, height: int) -> None:
        super().__init__(axis, asks, height)
        self._held: tuple[Mark | Span, Part] | None = None
        self._gesture = ""
        self._sent: Times = ()

    # ---- what a lane adds ----------------------------------------------------------------

    def shown(self) -> Sequence[Mark | Span]:
        """All that the lane shows."""
        raise NotImplementedError

    def hit(self, pos: QPointF) -> tuple[Mark | Span, Part] | None:
        """What lies at a place, and which part of it."""
        raise NotImplementedError

    def moved_by(self, held: Mark | Span, part: Part, seconds: float) -> Times:
        """The times after a part was dragged so far: on frames and inside the clip."""
        raise NotImplementedError

    def nudged(self, chosen: Mark | Span, frames: int, stretch: bool) -> Times:
        """The times after one step by key; ``stretch`` moves the end alone."""
        raise NotImplementedError

    def ask_select(self, id_: str) -> None:
        """Ask for this one to be selected; empty for none."""
        raise NotImplementedError

    def ask_move(self, id_: str, times: Times, gesture: str) -> None:
        """Ask for other times."""
        raise NotImplementedError

    def ask_delete(self, id_: str) -> None:
        """Ask for it to be removed."""

    # ---- the mouse -----------------------------------------------------------------------

    def chosen(self) -> Mark | Span | None:
        """The selected one."""
        return next((each for each in self.shown() if each.selected), None)

    def id_at(self, pos: QPointF) -> str:
        hit = self.hit(pos) if pos.x() >= GUTTER else None
        return "" if hit is None else hit[0].id

    def id_for_menu(self) -> str:
        chosen = self.chosen()
        return "" if chosen is None else chosen.id

    def pressed(self, pos: QPointF, modifiers: Qt.KeyboardModifier) -> bool:
        self._held, self._gesture = None, ""
        if pos.x() < GUTTER:
            self._press = None
            return True
        self._held = self.hit(pos)
        self.ask_select("" if self._held is None else self._held[0].id)
        return True

    def dragged(self, pos: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        if self._held is None:
            return
        held, part = self._held
        if not self._gesture:
            self._gesture, self._sent = uuid.uuid4().hex, times_of(held)
            self.begin_scrub()
            self.setCursor(Qt.CursorShape.ClosedHandCursor if part == "body" else Qt.CursorShape.SizeHorCursor)
        self.pull_view(pos)
        times = self.moved_by(held, part, self.axis.raw_time(pos.x()) - self._press_time)
        if times != self._sent:
            self._sent = times
            self.ask_move(held.id, times, self._gesture)
            self.asks.time_requested.emit(times[-1] if part == "end" else times[0])

    def released(self, pos: QPointF, dragged: bool) -> None:
        if self._gesture:
            self.asks.scrub_finished.emit()
        self._let_go()

    def cancelled(self) -> None:
        if self._gesture and self._held is not None:
            held = self._held[0]
            self.ask_move(held.id, times_of(held), self._gesture)
            self.cancel_scrub()
        self._let_go()

    def _let_go(self) -> None:
        self._held, self._gesture = None, ""
        self.unsetCursor()

    # ---- keys ----------------------------------------------------------------------------

    def key_pressed(self, event: QKeyEvent) -> bool:
        chosen, key, held = self.chosen(), event.key(), event.modifiers()
        if held & Qt.KeyboardModifier.AltModifier:
            if chosen is None or key not in (Qt.Key.Key_Left, Qt.Key.Key_Right):
                return False
            stretch = bool(held & Qt.KeyboardModifier.ShiftModifier)
            times = self.nudged(chosen, -1 if key == Qt.Key.Key_Left else 1, stretch)
            if times != times_of(chosen):
                self.ask_move(chosen.id, times, uuid.uuid4().hex)
        elif chosen is not None and key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.ask_delete(chosen.id)
        elif self.shown() and key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            order = sorted(self.shown(), key=times_of)
            at = (-1 if chosen is None else order.index(chosen)) + (1 if key == Qt.Key.Key_Down else -1)
            self.ask_select(order[min(max(at, 0), len(order) - 1)].id)
        else:
            return False
        return True


def times_of(each: Mark | Span) -> Times:
    """The time of a keyframe, or start and end of a span."""
    return (each.time,) if isinstance(each, Mark) else (each.start, each.end)
