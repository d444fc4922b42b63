"""When and whether work is saved: at speed, with the dataset gone, and without any room for it."""

from __future__ import annotations

import json
import os
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from annotator.core.storage.state_folder import state_folder
from annotator.window.unsaved_dialog import UnsavedDialog
from annotator.window.window import StudioWindow
from tests.e2e.window_parts import Person, annotation_of, demo_at
from tests.present import present
from tests.systems import fill, small_disk

FIRST, SECOND = "01-waiting-room", "02-letter"


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    return demo_at(tmp_path)


@pytest.fixture
def person(window: StudioWindow, qtbot: QtBot, demo: Path) -> Person:
    return Person(window, qtbot).open(demo)


def marked(root: Path, clip: str) -> list[int]:
    """The frames with a keyframe, as another program would read them."""
    return [keyframe["frame"] for keyframe in annotation_of(root, clip)["keyframes"]]


def conflicts(root: Path) -> list[str]:
    return [path.name for path in root.rglob("*.conflict-*")]


def test_there_and_back_at_once_leaves_the_clip_as_it_is(person: Person, demo: Path) -> None:
    person.press("M")
    opened = person.clip
    person.press("PgDown", "PgUp", "Right", "M")
    person.wait(lambda: not person.session.jobs.running)
    person.press("Right", "M")
    assert person.clip is opened
    assert [k.frame for k in person.keyframes] == [0, 1, 2]
    person.wait_until_saved()
    assert marked(demo, FIRST) == [0, 1, 2] and conflicts(demo) == []


@pytest.mark.parametrize("seed", [1, 2])
def test_changing_clips_at_speed_loses_no_keyframe(person: Person, demo: Path, seed: int) -> None:
    chance = random.Random(seed)
    made: dict[str, set[str]] = {}
    for _ in range(60):
        person.press(chance.choice(("PgDown", "PgUp", "Right", "M", "M", "Right")))
        clip = person.session.clip_id
        known = made.setdefault(clip, set())
        now = {keyframe.id for keyframe in person.keyframes}
        assert known <= now, f"keyframes of {clip} vanished"
        made[clip] = now
        for _event in range(chance.randrange(4)):
            QCoreApplication.processEvents()
    person.wait(lambda: not person.session.jobs.running)
    person.window.close()
    for clip, ids in made.items():
        saved = annotation_of(demo, clip)["keyframes"] if ids else []
        assert {keyframe["id"] for keyframe in saved} == ids
    assert conflicts(demo) == []


# ---- the dataset is not there any more --------------------------------------------------------


def lose(person: Person) -> None:
    """Press M and wait until it is told that the dataset is gone."""
    person.press("Right", "M")
    person.wait(lambda: "not there any more" in person.window.banner.text)


def choose(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_words: str(path))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_words: (str(path), ""))


