"""Shifting marks: all or none, onto frames, within the clip."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.core.begun import begun_span, with_begun
from annotator.core.model import ClipInfo, ClipState, EmotionSpan, Keyframe
from annotator.core.shifting import Shift, ShiftPlan, plan_shift

Times = npt.NDArray[np.float64]

FRAMES = np.arange(90) / 30.0
UNEVEN = np.array([0.0, 0.04, 0.05, 0.2, 0.24, 0.5])
STATE = ClipState(
    ClipInfo("c"),
    keyframes=(Keyframe("a", 0.5, 15), Keyframe("b", 1.0, 30), Keyframe("c", 2.0, 60)),
    spans=(EmotionSpan("s", 0.4, 1.6), EmotionSpan("t", 1.5, 2.5)),
)


def plan(shift: Shift, state: ClipState = STATE, frames: Times = FRAMES, end: float = 3.0) -> ShiftPlan:
    return plan_shift(state, shift, frames, end)


def after(found: ShiftPlan, state: ClipState = STATE) -> ClipState:
    assert found.problem == ""
    found.edit.validate(state)
    return found.edit.apply(state)


def test_a_shift_by_seconds_lies_on_frames_and_keeps_the_length_of_spans() -> None:
    found = plan(Shift(0.21))
    assert (found.keyframes, found.spans, found.leaving) == (3, 2, 0)
    shifted = after(found)
    assert [k.frame for k in shifted.keyframes] == [21, 36, 66]
    assert [k.time for k in shifted.keyframes] == pytest.approx([0.7, 1.2, 2.2])
    assert [(s.start, s.end) for s in shifted.spans] == [
        pytest.approx((0.61, 1.81)),
        pytest.approx((1.71, 2.71)),
    ]
    assert found.first == pytest.approx(0.61)
    assert found.edit.inverse().apply(shifted) == STATE


def test_a_shift_by_frames_goes_by_the_video_where_frames_are_uneven() -> None:
    state = ClipState(
        ClipInfo("c"),
        keyframes=(Keyframe("a", 0.0, 0), Keyframe("b", 0.05, 2)),
        spans=(EmotionSpan("s", 0.04, 0.1),),
    )
    shifted = after(plan(Shift(2, "frames"), state, UNEVEN, 1.0), state)
    assert [(k.time, k.frame) for k in shifted.keyframes] == [(0.05, 2), (0.24, 4)]
    assert (shifted.spans[0].start, shifted.spans[0].end) == pytest.approx((0.2, 0.26))


def test_only_marks_from_a_time_on_and_only_keyframes() -> None:
    found = plan(Shift(-0.1, spans=False, start=1.0))
    assert (found.keyframes, found.spans) == (2, 0)
    assert [k.frame for k in after(found).keyframes] == [15, 27, 57]
    assert plan(Shift(0.1, start=1.0)).spans == 1


@pytest.mark.parametrize(
    ("shift", "leaving"),
    [
        (Shift(-0.5), 1),
        (Shift(-1.1), 3),
        (Shift(0.6), 1),
        (Shift(1.0), 2),
        (Shift(-16, "frames"), 2),
        (Shift(30, "frames"), 2),
        (Shift(1e5), 5),
        (Shift(1.0, spans=False), 1),
        (Shift(-12, "frames"), 0),
        (Shift(15, "frames"), 0),
    ],
)
def test_what_would_leave_the_clip_is_counted_and_stops_it(shift: Shift, leaving: int) -> None:
    found = plan(shift)
    assert found.leaving == leaving
    assert bool(found.problem) == bool(leaving)


def test_a_mark_behind_the_end_may_come_back_but_not_go_further() -> None:
    state = ClipState(ClipInfo("c"), spans=(EmotionSpan("s", 3.5, 4.5),))
    assert plan(Shift(-0.5), state).problem == ""
    assert plan(Shift(0.1), state).leaving == 1


def test_what_stays_is_not_run_over() -> None:
    found = plan(Shift(-0.5, start=0.9))
    assert "already a keyframe" in found.problem
    assert plan(Shift(0.0)).problem and plan(Shift(1.0, start=9.0)).problem == "nothing there to shift"
    crowded = ClipState(ClipInfo("c"), keyframes=(Keyframe("a", 0.04, 1), Keyframe("b", 0.05, 2)))
    assert "already a keyframe" in plan(Shift(0.16), crowded, UNEVEN, 1.0).problem


def test_without_frames_times_are_shifted_as_they_are() -> None:
    none = np.zeros(0)
    shifted = after(plan(Shift(0.123), frames=none, end=0.0))
    assert [(k.time, k.frame) for k in shifted.keyframes] == [(0.623, None), (1.123, None), (2.123, None)]
    assert plan(Shift(3, "frames"), frames=none, end=0.0).first == pytest.approx(3.4)


@given(st.integers(-120, 120), st.booleans(), st.sampled_from([FRAMES, UNEVEN * 6]))
def test_there_and_back_by_frames_is_nothing(count: int, spans: bool, frames: Times) -> None:
    there = plan(Shift(count, "frames", spans), frames=frames, end=float(frames[-1]) + 0.1)
    if there.problem:
        return
    shifted = after(there)
    assert shifted.keyframes == tuple(sorted(shifted.keyframes, key=lambda k: k.time))
    back = plan(Shift(-count, "frames", spans), shifted, frames, float(frames[-1]) + 0.1)
    home = after(back, shifted)
    shown = [np.searchsorted(frames, k.time + 1e-6, side="right") - 1 for k in STATE.keyframes]
    assert [k.time for k in home.keyframes] == pytest.approx(frames[shown])


def test_a_span_that_is_begun_goes_along() -> None:
    state = with_begun(STATE, EmotionSpan("e", 2.6, 2.6, "awe"))
    shifted = after(plan(Shift(0.2), state), state)
    begun = begun_span(shifted)
    assert begun is not None and (begun.id, begun.label) == ("e", "awe")
    assert (begun.start, begun.end) == pytest.approx((2.8, 2.8))
    assert begun_span(after(plan(Shift(0.2, spans=False), state), state)) == begun_span(state)
    assert plan(Shift(0.45), state).leaving == 1, "its begin would lie after the end"
