"""The rows of what is asked for: typed times, easing, how far each is, and why a face is as it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from annotator.generation.description_row import DescriptionRow
from annotator.generation.explanation_view import ExplanationDialog
from annotator.window.window import StudioWindow
from tests.e2e.window_parts import Person, demo_at
from tests.model_server import model_server, never
from tests.present import present

SMILE, JAW = "She smiles broadly.", "Her jaw drops."


@pytest.fixture
def person(window: StudioWindow, qtbot: QtBot, tmp_path: Path) -> Person:
    made = Person(window, qtbot).open(demo_at(tmp_path), "02-letter")
    window.show_tab("generate")
    return made


def rows_of(person: Person, *rows: tuple[str, float | None, str]) -> list[DescriptionRow]:
    person.window.generate_panel.show_rows(rows)
    return shown_rows(person)


def shown_rows(person: Person) -> list[DescriptionRow]:
    """The rows in their order; all of them are in sight."""
    column = person.window.generate_panel.rows
    shown = [present(column.card_of(asked)) for asked in column.items]
    assert all(row.isVisible() for row in shown)
    return shown


def type_time(person: Person, row: DescriptionRow, text: str) -> None:
    row._time.setFocus()
    row._time.selectAll()
    person.press("Delete")
    person.type(text)
    person.press("Return")


def generated(person: Person) -> None:
    held = len(person.studio.takes.all())
    person.window.generate_panel.generate()
    person.wait(lambda: len(person.studio.takes.all()) > held and not person.session.jobs.running)


def test_typed_times_order_the_rows_and_time_the_take(person: Person) -> None:
    smiling, dropping = rows_of(person, (SMILE, 1.0, ""), (JAW, 3.0, "linear"))
    type_time(person, smiling, "4,5")
    assert shown_rows(person) == [dropping, smiling]
    assert dropping._number.text() == "1" and smiling._time.text() == "4.500"
    smiling._ease.setCurrentIndex(4)
    generated(person)
    performance = person.studio.performance.performance
    assert performance is not None
    assert [key.time for key in performance.keys] == pytest.approx([3.0, 4.5])
    assert [key.ease for key in performance.keys] == ["linear", "hold"]
    assert performance.keys[0].values["JawOpen"] > 0.5, "the words went with their time"


@pytest.mark.parametrize("typed", ["soon", "-1", "nan", "inf", "1e9"])
def test_what_is_no_time_changes_nothing(person: Person, typed: str) -> None:
    row, _other = rows_of(person, (SMILE, 1.0, ""), (JAW, 3.0, ""))
    type_time(person, row, typed)
    assert row.asked.time == 1.0 and row._time.text() == "1.000"


def test_a_row_without_a_time_finds_its_own_between_the_others(person: Person) -> None:
    rows = rows_of(person, (SMILE, 1.0, ""), (JAW, 2.0, ""), (SMILE, 5.0, ""))
    type_time(person, rows[1], "")
    assert rows[1].asked.time is None
    generated(person)
    performance = person.studio.performance.performance
    assert performance is not None
    first, middle, last = (key.time for key in performance.keys)
    assert (first, last) == (1.0, 5.0) and 1.5 < middle < 4.5


def test_why_says_which_words_caused_which_values(person: Person) -> None:
    row, other = rows_of(person, ("A tram passes.", 1.0, ""), ("She smiles broadly.", 3.0, ""))
    generated(person)
    assert "no facial action" in row.answer.text() and other.answer.text() == "1 action"
    other.answer.why.setFocus()
    opened: list[tuple[str, str]] = []

    def look() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, ExplanationDialog)
        item = dialog.view.rows.topLevelItem(0)
        assert item is not None
        opened.append((dialog.view.text.toPlainText(), item.text(1)))
        dialog.reject()

    QTimer.singleShot(0, look)
    person.press("Space")
    person.press("Shift+F8")
    card = present(person.window.generate_panel.performance.cards.card_of(1))
    assert card._answer.text() == "1 action", "the take's file says the same"
    QTimer.singleShot(0, look)
    person.click(card._answer.why)
    assert opened == [("She smiles broadly.", "MouthSmile, both")] * 2


def test_what_was_understood_is_still_there_after_a_look_at_another_tab(person: Person) -> None:
    person.describe(30, SMILE)
    generated(person)
    assert [row.answer.text() for row in shown_rows(person)] == ["1 action"]
    person.window.show_tab("channels")
    person.window.show_tab("generate")
    assert [row.answer.text() for row in shown_rows(person)] == ["1 action"]
    person.describe(90, JAW)
    person.window.show_tab("channels")
    person.window.show_tab("generate")
    followed = [row.words.toPlainText() for row in shown_rows(person)]
    assert followed == [SMILE, JAW], "new keyframes are followed"


def test_each_row_says_how_far_its_answer_is(person: Person) -> None:
    (first, second), on_progress = rows_of(person, (SMILE, 1.0, ""), (JAW, 3.0, "")), []
    answered = person.studio.generation.answer_progressed
    answered.connect(lambda target, news: on_progress.append((target, news)))
    with model_server() as server:
        person.ask_server(server.url)
        person.window.generate_panel.generate()
        assert first.answer.text() == second.answer.text() == "waiting"
        person.wait(lambda: person.studio.takes.all() and not person.session.jobs.running)
    assert {(0, "answered"), (1, "answered")} <= set(on_progress)
    assert "waiting" not in first.answer.text() + second.answer.text()


def test_rows_of_a_cancelled_request_wait_no_longer(person: Person) -> None:
    row, _other = rows_of(person, (SMILE, 1.0, ""), (JAW, 3.0, ""))
    with model_server(never) as server:
        person.ask_server(server.url)
        person.window.generate_panel.generate()
        person.wait(lambda: row.answer.isVisible())
        person.press("Ctrl+.")
        person.wait(lambda: not person.studio.generation.running)
    assert not row.answer.isVisible() and person.studio.takes.all() == []


def test_what_was_written_for_a_clip_is_there_when_the_clip_is_open_again(person: Person) -> None:
    panel, first = person.window.generate_panel, person.session.clip_id
    person.press("F8")
    panel._add_row()
    person.type("a smile")
    person.press("PgDown")
    person.wait(lambda: person.session.clip_id not in ("", first))
    assert "a smile" not in [asked.words for asked in panel.rows.items]
    person.press("PgUp")
    person.wait(lambda: person.session.clip_id == first)
    assert [asked.words for asked in panel.rows.items][-1] == "a smile"


def test_the_story_is_a_line_and_what_acts_stands_under_the_rows(person: Person) -> None:
    panel = person.window.generate_panel
    assert not panel.story.open and not panel._background.isVisible(), "it is written already"
    assert person.state.clip.emotion in panel.story.line.toolTip()
    panel.story.line.setFocus()
    person.press("Space")
    assert panel._background.isVisible()
    rows = rows_of(person, *((SMILE, float(k), "") for k in range(3)))
    go = panel._go.mapTo(panel, panel._go.rect().topLeft()).y()
    assert panel._go.isVisible() and go >= panel.viewport().geometry().bottom()
    assert all(row.height() < 100 for row in rows), "time, easing and two lines of words"
    generated(person)
    assert shown_rows(person)[0].height() == rows[0].height(), "what was understood stands beside the time"


def test_cleared_rows_can_be_had_again(person: Person) -> None:
    panel = person.window.generate_panel
    rows_of(person, (SMILE, 1.0, ""), (JAW, 3.0, ""))
    person.click(panel._clear)
    assert panel.rows.items == [] and panel._hint.isVisible()
    person.click(panel._clear)
    assert [asked.words for asked in panel.rows.items] == [SMILE, JAW]
    person.click(panel._clear)
    panel._add_row()
    assert panel._clear.text() == "Clear", "what is written now is no longer given up for it"
