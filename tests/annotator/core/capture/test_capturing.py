"""Real videos through the real tracker, where it is installed."""

from __future__ import annotations

import importlib.metadata
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from annotator.core.capture import tracker_packages
from annotator.core.capture.capture import Captured, CaptureSettings, capture_video
from annotator.core.capture.capture_file import write_captured
from annotator.core.capture.dataset_capture import (
    capture_dataset,
    clips_to_capture,
    is_captured,
    track_file,
)
from annotator.core.capture.landmarker import Landmarker, Picture
from annotator.core.capture.reliability import NEVER_SEEN
from annotator.core.capture.tracker_packages import CaptureError, find_packages, install_line
from annotator.core.storage.clip_import import add_clip
from annotator.core.storage.dataset import Dataset
from tests.clips import Clip, make
from viewer.core.cancel import CancelToken
from viewer.core.errors import Cancelled, VideoError
from viewer.core.files import WriteError
from viewer.core.formats import describe_track, read
from viewer.core.video import VideoFile

VFR = "data/video/phone_hevc_vfr_face_lost.mov"


@pytest.fixture(scope="module")
def tracker() -> tracker_packages.TrackerPackages:
    try:
        return find_packages()
    except CaptureError:
        pytest.skip("needs MediaPipe (make capture)")


@pytest.fixture(scope="module")
def captured(shared: Path, tracker: object) -> Captured:
    """Half a second with a face and the beginning of a stretch without one, in a video of varying rate."""
    return capture_video(shared / VFR, CaptureSettings(start=2.0, end=2.75))


@pytest.mark.slow
def test_each_frame_has_a_row_at_its_own_time(captured: Captured, shared: Path) -> None:
    with VideoFile.open(shared / VFR) as video:
        times = video.times[(video.times >= 2.0 - 1e-6) & (video.times < 2.75 - 1e-6)]
    np.testing.assert_allclose(captured.track.start + captured.track.times, times, atol=1e-9)
    assert len(np.unique(np.diff(times).round(4))) > 1, "the rate does not vary"


@pytest.mark.slow
def test_frames_without_a_face_are_lost_and_unseen_channels_missing(captured: Captured) -> None:
    track, report = captured.track, captured.report
    (lost,) = report["lost"]
    assert lost["start"] == pytest.approx(2.4, abs=0.01)
    assert lost["frames"] == track.invalid_frames == int((~track.valid).sum())
    assert np.isnan(track.values[~track.valid]).all()
    assert set(NEVER_SEEN) < set(report["missing"]) == set(track.missing_channels)
    assert {report["channels"][name]["state"] for name in report["missing"]} == {"missing"}
    blink = report["channels"]["EyeBlinkLeft"]
    assert 0 < blink["reliability"] <= 1 and blink["state"] in ("measured", "weak")
    assert report["backend"]["name"] == "mediapipe" and len(report["backend"]["model_sha256"]) == 64
    assert report["cuts"], "the phone is put down between two frames"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["face.csv", "face.json"])
def test_a_written_track_says_the_same_when_it_is_read(captured: Captured, tmp_path: Path, name: str) -> None:
    report = write_captured(captured, tmp_path / name)
    facts = describe_track(read(tmp_path / name))
    assert facts["missing"] == report["missing"]
    for told, lost in zip(facts["lost"], report["lost"], strict=True):
        assert told["frames"] == lost["frames"]
        for edge in ("start", "end"):
            assert facts["start"] + told[edge] == pytest.approx(lost[edge], abs=2e-3)
    told = json.loads((tmp_path / f"{name}.json").read_text("utf-8"))
    assert {**told, "written": None} == {"pose_unit": "radians", **report, "written": None}
    again = read(tmp_path / name)
    np.testing.assert_allclose(
        again.values[again.valid], captured.track.values[captured.track.valid], atol=1e-3
    )


