"""Saving a clip safely: each file in one step, the version before kept elsewhere, nobody else's
work written over."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from annotator.core.comparison.votes import Vote, merged_votes, with_vote
from annotator.core.model import TRACK_UNIT, ClipState, TakeInfo
from annotator.core.performance import derived_track, read_take
from annotator.core.storage.clip_files import (
    Annotation,
    annotation_to_json,
    clip_to_json,
)
from annotator.core.storage.journal import place_key
from annotator.core.storage.json_files import decode_object, encode_object, read_bytes, read_object
from annotator.core.storage.loading import LoadedClip, changed_clip_keys, read_clip_object
from annotator.core.storage.places import ClipPlace, safe_name
from annotator.core.storage.same_place import SamePlace
from annotator.core.storage.state_folder import state_folder
from annotator.core.storage.take_file import take_for_file, take_from_json
from viewer.core.errors import StudioError
from viewer.core.files import atomic_write, existing_folders_only
from viewer.core.formats import write
from viewer.core.pose import PoseReading

_NEWEST = 10
_HOURLY = 5
_DAILY = 5
_SECONDS_APART = 60
_STAMP = "%Y%m%d-%H%M%S-%f"
_STAMP_LENGTH = len("20260101-000000-000000")


@dataclass(frozen=True)
class SaveResult:
    """``written`` files; ``conflict`` is set when someone else had changed the annotation file, and
    names the file that now keeps ours."""

    written: tuple[Path, ...]
    conflict: Path | None = None


@dataclass(frozen=True)
class Backup:
    """An earlier version of a file."""

    path: Path
    made: datetime
    name: str


class Backups:
    """Earlier versions of one clip's files, in the user's state folder, about twenty of each."""

    def __init__(self, place: ClipPlace) -> None:
        readable = safe_name(f"{place.id} {place.annotator_id}")[:40]
        self.folder = state_folder() / "backups" / f"{readable}-{place_key(place)}"

    def all(self, name: str | None = None) -> list[Backup]:
        """Newest first; only of the file called ``name`` when given."""
        found = []
        for path in self.folder.glob("*"):
            try:
                made = datetime.strptime(path.name[:_STAMP_LENGTH], _STAMP).astimezone()
            except ValueError:
                continue
            original = path.name[_STAMP_LENGTH + 1 :].removeprefix("original-")
            if name in (None, original):
                found.append(Backup(path, made, original))
        return sorted(found, key=lambda backup: (backup.made, backup.path.name), reverse=True)

    def keep(self, path: Path, data: bytes, original: bool = False) -> None:
        """Keep ``data`` as a version of ``path``.  ``original`` is the file as it was before a
        repair: always kept; others are kept once a minute and thinned out.  What a clock that was
        wrong dated into the future says nothing of when the last one was kept.  Raises OSError."""
        now = datetime.now().astimezone()
        ages = ((now - version.made).total_seconds() for version in self.all(path.name))
        if not original and any(0 <= age < _SECONDS_APART for age in ages):
            return
        prefix = "original-" if original else ""
        self.folder.mkdir(parents=True, exist_ok=True)
        atomic_write(self.folder / f"{now.strftime(_STAMP)}_{prefix}{path.name}", data)
        ordinary = [v for v in self.all(path.name) if "_original-" not in v.path.name]
        for version in thinned(ordinary, now):
            version.path.unlink(missing_ok=True)


def thinned(backups: Iterable[Backup], now: datetime) -> list[Backup]:
    """Those to remove: all but the newest ten, the last of each of five more hours and of five more
    days.  What is dated after ``now`` counts as older than everything else."""
    ordered = sorted(backups, key=lambda backup: (backup.made <= now, backup.made), reverse=True)
    kept = ordered[:_NEWEST]
    for form, count in (("%Y%m%d%H", _HOURLY), ("%Y%m%d", _DAILY)):
        seen = {backup.made.strftime(form) for backup in kept}
        more: dict[str, Backup] = {}
        for backup in ordered:
            period = backup.made.strftime(form)
            if period not in seen and len(more) < count:
                more.setdefault(period, backup)
        kept = [*kept, *more.values()]
    return [backup for backup in ordered if backup not in kept]


def annotation_bytes(state: ClipState, loaded: LoadedClip) -> bytes:
    """The annotation file of ``state``."""
    words = clip_to_json(state.clip) if loaded.place.clip_file is None else None
    return encode_object(
        annotation_to_json(
            Annotation(state.status, state.keyframes, state.spans, loaded.fingerprint, words, state.extra)
        )
    )


def conflict_file(annotation_file: Path) -> Path:
    """A free name for the second of two versions."""
    stem = f"{annotation_file.stem}.conflict-{datetime.now().strftime('%Y%m%d-%H%M%S')}"
    path = annotation_file.with_name(f"{stem}.json")
    number = 2
    while path.exists():
        path = annotation_file.with_name(f"{stem}-{number}.json")
        number += 1
    return path


class ClipWriter:
    """Writes what changed of a clip since it was loaded or last saved."""

    def __init__(self, loaded: LoadedClip) -> None:
        self._loaded = loaded
        self._backups = Backups(loaded.place)
        self._same_place = SamePlace(loaded.place, (loaded.video_path, loaded.track_path))
        self._on_disk = dict(loaded.on_disk)
        self._unsaved_originals = set(loaded.repaired)
        self._annotation_file = loaded.place.annotation_file
        self._untold_conflict: Path | None = None
        self._annotation = annotation_bytes(loaded.state, loaded)
        self._clip = loaded.state.clip
        self._takes: dict[str, TakeInfo] = {take.id: take for take in loaded.state.takes}

    def encode(self, state: ClipState) -> bytes:
        """The annotation file that :meth:`save` would write."""
        return annotation_bytes(state, self._loaded)

    def accept_video(self, fingerprint: Mapping[str, Any]) -> None:
        """The annotator has looked: the work belongs to the video as it is now."""
        self._loaded = replace(self._loaded, fingerprint=dict(fingerprint))

    def read_as(self, pose: PoseReading | None) -> None:
        """From now on its rotations are read so."""
        self._loaded = replace(self._loaded, pose=pose)

    def save(self, state: ClipState) -> SaveResult:
        """Write the files of ``state`` that differ.  Raises OSError,
        :class:`~viewer.core.errors.StudioError`, among them
        :class:`~annotator.core.storage.same_place.DatasetGoneError`; what was written before stays
        written, the rest is written by the next call."""
        written: list[Path] = []
        self._same_place.check(self._on_disk)
        with existing_folders_only():
            self._save_annotation(self.encode(state), written)
            self._save_clip(state, written)
            self._save_takes(state, written)
        conflict, self._untold_conflict = self._untold_conflict, None
        return SaveResult(tuple(written), conflict)

    def _save_annotation(self, data: bytes, written: list[Path]) -> None:
        if data == self._annotation:
            return
        path = self._annotation_file
        current = _current(path)
        if current is not None and current not in (self._on_disk.get(path), data):
            path = conflict_file(self._loaded.place.annotation_file)
        self._replace(path, data, written)
        if path != self._annotation_file:
            self._untold_conflict = self._annotation_file = path
        self._annotation = data

    def _save_clip(self, state: ClipState, written: list[Path]) -> None:
        path = self._loaded.place.clip_file
        changed = changed_clip_keys(self._clip, state.clip)
        if path is not None and changed:
            # Clip words are everybody's: only what changed here is set in the file as it is now.
            current = _current(path)
            if current is not None:
                self._on_disk[path] = current
            self._replace(path, encode_object({**read_clip_object(path), **changed}), written)
        self._clip = state.clip

    def _save_takes(self, state: ClipState, written: list[Path]) -> None:
        takes = {take.id: take for take in state.takes}
        for id in self._takes.keys() - takes.keys():
            # Its adding was undone: its files stay, so that redo finds them.
            takes[id] = replace(self._takes[id], deleted=True)
        for id, take in takes.items():
            if self._takes.get(id) != take:
                path = self._loaded.place.take_file(id)
                # The track first: a take that is there has one, whenever the machine stops.
                unit = self._save_track(take, written)
                told = replace(self._with_all_votes(path, take), pose_unit=unit)
                self._replace(path, encode_object(take_for_file(told)), written)
                self._takes[id] = take

    def _save_track(self, take: TakeInfo, written: list[Path]) -> str:
        """The track of a take whose performance was changed, for those who read the folder, and of one
        that an earlier version wrote, whose rotations were no radians; the unit it is in now."""
        before, loaded = self._takes.get(take.id), self._loaded
        unit = self._unit_on_disk(take)
        if unit and before is not None and before.performance == take.performance:
            return unit
        path = loaded.place.take_track(take.id)
        track = derived_track(take, loaded.full_scale)
        if track is None and (unit or not path.is_file()):
            return unit
        if track is None:
            track = read_take(replace(take, pose_unit=unit), path, loaded.full_scale)
        self._same_place.make_folder(path.parent)
        write(track, path, "livelink", sidecar=False)
        written.append(path)
        return TRACK_UNIT

    def _unit_on_disk(self, take: TakeInfo) -> str:
        """The unit that the take's file says its track is in; empty in that of an earlier version."""
        try:
            return take_from_json(take.id, read_object(self._loaded.place.take_file(take.id)), []).pose_unit
        except StudioError:
            return take.pose_unit

    def _with_all_votes(self, path: Path, take: TakeInfo) -> TakeInfo:
        """The take with the votes that others have added to its file since it was read."""
        before = self._takes.get(take.id)
        current = _current(path)
        if current is None:
            return take
        try:
            now = take_from_json(take.id, decode_object(current, path), [])
        except StudioError:
            return take
        mine = () if before is None else before.votes
        return replace(take, votes=merged_votes(mine, take.votes, now.votes))

    def _replace(self, path: Path, data: bytes, written: list[Path]) -> None:
        before = self._on_disk.get(path)
        if before is not None:
            # A full state disk must not keep the work itself from being saved.
            with contextlib.suppress(OSError):
                self._backups.keep(path, before, original=path in self._unsaved_originals)
        self._same_place.make_folder(path.parent)
        atomic_write(path, data)
        self._unsaved_originals.discard(path)
        self._on_disk[path] = data
        written.append(path)


def _current(path: Path) -> bytes | None:
    return read_bytes(path) if os.path.lexists(path) else None


def record_vote(place: ClipPlace, vote: Vote) -> None:
    """Append a vote to the file of its take, for a clip that is not open here.

    Raises :class:`StudioError` when the take's file cannot be read or written.
    """
    path = place.take_file(vote.take)
    take = take_from_json(vote.take, read_object(path), [])
    with existing_folders_only():
        atomic_write(path, encode_object(take_for_file(with_vote(take, vote))))


def restore_backup(place: ClipPlace, backup: Backup) -> None:
    """Make ``backup`` the file again, of a clip that is not open: where it is, an edit does it
    (:func:`annotator.core.storage.earlier_versions.restoring_edit`).  The broken file is kept among
    the backups.

    Raises OSError.
    """
    files = [place.annotation_file, *([place.clip_file] if place.clip_file is not None else [])]
    path = next((file for file in files if file.name == backup.name), place.takes_folder / backup.name)
    current = _current(path)
    if current is not None:
        Backups(place).keep(path, current, original=True)
    data = read_bytes(backup.path)
    SamePlace(place).make_folder(path.parent)
    with existing_folders_only():
        atomic_write(path, data)
