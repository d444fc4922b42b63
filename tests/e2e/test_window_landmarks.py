"""The landmarks of a captured track over the video, at a key; no tracker is needed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QAction, QImage
from pytestqt.qtbot import QtBot

from annotator.capture.landmark_layer import colour_of
from annotator.core.capture.capture import Captured
from annotator.core.capture.capture_file import write_captured
from annotator.core.capture.landmark_file import FaceLandmarks, landmark_path
from annotator.core.edits import change_clip
from annotator.core.storage.clip_import import add_clip
from annotator.core.storage.dataset import Dataset
from annotator.core.storage.places import fingerprint
from annotator.window.window import StudioWindow
from tests.e2e.window_parts import Person
from viewer.core.channels import CHANNEL_COUNT, NAMES
from viewer.core.track import Track
from viewer.core.video_writer import VideoWriter
from viewer.video_pane import VideoPane

LOST = 2
SPOT = np.array([0.6, 0.3]), np.array([0.75, 0.5])
"""Left top and right bottom of the face, as shares of the picture."""


def captured_track(video: Path, target: Path) -> Path:
    """A track of six frames, of which every second was captured and frame 2 has no face, with a face whose
    landmarks reach from corner to corner of :data:`SPOT`; its lips are good, its jaw is bad."""
    frames, times = (0, 2, 4), np.array([0.0, 0.2, 0.4])
    shares = np.zeros((3, 478, 3), np.float32)
    rng = np.random.default_rng(1)
    shares[:, :, :2] = SPOT[0] + rng.uniform(0, 1, (478, 2)) * (SPOT[1] - SPOT[0])
    valid = np.array([True, False, True])
    shares[~valid] = np.nan
    values = np.zeros((3, CHANNEL_COUNT))
    values[~valid] = np.nan
    worth = {"Mouth": 1.0, "Jaw": 0.0}
    channels = {
        name: {"reliability": next((worth[start] for start in worth if name.startswith(start)), 0.5)}
        for name in NAMES
    }
    report: dict[str, Any] = {
        "video": video.name,
        "video_fingerprint": fingerprint(video),
        "frames": 3,
        "channels": channels,
        "backend": {"name": "made"},
        "notes": [],
    }
    track = Track.build(times, values, valid, meta={"pose_unit": "degrees", "pose_unit_from": "format"})
    kept = FaceLandmarks.of(frames, times, shares, np.array([1.0, np.nan, 0.3]))
    write_captured(Captured(track, report, kept), target)
    return target


@pytest.fixture
def person(window: StudioWindow, qtbot: QtBot) -> Person:
    return Person(window, qtbot)


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """A clip with a captured track, imported with what lies beside it, and one without a track."""
    video = tmp_path / "grey.mp4"
    with VideoWriter(video, 192, 144, fps=10) as film:
        for _ in range(6):
            film.add(np.full((144, 192, 3), 128, np.uint8))
    made = Dataset.create(tmp_path / "dataset", annotator_id="anna")
    add_clip(made, video, captured_track(video, tmp_path / "face.csv"), id="one")
    add_clip(made, video, id="two")
    return made.root


def painted(pane: VideoPane) -> NDArray[np.int16]:
    image = pane.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).astype(np.int16)


def drawn_over(pane: VideoPane, plain: NDArray[np.int16]) -> QRectF:
    """Around what is painted over the ``plain`` picture, above the line of words."""
    apart = np.abs(painted(pane) - plain).max(axis=2)[: pane.height() - 40] > 24
    if not apart.any():
        return QRectF()
    down, across = np.flatnonzero(apart.any(axis=1)), np.flatnonzero(apart.any(axis=0))
    return QRectF(across[0], down[0], across[-1] - across[0], down[-1] - down[0])


def at_frame(person: Person, pane: VideoPane, frame: int) -> None:
    person.session.playback.seek(float(person.session.playback.frame_times[frame]) + 0.01)
    person.wait(lambda: pane.frame_index == frame)


def lies_on_spot(box: QRectF, picture: QRectF) -> bool:
    (left, top), (right, bottom) = (
        (picture.x() + x * picture.width(), picture.y() + y * picture.height()) for x, y in SPOT
    )
    # A line is three pixels wide, and the outermost landmarks may be on none.
    slack = 4 + 0.1 * (right - left)
    found = box.left(), box.top(), box.right(), box.bottom()
    return all(abs(a - b) <= slack for a, b in zip(found, (left, top, right, bottom), strict=True))


def test_the_face_is_drawn_over_the_frame_that_is_shown(person: Person, dataset: Path) -> None:
    person.open(dataset, "one")
    pane = person.window.video_frame.content
    assert isinstance(pane, VideoPane)
    known = person.studio.landmarks

    def action() -> QAction:
        return person.window.actions_by_id["landmarks"]

    at_frame(person, pane, 0)
    assert action().isEnabled() and known.face is None
    plain = painted(pane)
    person.press("Shift+F")
    person.wait(lambda: known.face is not None)
    assert person.session.settings.landmarks
    assert lies_on_spot(drawn_over(pane, plain), pane.picture_rect())
    sure = painted(pane)
    for reliability in (0.0, 0.5, 1.0):
        colour = colour_of(reliability)
        wanted = np.array([colour.red(), colour.green(), colour.blue()])
        assert (np.abs(sure - wanted).max(axis=2) < 30).any(), f"nothing has the colour of {reliability}"
    # Zoomed and moved, it stays where it is in the picture.
    pane.zoom_by(1.5)
    person.press("Shift+F")
    person.wait(lambda: not person.session.jobs.running)
    zoomed = painted(pane)
    person.press("Shift+F")
    assert lies_on_spot(drawn_over(pane, zoomed), pane.picture_rect())
    pane.fit()
    # Without the face, and in frames that were not captured, nothing is drawn.
    for frame in (LOST, 1, 5):
        at_frame(person, pane, frame)
        assert np.abs(painted(pane) - plain).max() < 24, frame
    at_frame(person, pane, 4)
    faint = painted(pane)
    assert lies_on_spot(drawn_over(pane, plain), pane.picture_rect())
    assert np.abs(faint - plain).sum() < np.abs(sure - plain).sum()
    # Without its track nothing is left, and undo brings it back.
    person.session.apply(change_clip(person.state, track=""))
    assert known.face is None and not action().isEnabled() and np.abs(painted(pane) - plain).max() < 24
    person.press("Ctrl+Z")
    person.wait(lambda: known.face is not None)
    assert not drawn_over(pane, plain).isNull()

    person.open(dataset, "two")
    assert not action().isEnabled() and "not captured" in action().toolTip()
    person.press("Shift+F")
    assert person.session.settings.landmarks, "a key that does nothing changes nothing"
    # A damaged file is told once, and the clip opens all the same.
    kept = landmark_path(dataset / "clips/one/face.csv")
    kept.write_bytes(kept.read_bytes()[:-60])
    person.open(dataset, "one")
    person.wait(lambda: not known.known.readable)
    assert person.clip.raw is not None and not action().isEnabled()
    assert sum("no landmarks that can be used" in line for line in person.told) == 1
    kept.unlink()
    person.open(dataset, "two").open(dataset, "one")
    assert "before landmarks were kept" in action().toolTip()
