"""Of several videos in one file the one that players show; interlaced pictures are told."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest

from tests import clips
from viewer.core.video import VideoFile

DEFAULT, STILL = av.stream.Disposition.default, av.stream.Disposition.attached_pic
LARGE, SMALL = (256, 192), (96, 72)


def with_tracks(path: Path, tracks: list[tuple[tuple[int, int], int, int]], codec: str = "libx264") -> Path:
    """A file with videos of (size, frames, disposition); the n-th of them numbers its frames from 100 n."""
    with av.open(str(path), "w") as out:
        streams: list[Any] = []
        for size, _, disposition in tracks:
            stream: Any = out.add_stream(codec, rate=30, options=clips.x264() if codec == "libx264" else {})
            stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
            stream.disposition = disposition
            streams.append(stream)
        packets: list[Any] = []
        for place, ((size, frames, _), stream) in enumerate(zip(tracks, streams, strict=True)):
            for k in range(frames):
                picture = clips.draw_number(100 * place + k, *size)
                frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="yuv420p")
                frame.pts, frame.time_base = k, Fraction(1, 30)
                packets += stream.encode(frame)
            packets += stream.encode()
        packets.sort(key=lambda p: float((p.dts or 0) * p.time_base))
        for packet in packets:
            out.mux(packet)
    return path


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
@pytest.mark.parametrize(
    ("tracks", "shown"),
    [
        ([(SMALL, 5, 0), (LARGE, 20, DEFAULT)], 1),
        ([(SMALL, 20, DEFAULT), (LARGE, 20, 0)], 0),
        ([(SMALL, 20, DEFAULT), (LARGE, 20, DEFAULT)], 1),
        ([(LARGE, 20, DEFAULT), (SMALL, 20, DEFAULT)], 0),
        ([(LARGE, 20, DEFAULT), (LARGE, 20, DEFAULT)], 0),
    ],
    ids=["preview", "marked", "larger second", "larger first", "alike"],
)
def test_the_track_that_players_show(
    tmp_path: Path, suffix: str, tracks: list[tuple[tuple[int, int], int, int]], shown: int
) -> None:
    with VideoFile.open(with_tracks(tmp_path / f"tracks{suffix}", tracks)) as video:
        size, frames, _ = tracks[shown]
        assert (video.facts.width, video.facts.height, video.facts.frames) == (*size, frames)
        last = frames - 1
        assert clips.read_number(video.frame(last)) == 100 * shown + last
        assert clips.read_number(video.frame(0)) == 100 * shown
        assert any(f"2 videos; number {shown + 1} " in note for note in video.facts.notes)
        assert video.facts.damage == ()


def test_one_track_says_nothing(tmp_path: Path) -> None:
    path = with_tracks(tmp_path / "one.mp4", [(LARGE, 10, DEFAULT)])
    with VideoFile.open(path) as video:
        assert video.facts.notes == ()


@pytest.mark.parametrize("tff", [True, False])
@pytest.mark.parametrize("name", ["fields.mp4", "fields.mkv"])
def test_interlaced_pictures_are_told(tmp_path: Path, name: str, tff: bool) -> None:
    options = clips.x264(12, 0, **({"tff": "1"} if tff else {"bff": "1"}))
    with VideoFile.open(clips.make(clips.Clip(name, range(20), options=options), tmp_path)) as video:
        (note,) = (note for note in video.facts.notes if "interlaced" in note)
        assert video.facts.frames == 20 and video.facts.damage == ()
        assert "top" in note or "bottom" in note or name.endswith("mkv")
