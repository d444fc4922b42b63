"""File ▸ Restore a backup…: what the backups hold, and one of them back, in the real window."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtWidgets import QPlainTextEdit, QTreeWidget, QTreeWidgetItem
from pytestqt.qtbot import QtBot

from annotator.clips.backups_dialog import BackupsDialog
from annotator.core.model import Performance, TakeInfo, TakeKey
from annotator.core.storage.backups import Backups
from annotator.core.storage.dataset import Dataset
from annotator.core.storage.json_files import encode_object, read_object
from annotator.core.storage.take_file import take_to_json
from annotator.session.open_clip import OpenClip
from annotator.window.window import StudioWindow
from tests.e2e.window_parts import DEMO, Person, annotation_of, demo_at

FIRST, SECOND = "01-waiting-room", "02-letter"


@pytest.fixture
def person(window: StudioWindow, qtbot: QtBot, tmp_path: Path) -> Person:
    return Person(window, qtbot).open(demo_at(tmp_path))


def open_dialog(person: Person) -> BackupsDialog:
    person.wait(lambda: person.window.findChild(BackupsDialog) is None)
    person.window.actions_by_id["restore_backup"].trigger()
    dialog = shown_dialog(person)
    person.wait(lambda: not person.session.jobs.running)
    return dialog


def shown_dialog(person: Person) -> BackupsDialog:
    dialog = person.window.findChild(BackupsDialog)
    assert dialog is not None
    return dialog


def open_clip(person: Person) -> OpenClip:
    clip = person.session.current
    assert clip is not None
    return clip


def row_of(table: QTreeWidget, row: int) -> QTreeWidgetItem:
    item = table.topLevelItem(row)
    assert item is not None
    return item


def age_backups(person: Person) -> None:
    """As if the backups had been made an hour ago: one per minute is kept."""
    for backup in Backups(open_clip(person).loaded.place).all():
        made = backup.made - timedelta(hours=1)
        backup.path.rename(backup.path.with_name(made.strftime("%Y%m%d-%H%M%S-%f") + backup.path.name[22:]))


def work(person: Person) -> None:
    """Two keyframes and a span, saved in between, so that there is a backup with one keyframe."""
    person.describe(10, "She smiles.")
    person.press("1")
    person.wait_until_saved()
    person.describe(40, "She looks down.")
    person.wait_until_saved()
    age_backups(person)
    person.press("E", "Right", "Right", "Right", "Right", "E", "2")
    person.wait_until_saved()


def rows(table: QTreeWidget) -> list[list[str]]:
    items = [row_of(table, row) for row in range(table.topLevelItemCount())]
    return [[item.text(column) for column in range(table.columnCount())] for item in items]


def test_without_a_backup_it_says_when_they_are_made(person: Person) -> None:
    dialog = open_dialog(person)
    assert "There is no backup" in dialog.about.text() and "one per minute" in dialog.about.text()
    assert not dialog.restore_button.isEnabled()
    person.click(dialog.close_button)


def test_a_backup_is_shown_restored_and_undone_as_one_step(person: Person, tmp_path: Path) -> None:
    work(person)
    before, steps = person.work, open_clip(person).history.stack.count()
    dialog = open_dialog(person)
    listed = rows(dialog.list)
    assert len(listed) >= 2 and listed[0][2].startswith("2 keyframes, 0 spans")
    assert "removed" in listed[0][3] and "span" in listed[0][3]
    oldest = row_of(dialog.list, len(listed) - 1)
    assert oldest.text(2).startswith("1 keyframe, ")
    dialog.list.setCurrentItem(oldest)
    preview = rows(dialog.preview)
    assert ["Removed", "Keyframe at 00:01.333", "“She looks down.”"] in preview
    assert any(row[0] == "Removed" and row[1].startswith("Span ") for row in preview)
    person.click(dialog.restore_button)
    assert len(person.keyframes) == 1 and person.spans == ()
    assert person.told[-1].startswith("The backup of ")
    assert open_clip(person).history.stack.count() == steps + 1
    person.wait_until_saved()
    assert len(annotation_of(tmp_path / "demo", FIRST)["keyframes"]) == 1
    person.press("Ctrl+Z")
    assert person.work == before
    person.press("Ctrl+Shift+Z")
    assert len(person.keyframes) == 1
    person.press("Ctrl+Z")
    person.wait_until_saved()
    assert len(annotation_of(tmp_path / "demo", FIRST)["keyframes"]) == 2


def test_what_is_as_now_cannot_be_restored_and_the_list_follows_edits(person: Person) -> None:
    work(person)
    dialog = open_dialog(person)
    first = row_of(dialog.list, 0).text(3)
    person.session.undo()
    person.session.undo()
    assert row_of(dialog.list, 0).text(3) != first
    while open_clip(person).history.stack.canUndo() and dialog.restore_button.isEnabled():
        person.session.undo()
    assert not dialog.restore_button.isEnabled() and rows(dialog.preview) == []
    chosen = dialog.list.currentItem()
    assert chosen is not None and "as now" in chosen.text(3)
    person.session.open_clip(SECOND)
    person.wait(lambda: person.window.findChild(BackupsDialog) is None)


def test_the_words_of_the_story_and_a_broken_backup(person: Person, tmp_path: Path) -> None:
    clip = open_clip(person)
    story = clip.document.state.clip.script
    person.window.story_panel.findChildren(QPlainTextEdit)[0].setFocus()
    person.type("New words. ")
    person.press("Escape")
    person.wait_until_saved()
    now = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S-%f")
    folder = Backups(clip.loaded.place).folder
    (folder / f"{now}_anna.json").write_bytes(b"\0{ broken")
    dialog = open_dialog(person)
    broken, words = rows(dialog.list)
    assert broken[3] == "it cannot be read" and not dialog.restore_button.isEnabled()
    assert words[1] == "Story" and words[3] == "story changed"
    dialog.list.setCurrentItem(row_of(dialog.list, 1))
    ((verb, what, how),) = rows(dialog.preview)
    assert (verb, what) == ("Changed", "Story") and how.startswith("script: “New words")
    dialog.restore()
    assert clip.document.state.clip.script == story


def test_a_clip_that_cannot_be_opened_gets_its_file_back(person: Person, tmp_path: Path) -> None:
    work(person)
    file = tmp_path / "demo" / "clips" / FIRST / "annotations" / "anna.json"
    person.session.open_clip(SECOND)
    person.wait_for_clip(SECOND)
    file.write_bytes(b"{ broken")
    person.session.open_clip(FIRST)
    banner = person.window.banner
    person.wait(lambda: "broken JSON" in banner.text)
    assert banner.first.action.text() == "Restore a backup…"
    person.click(banner.first.action)
    dialog = shown_dialog(person)
    person.wait(lambda: dialog.versions)
    assert "cannot be opened" in dialog.about.text()
    assert rows(dialog.preview)[0][:2] == ["Added", "Keyframe at 00:00.333"]
    person.click(dialog.restore_button)
    person.wait_for_clip(FIRST)
    assert [k.description for k in person.keyframes] == ["She smiles.", "She looks down."]
    assert not banner.isVisible()
    kept = [backup.path for backup in Backups(open_clip(person).loaded.place).all()]
    assert [path.read_bytes() for path in kept if "original" in path.name] == [b"{ broken"]


def test_a_broken_take_comes_back_by_the_message_about_it(
    window: StudioWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    root = demo_at(tmp_path)
    place = Dataset.open(root, "anna").place(FIRST)
    take = TakeInfo("t9", "Mine", "2026", performance=Performance((TakeKey(1.0),), duration=2.0))
    Backups(place).keep(place.take_file("t9"), encode_object(take_to_json(take)))
    place.takes_folder.mkdir(exist_ok=True)
    place.take_file("t9").write_bytes(b"{ broken")
    person = Person(window, qtbot).open(root, FIRST)
    banner = window.banner
    person.wait(lambda: "t9.json: it is broken JSON" in banner.text)
    assert banner.first.action.text() == "Restore a backup…"
    person.click(banner.first.action)
    dialog = shown_dialog(person)
    person.wait(lambda: dialog.versions)
    assert rows(dialog.list)[0][1] == "Take “Mine”"
    assert rows(dialog.preview)[0][:2] == ["Added", "Take “Mine”"]
    person.click(dialog.restore_button)
    person.wait_until_saved()
    assert "Mine" in [each.name for each in person.state.takes]
    assert read_object(place.take_file("t9"))["name"] == "Mine"


def test_a_file_without_a_dataset_gets_its_work_back(
    window: StudioWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    video = tmp_path / "a.mp4"
    shutil.copy(DEMO / "clips" / FIRST / "video.mp4", video)
    person = Person(window, qtbot).open(video)
    person.describe(10, "She smiles.")
    person.wait_until_saved()
    person.describe(40, "She looks down.")
    person.wait_until_saved()
    person.session.open_path(DEMO)
    person.wait_for_clip(FIRST)
    (tmp_path / "a.annotations" / "anna.json").write_bytes(b"{ broken")
    person.session.open_path(video)
    banner = person.window.banner
    person.wait(lambda: "broken JSON" in banner.text)
    person.click(banner.first.action)
    dialog = shown_dialog(person)
    person.wait(lambda: dialog.versions)
    person.click(dialog.restore_button)
    person.wait_for_clip("a")
    assert [k.description for k in person.keyframes] == ["She smiles."]
