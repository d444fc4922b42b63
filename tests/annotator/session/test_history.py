"""Undo and redo: what is given up is gone."""

from __future__ import annotations

import gc
import weakref

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from pytestqt.qtbot import QtBot

from annotator.core.document import Document
from annotator.core.edits import add_keyframe, change_keyframe, move_keyframe
from annotator.core.model import ClipInfo, ClipState, Keyframe
from annotator.session.history import MOST_STEPS, History


def drag(history: History, id: str, steps: int) -> list[weakref.ref[Keyframe]]:
    """Move a keyframe in ``steps`` steps of one gesture; what stood between begin and end."""
    passed = []
    for step in range(1, steps + 1):
        history.push(move_keyframe(history.document.state, id, float(step), gesture="drag"))
        passed.append(weakref.ref(history.document.state.keyframes[0]))
    return passed[:-1]


@pytest.mark.slow
def test_the_steps_of_a_drag_are_not_kept(qtbot: QtBot) -> None:
    history = History(Document(ClipState(ClipInfo("c")), "anna"))
    edit = add_keyframe(history.document.state, 0.5)
    history.push(edit)
    passed = drag(history, edit.id, 5)
    gc.collect()
    assert [step() for step in passed] == [None] * 4
    assert history.document.state.keyframes[0].time == 5.0
    history.undo()
    assert history.document.state.keyframes[0].time == 0.5
    history.redo()
    assert history.document.state.keyframes[0].time == 5.0


@pytest.mark.slow
def test_a_closed_history_keeps_its_document_no_longer(qtbot: QtBot) -> None:
    history = History(Document(ClipState(ClipInfo("c")), "anna"))
    edit = add_keyframe(history.document.state, 0.5)
    history.push(edit)
    drag(history, edit.id, 5)
    history.push(change_keyframe(history.document.state, edit.id, description="A smile."))
    history.undo()
    gone = weakref.ref(history.document)
    history.deleteLater()
    del history
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    gc.collect()
    assert gone() is None


@pytest.mark.slow
def test_long_work_keeps_its_last_steps_and_no_more(qtbot: QtBot) -> None:
    history = History(Document(ClipState(ClipInfo("c")), "anna"))
    edit = add_keyframe(history.document.state, 0.5)
    history.push(edit)
    first = weakref.ref(history.document.state.keyframes[0])
    for step in range(1, MOST_STEPS + 51):
        history.push(move_keyframe(history.document.state, edit.id, float(step)))
    del edit
    gc.collect()
    assert first() is None
    for _ in range(MOST_STEPS + 51):
        history.undo()
    assert history.document.state.keyframes[0].time == 50.0
