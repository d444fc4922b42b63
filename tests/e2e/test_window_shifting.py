"""Shifting all marks of a clip in the window."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from annotator.keyframes.shift_dialog import ShiftDialog
from annotator.window.window import StudioWindow
from tests.e2e.window_parts import Person, annotation_of, demo_at

FIRST = "01-waiting-room"


@pytest.fixture
def person(window: StudioWindow, qtbot: QtBot, tmp_path: Path) -> Person:
    """Keyframes on frames 30 and 60, a span from 1 to 2 s; the playhead on frame 60."""
    person = Person(window, qtbot).open(demo_at(tmp_path), FIRST)
    person.press("Shift+Right", "M", "E", "Shift+Right", "M", "E")
    assert [k.frame for k in person.keyframes] == [30, 60] and len(person.spans) == 1
    return person


def shifting(person: Person) -> ShiftDialog:
    """Open the dialog."""
    person.window.actions_by_id["shift_marks"].trigger()
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, ShiftDialog)
    person.wait(lambda: QApplication.focusWidget() is dialog.amount)
    return dialog


def steps_of(person: Person) -> int:
    assert person.session.current is not None
    return person.session.current.history.stack.count()


def wait_until_closed(person: Person) -> None:
    person.wait(lambda: not person.window.findChildren(ShiftDialog))


def test_marks_are_shifted_by_keyboard_as_one_step(person: Person, tmp_path: Path) -> None:
    before, steps = person.work, steps_of(person)
    dialog = shifting(person)
    assert not dialog.go.isEnabled()
    person.type("0,5")
    assert dialog.preview.text() == "2 keyframes, 1 span; the first to 00:01.500."
    person.press("Return")
    wait_until_closed(person)
    assert [k.frame for k in person.keyframes] == [45, 75]
    assert (person.spans[0].start, person.spans[0].end) == pytest.approx((1.5, 2.5))
    assert steps_of(person) == steps + 1
    assert person.window.actions_by_id["undo"].text() == "Undo shift keyframes and emotion spans"
    person.wait_until_saved()
    assert [k["frame"] for k in annotation_of(tmp_path / "demo", FIRST)["keyframes"]] == [45, 75]
    person.press("Ctrl+Z")
    assert person.work == before
    person.press("Ctrl+Shift+Z")
    assert [k.frame for k in person.keyframes] == [45, 75]


def test_frames_only_keyframes_and_only_from_the_playhead_on(person: Person) -> None:
    span = person.spans[0]
    dialog = shifting(person)
    assert "00:02.000" in dialog.later.text()
    person.type("-7")
    person.press("Tab", "Down", "Tab", "Space", "Tab", "Space")
    assert not dialog.spans.isChecked() and dialog.later.isChecked()
    assert dialog.preview.text() == "1 keyframe; the first to 00:01.767."
    person.press("Return")
    wait_until_closed(person)
    assert [k.frame for k in person.keyframes] == [30, 53] and person.spans == (span,)
    assert person.window.actions_by_id["undo"].text() == "Undo shift keyframes"


def test_what_cannot_be_is_said_and_nothing_changes(person: Person) -> None:
    before = person.work
    dialog = shifting(person)
    for typed, words in (
        ("-1.2", "2 keyframes, 1 span; the first to −00:00.200; 2 would leave the clip and stop it."),
        ("4", "1 would leave the clip and stops it."),
        ("900", "3 would leave the clip and stop it."),
        ("abc", "“abc” is not a number of seconds."),
        ("nan", "“nan” is not a number of seconds."),
        ("0", "they stay where they are."),
        ("-", "Type how far"),
    ):
        dialog.amount.clear()
        person.type(typed)
        assert words in dialog.preview.text() and not dialog.go.isEnabled(), typed
        person.press("Return")
        assert dialog.isVisible()
    dialog.unit.setCurrentIndex(1)
    dialog.amount.setText("1.5")
    assert "whole number" in dialog.preview.text()
    dialog.later.setChecked(True)
    dialog.amount.setText("-30")
    assert "already a keyframe at 1.000 s" in dialog.preview.text() and not dialog.go.isEnabled()
    person.press("Escape")
    wait_until_closed(person)
    assert person.work == before


def test_it_is_on_only_where_there_is_something_to_shift(person: Person) -> None:
    action = person.window.actions_by_id["shift_marks"]
    assert action.isEnabled()
    person.press("PgDown")
    person.wait_for_clip("02-letter")
    assert not action.isEnabled() and "There is nothing to shift" in action.toolTip()
    person.press("E", "Shift+Right", "E")
    dialog = shifting(person)
    assert dialog.spans.isChecked() and not dialog.spans.isEnabled()
    person.type("1")
    person.press("Return")
    wait_until_closed(person)
    assert person.spans[0].start == pytest.approx(1.0)
