"""Second versions of an annotation file, which earlier releases wrote beside it or which lie there under
another spelling of the name, and one file again."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from annotator.core.model import ClipState
from annotator.core.names import CONFLICT
from annotator.core.storage.annotators import twins_of
from annotator.core.storage.backups import Backups
from annotator.core.storage.clip_files import annotation_from_json, clip_from_json
from annotator.core.storage.clip_parts import merge_states
from annotator.core.storage.json_files import decode_object, read_bytes
from annotator.core.storage.loading import LoadedClip
from annotator.core.storage.merge_rules import PartClash
from annotator.core.storage.places import ClipPlace
from viewer.core.errors import StudioError


@dataclass(frozen=True)
class OtherVersion:
    """A second version as read, or why it cannot be."""

    path: Path
    made: datetime
    state: ClipState | None
    fault: StudioError | None = None


def other_version_files(place: ClipPlace) -> list[Path]:
    """The second versions that lie beside an annotation file."""
    folder, stem = place.annotation_file.parent, place.annotation_file.stem
    try:
        names = sorted(entry.name for entry in os.scandir(folder))
    except OSError:
        return []
    stems = [name.removesuffix(".json") for name in names if name.endswith(".json")]
    written = [each for each in stems if CONFLICT.search(each) and CONFLICT.sub("", each) == stem]
    return [*(folder / f"{each}.json" for each in written), *twins_of(place.annotation_file)]


def read_other_versions(loaded: LoadedClip) -> list[OtherVersion]:
    """All second versions of the annotation file."""
    return [_read(loaded, path) for path in other_version_files(loaded.place)]


def _read(loaded: LoadedClip, path: Path) -> OtherVersion:
    made = datetime.fromtimestamp(0).astimezone()
    try:
        made = datetime.fromtimestamp(path.stat().st_mtime).astimezone()
        data = decode_object(read_bytes(path), path)
        found = annotation_from_json(data, path.name, [], loaded.earlier_rotations())
    except StudioError as fault:
        return OtherVersion(path, made, None, fault)
    except OSError as error:
        unreadable = StudioError(f"it cannot be read ({error.strerror})", "check its permissions", path)
        return OtherVersion(path, made, None, unreadable)
    state = loaded.state
    clip = state.clip if found.clip is None else clip_from_json(loaded.place.id, found.clip, [])
    return OtherVersion(
        path,
        made,
        replace(state, clip=clip, keyframes=found.keyframes, spans=found.spans, status=found.status),
    )


def merged_with(
    loaded: LoadedClip, state: ClipState, other: OtherVersion
) -> tuple[ClipState, list[PartClash]]:
    """``state`` with what only the other version has, and the parts in which the two differ.

    Raises :class:`StudioError`.
    """
    if other.state is None:
        raise other.fault or StudioError("it cannot be read", "open it in a text editor", other.path)
    theirs = replace(other.state, takes=state.takes, extra=state.extra)
    return merge_states(loaded, None, state, theirs)


def set_aside(place: ClipPlace, other: Path) -> None:
    """Move a second version among the backups.  Raises OSError, :class:`StudioError`."""
    Backups(place).keep(other, read_bytes(other), original=True)
    other.unlink()
