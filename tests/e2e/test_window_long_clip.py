"""A clip with many marks and a long take: what a step costs does not grow with them, and of a closed
clip only what undo needs stays."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from annotator.generation.description_row import DescriptionRow
from annotator.generation.performance_view import KeyCard
from annotator.window.window import StudioWindow
from tests.e2e.window_parts import Person
from tests.long_clips import take, write_clip, write_dataset

SECONDS = 60.0
MANY, FEW = 150, 5


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = write_dataset(tmp_path_factory.mktemp("long") / "data", frames=round(SECONDS * 30), video=False)
    info = take(100, SECONDS)
    write_clip(root, "a-many", MANY, 60, {info.id: info}, SECONDS)
    write_clip(root, "b-few", FEW, 2, {}, SECONDS)
    return root


@pytest.fixture
def person(window: StudioWindow, qtbot: QtBot, dataset: Path) -> Person:
    return Person(window, qtbot).open(dataset, "a-many")


def let_go() -> None:
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    gc.collect()


def counted(kind: type) -> int:
    return sum(isinstance(widget, kind) for widget in QApplication.allWidgets())


def test_rows_and_cards_are_built_when_they_are_seen_and_only_some(person: Person) -> None:
    panel = person.window.generate_panel
    assert len(panel.rows.items) == MANY and counted(DescriptionRow) == counted(KeyCard) == 0
    person.press("F8")
    assert 0 < counted(DescriptionRow) < 20 and counted(KeyCard) == 0
    person.press("Shift+F8")
    person.wait(lambda: counted(KeyCard) > 0)
    assert len(panel.performance.cards.items) == 100 and counted(KeyCard) < 20
    bar = panel.verticalScrollBar()
    person.wait(lambda: bar.maximum() > 5000)
    for at in range(0, bar.maximum(), 700):
        bar.setValue(at)
    assert counted(KeyCard) < 25


def test_a_clip_with_many_keyframes_has_as_many_widgets_as_one_with_few(person: Person) -> None:
    def widgets() -> int:
        for tab in ("F5", "F6", "F7", "F8", "F9", "F6"):
            person.press(tab)
            QApplication.processEvents()
        let_go()
        return len(QApplication.allWidgets())

    person.press("PgDown")
    person.wait_for_clip("b-few")
    few = widgets()
    person.press("PgUp")
    person.wait_for_clip("a-many")
    assert widgets() - few < 400, "a screenful of rows is all that is more"


def test_a_step_to_the_next_keyframe_changes_no_row_of_the_table(person: Person) -> None:
    person.press("F6")
    told: list[str | int] = []
    model = person.window.marks_panel.model
    for signal in (model.modelReset, model.layoutChanged, model.rowsInserted, model.rowsRemoved):
        signal.connect(lambda *_where: told.append("rows"))
    model.dataChanged.connect(lambda first, last, _roles: told.append(last.row() - first.row() + 1))
    for _ in range(10):
        person.press(".")
    table = person.window.marks_panel.table
    (chosen,) = table.selectionModel().selectedRows()
    assert told == [] and model.rows[chosen.row()].id == person.session.selection[1]
    person.press("2")
    assert told == [1]
    person.press("Alt+Right")
    assert told == [1, 1]
    person.press("Ctrl+Z", "Ctrl+Z")
    assert told == [1, 1, 1, 1]


def test_a_hidden_table_is_right_when_it_is_shown(person: Person) -> None:
    person.press(".", "F4", "2", ".", "M", "Shift+Right", "M")
    panel = person.window.marks_panel
    assert not panel.isVisible()
    person.press("F4")
    shown = [(row.id, row.time_in_clip, row.label) for row in panel.model.rows if row.kind == "keyframe"]
    assert shown == [(k.id, k.time, k.emotion) for k in person.keyframes]
    (chosen,) = panel.table.selectionModel().selectedRows()
    assert panel.model.rows[chosen.row()].id == person.session.selection[1]


def test_of_a_closed_clip_only_what_undo_needs_stays(person: Person) -> None:
    person.press("F6", ".", "Alt+Right", "Alt+Right", "Return")
    person.type("typed")
    person.press("Ctrl+Return", "Shift+F8", "Ctrl+Right", "F9", "U")
    person.press("F7")
    person.window.channels_panel.rows.setFocus()
    person.press("Down", "Shift+Up", "Shift+Up", "Ctrl+Z")
    person.wait(lambda: not person.session.jobs.running)
    clip = person.session.current
    assert clip is not None and clip.raw is not None and clip.recording is not clip.raw
    place, left = clip.loaded.place, clip.document.state
    held = [weakref.ref(each) for each in (clip, clip.raw, clip.recording, clip.document)]
    held += [weakref.ref(track) for track in clip.tracks.values()]
    assert len(held) == 5
    del clip
    person.press("F6", "PgDown")
    person.wait_for_clip("b-few")
    person.wait(lambda: not person.session.jobs.running)
    person.press("F8", "F9", "F7", "F6")
    let_go()
    assert [ref() for ref in held] == [None] * 5
    assert person.session.histories.state_of(place) is left, "its steps can be undone when it is opened again"
    untouched = weakref.ref(person.state)
    person.press("PgUp")
    person.wait_for_clip("a-many")
    person.wait(lambda: not person.session.jobs.running)
    let_go()
    assert untouched() is None, "a clip in which nothing was done leaves nothing"
