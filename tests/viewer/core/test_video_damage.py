"""Files that are cut off or damaged say so, in every container, and show what is there."""

from __future__ import annotations

import random
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import pytest

from tests import clips
from viewer.core.errors import VideoError
from viewer.core.video import VideoFile

_VPX = {"cpu-used": "8", "deadline": "realtime", "g": "12", "b": "400k", "threads": "1"}
WHOLE = (
    clips.Clip("whole.mp4", range(60), options=clips.x264()),
    clips.Clip("whole.mkv", range(60), options=clips.x264()),
    clips.Clip("sound.mkv", range(60), options=clips.x264(), sound=clips.tone(2.0)),
    clips.Clip("longer_sound.mkv", range(60), options=clips.x264(), sound=clips.tone(3.5)),
    clips.Clip("whole.webm", range(60), codec="libvpx", options=_VPX),
    clips.Clip("whole.avi", range(60), codec="mpeg4", options={"g": "12"}),
    clips.Clip("pictures.avi", range(40), codec="mjpeg", pixels="yuvj420p"),
    clips.Clip("whole.ts", range(60), options=clips.x264()),
    clips.Clip("whole.m2ts", range(60), options=clips.x264()),
    clips.Clip("whole.mpg", range(60), Fraction(1, 25), codec="mpeg2video", options={"g": "12"}),
    clips.Clip("whole.flv", range(60), options=clips.x264()),
    clips.Clip("whole.wmv", range(60), codec="wmv2"),
    clips.Clip("whole.ivf", range(60), codec="libvpx", options=_VPX),
    clips.Clip("whole.nut", range(60), codec="mpeg4", options={"g": "12"}),
    clips.Clip("whole.y4m", range(20), codec="rawvideo"),
    clips.Clip("grey.y4m", range(20), codec="rawvideo", pixels="gray"),
    clips.Clip("whole.dv", range(14), Fraction(1, 25), codec="dvvideo", size=(720, 576)),
    clips.Clip("whole.gif", range(30), Fraction(1, 10), codec="gif", pixels="gray"),
)
REMUXED = {
    "fast.mp4": ("whole.mp4", {"movflags": "+faststart"}),
    "fragments.mp4": ("whole.mp4", {"movflags": "frag_keyframe+empty_moov"}),
    "fast.mov": ("whole.mp4", {"movflags": "+faststart"}),
    "live.webm": ("whole.webm", {"live": "1"}),
}
NAMES = [clip.name for clip in WHOLE[1:]] + list(REMUXED)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The path of a whole video by its name."""
    shelf = clips.Shelf(tmp_path_factory.mktemp("whole"), WHOLE)

    def find(name: str) -> Path:
        if name in REMUXED and name not in shelf:
            source, options = REMUXED[name]
            shelf[name] = _remuxed(shelf[source], shelf[source].with_name(name), options)
        return shelf[name]

    return find


def _remuxed(source: Path, target: Path, options: dict[str, str], left_out: int = 0) -> Path:
    """A copy of the packets in another container, without the first ``left_out`` of them."""
    with av.open(str(source)) as old, av.open(str(target), "w", options=options) as new:
        stream = new.add_stream_from_template(old.streams.video[0])
        for number, packet in enumerate(old.demux(video=0)):
            if packet.dts is not None and number >= left_out:
                packet.stream = stream
                new.mux(packet)
    return target


def _copy(path: Path, folder: Path, data: bytes) -> Path:
    target = folder / path.name
    target.write_bytes(data)
    return target


@pytest.mark.parametrize("name", NAMES)
def test_a_whole_file_says_nothing_of_damage(whole: Callable[[str], Path], name: str) -> None:
    with VideoFile.open(whole(name)) as video:
        assert video.facts.damage == ()


@pytest.mark.parametrize("part", [0.45, 0.9])
@pytest.mark.parametrize("name", NAMES)
def test_a_cut_file_says_so_and_shows_what_is_there(
    whole: Callable[[str], Path], tmp_path: Path, name: str, part: float
) -> None:
    data = whole(name).read_bytes()
    with VideoFile.open(_copy(whole(name), tmp_path, data[: int(len(data) * part)])) as video:
        assert any("cut off" in note for note in video.facts.damage)
        assert set(video.facts.damage) <= set(video.facts.notes)
        assert video.facts.frames > 5
        for k in (0, video.facts.frames // 2):
            if name != "whole.gif":
                assert clips.read_number(video.frame(k)) == round(video.times[k] * video.facts.fps)


@pytest.mark.parametrize("name", ["late.ts", "late.mp4", "late.mkv", "late.avi"])
def test_frames_that_lack_their_keyframe_are_told(
    whole: Callable[[str], Path], tmp_path: Path, name: str
) -> None:
    path = _remuxed(whole("whole.ts"), tmp_path / name, {}, left_out=1)
    with VideoFile.open(path) as video:
        assert any("11 frames before its first keyframe" in note for note in video.facts.damage)
        assert clips.read_number(video.frame(0)) == 12


@pytest.mark.parametrize("part", [0.4, 0.9, 0.995])
def test_a_file_without_its_index_says_what_it_lacks(
    whole: Callable[[str], Path], tmp_path: Path, part: float
) -> None:
    data = whole("whole.mp4").read_bytes()
    with pytest.raises(VideoError, match="cut off before its index"):
        VideoFile.open(_copy(whole("whole.mp4"), tmp_path, data[: int(len(data) * part)]))


@pytest.mark.parametrize("filling", ["zeros at the end", "zeros", "noise"])
@pytest.mark.parametrize("name", ["fast.mp4", "whole.mkv", "whole.webm", "fragments.mp4", "whole.ts"])
def test_what_was_overwritten_is_told(
    whole: Callable[[str], Path], tmp_path: Path, name: str, filling: str
) -> None:
    data = bytearray(whole(name).read_bytes())
    start, end = len(data) // 2, len(data) if "end" in filling else len(data) * 6 // 10
    data[start:end] = random.Random(1).randbytes(end - start) if filling == "noise" else bytes(end - start)
    with VideoFile.open(_copy(whole(name), tmp_path, bytes(data))) as video:
        assert video.facts.damage
        assert video.frame(0).size


def test_a_gif_whose_blocks_lose_their_thread_is_told(whole: Callable[[str], Path], tmp_path: Path) -> None:
    data = bytearray(whole("whole.gif").read_bytes())
    data[len(data) // 2 :] = bytes(len(data) - len(data) // 2)
    with VideoFile.open(_copy(whole("whole.gif"), tmp_path, bytes(data))) as video:
        assert video.facts.damage and video.frame(0).size


def test_longer_sound_is_told_and_is_no_damage(whole: Callable[[str], Path]) -> None:
    with VideoFile.open(whole("longer_sound.mkv")) as video:
        assert video.facts.damage == ()


def test_frames_lost_in_the_middle_make_numbers_unsure(whole: Callable[[str], Path], tmp_path: Path) -> None:
    data = bytearray(whole("whole.mkv").read_bytes())
    data[len(data) // 2 : len(data) * 6 // 10] = b""
    with VideoFile.open(_copy(whole("whole.mkv"), tmp_path, bytes(data))) as video:
        assert not video.facts.exact


@pytest.mark.parametrize("comment", [b"made by us", b""])
def test_a_comment_before_the_end_of_a_gif_is_no_frame(
    whole: Callable[[str], Path], tmp_path: Path, comment: bytes
) -> None:
    data = whole("whole.gif").read_bytes()
    assert data[-1:] == b"\x3b"
    block = b"\x21\xfe" + (bytes([len(comment)]) + comment if comment else b"") + b"\x00\x3b"
    with VideoFile.open(_copy(whole("whole.gif"), tmp_path, data[:-1] + block)) as video:
        assert (video.facts.frames, video.facts.duration, video.facts.fps) == (30, 3.0, 10.0)
        assert video.facts.damage == () and video.frame(29).size
