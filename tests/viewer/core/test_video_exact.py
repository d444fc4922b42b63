"""The picture shown for a frame number is the recorded one, on every kind of clip."""

from __future__ import annotations

import random
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from tests import clips
from viewer.core.errors import VideoError
from viewer.core.video import VideoFile, video_facts


@pytest.fixture(scope="module")
def clip_paths(tmp_path_factory: pytest.TempPathFactory) -> clips.Shelf:
    return clips.Shelf(tmp_path_factory.mktemp("clips"), clips.EXACT_CLIPS)


each_clip = pytest.mark.parametrize("clip", clips.EXACT_CLIPS, ids=lambda clip: clip.name)


@pytest.mark.slow
@each_clip
def test_every_frame_forward_backward_and_at_random_is_the_one_asked_for(
    clip: clips.Clip, clip_paths: clips.Shelf
) -> None:
    with VideoFile.open(clip_paths[clip.name]) as video:
        assert video.facts.frames == len(video.times) == len(clip.numbers)
        forward = list(range(len(clip.numbers)))
        backward = forward[::-1]
        at_random = random.Random(5).choices(forward, k=20)
        asked = [*forward, *backward, *at_random]
        assert [clips.read_number(video.frame(k)) for k in asked] == [clip.numbers[k] for k in asked]


@pytest.mark.slow
@each_clip
def test_a_cold_seek_gives_the_same_pixels_as_playing_there(
    clip: clips.Clip, clip_paths: clips.Shelf
) -> None:
    with VideoFile.open(clip_paths[clip.name]) as played:
        pictures = [played.frame(k) for k in range(len(played.times))]
        for k in random.Random(11).sample(range(len(pictures)), 4):
            with VideoFile.open(clip_paths[clip.name]) as fresh:
                assert np.array_equal(fresh.frame(k), pictures[k]), k


@each_clip
def test_times_agree_with_the_recording_and_with_index_at(clip: clips.Clip, clip_paths: clips.Shelf) -> None:
    with VideoFile.open(clip_paths[clip.name]) as video:
        # Matroska rounds times to a millisecond.
        assert np.allclose(video.times, clip.times, atol=0.0006)
        assert video.times[0] == 0.0
        assert [video.index_at(t) for t in video.times] == list(range(len(video.times)))
        between = (video.times[:-1] + video.times[1:]) / 2
        assert [video.index_at(t) for t in between] == list(range(len(between)))
        assert video.index_at(-1.0) == 0
        assert video.index_at(1e9) == len(video.times) - 1
        assert video.facts.vfr == (clip.name in {"vfr.mkv", "vfr.mp4", "jittered.mp4"})
        assert video.facts.exact


def test_the_file_s_own_start_time_is_kept(clip_paths: clips.Shelf) -> None:
    with VideoFile.open(clip_paths["transport.ts"]) as video:
        assert video.start_pts_time == pytest.approx(100.0, abs=2.0)
    with VideoFile.open(clip_paths["offset.mp4"]) as video:
        assert video.start_pts_time == pytest.approx(1.5)


@pytest.mark.parametrize(
    ("name", "rotation", "size"),
    [
        ("rotated_90.mp4", 270, (clips.WIDTH, clips.HEIGHT)),
        ("rotated_180.mp4", 180, (clips.WIDTH, clips.HEIGHT)),
        ("rotated_270.mov", 90, (clips.WIDTH, clips.HEIGHT)),
        ("sar_2.mp4", 0, (2 * clips.WIDTH, clips.HEIGHT)),
        ("cfr.mp4", 0, (clips.WIDTH, clips.HEIGHT)),
    ],
)
def test_pictures_are_upright_with_square_pixels(
    clip_paths: clips.Shelf, name: str, rotation: int, size: tuple[int, int]
) -> None:
    with VideoFile.open(clip_paths[name]) as video:
        assert video.facts.rotation == rotation
        assert (video.facts.width, video.facts.height) == size
        assert video.frame(3).shape == (size[1], size[0], 3)


def test_a_turned_clip_with_wide_pixels_is_stretched_along_its_stored_width(tmp_path: Path) -> None:
    clip = clips.Clip("both.mp4", range(5), options=clips.x264(), rotation=90, sar=Fraction(2))
    with VideoFile.open(clips.make(clip, tmp_path)) as video:
        assert (video.facts.width, video.facts.height) == (clips.WIDTH, 2 * clips.HEIGHT)
        assert clips.read_number(video.frame(4)) == 4


def test_colours_are_the_recorded_ones(tmp_path: Path) -> None:
    clip = clips.Clip("colour.mp4", range(3), options=clips.x264())
    with VideoFile.open(clips.make(clip, tmp_path)) as video:
        error = np.abs(video.frame(0).astype(int) - clips.draw_number(0).astype(int))
    assert np.median(error) <= 3


def test_counting_by_decoding_is_said(clip_paths: clips.Shelf) -> None:
    notes = video_facts(clip_paths["h264_b.avi"])["notes"]
    assert isinstance(notes, list) and any("decoding" in note for note in notes)
    assert video_facts(clip_paths["cfr.mp4"])["notes"] == []


def test_a_transport_stream_cut_in_the_middle_counts_only_what_can_be_shown(
    clip_paths: clips.Shelf, tmp_path: Path
) -> None:
    data = clip_paths["transport_open_gop.ts"].read_bytes()
    packet = 188
    cut = tmp_path / "cut.ts"
    cut.write_bytes(data[len(data) // 3 // packet * packet : len(data) * 4 // 5])
    with VideoFile.open(cut) as video:
        first = clips.read_number(video.frame(0))
        assert len(video.times) > 30
        for k, t in enumerate(video.times):
            try:
                assert clips.read_number(video.frame(k)) == first + round(t * 30)
            except VideoError as fault:
                assert k >= len(video.times) - 4, f"only the cut end may be damaged: {fault}"


@pytest.mark.parametrize(
    "name",
    [
        "carphone_2997_sar.mp4",
        "crying_23976.mp4",
        "phone_hevc_vfr_face_lost.mov",
        "single_face_30fps_mp3.mp4",
    ],
)
def test_real_recordings_give_the_played_pixels_on_a_cold_seek(shared: Path, name: str) -> None:
    path = shared / "data" / "video" / name
    with VideoFile.open(path) as played, VideoFile.open(path) as sought:
        last = min(len(played.times) - 1, 160)
        wanted = sorted(random.Random(2).sample(range(last + 1), 5))
        pictures = {}
        for k in range(wanted[-1] + 1):
            picture = played.frame(k)
            if k in wanted:
                pictures[k] = picture.copy()
        for k in reversed(wanted):
            assert np.array_equal(sought.frame(k), pictures[k]), k


def test_facts_of_real_recordings(shared: Path) -> None:
    folder = shared / "data" / "video"
    phone = video_facts(folder / "phone_hevc_vfr_face_lost.mov")
    assert phone["kind"] == "video" and phone["codec"] == "hevc"
    assert (phone["width"], phone["height"], phone["frames"]) == (960, 540, 169)
    assert phone["vfr"] is True and phone["audio"] is True and phone["exact"] is True
    carphone = video_facts(folder / "carphone_2997_sar.mp4")
    assert (carphone["width"], carphone["height"], carphone["frames"]) == (193, 144, 120)
    assert carphone["vfr"] is False and carphone["audio"] is False
    crying = video_facts(folder / "crying_23976.mp4")
    assert crying["frames"] == 472 and crying["duration"] == pytest.approx(19.686333)
