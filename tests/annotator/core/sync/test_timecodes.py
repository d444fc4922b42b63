"""The offset that timecodes say, and what is said of files that do not fit."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from annotator.core.storage.recording_findings import length_findings
from annotator.core.sync.timecodes import timecode_offset
from tests.present import present
from viewer.core.channels import CHANNEL_COUNT
from viewer.core.track import Track
from viewer.core.video_timecode import video_timecode


def film(path: Path, timecode: str, rate: int = 30) -> Path:
    """Ten frames that carry a timecode, as a camera writes it."""
    with av.open(str(path), "w") as container:
        if timecode:
            container.metadata["timecode"] = timecode
        stream = container.add_stream("libx264", rate=rate)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        for number in range(10):
            picture = np.full((64, 64, 3), number * 20, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return path


def track(start: float, seconds: float = 4.0) -> Track:
    times = np.arange(round(seconds * 60)) / 60
    return Track.build(times, np.zeros((times.size, CHANNEL_COUNT)), format="livelink", start=start)


def test_a_track_that_began_half_a_second_later_lies_there(tmp_path: Path) -> None:
    video = film(tmp_path / "a.mov", "10:12:33:15")
    code = present(video_timecode(video))
    assert code.text == "10:12:33:15" and code.seconds == pytest.approx(36753.5)
    said = timecode_offset(video, 10.0, track(36754.0))
    assert said.offset == pytest.approx(0.5) and said.note == ""


def test_midnight_lies_between_them(tmp_path: Path) -> None:
    video = film(tmp_path / "a.mov", "23:59:59:00")
    assert timecode_offset(video, 10.0, track(0.25)).offset == pytest.approx(1.25)


def test_timecodes_that_cannot_be_used_say_why(tmp_path: Path) -> None:
    video, without = film(tmp_path / "a.mov", "10:12:33:15"), film(tmp_path / "b.mov", "")
    assert timecode_offset(without, 10.0, track(36754.0)).note == "the video has no timecode"
    apart = timecode_offset(video, 10.0, track(40000.0))
    assert apart.offset is None and "share no moment" in apart.note
    uptime = timecode_offset(video, 10.0, track(365380.25))
    assert uptime.offset is None and "phone's start" in uptime.note
    untimed = track(36754.0).replaced(format="array")
    assert timecode_offset(video, 10.0, untimed).note == "the track has no timecodes"


@pytest.mark.parametrize(
    ("video", "length", "offset", "level", "does"),
    [
        (10.0, 10.1, 0.0, None, ""),
        (10.0, 4.0, 0.0, "warning", "use another file"),
        (10.0, 8.5, 0.0, "warning", "trim the longer one"),
        (10.0, 8.5, 1.0, "note", "if it is right, trim"),
        (10.0, 10.0, 12.0, "warning", "set the offset to 0"),
        (10.0, 10.0, -11.0, "warning", "set the offset to 0"),
    ],
)
def test_files_that_do_not_fit_are_told_with_what_to_do(
    video: float, length: float, offset: float, level: str | None, does: str
) -> None:
    found = length_findings(video, length, offset, "clip")
    assert [finding.level for finding in found] == ([level] if level else [])
    assert all(does in finding.todo for finding in found)
