"""How long clips are, without opening thousands of videos each time.

What was found of a file is kept in the user's state folder, by its path, size and time of change.
"""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from annotator.core.agreement.reading import ComparedClip
from annotator.core.agreement.settings import microseconds
from annotator.core.model import ClipInfo
from annotator.core.storage.dataset import Dataset
from annotator.core.storage.json_files import encode_object, read_object
from annotator.core.storage.places import ClipPlace
from annotator.core.storage.state_folder import state_folder
from annotator.core.storage.track_files import read_track
from annotator.core.storage.untold import order_of
from viewer.core.errors import StudioError
from viewer.core.files import atomic_write
from viewer.core.video import VideoFile

_KEPT = 100_000
"""Files whose length is kept, those asked for last."""

LengthFrom = Literal["video", "track", "marks"]


@dataclass(frozen=True)
class Length:
    """Microseconds of a clip, what tells them, and what is wrong with what should have."""

    time: int
    told_by: LengthFrom
    faults: tuple[str, ...] = ()


class Lengths:
    """Lengths of the clips of one dataset; :meth:`keep` writes down what was new."""

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self._file = state_folder() / "media-lengths.json"
        self._known: dict[str, list[Any]] = {}
        self._new = False
        self._read: dict[str, float | StudioError] = {}
        with suppress(StudioError, OSError):
            known = read_object(self._file).get("seconds")
            self._known = known if isinstance(known, dict) else {}

    def of(self, clip: ComparedClip) -> Length:
        """The video's duration; else the track's with the clip's offset; else the latest end of a mark."""
        info = clip.entry.info
        faults: list[str] = [] if clip.entry.fault is None else [clip.entry.fault.line()]
        if info is not None and info.video:
            seconds = self._seconds(info, info.video, "video", faults)
            if seconds is not None:
                return Length(microseconds(seconds), "video", tuple(faults))
        if info is not None and info.track:
            seconds = self._seconds(info, info.track, "track", faults)
            if seconds is not None:
                return Length(max(0, microseconds(seconds + info.offset)), "track", tuple(faults))
        ends = [span.end for work in clip.work.values() for span in work.spans]
        ends += [keyframe.time for work in clip.work.values() for keyframe in work.keyframes]
        return Length(max(ends, default=0), "marks", tuple(faults))

    def keep(self) -> None:
        """Write down what was found out; a state folder that cannot be written costs time only."""
        if not self._new:
            return
        newest = dict(list(self._known.items())[-_KEPT:])
        with suppress(StudioError, OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            atomic_write(self._file, encode_object({"version": 1, "seconds": newest}))

    def _seconds(self, info: ClipInfo, named: str, kind: LengthFrom, faults: list[str]) -> float | None:
        folder = self._dataset.root / "clips" / info.id
        place = ClipPlace(
            info.id,
            "",
            self._dataset.root,
            folder,
            None,
            folder / "annotations",
            folder / "takes",
            self._dataset.roots,
        )
        try:
            path = place.file(named)
            found = self._of_file(path, kind, order_of(info))
        except StudioError as fault:
            found = fault
        except (OSError, ValueError, RuntimeError) as error:
            faults.append(f"its {kind} cannot be read ({error})")
            return None
        if isinstance(found, StudioError):
            faults.append(f"its {kind} is not used: {found.line()}")
            return None
        return found

    def _of_file(self, path: Path, kind: LengthFrom, order: str | None) -> float | StudioError:
        facts = path.stat()
        key = str(path.resolve()) if order is None else f"{path.resolve()}?{order}"
        known = self._known.get(key)
        if isinstance(known, list) and known[:-1] == [facts.st_size, facts.st_mtime_ns]:
            kept = known[-1]
            if _is_length(kept):
                return float(kept)
        if key not in self._read:
            try:
                seconds = _video(path) if kind == "video" else read_track(path, order=order).duration
            except StudioError as fault:
                self._read[key] = fault
            else:
                self._read[key] = seconds
                self._known[key] = [facts.st_size, facts.st_mtime_ns, seconds]
                self._new = True
        return self._read[key]


def _video(path: Path) -> float:
    with VideoFile.open(path) as video:
        return video.facts.duration


def _is_length(seconds: Any) -> bool:
    return isinstance(seconds, int | float) and math.isfinite(seconds)
