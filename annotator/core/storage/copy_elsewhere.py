"""Saving the work on a clip in another place than its own, because there it cannot be saved."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from annotator.core.model import TRACK_UNIT, ClipState
from annotator.core.names import safe_name
from annotator.core.performance import derived_track
from annotator.core.storage.clip_files import clip_to_json
from annotator.core.storage.clip_writer import annotation_bytes
from annotator.core.storage.json_files import encode_object
from annotator.core.storage.loading import LoadedClip
from annotator.core.storage.take_file import take_for_file
from viewer.core.files import atomic_write
from viewer.core.formats import write


def copy_elsewhere(state: ClipState, loaded: LoadedClip, folder: Path) -> Path:
    """Write the clip as it is now into a new folder below ``folder``: its words, the annotator's work
    and its takes, laid out as in a dataset, to be copied over the clip's own folder later.

    Returns the new folder.  Raises :class:`~viewer.core.errors.FileError`.
    """
    target = _free(folder / safe_name(state.clip.id, "clip"))
    place = loaded.place
    atomic_write(target / "annotations" / place.annotation_file.name, annotation_bytes(state, loaded))
    atomic_write(target / "clip.json", encode_object(clip_to_json(state.clip)))
    for take in state.takes:
        track = derived_track(take, loaded.full_scale)
        told = take if track is None else replace(take, pose_unit=TRACK_UNIT)
        atomic_write(target / "takes" / f"{take.id}.json", encode_object(take_for_file(told)))
        if track is not None:
            write(track, target / "takes" / f"{take.id}.csv", "livelink", sidecar=False)
    return target


def _free(wanted: Path) -> Path:
    path, number = wanted, 2
    while path.exists():
        path, number = wanted.with_name(f"{wanted.name}-{number}"), number + 1
    return path
