"""Writing an H.264 film that plays everywhere, with sound where the source has some."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from types import TracebackType

import av
import numpy as np
from av.video.reformatter import Colorspace, VideoReformatter
from numpy.typing import NDArray

from viewer.core.audio import Sound, read_audio
from viewer.core.cancel import CancelToken
from viewer.core.errors import ExportError
from viewer.core.in_use import rename_when_free

_TICKS = 90_000
_SOUND_RATE = 48_000
_SOUND_BLOCK = 1024
_BT709 = 1
_LIMITED_RANGE = 1
_MAX_SIDE = 8192


class VideoWriter:
    """An MP4 (H.264, yuv420p, AAC) that appears at ``path`` only when it is complete.

    ``fps`` frames a second, or ``times`` the seconds of each frame, ascending; ``live`` frames bring
    their own to :meth:`add`.  ``audio_from``
    is a video whose sound is taken from ``audio_start`` seconds of *its* first
    picture on and ends with the film; one without sound gives a silent film.  ``sound`` (at
    48 kHz) is for sound that lies in no file.  Sizes are made
    even by repeating the last row or column.  Leaving the ``with`` block by an error aborts.

    Raises ``ExportError`` when the file cannot be written, and what :func:`read_audio` raises.
    """

    def __init__(
        self,
        path: Path | str,
        width: int,
        height: int,
        fps: float | Fraction | None = None,
        times: Sequence[float] | NDArray[np.float64] | None = None,
        audio_from: Path | str | None = None,
        audio_start: float = 0.0,
        cancel: CancelToken | None = None,
        sound: Sound | None = None,
        live: bool = False,
    ) -> None:
        if (fps is not None) + (times is not None) + live != 1:
            raise ValueError("give one of fps, times and live")
        if not (0 < width <= _MAX_SIDE and 0 < height <= _MAX_SIDE):
            raise ExportError(
                f"a film of {width} × {height} cannot be written",
                f"choose a size up to {_MAX_SIDE} × {_MAX_SIDE}",
                path,
            )
        self.path = Path(path)
        self.width, self.height = width + width % 2, height + height % 2
        self._given = (height, width)
        self._rate = Fraction(30) if fps is None else Fraction(fps).limit_denominator(1001)
        self._times: list[float] | None = None
        if times is not None or live:
            self._times = np.asarray(() if times is None else times, np.float64).tolist()
        self._live = live
        self._held: NDArray[np.uint8] | None = None
        self._count = 0
        self._audio_start = audio_start
        self._sound = sound if audio_from is None else read_audio(audio_from, _SOUND_RATE, cancel)
        self._sound_at = 0
        self._scaler = VideoReformatter()
        self._finished = False
        self._open()

    def _open(self) -> None:
        if self.path.exists() and not self.path.is_file():
            raise ExportError("it is not a plain file", "give the name of a file", self.path)
        self._partial = self.path.parent / f".{self.path.stem[:40]}-{secrets.token_hex(6)}.part"
        try:
            self._create()
            self._start()
        except BaseException:
            # An interrupt from the keyboard too must not leave the partial file.
            with contextlib.suppress(OSError):
                self._partial.unlink(missing_ok=True)
            raise

    def _create(self) -> None:
        try:
            self._partial.touch(exist_ok=False)
        except OSError as fault:
            raise ExportError(
                f"the folder cannot be written ({fault.strerror})",
                "choose another folder or ask for permission",
                self.path,
            ) from None

    def _start(self) -> None:
        """Begin the container in the partial file."""
        # The index goes first, so that the film starts to play while it is still being sent.
        self._container = av.open(str(self._partial), "w", format="mp4", options={"movflags": "+faststart"})
        video = self._container.add_stream(
            "libx264", rate=self._rate, options={"crf": "18", "preset": "veryfast"}
        )
        video.width, video.height, video.pix_fmt = self.width, self.height, "yuv420p"
        context = video.codec_context
        self._time_base = Fraction(1, _TICKS) if self._times is not None else 1 / self._rate
        context.time_base = self._time_base
        context.colorspace = context.color_primaries = context.color_trc = _BT709
        context.color_range = _LIMITED_RANGE
        self._video = video
        self._audio = None
        if self._sound is not None:
            self._audio = self._container.add_stream("aac", rate=_SOUND_RATE)
            self._audio.layout = "mono" if self._sound.samples.shape[1] == 1 else "stereo"

    def __enter__(self) -> VideoWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.abort()

    def add(self, frame: NDArray[np.uint8], time: float | None = None) -> None:
        """Append one (height, width, 3) uint8 RGB frame of the size given at the start; of a live one,
        ``time`` are its seconds, from any moment on, later than those of the frame before."""
        if not self._live:
            self._encode(frame)
            return
        assert self._times is not None
        if time is None or (self._times and time <= self._times[-1]):
            raise ValueError("a live frame needs a time after that of the frame before")
        # How long a frame is shown is known when the next one comes.
        self._times.append(time)
        held, self._held = self._held, frame
        if held is not None:
            self._encode(held)

    def _encode(self, frame: NDArray[np.uint8]) -> None:
        if frame.shape != (*self._given, 3) or frame.dtype != np.uint8:
            raise ValueError(f"a frame must be {(*self._given, 3)} uint8, not {frame.shape} {frame.dtype}")
        if self._times is not None and self._count >= len(self._times):
            raise ValueError(f"there are times for only {len(self._times)} frames")
        extra = (self.height - self._given[0], self.width - self._given[1])
        if any(extra):
            frame = np.pad(frame, ((0, extra[0]), (0, extra[1]), (0, 0)), mode="edge")
        picture = self._scaler.reformat(
            av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24"),
            format="yuv420p",
            dst_colorspace=Colorspace.ITU709,
            threads=1,
        )
        picture.pts = self._ticks(self._count)
        picture.duration = self._ticks(self._count + 1) - picture.pts
        picture.time_base = self._time_base
        try:
            for packet in self._video.encode(picture):
                self._container.mux(packet)
            self._count += 1
            self._add_sound(float(picture.pts * self._time_base), last=False)
        except (av.error.FFmpegError, OSError) as fault:
            raise self._failed(fault) from None

    def close(self) -> None:
        """Finish the film and put it in place; harmless when repeated."""
        if self._finished:
            return
        if self._held is not None:
            held, self._held = self._held, None
            self._encode(held)
        if not self._count:
            self.abort()
            raise ExportError(
                "a film without frames cannot be written", "choose a part with frames in it", self.path
            )
        try:
            for packet in self._video.encode():
                self._container.mux(packet)
            self._add_sound(float(self._ticks(self._count) * self._time_base), last=True)
            self._container.close()
            with self._partial.open("rb") as file:
                os.fsync(file.fileno())
            rename_when_free(self._partial, self.path)
        except (av.error.FFmpegError, OSError) as fault:
            raise self._failed(fault) from None
        self._finished = True

    def abort(self) -> None:
        """Give up and leave nothing behind; an older film at ``path`` stays."""
        if self._finished:
            return
        self._finished = True
        with contextlib.suppress(av.error.FFmpegError, OSError):
            self._container.close()
        self._partial.unlink(missing_ok=True)

    def _failed(self, fault: Exception) -> ExportError:
        self.abort()
        reason = getattr(fault, "strerror", None) or "the encoder refused"
        return ExportError(
            f"the film could not be written ({reason})",
            "free some space on the disk or choose another place",
            self.path,
        )

    def _ticks(self, index: int) -> int:
        """Presentation time of a frame; past the last given time, one usual step later."""
        if self._times is None:
            return index
        if index < len(self._times):
            seconds = float(self._times[index] - self._times[0])
        else:
            step = float(np.median(np.diff(self._times))) if len(self._times) > 1 else 1 / 30
            seconds = float(self._times[-1] - self._times[0]) + step
        return round(seconds * _TICKS)

    def _add_sound(self, until: float, last: bool) -> None:
        """Encode sound up to ``until`` seconds of the film, so that both streams lie together."""
        if self._sound is None or self._audio is None:
            return
        end = round(until * _SOUND_RATE)
        while self._sound_at < end and (last or self._sound_at + _SOUND_BLOCK <= end):
            stop = min(self._sound_at + _SOUND_BLOCK, end)
            block = _piece(self._sound, self._audio_start, self._sound_at, stop)
            frame = av.AudioFrame.from_ndarray(block, format="fltp", layout=self._audio.layout.name)
            frame.sample_rate, frame.pts = _SOUND_RATE, self._sound_at
            frame.time_base = Fraction(1, _SOUND_RATE)
            for packet in self._audio.encode(frame):
                self._container.mux(packet)
            self._sound_at = stop
        if last:
            for packet in self._audio.encode():
                self._container.mux(packet)


def _piece(sound: Sound, start: float, low: int, high: int) -> NDArray[np.float32]:
    """(C, high - low) samples of the film's sound, silent outside the source."""
    shift = round(start * sound.rate)
    out = np.zeros((sound.samples.shape[1], high - low), np.float32)
    first, stop = max(low + shift, 0), min(high + shift, len(sound.samples))
    if first < stop:
        out[:, first - low - shift : stop - low - shift] = sound.samples[first:stop].T
    return out
