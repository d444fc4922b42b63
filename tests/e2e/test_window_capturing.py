"""Making tracks from videos through the window, with the real tracker where it is installed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from annotator.capture.capture_dialog import CaptureDialog
from annotator.core.capture import tracker_packages
from annotator.core.capture.tracker_packages import CaptureError, find_packages, install_line
from annotator.core.storage.clip_import import add_clip
from annotator.core.storage.dataset import Dataset
from annotator.window.window import StudioWindow
from tests.clips import Clip, make
from tests.e2e.window_parts import Person
from viewer.core.video import VideoFile
from viewer.core.video_writer import VideoWriter


@pytest.fixture
def person(window: StudioWindow, qtbot: QtBot) -> Person:
    return Person(window, qtbot)


@pytest.fixture(scope="module")
def face(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight frames of a face, and two without."""
    out = tmp_path_factory.mktemp("face") / "face.mp4"
    with (
        VideoFile.open(shared / "data/video/single_face_30fps_mp3.mp4") as video,
        VideoWriter(out, video.facts.width, video.facts.height, fps=10) as film,
    ):
        for number in range(0, 64, 8):
            film.add(video.frame(number))
        for _ in range(2):
            film.add(np.full((video.facts.height, video.facts.width, 3), 90, np.uint8))
    return out


@pytest.fixture
def dataset(tmp_path: Path, face: Path) -> Path:
    """Three clips without a track, of which one has no face."""
    made = Dataset.create(tmp_path / "dataset", annotator_id="anna")
    for name in ("one", "two"):
        add_clip(made, face, id=name)
    add_clip(made, make(Clip("blank.mp4", range(4)), tmp_path), id="blank")
    return made.root


def dialog_of(person: Person) -> CaptureDialog:
    person.window.actions_by_id["capture"].trigger()
    person.wait(lambda: any(each.isVisible() for each in person.window.findChildren(CaptureDialog)))
    return next(each for each in person.window.findChildren(CaptureDialog) if each.isVisible())


def press(dialog: CaptureDialog) -> None:
    QTest.mouseClick(dialog.go, Qt.MouseButton.LeftButton)


def test_without_mediapipe_the_dialog_gives_the_line_that_installs_it(
    person: Person, dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracker_packages, "own_folder", lambda: dataset / "nothing")
    monkeypatch.setattr(tracker_packages, "_in_environment", lambda: None)
    person.open(dataset, "one")
    person.wait(lambda: person.window.video_frame.width() > 1.2 * person.window.faces.width())
    dialog = dialog_of(person)
    assert install_line() in dialog.needs.text()
    assert not dialog.clips.isEnabled()
    press(dialog)
    assert dialog.go.text() == "Try again" and not person.studio.capture.running
    QTest.mouseClick(dialog.copy, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == install_line()
    QTest.mouseClick(dialog.shut, Qt.MouseButton.LeftButton)


def test_the_open_clip_and_the_others_get_tracks_that_undo_takes_away(person: Person, dataset: Path) -> None:
    try:
        find_packages()
    except CaptureError:
        pytest.skip("needs MediaPipe (make capture)")
    person.open(dataset, "one")
    assert person.clip.raw is None
    dialog = dialog_of(person)
    dialog.clips.setCurrentIndex(1)
    assert dialog.clips.currentText() == "All 3 clips without a track"
    dialog.mirror.setChecked(False)
    press(dialog)
    person.wait(lambda: not person.studio.capture.running and dialog.failures.count() == 1)
    assert "blank: " in dialog.failures.item(0).text() and "no face" in dialog.failures.item(0).text()
    dialog.close()
    assert person.state.clip.track == "face-captured.csv"
    raw = person.clip.raw
    assert raw is not None and len(raw) == 10 and raw.invalid_frames == 2
    assert raw.unmeasured.sum() == len(raw.missing_channels) > 0
    assert Dataset.open(dataset).load_clip("two").state.clip.track == "face-captured.csv"
    assert person.studio.capture.waiting() == ["blank"]
    person.window.actions_by_id["undo"].trigger()
    assert person.state.clip.track == "" and person.clip.raw is None
    person.window.actions_by_id["redo"].trigger()
    person.wait(lambda: person.clip.raw is not None)
    assert person.state.clip.track == "face-captured.csv"


def test_a_capture_that_is_stopped_leaves_the_clip_as_it_was(person: Person, dataset: Path) -> None:
    try:
        find_packages()
    except CaptureError:
        pytest.skip("needs MediaPipe (make capture)")
    person.open(dataset, "one")
    dialog = dialog_of(person)
    press(dialog)
    assert dialog.go.text() == "Stop"
    press(dialog)
    person.wait(lambda: not person.studio.capture.running)
    dialog.close()
    assert person.state.clip.track == "" and person.clip.raw is None
    assert {file.name for file in (dataset / "clips/one").glob("*captured*")} == set()
