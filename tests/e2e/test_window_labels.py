"""A key is a command or a text, never one for the other; an unlisted label is there on purpose."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QInputDialog
from pytestqt.qtbot import QtBot

from annotator.core.storage.validate import validate
from annotator.keyframes.label_field import NEW_LABEL, NO_LABEL, LabelField
from annotator.window.window import StudioWindow
from tests.e2e.window_parts import LEFT, Person, demo_at

FIRST, SECOND = "01-waiting-room", "02-letter"


@pytest.fixture
def person(window: StudioWindow, qtbot: QtBot, tmp_path: Path) -> Person:
    return Person(window, qtbot).open(demo_at(tmp_path))


def choose(person: Person, box: QComboBox, text: str) -> None:
    """Open a box with the mouse and click one of its entries."""
    QTest.mouseClick(box, LEFT)
    view = box.view()
    person.wait(view.isVisible)
    index = view.model().index(box.findText(text), 0)
    view.scrollTo(index)
    place = view.visualRect(index).center()
    # A popup lets go of the button that opened it only after a moment.
    person.qtbot.waitUntil(lambda: not _held_open(box, place, person), timeout=5000)


def _held_open(box: QComboBox, place: QPoint, person: Person) -> bool:
    QTest.mouseMove(box.view().viewport(), place)
    QTest.mouseClick(box.view().viewport(), LEFT, pos=place)
    QApplication.processEvents()
    return box.view().isVisible()


def new_label(person: Person, words: str, key: str = "Return") -> None:
    person.wait(lambda: isinstance(QApplication.activeWindow(), QInputDialog))
    person.type(words)
    person.press(key)
    person.wait(lambda: QApplication.activeWindow() is person.window)


def marks(person: Person) -> list[str]:
    return [mark.label for mark in person.window.timeline.keyframes.shown]


def test_keys_after_a_choice_are_commands(person: Person) -> None:
    person.press("M")
    box = person.window.keyframe_panel._keyframe._emotion
    choose(person, box, "sadness")
    assert person.keyframes[0].emotion == "sadness" and box.currentText() == "sadness"
    assert QApplication.focusWidget() is person.window
    person.press("3", "Space", "K", "Right", "M")
    person.type("qy")
    assert person.keyframes[0].emotion == "fear" and len(person.keyframes) == 2
    person.press("PgDown")
    person.wait_for_clip(SECOND)


def test_keys_after_a_choice_leave_a_text_alone(person: Person) -> None:
    person.press("M", "Return")
    person.type("a smile")
    editor = person.window.keyframe_panel._keyframe
    for box, text in ((editor._emotion, "sadness"), (editor._confidence, "likely"), (editor._ease, "Hold")):
        editor.description.setFocus()
        choose(person, box, text)
        person.press("3")
    keyframe = person.keyframes[0]
    assert (keyframe.description, keyframe.emotion, keyframe.ease) == ("a smile", "fear", "hold")


def test_a_label_can_be_taken_off(person: Person) -> None:
    person.press("M", "2")
    choose(person, person.window.keyframe_panel._keyframe._emotion, NO_LABEL)
    assert person.keyframes[0].emotion == ""


def test_a_new_label_is_asked_for_and_marked_as_unlisted(person: Person, tmp_path: Path) -> None:
    panel = person.window.keyframe_panel
    person.press("M")
    choose(person, panel._keyframe._emotion, NEW_LABEL)
    new_label(person, "3 m dread", "Escape")
    assert person.keyframes[0].emotion == "" and panel._keyframe._emotion.currentIndex() == -1
    choose(person, panel._keyframe._emotion, NEW_LABEL)
    new_label(person, " dread ")
    assert person.keyframes[0].emotion == "dread" == panel._keyframe._emotion.currentText()
    assert "list of labels" in panel._keyframe._emotion.toolTip()
    assert marks(person) == ["⚠ dread"]
    model = person.window.marks_panel.model
    assert model.rows[0].label == "⚠ dread"
    tip = model.index(0, 1).data(Qt.ItemDataRole.ToolTipRole)
    assert tip == "“dread” is not in the dataset's list of labels"
    person.press("Right", "E", "Right", "Right", "E")
    choose(person, panel._span._label, NEW_LABEL)
    new_label(person, "Sadness")
    assert person.spans[0].label == "sadness", "one that is listed is that one"
    choose(person, panel._span._label, NEW_LABEL)
    new_label(person, "gloom")
    assert [span.label for span in person.window.timeline.emotions.shown] == ["⚠ gloom"]
    person.wait_until_saved()
    told = [f"{f.where}: {f.what}" for f in validate(tmp_path / "demo").findings]
    assert any("keyframe at" in line and "'dread'" in line for line in told)
    assert any("emotion at" in line and "'gloom'" in line for line in told)


def test_the_speed_gives_the_keys_back(person: Person) -> None:
    box = person.window.transport.rate_box
    QTest.mouseClick(box.lineEdit(), LEFT)
    assert box.hasFocus()
    person.press("E", "Ctrl+A")
    person.type("2")
    person.press("Return")
    assert person.session.playback.clock.rate == 2.0 and QApplication.focusWidget() is person.window
    person.press("M", "3")
    assert person.keyframes[0].emotion == "fear" and person.session.playback.clock.rate == 2.0
    assert person.studio.keyframes.pending is None


def test_every_choice_of_the_window_gives_the_keys_back(person: Person) -> None:
    """None takes the focus from a click, so that no key chooses in it."""
    boxes = [box for box in person.window.findChildren(QComboBox) if not box.isEditable()]
    assert len(boxes) > 8 and any(isinstance(box, LabelField) for box in boxes)
    assert [box for box in boxes if box.focusPolicy() & Qt.FocusPolicy.ClickFocus] == []
    assert not [box for box in person.window.findChildren(QComboBox) if box.isEditable()]
