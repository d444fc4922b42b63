"""Which frame comes, and what it costs to jump to it."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
from av.video.reformatter import Interpolation, VideoReformatter

from tests import clips
from tests.bench.measuring import Spent, figure, measure
from viewer.core.errors import StudioError
from viewer.core.shown_picture import PictureView
from viewer.core.video import VideoFile

LARGE = clips.Clip("large.mp4", range(240), options=clips.x264(60), size=(1280, 720))
PLAYED = (
    clips.Clip("720p.mp4", range(180), options=clips.x264(60), size=(1280, 720)),
    clips.Clip("1080p.mp4", range(120), options=clips.x264(60), size=(1920, 1080)),
    clips.Clip("4k.mp4", range(48), options=clips.x264(60), size=(3840, 2160)),
)
PANE = (900, 506)
"""Device pixels of a video's pane in a large window."""
RECORDINGS = Path(__file__).resolve().parents[3] / "shared" / "data" / "video"
REAL = ("crying_23976.mp4", "phone_hevc_vfr_face_lost.mov")


def wrong_frames(clip: clips.Clip, path: Path) -> tuple[int, int]:
    """(wrong, asked): every frame forward, backward and 20 at random; a frame missing or too
    many counts, too."""
    forward = list(range(len(clip.numbers)))
    asked = [*forward, *forward[::-1], *random.Random(11).choices(forward, k=20)]
    try:
        with VideoFile.open(path) as video:
            wrong = abs(len(video.times) - len(forward))
            return wrong + sum(not _right(video, k, clip.numbers[k]) for k in asked), len(asked)
    except StudioError:
        return len(asked), len(asked)


def _right(video: VideoFile, index: int, number: int) -> bool:
    try:
        return clips.read_number(video.frame(index)) == number
    except (StudioError, AssertionError):
        return False


class _Plain:
    """PyAV alone: told by which keyframe to begin, it decodes up to a frame."""

    def __init__(self, path: Path) -> None:
        self._container: Any = av.open(str(path))
        with av.open(str(path)) as container:
            packets = [p for p in container.demux(video=0) if p.pts is not None and not p.is_discard]
        self.pts = sorted(p.pts or 0 for p in packets)
        self._keys = np.array(sorted(p.pts or 0 for p in packets if p.is_keyframe))
        self._stream = self._container.streams.video[0]
        self._stream.thread_type = "AUTO"
        self._pictures = self._container.decode(self._stream)
        self._scaler = VideoReformatter()
        next(self._pictures)

    def frame(self, index: int) -> npt.NDArray[np.uint8]:
        """RGB of one frame."""
        wanted = self.pts[index]
        key = int(self._keys[np.searchsorted(self._keys, wanted, side="right") - 1])
        self._container.seek(key, stream=self._stream, backward=True)
        for picture in self._container.decode(self._stream):
            if picture.pts == wanted:
                return np.asarray(picture.to_ndarray(format="rgb24"), np.uint8)
        raise RuntimeError(f"PyAV does not come to frame {index}")

    def play(self) -> None:
        """Decode all that is left, each picture scaled for a pane."""
        for picture in self._pictures:
            self._scaler.reformat(picture, *PANE, "bgr0", interpolation=Interpolation.AREA, threads=1)

    def close(self) -> None:
        self._container.close()


def _view(video: VideoFile) -> PictureView:
    return PictureView(PANE, (0.0, 0.0, float(video.facts.width), float(video.facts.height)))


def play(path: Path, count: int) -> tuple[Spent, Spent]:
    """A file just opened from its second frame to its end, to pictures of a pane's size, against
    PyAV alone doing the same."""
    ours, base = Spent([], []), Spent([], [])
    for round in range(count):
        plain = _Plain(path)
        with VideoFile.open(path) as video:
            view = _view(video)

            def through(_: int, video: VideoFile = video, view: PictureView = view) -> None:
                for k in range(1, len(video.times)):
                    video.shown(k, view)

            video.shown(0, view)
            pair = ((through, ours), (lambda _, plain=plain: plain.play(), base))
            for step, total in pair if round % 2 else pair[::-1]:
                (new,) = measure(step, count=1, warm=0)
                total.wall.extend(new.wall)
                total.cpu.extend(new.cpu)
        plain.close()
    return ours, base


def cold_seek(path: Path, count: int) -> tuple[Spent, Spent]:
    """Jumps into a file just opened, nothing cached, against PyAV decoding from the keyframe that
    the frame needs; both give RGB."""
    ours, base = Spent([], []), Spent([], [])
    order = random.Random(3)
    for round in range(count):
        plain = _Plain(path)
        with VideoFile.open(path) as video:
            index = order.randrange(len(video.times) // 8, len(video.times))
            # Whoever comes second finds the processor's caches warm.
            pair = ((video, ours), (plain, base))
            for player, total in pair if round % 2 else pair[::-1]:
                (new,) = measure(lambda _: player.frame(index), count=1, warm=0)  # noqa: B023
                total.wall.extend(new.wall)
                total.cpu.extend(new.cpu)
        plain.close()
    return ours, base


def cached_step(path: Path, count: int, shown: bool = False) -> Spent:
    """Stepping backward through pictures that were decoded on the way, to RGB or as a pane shows
    them."""
    with VideoFile.open(path) as video:
        last = min(len(video.times) - 1, 59)
        video.frame(last)
        # Coming back to a keyframe keeps all of its pictures.
        last -= 14
        video.frame(last)
        view = _view(video)

        def step(i: int) -> None:
            if shown:
                video.shown(last - 1 - i, view)
            else:
                video.frame(last - 1 - i)

        (spent,) = measure(step, count=min(count, last - 4), warm=3)
    return spent


def run(quick: bool = False) -> list[dict[str, Any]]:
    """The exactness set of the tests, a made clip of 1280 × 720, and real recordings where
    they are at hand."""
    chosen = clips.EXACT_CLIPS[::4] if quick else clips.EXACT_CLIPS
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        found = [wrong_frames(clip, clips.make(clip, folder)) for clip in chosen]
        asked = sum(of for _, of in found)
        figures = [
            figure(
                f"video: wrong frames of {asked:,} ({len(chosen)} clips)",
                float(sum(wrong for wrong, _ in found)),
                unit="frames",
                at_most=0.0,
            )
        ]
        paths = [(clips.make(LARGE, folder), "1280 × 720")]
        paths += [(RECORDINGS / real, real) for real in REAL if (RECORDINGS / real).is_file()]
        for path, label in paths:
            ours, base = cold_seek(path, 6 if quick else 40)
            figures.append(
                figure(
                    f"video: cold exact seek, {label}",
                    ours,
                    base,
                    clock="wall",
                    against="PyAV from the needed keyframe",
                    ratio_at_most=1.3,
                )
            )
        for path, label in paths:
            figures.append(figure(f"video: cached step, {label}", cached_step(path, 50), at_most=2.0))
        figures.append(
            figure(
                "video: cached step to the picture shown, 1280 × 720",
                cached_step(paths[0][0], 50, shown=True),
                at_most=2.0,
            )
        )
        for clip in PLAYED:
            ours, base = play(clips.make(clip, folder), 3 if quick else 7)
            figures.append(
                figure(
                    f"video: playing to the picture shown, {clip.name.partition('.')[0]}",
                    ours,
                    base,
                    against="PyAV doing the same",
                    ratio_at_most=1.15,
                )
            )
    return figures
