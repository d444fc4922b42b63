"""Bringing recordings in through the window: a folder of them, files, a track dropped on a clip."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TypeVar

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QDialog
from pytestqt.qtbot import QtBot

from annotator.core.storage.dataset import Dataset
from annotator.importing.clips_model import CLIP, LENGTH, NONE, TRACK
from annotator.importing.import_dialog import LINK, ImportDialog
from annotator.importing.scripts_dialog import ScriptsDialog
from annotator.importing.track_question import TrackQuestion
from annotator.session.settings import load_settings
from annotator.widgets.findings_dialog import FindingsDialog
from annotator.window.window import StudioWindow
from tests.clips import Clip, make
from tests.e2e.window_parts import DEMO, Person, demo_at

Shown = TypeVar("Shown", bound=QDialog)


@pytest.fixture
def person(window: StudioWindow, qtbot: QtBot) -> Person:
    return Person(window, qtbot)


def recordings_at(folder: Path) -> Path:
    """A pair, a video and a track without a partner, a take, a table, and a file that is nothing."""
    clips = DEMO / "clips"
    (folder / "take").mkdir(parents=True)
    for name in ("pair.mp4", "alone.mp4", "take/S_1_i.mp4"):
        shutil.copyfile(clips / "02-letter" / "video.mp4", folder / name)
    for name in ("pair.csv", "other.csv", "take/S_1_i_cal.csv"):
        # Not byte for byte what the demo has.
        (folder / name).write_bytes((clips / "02-letter" / "track.csv").read_bytes() + b"\n")
    (folder / "take/take.json").write_text('{"slate": "S", "take": 1, "subject": "i"}')
    (folder / "words.csv").write_text("clip,says\nmine,Hello there.\nnobody,no\n", "utf-8")
    (folder / "notes.txt").write_text("nothing to see")
    return folder


def drop(person: Person, *paths: Path) -> None:
    what = QMimeData()
    what.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    how = Qt.DropAction.CopyAction, what, left, none
    QApplication.sendEvent(person.window, QDragEnterEvent(QPoint(50, 50), *how))
    QApplication.sendEvent(person.window, QDropEvent(QPointF(50, 50), *how))


def dialog_of(person: Person, kind: type[Shown]) -> Shown:
    person.wait(lambda: any(dialog.isVisible() for dialog in person.window.findChildren(kind)))
    return next(dialog for dialog in person.window.findChildren(kind) if dialog.isVisible())


def settled(person: Person) -> None:
    person.wait(lambda: not person.session.jobs.running)


def test_a_folder_of_plain_videos_that_is_named_at_the_start_becomes_a_dataset_in_two_clicks(
    person: Person, tmp_path: Path
) -> None:
    folder = tmp_path / "videos"
    folder.mkdir()
    for number, name in enumerate(("one.mp4", "two.mp4")):
        make(Clip(name, range(number, number + 4)), folder)
    person.window.pages.await_opening()
    person.window.importing_commands.take_dropped([folder])
    dialog = dialog_of(person, ImportDialog)
    person.wait(lambda: dialog.pair.isVisible() and dialog.pair.isEnabled())
    assert person.window.pages.at_start
    assert dialog.pair.text() == "Make a clip of each of the 2"
    person.click(dialog.pair)
    assert dialog.tabs[0].isChecked() and dialog.go.text() == "Import 2 clips"
    settled(person)
    person.click(dialog.go)
    person.wait_for_clip("one")
    assert person.library.root == tmp_path / "videos dataset"
    assert person.studio.capture.waiting() == ["one", "two"]


def test_a_folder_with_nothing_in_it_says_so(person: Person, tmp_path: Path) -> None:
    person.window.importing_commands.take_dropped([tmp_path])
    dialog = dialog_of(person, ImportDialog)
    person.wait(lambda: dialog.hint.text().startswith("There is no video and no track here"))
    assert not dialog.go.isEnabled()
    dialog.reject()


def clip_at(dataset: Path, id: str) -> dict[str, object]:
    read: dict[str, object] = json.loads((dataset / "clips" / id / "clip.json").read_text("utf-8"))
    return read


def test_a_dropped_folder_is_looked_at_corrected_and_becomes_a_dataset(
    person: Person, tmp_path: Path
) -> None:
    folder = recordings_at(tmp_path / "new")
    drop(person, folder)
    dialog = dialog_of(person, ImportDialog)
    person.wait(lambda: dialog.clips.rowCount() == 2)
    settled(person)
    assert [tab.text() for tab in dialog.tabs] == ["Clips (2)", "Without a partner (2)", "Other files (3)"]
    assert dialog.go.text() == "Import 2 clips" and dialog.go.isEnabled()
    model = dialog.clips
    assert [model.clip_at(row).id for row in range(2)] == ["S_1_i", "pair"]
    assert model.index(0, LENGTH).data() == "7.01 s"

    # The clip gets the other track, and another name; the take is left out.
    assert model.choices(model.index(1, TRACK)) == ["pair.csv", "other.csv", NONE]
    assert model.setData(model.index(1, TRACK), "other.csv")
    assert model.setData(model.index(1, CLIP), "mine")
    take = next(row for row in range(2) if model.clip_at(row).id == "S_1_i")
    model.setData(model.index(take, CLIP), Qt.CheckState.Unchecked.value, Qt.ItemDataRole.CheckStateRole)
    assert dialog.go.text() == "Import 1 clip"

    # Two that are left become a clip of their own.
    dialog.tabs[1].click()
    dialog.tables[1].selectAll()
    assert dialog.chosen_files() == ["alone.mp4", "pair.csv"]
    assert dialog.pair.text() == "Make one clip of both"
    dialog.pair.click()
    assert {model.clip_at(row).id for row in range(3)} == {"mine", "S_1_i", "alone"}
    settled(person)

    dialog.read_words(folder / "words.csv")
    columns = dialog_of(person, ScriptsDialog)
    assert not columns.use.isEnabled()
    columns.fields["video"].setCurrentText("clip")
    columns.fields["script"].setCurrentText("says")
    columns.fields["script"].choose(columns.fields["script"].currentIndex())
    assert columns.result_line.text().startswith("1 of 2 rows fit a clip. Row 2: no clip is called nobody")
    columns.use.click()
    remembered = load_settings().import_columns
    assert list(remembered.values()) == [{"video": "clip", "script": "says"}]

    out = tmp_path / "made"
    dialog.out.setText(str(out))
    dialog.how.setCurrentText(LINK)
    dialog.go.click()
    person.wait_for_clip("alone")
    assert person.library.root == out and set(person.window.listed_clips()) == {"alone", "mine"}
    made = clip_at(out, "mine")
    assert made["script"] == "Hello there." and made["track"] == "other.csv"
    assert (out / "clips/mine/pair.mp4").samefile(folder / "pair.mp4")
    person.window.actions_by_id["import_report"].trigger()
    lines = "\n".join(dialog_of(person, FindingsDialog).lines)
    assert (
        "row 2 of the table: no clip is called nobody" in lines and "take/S_1_i.mp4: left out by you" in lines
    )


def test_what_is_open_is_added_to_and_what_it_has_already_is_left_out(person: Person, tmp_path: Path) -> None:
    person.open(demo_at(tmp_path))
    before = person.session.clip_id
    folder = recordings_at(tmp_path / "new")
    for _ in range(2):
        person.window.importing_commands.show(folder)
        dialog = dialog_of(person, ImportDialog)
        person.wait(lambda dialog=dialog: dialog.clips.rowCount() == 2)
        assert dialog.target.currentText() == "The open dataset demo" and not dialog.out.isVisible()
        dialog.go.click()
        person.wait(lambda: not any(d.isVisible() for d in person.window.findChildren(ImportDialog)))
        settled(person)
    library = person.library
    assert isinstance(library, Dataset) and {"pair", "S_1_i"} <= {entry.id for entry in library.clips}
    assert "pair-2" not in person.window.listed_clips()
    assert person.session.clip_id == before, "what one works on stays open"
    assert clip_at(library.root, "S_1_i")["live_link"] == {"slate": "S", "take": 1, "subject": "i"}
    lines = [finding.what for finding in person.session.report]
    assert any(line.startswith("it is in the dataset already, as ") for line in lines)


def test_files_of_two_names_never_become_one_clip(person: Person, tmp_path: Path) -> None:
    person.open(demo_at(tmp_path))
    folder = recordings_at(tmp_path / "new")
    drop(person, folder / "alone.mp4", folder / "other.csv")
    dialog = dialog_of(person, ImportDialog)
    person.wait(lambda: dialog.unpaired.rowCount() == 2)
    assert not dialog.go.isEnabled() and dialog.tabs[1].isChecked()
    dialog.reject()
    settled(person)
    person.window.importing_commands.add_files([folder / "pair.csv", folder / "pair.mp4"])
    person.wait_for_clip("pair")
    assert person.clip.loaded.video_path is not None and person.clip.raw is not None
    person.window.importing_commands.add_files([folder / "notes.txt"])
    person.wait(lambda: any("notes.txt: neither video nor track" in line for line in person.told))


def test_a_track_dropped_on_a_clip_may_become_its_own_and_be_undone(person: Person, tmp_path: Path) -> None:
    person.open(demo_at(tmp_path))
    before = person.state.clip.track
    track = tmp_path / "new.csv"
    shutil.copyfile(DEMO / "clips" / "03-birthday" / "track.csv", track)
    drop(person, track)
    dialog_of(person, TrackQuestion).use.click()
    person.wait(lambda: person.state.clip.track == "new.csv")
    settled(person)
    person.session.undo()
    assert person.state.clip.track == before
    drop(person, track)
    dialog_of(person, TrackQuestion).open_it.click()
    person.wait_for_clip("new")


def test_what_cannot_be_imported_is_told_in_the_dialog(person: Person, tmp_path: Path) -> None:
    folder = recordings_at(tmp_path / "new")
    person.window.importing_commands.show(folder)
    dialog = dialog_of(person, ImportDialog)
    person.wait(lambda: dialog.clips.rowCount() == 2)
    settled(person)
    dialog.out.setText(str(folder))
    dialog.go.click()
    person.wait(lambda: "not empty" in dialog.doing.text())
    assert dialog.go.isEnabled() and not (folder / "dataset.json").exists()
    dialog.look(tmp_path / "gone")
    person.wait(lambda: "no such folder" in dialog.doing.text())
    assert not dialog.go.isEnabled()
    dialog.reject()
    settled(person)
