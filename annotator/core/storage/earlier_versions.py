"""What the backups of a clip hold, and getting it back as an edit."""

from __future__ import annotations

from dataclasses import dataclass, replace

from annotator.core.change_summary import counted
from annotator.core.edits import (
    BulkEdit,
    ClipEdit,
    KeyframeEdit,
    SingleEdit,
    SpanEdit,
    StatusEdit,
    TakeEdit,
)
from annotator.core.findings import Finding
from annotator.core.model import ClipInfo, ClipState, EmotionSpan, Keyframe, TakeInfo
from annotator.core.names import CONFLICT, identity
from annotator.core.storage.backups import Backup, Backups
from annotator.core.storage.clip_files import Annotation, annotation_from_json, clip_from_json
from annotator.core.storage.clip_pose import EarlierRotations
from annotator.core.storage.json_files import read_object
from annotator.core.storage.places import ClipPlace
from annotator.core.storage.take_file import take_from_json
from viewer.core.cancel import CancelToken
from viewer.core.errors import StudioError
from viewer.core.progress import Progress


@dataclass(frozen=True)
class EarlierVersion:
    """A backup as read: the annotator's work, the clip's words, a take, or why it cannot be read."""

    backup: Backup
    contents: Annotation | ClipInfo | TakeInfo | StudioError

    @property
    def title(self) -> str:
        """Which part of the clip it is."""
        if isinstance(self.contents, Annotation):
            return "Keyframes and spans"
        if isinstance(self.contents, ClipInfo):
            return "Story"
        if isinstance(self.contents, TakeInfo):
            return f"Take “{self.contents.name}”"
        return self.backup.name

    @property
    def summary(self) -> str:
        """What it holds, in a few words."""
        held = self.contents
        if isinstance(held, Annotation):
            keyframes, spans = counted(len(held.keyframes), "keyframe"), counted(len(held.spans), "span")
            return f"{keyframes}, {spans}, {held.status}"
        if isinstance(held, ClipInfo):
            return " ".join((held.script or held.background or held.emotion).split()) or "no words"
        if isinstance(held, TakeInfo):
            return "a take" if held.performance is None else counted(len(held.performance.keys), "key")
        return held.what


def read_versions(
    place: ClipPlace,
    cancel: CancelToken | None = None,
    progress: Progress | None = None,
    earlier: EarlierRotations | None = None,
) -> list[EarlierVersion]:
    """All backups of a clip's files, the newest first; one that cannot be read says why.  ``earlier``
    turns corrected rotations of an earlier version into degrees.

    Raises :class:`~viewer.core.errors.Cancelled`.
    """
    backups = Backups(place).all()
    found = []
    for number, backup in enumerate(backups):
        if cancel is not None:
            cancel.check()
        if progress is not None:
            progress(number, len(backups), "Read the backups")
        found.append(EarlierVersion(backup, _contents(place, backup, earlier)))
    return found


def _contents(
    place: ClipPlace, backup: Backup, earlier: EarlierRotations | None
) -> Annotation | ClipInfo | TakeInfo | StudioError:
    findings: list[Finding] = []
    try:
        data, stem = read_object(backup.path), backup.name.removesuffix(".json")
        if identity(CONFLICT.sub("", stem)) == identity(place.annotation_file.stem):
            return annotation_from_json(data, backup.name, findings, earlier)
        if place.clip_file is not None and backup.name == place.clip_file.name:
            return clip_from_json(place.id, data, findings)
        return take_from_json(stem, data, findings)
    except StudioError as fault:
        return fault


def restoring_edit(state: ClipState, version: EarlierVersion) -> BulkEdit:
    """The edit that makes what ``version`` holds the state again, as one step.

    Only what the backup is about is set: a backup of keyframes and spans leaves the takes alone.
    The clip keeps its video and its track, and takes keep the votes on them; a take whose file is broken
    comes back with those of the backup.  It is empty, and so
    not to be applied, when nothing differs or the backup cannot be read.
    """
    held = version.contents
    edits: list[SingleEdit] = []
    if isinstance(held, Annotation):
        edits = [*_keyframe_edits(state.keyframes, held.keyframes), *_span_edits(state.spans, held.spans)]
        if held.status != state.status:
            edits.append(StatusEdit(state.status, held.status))
        if held.clip is not None:
            edits += _clip_edits(state.clip, clip_from_json(state.clip.id, held.clip, []))
    elif isinstance(held, ClipInfo):
        edits = _clip_edits(state.clip, held)
    elif isinstance(held, TakeInfo):
        edits = _take_edits(state.takes, held)
    return BulkEdit(tuple(edits), f"Restore the backup of {version.backup.made:%d %B, %H:%M:%S}")


def _keyframe_edits(now: tuple[Keyframe, ...], held: tuple[Keyframe, ...]) -> list[SingleEdit]:
    before, after = {k.id: k for k in now}, {k.id: k for k in held}
    ids = dict.fromkeys((*before, *after))
    return [KeyframeEdit(before.get(id), after.get(id)) for id in ids if before.get(id) != after.get(id)]


def _span_edits(now: tuple[EmotionSpan, ...], held: tuple[EmotionSpan, ...]) -> list[SingleEdit]:
    before, after = {s.id: s for s in now}, {s.id: s for s in held}
    ids = dict.fromkeys((*before, *after))
    return [SpanEdit(before.get(id), after.get(id)) for id in ids if before.get(id) != after.get(id)]


def _clip_edits(now: ClipInfo, held: ClipInfo) -> list[SingleEdit]:
    # An offset belongs to the track it was found for.
    offset = held.offset if held.track == now.track else now.offset
    after = replace(held, id=now.id, video=now.video, track=now.track, offset=offset)
    return [ClipEdit(now, after)] if after != now else []


def _take_edits(takes: tuple[TakeInfo, ...], held: TakeInfo) -> list[SingleEdit]:
    now = next((take for take in takes if take.id == held.id), None)
    if now is None:
        # Its file is broken or gone: the save that follows keeps what is there among the backups.
        return [TakeEdit(None, held, about="Restore take")]
    after = replace(held, votes=now.votes)
    return [TakeEdit(now, after, about="Restore take")] if after != now else []
