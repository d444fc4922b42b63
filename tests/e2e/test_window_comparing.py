"""A researcher who must decide which model is better: tables, worst moments, blind votes, report."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from annotator.comparison.comparison_panel import SHEETS
from annotator.comparison.report_dialog import ReportDialog
from annotator.comparison.vote_dialog import VoteDialog
from annotator.comparison.vote_setup import OPEN
from annotator.core.comparison.models import RECORDING
from annotator.core.comparison.votes import track_digest
from annotator.core.storage.dataset import Dataset
from annotator.core.storage.track_files import read_track
from annotator.window.window import StudioWindow
from tests.e2e.window_parts import Person, demo_at
from tests.present import present
from viewer.core.channels import INDEX
from viewer.core.formats import read, write

FIRST, SECOND = "01-waiting-room", "02-letter"
MODELS = {"calm-1": ("Calm model", "JawOpen"), "wild-1": ("Wild model", "BrowInnerUp")}


def with_takes(root: Path) -> Path:
    """The demo with a take of each of two models in its first two clips; each differs from the
    recording in one channel, very much from 2.0 to 2.2 seconds and somewhat at 4."""
    dataset = Dataset.open(root)
    for id in (FIRST, SECOND):
        loaded = dataset.load_clip(id)
        assert loaded.track_path is not None
        recording = read(loaded.track_path)
        loaded.place.takes_folder.mkdir(exist_ok=True)
        for take, (model, channel) in MODELS.items():
            values = np.nan_to_num(recording.values.copy())
            values[:, 52:] /= np.pi / 2
            column = INDEX[channel]
            for start, end, size in ((2.0, 2.2, 0.5), (4.0, 4.1, 0.2)):
                there = (recording.times > start) & (recording.times < end)
                away = np.where(values[there, column] > 0.5, -size, size)
                values[there, column] += away
            write(recording.replaced(values=values), loaded.place.take_track(take), "livelink")
            record = {"name": f"{model} 1", "created": "2026-01-01", "provenance": {"model": model}}
            loaded.place.take_file(take).write_text(json.dumps(record))
    shutil.rmtree(root / "clips" / "03-birthday")
    return root


@pytest.fixture
def person(window: StudioWindow, qtbot: QtBot, tmp_path: Path) -> Person:
    someone = Person(window, qtbot).open(with_takes(demo_at(tmp_path)), FIRST)
    window.show_tab("takes")
    return someone


def cells(person: Person) -> list[list[str]]:
    table = person.window.comparison_panel.table
    return [
        [item.text() if (item := table.item(r, c)) is not None else "" for c in range(table.columnCount())]
        for r in range(table.rowCount())
    ]


def measured(person: Person) -> None:
    person.wait(lambda: not person.session.jobs.running and person.studio.comparison.last is not None)


def see_both(person: Person) -> None:
    listed = person.window.takes_panel.list
    row = next(i for i in range(2) if listed.item(i).text().startswith("Calm"))
    person.click(listed.viewport(), listed.eye_of(row).center().toPoint())
    measured(person)


# ---- the tables --------------------------------------------------------------------------------


def test_takes_are_chosen_by_eye_and_stand_beside_each_other_in_every_table(person: Person) -> None:
    panel = person.window.takes_panel
    assert [panel.list.item(i).text() for i in range(2)] == ["Calm model 1", "Wild model 1"]
    measured(person)
    assert [row[0] for row in cells(person)][:2] == ["all shapes", "brows"]
    assert person.window.comparison_panel.table.columnCount() == 4
    see_both(person)
    assert [take.id for take in person.studio.takes.visible] == ["calm-1", "wild-1"]
    jaw = next(row for row in cells(person) if row[0] == "jaw")
    assert float(jaw[1]) > 0 and float(jaw[2]) == 0
    person.window.comparison_panel.show_sheet("Keyframes")
    assert len(cells(person)) == len(person.keyframes)
    person.window.comparison_panel.show_sheet("Channels")
    assert {row[0] for row in cells(person)} == {"JawOpen", "BrowInnerUp"}
    person.window.comparison_panel.show_sheet("Motion")
    assert [row[0] for row in cells(person)][:2] == ["correlation", "later by, s"]
    panel.list.setFocus()
    person.press("V")
    assert len(person.studio.takes.visible) == 1


def test_a_click_goes_to_the_worst_moment_and_shows_its_curve(person: Person) -> None:
    see_both(person)
    panel, table = person.window.comparison_panel, person.window.comparison_panel.table
    row = next(i for i, line in enumerate(cells(person)) if line[0] == "brows")
    person.click(table.viewport(), table.visualItemRect(present(table.item(row, 2))).center())
    assert 2.0 <= person.time <= 2.2
    panel.show_sheet("Moments")
    person.session.playback.seek(0.0)
    table.setFocus()
    table.setCurrentCell(0, 0)
    person.press("Return")
    assert 2.0 <= person.time <= 2.2
    assert "BrowInnerUp" in person.window.picker.channels


def test_a_key_steps_through_the_worst_moments_of_the_active_take(person: Person) -> None:
    measured(person)
    person.studio.takes.activate("calm-1")
    measured(person)
    person.window.setFocus()
    person.press("U")
    first = person.time
    assert 2.0 <= first <= 2.2 and "JawOpen" in person.told[-1] and "Worst moment" in person.told[-1]
    person.press("U")
    assert person.time != first and "Moment 2" in person.told[-1]
    person.press("Shift+U")
    assert person.time == first


def test_another_take_can_be_the_reference(person: Person) -> None:
    see_both(person)
    against = person.window.comparison_panel.against
    against.setCurrentIndex(against.findText("Calm model 1"))
    against.activated.emit(against.currentIndex())
    measured(person)
    comparison = present(person.studio.comparison.last)
    assert comparison.measured.reference == "Calm model 1" and comparison.measured.names == ("Wild model 1",)
    person.session.open_clip(SECOND)
    person.wait_for_clip(SECOND)
    measured(person)
    assert present(person.studio.comparison.last).measured.reference == "the recording"


def test_tables_are_copied_and_saved_for_a_spreadsheet(person: Person, tmp_path: Path) -> None:
    person.studio.takes.rename("wild-1", "=SUM(A1)\tx")
    see_both(person)
    panel = person.window.comparison_panel
    panel.table.setFocus()
    person.press("Ctrl+C")
    lines = [line.split("\t") for line in QApplication.clipboard().text().splitlines()]
    assert lines[0] == ["Region", "Calm model 1", "'=SUM(A1) x"]
    assert all(len(line) == 3 for line in lines) and float(lines[1][1]) > 0
    path = tmp_path / "comparison.csv"
    panel.save(path)
    person.wait(path.exists)
    rows = list(csv.reader(path.read_text("utf-8").splitlines()))
    assert [row[0] for row in rows if row and row[0] in SHEETS] == list(SHEETS)
    assert not any(cell.startswith(("=", "@")) for row in rows for cell in row)


def test_without_a_take_the_panel_says_what_to_do(person: Person) -> None:
    for id in MODELS:
        person.studio.takes.delete(id)
    panel = person.window.takes_panel
    person.wait(lambda: not panel.list.isVisible())
    assert panel._empty.isVisible() and not person.window.comparison_panel.isVisible()
    person.window.setFocus()
    person.press("U")
    assert "Ctrl+G" in person.told[-1]


# ---- the vote ----------------------------------------------------------------------------------


def open_vote(person: Person) -> VoteDialog:
    person.window.setFocus()
    person.press("Ctrl+B")
    dialog = present(person.window.findChild(VoteDialog))
    person.wait(lambda: dialog.setup.start_button.isEnabled() or "pair" in dialog.setup.summary.text())
    return dialog


def cast(person: Person, dialog: VoteDialog, key: str) -> None:
    """Watch the pair for as long as it takes, and answer."""
    person.wait(lambda: dialog.booth.ready)
    given = present(dialog.voting).votes
    QTest.keyClicks(dialog, key)
    person.wait(lambda: present(dialog.voting).votes == given + 1)


def reached(person: Person, dialog: VoteDialog, place: int) -> None:
    person.wait(lambda: present(dialog.voting).place == place)


def closed(person: Person) -> None:
    person.wait(lambda: present(person.window.centralWidget()).isVisible())
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    person.wait(lambda: not person.session.jobs.running)


def votes_in(root: Path, clip: str) -> list[dict[str, Any]]:
    files = sorted((root / "clips" / clip / "takes").glob("*.json"))
    return [vote for file in files for vote in json.loads(file.read_bytes()).get("votes", [])]


def words_on(dialog: QWidget) -> str:
    """Everything that can be read or heard on the dialog now."""
    seen = [dialog.windowTitle()]
    for widget in dialog.findChildren(QWidget):
        if widget.isVisible():
            seen += [widget.toolTip(), widget.accessibleName(), widget.accessibleDescription()]
            if isinstance(widget, QLabel | QAbstractButton):
                seen.append(widget.text())
    return " ".join(seen)


def test_votes_are_given_blind_by_keyboard_kept_at_once_and_gone_on_with(
    person: Person, tmp_path: Path
) -> None:
    root = tmp_path / "demo"
    dialog = open_vote(person)
    assert "2 pairs" in dialog.setup.summary.text()
    person.press("Return")
    # Nothing of the window, and nothing on the dialog, tells which is which.
    assert not present(person.window.centralWidget()).isVisible()
    person.wait(lambda: dialog.booth.ready)
    said = words_on(dialog) + person.window.windowTitle()
    for telling in ("Calm", "Wild", "calm-1", "wild-1", "Recording", "model"):
        assert telling not in said, telling
    assert {"A", "B"} <= set(said.split()) and "1 of 2" in said
    style = dialog.styleSheet() + "".join(w.styleSheet() for w in dialog.findChildren(QWidget))
    assert not any(colour in style for colour in person.session.palette.takes)

    first = present(dialog.booth.stage._seen).ballot
    QTest.keyClick(dialog, Qt.Key.Key_Space)
    assert dialog.booth.stage.playing
    cast(person, dialog, "1")
    person.wait(lambda: votes_in(root, first.clip))
    vote = votes_in(root, first.clip)[0]
    assert vote["preferred"] == first.a.id and vote["order"] == [first.a.id, first.b.id]
    assert vote["voter"] == "anna" and vote["criterion"] == "Which fits the story better?"
    folder = root / "clips" / first.clip / "takes"
    takes = [read_track(folder / f"{id}.csv") for id in vote["order"]]
    assert vote["tracks"] == [track_digest(take) for take in takes]
    assert vote["seed"] == dialog.setup.seed and {first.a.id, first.b.id} == {"calm-1", "wild-1"}
    # A key that is pressed too early answers nothing.
    person.wait(lambda: present(dialog.booth.stage._seen).ballot != first)
    if not dialog.booth.ready:
        QTest.keyClicks(dialog, "2")
        assert present(dialog.voting).votes == 1 and not dialog._next.isActive()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    closed(person)

    again = open_vote(person)
    assert "1 pair to judge, 1 voted already" in again.setup.summary.text()
    assert again.setup.start_button.text() == "Continue" and again.setup.seed == vote["seed"]
    again.start()
    cast(person, again, "0")
    person.wait(lambda: again.booth.over)
    assert "1 vote is saved" in again.booth.question.text()
    QTest.keyClick(again, Qt.Key.Key_Return)
    closed(person)
    person.wait_until_saved()
    other = SECOND if first.clip == FIRST else FIRST
    assert [v["preferred"] for v in votes_in(root, other)] == [""]
    # The vote on the open clip is an edit like any other.
    here = next(info for info in person.state.takes if info.votes)
    person.press("Ctrl+Z")
    assert not next(i for i in person.state.takes if i.id == here.id).votes


def test_a_vote_can_be_taken_back_and_the_recording_may_be_one_side(person: Person, tmp_path: Path) -> None:
    root = tmp_path / "demo"
    dialog = open_vote(person)
    setup = dialog.setup
    setup.scope.setCurrentText(OPEN)
    setup.recording.setChecked(True)
    setup.video.setChecked(True)
    setup.criterion.setEditText("  Who is\nalive?  ")
    assert "3 pairs" in setup.summary.text() and setup.criterion_text == "Who is alive?"
    dialog.start()
    assert dialog.booth.question.text() == "Who is alive?"
    cast(person, dialog, "1")
    person.wait(lambda: present(dialog.voting).place == 1 and dialog.booth.stage._seen is not None)
    QTest.keyClick(dialog, Qt.Key.Key_Backspace)
    person.wait(lambda: present(dialog.voting).place == 0)
    person.wait(lambda: dialog.booth.ready)
    QTest.keyClicks(dialog, "2")
    for _ in range(2):
        person.wait(lambda: present(dialog.voting).place > 0)
        place = present(dialog.voting).place
        person.wait(lambda: dialog.booth.ready)
        QTest.keyClicks(dialog, "2")
        reached(person, dialog, place + 1)
    person.wait(lambda: dialog.booth.over)
    dialog.reject()
    closed(person)
    person.wait_until_saved()
    votes = votes_in(root, FIRST)
    assert len(votes) == 4 and votes_in(root, SECOND) == []
    assert sum(RECORDING in vote["order"] for vote in votes) >= 2
    again = open_vote(person)
    again.setup.scope.setCurrentText(OPEN)
    again.setup.recording.setChecked(True)
    again.setup.criterion.setEditText("Who is alive?")
    assert "all 3 pairs" in again.setup.summary.text() and not again.setup.start_button.isEnabled()
    again.reject()
    closed(person)


def test_a_pair_that_cannot_be_shown_is_passed_over(person: Person, tmp_path: Path) -> None:
    root = tmp_path / "demo"
    (root / "clips" / SECOND / "takes" / "wild-1.csv").write_text("nothing of use")
    dialog = open_vote(person)
    dialog.start()
    person.wait(lambda: dialog.booth.note.isVisible())
    assert SECOND in dialog.booth.note.text() and "wild" not in dialog.booth.note.text().lower()
    cast(person, dialog, "2")
    person.wait(lambda: dialog.booth.over)
    dialog.reject()
    closed(person)
    person.wait_until_saved()
    assert len(votes_in(root, FIRST)) == 1 and votes_in(root, SECOND) == []


def test_the_studio_may_be_closed_in_the_middle_of_a_vote(person: Person, tmp_path: Path) -> None:
    dialog = open_vote(person)
    dialog.setup.video.setChecked(True)
    dialog.start()
    cast(person, dialog, "1")
    person.window.close()
    assert not dialog.isVisible() and not dialog.booth.stage.playing
    assert sum(len(votes_in(tmp_path / "demo", clip)) for clip in (FIRST, SECOND)) == 1


# ---- the report --------------------------------------------------------------------------------


def test_a_report_is_made_from_the_window_and_can_be_given_up(person: Person, tmp_path: Path) -> None:
    person.window.setFocus()
    person.press("Ctrl+R")
    dialog = present(person.window.findChild(ReportDialog))
    person.wait(lambda: dialog.models.count() == 2 and dialog.make_button.isEnabled())
    out = tmp_path / "out" / "report.html"
    dialog.path.setText(str(out))
    dialog.models.item(1).setCheckState(Qt.CheckState.Unchecked)
    dialog.scope.setCurrentText("This clip only")
    dialog.make()
    person.wait(lambda: dialog.open_button.isVisible())
    text = out.read_text("utf-8")
    assert "Calm model" in text and "Wild model" not in text and text.count("data:image/jpeg") >= 2
    out.unlink()
    dialog.make()
    dialog.reject()
    person.wait(lambda: not person.session.jobs.running)
    assert not out.exists()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def test_the_eye_does_not_change_the_active_take(person: Person) -> None:
    listed = person.window.takes_panel.list
    active = person.studio.takes.active_id
    inactive = next(i for i in range(2) if listed.item(i).text().startswith("Calm"))
    person.click(listed.viewport(), QPoint(60, round(listed.eye_of(inactive).center().y())))
    assert person.studio.takes.active_id != active
