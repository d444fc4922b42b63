"""What the command line does to put tracks and videos in step, without a window."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from annotator.core.storage.dataset import Library, open_library
from annotator.core.storage.recorded import missing_file, read_recorded
from annotator.core.storage.track_files import read_track
from annotator.core.sync.clip import InStep, look, save_offset
from annotator.core.sync.estimate import THRESHOLD
from viewer.core.errors import StudioError
from viewer.core.progress import Progress


@dataclass(frozen=True)
class Wanted:
    """What is asked for: how offsets are found, how far they are looked for (s), and whether they are
    written.  ``set_to`` and ``by`` are seconds."""

    estimate: bool = False
    timecodes: bool = False
    set_to: float | None = None
    by: float | None = None
    reach: float = 2.0
    apply: bool = False
    captured: Path | None = None

    @property
    def finds(self) -> bool:
        """Whether an offset is to be found at all."""
        return self.estimate or self.timecodes or self.set_to is not None or self.by is not None


@dataclass(frozen=True)
class Told:
    """The report, and how many clips could not be looked at or have no offset that is sure."""

    report: dict[str, Any]
    failed: int
    unsure: int
    first: str


def sync_clips(paths: Sequence[Path], track: Path | None, wanted: Wanted, progress: Progress) -> Told:
    """Look at clips, at all of a dataset, or at a video and a track; see :class:`Wanted`.

    A clip that cannot be read is told in the report and the others go on.  Raises what opening the paths
    raises, and :class:`~viewer.core.errors.Cancelled`.
    """
    if track is not None:
        told = [_pair(paths[0], track, wanted, progress)]
    else:
        # A clip that is named twice is changed once.
        named = {(library.root, id): library for path in paths for library, id in _clips(path)}
        clips = [(library, id) for (_root, id), library in named.items()]
        told = []
        for number, (library, id) in enumerate(clips):
            progress(number, len(clips), id)

            def step(_done: int, _total: int, what: str, number: int = number, id: str = id) -> None:
                progress(number, len(clips), f"{id}: {what}")

            told.append(_clip(library, id, wanted, step))
    failed = [clip for clip in told if "error" in clip]
    unsure = [clip for clip in told if "error" not in clip and wanted.finds and clip["found"] is None]
    first = failed[0]["error"] if failed else ""
    return Told({"threshold": THRESHOLD, "clips": told}, len(failed), len(unsure), first)


def _clips(path: Path) -> Iterator[tuple[Library, str]]:
    library, one = open_library(path)
    yield from ((library, id) for id in ([one] if one is not None else [c.id for c in library.clips]))


def _pair(video: Path, track: Path, wanted: Wanted, progress: Progress) -> dict[str, Any]:
    """A video and a track that belong to no clip; what goes wrong is raised."""
    captured = read_track(wanted.captured) if wanted.captured is not None else None
    step = look(
        video,
        read_track(track),
        0.0,
        video.name,
        wants_estimate=wanted.estimate,
        reach=wanted.reach,
        captured=captured,
        progress=progress,
    )
    return {"video": str(video), "track": str(track), **_told(step, _found(step, wanted))}


def _clip(library: Library, id: str, wanted: Wanted, progress: Progress) -> dict[str, Any]:
    try:
        loaded = library.load_clip(id)
        if loaded.video_path is None:
            raise missing_file(loaded, "video")
        captured = read_track(wanted.captured) if wanted.captured is not None else None
        step = look(
            loaded.video_path,
            read_recorded(loaded),
            loaded.state.clip.offset,
            id,
            wants_estimate=wanted.estimate,
            reach=wanted.reach,
            captured=captured,
            progress=progress,
        )
        found = _found(step, wanted)
        applied = wanted.apply and found is not None and found != step.offset
        if applied and found is not None:
            save_offset(library, id, found)
    except StudioError as fault:
        return {"clip": id, "error": fault.line()}
    return {"clip": id, **_told(step, found), "applied": applied}


def _found(step: InStep, wanted: Wanted) -> float | None:
    """The offset that is asked for: said, by timecodes, else estimated; None where none is sure."""
    if wanted.set_to is not None:
        return wanted.set_to
    if wanted.by is not None:
        return round(step.offset + wanted.by, 6)
    if wanted.timecodes and step.timecodes.offset is not None:
        return step.timecodes.offset
    if step.estimate is not None and step.estimate.offset is not None:
        return round(step.estimate.offset, 3)
    return None


def _told(step: InStep, found: float | None) -> dict[str, Any]:
    codes = step.timecodes
    told: dict[str, Any] = {
        "offset": step.offset,
        "video_seconds": round(step.video_seconds, 4),
        "track_seconds": round(step.track_seconds, 4),
        "timecodes": {
            "offset": codes.offset,
            "video": codes.video or None,
            "track_seconds_of_day": codes.track,
            "note": codes.note,
        },
        "found": found,
        "findings": [finding.to_json() for finding in step.findings],
    }
    if step.estimate is not None:
        estimate = step.estimate
        told["estimate"] = {
            "offset": None if estimate.offset is None else round(estimate.offset, 4),
            "best": None if estimate.best is None else round(estimate.best, 4),
            "confidence": round(estimate.confidence, 3),
            "tried": [round(float(estimate.offsets[0]), 3), round(float(estimate.offsets[-1]), 3)],
            "cues": {name: round(estimate.part_at_best(name), 2) for name in estimate.cues},
            "reason": estimate.reason,
        }
    return told
