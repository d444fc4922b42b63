"""The sound of a video, on the video's own time.

Sample 0 is the moment of the first picture: sound that the file starts earlier is cut, sound
that starts later is preceded by silence.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from viewer.core.cancel import CancelToken
from viewer.core.errors import VideoError
from viewer.core.video_index import Progress, first_time, packets_of, read_packets
from viewer.core.video_reader import open_container
from viewer.core.video_stream import picture_stream

_GAP = 0.05
_FULL_SCALE = 32767
# So few samples at a time stay in the processor's cache, and no copy of all is made on the way.
_BLOCK = 1 << 15
# A longer promise is not trusted with memory before the samples are there.
_LONGEST = 3600.0

Samples = NDArray[np.float32]


@dataclass(frozen=True)
class Sound:
    """``samples`` is (N, C) float32 in [-1, 1], C 1 or 2, at ``rate`` a second; sample 0 is the
    video's time 0."""

    samples: Samples
    rate: int

    @property
    def duration(self) -> float:
        """Seconds from the video's time 0 to the last sample."""
        return len(self.samples) / self.rate


def read_audio(
    path: Path | str,
    rate: int = 48000,
    cancel: CancelToken | None = None,
    progress: Progress | None = None,
    video_start: float | None = None,
) -> Sound | None:
    """Decode the first sound track of a file, mixed to mono or stereo.

    Parameters
    ----------
    path : Path or str
        A video file.
    rate : int
        Samples a second that are wanted.
    cancel : CancelToken, optional
        Looked at between packets.
    progress : callable, optional
        Called with 0 to 1 where the file says how long its sound is.
    video_start : float, optional
        The file's own time of the first picture in seconds (``VideoFile.start_pts_time``);
        without it the file is asked.

    Returns
    -------
    Sound or None
        A minute of stereo takes 23 MB.  None when the file has no sound.

    Raises
    ------
    FileError
        The file is missing, empty, a folder or not permitted.
    VideoError
        It is no video, or its sound cannot be decoded.
    Cancelled
        ``cancel`` was.
    """
    path = Path(path)
    if video_start is None:
        with open_container(path) as container:
            pictures = picture_stream(container)
            if not container.streams.audio:
                return None
            if pictures is None:
                video_start = 0.0
            else:
                video_start = first_time(read_packets(container, pictures, cancel), container.format.name)
    with open_container(path) as container:
        if not container.streams.audio:
            return None
        stream = container.streams.audio[0]
        if stream.codec_context is None:
            raise _undecodable(path)
        samples = _decode(container, stream, rate, video_start, cancel, progress)
    if samples is None:
        raise _undecodable(path)
    return Sound(samples, rate)


def write_pcm(samples: Samples, target: NDArray[np.int16], cancel: CancelToken | None = None) -> None:
    """Write samples as sound devices take them.

    Ten minutes of stereo take some tens of milliseconds, and more where ``target`` is fresh
    memory: not for the UI thread.

    Parameters
    ----------
    samples : (N, C) float32 array
        1 becomes 32767; what lies outside of [-1, 1] is cut.
    target : (N, C) int16 array
        Written to.
    cancel : CancelToken, optional
        Looked at between blocks.

    Raises
    ------
    Cancelled
        ``cancel`` was; a part is written.
    """
    for start in range(0, len(samples), _BLOCK):
        if cancel is not None:
            cancel.check()
        block = samples[start : start + _BLOCK] * np.float32(_FULL_SCALE)
        np.clip(np.rint(block, out=block), -_FULL_SCALE, _FULL_SCALE, out=block)
        target[start : start + _BLOCK] = block


def _undecodable(path: Path) -> VideoError:
    return VideoError(
        "its sound cannot be decoded", "continue without sound, or convert the file to MP4 with AAC", path
    )


def _decode(
    container: Any,
    stream: Any,
    rate: int,
    start: float,
    cancel: CancelToken | None,
    progress: Progress | None,
) -> Samples | None:
    """(N, C) samples from the video's time 0 on; None when nothing could be decoded."""
    layout = "mono" if stream.codec_context.channels == 1 else "stereo"
    total = float(stream.duration * stream.time_base) if stream.duration else 0.0
    tape = _Tape(1 if layout == "mono" else 2, round(min(total, _LONGEST) * rate))
    resampler: Any = None
    place = due = 0

    def collect(frame: Any) -> None:
        nonlocal place
        for block in resampler.resample(frame):
            samples = block.to_ndarray().T
            tape.write(place, samples)
            place += len(samples)

    for frame in _frames(container, stream, cancel):
        begins = due if frame.pts is None else round((frame.pts * float(frame.time_base) - start) * rate)
        if resampler is None or abs(begins - due) > _GAP * rate:
            if resampler is not None:
                collect(None)
            resampler = av.AudioResampler(format="fltp", layout=layout, rate=rate)
            place = due = begins
        due += round(frame.samples * rate / frame.sample_rate)
        collect(frame)
        if progress is not None and total:
            progress(min(1.0, max(0.0, due / rate / total)))
    if resampler is not None:
        collect(None)
    return tape.samples()


def _frames(container: Any, stream: Any, cancel: CancelToken | None) -> Iterator[Any]:
    """Decoded frames; damaged packets are left out."""
    packets = packets_of(container, stream)
    while True:
        if cancel is not None:
            cancel.check()
        try:
            packet = next(packets, None)
            if packet is None:
                yield from stream.decode(None)
                return
            yield from packet.decode()
        except av.error.InvalidDataError:
            continue
        except av.error.FFmpegError:
            return


class _Tape:
    """Samples written where they belong, in memory that grows when ``expected`` were too few."""

    def __init__(self, channels: int, expected: int) -> None:
        self._memory = np.zeros((max(expected, 1), channels), np.float32)
        self._length = 0
        self._written = False

    def write(self, place: int, block: Samples) -> None:
        """Write (n, C) samples from sample ``place`` on; those before 0 are cut."""
        self._written = True
        skip = max(0, -place)
        if skip >= len(block):
            return
        end = place + len(block)
        if end > len(self._memory):
            longer = np.zeros((end + end // 2, self._memory.shape[1]), np.float32)
            longer[: self._length] = self._memory[: self._length]
            self._memory = longer
        np.clip(block[skip:], -1.0, 1.0, out=self._memory[place + skip : end])
        self._length = max(self._length, end)

    def samples(self) -> Samples | None:
        """All that was written, in memory of its own size; None when there was nothing."""
        if not self._written:
            return None
        written = self._memory[: self._length]
        return written.copy() if len(self._memory) - self._length > self._length // 8 else written
