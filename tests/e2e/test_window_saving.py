"""When and whether work is saved: at speed, with the dataset gone, and without any room for it."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from annotator.core.storage.state_folder import state_folder
from annotator.window.window import StudioWindow
from tests.e2e.window_parts import Person, annotation_of, demo_at

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
    assert person.window.banner._action.text() == "Find the dataset…"
    person.click(person.window.banner._action)
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
    moved.rename(demo)
    person.press("Ctrl+S")
    person.wait(lambda: person.session.saved == "saved")
    assert marked(demo, FIRST) == [1]
    assert not person.window.banner.isVisible()


def test_another_dataset_in_its_place_is_left_alone(person: Person, demo: Path, tmp_path: Path) -> None:
    person.press("M")
    person.wait_until_saved()
    moved = demo.rename(tmp_path / "renamed")
    other = demo_at(tmp_path)
    assert other == demo
    person.press("Right", "M")
    person.wait(lambda: "another dataset lies where it was" in person.window.banner.text)
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
    person.click(person.window.banner._action)
    person.wait(lambda: person.library.root == moved)
    person.wait_for_clip()
    person.wait_until_saved()
    saved = json.loads((moved / "a.annotations" / "anna.json").read_bytes())
    assert [keyframe["frame"] for keyframe in saved["keyframes"]] == [0, 1] and not folder.exists()
