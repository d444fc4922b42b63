"""Bringing recordings into a dataset: single files, folders of them, Live Link Face takes."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from annotator.core.findings import Finding
from annotator.core.model import ClipInfo
from annotator.core.names import identity, safe_name, told_otherwise
from annotator.core.storage.clip_files import clip_to_json
from annotator.core.storage.dataset import ClipEntry, Dataset, main_recording, plain_tracks
from annotator.core.storage.json_files import encode_object, read_object
from annotator.core.storage.leftovers import UNFINISHED_PREFIX, remove_unfinished_clips
from annotator.core.storage.places import (
    PLAIN_TRACKS,
    TRACK_SUFFIXES,
    ClipPlace,
    sibling,
    videos_among,
)
from annotator.core.storage.recording_findings import clip_findings
from viewer.core.cancel import CancelToken
from viewer.core.errors import DatasetError, FileError, StudioError
from viewer.core.files import atomic_write, make_folder, new_file, open_plain, sync_folder
from viewer.core.formats import sniff
from viewer.core.in_use import rename_when_free
from viewer.core.progress import Progress

How = Literal["copy", "link", "reference"]
"""``copy`` the files into the clip's folder; ``link`` them (the same file under a second name, copied
where the disk cannot); or only name them, for files that already lie in the dataset folder or in one of
its media roots."""


_BLOCK = 4 * 1024 * 1024
_OWN = ("clip.json", "annotations", "takes")
"""What the studio itself puts into the folder of a clip."""


@dataclass(frozen=True)
class Recording:
    """Files that belong together, found in a folder; ``facts`` from take.json."""

    name: str
    video: Path | None
    track: Path | None
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class Imported:
    """What an import added, and what there is to know of it: errors are recordings that could not be
    added or read, warnings and notes what was found in them and assumed when they were read."""

    added: tuple[ClipEntry, ...]
    findings: tuple[Finding, ...]

    @property
    def left_out(self) -> tuple[Finding, ...]:
        """What could not be added or read."""
        return tuple(finding for finding in self.findings if finding.level == "error")


def _quiet(done: int, total: int, what: str) -> None:
    return None


def add_clip(
    dataset: Dataset,
    video: Path | None = None,
    track: Path | None = None,
    *,
    id: str = "",
    info: ClipInfo | None = None,
    how: How = "copy",
    cancel: CancelToken | None = None,
    progress: Progress = _quiet,
) -> ClipEntry:
    """Add a clip.  ``id`` defaults to the file's name; a number is added when it is taken.  ``info``
    gives the clip's words.  ``progress`` counts bytes.  The clip appears whole or not at all.

    Raises :class:`FileError`, :class:`DatasetError`, :class:`~viewer.core.errors.Cancelled`.
    """
    cancel = cancel or CancelToken()
    given = {kind: path for kind, path in (("video", video), ("track", track)) if path is not None}
    files = list(given.values())
    for path in files:
        if not path.is_file():
            raise FileError("the file is missing", "choose another one", path)
    stem = files[0].stem if files else "clip"
    name = _free_id(dataset, safe_name(id or stem, "clip"))
    clips = dataset.root / "clips"
    making = clips / f"{UNFINISHED_PREFIX}{secrets.token_hex(4)}"
    final = clips / name
    place = ClipPlace(name, dataset.annotator_id, dataset.root, final, None, final, final, dataset.roots)
    words = replace(info, id=name) if info is not None else ClipInfo(name)
    named: dict[str, str] = {}
    total = sum(path.stat().st_size for path in files)
    done = 0
    try:
        make_folder(making)
        for kind, path in given.items():
            if how == "reference":
                named[kind] = place.relative(path)
                continue
            target = making / safe_name(path.name, kind)
            if identity(target.name) in {*_OWN, *map(identity, named.values())}:
                target = making / f"{kind}-{target.name}"
            done = _bring(path, target, how, done, total, cancel, progress)
            named[kind] = target.name
        words = replace(words, **named)  # type: ignore[arg-type]
        atomic_write(making / "clip.json", encode_object(clip_to_json(words)))
        rename_when_free(making, final)
        sync_folder(clips)
    except OSError as error:
        if isinstance(error, StudioError):
            raise
        raise DatasetError(
            f"the clip cannot be added ({error.strerror})", "check space and permissions", final
        ) from None
    finally:
        if making.exists():
            shutil.rmtree(making, ignore_errors=True)
    return dataset.refresh(name)


def _free_id(dataset: Dataset, wanted: str) -> str:
    taken = {identity(entry.id) for entry in dataset.clips}
    name, number = wanted, 2
    while identity(name) in taken or (dataset.root / "clips" / name).exists():
        name, number = f"{wanted}-{number}", number + 1
    return name


def _bring(
    source: Path, target: Path, how: How, done: int, total: int, cancel: CancelToken, progress: Progress
) -> int:
    if how == "link":
        with contextlib.suppress(OSError):
            os.link(source.resolve(), target)
            return done + target.stat().st_size
    with open_plain(source) as reading, new_file(target) as writing:
        while block := reading.read(_BLOCK):
            cancel.check()
            writing.write(block)
            done += len(block)
            progress(done, total, f"Copying {source.name}")
    shutil.copystat(source, target, follow_symlinks=False)
    return done


def find_recordings(folder: Path) -> list[Recording]:
    """Recordings in ``folder`` and the folders in it: Live Link Face takes (a CSV
    ``<slate>_<take>_<subject>.csv``, a video, a take.json), and videos and tracks by name.

    Raises :class:`FileError` when the folder cannot be listed.
    """
    try:
        folders = [folder, *sorted(path for path in folder.iterdir() if path.is_dir())]
    except OSError as error:
        raise FileError(f"the folder cannot be listed ({error.strerror})", "choose another", folder) from None
    found: list[Recording] = []
    for here in folders:
        if here.name.startswith(".") or here.name.endswith(".annotations"):
            continue
        try:
            found += [_take(here)] if (here / "take.json").is_file() else _loose(here)
        except OSError:
            continue
    return found


def _take(folder: Path) -> Recording:
    files = sorted(file for file in folder.iterdir() if file.is_file())
    tracks = plain_tracks(files)
    video = next(iter(videos_among(files)), None)
    try:
        facts = read_object(folder / "take.json")
    except StudioError:
        facts = {}
    track = tracks[0] if tracks else None
    name = track.stem if track is not None else (main_recording(folder) or folder).stem
    return Recording(name, video, track, facts)


def _loose(folder: Path) -> list[Recording]:
    files = sorted(file for file in folder.iterdir() if file.is_file() and not file.name.startswith("."))
    videos = videos_among(files)
    tracks = plain_tracks(files)
    found = [Recording(v.stem, v, _beside(v), {}) for v in videos]
    paired = {video.stem for video in videos}
    found += [Recording(track.stem, None, track, {}) for track in tracks if track.stem not in paired]
    return sorted(found, key=lambda recording: recording.name)


def _beside(video: Path) -> Path | None:
    """The track of the video's name; what may be anything else must look like one."""
    for suffix in TRACK_SUFFIXES:
        track = sibling(video, (suffix,))
        if track is None:
            continue
        try:
            sniff(track)
        except StudioError:
            if suffix not in PLAIN_TRACKS:
                continue
        return track
    return None