def test_a_sidecar_that_is_another_file_is_not_overwritten(tmp_path: Path) -> None:
    from annotator.core.capture.capture_file import check_target

    (tmp_path / "take.csv.json").write_text('{"mine": 1}', "utf-8")
    with pytest.raises(WriteError, match="another file"):
        check_target(tmp_path / "take.csv")
    with pytest.raises(WriteError, match="no recording"):
        check_target(tmp_path / "take.py")


@pytest.mark.slow
def test_what_cannot_be_captured_is_said(tracker: object, shared: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.mp4").write_text("no video at all", "utf-8")
    with pytest.raises(VideoError):
        capture_video(tmp_path / "notes.mp4")
    with pytest.raises(CaptureError, match="no frame in that time"):
        capture_video(shared / VFR, CaptureSettings(start=99))
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        capture_video(shared / VFR, cancel=cancel)


@pytest.mark.slow
def test_a_tracker_that_dies_takes_nothing_with_it(tracker: tracker_packages.TrackerPackages) -> None:
    blank = np.zeros((64, 64, 3), np.uint8)

    def pictures() -> Iterator[Picture]:
        for at in range(9):
            yield Picture(blank, at / 30, at == 0, False)
            landmarker._process.kill()

    with Landmarker(tracker, faces=1, mirrored=False) as landmarker:
        landmarker.begin(None)
        with pytest.raises(CaptureError, match="ended by itself"):
            list(landmarker.seen(pictures()))


def test_without_mediapipe_the_line_that_installs_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracker_packages, "own_folder", lambda: tmp_path / "none here")
    monkeypatch.setattr(tracker_packages, "_in_environment", lambda: None)
    with pytest.raises(CaptureError) as fault:
        find_packages()
    line = fault.value.line()
    assert line == f"capture needs MediaPipe – {install_line()}"
    assert (
        sys.executable in line and "pip install --no-deps" in line and f'"{tmp_path / "none here"}"' in line
    )


def test_the_pins_of_the_line_are_those_of_the_set_up() -> None:
    project = Path(__file__).resolve().parents[4]
    pinned = (project / "constraints.txt").read_text("utf-8").splitlines()
    assert set(tracker_packages.PACKAGES) <= set(pinned)
    step = (project / "Makefile").read_text("utf-8")
    names = " ".join(package.partition("==")[0] for package in tracker_packages.PACKAGES)
    assert f"kfstudio-capture {names}" in step


def test_opencv_is_the_studios_own(tracker: tracker_packages.TrackerPackages) -> None:
    assert tracker.folder is None or not (tracker.folder / "cv2").exists()
    with pytest.raises(importlib.metadata.PackageNotFoundError):
        importlib.metadata.distribution("opencv-contrib-python")


@pytest.mark.slow
def test_a_dataset_is_captured_once_and_goes_on_where_it_was_stopped(
    tracker: object, captured: Captured, shared: Path, tmp_path: Path
) -> None:
    dataset = Dataset.create(tmp_path / "dataset", annotator_id="anna")
    add_clip(dataset, shared / VFR, id="killed")
    add_clip(dataset, make(Clip("blank.mp4", range(4)), tmp_path), id="blank")
    # Killed after the track was written and before its clip named it.
    loaded = dataset.load_clip("killed")
    track = track_file(loaded)
    assert track.name == "phone_hevc_vfr_face_lost-captured.csv"
    write_captured(captured, track)
    written = track.stat().st_mtime_ns
    seen = []
    report = capture_dataset(
        dataset, CaptureSettings(mirror_check=False), jobs=2, progress=lambda done, *_: seen.append(done)
    )
    assert [done.clip for done in report.captured] == ["killed"]
    assert [done.clip for done in report.failed] == ["blank"] and "no face" in report.failed[0].why
    assert (track.stat().st_mtime_ns, seen) == (written, [0, 1, 2])
    again = Dataset.open(dataset.root, "anna")
    assert again.load_clip("killed").state.clip.track == track.name
    assert clips_to_capture(again) == ["blank"]
    # What is not whole, or of another video, is no captured track of this one.
    assert not is_captured(track, "other.mp4")
    track.unlink()
    assert not is_captured(track, "phone_hevc_vfr_face_lost.mov")
