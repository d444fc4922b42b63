"""The document tells what changed, and the history takes it back."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotator.core import edits as e
from annotator.core.document import Change, Document
from annotator.core.model import ClipInfo, ClipState
from annotator.session.history import History
from tests.annotator.core.edit_strategies import edits, states
from viewer.core.errors import EditError

EMPTY = ClipState(ClipInfo("c1"))


def test_listeners_learn_what_changed_and_who_did_it() -> None:
    document, seen = Document(EMPTY, "anna"), list[Change]()
    stop = document.subscribe(seen.append)
    edit = e.add_keyframe(EMPTY, 1.0)
    document.apply(edit, "timeline")
    (change,) = seen
    assert change.kinds == {"keyframe"} and change.ids == {edit.id}
    assert (change.initiator, change.edit) == ("timeline", edit)
    stop()
    stop()
    document.apply(e.set_status(document.state, "done"))
    assert len(seen) == 1


def test_a_refused_edit_leaves_the_document_alone() -> None:
    document, seen = Document(EMPTY, "anna"), list[Change]()
    document.subscribe(seen.append)
    with pytest.raises(EditError):
        document.apply(e.add_keyframe(EMPTY, -1.0))
    assert (document.state, seen) == (EMPTY, [])


@pytest.mark.slow
@given(st.data())
@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_undo_to_the_start_and_redo_to_the_end(data: st.DataObject) -> None:
    document = Document(data.draw(states()), "anna")
    start, history = document.state, History(document)
    for _ in range(data.draw(st.integers(1, 6))):
        try:
            history.push(data.draw(edits(document.state)))
        except EditError:
            continue
    end = document.state
    while history.stack.canUndo():
        history.undo()
    assert document.state == start
    while history.stack.canRedo():
        history.redo()
    assert document.state == end


def test_a_drag_is_one_undo_and_a_drag_back_is_none() -> None:
    document = Document(EMPTY, "anna")
    history = History(document)
    history.push(e.add_keyframe(EMPTY, 1.0))
    id = document.state.keyframes[0].id
    for time in (1.1, 1.2, 1.3):
        history.push(e.move_keyframe(document.state, id, time, gesture="a"))
    assert history.stack.undoText() == "Move keyframe"
    history.undo()
    assert document.state.keyframes[0].time == 1.0
    for time in (1.1, 1.0):
        history.push(e.move_keyframe(document.state, id, time, gesture="b"))
    assert history.stack.undoText() == "Add keyframe"


def test_an_undo_that_no_longer_fits_is_refused_and_not_raised() -> None:
    document = Document(EMPTY, "anna")
    history, faults = History(document), list[Exception]()
    history.refused.connect(faults.append)
    history.push(e.add_keyframe(EMPTY, 1.0))
    document.apply(e.delete_keyframe(document.state, document.state.keyframes[0].id), "elsewhere")
    history.undo()
    assert [type(fault) for fault in faults] == [EditError]
    assert not history.stack.canUndo() and not history.stack.canRedo()


def test_an_edit_without_effect_is_no_step() -> None:
    document = Document(EMPTY, "anna")
    history = History(document)
    history.push(e.set_status(EMPTY, "new"))
    assert document.state is EMPTY and not history.stack.canUndo()
