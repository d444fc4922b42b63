"""Saving a clip safely: each file in one step and merged with what others made of it, the version
before kept elsewhere."""

from __future__ import annotations

import contextlib
import logging
import os
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from annotator.core.begun import BEGUN_KEY
from annotator.core.comparison.votes import Vote, with_vote
from annotator.core.findings import Finding
from annotator.core.merging import MISSING, Json, Merged, same
from annotator.core.model import TRACK_UNIT, ClipState, TakeInfo
from annotator.core.performance import derived_track, read_take
from annotator.core.storage.backups import Backups
from annotator.core.storage.clashes import keep_undecided
from annotator.core.storage.clip_files import clip_to_json
from annotator.core.storage.clip_parts import (
    annotation_part,
    file_of,
    parts_of,
    read_part,
    take_of_part,
    with_parts,
)
from annotator.core.storage.git_marks import decode_merged, unfinished_merge
from annotator.core.storage.json_files import decode_object, encode_object, in_order_of, read_object
from annotator.core.storage.loading import LoadedClip
from annotator.core.storage.merge_rules import (
    ANNOTATION_PART,
    CLIP_PART,
    TAKE_PART,
    PartClash,
    clashes_of,
    merge_part,
)
from annotator.core.storage.places import ClipPlace
from annotator.core.storage.same_place import SamePlace
from annotator.core.storage.shared_file import (
    Facts,
    ReplacedError,
    current_bytes,
    facts_of,
    replace_file,
    taken_by_turns,
    turn,
)
from annotator.core.storage.take_file import take_from_json, take_to_json
from viewer.core.errors import DatasetError, StudioError
from viewer.core.files import existing_folders_only
from viewer.core.formats import write
from viewer.core.pose import PoseReading

log = logging.getLogger(__name__)

_TRIES = 20
_BREATH = 0.02
"""Seconds until a file that is just being written is looked at again."""
_OWN_FIELDS = frozenset(
    ("version", "status", "keyframes", "emotions", "video_fingerprint", "clip", BEGUN_KEY)
)
_TRACK_UNIT_KEY = "pose_unit"
"""Of a take's file: the unit of the rotations in its track."""
_OFFERED = 10.0
"""Seconds after which what was not taken in is offered again."""
_RACING = 10.0
"""Seconds after a save in which somebody who did not take turns may still write what was there before
it."""


@dataclass(frozen=True)
class SaveResult:
    """What a save did.

    Attributes
    ----------
    written : tuple of Path
        The files that were replaced.
    saved : ClipState or None
        What was to be saved.
    merged : ClipState or None
        What the files hold where others had changed something: the clip is to become it.
    version : int
        Of ``merged``; whoever makes the clip that state says so with it.
    clashes : tuple of PartClash
        Parts that others had changed to something else: the files have ours, and theirs is kept until
        somebody chooses.
    """

    written: tuple[Path, ...]
    saved: ClipState | None = None
    merged: ClipState | None = None
    version: int = 0
    clashes: tuple[PartClash, ...] = ()


@dataclass
class _File:
    """One file.  ``ancestor`` is what the open clip and the file last had in common, ``known`` and
    ``held`` the file as last read or written: its bytes and what they say.  They differ while the clip
    has not yet taken in what others wrote.  An ``original`` is the file as it was before a repair;
    ``rewrite`` means that it cannot stay as it is; ``before`` what it held before the last saves."""

    part: str
    path: Path
    ancestor: Json
    known: bytes | None
    held: Json
    facts: Facts = None
    original: bool = False
    rewrite: bool = False
    before: deque[tuple[float, Json]] = field(default_factory=lambda: deque(maxlen=16))


@dataclass(frozen=True)
class _Offer:
    """What others changed, on its way into the clip: of each part what both had in common and what the
    file held.  The next is made when this one was taken in: so nobody has to know of two."""

    version: int
    made: float
    parts: Mapping[str, tuple[Json, Json]]


def annotation_bytes(state: ClipState, loaded: LoadedClip) -> bytes:
    """The annotation file of ``state``."""
    return encode_object(annotation_part(state, loaded))


