"""Broken things in the real window: they are named, and the rest goes on."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from annotator.window.window import StudioWindow
from tests.e2e.window_parts import DEMO, Person, demo_at

FIRST, SECOND, THIRD = "01-waiting-room", "02-letter", "03-birthday"


@pytest.fixture
def person(window: StudioWindow, qtbot: QtBot) -> Person:
    return Person(window, qtbot)


def test_a_broken_clip_shows_its_fault_and_the_others_work(person: Person, tmp_path: Path) -> None:
    demo = demo_at(tmp_path)
    (demo / "clips" / FIRST / "clip.json").write_text("{ broken")
    (demo / "clips" / SECOND / "annotations" / "anna.json").write_text("[1, 2")
    person.open(demo)
    assert person.session.clip_id == THIRD
    rows = {row.id: row.fault for row in person.session.clip_rows()}
    assert rows[FIRST] and rows[SECOND] and not rows[THIRD]
    person.press("PgUp")
    person.wait(lambda: not person.session.jobs.running)
    assert person.window.banner.isVisible() and person.told[-1].startswith("anna.json")
    assert person.session.clip_id == THIRD
    person.press("PgDown")
    person.wait_for_clip(THIRD)
    person.press("M", "1")
    person.wait_until_saved()
    assert (demo / "clips" / FIRST / "clip.json").read_text() == "{ broken"
    assert (demo / "clips" / SECOND / "annotations" / "anna.json").read_text() == "[1, 2"
    panel = person.window.clips_panel
    panel._status.setCurrentIndex(panel._status.count() - 1)
    assert panel.visible_ids() == [FIRST, SECOND]


def test_a_broken_track_and_a_broken_video_leave_the_rest(person: Person, tmp_path: Path) -> None:
    demo = demo_at(tmp_path)
    (demo / "clips" / FIRST / "track.csv").write_bytes(b"Timecode,BlendshapeCount\n\0\0junk,\n" * 40)
    (demo / "clips" / SECOND / "video.mp4").write_bytes(b"no video at all" * 1000)
    person.open(demo)
    assert any("track.csv" in line for line in person.told)
    person.press("M", "1")
    assert len(person.keyframes) == 1
    person.session.open_clip(SECOND)
    person.wait(lambda: person.session.clip_id == SECOND and any("video" in t for t in person.told[1:]))
    person.press("Right", "Right", "M")
    assert len(person.keyframes) == 1
    assert person.session.playback.frames > 100


def test_what_cannot_be_opened_is_named_and_the_window_goes_on(person: Person, tmp_path: Path) -> None:
    person.open(demo_at(tmp_path))
    person.press("M")
    bad = tmp_path / "bad"
    bad.mkdir()
    (bad / "empty.mp4").touch()
    (bad / "empty folder").mkdir()
    for name in ("junk.csv", "text.mp4", "dataset.json"):
        (bad / name).write_bytes(b"\xff\xfe{junk;;;\n1,2\n" * 5)
    for name in ("nothing", "empty folder", "junk.csv", "dataset.json", "empty.mp4", "text.mp4"):
        told = len(person.told)
        person.session.open_path(bad / name)
        person.wait(lambda told=told: len(person.told) > told and not person.session.jobs.running)
        assert person.window.banner.isVisible(), name
        if name in ("nothing", "empty folder"):
            assert person.session.clip_id == FIRST and len(person.keyframes) == 1
    assert all("Traceback" not in line and "unexpected" not in line for line in person.told)
    person.open(tmp_path / "demo")
    assert len(person.keyframes) == 1


def test_the_newest_of_two_openings_wins(person: Person, tmp_path: Path) -> None:
    one, two = demo_at(tmp_path), demo_at(tmp_path / "other")
    person.session.open_path(one)
    person.session.open_path(two)
    person.wait(lambda: person.session.current is not None and not person.session.jobs.running)
    assert person.library.root == two
    for id in (FIRST, SECOND, THIRD, SECOND):
        person.session.open_clip(id)
    person.wait_for_clip(SECOND)
    assert person.window.video_frame._title.text()
    assert person.session.clip_id == SECOND


def test_dropping_a_file_opens_it(person: Person, tmp_path: Path) -> None:
    video = shutil.copy(DEMO / "clips" / FIRST / "video.mp4", tmp_path / "loose.mp4")
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(video))])
    how = Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(person.window, QDragEnterEvent(QPoint(5, 5), *how))
    QApplication.sendEvent(person.window, QDropEvent(QPointF(5, 5), *how))
    person.wait_for_clip()
    assert person.session.playback.frames == 180
    person.press("M", "1")
    assert person.keyframes[0].emotion == person.session.label_of_key(1)
    person.wait_until_saved()
    file = tmp_path / "loose.annotations" / "anna.json"
    assert len(json.loads(file.read_bytes())["keyframes"]) == 1


def test_saving_now_never_says_saved_when_it_was_not(person: Person, tmp_path: Path) -> None:
    person.open(demo_at(tmp_path), "02-letter")
    folder = tmp_path / "demo" / "clips" / "02-letter" / "annotations"
    shutil.rmtree(folder)
    folder.write_text("a file where the folder was")
    person.press("M", "Ctrl+S")
    person.wait(lambda: any("could not be saved" in line for line in person.told))
    assert "Everything is saved" not in person.told
    folder.unlink()
    person.press("Ctrl+S")
    assert person.told[-1] == "Everything is saved"
