"""Pictures converted for a pane are the recorded ones, at the size and of the part asked for, and
what is kept of them stays within bounds and goes when the video closes."""

from __future__ import annotations

import gc
import random
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import pytest

from tests import clips
from viewer.core.byte_cache import ByteCache
from viewer.core.cancel import CancelToken
from viewer.core.errors import VideoError
from viewer.core.memory import give_back_freed_memory
from viewer.core.shown_picture import SINGLE_PIXELS_FROM, PictureView, ShownPicture
from viewer.core.video import VideoFile
from viewer.core.video_reader import FrameReader

MEGABYTE = 1 << 20
OTHERS = (
    clips.Clip("odd.mp4", range(20), options=clips.x264(), pixels="yuv444p", size=(203, 147)),
    clips.Clip(
        "odd_turned.mp4", range(20), options=clips.x264(), pixels="yuv444p", size=(203, 147), rotation=90
    ),
    clips.Clip("both.mp4", range(20), options=clips.x264(), rotation=90, sar=Fraction(2)),
    clips.Clip("alpha.mov", range(20), codec="qtrle", pixels="argb"),
    clips.Clip("alpha.mkv", range(20), codec="ffv1", pixels="yuva420p"),
    clips.Clip("ten_bit.mkv", range(20), codec="ffv1", pixels="yuv422p10le"),
    clips.Clip("large.mp4", range(40), options=clips.x264(20), size=(1280, 720)),
)


@pytest.fixture(scope="module")
def clip_paths(tmp_path_factory: pytest.TempPathFactory) -> clips.Shelf:
    return clips.Shelf(tmp_path_factory.mktemp("shown"), (*clips.EXACT_CLIPS, *OTHERS))


each_clip = pytest.mark.parametrize("clip", (*clips.EXACT_CLIPS, *OTHERS), ids=lambda clip: clip.name)
# Stored with as many colours as pixels or nearly so, upright and otherwise.
WITH_OWN_PIXELS = (
    "cfr.mp4",
    "motion_jpeg.avi",
    "rotated_90.mp4",
    "rotated_180.mp4",
    "rotated_270.mov",
    "odd.mp4",
    "odd_turned.mp4",
    "alpha.mov",
    "large.mp4",
)


def whole(video: VideoFile, width: int) -> PictureView:
    facts = video.facts
    size = width, max(1, round(width * facts.height / facts.width))
    return PictureView(size, (0.0, 0.0, float(facts.width), float(facts.height)))


