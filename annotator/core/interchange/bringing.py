"""Bringing a file of another tool into a dataset as somebody's annotation of a clip."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from annotator.core.begun import with_begun
from annotator.core.change_summary import counted
from annotator.core.interchange.choosing import Taken, clip_for, marks_of, sets_for, taken
from annotator.core.interchange.clip_frames import ClipFrames, frames_of
from annotator.core.interchange.formats import read_foreign
from annotator.core.interchange.marks import ForeignFile, ForeignMarks, Kind
from annotator.core.media_names import file_name
from annotator.core.model import ClipState, EmotionSpan, Keyframe, Status
from annotator.core.rules import SAME_TIME, sorted_keyframes, sorted_spans
from annotator.core.storage.backups import Backups
from annotator.core.storage.clip_writer import ClipWriter, annotation_bytes
from annotator.core.storage.dataset import Dataset
from annotator.core.storage.loading import LoadedClip, load
from annotator.core.storage.places import fingerprint
from annotator.core.storage.same_place import SamePlace
from annotator.core.storage.saving_now import note_save, wait_until_saved
from annotator.core.storage.shared_file import ReplacedError, current_bytes, replace_file, turn
from viewer.core.cancel import CancelToken
from viewer.core.errors import DatasetError, FileError, StudioError
from viewer.core.files import existing_folders_only

How = Literal["new", "merge", "replace"]
"""What happens to an annotation that is there: it keeps the file from being taken, gets the marks added,
or is replaced."""

_TRIES = 20
_BREATH = 0.02


@dataclass(frozen=True)
class Wanted:
    """How a file is to be brought in.

    Attributes
    ----------
    annotator : str
        Whose annotation it becomes.
    clip : str or None
        Its clip; None: as the file tells.
    whose : str or None
        Whose marks of the file are taken; None: it has those of one.
    format : str or None
        Of the file; None: as it tells.
    mapping : mapping of str to Kind or None
        What tiers become that say nothing of it; None leaves one out.
    status : Status
        The annotation's status afterwards.
    how : How
        What happens to an annotation that is there.
    dry_run : bool
        Write nothing.
    """

    annotator: str
    clip: str | None = None
    whose: str | None = None
    format: str | None = None
    mapping: Mapping[str, Kind | None] = field(default_factory=dict)
    status: Status = "needs review"
    how: How = "new"
    dry_run: bool = False


@dataclass(frozen=True)
class Preview:
    """A file as it would be taken: its clip, whose marks, and what becomes of them."""

    file: ForeignFile
    clip: str
    marks: ForeignMarks
    taken: Taken
    frames: ClipFrames


@dataclass(frozen=True)
class BroughtIn:
    """What was taken of a file, and into what it was written."""

    preview: Preview
    annotator: str

    def note(self) -> str:
        """A sentence on marks that the clip's video has no picture of; empty where there are none."""
        found, duration = self.preview.taken, self.preview.frames.duration
        times = [*(each.time for each in found.keyframes), *(each.end for each in found.spans)]
        beyond = sum(duration is not None and at > duration + 0.001 for at in times)
        if not beyond:
            return ""
        verb = "lies" if beyond == 1 else "lie"
        return f"{counted(beyond, 'mark')} {verb} after the end of the video; kfstudio validate tells which"

    def to_json(self) -> dict[str, Any]:
        """The report of the command line."""
        found = self.preview.taken
        return {
            "file": str(self.preview.file.path),
            "format": self.preview.file.format,
            "clip": self.preview.clip,
            "as": self.annotator,
            "keyframes": len(found.keyframes),
            "emotions": len(found.spans),
            "left_out": [each.to_json() for each in found.left_out],
            "unmapped": [{"tier": tier.name, "count": len(tier.marks)} for tier in found.unmapped],
        }


def preview_of(
    dataset: Dataset, file: ForeignFile, wanted: Wanted, cancel: CancelToken | None = None
) -> Preview:
    """What would be taken of a file; nothing is written.

    Raises :class:`FileError` where the clip, the annotator or the meaning of tiers cannot be told.
    """
    clip = clip_for(file, dataset.clips, wanted.clip)
    loaded = _nobody(dataset, clip)
    video = file_name(loaded.state.clip.video)
    marks = marks_of(file, sets_for(file, clip, video), wanted.whose)
    frames = frames_of(loaded.video_path, cancel)
    found = taken(file, marks, wanted.mapping, dataset.vocabulary.labels, frames, video)
    return Preview(file, clip, marks, found, frames)


def bring_in_annotations(
    dataset: Dataset, path: Path, wanted: Wanted, cancel: CancelToken | None = None
) -> BroughtIn:
    """Read a file and write its marks as an annotation.

    Raises :class:`StudioError`, with nothing written, for a file that cannot be read or taken and where
    there is an annotation already; :class:`~viewer.core.errors.Cancelled`.
    """
    cancel = cancel or CancelToken()
    preview = preview_of(dataset, read_foreign(path, wanted.format), wanted, cancel)
    cancel.check()
    name = write_taken(dataset, preview, wanted)
    return BroughtIn(preview, name)


