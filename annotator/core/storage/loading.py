"""Loading one clip: its words, one annotator's work, its takes and where its files are."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from annotator.core.findings import Finding
from annotator.core.model import ClipState, TakeInfo
from annotator.core.names import CONFLICT
from annotator.core.rules import sorted_takes
from annotator.core.storage.clip_files import (
    Annotation,
    annotation_from_json,
    clip_from_json,
)
from annotator.core.storage.clip_pose import EarlierRotations, numbers_of_recording, pose_of_clip
from annotator.core.storage.git_marks import decode_merged, unfinished_merge
from annotator.core.storage.json_files import read_bytes
from annotator.core.storage.merge_rules import ANNOTATION_PART, CLIP_PART, TAKE_PART, PartClash
from annotator.core.storage.places import (
    TRACK_SUFFIXES,
    VIDEO_SUFFIXES,
    ClipPlace,
    fingerprint,
    same_video,
    sibling,
)
from annotator.core.storage.saving_now import saves_of
from annotator.core.storage.take_file import take_from_json
from viewer.core.errors import FileError, StudioError
from viewer.core.pose import FULL_SCALE, PoseConvention, PoseReading


@dataclass(frozen=True)
class LoadedClip:
    """A clip ready to work on.

    Attributes
    ----------
    state : ClipState
        ``clip`` (script, background, emotion, ``offset`` in seconds …), ``keyframes`` by time, ``spans``
        by start, ``takes`` and ``status``.  Keyframes and spans are timed in seconds of the clip.
    place : ClipPlace
        Where its files lie.
    video_path, track_path : Path or None
        None where there is none or it cannot be used, which ``faults`` then says.
    faults : tuple of StudioError
        What keeps one of its files from being used.
    findings : tuple of Finding
        Repairs and warnings for the user.
    fingerprint : mapping
        Of the video the work was made on; it belongs into the annotation file.
    on_disk : mapping of Path to bytes
        Each file that was read, so that a save can tell whether someone else wrote since.
    repaired : frozenset of Path
        Files that are not as they were read.
    pose : PoseReading or None
        How the rotations of its recording are to be read, as far as its dataset and clip.json say.
    saves : int
        How often this process had written its files before they were read.
    clashes : tuple of PartClash
        Parts in which two sides differ that git could not merge; the state has the first.
    """

    state: ClipState
    place: ClipPlace
    video_path: Path | None = None
    track_path: Path | None = None
    faults: tuple[StudioError, ...] = ()
    findings: tuple[Finding, ...] = ()
    fingerprint: Mapping[str, Any] = field(default_factory=dict)
    on_disk: Mapping[Path, bytes] = field(default_factory=dict)
    repaired: frozenset[Path] = frozenset()
    pose: PoseReading | None = None

    @property
    def full_scale(self) -> float:
        """Degrees of a normalized 1 in what models say about it."""
        return FULL_SCALE if self.pose is None else self.pose.convention.full_scale

    def earlier_rotations(self) -> EarlierRotations:
        """What turns corrected rotations of an earlier version into degrees."""
        return EarlierRotations(partial(numbers_of_recording, self.track_path, self.pose))

    saves: int = 0
    clashes: tuple[PartClash, ...] = ()

    @property
    def outdated(self) -> bool:
        """Whether this process has written its files since they were read."""
        return self.saves != saves_of(self.place)


def load(
    place: ClipPlace,
    *,
    look_at_files: bool = True,
    pose: PoseConvention | None = None,
    recording: Path | None = None,
) -> LoadedClip:
    """Read the clip's files; without ``look_at_files`` only its words, work and takes, and neither
    video nor track is looked for.  ``pose`` is the convention of its dataset, ``recording`` the track
    that it has where its words name none.

    Raises :class:`FileError` or :class:`DatasetError` when clip.json or the annotation file itself
    cannot be read; a missing annotation file is an empty one, and missing videos, tracks or broken
    takes are faults of the loaded clip.
    """
    saves = saves_of(place)
    findings: list[Finding] = []
    faults: list[StudioError] = []
    on_disk: dict[Path, bytes] = {}
    repaired: set[Path] = set()

    clashes: list[PartClash] = []
    data: dict[str, Any] = {}
    if _there(place.annotation_file):
        raw = on_disk[place.annotation_file] = read_bytes(place.annotation_file)
        data = decode_merged(ANNOTATION_PART, raw, place.annotation_file, findings, clashes)
    if place.clip_file is not None:
        raw = on_disk[place.clip_file] = read_bytes(place.clip_file)
        count = len(findings)
        words = decode_merged(CLIP_PART, raw, place.clip_file, findings, clashes)
        clip = clip_from_json(place.id, words, findings)
        if len(findings) > count:
            repaired.add(place.clip_file)
    else:
        own = data.get("clip")
        clip = clip_from_json(place.id, own if isinstance(own, dict) else {}, findings)
    reading = pose_of_clip(pose, clip.extra.get("pose"), f"{place.id}/clip.json", findings)
    video = _file(place, clip.video, faults) if look_at_files else None
    track = _file(place, clip.track, faults) if look_at_files else None
    earlier = EarlierRotations(partial(numbers_of_recording, track or recording, reading))
    annotation = Annotation()
    if data:
        count = len(findings)
        annotation = annotation_from_json(data, place.annotation_file.name, findings, earlier)
        if len(findings) > count:
            repaired.add(place.annotation_file)
    takes = _takes(place, on_disk, faults, findings, clashes)
    repaired |= {path for path, held in on_disk.items() if unfinished_merge(held) is not None}

    _warn_about_conflicts(place, findings)
    prints = dict(annotation.fingerprint)
    if video is not None:
        prints = _compared(video, prints, bool(annotation.keyframes or annotation.spans), findings)
    state = ClipState(
        clip, annotation.keyframes, annotation.spans, takes, annotation.status, annotation.extra
    )
    return LoadedClip(
        state,
        place,
        video,
        track,
        tuple(faults),
        tuple(findings),
        prints,
        on_disk,
        frozenset(repaired),
        reading,
        saves,
        tuple(clashes),
    )


def load_loose(path: Path, annotator_id: str, place: ClipPlace) -> LoadedClip:
    """As :func:`load` for a video or track without a dataset: what the annotation file does not name
    is ``path`` itself and the file of the same stem beside it."""
    is_video = path.suffix.lower() in VIDEO_SUFFIXES
    other = sibling(path, TRACK_SUFFIXES if is_video else VIDEO_SUFFIXES)
    found = {"video": path if is_video else other, "track": other if is_video else path}
    loaded = load(place, recording=found["track"])
    clip = loaded.state.clip
    named = {"video": loaded.video_path, "track": loaded.track_path}
    for kind, file in found.items():
        if named[kind] is None and file is not None:
            named[kind] = file.resolve()
            clip = replace(clip, **{kind: file.name})  # type: ignore[arg-type]
    prints: Mapping[str, Any] = loaded.fingerprint
    findings = list(loaded.findings)
    video = named["video"]
    if video is not None and loaded.video_path is None:
        work = bool(loaded.state.keyframes or loaded.state.spans)
        prints = _compared(video, dict(prints), work, findings)
    replaced = {str(getattr(loaded.state.clip, kind)) for kind in named} - {clip.video, clip.track, ""}
    faults = tuple(fault for fault in loaded.faults if not (fault.path and fault.path.name in replaced))
    return replace(
        loaded,
        state=replace(loaded.state, clip=clip),
        video_path=video,
        track_path=named["track"],
        faults=faults,
        findings=tuple(findings),
        fingerprint=prints,
    )


def _there(path: Path) -> bool:
    try:
        path.lstat()
    except FileNotFoundError:
        return False
    except (OSError, ValueError) as error:
        raise FileError(f"it cannot be read ({error})", "check its folder's permissions", path) from None
    return True


def _takes(
    place: ClipPlace,
    on_disk: dict[Path, bytes],
    faults: list[StudioError],
    findings: list[Finding],
    clashes: list[PartClash],
) -> tuple[TakeInfo, ...]:
    takes = []
    for name in _take_names(place, faults):
        path = place.takes_folder / name
        try:
            data = read_bytes(path)
            read = decode_merged(f"{TAKE_PART}{path.stem}", data, path, findings, clashes)
            takes.append(take_from_json(path.stem, read, findings))
            on_disk[path] = data
        except StudioError as fault:
            faults.append(fault)
    return sorted_takes(takes)


def _take_names(place: ClipPlace, faults: list[StudioError]) -> list[str]:
    """The files of takes; a folder that cannot be listed is a fault, for takes are in it."""
    try:
        with os.scandir(place.takes_folder) as entries:
            names = [entry.name for entry in entries if not is_folder(entry)]
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        what = f"its takes cannot be listed ({error.strerror})"
        faults.append(FileError(what, "check the folder's permissions", place.takes_folder))
        return []
    return sorted(name for name in names if name.endswith(".json") and not name.startswith("."))


def may_be_folder(entry: os.DirEntry[str]) -> bool:
    """Whether a folder stands there, or what cannot be looked at, as a link to itself."""
    try:
        return entry.is_dir() or (entry.is_symlink() and not Path(entry.path).exists())
    except OSError:
        return True


def is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether a folder stands there; not so of what cannot be looked at, as a link to itself."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def _file(place: ClipPlace, relative: str, faults: list[StudioError]) -> Path | None:
    if not relative:
        return None
    try:
        return place.file(relative)
    except StudioError as fault:
        faults.append(fault)
        return None


def _compared(video: Path, known: dict[str, Any], has_work: bool, findings: list[Finding]) -> dict[str, Any]:
    """The fingerprint to save: the one the work was made on, until the annotator accepts the other."""
    try:
        current = fingerprint(video)
    except (OSError, FileError):
        return known
    if not known or not has_work:
        return {**known, **current}
    if not same_video(known, current):
        findings.append(
            Finding(
                "warning",
                video.name,
                "it is not the video these annotations were made on",
                "check a few keyframes against the picture before you continue",
            )
        )
    return known


def _warn_about_conflicts(place: ClipPlace, findings: list[Finding]) -> None:
    folder, annotator_id = place.annotation_file.parent, place.annotation_file.stem
    try:
        names = sorted(entry.name for entry in os.scandir(folder))
    except OSError:
        return
    for name in names:
        stem = name.removesuffix(".json")
        if name != stem and CONFLICT.search(stem) and CONFLICT.sub("", stem) == annotator_id:
            findings.append(
                Finding(
                    "warning",
                    name,
                    "it keeps another version of this annotation, written at the same time",
                    "open the clip and merge the two",
                )
            )
