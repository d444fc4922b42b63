"""Bringing recordings into a dataset through the window."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from annotator.window.window import StudioWindow
from tests.e2e.window_parts import DEMO, Person, demo_at


@pytest.fixture
def person(window: StudioWindow, qtbot: QtBot) -> Person:
    return Person(window, qtbot)


def recordings_at(folder: Path) -> Path:
    """Two recordings by name, one of them with its video, and a file that is no recording."""
    folder.mkdir()
    clips = DEMO / "clips"
    shutil.copyfile(clips / "02-letter" / "track.csv", folder / "b-take.csv")
    shutil.copyfile(clips / "02-letter" / "video.mp4", folder / "b-take.mp4")
    shutil.copyfile(clips / "03-birthday" / "track.csv", folder / "a-take.csv")
    (folder / "notes.txt").write_text("nothing to see")
    return folder


def test_a_folder_of_recordings_joins_the_dataset_each_with_its_own_files(
    person: Person, tmp_path: Path
) -> None:
    person.open(demo_at(tmp_path))
    before = person.session.clip_id
    person.studio.clips.add_folder(recordings_at(tmp_path / "new"))
    person.wait(lambda: {"a-take", "b-take"} <= set(person.window.listed_clips()))
    person.wait(lambda: any("2 clips were added" in line for line in person.told))
    assert person.session.clip_id == before, "what one works on stays open"
    library = person.library
    loaded = {id: library.load_clip(id) for id in ("a-take", "b-take")}
    assert loaded["a-take"].video_path is None and loaded["a-take"].track_path is not None
    assert loaded["b-take"].video_path is not None and loaded["b-take"].track_path is not None


def test_a_folder_without_recordings_says_so(person: Person, tmp_path: Path) -> None:
    person.open(demo_at(tmp_path))
    (tmp_path / "empty").mkdir()
    person.studio.clips.add_folder(tmp_path / "empty")
    person.wait(lambda: any("no recording in this folder" in line for line in person.told))