class ClipWriter:
    """Writes what changed of a clip since it was loaded or last saved, and takes in what others
    changed of it."""

    def __init__(self, loaded: LoadedClip) -> None:
        self._loaded = loaded
        self._backups = Backups(loaded.place)
        self._same_place = SamePlace(loaded.place, (loaded.video_path, loaded.track_path))
        self._files = {
            part: self._file(part, value) for part, value in parts_of(loaded.state, loaded).items()
        }
        self._takes: dict[str, TakeInfo] = {take.id: take for take in loaded.state.takes}
        self._written: list[Path] = []
        self._clashes: list[PartClash] = []
        self._version = 0
        self._offer: _Offer | None = None
        self._folder_facts: Facts = None

    def _file(self, part: str, value: Json) -> _File:
        path = file_of(part, self._loaded.place)
        known = self._loaded.on_disk.get(path)
        repaired = path in self._loaded.repaired
        marked = repaired and unfinished_merge(known or b"") is not None
        return _File(part, path, value, known, value, original=repaired, rewrite=marked)

    def encode(self, state: ClipState) -> bytes:
        """The annotation file that :meth:`save` would write, were nobody else there."""
        file = self._files[ANNOTATION_PART]
        return self._encoded(file, self._annotation(state), file.held, file.known)

    def accept_video(self, fingerprint: Mapping[str, Any]) -> None:
        """The annotator has looked: the work belongs to the video as it is now."""
        self._loaded = replace(self._loaded, fingerprint=dict(fingerprint))

    def read_as(self, pose: PoseReading | None) -> None:
        """From now on its rotations are read so."""
        self._loaded = replace(self._loaded, pose=pose)

    def adopt(self, version: int) -> None:
        """The clip has become :attr:`SaveResult.merged` of that version: what differs from it from now
        on was changed here."""
        if self._offer is None or self._offer.version != version:
            return
        for part, (saved, held) in self._offer.parts.items():
            file = self._files[part]
            # More may have been saved since, without what was offered.
            file.ancestor = merge_part(part, saved, file.ancestor, held).value
        self._offer = None

    def save(self, state: ClipState, look: bool = False) -> SaveResult:
        """Write the files of ``state`` that differ, merged with what others wrote.

        Parameters
        ----------
        state
            The clip.
        look
            Look also at files that were not changed here, whether others changed them.

        Raises
        ------
        OSError, StudioError
            Among them :class:`~annotator.core.storage.same_place.DatasetGoneError`; what was written
            before stays written, the rest is written by the next call.
        """
        self._written = []
        self._same_place.check({file.path: file.known for file in self._files.values() if file.known})
        with existing_folders_only():
            if look:
                self._find_new_takes()
            for file in list(self._files.values()):
                self._settle(file, self._mine(file, state), look)
            self._save_new_takes(state)
        self._takes |= {take.id: take for take in state.takes}
        return self._result(state)

    # ---- what is here ------------------------------------------------------------------------

    def _annotation(self, state: ClipState) -> Json:
        """What the clip itself cannot change of its file is as it was when the two last met."""
        held = self._files[ANNOTATION_PART].ancestor
        return _with_file_keys(ANNOTATION_PART, annotation_part(state, self._loaded), held)

    def _mine(self, file: _File, state: ClipState) -> Json:
        if file.part == ANNOTATION_PART:
            return self._annotation(state)
        if file.part == CLIP_PART:
            return clip_to_json(state.clip)
        id = file.part.removeprefix(TAKE_PART)
        take = next((take for take in state.takes if take.id == id), None)
        if take is None:
            # Its adding was undone: its files stay, so that redo finds them.
            return file.ancestor if file.ancestor is MISSING else {**file.ancestor, "deleted": True}
        if self._takes.get(id) is take:
            return file.ancestor
        return _with_file_keys(file.part, take_to_json(take), file.ancestor)

    def _save_new_takes(self, state: ClipState) -> None:
        for take in state.takes:
            part = f"{TAKE_PART}{take.id}"
            if part not in self._files:
                self._files[part] = file = self._file(part, MISSING)
                self._settle(file, take_to_json(take), look=False)

    # ---- what is there -----------------------------------------------------------------------

    def _find_new_takes(self) -> None:
        """Takes that others made."""
        folder = self._loaded.place.takes_folder
        facts = facts_of(folder)
        if facts is None or facts == self._folder_facts:
            return
        with contextlib.suppress(OSError), os.scandir(folder) as entries:
            names = [entry.name for entry in entries]
            self._folder_facts = facts
            for name in sorted(names):
                part = f"{TAKE_PART}{name.removesuffix('.json')}"
                if name.endswith(".json") and not name.startswith(".") and part not in self._files:
                    self._files[part] = self._file(part, MISSING)

    def _settle(self, file: _File, mine: Json, look: bool) -> None:
        """Make one file what was made of it here and elsewhere."""
        changed_here = file.rewrite or not same(mine, file.ancestor)
        if not changed_here and not (look and facts_of(file.path) != file.facts):
            return
        try:
            with turn(file.path):
                self._meet_in_time(file, mine, changed_here)
        except StudioError as fault:
            if changed_here:
                raise
            # It is looked at again, and told once there is something to save.
            log.info("%s: what others wrote cannot be used: %s", file.path.name, fault)

    def _meet_in_time(self, file: _File, mine: Json, changed_here: bool) -> None:
        for tries_left in reversed(range(_TRIES)):
            try:
                self._meet(file, mine, force=changed_here and not tries_left)
                return
            except ReplacedError:
                if not changed_here:
                    return
                time.sleep(_BREATH)
        todo = "close the other program that writes it; your edits are kept and saving is tried again"
        raise DatasetError("another program keeps writing it", todo, file.path)

    def _meet(self, file: _File, mine: Json, force: bool) -> None:
        """Merge once and write what differs.  Raises :class:`ReplacedError` when others were quicker,
        and for what cannot be read, which may be half written: ``force`` replaces that."""
        facts, current = facts_of(file.path), current_bytes(file.path)
        theirs = there = file.held
        unreadable = False
        clashes: list[PartClash] = []
        if current is not None and current != file.known:
            found = self._read(file, current)
            unreadable = found is None
            if unreadable and not force:
                raise ReplacedError
            if found is not None:
                there, clashes = found
                repaired = self._with_ours(file, there, current)
                theirs = repaired.value
                clashes += clashes_of(file.part, repaired.clashes)
        merged = merge_part(file.part, file.ancestor, mine, theirs)
        clashes += clashes_of(file.part, merged.clashes)
        if clashes:
            # Kept first: once the file is replaced nobody else has theirs.
            keep_undecided(self._loaded.place, clashes)
        value = merged.value
        if file.rewrite or unreadable or not same(value, there):
            if file.part.startswith(TAKE_PART):
                value = self._with_track(file, value, there)
            data = self._encoded(file, value, there, current)
            self._keep_version(file, current, bool(clashes) or unreadable)
            self._same_place.make_folder(file.path.parent)
            replace_file(file.path, data, current)
            file.before.append((time.monotonic(), there))
            self._written.append(file.path)
            # Whoever does not take turns may have been quicker than a look at the facts.
            file.original, facts, current = False, None, data
        self._clashes += clashes
        file.known, file.held, file.facts, file.rewrite = current, value, facts, False
        file.ancestor = self._common(file, mine, value)

    def _common(self, file: _File, mine: Json, held: Json) -> Json:
        """What clip and file have in common after a save: all that is here."""
        if same(mine, held):
            return held
        return _with_file_keys(file.part, mine, held)

    def _with_ours(self, file: _File, theirs: Json, current: bytes) -> Merged:
        """Theirs, with what was saved here just before.  Who did not take turns may have begun with what
        was there before a save, and have written after it: then nothing of that save is in theirs."""
        if not taken_by_turns(file.path, current):
            for at, before in file.before:
                if before is MISSING or time.monotonic() - at > _RACING:
                    continue
                undone = merge_part(file.part, file.held, before, theirs)
                if undone.clashes or not same(undone.value, theirs):
                    continue
                ours = merge_part(file.part, before, file.held, theirs)
                if not same(ours.value, theirs):
                    return ours
        return Merged(theirs)

    def _read(self, file: _File, current: bytes) -> tuple[Json, list[PartClash]] | None:
        """What others wrote, with the clashes that git left in it; None for what cannot be read.

        Raises :class:`DatasetError` for a newer format.
        """
        findings: list[Finding] = []
        clashes: list[PartClash] = []
        try:
            data = decode_merged(file.part, current, file.path, findings, clashes)
        except StudioError as fault:
            log.info("%s cannot be read as others wrote it: %s", file.path.name, fault)
            return None
        # Git's marks go with the next save.
        file.rewrite = bool(findings)
        return read_part(file.part, self._loaded, data), clashes

    # ---- writing -----------------------------------------------------------------------------

    def _encoded(self, file: _File, value: Json, theirs: Json, current: bytes | None) -> bytes:
        if current is None:
            return encode_object(value)
        try:
            raw = decode_object(current, file.path)
        except StudioError:
            return encode_object(value)
        if file.part != CLIP_PART:
            return encode_object(in_order_of(value, raw))
        # Clip words are everybody's: only what changed here is set in the file as it is now.
        changed = {key: new for key, new in value.items() if not same(new, theirs.get(key, MISSING))}
        return encode_object({**raw, **changed})

    def _with_track(self, file: _File, value: Json, there: Json) -> Json:
        """Write the track of a take whose performance is not the one of ``there``, for those who read the
        folder, and of one that an earlier version wrote, whose rotations were no radians.  Before the
        take: one that is there has a track, whenever the machine stops.  Returns what to write of the
        take, with the unit its track is in now."""
        take, loaded = take_of_part(file.part, value), self._loaded
        unit = take.pose_unit if there is MISSING else there.get(_TRACK_UNIT_KEY, "")
        known = there is not MISSING and same(there.get("performance"), value.get("performance"))
        if unit and known:
            return value
        path = loaded.place.take_track(take.id)
        track = derived_track(take, loaded.full_scale)
        if track is None:
            if unit or not path.is_file():
                return value
            track = read_take(replace(take, pose_unit=unit), path, loaded.full_scale)
        self._same_place.make_folder(path.parent)
        write(track, path, "livelink", sidecar=False)
        self._written.append(path)
        return {**value, _TRACK_UNIT_KEY: TRACK_UNIT}

    def _keep_version(self, file: _File, current: bytes | None, always: bool) -> None:
        """Keep what is about to be replaced; what others wrote and the new one lacks, always."""
        # A full state disk must not keep the work itself from being saved.
        with contextlib.suppress(OSError):
            if current is not None:
                self._backups.keep(file.path, current, original=file.original or always)

    # ---- the result --------------------------------------------------------------------------

    def _result(self, state: ClipState) -> SaveResult:
        written, clashes = tuple(self._written), tuple(self._clashes)
        self._clashes = []
        held = [file for file in self._files.values() if file.held is not MISSING]
        differing = [file for file in held if not same(file.held, file.ancestor)]
        now = time.monotonic()
        if not differing or (self._offer is not None and now - self._offer.made < _OFFERED):
            return SaveResult(written, state, None, 0, clashes)
        before = {file.part: file.ancestor for file in held if file.ancestor is not MISSING}
        merged = with_parts(state, before, {file.part: file.held for file in held})
        self._version += 1
        parts = {file.part: (file.ancestor, file.held) for file in differing}
        self._offer = _Offer(self._version, now, parts)
        return SaveResult(written, state, merged, self._version, clashes)


def _with_file_keys(part: str, mine: Json, held: Json) -> Json:
    """What is here, with those keys of the file that nobody can change in the window."""
    if mine is MISSING or held is MISSING or part == CLIP_PART:
        return mine

    def of_file(key: str) -> bool:
        return key not in _OWN_FIELDS if part == ANNOTATION_PART else key == _TRACK_UNIT_KEY

    return {
        **{key: value for key, value in mine.items() if not of_file(key)},
        **{key: value for key, value in held.items() if of_file(key)},
    }


def record_vote(place: ClipPlace, vote: Vote) -> None:
    """Append a vote to the file of its take, for a clip that is not open here.

    Raises :class:`StudioError` when the take's file cannot be read or written.
    """
    path = place.take_file(vote.take)
    with turn(path), existing_folders_only():
        for _ in range(_TRIES):
            current = current_bytes(path)
            held = read_object(path)
            take = take_from_json(vote.take, held, [])
            if vote in take.votes:
                return
            try:
                made = in_order_of(take_to_json(with_vote(take, vote)), held)
                replace_file(path, encode_object(made), current)
                return
            except ReplacedError:
                time.sleep(_BREATH)
    raise DatasetError("another program keeps writing it", "vote again", path)
