"""What a span that was begun does in files, journals and undo."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from annotator.core.begun import BEGUN_KEY, BegunEdit, begun_span, with_begun
from annotator.core.edit import changes_nothing
from annotator.core.edits import BulkEdit, SpanEdit, set_status
from annotator.core.model import ClipInfo, ClipState, EmotionSpan
from annotator.core.storage.journal import Journal, read_journal
from annotator.core.storage.places import ClipPlace
from annotator.core.storage.recovery import replay
from viewer.core.errors import EditError

STATE = ClipState(ClipInfo("clip"), extra={"theirs": 1})
BEGUN = EmotionSpan("e-1", 1.5, 1.5, "awe", 4)


def test_it_lies_beside_what_is_not_known() -> None:
    state = with_begun(STATE, BEGUN)
    assert begun_span(state) == BEGUN and state.extra["theirs"] == 1
    assert with_begun(state, None) == STATE and begun_span(STATE) is None


@pytest.mark.parametrize(
    "odd",
    [
        None,
        7,
        [],
        {},
        {"id": "e-1"},
        {"id": "", "start": 1},
        {"id": "e", "start": -1},
        {"id": "e", "start": float("nan")},
        {"id": "e", "start": True},
        {"id": "e", "start": "1"},
        {"id": "e", "start": 1, "label": 3},
        {"id": "e", "start": 1, "intensity": 9},
    ],
)
def test_what_cannot_be_one_is_none(odd: Any) -> None:
    assert begun_span(ClipState(ClipInfo("clip"), extra={BEGUN_KEY: odd})) is None


def test_a_gesture_from_begin_to_end_leaves_the_span_alone() -> None:
    ended = EmotionSpan("e-1", 1.5, 2.0, "awe", 4)
    plain = EmotionSpan("e-1", 1.5, 1.5)
    begin = BulkEdit((BegunEdit(None, plain), set_status(STATE, "in progress")), "Begin", "g")
    label = BulkEdit((BegunEdit(plain, BEGUN),), "Label", "g")
    end = BulkEdit((BegunEdit(BEGUN, None), SpanEdit(None, ended)), "Add", "g")
    labelled = begin.merge(label)
    assert labelled is not None
    whole = labelled.merge(end)
    assert whole is not None and whole.title == "Add"
    after = whole.apply(STATE)
    assert after == end.apply(label.apply(begin.apply(STATE))) and begun_span(after) is None
    assert whole.inverse().apply(after) == STATE
    dropped = begin.merge(BulkEdit((BegunEdit(plain, None), set_status(after, "new")), "Drop", "g"))
    assert dropped is not None and changes_nothing(dropped)


def test_an_edit_that_does_not_fit_is_refused() -> None:
    with pytest.raises(EditError, match="in the meantime"):
        BegunEdit(None, BEGUN).validate(with_begun(STATE, EmotionSpan("e-2", 0.0, 0.0)))


def test_the_journal_brings_it_back(tmp_path: Path) -> None:
    place = ClipPlace("clip", "anna", tmp_path, tmp_path, None, tmp_path / "anna.json", tmp_path / "takes")
    journal = Journal.acquire(place)
    journal.append(BulkEdit((BegunEdit(None, BEGUN),), "Begin"))
    journal.sync()
    replayed = replay(STATE, read_journal(journal.path))
    assert begun_span(replayed.state) == BEGUN and replayed.edits == 1
    journal.append(BulkEdit((BegunEdit(BEGUN, None),), "Drop"))
    journal.sync()
    assert begun_span(replay(STATE, read_journal(journal.path)).state) is None
    journal.clear(2)
    journal.close()
