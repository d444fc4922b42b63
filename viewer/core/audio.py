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
from viewer.core.errors import VideoFault
from viewer.core.video_index import Progress, first_time, packets_of, read_packets
from viewer.core.video_reader import open_container, picture_stream

_GAP = 0.05

Samples = NDArray[np.float32]


@dataclass(frozen=True)
class Sound:
    """``samples`` is (N, C) float32 in [-1, 1], C 1 or 2, at ``rate`` a second; sample 0 is the
    video's time 0."""

    samples: Samples
    rate: int

    @property
    def duration(self) -> float:
        return len(self.samples) / self.rate


def read_audio(
    path: Path | str, rate: int = 48000, cancel: CancelToken | None = None,
    progress: Progress | None = None, video_start: float | None = None,
) -> Sound | None:
    """Decode the first sound track, mixed to mono or stereo; None when the file has none.

    ``video_start`` is the file's own time of the first picture (``VideoFile.start_pts_time``);
    without it the file is asked.  A minute of stereo takes 23 MB.  Raises ``FileFault``,
    ``VideoFault`` when the sound cannot be decoded, and ``Cancelled``.
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
        placed = _decode(container, stream, rate, video_start, cancel, progress)
    if not placed:
        raise _undecodable(path)
    return Sound(_assemble(placed), rate)


def _undecodable(path: Path) -> VideoFault:
    return VideoFault("its sound cannot be decoded",
                      "go on without sound, or convert the file to MP4 with AAC", path)


def _decode(
    container: Any, stream: Any, rate: int, start: float, cancel: CancelToken | None,
    progress: Progress | None,
) -> list[tuple[int, Samples]]:
    """Blocks of (n, C) samples with the place of their first sample."""
    layout = "mono" if stream.codec_context.channels == 1 else "stereo"
    total = float(stream.duration * stream.time_base) if stream.duration else 0.0
    placed: list[tuple[int, Samples]] = []
    resampler: Any = None
    place = due = 0

    def collect(frame: Any) -> None:
        nonlocal place
        for block in resampler.resample(frame):
            samples = np.ascontiguousarray(block.to_ndarray().T, np.float32)
            placed.append((place, samples))
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
    return placed


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


def _assemble(placed: list[tuple[int, Samples]]) -> Samples:
    length = max(0, max(place + len(block) for place, block in placed))
    samples = np.zeros((length, placed[0][1].shape[1]), np.float32)
    for place, block in placed:
        skip = max(0, -place)
        if skip < len(block):
            samples[place + skip:place + len(block)] = block[skip:]
    return np.clip(samples, -1.0, 1.0)
