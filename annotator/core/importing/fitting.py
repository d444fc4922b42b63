"""Whether the video and the track of a planned clip are of one length and one time.

Thousands of pairs are compared before anybody waits long: of a Live Link recording the first and the last
rows tell its length, of a video its header.  Where these do not fit, or say nothing, both are read whole.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from annotator.core.findings import Finding
from annotator.core.importing.plan import Plan, PlannedClip
from annotator.core.storage.recording_findings import (
    length_findings,
    reading_findings,
    video_file_findings,
)
from annotator.core.storage.untold import timed_by
from viewer.core.cancel import CancelToken
from viewer.core.errors import StudioError
from viewer.core.files import open_plain
from viewer.core.formats import livelink, read, timecode
from viewer.core.formats.table import HEAD_BYTES, open_table

_TAIL_BYTES = 16384
_APART = 0.05
_DAY = 86400.0


@dataclass(frozen=True)
class Fit:
    """Seconds of the video and of the track, as far as they are known, and what there is to know."""

    video: float | None
    track: float | None
    findings: tuple[Finding, ...]


def fit_of(plan: Plan, clip: PlannedClip, cancel: CancelToken | None = None) -> Fit:
    """Compare the two files of a planned clip.  Raises :class:`~viewer.core.errors.Cancelled`."""
    cancel = cancel or CancelToken()
    cancel.check()
    video = None if clip.video is None else _video_header(plan.path(clip.video))
    track = None if clip.track is None else _recording_ends(plan.path(clip.track))
    if _is_plain(clip, video, track):
        differ = () if video is None or track is None else _clocks_differ(clip, video, track)
        return Fit(_seconds(video), _seconds(track), differ)
    return _read_whole(plan, clip, cancel)


@dataclass(frozen=True)
class _Ends:
    """How long a file lasts, and at which time of day it begins, where it says so; both in seconds."""

    seconds: float
    clock: float | None


def _seconds(ends: _Ends | None) -> float | None:
    return None if ends is None else ends.seconds


def _is_plain(clip: PlannedClip, video: _Ends | None, track: _Ends | None) -> bool:
    """Whether what the ends of the files tell is enough."""
    if (clip.video is not None and video is None) or (clip.track is not None and track is None):
        return False
    if video is None or track is None:
        return True
    return not length_findings(video.seconds, track.seconds, clip.words.offset, clip.id)


def _read_whole(plan: Plan, clip: PlannedClip, cancel: CancelToken) -> Fit:
    findings: list[Finding] = []
    video_seconds = track_seconds = None
    path = None if clip.video is None else plan.path(clip.video)
    if path is not None:
        video_seconds, more = video_file_findings(path, f"{clip.id}/{clip.video}")
        findings += more
    if clip.track is not None:
        at = plan.path(clip.track)
        reading = lambda: timed_by(read(at, cancel=cancel), path)  # noqa: E731
        track, more = reading_findings(reading, f"{clip.id}/{clip.track}")
        findings += more
        if track is not None:
            track_seconds = track.duration
    findings += length_findings(video_seconds, track_seconds, clip.words.offset, clip.id)
    return Fit(video_seconds, track_seconds, tuple(findings))


def _clocks_differ(clip: PlannedClip, video: _Ends, track: _Ends) -> tuple[Finding, ...]:
    if video.clock is None or track.clock is None:
        return ()
    apart = (track.clock - video.clock + _DAY / 2) % _DAY - _DAY / 2
    if abs(apart - clip.words.offset) <= _APART:
        return ()
    what = f"by their timecodes the track begins {apart:+.3f} s from the video"
    what += f", its offset is {clip.words.offset:g} s"
    return (Finding("warning", clip.id, what, "set the offset, if both clocks were in step"),)


def _video_header(path: Path) -> _Ends | None:
    """What the head of a video says; None where it says too little."""
    from viewer.core.video_reader import open_container
    from viewer.core.video_stream import picture_stream

    try:
        with open_container(path) as container:
            stream = picture_stream(container)
            if stream is None:
                return None
            seconds = float(stream.duration * stream.time_base) if stream.duration else 0.0
            seconds = seconds or (container.duration or 0) / 1e6
            said = [stream.metadata, container.metadata, *(each.metadata for each in container.streams)]
            code = next((each["timecode"] for each in said if "timecode" in each), "")
            return _Ends(seconds, _clock(code, float(stream.average_rate or 0))) if seconds > 0 else None
    except StudioError:
        return None


def _clock(code: str, fps: float) -> float | None:
    """The time of day of a video's timecode, whose last part counts its own frames."""
    parts = code.replace(";", ":").split(":")
    if len(parts) != 4 or not all(part.isdecimal() for part in parts) or fps <= 0:
        return None
    hours, minutes, seconds, frames = map(int, parts)
    return hours * 3600 + minutes * 60 + seconds + frames / fps


def _recording_ends(path: Path) -> _Ends | None:
    """What the first and the last rows of a Live Link recording say; None for any other track."""
    try:
        table = open_table(path, livelink.is_header)
        names = [name.lower() for name in table.header]
        if table.text is not None or "timecode" not in names:
            return None
        at, delimiter = names.index("timecode"), table.delimiter
        with open_plain(path) as file:
            head = file.read(HEAD_BYTES)
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _TAIL_BYTES))
            tail = file.read() if size > HEAD_BYTES else b""
    except StudioError:
        return None
    lines = head.decode("utf-8", "replace").splitlines()[table.skip + 1 :]
    # The line at either cut may be half of one.
    lines = lines[:-1] + tail.decode("utf-8", "replace").splitlines()[1:] if tail else lines
    codes = [cells[at] for line in lines if len(cells := line.split(delimiter)) > at]
    times = timecode.unwrap_midnight(timecode.parse(codes, []), [])
    times = times[np.isfinite(times)]
    if times.size < 2:
        return None
    step = float(np.median(np.abs(np.diff(times[:HEAD_BYTES]))))
    return _Ends(float(times.max() - times.min()) + step, float(times[0]) % _DAY)
