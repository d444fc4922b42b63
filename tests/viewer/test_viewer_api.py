"""What ``import viewer`` gives a script: tracks, videos and face models, and errors for people."""

from __future__ import annotations

import doctest
import inspect
from pathlib import Path

import numpy as np
import pytest

import viewer
from viewer.core.errors import FaceModelError, FileError, TrackError, VideoError

PROJECT = Path(__file__).resolve().parents[2]
LETTER = PROJECT / "resources" / "demo" / "dataset" / "clips" / "02-letter"
FUNCTIONS = [viewer.load_face_model, viewer.open_video, viewer.read_track, viewer.write_track]


def test_every_public_name_is_there_and_listed() -> None:
    for name in viewer.__all__:
        assert getattr(viewer, name) is not None
        assert name in dir(viewer)
    with pytest.raises(AttributeError, match="'viewer' has no attribute 'read_tracks'"):
        viewer.read_tracks  # type: ignore[attr-defined]  # noqa: B018


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__qualname__)
def test_docstrings_tell_what_a_script_relies_on(function: object) -> None:
    told = inspect.getdoc(function) or ""
    for section in ("Parameters", "Raises", "Examples"):
        assert f"{section}\n{'-' * len(section)}\n" in told
    parameters = inspect.signature(function).parameters  # type: ignore[arg-type]
    assert [name for name in parameters if f"\n{name} : " not in told] == []


def test_a_track_is_written_and_read_again(tmp_path: Path) -> None:
    track = viewer.read_track(str(LETTER / "track.csv"))
    assert track.values.shape == (len(track), len(viewer.NAMES)) and track.values.dtype == np.float32
    viewer.write_track(track, tmp_path / "again.json")
    again = viewer.read_track(tmp_path / "again.json", format="beat")
    assert isinstance(again, viewer.Track)
    np.testing.assert_allclose(again.values, track.values, atol=1e-6)
    viewer.write_track(track, str(tmp_path / "slow.txt"), format="livelink", fps=30)
    assert viewer.read_track(tmp_path / "slow.txt").fps == pytest.approx(30, abs=0.01)


def test_a_video_gives_exact_frames_and_is_closed_in_the_end() -> None:
    with viewer.open_video(LETTER / "video.mp4") as video:
        assert isinstance(video, viewer.VideoFile)
        picture = video.frame(85)
        assert picture.shape == (video.facts.height, video.facts.width, 3) and picture.dtype == np.uint8
        assert video.times.shape == (video.facts.frames,) and video.times[0] == 0
        with pytest.raises(VideoError, match="there is no frame 100000 – ask for one from 0 to"):
            video.frame(100000)
    with pytest.raises(VideoError, match="the video is closed – open it again"):
        video.frame(0)


def test_without_a_path_the_default_head_is_loaded() -> None:
    head = viewer.load_face_model()
    assert isinstance(head, viewer.FaceModel) and not head.missing


def test_errors_say_what_happened_to_which_file_and_what_to_do(tmp_path: Path) -> None:
    words = tmp_path / "words.csv"
    words.write_text("a,b\n1,2\n", "utf-8")
    track = viewer.read_track(LETTER / "track.csv")
    for error, told, call in (
        (FileError, "missing.csv: ", lambda: viewer.read_track(tmp_path / "missing.csv")),
        (TrackError, "words.csv: it is not a track this program reads", lambda: viewer.read_track(words)),
        (TrackError, "there is no track format 'fbx'", lambda: viewer.read_track(words, "fbx")),
        (
            TrackError,
            "can only be read – choose livelink",
            lambda: viewer.write_track(track, tmp_path / "x.txt", "facecap"),
        ),
        (
            TrackError,
            "its extension '.xyz' names no track format",
            lambda: viewer.write_track(track, tmp_path / "track.xyz"),
        ),
        (
            FileError,
            "its folder does not exist",
            lambda: viewer.write_track(track, tmp_path / "no" / "a.csv"),
        ),
        (FileError, "missing.mp4: ", lambda: viewer.open_video(tmp_path / "missing.mp4")),
        (VideoError, "words.csv: ", lambda: viewer.open_video(words)),
        (
            FaceModelError,
            "face.glb: it does not exist",
            lambda: viewer.load_face_model(tmp_path / "face.glb"),
        ),
    ):
        with pytest.raises(error) as caught:
            call()
        assert isinstance(caught.value, viewer.StudioError)
        assert told in str(caught.value) and " – " in str(caught.value)


@pytest.mark.parametrize("place", [viewer, *FUNCTIONS], ids=lambda place: place.__name__)
def test_examples_run(place: object, demo_checkout: Path) -> None:
    tests = doctest.DocTestFinder(recurse=False).find(place, getattr(place, "__name__", ""))
    failed = [doctest.DocTestRunner().run(test).failed for test in tests if test.examples]
    assert failed == [0]
