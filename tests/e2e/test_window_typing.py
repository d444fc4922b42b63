"""What is typed is in the document a moment later, however long somebody types without a pause."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from annotator.takes.rename_dialog import RenameDialog
from annotator.window.window import StudioWindow
from tests.e2e.window_parts import Person, demo_at
from tests.present import present

MOST_LETTERS = 400
BETWEEN_MS = 20
"""Far below the pause after which a text is handed on anyway."""
WORKER = Path(__file__).with_name("typing_window.py")


@pytest.fixture
def person(window: StudioWindow, qtbot: QtBot, tmp_path: Path) -> Person:
    return Person(window, qtbot).open(demo_at(tmp_path))


def type_until(person: Person, known: Callable[[], str], at_most: int = MOST_LETTERS) -> str:
    """Type on and on, until what is known of it changes; returns that."""
    before = known()
    for number in range(at_most):
        QTest.keyClicks(person._focus(), "abcdefg "[number % 8], delay=BETWEEN_MS)
        if known() != before:
            return known()
    raise AssertionError(f"{at_most} letters are nowhere")


def keyframe_note(person: Person) -> Callable[[], str]:
    person.press("M")
    person.window.keyframe_panel._keyframe._note.setFocus()
    return lambda: person.keyframes[0].note


def description(person: Person) -> Callable[[], str]:
    person.press("M", "Return")
    return lambda: person.keyframes[0].description


def span_note(person: Person) -> Callable[[], str]:
    person.press("E", "Right", "Right", "E", "Return")
    return lambda: person.spans[0].note


def story_field(name: str) -> Callable[[Person], Callable[[], str]]:
    def begin(person: Person) -> Callable[[], str]:
        person.press("F5")
        panel = person.window.story_panel
        fields: dict[str, QWidget] = {**panel._texts, "tags": panel._tags, "split": panel._split}
        fields[name].setFocus()
        return lambda: str(getattr(person.state.clip, name))

    return begin


def asked_background(person: Person) -> Callable[[], str]:
    person.press("F8")
    person.window.generate_panel.story.set_open(True)
    person.window.generate_panel._background.setFocus()
    return lambda: person.state.clip.background


FIELDS = {
    "description": description,
    "note of a keyframe": keyframe_note,
    "note of a span": span_note,
    **{name: story_field(name) for name in ("script", "background", "emotion", "tags", "split")},
    "background of a request": asked_background,
}


def test_steady_typing_reaches_the_document(person: Person) -> None:
    for field, begin in FIELDS.items():
        known = begin(person)
        steps = person.clip.history.stack.index()
        type_until(person, known)
        type_until(person, known)
        held = present(QApplication.focusWidget())
        assert isinstance(held, QPlainTextEdit | QLineEdit)
        typed = held.toPlainText() if isinstance(held, QPlainTextEdit) else held.text()
        assert typed.endswith(" ") or "abc" in typed, field
        assert person.clip.history.stack.index() == steps + 1, f"one visit is one step of undo: {field}"
        person.press("Escape")


def rename(person: Person) -> str:
    """Type into the dialog that renames the active take; the name the take has meanwhile."""
    person.window.takes_panel._rename(person.take.id)
    person.wait(lambda: isinstance(QApplication.activeWindow(), RenameDialog))
    return type_until(person, lambda: person.take.name)


def test_the_name_of_a_take_is_kept_while_it_is_typed_and_cancel_takes_it_back(person: Person) -> None:
    person.window.generate_panel.show_rows([("She smiles broadly.", 1.0, "")])
    person.window.generate_panel.generate()
    person.wait(lambda: person.studio.takes.active is not None and not person.session.jobs.running)
    before, steps = person.take.name, person.clip.history.stack.index()
    assert rename(person).startswith("abc")
    person.press("Escape")
    person.wait(lambda: QApplication.activeWindow() is person.window)
    assert person.take.name == before and person.clip.history.stack.index() == steps
    assert rename(person).startswith("abc")
    person.press("Return")
    person.wait(lambda: QApplication.activeWindow() is person.window)
    assert person.take.name.startswith("abc") and person.clip.history.stack.index() == steps + 1
    person.press("Ctrl+Z")
    assert person.take.name == before


def test_what_the_document_makes_of_a_text_waits_until_it_is_done(person: Person) -> None:
    person.press("F5")
    tags = person.window.story_panel._tags
    tags.setFocus()
    tags.selectAll()
    person.type("calm,  ")
    person.wait(lambda: person.state.clip.tags == ("calm",))
    assert tags.text() == "calm,  " and tags.cursorPosition() == 7
    person.type("sad")
    person.wait(lambda: person.state.clip.tags == ("calm", "sad"))
    assert tags.text() == "calm,  sad"
    person.press("Escape")
    assert tags.text() == "calm, sad"


@pytest.mark.parametrize("name", ["script", "tags"])
def test_a_composition_is_not_disturbed(person: Person, name: str) -> None:
    person.press("F5")
    panel = person.window.story_panel
    field: QLineEdit | QPlainTextEdit = panel._tags if name == "tags" else panel._texts[name]
    field.setFocus()
    field.selectAll()
    person.type("ab")
    QApplication.sendEvent(field, QInputMethodEvent("ni", []))
    person.wait(lambda: "ab" in str(getattr(person.state.clip, name)))
    assert "ni" not in str(getattr(person.state.clip, name))
    panel.refresh()
    done = QInputMethodEvent("", [])
    done.setCommitString("你")
    QApplication.sendEvent(field, done)
    person.type("c")
    person.wait(lambda: "ab你c" in str(getattr(person.state.clip, name)))


def test_a_kill_while_somebody_types_loses_a_second_at_most(
    open_window: Callable[[], StudioWindow], qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    demo = demo_at(tmp_path)
    monkeypatch.setenv("KFSTUDIO_ANNOTATOR", "anna")
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    with subprocess.Popen(
        [sys.executable, str(WORKER), str(demo)], stdout=subprocess.PIPE, text=True, env=environment
    ) as studio:
        says = present(studio.stdout)
        told = [json.loads(line) for line in iter(says.readline, "")]
        studio.wait()
    last = told[-1]["at"]
    # A busy machine may be a second late with everything.
    due = max((line["text"] for line in told if line["at"] < last - 2.0), key=len)
    assert len(due) > 20
    person = Person(open_window(), qtbot).open(demo)
    assert person.keyframes[0].description.startswith(due)
