"""Shifting the marks of a clip by seconds or by frames of the video, all or none."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from annotator.core.begun import BegunEdit, begun_span
from annotator.core.edits import BulkEdit, shift_marks
from annotator.core.model import ClipState, Keyframe
from annotator.core.rules import SAME_TIME, check_state, sorted_keyframes
from viewer.core.errors import EditError

ShiftUnit = Literal["seconds", "frames"]

_ROUNDING = 1e-6


@dataclass(frozen=True)
class Shift:
    """How far marks are shifted, and which: ``start`` is the time (s) from which on they are."""

    amount: float
    unit: ShiftUnit = "seconds"
    spans: bool = True
    start: float = 0.0


@dataclass(frozen=True)
class ShiftPlan:
    """What a shift would do.  ``first`` is the earliest new time (s), None without a mark;
    ``leaving`` counts the marks that would leave the clip; ``problem`` says why it cannot be
    done, and is empty when it can."""

    edit: BulkEdit
    keyframes: int
    spans: int
    first: float | None
    leaving: int
    problem: str


@dataclass(frozen=True)
class _Frames:
    times: npt.NDArray[np.float64]
    end: float

    def at(self, time: float) -> int:
        return max(int(np.searchsorted(self.times, time + _ROUNDING, side="right")) - 1, 0)

    def nearest(self, time: float) -> int:
        after = self.at(time) + 1
        if after < self.times.size and self.times[after] - time < time - self.times[after - 1]:
            return after
        return after - 1

    def shifted(self, time: float, shift: Shift) -> tuple[float, bool]:
        """The new time of ``time``, and whether it leaves the clip."""
        if shift.unit == "seconds" or not self.times.size:
            new = time + shift.amount
            return max(new, 0.0) if new > -_ROUNDING else new, new <= -_ROUNDING
        index = self.at(time)
        target = index + round(shift.amount)
        if not 0 <= target < self.times.size:
            step = (self.times[-1] - self.times[0]) / max(self.times.size - 1, 1)
            return time + shift.amount * float(step), True
        return float(self.times[target] + (time - self.times[index])), False

    def shifted_keyframe(self, time: float, shift: Shift) -> tuple[float, int | None, bool]:
        """The begin of the frame it comes to lie on, that frame's number, and whether it leaves."""
        if shift.unit == "frames" and self.times.size:
            time = float(self.times[self.at(time)])
        new, leaves = self.shifted(time, shift)
        if not self.times.size:
            return new, None, leaves or self._beyond(new, time, self.end)
        last = self.times[-1] + (self.times[-1] - self.times[-2] if self.times.size > 1 else 0.0)
        leaves = leaves or self._beyond(new, time, float(last) - 2 * _ROUNDING)
        frame = self.nearest(new)
        return new if leaves else float(self.times[frame]), frame, leaves

    def shifted_span(self, start: float, end: float, shift: Shift) -> tuple[float, bool]:
        """Its new start, and whether it leaves."""
        new, leaves = self.shifted(start, shift)
        return new, leaves or self._beyond(new + end - start, end, self.end)

    @staticmethod
    def _beyond(new: float, before: float, end: float) -> bool:
        # What lay behind the end already, as after another video was chosen, may come back.
        return new > end + _ROUNDING and new > before


def plan_shift(
    state: ClipState, shift: Shift, frame_times: npt.NDArray[np.float64], duration: float
) -> ShiftPlan:
    """Work out a shift without doing it.

    Keyframes come to lie on the nearest frame, spans keep their length; one that is begun goes along.

    Parameters
    ----------
    state
        The marks as they are.
    shift
        What is wanted.
    frame_times
        (F,) seconds at which frames begin, rising; empty where there are none.
    duration
        The end of the clip in seconds; 0 where nothing tells it.
    """
    frames = _Frames(frame_times, duration if duration > 0 else float("inf"))
    start = shift.start - SAME_TIME
    moved = {k.id: frames.shifted_keyframe(k.time, shift) for k in state.keyframes if k.time >= start}
    spans = {
        s.id: frames.shifted_span(s.start, s.end, shift)
        for s in state.spans
        if shift.spans and s.start >= start
    }
    places = {id: (time, frame) for id, (time, frame, _leaves) in moved.items()}
    starts = {id: time for id, (time, _leaves) in spans.items()}
    leaving = sum(leaves for _time, _frame, leaves in moved.values())
    leaving += sum(leaves for _time, leaves in spans.values())
    edit = shift_marks(state, places, starts)
    begun = begun_span(state)
    if begun is not None and shift.spans and begun.start >= start:
        new, leaves = frames.shifted_span(begun.start, begun.start, shift)
        leaving += leaves
        later = BegunEdit(begun, replace(begun, start=new, end=new))
        edit = replace(edit, edits=(*edit.edits, later))
    first = min((*(time for time, _frame in places.values()), *starts.values()), default=None)
    return ShiftPlan(
        edit,
        len(places),
        len(starts),
        first,
        leaving,
        _problem(state, shift, places, len(places) + len(starts), leaving),
    )


def _problem(
    state: ClipState, shift: Shift, places: dict[str, tuple[float, int | None]], count: int, leaving: int
) -> str:
    if not count:
        return "nothing there to shift"
    if leaving:
        return f"{leaving} would leave the clip and {'stops' if leaving == 1 else 'stop'} it"
    if shift.amount == 0:
        return "they stay where they are"

    def moved(keyframe: Keyframe) -> Keyframe:
        place = places.get(keyframe.id)
        return keyframe if place is None else replace(keyframe, time=place[0])

    try:
        check_state(replace(state, keyframes=sorted_keyframes(moved(k) for k in state.keyframes)))
    except EditError as fault:
        return fault.what
    return ""