def test_a_renamed_dataset_is_found_again_and_gets_the_edits(
    person: Person, demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    person.press("M")
    person.wait_until_saved()
    moved = demo.rename(tmp_path / "renamed")
    lose(person)
    assert not demo.exists() and marked(moved, FIRST) == [0]
    assert person.session.saved == "failed" and person.clip.saver.kept
    assert "kept on this computer" in person.window.banner.text
    person.press("PgDown")
    person.wait(lambda: not person.session.jobs.running)
    assert person.session.clip_id == FIRST and not demo.exists()

    choose(monkeypatch, moved)
    assert person.window.banner.first.action.text() == "Find the dataset…"
    person.click(person.window.banner.first.action)
    person.wait(lambda: person.library.root == moved)
    person.wait_for_clip(FIRST)
    person.wait_until_saved()
    assert marked(moved, FIRST) == [0, 1] and not demo.exists() and conflicts(moved) == []
    person.wait(lambda: person.session.saved == "saved")
    assert not any((state_folder() / "journals").glob("*.jsonl"))
    person.press("Ctrl+Z", "Ctrl+Z", "Right", "M")
    person.wait_until_saved()
    assert marked(moved, FIRST) == [1]
    assert not person.window.actions_by_id["find_dataset"].isEnabled()


def test_a_dataset_that_comes_back_is_saved_to(person: Person, demo: Path, tmp_path: Path) -> None:
    moved = demo.rename(tmp_path / "renamed")
    lose(person)
    person.press("Ctrl+G")
    person.wait(lambda: len(person.state.takes) == 1 and not person.session.jobs.running)
    moved.rename(demo)
    person.press("Ctrl+S")
    person.wait(lambda: person.session.saved == "saved")
    assert marked(demo, FIRST) == [1]
    assert {path.suffix for path in (demo / "clips" / FIRST / "takes").iterdir()} == {".csv", ".json"}
    assert not person.window.banner.isVisible()


def test_another_dataset_in_its_place_is_left_alone(person: Person, demo: Path, tmp_path: Path) -> None:
    person.press("M")
    person.wait_until_saved()
    moved = demo.rename(tmp_path / "renamed")
    other = demo_at(tmp_path)
    assert other == demo
    person.press("Right", "M")
    person.wait(lambda: "another dataset is in its place" in person.window.banner.text)
    assert not (demo / "clips" / FIRST / "annotations" / "anna.json").exists()
    shutil.rmtree(demo)
    moved.rename(demo)
    person.press("Ctrl+S")
    person.wait(lambda: person.session.saved == "saved")
    assert marked(demo, FIRST) == [0, 1]


def test_a_colleague_may_change_the_dataset_and_its_settings(person: Person, demo: Path) -> None:
    file = demo / "dataset.json"
    file.write_bytes(file.read_bytes().replace(b"happiness", b"joy"))
    person.press("M")
    person.wait_until_saved()
    aside = file.with_name("dataset.new")
    aside.write_bytes(file.read_bytes().replace(b"joy", b"delight"))
    aside.replace(file)
    (demo / "clips" / FIRST / "clip.json").touch()
    person.press("Right", "M")
    person.wait_until_saved()
    assert marked(demo, FIRST) == [0, 1]


def test_closed_while_the_dataset_is_away_the_edits_come_back_where_it_is(
    person: Person, open_window: Callable[[], StudioWindow], qtbot: QtBot, demo: Path, tmp_path: Path
) -> None:
    moved = demo.rename(tmp_path / "renamed")
    lose(person)
    assert person.window.close()
    again = Person(open_window(), qtbot).open(moved)
    assert [k.frame for k in again.keyframes] == [1]
    assert any(line.startswith("Recovered 1 edit ") for line in again.told)
    again.wait_until_saved()
    assert marked(moved, FIRST) == [1] and not demo.exists()
    assert not any((state_folder() / "journals").glob("*.jsonl"))


def test_a_moved_file_without_a_dataset_is_found_again(
    window: StudioWindow, qtbot: QtBot, demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "videos"
    folder.mkdir()
    (video,) = (demo / "clips" / FIRST).glob("*.mp4")
    shutil.copy(video, folder / "a.mp4")
    person = Person(window, qtbot).open(folder / "a.mp4")
    person.press("M")
    person.wait_until_saved()
    moved = folder.rename(tmp_path / "moved")
    lose(person)
    assert not folder.exists()
    choose(monkeypatch, moved / "a.mp4")
    person.click(person.window.banner.first.action)
    person.wait(lambda: person.library.root == moved)
    person.wait_for_clip()
    person.wait_until_saved()
    saved = json.loads((moved / "a.annotations" / "anna.json").read_bytes())
    assert [keyframe["frame"] for keyframe in saved["keyframes"]] == [0, 1] and not folder.exists()


# ---- no room ------------------------------------------------------------------------------------


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A small disk that holds the demo and the user's state folder."""
    with small_disk(tmp_path / "disk", "32m") as disk:
        monkeypatch.setenv("KFSTUDIO_STATE_DIR", str(disk / "state"))
        (disk / "state" / "journals").mkdir(parents=True)
        yield disk


def work_without_room(window: StudioWindow, qtbot: QtBot, disk: Path) -> tuple[Person, Path]:
    """Somebody who made a keyframe that nothing has room for, and what to delete to get some."""
    person = Person(window, qtbot).open(demo_at(disk))
    person.press("M")
    person.wait_until_saved()
    filler = fill(disk)
    person.press("Right", "M")
    person.wait(lambda: person.session.saved == "memory")
    assert "only in memory" in person.window.banner.text
    return person, filler


def question(person: Person) -> UnsavedDialog:
    """What the window asks instead of closing."""
    assert not person.window.close()
    (dialog,) = (found for found in person.window.findChildren(UnsavedDialog) if found.isVisible())
    return dialog


def test_without_any_room_the_clip_is_not_left(window: StudioWindow, qtbot: QtBot, disk: Path) -> None:
    person, filler = work_without_room(window, qtbot, disk)
    person.press("PgDown")
    person.wait(lambda: not person.session.jobs.running)
    assert person.session.clip_id == FIRST and len(person.keyframes) == 2
    assert any("02-letter is not opened" in line for line in person.told)
    person.session.open_path(person.library.root, SECOND)
    person.wait(lambda: not person.session.jobs.running)
    assert person.session.clip_id == FIRST and len(person.keyframes) == 2
    filler.unlink()
    person.press("PgDown")
    person.wait_for_clip(SECOND)
    assert marked(disk / "demo", FIRST) == [0, 1]
    assert not person.window.banner.isVisible()


def test_closing_without_room_asks_and_trying_again_saves(
    window: StudioWindow, qtbot: QtBot, disk: Path
) -> None:
    person, filler = work_without_room(window, qtbot, disk)
    dialog = question(person)
    assert "disk is full" in dialog.about.text() and "lost" in dialog.about.text()
    person.click(dialog.again_button)
    assert window.isVisible() and "again" in dialog.about.text()
    filler.unlink()
    person.click(dialog.again_button)
    assert not window.isVisible() and marked(disk / "demo", FIRST) == [0, 1]


def test_closing_without_room_can_save_elsewhere(
    window: StudioWindow, qtbot: QtBot, disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, _filler = work_without_room(window, qtbot, disk)
    dialog = question(person)
    choose(monkeypatch, disk)
    person.click(dialog.elsewhere_button)
    assert "failed, too" in dialog.about.text() and window.isVisible()
    choose(monkeypatch, tmp_path)
    person.click(dialog.elsewhere_button)
    assert not window.isVisible()
    saved = json.loads((tmp_path / FIRST / "annotations" / "anna.json").read_bytes())
    assert [keyframe["frame"] for keyframe in saved["keyframes"]] == [0, 1]
    words = json.loads((tmp_path / FIRST / "clip.json").read_bytes())
    assert words["script"] == present(person.library.clips[0].info).script


def test_closing_without_room_goes_back_or_discards(window: StudioWindow, qtbot: QtBot, disk: Path) -> None:
    person, _filler = work_without_room(window, qtbot, disk)
    person.click(question(person).back_button)
    assert window.isVisible() and len(person.keyframes) == 2
    person.click(question(person).discard_button)
    assert not window.isVisible() and marked(disk / "demo", FIRST) == [0]


def test_what_the_journal_has_room_for_may_be_left(
    person: Person, demo: Path, open_window: Callable[[], StudioWindow], qtbot: QtBot
) -> None:
    annotations = demo / "clips" / FIRST / "annotations"
    shutil.rmtree(annotations, ignore_errors=True)
    annotations.write_text("in the way")
    person.press("M")
    person.wait(lambda: person.session.saved == "failed")
    assert "kept on this computer" in person.window.banner.text
    person.press("PgDown")
    person.wait_for_clip(SECOND)
    assert "not in its files yet" in person.window.banner.text
    annotations.unlink()
    person.press("PgUp")
    person.wait_for_clip(FIRST)
    person.wait_until_saved()
    assert marked(demo, FIRST) == [0] and conflicts(demo) == []
    assert person.told[-1].startswith("Recovered 1 edit ")


# ---- undo over clip changes ---------------------------------------------------------------------


def there_and_back(person: Person, while_away: Callable[[], object] = lambda: None) -> None:
    person.press("PgDown")
    person.wait_for_clip(SECOND)
    while_away()
    person.press("PgUp")
    person.wait_for_clip(FIRST)


def test_undo_and_redo_live_on_over_clip_changes(person: Person, demo: Path) -> None:
    person.press("M", "Right", "M", "1", "Right", "M", "Delete")
    there_and_back(person)
    assert [k.frame for k in person.keyframes] == [0, 1]
    person.press("Ctrl+Z")
    assert [k.frame for k in person.keyframes] == [0, 1, 2]
    person.press("Ctrl+Z", "Ctrl+Z", "Ctrl+Z")
    assert [k.frame for k in person.keyframes] == [0]
    there_and_back(person)
    person.press("Ctrl+Shift+Z", "Ctrl+Shift+Z")
    assert [(k.frame, k.emotion) for k in person.keyframes] == [(0, ""), (1, "happiness")]
    person.press("PgDown")
    person.wait_for_clip(SECOND)
    assert not person.window.actions_by_id["undo"].isEnabled()
    assert marked(demo, FIRST) == [0, 1] and conflicts(demo) == []


def test_redo_finds_a_take_whose_adding_was_undone_before(person: Person) -> None:
    person.press("M", "Ctrl+G")
    person.wait(lambda: len(person.state.takes) == 1 and not person.session.jobs.running)
    person.wait_until_saved()
    person.press("Ctrl+Z")
    there_and_back(person)
    assert not person.state.takes
    person.press("Ctrl+Shift+Z")
    assert [take.deleted for take in person.state.takes] == [False]
    person.wait_until_saved()
    there_and_back(person)
    assert [take.deleted for take in person.state.takes] == [False]


def test_undo_never_overwrites_what_others_changed_meanwhile(person: Person, demo: Path) -> None:
    person.describe(5, "mine")
    person.describe(9, "also mine")
    file = demo / "clips" / FIRST / "annotations" / "anna.json"

    def change() -> None:
        file.write_bytes(file.read_bytes().replace(b'"also mine"', b'"theirs"'))

    there_and_back(person, change)
    assert any("changed elsewhere since you left it" in line for line in person.told)
    while person.window.actions_by_id["undo"].isEnabled():
        person.press("Ctrl+Z")
    assert [k.description for k in person.keyframes] == ["theirs"]
    assert any("has changed in the meantime" in line for line in person.told)
    person.wait_until_saved()
    assert [k["description"] for k in annotation_of(demo, FIRST)["keyframes"]] == ["theirs"]
    assert conflicts(demo) == []


# ---- what killed saves left -----------------------------------------------------------------------


def test_opening_a_clip_removes_what_killed_saves_left(
    window: StudioWindow, qtbot: QtBot, demo: Path
) -> None:
    left = demo / "clips" / FIRST / "annotations" / ".kfstudio-0123456789abcdef.tmp"
    left.parent.mkdir(exist_ok=True)
    left.write_bytes(b"half")
    os.utime(left, (1_600_000_000, 1_600_000_000))
    Person(window, qtbot).open(demo)
    assert not left.exists()
