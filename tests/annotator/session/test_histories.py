"""The histories of closed clips: kept for the clips closed last, and nothing but the steps."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject
from pytestqt.qtbot import QtBot

from annotator.core.document import Document
from annotator.core.edits import add_keyframe
from annotator.core.model import ClipInfo, ClipState
from annotator.core.storage.places import ClipPlace
from annotator.session.histories import MOST_CLIPS, Histories
from annotator.session.history import History

ROOT = Path("dataset")


def place_of(number: int) -> ClipPlace:
    folder = ROOT / "clips" / f"c-{number}"
    annotation = folder / "annotations" / "anna.json"
    return ClipPlace(folder.name, "anna", ROOT, folder, folder / "clip.json", annotation, folder / "takes")


def worked_on(histories: Histories, number: int) -> History:
    """The history of a clip in which one keyframe was marked."""
    document = Document(ClipState(ClipInfo(f"c-{number}")), "anna")
    history = histories.take(place_of(number), document)
    history.push(add_keyframe(document.state, 0.5))
    return history


def let_go() -> None:
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    gc.collect()


@pytest.mark.slow
def test_only_the_clips_closed_last_are_kept(qtbot: QtBot) -> None:
    parent = QObject()
    histories = Histories(parent)
    states = []
    for number in range(MOST_CLIPS + 3):
        history = worked_on(histories, number)
        states.append(weakref.ref(history.document.state))
        histories.leave(place_of(number), history)
        if number == MOST_CLIPS - 1:
            # Who works on the first again has closed it last.
            first = histories.take(place_of(0), Document(ClipState(ClipInfo("c-0")), "anna"))
            histories.leave(place_of(0), first)
            del first
        del history
    let_go()
    kept = [number for number in range(len(states)) if histories.state_of(place_of(number)) is not None]
    assert kept == [0, *range(4, MOST_CLIPS + 3)] and len(kept) == MOST_CLIPS
    assert [states[number]() for number in (1, 2, 3)] == [None] * 3
    assert len(histories.findChildren(History)) == MOST_CLIPS


@pytest.mark.slow
def test_who_listened_to_a_closed_clip_is_not_held(qtbot: QtBot) -> None:
    class Listener:
        def changed(self, _change: object) -> None: ...

    parent = QObject()
    histories, listener = Histories(parent), Listener()
    history = worked_on(histories, 0)
    history.document.subscribe(listener.changed)
    gone = weakref.ref(listener), weakref.ref(history.document)
    histories.leave(place_of(0), history)
    del listener, history
    let_go()
    assert [each() for each in gone] == [None, None]
    again = Document(ClipState(ClipInfo("c-0")), "anna")
    assert histories.take(place_of(0), again).stack.count() == 1


def test_a_clip_without_steps_leaves_no_history(qtbot: QtBot) -> None:
    parent = QObject()
    histories = Histories(parent)
    histories.leave(place_of(0), histories.take(place_of(0), Document(ClipState(ClipInfo("c-0")), "anna")))
    let_go()
    assert histories.state_of(place_of(0)) is None and not histories.findChildren(History)
