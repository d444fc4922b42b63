"""Bad video files say what is wrong; what is whole in them still works."""

from __future__ import annotations

import random
import threading
from pathlib import Path

import av
import numpy as np
import pytest

from tests import clips
from tests.present import present
from tests.systems import needs_permissions
from viewer.core.cancel import CancelToken
from viewer.core.errors import Cancelled, FileError, StudioError, VideoError
from viewer.core.video import VideoFile, video_facts


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fast-start MP4 of 120 numbered frames in groups of 12, and the same as other kinds."""
    folder = tmp_path_factory.mktemp("whole")
    path = clips.make(clips.Clip("slow.mp4", range(120), options=clips.x264()), folder)
    fast = folder / "whole.mp4"
    with av.open(str(path)) as source, av.open(str(fast), "w", options={"movflags": "+faststart"}) as out:
        stream = out.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                out.mux(packet)
    return fast


def _write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def _png(path: Path) -> Path:
    with av.open(str(path), "w") as out:
        stream = out.add_stream("png", rate=1)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "rgb24"
        frame = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")
        out.mux(stream.encode(frame) + stream.encode())
    return path


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


def _sound_only(path: Path, codec: str) -> Path:
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=48000)
        assert isinstance(stream, av.AudioStream)
        stream.layout = "mono"
        kind = "fltp" if codec == "aac" else "s16"
        data = np.zeros((1, 1024), np.float32 if kind == "fltp" else np.int16)
        frame = av.AudioFrame.from_ndarray(data, format=kind, layout="mono")
        frame.sample_rate = 48000
        out.mux(stream.encode(frame) + stream.encode())
    return path


@pytest.mark.parametrize(
    "kind",
    [
        "missing",
        "empty",
        "folder",
        "text",
        "csv",
        "random",
        "picture",
        "picture called mp4",
        "sound in mp4",
        "sound in wav",
        "no index",
        "one byte",
        "playlist",
        "zeros",
    ],
)
def test_what_is_no_video_is_refused_in_one_line(tmp_path: Path, whole: Path, kind: str) -> None:
    path = tmp_path / "clip.mp4"
    noise = random.Random(1).randbytes(200_000)
    made = {
        "missing": lambda: path,
        "empty": lambda: _write(path, b""),
        "folder": lambda: _folder(path),
        "text": lambda: _write(tmp_path / "notes.txt", b"The face is calm.\n" * 4000),
        "csv": lambda: _write(tmp_path / "take.csv", b"Timecode,BlendShapeCount\n00:00:00:00,0\n" * 500),
        "random": lambda: _write(path, noise),
        "picture": lambda: _png(tmp_path / "still.png"),
        "picture called mp4": lambda: _write(path, _png(tmp_path / "still.png").read_bytes()),
        "sound in mp4": lambda: _sound_only(path, "aac"),
        "sound in wav": lambda: _sound_only(tmp_path / "sound.wav", "pcm_s16le"),
        "no index": lambda: _write(
            path,
            clips.make(clips.Clip("late.mp4", range(20), options=clips.x264()), tmp_path).read_bytes()[:9000],
        ),
        "one byte": lambda: _write(path, b"\0"),
        "playlist": lambda: _write(
            tmp_path / "list.m3u8",
            (f"#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n{whole}\n#EXT-X-ENDLIST\n").encode(),
        ),
        "zeros": lambda: _write(path, bytes(100_000)),
    }[kind]()
    with pytest.raises(StudioError) as caught:
        VideoFile.open(made)
    expected = FileError if kind in {"missing", "empty", "folder"} else VideoError
    assert type(caught.value) is expected
    line = str(caught.value)
    assert made.name in line and "\n" not in line and " – " in line
    if kind.startswith("picture"):
        assert "picture" in line
    if kind.startswith("sound"):
        assert "sound but no pictures" in line


@needs_permissions
def test_a_file_without_permission_is_refused(tmp_path: Path) -> None:
    path = _write(tmp_path / "clip.mp4", b"secret")
    path.chmod(0)
    with pytest.raises(FileError, match="may not read"):
        VideoFile.open(path)


@pytest.mark.parametrize("part", [0.3, 0.55, 0.8, 0.99])
def test_a_cut_off_file_counts_and_shows_what_is_there(tmp_path: Path, whole: Path, part: float) -> None:
    data = whole.read_bytes()
    with VideoFile.open(_write(tmp_path / "cut.mp4", data[: int(len(data) * part)])) as video:
        assert 10 < len(video.times) < 120
        assert any("cut off" in note for note in video.facts.notes)
        for k, t in enumerate(video.times):
            try:
                assert clips.read_number(video.frame(k)) == round(t * 30)
            except VideoError as fault:
                assert f"frame {k} " in str(fault) and k >= len(video.times) - 4


def test_lost_packets_name_their_frames_and_spare_the_rest(tmp_path: Path, whole: Path) -> None:
    data = bytearray(whole.read_bytes())
    with av.open(str(whole)) as container:
        packets = [(present(p.pos), p.size) for p in container.demux(video=0) if p.size]
    for pos, size in packets[48:52]:
        data[pos : pos + size] = bytes(size)
    with VideoFile.open(_write(tmp_path / "holes.mp4", bytes(data))) as video:
        assert video.facts.frames == 120
        lost, wrong = [], []
        for k in [*range(120), *range(119, -1, -3)]:
            try:
                if clips.read_number(video.frame(k)) != k:
                    wrong.append(k)
            except VideoError as fault:
                assert f"frame {k} " in str(fault)
                lost.append(k)
            except AssertionError:
                wrong.append(k)
        assert lost
        # Only the group of pictures that was hit (frames 48 to 59) may suffer.
        assert all(45 <= k < 60 for k in [*lost, *wrong])


def test_frames_outside_the_video_and_closing(whole: Path) -> None:
    video = VideoFile.open(whole)
    for index in (-1, 120, 10**9):
        with pytest.raises(VideoError, match=f"no frame {index}"):
            video.frame(index)
    video.close()
    video.close()


def test_cancelling_stops_and_a_later_request_still_works(whole: Path) -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        VideoFile.open(whole, cancel=token)
    with VideoFile.open(whole) as video:
        with pytest.raises(Cancelled):
            video.frame(100, cancel=token)
        assert clips.read_number(video.frame(100)) == 100


def test_several_threads_may_ask_one_video(whole: Path) -> None:
    wrong: list[tuple[int, int]] = []
    with VideoFile.open(whole) as video:

        def ask(seed: int) -> None:
            for k in random.Random(seed).choices(range(120), k=30):
                number = clips.read_number(video.frame(k))
                if number != k:
                    wrong.append((k, number))

        threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not wrong


def test_a_name_is_never_taken_for_an_address_or_a_pattern(tmp_path: Path, whole: Path) -> None:
    for name in ("http:clip.mp4", "clip%03d.mp4", "clip one – é.mp4", "-clip.mp4", "concat:a.mp4"):
        path = _write(tmp_path / name, whole.read_bytes())
        assert video_facts(path)["frames"] == 120