def own_part(picture: ShownPicture, frame: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """The pixels of a whole frame that a picture covers."""
    left, top, right, bottom = (round(edge) for edge in picture.part)
    return frame[top:bottom, left:right]


@pytest.mark.slow
@each_clip
@pytest.mark.parametrize("width", [117, 640])
def test_the_picture_shown_is_the_one_asked_for_in_any_order_and_size(
    clip: clips.Clip, clip_paths: clips.Shelf, width: int
) -> None:
    with VideoFile.open(clip_paths[clip.name]) as video:
        view = whole(video, width)
        own_pixels = width >= SINGLE_PIXELS_FROM * video.facts.width
        forward = list(range(len(clip.numbers)))
        asked = [*forward, *forward[::-1], *random.Random(5).choices(forward, k=20)]
        for k in asked:
            picture = video.shown(k, view)
            pixels = picture.rgb()
            assert own_pixels or pixels.shape == (view.size[1], view.size[0], 3)
            assert picture.part == (0.0, 0.0, video.facts.width, video.facts.height)
            assert clips.read_number(pixels) == clip.numbers[k]


@pytest.mark.slow
@pytest.mark.parametrize("name", WITH_OWN_PIXELS)
def test_without_scaling_the_pixels_are_those_of_an_export(clip_paths: clips.Shelf, name: str) -> None:
    with VideoFile.open(clip_paths[name]) as video:
        for k in (0, 7, 19):
            shown, frame = video.shown(k).rgb().astype(int), video.frame(k).astype(int)
            assert shown.shape == frame.shape
            assert np.abs(shown - frame).max() <= (3 if name.startswith("odd") else 0)


@pytest.mark.parametrize("name", WITH_OWN_PIXELS)
def test_zoomed_in_the_pixels_are_the_recorded_ones_where_they_belong(
    clip_paths: clips.Shelf, name: str
) -> None:
    with VideoFile.open(clip_paths[name]) as video:
        wide, high = video.facts.width, video.facts.height
        for part in (
            (61.0, 40.0, 99.0, 83.0),
            (0.0, 0.0, 5.0, 5.0),
            (0.0, 50.0, wide, 60.0),
            (wide - 7.0, high - 3.0, wide, high),
        ):
            picture = video.shown(9, PictureView((5 * wide, 5 * high), part))
            left, top, right, bottom = picture.part
            assert left <= part[0] and top <= part[1] and right >= part[2] and bottom >= part[3]
            assert (right - left) * (bottom - top) <= (part[2] - part[0] + 32) * (part[3] - part[1] + 32)
            recorded = own_part(picture, video.frame(9)).astype(int)
            assert recorded.shape == picture.rgb().shape
            assert np.abs(picture.rgb() - recorded).max() <= (3 if name.startswith("odd") else 0)


@pytest.mark.parametrize("name", ["large.mp4", "rotated_90.mp4", "rotated_180.mp4", "sar_2.mp4", "both.mp4"])
def test_a_part_is_cut_from_what_the_whole_would_be(clip_paths: clips.Shelf, name: str) -> None:
    with VideoFile.open(clip_paths[name]) as video:
        wide, high = video.facts.width, video.facts.height
        size = wide * 5 // 4, high * 5 // 4
        part = (0.3 * wide, 0.55 * high, 0.6 * wide, 0.9 * high)
        cut = video.shown(3, PictureView(size, part))
        all_of_it = video.shown(3, PictureView(size, (0.0, 0.0, float(wide), float(high)))).rgb().astype(int)
        left, top = round(cut.part[0] * size[0] / wide), round(cut.part[1] * size[1] / high)
        pixels = cut.rgb().astype(int)
        same_place = all_of_it[top : top + pixels.shape[0], left : left + pixels.shape[1]]
        assert np.median(np.abs(pixels - same_place)) <= 2


def test_colours_stay_when_pictures_get_smaller(clip_paths: clips.Shelf) -> None:
    for name in ("ten_bit.mkv", "ten_bit.mp4", "motion_jpeg.avi", "alpha.mkv", "large.mp4"):
        with VideoFile.open(clip_paths[name]) as video:
            half = video.shown(3, whole(video, video.facts.width // 2)).rgb().astype(float)
            frame = video.frame(3).astype(float)
        rows, columns = half.shape[:2]
        averaged = frame[: 2 * rows, : 2 * columns].reshape(rows, 2, columns, 2, 3).mean(axis=(1, 3))
        assert np.median(np.abs(half - averaged)) <= 2.5, name


@pytest.fixture
def caches(monkeypatch: pytest.MonkeyPatch) -> list[ByteCache[Any]]:
    """What the videos opened from now on keep their pictures in."""
    made: list[ByteCache[Any]] = []

    def make(limit: int) -> ByteCache[Any]:
        made.append(ByteCache(limit))
        return made[-1]

    monkeypatch.setattr("viewer.core.video.ByteCache", make)
    return made


def test_what_is_wrong_with_a_frame_is_said_and_a_closed_video_says_so(
    clip_paths: clips.Shelf, caches: list[ByteCache[Any]]
) -> None:
    video = VideoFile.open(clip_paths["cfr.mp4"])
    with pytest.raises(VideoError, match="no frame 90"):
        video.shown(90)
    video.close()
    for ask in (video.shown, video.frame):
        with pytest.raises(VideoError, match="closed"):
            ask(0)
    assert caches and not any(cache.nbytes for cache in caches)


@pytest.mark.slow
def test_pictures_of_4k_are_kept_up_to_a_number_of_bytes(
    tmp_path: Path, caches: list[ByteCache[Any]]
) -> None:
    clip = clips.Clip("4k.mp4", range(20), options=clips.x264(20), size=(3840, 2160))
    with VideoFile.open(clips.make(clip, tmp_path)) as video:
        view = whole(video, 320)
        most = 0
        # Twice from the end: coming back to a keyframe keeps all that is decoded on the way.
        for k in (*range(20), *range(19, -1, -1), *range(19, 4, -1)):
            assert clips.read_number(video.shown(k, view).rgb()) == k
            most = max(most, sum(cache.nbytes for cache in caches))
        for k in range(4):
            video.frame(k)
            most = max(most, sum(cache.nbytes for cache in caches))
        assert 3840 * 2160 < most <= 160 * MEGABYTE


def test_playing_on_keeps_only_what_stepping_back_needs(
    clip_paths: clips.Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded: list[int] = []
    read = FrameReader.read

    def counted(reader: FrameReader, cancel: CancelToken | None = None) -> list[tuple[int, Any]] | None:
        pictures = read(reader, cancel)
        decoded.extend(ordinal for ordinal, _picture in pictures or ())
        return pictures

    with VideoFile.open(clip_paths["large.mp4"]) as video:
        for k in range(40):
            video.shown(k)
        monkeypatch.setattr(FrameReader, "read", counted)
        video.shown(39)
        video.shown(35)
        assert not decoded
        video.shown(20)
        assert decoded
        # A loop that is played again is decoded once more and then kept.
        for _ in range(3):
            for k in range(20, 40):
                video.shown(k)
        decoded.clear()
        for k in range(20, 40):
            video.shown(k)
        assert not decoded


@pytest.fixture
def no_collector() -> Iterator[None]:
    """Python's search for circles of references stays off."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def _frames_alive() -> int:
    return sum(isinstance(thing, av.VideoFrame) and thing.width > 2 for thing in gc.get_objects())


@pytest.mark.slow
@pytest.mark.usefixtures("no_collector")
def test_closing_lets_go_of_every_frame_at_once(clip_paths: clips.Shelf) -> None:
    before = _frames_alive()
    for name in ("large.mp4", "rotated_90.mp4", "open_gop.mp4"):
        video = VideoFile.open(clip_paths[name])
        for k in (*range(20), *range(19, -1, -1)):
            video.shown(k, whole(video, 100))
            video.frame(k)
        assert _frames_alive() > before
        video.close()
        # The video itself may be referred to for longer.
        assert _frames_alive() == before


@pytest.mark.usefixtures("no_collector")
def test_a_picture_outlives_its_video(clip_paths: clips.Shelf) -> None:
    with VideoFile.open(clip_paths["cfr.mp4"]) as video:
        picture = video.shown(17)
        others = [video.shown(k) for k in range(16)]
    del video, others
    give_back_freed_memory()
    assert clips.read_number(picture.rgb()) == 17


def test_a_cache_forgets_what_was_used_longest_ago() -> None:
    cache: ByteCache[str] = ByteCache(100)
    for k in range(4):
        cache.put(k, str(k), 30)
    assert cache.nbytes == 90 and [k in cache for k in range(4)] == [False, True, True, True]
    assert cache.get(1) == "1" and cache.get(0) is None
    cache.put(4, "4", 40)
    assert [k in cache for k in range(5)] == [False, True, False, True, True] and cache.nbytes == 100
    cache.put(4, "again", 10)
    assert cache.nbytes == 70 and cache.get(4) == "again"
    cache.drop(lambda key: key < 4)
    assert len(cache) == 1 and cache.nbytes == 10
    cache.put(5, "too large", 1000)
    assert len(cache) == 1 and cache.get(5) == "too large"
    cache.clear()
    assert len(cache) == 0 and cache.nbytes == 0
