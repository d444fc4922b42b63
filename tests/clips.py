"""Small video clips whose pixels say which frame they are.

Every frame carries its number as twelve big black or white cells and six check cells, which
survive compression, scaling and square-pixel correction; :func:`read_number` reads it back and
refuses a picture that is turned, mirrored or mixed from two frames.
"""

from __future__ import annotations

import contextlib
import os
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import numpy.typing as npt

WIDTH, HEIGHT = 192, 144
COLUMNS, ROWS = 6, 3
_BAND = HEIGHT * 3 // 4
_CHECK = 61


def draw_number(number: int, width: int = WIDTH, height: int = HEIGHT) -> npt.NDArray[np.uint8]:
    """(height, width, 3) uint8 RGB picture that carries ``number`` (0 to 4095)."""
    bits = (number << COLUMNS) | (number % _CHECK)
    cells = np.array([(bits >> (COLUMNS * ROWS - 1 - k)) & 1 for k in range(COLUMNS * ROWS)])
    band = height * _BAND // HEIGHT
    picture = np.empty((height, width, 3), np.uint8)
    rows = np.minimum(np.arange(band) * ROWS // band, ROWS - 1)
    columns = np.minimum(np.arange(width) * COLUMNS // width, COLUMNS - 1)
    lit = cells.reshape(ROWS, COLUMNS)[rows][:, columns]
    picture[:band] = np.where(lit, 235, 20)[..., None]
    moving = (np.arange(width)[None, :] * 2 + np.arange(height - band)[:, None] * 3 + number * 7) % 256
    picture[band:, :, 0] = moving
    picture[band:, :, 1] = 255 - moving
    picture[band:, :, 2] = 96
    return picture


def picture_at(path: Path) -> npt.NDArray[np.uint8]:
    """(height, width, 3) uint8 RGB of a picture's file; AssertionError where it is none."""
    picture = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None, f"{path} is not a picture"
    return np.asarray(picture[:, :, ::-1], np.uint8)


def read_number(picture: npt.NDArray[np.uint8]) -> int:
    """The number drawn in a picture; AssertionError when the check cells disagree."""
    height, width = picture.shape[:2]
    band = height * _BAND // HEIGHT
    bits = 0
    for row in range(ROWS):
        for column in range(COLUMNS):
            top, bottom = (band * (4 * row + k) // (4 * ROWS) for k in (1, 3))
            left, right = (width * (4 * column + k) // (4 * COLUMNS) for k in (1, 3))
            mean = float(picture[top:bottom, left:right].mean())
            assert not 90 < mean < 165, f"cell {row},{column} is neither black nor white: {mean:.0f}"
            bits = bits * 2 + int(mean > 128)
    number, check = bits >> COLUMNS, bits & ((1 << COLUMNS) - 1)
    assert number % _CHECK == check, f"the picture carries no number ({number}, {check})"
    return number


@dataclass
class Clip:
    """How to make one clip.  ``ticks`` are presentation times in units of ``time_base``."""

    name: str
    ticks: Sequence[int]
    time_base: Fraction = Fraction(1, 30)
    codec: str = "libx264"
    options: dict[str, str] = field(default_factory=dict)
    pixels: str = "yuv420p"
    size: tuple[int, int] = (WIDTH, HEIGHT)
    rotation: int = 0  # degrees by which a player turns it counterclockwise
    sar: Fraction | None = None
    format: str | None = None
    sound: npt.NDArray[np.float32] | None = None
    sound_codec: str = "aac"
    sound_delay: float = 0.0
    skip_edit: int = 0

    @property
    def times(self) -> npt.NDArray[np.float64]:
        """Seconds of the frames that a player shows, the first at 0."""
        shown = np.asarray(self.ticks[self.skip_edit :], np.float64) * float(self.time_base)
        return np.asarray(shown - shown[0], np.float64)

    @property
    def numbers(self) -> list[int]:
        """The numbers of the frames that a player shows, in order."""
        return list(range(self.skip_edit, len(self.ticks)))


def x264(gop: int = 12, b: int = 3, **more: str) -> dict[str, str]:
    """Options of a fast H.264 encode; ``more`` are x264 parameters with ``_`` for ``-``."""
    parameters = {
        "keyint": str(gop),
        "min-keyint": str(gop),
        "scenecut": "0",
        "bframes": str(b),
        "b-adapt": "0",
        "log-level": "-1",
        **{k.replace("_", "-"): v for k, v in more.items()},
    }
    return {
        "preset": "ultrafast",
        "crf": "20",
        "x264-params": ":".join(f"{k}={v}" for k, v in parameters.items()),
    }


@contextlib.contextmanager
def _unhurried() -> Iterator[None]:
    """Give the processor back: as root, SVT-AV1 moves whoever calls it to real-time priority for good, and
    the tests after it would keep everybody else waiting, the threads that write files among them."""
    if not hasattr(os, "sched_getscheduler"):
        yield
        return
    policy, priority = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        yield
    finally:
        os.sched_setscheduler(0, policy, priority)


def make(clip: Clip, folder: Path) -> Path:
    """Write the clip into ``folder`` and return its path."""
    path = folder / clip.name
    with _unhurried(), av.open(str(path), "w", format=clip.format) as out:
        rate = Fraction(30) if clip.time_base.denominator > 1000 else 1 / clip.time_base
        stream: Any = out.add_stream(clip.codec, rate=rate, options=clip.options)
        stream.width, stream.height = clip.size if clip.rotation % 180 == 0 else clip.size[::-1]
        stream.pix_fmt = clip.pixels
        stream.codec_context.time_base = clip.time_base
        if clip.sar is not None:
            stream.codec_context.sample_aspect_ratio = clip.sar
        if clip.rotation:
            stream.set_display_rotation(clip.rotation)
        audio: Any = out.add_stream(clip.sound_codec, rate=48000) if clip.sound is not None else None
        if audio is not None:
            audio.layout = "mono"
        packets: list[Any] = []
        for number, tick in enumerate(clip.ticks):
            picture = np.rot90(draw_number(number, *clip.size), -clip.rotation // 90)
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            frame = frame.reformat(format=clip.pixels)
            frame.pts, frame.time_base = tick, clip.time_base
            packets += stream.encode(frame)
        packets += stream.encode()
        if audio is not None:
            packets += _sound(clip, audio)
        # The muxer wants both streams in one order of time.
        packets.sort(key=lambda p: float((p.dts if p.dts is not None else 0) * p.time_base))
        for packet in packets:
            out.mux(packet)
    if clip.skip_edit:
        _cut_start(path, clip)
    return path


class Shelf(dict[str, Path]):
    """Paths of clips by name, each made in ``folder`` when it is first asked for."""

    def __init__(self, folder: Path, clips: Iterable[Clip]) -> None:
        super().__init__()
        self._folder = folder
        self._clips = {clip.name: clip for clip in clips}

    def __missing__(self, name: str) -> Path:
        self[name] = make(self._clips[name], self._folder)
        return self[name]


def _sound(clip: Clip, stream: Any) -> list[Any]:
    rate, block = 48000, 1024
    samples = np.asarray(clip.sound, np.float32)
    packets: list[Any] = []
    for start in range(0, len(samples), block):
        frame = av.AudioFrame.from_ndarray(samples[None, start : start + block], format="fltp", layout="mono")
        frame.sample_rate, frame.time_base = rate, Fraction(1, rate)
        frame.pts = start + round(clip.sound_delay * rate)
        packets += stream.encode(frame)
    return [*packets, *stream.encode()]


def _cut_start(path: Path, clip: Clip) -> None:
    """Move the start of the first track's edit list forward by ``skip_edit`` frames."""
    data = bytearray(path.read_bytes())
    at = data.index(b"elst") + 4
    version = data[at]
    assert version == 0
    (entries,) = struct.unpack_from(">I", data, at + 4)
    assert entries == 1
    duration, media_time = struct.unpack_from(">Ii", data, at + 8)
    mdhd = data.index(b"mdhd")
    (scale,) = struct.unpack_from(">I", data, mdhd + 16)
    mvhd = data.index(b"mvhd")
    (movie_scale,) = struct.unpack_from(">I", data, mvhd + 16)
    cut = float((clip.ticks[clip.skip_edit] - clip.ticks[0]) * clip.time_base)
    shorter, later = duration - round(cut * movie_scale), media_time + round(cut * scale)
    struct.pack_into(">Ii", data, at + 8, shorter, later)
    path.write_bytes(data)


def tone(seconds: float, hertz: float = 440.0, rate: int = 48000) -> npt.NDArray[np.float32]:
    """A sine of one pitch, (samples,) float32."""
    return (0.5 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def click_at(seconds: float, length: float, rate: int = 48000) -> npt.NDArray[np.float32]:
    """Silence with a 20 ms burst of tone that begins at ``seconds``."""
    samples = np.zeros(round(length * rate), np.float32)
    start = round(seconds * rate)
    samples[start : start + rate // 50] = tone(0.02, 1000.0, rate)
    return samples


# The AV1 encoder would write its settings to standard error.
os.environ.setdefault("SVT_LOG", "1")

_SLOWING = [k * 20 for k in range(40)] + [800 + k * 60 for k in range(30)]
_rng = np.random.default_rng(7)
_JITTERED = np.cumsum(_rng.integers(300, 900, 80)).tolist()

EXACT_CLIPS: tuple[Clip, ...] = (
    Clip("cfr.mp4", range(90), options=x264()),
    Clip("cfr.mkv", range(90), options=x264()),
    Clip("cfr_2997.mp4", range(60), Fraction(1001, 30000), options=x264(30, 2)),
    Clip("one_key.mp4", range(60), options=x264(600, 3)),
    Clip(
        "vp9.webm",
        range(40),
        codec="libvpx-vp9",
        options={"cpu-used": "8", "deadline": "realtime", "g": "12"},
    ),
    Clip(
        "vp8_altref.webm",
        range(60),
        codec="libvpx",
        options={
            "cpu-used": "8",
            "deadline": "good",
            "g": "30",
            "auto-alt-ref": "1",
            "lag-in-frames": "16",
            "b": "400k",
            # Several threads of this encoder wait for each other by turning round, which on a busy
            # machine takes a minute.
            "threads": "1",
        },
    ),
    Clip("vfr.mkv", _SLOWING, Fraction(1, 600), options=x264()),
    Clip("vfr.mp4", _SLOWING, Fraction(1, 600), options=x264()),
    Clip("jittered.mp4", _JITTERED, Fraction(1, 15360), options=x264()),
    Clip("open_gop.mp4", range(90), options=x264(12, 3, open_gop="1")),
    Clip(
        "open_gop_hevc.mp4",
        range(50),
        codec="libx265",
        options={
            "preset": "ultrafast",
            "x265-params": "keyint=12:min-keyint=12:open-gop=1:bframes=3:log-level=-1",
        },
    ),
    Clip("intra_refresh.mp4", range(90), options=x264(20, 0, intra_refresh="1")),
    Clip("offset.mp4", range(45, 135), options=x264()),
    Clip("transport.ts", range(3000, 3090), options=x264()),
    Clip("transport_open_gop.ts", range(300, 390), options=x264(12, 3, open_gop="1")),
    Clip("program.mpg", range(60), Fraction(1, 25), codec="mpeg2video", options={"g": "12", "bf": "2"}),
    Clip("interlaced.ts", range(40), options=x264(12, 3, tff="1")),
    Clip(
        "ten_bit.mp4",
        range(20),
        codec="libx265",
        pixels="yuv420p10le",
        options={"preset": "ultrafast", "x265-params": "keyint=8:log-level=-1"},
    ),
    Clip("edit_list.mp4", range(90), options=x264(), skip_edit=17),
    Clip("mpeg4.avi", range(60), codec="mpeg4", options={"g": "12"}),
    Clip("mpeg4_b.avi", range(60), codec="mpeg4", options={"g": "12", "bf": "2"}),
    Clip("h264_b.avi", range(90), options=x264()),
    Clip("raw.h264", range(60), options=x264(), format="h264"),
    Clip("rotated_90.mp4", range(30), options=x264(), rotation=90),
    Clip("rotated_180.mp4", range(30), options=x264(), rotation=180),
    Clip("rotated_270.mov", range(30), options=x264(), rotation=270),
    Clip("sar_2.mp4", range(30), options=x264(), sar=Fraction(2, 1)),
    Clip("motion_jpeg.avi", range(30), codec="mjpeg", pixels="yuvj420p"),
    Clip(
        "av1.mp4",
        range(30),
        codec="libsvtav1",
        options={"preset": "8", "crf": "4", "svtav1-params": "keyint=12"},
    ),
    Clip("sound.mp4", range(60), options=x264(), sound=tone(2.0)),
)
