"""Two people in one video, side by side: who is captured is who was chosen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import annotator
from annotator.core.capture.tracker_packages import CaptureError, find_packages
from viewer.core.channels import INDEX
from viewer.core.formats import read
from viewer.core.opencv import cv2
from viewer.core.video import VideoFile
from viewer.core.video_writer import VideoWriter

SMILES = [INDEX["MouthSmileLeft"], INDEX["MouthSmileRight"]]
HALF = (480, 270)


def frames_of(video: Path, numbers: range) -> list[Any]:
    with VideoFile.open(video) as file:
        return [cv2.resize(file.frame(number), HALF) for number in numbers]


@pytest.fixture(scope="module")
def both(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """At the left a man who begins to smile, at the right somebody in a car who does not."""
    try:
        find_packages()
    except CaptureError:
        pytest.skip("needs MediaPipe (make capture)")
    folder = shared / "data" / "video"
    left = frames_of(folder / "single_face_30fps_mp3.mp4", range(0, 48, 6))
    right = frames_of(folder / "carphone_2997_sar.mp4", range(0, 48, 6))
    out = tmp_path_factory.mktemp("both") / "both.mp4"
    with VideoWriter(out, 2 * HALF[0], HALF[1], fps=5) as film:
        for pair in zip(left, right, strict=True):
            film.add(np.hstack(pair))
    return out


@pytest.mark.slow
def test_the_chosen_person_is_captured_and_never_the_other(both: Path, tmp_path: Path) -> None:
    found = [
        annotator.capture_video(both, face=face, mirror_check=False, out=tmp_path / f"{face}.csv")
        for face in (0, 1)
    ]
    smiles = []
    for face, captured in enumerate(found):
        assert captured.track.invalid_frames == 0 and captured.landmarks is not None
        shares = [captured.landmarks.shares(row) for row in range(8)]
        across = np.array([each[:, 0].mean() for each in shares if each is not None])
        assert ((across > 0.5) == bool(face)).all() and len(across) == 8
        assert any(f"--face {face}" in note and "2 faces" in note for note in captured.report["notes"])
        assert Path(captured.report["written"]).samefile(tmp_path / f"{face}.csv")
        smiles.append(captured.track.values[:, SMILES].mean(axis=1))
        assert len(read(tmp_path / f"{face}.csv")) == 8
    grown = [float(smile[-1] - smile[0]) for smile in smiles]
    assert grown[0] > 0.3 > grown[1]


@pytest.mark.slow
def test_a_person_who_is_not_there_is_not_replaced(both: Path) -> None:
    with pytest.raises(annotator.StudioError, match="no face was found"):
        annotator.capture_video(both, face=2, mirror_check=False, every=4)
