"""What `validate` finds in a dataset, a clip, a track and a video."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from annotator.core.storage.clip_import import add_clip
from annotator.core.storage.dataset import Dataset
from annotator.core.storage.places import OPENED_FILES, VIDEO_SUFFIXES, sibling, videos_among
from annotator.core.storage.validate import Report, validate
from tests import clips
from viewer.core.channels import INDEX
from viewer.core.errors import FileError
from viewer.core.formats import write
from viewer.core.track import Track


@pytest.fixture(autouse=True)
def state_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KFSTUDIO_STATE_DIR", str(tmp_path / "state"))


def track_file(path: Path, frames: int = 60, lost: slice = slice(0, 0), jaw: float = 0.5) -> Path:
    values = np.zeros((frames, 61), np.float32)
    values[:, INDEX["JawOpen"]] = jaw
    values[lost] = np.nan
    write(Track.build(np.arange(frames) / 30, values), path)
    return path


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    """One sound clip of two seconds with a video, a track and a good annotation."""
    dataset = Dataset.create(tmp_path / "data", annotator_id="anna")
    video = clips.make(clips.Clip("face.mp4", range(60), options=clips.x264()), tmp_path)
    add_clip(dataset, video, track_file(tmp_path / "face.csv"), id="c1")
    annotate(dataset, {"status": "done", "keyframes": [{"id": "k", "time": 1.0, "description": "smile"}]})
    return dataset


def annotate(dataset: Dataset, data: dict[str, Any], annotator_id: str = "anna") -> Path:
    path = dataset.root / "clips/c1/annotations" / f"{annotator_id}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(data))
    return path


def said(report: Report) -> str:
    for finding in report.findings:
        assert finding.what and finding.where and (finding.todo or finding.level == "note")
    json.loads(msgspec.json.encode(report))
    return "\n".join(f"{finding.level}: {finding.line()}" for finding in report.findings)


def test_a_sound_dataset_has_no_findings(dataset: Dataset) -> None:
    report = validate(dataset.root)
    assert (report.kind, report.errors, report.warnings, report.findings) == ("dataset", 0, 0, [])


def test_annotations_beyond_the_clip_and_overlaps_are_found(dataset: Dataset) -> None:
    path = annotate(
        dataset,
        {
            "status": "done",
            "keyframes": [{"id": "a", "time": 99}, {"id": "b", "time": 1, "values": {"JawOpen": 3}}],
            "emotions": [
                {"id": "e", "start": 0, "end": 1, "label": "awe"},
                {"id": "f", "start": 0.5, "end": 1.5, "label": "awe"},
                {"id": "g", "start": 0.5, "end": 50, "label": "joy"},
                {"id": "h", "start": 0, "end": 1},
            ],
        },
    )
    for where, kind in ((dataset.root, "dataset"), (path.parents[1], "clip"), (path, "annotation")):
        report = validate(where)
        text = said(report)
        assert (report.kind, report.errors) == (kind, 2)
        for expected in (
            "beyond the clip",
            "ends at 50.000 s",
            "two spans of 'awe' overlap",
            "JawOpen is 3",
            "no description",
            "no label",
        ):
            assert expected in text


def test_missing_and_broken_files_are_errors_of_their_clip(dataset: Dataset) -> None:
    folder = dataset.root / "clips/c1"
    (folder / "face.mp4").write_bytes(b"no video")
    (folder / "face.csv").unlink()
    annotate(dataset, {}, "ben").write_text("{")
    (dataset.root / "clips/c2").mkdir()
    (dataset.root / "clips/c3").mkdir()
    (dataset.root / "clips/c3/clip.json").write_text('{"video": "../../../x.mp4", "offset": "soon"}')
    report = validate(dataset.root)
    text = said(report)
    assert report.errors == 5, text
    for expected in ("c1/face.mp4", "c1/face.csv", "ben.json", "c2/clip.json", "leads out of", "offset"):
        assert expected in text


def test_lengths_lost_frames_gaps_and_ranges_are_warnings(dataset: Dataset) -> None:
    track_file(dataset.root / "clips/c1/face.csv", 120, slice(10, 20), jaw=1.5)
    report = validate(dataset.root)
    text = said(report)
    assert report.errors == 0
    for expected in ("the track ends at 4.00 s", "detected in 10 of 120 frames", "JawOpen (1.500 to 1.500)"):
        assert expected in text


def test_single_files_are_checked_too(dataset: Dataset, tmp_path: Path) -> None:
    report = validate(tmp_path / "face.mp4")
    assert (report.kind, report.findings) == ("video", [])
    lost = track_file(tmp_path / "lost.csv", 10, slice(0, 10))
    report = validate(lost)
    assert (report.kind, report.errors) == ("track", 1)
    assert "no frame of it has a face" in said(report)
    (tmp_path / "text.csv").write_text("hello\n")
    assert validate(tmp_path / "text.csv").errors == 1
    (tmp_path / "empty").mkdir()
    assert validate(tmp_path / "empty").errors == 1
    with pytest.raises(FileError):
        validate(tmp_path / "nothing")


def test_the_real_recordings_have_the_faults_they_are_known_for(shared: Path) -> None:
    text = said(validate(shared / "data/live_link_csv/s88_30fps_face_lost.csv"))
    assert "no face was detected" in text


def test_a_cut_video_and_what_its_pictures_need_are_findings(tmp_path: Path) -> None:
    path = clips.make(clips.Clip("face.mkv", range(60), options=clips.x264(12, 0, tff="1")), tmp_path)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 6 // 10])
    report = validate(path)
    assert (report.kind, report.errors, report.warnings) == ("video", 0, 1)
    levels = {finding.level: finding.what for finding in report.findings}
    assert "cut off" in levels["warning"] and "interlaced" in levels["note"]


@pytest.mark.parametrize("suffix", sorted(VIDEO_SUFFIXES))
def test_every_suffix_of_a_video_is_one_in_dialogs_and_checks(tmp_path: Path, suffix: str) -> None:
    assert f"*{suffix} " in OPENED_FILES
    path = tmp_path / f"face{suffix}"
    path.write_bytes(b"no video")
    assert validate(path).kind == "video"


def test_a_gif_is_a_video_by_itself_and_in_a_dataset(tmp_path: Path) -> None:
    clip = clips.Clip("face.gif", range(10), Fraction(1, 10), codec="gif", pixels="gray")
    gif = clips.make(clip, tmp_path)
    report = validate(gif)
    assert (report.kind, report.findings) == ("video", [])
    dataset = Dataset.create(tmp_path / "set")
    add_clip(dataset, gif, None)
    assert validate(dataset.root).errors == 0


def test_a_gif_beside_a_video_is_no_second_video(tmp_path: Path) -> None:
    names = ["face.csv", "face.gif", "face.mov"]
    for name in names:
        (tmp_path / name).write_bytes(b"x")
    files = [tmp_path / name for name in names]
    assert videos_among(files) == [tmp_path / "face.mov"]
    assert videos_among(files[:2]) == [tmp_path / "face.gif"]
    assert sibling(tmp_path / "face.csv", VIDEO_SUFFIXES) == tmp_path / "face.mov"
