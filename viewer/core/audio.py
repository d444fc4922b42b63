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
_PEAK_BLOCK = 256
_PEAK_STEP = 4

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


@dataclass(frozen=True)
class WaveformPeaks:
    """Lowest and highest sample of each block, at several block lengths, for drawing.

    ``levels[k]`` is (n, 2) float32 of blocks of ``blocks[k]`` samples, all channels together.
    """

    rate: int
    blocks: tuple[int, ...]
    levels: tuple[Samples, ...]
    length: int

    def between(self, start: float, end: float, columns: int) -> Samples:
        """(columns, 2) lowest and highest value in equal parts of ``start`` to ``end`` seconds;
        zero outside the sound."""
        edges = np.linspace(start, end, columns + 1) * self.rate
        wanted = max(1.0, (end - start) * self.rate / max(1, columns))
        level = max((k for k, block in enumerate(self.blocks) if block <= wanted), default=0)
        peaks = self.levels[level]
        out = np.zeros((columns, 2), np.float32)
        if not len(peaks):
            return out
        low = np.floor(edges[:-1] / self.blocks[level]).astype(np.int64)
        high = np.maximum(np.ceil(edges[1:] / self.blocks[level]).astype(np.int64), low + 1)
        for column in np.flatnonzero((high > 0) & (low < len(peaks))):
            part = peaks[max(0, low[column]):high[column]]
            out[column] = part[:, 0].min(), part[:, 1].max()
        return out


def waveform_peaks(samples: Samples, rate: int = 48000, cancel: CancelToken | None = None) -> WaveformPeaks:
    """Peaks of (N,) or (N, C) samples in blocks of 256, 1024, 4096 … samples."""
    flat = samples[:, None] if samples.ndim == 1 else samples
    low, high = flat.min(axis=1, initial=1.0), flat.max(axis=1, initial=-1.0)
    blocks: list[int] = []
    levels: list[Samples] = []
    block, step = _PEAK_BLOCK, _PEAK_BLOCK
    while True:
        if cancel is not None:
            cancel.check()
        starts = np.arange(0, len(low), step)
        if len(starts):
            low, high = np.minimum.reduceat(low, starts), np.maximum.reduceat(high, starts)
        levels.append(np.stack([low, high], axis=1).astype(np.float32))
        blocks.append(block)
        if len(low) <= _PEAK_BLOCK:
            return WaveformPeaks(rate, tuple(blocks), tuple(levels), len(samples))
        block, step = block * _PEAK_STEP, _PEAK_STEP
