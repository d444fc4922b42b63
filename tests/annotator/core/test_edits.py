"""Edits: checked first, reversible, mergeable."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotator.core import edits as e
from annotator.core.edit import Edit, changes_nothing
from annotator.core.model import ClipInfo, ClipState, Keyframe, TakeInfo
from annotator.core.rules import check_state
from tests.annotator.core.edit_strategies import edits, states
from tests.present import present
from viewer.core.errors import EditError

EMPTY = ClipState(ClipInfo("c1"))


def after(state: ClipState, *steps: Edit) -> ClipState:
    for step in steps:
        step.validate(state)
        state = step.apply(state)
    return state


@pytest.mark.slow
@given(st.data())
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_inverse_of_a_valid_edit_brings_the_state_back(data: st.DataObject) -> None:
    state = data.draw(states())
    edit = data.draw(edits(state))
    try:
        edit.validate(state)
    except EditError:
        return
    changed = edit.apply(state)
    edit.inverse().validate(changed)
    assert edit.inverse().apply(changed) == state
    assert edit.inverse().inverse() == edit


@pytest.mark.slow
@given(st.data())
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_undoing_everything_returns_to_the_start(data: st.DataObject) -> None:
    start = state = data.draw(states())
    done = []
    for _ in range(data.draw(st.integers(1, 6))):
        edit = data.draw(edits(state))
        try:
            edit.validate(state)
        except EditError:
            continue
        state = edit.apply(state)
        check_state(state)
        done.append(edit)
    for edit in reversed(done):
        edit.inverse().validate(state)
        state = edit.inverse().apply(state)
    assert state == start


def test_a_refused_edit_says_what_is_wrong_and_what_to_do() -> None:
    one = after(EMPTY, e.add_keyframe(EMPTY, 1.0, 30))
    id = one.keyframes[0].id
    refused: list[Edit] = [
        e.add_keyframe(one, 1.0004),
        e.add_keyframe(one, -0.1),
        e.add_keyframe(one, math.nan),
        e.move_keyframe(one, id, math.inf),
        e.change_keyframe(one, id, confidence=1.5),
        e.change_keyframe(one, id, values={"Nose": 1.0}),
        e.change_keyframe(one, id, values={"JawOpen": math.nan}),
        e.change_keyframe(one, id, ease="bounce"),
        e.KeyframeEdit(None, one.keyframes[0]),
        e.KeyframeEdit(None, None),
        e.KeyframeEdit(Keyframe("other", 3.0), None),
        e.SpanEdit(None, replace(present(e.add_span(one, 1, 2).after), end=1.0)),
        e.add_span(one, 1.0, 2.0, intensity=6),
        e.add_span(one, 1.0, 2.0, confidence=-1),
        e.change_clip(one, video="/etc/passwd"),
        e.change_clip(one, track="C:\\face.csv"),
        e.change_clip(one, offset=math.nan),
        e.add_take(one, TakeInfo("../x", "x", "")),
        e.BulkEdit((), "Nothing"),
    ]
    for edit in refused:
        with pytest.raises(EditError) as caught:
            edit.validate(one)
        assert caught.value.what and caught.value.todo
    with pytest.raises(EditError):
        e.move_keyframe(one, "gone", 2.0)


def test_keyframes_half_a_millisecond_apart_are_allowed() -> None:
    state = after(EMPTY, e.add_keyframe(EMPTY, 1.0))
    state = after(state, e.add_keyframe(state, 1.0005), e.add_keyframe(state, 0.5))
    assert [k.time for k in state.keyframes] == [0.5, 1.0, 1.0005]


def test_an_edit_made_for_another_state_is_refused() -> None:
    state = after(EMPTY, e.add_keyframe(EMPTY, 1.0))
    id = state.keyframes[0].id
    stale = e.change_keyframe(state, id, description="late")
    state = after(state, e.move_keyframe(state, id, 2.0))
    with pytest.raises(EditError, match="changed in the meantime"):
        stale.validate(state)


def test_a_drag_merges_into_one_edit_and_other_drags_do_not() -> None:
    state = after(EMPTY, e.add_keyframe(EMPTY, 1.0))
    id = state.keyframes[0].id
    first = e.move_keyframe(state, id, 1.1, 33, gesture="drag 1")
    moved = after(state, first)
    second = e.move_keyframe(moved, id, 1.2, 36, gesture="drag 1")
    both = first.merge(second)
    assert both is not None
    assert (both.before, both.after) == (state.keyframes[0], second.after)
    assert first.merge(replace(second, gesture="drag 2")) is None
    assert replace(first, gesture="").merge(replace(second, gesture="")) is None
    assert changes_nothing(present(both.merge(e.move_keyframe(both.apply(state), id, 1.0, None, "drag 1"))))


def test_shifting_neighbours_by_their_distance_is_one_step_that_fits() -> None:
    state = EMPTY
    for time in (1.0, 2.0, 3.0):
        state = after(state, e.add_keyframe(state, time))
    ids = [k.id for k in state.keyframes]

    def by(state: ClipState, ids: list[str], seconds: float) -> dict[str, tuple[float, int | None]]:
        times = {k.id: k.time + seconds for k in state.keyframes if k.id in ids}
        return {id: (time, round(time * 30)) for id, time in times.items()}

    shift = e.shift_marks(state, by(state, ids, 1.0), {}, gesture="g")
    shifted = after(state, shift)
    assert [(k.time, k.frame) for k in shifted.keyframes] == [(2.0, 60), (3.0, 90), (4.0, 120)]
    assert after(shifted, shift.inverse()) == state
    more = e.shift_marks(shifted, by(shifted, ids, 0.5), {}, gesture="g")
    merged = shift.merge(more)
    assert merged is not None and after(state, merged) == after(shifted, more)
    with pytest.raises(EditError):
        e.shift_marks(state, by(state, ids[:1], 1.0), {}).validate(state)
    with pytest.raises(EditError):
        e.shift_marks(state, by(state, ids, -1.5), {}).validate(state)


def test_many_edits_as_one_step_are_checked_against_each_other() -> None:
    marks = tuple(Keyframe(f"k{n}", float(n)) for n in range(600))
    state = ClipState(ClipInfo("c1"), marks)
    step = e.shift_marks(state, {f"k{n}": (n + 1.0, n) for n in range(600)}, {})
    step.validate(state)
    moved = step.apply(state)
    assert [k.time for k in moved.keyframes] == [n + 1.0 for n in range(600)]
    step.inverse().validate(moved)
    assert step.inverse().apply(moved) == state
    # What one of them adds, the next may change; what it takes away, no more.
    new = Keyframe("new", 900.0)
    added = e.KeyframeEdit(None, new), e.KeyframeEdit(new, replace(new, note="x"))
    both = e.BulkEdit((*added, e.set_status(state, "done")), "Both")
    both.validate(state)
    assert both.apply(state).keyframes[-1].note == "x" and both.apply(state).status == "done"
    gone = e.BulkEdit((e.delete_keyframe(state, "k3"), e.change_keyframe(state, "k3", note="x")), "Gone")
    with pytest.raises(EditError, match="no longer there"):
        gone.validate(state)
    with pytest.raises(EditError, match="no longer there"):
        e.shift_marks(state, {"nobody": (1.0, None)}, {})


def test_a_span_may_be_drawn_backward() -> None:
    (span,) = after(EMPTY, e.add_span(EMPTY, 2.0, 1.0, "anxious", intensity=4)).spans
    assert (span.start, span.end, span.label, span.intensity) == (1.0, 2.0, "anxious", 4)


def test_titles_name_the_change() -> None:
    state = after(EMPTY, e.add_keyframe(EMPTY, 1.0), e.add_span(EMPTY, 1.0, 2.0))
    id, span = state.keyframes[0].id, state.spans[0].id
    titles = [
        edit.title
        for edit in (
            e.add_keyframe(state, 3.0),
            e.move_keyframe(state, id, 2.0),
            e.delete_keyframe(state, id),
            e.change_keyframe(state, id, description="x"),
            e.change_span(state, span, end=3.0),
            e.change_span(state, span, start=0.0, end=1.0),
            e.change_clip(state, background="x"),
            e.set_status(state, "done"),
        )
    ]
    assert titles == [
        "Add keyframe",
        "Move keyframe",
        "Delete keyframe",
        "Describe keyframe",
        "Move end of emotion span",
        "Move emotion span",
        "Edit background",
        "Mark as done",
    ]
