"""What there is to know of how a clip's track lies in its video, and setting its offset in the files."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from annotator.core.edits import change_clip
from annotator.core.findings import Finding
from annotator.core.storage.clip_writer import ClipWriter
from annotator.core.storage.dataset import Dataset, Library
from annotator.core.storage.journal import Journal
from annotator.core.storage.recording_findings import length_findings
from annotator.core.sync.estimate import Estimate
from annotator.core.sync.gather import REACH, estimate_offset
from annotator.core.sync.timecodes import TimecodeOffset, timecode_offset
from viewer.core.cancel import CancelToken
from viewer.core.errors import DatasetError
from viewer.core.progress import Progress, no_progress
from viewer.core.track import Track
from viewer.core.video import VideoFile


@dataclass(frozen=True)
class InStep:
    """How a track lies in its video: both lengths and the offset now in seconds, what timecodes and, where
    it was asked for, sound and pictures say, and what does not fit."""

    offset: float
    video_seconds: float
    track_seconds: float
    timecodes: TimecodeOffset
    estimate: Estimate | None = None
    findings: tuple[Finding, ...] = field(default=())


def look(
    video: Path,
    track: Track,
    offset: float,
    where: str,
    *,
    wants_estimate: bool,
    reach: float = REACH,
    captured: Track | None = None,
    cancel: CancelToken | None = None,
    progress: Progress = no_progress,
) -> InStep:
    """What is known of how ``track`` lies in ``video``; see :func:`estimate_offset` for the estimate.

    Raises what reading the video raises, and :class:`~viewer.core.errors.Cancelled`.
    """
    with VideoFile.open(video, cancel) as opened:
        seconds = opened.facts.duration
    codes = timecode_offset(video, seconds, track)
    estimated = None
    if wants_estimate:
        estimated = estimate_offset(
            video, track, offset=offset, reach=reach, captured=captured, cancel=cancel, progress=progress
        )
    findings = length_findings(seconds, track.duration, offset, where)
    return InStep(offset, seconds, track.duration, codes, estimated, tuple(findings))


def save_offset(library: Library, clip: str, offset: float) -> None:
    """Write a clip's offset into its files, as they are now.

    Raises :class:`DatasetError` where a window works on the clip, else what reading and writing raise.
    """
    place = library.place(clip) if isinstance(library, Dataset) else library.load_clip(clip).place
    journal = Journal.acquire(place)
    try:
        if journal.slot:
            raise DatasetError(
                "the clip is open in a window, or a window closed with unsaved work in it",
                "set its offset there, or close it first",
                place.clip_file or place.annotation_file,
            )
        # Nobody else writes now: what is read here is what is written over.
        loaded = library.load_clip(clip)
        if loaded.state.clip.offset == offset:
            return
        edit = change_clip(loaded.state, offset=offset)
        edit.validate(loaded.state)
        ClipWriter(loaded).save(edit.apply(loaded.state))
    finally:
        journal.close()
