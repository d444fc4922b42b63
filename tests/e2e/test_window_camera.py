"""Recording from a camera through the window; a film stands in for it, through OpenCV's own reader."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from annotator.capture.camera_dialog import CameraDialog
from annotator.core.capture.camera import CameraError, CameraRun, CameraSource, FilmWriter, Recorded, cameras
from annotator.core.storage.dataset import Dataset
from annotator.window.window import StudioWindow
from tests.clips import Clip, make
from tests.e2e.window_parts import Person, demo_at
from viewer.core.cancel import CancelToken
from viewer.core.errors import ExportError, StudioError
from viewer.core.video import VideoFile
from viewer.core.video_writer import VideoWriter


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return make(Clip("camera.mp4", range(30)), tmp_path)


def recorded(source: Path, out: Path, keep: int) -> tuple[Recorded, list[int]]:
    """Watch a film as a camera, and record its first ``keep`` frames."""
    shown: list[int] = []
    found: list[Recorded | StudioError] = []

    def show(pixels: np.ndarray) -> None:
        shown.append(pixels.shape[1])
        if len(shown) == keep:
            run.stop()

    run = CameraRun(CameraSource("film", str(source)), show, found.append)
    run.record(out)
    run.run(CancelToken())
    (one,) = found
    assert isinstance(one, Recorded)
    return one, shown


def test_every_frame_is_in_the_film_at_the_time_it_came_or_counted(film: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    made, shown = recorded(film, out, 20)
    assert len(shown) == 30, "watching goes on after the recording"
    assert made.path == out and made.frames <= 20 <= made.frames + made.dropped
    with VideoFile.open(out) as video:
        assert len(video.times) == made.frames
        assert (np.diff(video.times) > 0).all()
        assert video.facts.duration == pytest.approx(made.seconds, abs=0.2)


def test_live_frames_keep_their_uneven_times(tmp_path: Path) -> None:
    out, times = tmp_path / "out.mp4", [100.0, 100.04, 100.05, 100.2, 100.25]
    with VideoWriter(out, 64, 64, live=True) as film:
        for number, time in enumerate(times):
            film.add(np.full((64, 64, 3), 40 * number, np.uint8), time)
        with pytest.raises(ValueError, match="after that"):
            film.add(np.zeros((64, 64, 3), np.uint8), 100.25)
    with VideoFile.open(out) as video:
        np.testing.assert_allclose(video.times - video.times[0], np.array(times) - 100.0, atol=1e-3)


def test_frames_that_never_came_are_counted(tmp_path: Path) -> None:
    picture = np.full((64, 64, 3), 90, np.uint8)
    writer = FilmWriter(tmp_path / "out.mp4", picture, 1 / 30)
    for number in (0, 1, 2, 5, 6, 7, 9, 10):
        assert writer.offer(picture, number / 30)
    made = writer.finish()
    assert (made.frames, made.dropped) == (8, 3) and made.seconds == pytest.approx(11 / 30)


def test_a_film_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    picture = np.full((64, 64, 3), 90, np.uint8)
    writer = FilmWriter(tmp_path / "gone" / "out.mp4", picture, 0.0)
    writer.offer(picture, 1.0)
    with pytest.raises(ExportError, match="the folder cannot be written"):
        writer.finish()


def test_what_cannot_be_opened_is_said_and_makes_no_noise(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    run = CameraRun(CameraSource("Camera 9", str(tmp_path / "gone.mp4")), lambda _: None, lambda _: None)
    with pytest.raises(CameraError, match="Camera 9 cannot be opened"):
        run.run(CancelToken())
    cameras()
    assert capfd.readouterr() == ("", "")


def test_a_recording_becomes_a_clip_of_the_dataset(
    window: StudioWindow, qtbot: QtBot, film: Path, tmp_path: Path
) -> None:
    person = Person(window, qtbot)
    person.open(demo_at(tmp_path), "02-letter")
    long = make(Clip("long.mp4", range(400)), tmp_path)
    camera = person.studio.camera
    action = window.actions_by_id["record"]
    camera.find = lambda: []
    window.actions_table.refresh()
    action.trigger()
    (dialog,) = window.findChildren(CameraDialog)
    person.wait(lambda: dialog.preview.words.startswith("No camera was found"))
    assert not dialog.go.isEnabled()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    person.wait(lambda: not window.findChildren(CameraDialog))

    camera.find = lambda: [CameraSource("Desk", str(long))]
    action.trigger()
    (dialog,) = window.findChildren(CameraDialog)
    dialog.out.setText(str(tmp_path / "desk"))
    person.wait(lambda: dialog.preview.image is not None)
    assert dialog.which.currentText() == "Desk" and dialog.add.isChecked()
    person.click(dialog.go)
    assert dialog.go.text() == "Stop" and not dialog.out.isEnabled()
    person.wait(lambda: dialog.told.text().startswith("● ") and "● 0.0" not in dialog.told.text())
    person.click(dialog.go)
    person.wait_for_clip("desk")
    assert not window.findChildren(CameraDialog)
    assert any(told.startswith("Recorded ") for told in person.told)
    assert isinstance(person.library, Dataset) and "desk" in window.listed_clips()
    assert person.studio.capture.open_clip_waits
    with VideoFile.open(tmp_path / "desk.mp4") as kept:
        assert person.session.playback.facts is not None
        assert len(kept.times) == person.session.playback.facts.frames
