"""The timecode of a video's first frame, as cameras and recorders write it into the file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from viewer.core.video_reader import open_container
from viewer.core.video_stream import picture_stream

_PATTERN = re.compile(r"(\d{1,2}):(\d{2}):(\d{2})([:;.])(\d{1,3})")
_NTSC = 1000 / 1001
_ROUNDING = 0.005


@dataclass(frozen=True)
class VideoTimecode:
    """``text`` as it is written, and what it may mean: ``seconds`` since midnight by the clock that
    counted, ``nominal`` by reading hours, minutes and seconds as such.  They differ where a video of 29.97
    frames a second counts 30 without leaving numbers out."""

    text: str
    seconds: float
    nominal: float


def video_timecode(path: Path) -> VideoTimecode | None:
    """The timecode of the first frame; None where the file has none that can be read.

    Raises as :func:`viewer.core.video_reader.open_container`.
    """
    with open_container(path) as container:
        return timecode_of(container)


def timecode_of(container: Any) -> VideoTimecode | None:
    """As :func:`video_timecode`, of a file that is open."""
    pictures = picture_stream(container)
    if pictures is None:
        return None
    rate = float(pictures.guessed_rate or pictures.average_rate or 0.0)
    tags = [pictures.metadata, container.metadata, *(stream.metadata for stream in container.streams)]
    for tag in tags:
        text = str(tag.get("timecode", "")).strip()
        found = _PATTERN.fullmatch(text)
        if found is not None:
            return _read(text, found, rate)
    return None


def _read(text: str, found: re.Match[str], rate: float) -> VideoTimecode | None:
    hours, minutes, seconds, mark, frames = found.groups()
    base = round(rate)
    if base < 1 or int(frames) >= base or int(minutes) > 59 or int(seconds) > 59:
        return None
    whole = int(hours) * 3600 + int(minutes) * 60 + int(seconds)
    nominal = whole + int(frames) / base
    ntsc = abs(rate - base * _NTSC) < _ROUNDING
    if not ntsc:
        return VideoTimecode(text, nominal, nominal)
    number = whole * base + int(frames)
    if mark in ";.":
        full = whole // 60
        clock = (number - base // 15 * (full - full // 10)) / (base * _NTSC)
        return VideoTimecode(text, clock, clock)
    return VideoTimecode(text, number / (base * _NTSC), nominal)
