"""What the command line does to suggest keyframes, without a window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from annotator.core.storage.dataset import Library, open_library
from annotator.core.suggestions.clip import suggestions_of
from viewer.core.errors import DatasetError, StudioError
from viewer.core.progress import Progress


@dataclass(frozen=True)
class Told:
    """The report, how many clips could not be looked at, and what was wrong with the first of them."""

    report: dict[str, Any]
    failed: int
    first: str


def suggest_keyframes(
    path: Path, clips: Sequence[str], most: int | None, kinds: Sequence[str], progress: Progress
) -> Told:
    """Suggestions for a track, a clip, or the ``clips`` of a dataset (none named: all), in the order of
    time, of the ``kinds`` that are named (none: all).

    A clip of several that cannot be read is told in the report and the others go on.  Raises what opening
    the path raises, and what reading the only clip raises.
    """
    library, one = open_library(path)
    known = [entry.id for entry in library.clips]
    unknown = [id for id in clips if id not in known]
    if unknown:
        raise DatasetError(f"there is no clip {unknown[0]!r}", "see the folder clips/ for their names", path)
    ids = list(dict.fromkeys(clips)) or ([one] if one is not None else known)
    told = list[dict[str, Any]]()
    failed = list[str]()
    for number, id in enumerate(ids):
        progress(number, len(ids), id)
        try:
            told.append(_clip(library, id, most, kinds))
        except StudioError as fault:
            if len(ids) == 1:
                raise
            failed.append(fault.line())
            told.append({"clip": id, "error": fault.line()})
    return Told({"clips": told}, len(failed), failed[0] if failed else "")


def _clip(library: Library, id: str, most: int | None, kinds: Sequence[str]) -> dict[str, Any]:
    found = suggestions_of(library.load_clip(id), most=None if kinds else most)
    wanted = [each for each in found if not kinds or each.kind in kinds][:most]
    ranked = [{"rank": rank, **each.to_json()} for rank, each in enumerate(wanted, 1)]
    return {"clip": id, "suggestions": sorted(ranked, key=lambda each: each["time_in_clip"])}