def write_taken(dataset: Dataset, preview: Preview, wanted: Wanted) -> str:
    """Write what a preview shows; returns the annotator's name as it is spelled in the dataset.

    Raises as :func:`bring_in_annotations`.
    """
    if not wanted.annotator.strip():
        raise FileError("the annotator has no name", "say whose annotation it becomes", None)
    place = dataset.place(preview.clip, wanted.annotator)
    there = current_bytes(place.annotation_file)
    if there is not None and wanted.how == "new":
        raise DatasetError(
            f"{place.annotator_id} has an annotation of {preview.clip} already",
            "add to it with --merge, or replace it with --replace (the old one goes to the backups)",
            place.annotation_file,
        )
    wait_until_saved(dataset.root, preview.clip, CancelToken())
    try:
        loaded = dataset.load_clip(preview.clip, wanted.annotator)
    except StudioError:
        if there is None or wanted.how != "replace":
            raise
        if not wanted.dry_run:
            _replace_broken(dataset, preview, wanted, there)
        return place.annotator_id
    state = with_taken(loaded.state, preview.taken, wanted.how, wanted.status)
    if wanted.dry_run:
        return loaded.place.annotator_id
    writer = ClipWriter(loaded)
    if there is not None and wanted.how == "replace":
        _keep(loaded, there)
        if loaded.video_path is not None:
            writer.accept_video(fingerprint(loaded.video_path))
    writer.save(state)
    note_save(loaded.place)
    return loaded.place.annotator_id


def with_taken(state: ClipState, found: Taken, how: How, status: Status) -> ClipState:
    """A clip's state with what was taken of a file: instead of its own marks, or added to them."""
    if how != "merge":
        cleared = with_begun(state, None)
        return replace(cleared, keyframes=found.keyframes, spans=found.spans, status=status)
    keyframes = _with_keyframes(state.keyframes, found.keyframes)
    return replace(state, keyframes=keyframes, spans=_with_spans(state.spans, found.spans), status=status)


def _with_keyframes(mine: tuple[Keyframe, ...], new: tuple[Keyframe, ...]) -> tuple[Keyframe, ...]:
    """Those at the same time take the new words, where there are any; the rest is added."""
    made = {keyframe.id: keyframe for keyframe in mine}
    free = list(mine)
    for keyframe in new:
        same = min(free, key=lambda each: abs(each.time - keyframe.time), default=None)
        if same is None or abs(same.time - keyframe.time) >= SAME_TIME:
            made[keyframe.id] = keyframe
            continue
        free.remove(same)
        made[same.id] = replace(same, description=keyframe.description or same.description)
    return _apart(sorted_keyframes(made.values()))


def _apart(keyframes: tuple[Keyframe, ...]) -> tuple[Keyframe, ...]:
    """Keyframes of two sides, put in order of time, none on another one."""
    made: list[Keyframe] = []
    for keyframe in keyframes:
        if made and keyframe.time - made[-1].time < SAME_TIME:
            keyframe = replace(keyframe, time=made[-1].time + 2 * SAME_TIME)
        made.append(keyframe)
    return sorted_keyframes(made)


def _with_spans(mine: tuple[EmotionSpan, ...], new: tuple[EmotionSpan, ...]) -> tuple[EmotionSpan, ...]:
    """Those at the same time take the new label; of several the one that has it already."""
    made = {span.id: span for span in mine}
    free = list(mine)
    for span in sorted(
        new, key=lambda each: not any(_same(each, one) and each.label == one.label for one in mine)
    ):
        alike = [each for each in free if _same(each, span)]
        if not alike:
            made[span.id] = span
            continue
        best = next((each for each in alike if each.label == span.label), alike[0])
        free.remove(best)
        made[best.id] = replace(best, label=span.label or best.label)
    return sorted_spans(made.values())


def _same(one: EmotionSpan, other: EmotionSpan) -> bool:
    return abs(one.start - other.start) < SAME_TIME and abs(one.end - other.end) < SAME_TIME


# ---- files -----------------------------------------------------------------------------------


def _nobody(dataset: Dataset, clip: str) -> LoadedClip:
    """The clip by itself, without anyone's annotation."""
    place = dataset.place(clip)
    empty = place.folder / ".nobody.json"
    return load(replace(place, annotation_file=empty), pose=dataset.pose)


def _keep(loaded: LoadedClip, data: bytes) -> None:
    try:
        Backups(loaded.place).keep(loaded.place.annotation_file, data, original=True)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise DatasetError(
            f"the old annotation cannot be kept among the backups ({reason}), so it was not replaced",
            "free some space and try again",
            loaded.place.annotation_file,
        ) from None


def _replace_broken(dataset: Dataset, preview: Preview, wanted: Wanted, there: bytes) -> None:
    """Replace an annotation that cannot be read."""
    place = dataset.place(preview.clip, wanted.annotator)
    loaded = replace(_nobody(dataset, preview.clip), place=place)
    state = with_taken(loaded.state, preview.taken, "replace", wanted.status)
    _keep(loaded, there)
    data = annotation_bytes(state, loaded)
    SamePlace(place).make_folder(place.annotation_file.parent)
    with turn(place.annotation_file), existing_folders_only():
        for _ in range(_TRIES):
            try:
                replace_file(place.annotation_file, data, current_bytes(place.annotation_file))
                note_save(place)
                return
            except ReplacedError:
                time.sleep(_BREATH)
    raise DatasetError("another program keeps writing it", "close it and try again", place.annotation_file)
