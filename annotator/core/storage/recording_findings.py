"""What there is to know about the recording and the video of a clip: what was assumed when they were
read, what is missing in them, and whether they fit each other."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np

from annotator.core.findings import Finding
from annotator.core.storage.loading import LoadedClip
from annotator.core.storage.recorded import read_recorded
from viewer.core.cancel import CancelToken
from viewer.core.channels import BY_NAME, SHAPE_COUNT
from viewer.core.errors import StudioError
from viewer.core.formats.rows import KEPT_WEIGHTS
from viewer.core.track import Track
from viewer.core.video import VideoFile
from viewer.core.video_facts import VideoFacts

_TOLERANCE = 0.05
_LENGTHS_DIFFER = 0.25
_OTHER_TAKE = 0.67
"""Share of the longer one below which the shorter is hardly of the same take."""
_SYNC = "find the offset with Put track in step, or kfstudio sync --estimate"
_SAID_OTHERWISE = re.compile(
    r"\d+ (missing channel|channels? missing)|no face was detected in any frame"
    rf"|{KEPT_WEIGHTS} \S+: they are kept"
)


def clip_findings(
    loaded: LoadedClip, where: str, cancel: CancelToken | None = None
) -> tuple[float | None, list[Finding]]:
    """The seconds of a clip, None where neither file of it can be read, and what there is to know of its
    video and its recording; ``where`` names the clip.

    Raises :class:`~viewer.core.errors.Cancelled`.
    """
    findings: list[Finding] = []
    video_length = track_length = None
    clip = loaded.state.clip
    if loaded.video_path is not None:
        video_length, more = video_file_findings(loaded.video_path, f"{where}/{clip.video}")
        findings += more
    if loaded.track_path is not None:
        track, more = reading_findings(lambda: read_recorded(loaded, cancel), f"{where}/{clip.track}")
        findings += more
        if track is not None:
            track_length = track.duration
    findings += length_findings(video_length, track_length, clip.offset, where)
    track_end = None if track_length is None else track_length + clip.offset
    lengths = [length for length in (video_length, track_end) if length is not None]
    return (max(lengths) if lengths else None), findings


def video_file_findings(path: Path, where: str) -> tuple[float | None, list[Finding]]:
    """The seconds of a video, and what there is to know of it; None where it cannot be read."""
    try:
        with VideoFile.open(path) as video:
            facts = video.facts
    except StudioError as fault:
        return None, [fault_finding(fault, where)]
    return facts.duration, video_findings(facts, where)


def reading_findings(reader: Callable[[], Track], where: str) -> tuple[Track | None, list[Finding]]:
    """What ``reader`` reads, and what there is to know of it; None where it cannot be read."""
    try:
        track = reader()
    except StudioError as fault:
        return None, [fault_finding(fault, where)]
    return track, track_findings(track, where)


def fault_finding(fault: StudioError, where: str) -> Finding:
    """A fault of a file as a finding."""
    place = where if fault.path is None or fault.path.name in where else f"{where}/{fault.path.name}"
    return Finding("error", place, fault.what, fault.todo)


def track_findings(track: Track, where: str) -> list[Finding]:
    """What was assumed, lost frames, gaps, values out of range, and channels that are missing."""
    findings = [Finding("note", where, note, "") for note in track.notes if not _SAID_OTHERWISE.match(note)]
    if track.invalid_frames == len(track):
        findings.append(Finding("error", where, "no frame of it has a face", "record it again"))
        return findings
    if track.invalid_frames:
        findings.append(
            Finding(
                "warning",
                where,
                f"no face was detected in {track.invalid_frames} of {len(track)} frames",
                "leave these frames out, or record it again",
            )
        )
    gaps = track.gaps()
    if gaps:
        start, end = max(gaps, key=lambda gap: gap[1] - gap[0])
        count = "1 gap" if len(gaps) == 1 else f"{len(gaps)} gaps"
        findings.append(
            Finding(
                "warning",
                where,
                f"it has {count}, the longest from {start:.2f} to {end:.2f} s",
                "keyframes there have no recorded values",
            )
        )
    return findings + _outside(track, where) + _missing(track, where)


def video_findings(facts: VideoFacts, where: str) -> list[Finding]:
    """Frames that cannot be told apart, damage, and all that the video's notes tell."""
    findings: list[Finding] = []
    if not facts.exact:
        findings.append(
            Finding("warning", where, "its frames cannot be told apart exactly", "convert it to H.264 in MP4")
        )
    for note in facts.notes:
        if note in facts.damage:
            findings.append(Finding("warning", where, note, "copy it again from where it was recorded"))
        else:
            findings.append(Finding("note", where, note, ""))
    return findings


def length_findings(video: float | None, track: float | None, offset: float, where: str) -> list[Finding]:
    """Whether a video and a recording that last so many seconds (None: unknown) fit each other, where the
    recording begins ``offset`` seconds into the video, and what to do where they do not."""
    if video is None or track is None:
        return []
    end = offset + track
    enough = max(_LENGTHS_DIFFER, 0.02 * max(video, track))
    if end <= 0 or offset >= video:
        what = (
            f"at an offset of {offset:+.2f} s the track lies outside the video, which is {video:.2f} s long"
        )
        return [Finding("warning", where, what, f"set the offset to 0 and {_SYNC}, or use another file")]
    if abs(video - track) > enough and min(video, track) < _OTHER_TAKE * max(video, track):
        what = f"the video is {video:.2f} s long, the track ends at {end:.2f} s"
        todo = "check that both are of one take, and use another file where they are not; else "
        return [Finding("warning", where, what, f"{todo}{_SYNC}, or trim the longer one")]
    if abs(video - end) <= enough and abs(offset) <= enough:
        return []
    what = f"the video is {video:.2f} s long, the track ends at {end:.2f} s"
    if offset:
        what += f" at its offset of {offset:+.2f} s"
        todo = "check the offset; if it is right, trim what only one of them has, or leave it"
        return [Finding("note", where, what, todo)]
    return [Finding("warning", where, what, f"{_SYNC}; if they begin together, trim the longer one")]


def _outside(track: Track, where: str) -> list[Finding]:
    values = track.values[track.valid][:, :SHAPE_COUNT]
    outside = (values < -_TOLERANCE) | (values > 1 + _TOLERANCE)
    if not outside.any():
        return []
    worst = int(np.abs(np.where(outside, values - 0.5, 0.0)).max(axis=0).argmax())
    name = list(BY_NAME)[worst]
    low, high = float(values[:, worst].min()), float(values[:, worst].max())
    return [
        Finding(
            "warning",
            where,
            f"{int(outside.sum())} weights are outside 0 to 1, most in {name} ({low:.3f} to {high:.3f})",
            "they are kept and clamped only where they are shown",
        )
    ]


def _missing(track: Track, where: str) -> list[Finding]:
    missing = [name for name, channel in BY_NAME.items() if not track.present[channel.index]]
    if not missing:
        return []
    shown = ", ".join(missing[:5]) + (" …" if len(missing) > 5 else "")
    return [Finding("note", where, f"it lacks {len(missing)} channels: {shown}", "they are shown at rest")]