def import_folder(
    dataset: Dataset,
    folder: Path,
    *,
    how: How = "copy",
    cancel: CancelToken | None = None,
    progress: Progress = _quiet,
) -> Imported:
    """Add every recording of a folder; one that cannot be added is a finding, and so is what had to be
    assumed to read one that was.

    What take.json says is kept in the clip under ``live_link``.  Raises :class:`FileError` when the
    folder cannot be listed or holds no recording, :class:`~viewer.core.errors.Cancelled`.
    """
    cancel = cancel or CancelToken()
    recordings = find_recordings(folder)
    if not recordings:
        raise FileError("there is no recording in this folder", "choose a folder with videos or CSVs", folder)
    remove_unfinished_clips(dataset.root / "clips", time.time())
    added: list[ClipEntry] = []
    findings: list[Finding] = []
    for number, recording in enumerate(recordings):
        cancel.check()
        progress(number, len(recordings), f"Adding {recording.name}")
        extra = {"live_link": dict(recording.facts)} if recording.facts else {}
        try:
            added.append(
                add_clip(
                    dataset,
                    recording.video,
                    recording.track,
                    id=recording.name,
                    info=ClipInfo(recording.name, extra=extra),
                    how=how,
                    cancel=cancel,
                )
            )
        except StudioError as fault:
            findings.append(Finding("error", recording.name, fault.what, fault.todo))
        else:
            id = added[-1].id
            told = told_otherwise(recording.name, id, "the clip")
            findings += [Finding("note", id, told, "")] if told else []
            findings += _look_at(dataset, id, cancel)
    progress(len(recordings), len(recordings), "Done")
    return Imported(tuple(added), tuple(findings))


def _look_at(dataset: Dataset, id: str, cancel: CancelToken) -> list[Finding]:
    """What there is to know of the recording and the video of a clip that was just added."""
    try:
        loaded = dataset.load_clip(id)
    except StudioError as fault:
        return [Finding("error", id, fault.what, fault.todo)]
    return clip_findings(loaded, id, cancel)[1]


def bring_in(place: ClipPlace, path: Path, cancel: CancelToken | None = None) -> str:
    """How clip.json of ``place`` names ``path``, which is copied beside the clip's files first
    when it lies outside the dataset and its media roots.

    Raises :class:`DatasetError`, :class:`~viewer.core.errors.Cancelled`.
    """
    if path.resolve().is_relative_to(place.root.resolve()) or place.roots.reference(path) is not None:
        return place.relative(path)
    target, number = place.folder / safe_name(path.name, "track"), 2
    there = {*_OWN, *(identity(file.name) for file in place.folder.iterdir())}
    while identity(target.name) in there:
        target = place.folder / safe_name(f"{path.stem}-{number}{path.suffix}", "track")
        number += 1
    try:
        _bring(path, target, "copy", 0, path.stat().st_size, cancel or CancelToken(), _quiet)
    except OSError as error:
        if isinstance(error, StudioError):
            raise
        raise DatasetError(
            f"the file cannot be copied into the dataset ({error.strerror})",
            "check space and permissions",
            target,
        ) from None
    return place.relative(target)
