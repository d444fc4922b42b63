"""What the panes of the window say by themselves: numbers over the video, and why there is no face."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtGui import QGuiApplication, QImage
from pytestqt.qtbot import QtBot

from annotator.window.window import StudioWindow
from tests import clips
from tests.e2e.window_parts import DEMO, Person, demo_at
from viewer.core.errors import FaceModelError
from viewer.core.video import VideoFile
from viewer.face_pane import FacePane
from viewer.video_pane import VideoPane


def _pixels(image: QImage) -> np.ndarray:
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


@pytest.fixture
def person(window: StudioWindow, qtbot: QtBot) -> Person:
    return Person(window, qtbot)


def _video(person: Person) -> VideoPane:
    pane = person.window.video_frame.content
    assert isinstance(pane, VideoPane)
    return pane


def _go_to(person: Person, frame: int) -> None:
    person.session.playback.seek(float(person.session.playback.frame_times[frame]))
    person.wait(lambda: _video(person).frame_index == frame)


def test_the_frame_that_is_seen_is_copied_whole(person: Person, tmp_path: Path) -> None:
    assert not person.window.actions_by_id["copy_frame"].isEnabled()
    person.open(demo_at(tmp_path), "02-letter")
    QGuiApplication.clipboard().clear()
    _go_to(person, 28)
    person.press("Ctrl+Shift+C")
    person.wait(lambda: "Frame 28 is on the clipboard" in person.told)
    with VideoFile.open(DEMO / "clips" / "02-letter" / "video.mp4") as video:
        np.testing.assert_array_equal(_pixels(QGuiApplication.clipboard().image()), video.frame(28))


def test_frame_numbers_are_written_over_the_video_and_the_choice_is_kept(
    person: Person, open_window: Callable[[], StudioWindow], tmp_path: Path
) -> None:
    person.open(demo_at(tmp_path), "02-letter")
    _go_to(person, 28)
    plain = _video(person).grab().toImage()
    person.press("Ctrl+Shift+F")
    assert _video(person).grab().toImage() != plain
    person.window.close()
    person = Person(open_window(), person.qtbot).open(demo_at(tmp_path / "again"), "02-letter")
    _go_to(person, 28)
    numbered = _video(person).grab().toImage()
    person.press("Ctrl+Shift+F")
    assert _video(person).grab().toImage() != numbered


def test_a_face_pane_says_why_there_is_no_face_at_all(
    open_window: Callable[[], StudioWindow], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise FaceModelError("its arrays are cut off", "install the studio again", Path("head.npz"))

    monkeypatch.setattr("annotator.faces.face_models.load_face_model", broken)
    person = Person(open_window(), qtbot)
    person.wait(lambda: "its arrays are cut off" in person.window.banner.text)
    pane = person.window.recorded_frame.content
    assert isinstance(pane, FacePane)
    why = pane.grab()
    pane.set_model(None)
    assert pane.grab().toImage() != why.toImage(), "it says no longer that a face is coming"


def test_the_timeline_says_where_the_video_ends_before_the_recording(person: Person, tmp_path: Path) -> None:
    root = demo_at(tmp_path)
    person.open(root, "02-letter")
    person.wait(lambda: person.session.playback.facts is not None)
    assert person.window.timeline.axis.video_end is None, "they end together"
    facts = json.loads((root / "clips" / "03-birthday" / "clip.json").read_text("utf-8"))
    (root / "clips" / "03-birthday" / "clip.json").write_text(json.dumps({**facts, "offset": 3.0}), "utf-8")
    person.press("PgDown")
    person.wait_for_clip("03-birthday")
    with VideoFile.open(root / "clips" / "03-birthday" / facts["video"]) as video:
        person.wait(lambda: person.window.timeline.axis.video_end == video.facts.duration)
    assert person.session.playback.duration > video.facts.duration + 2.5


def test_a_video_that_is_cut_off_says_so_over_its_picture(person: Person, tmp_path: Path) -> None:
    path = clips.make(clips.Clip("face.mkv", range(60), options=clips.x264()), tmp_path)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 6 // 10])
    person.open(path)
    person.wait(lambda: any("cut off" in line for line in person.told))
    person.wait(lambda: _video(person).frame_index == 0)
    assert "cut off" in _video(person).badge and "cut off" in _video(person).toolTip()


def test_a_gif_opens_as_any_other_video(person: Person, tmp_path: Path) -> None:
    clip = clips.Clip("face.gif", range(10), Fraction(1, 10), codec="gif", pixels="gray")
    person.open(clips.make(clip, tmp_path))
    _go_to(person, 9)
    assert len(person.session.playback.frame_times) == 10
    assert person.clip.loaded.video_path is not None and _video(person).badge == ""
