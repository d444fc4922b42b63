"""A clip as the JSON of its files, where it is merged, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from annotator.core.begun import BegunEdit, begun_span
from annotator.core.edits import BulkEdit, ClipEdit, KeyframeEdit, SingleEdit, SpanEdit, StatusEdit, TakeEdit
from annotator.core.findings import Finding
from annotator.core.merging import MISSING, UNKNOWN, Json, same
from annotator.core.model import ClipInfo, ClipState, TakeInfo
from annotator.core.rules import sorted_takes
from annotator.core.storage.clip_files import (
    Annotation,
    annotation_from_json,
    annotation_to_json,
    clip_from_json,
    clip_to_json,
)
from annotator.core.storage.loading import LoadedClip
from annotator.core.storage.merge_rules import (
    ANNOTATION_PART,
    CLIP_PART,
    TAKE_PART,
    PartClash,
    clashes_of,
    merge_part,
    rule_of,
)
from annotator.core.storage.places import ClipPlace
from annotator.core.storage.take_file import take_from_json, take_to_json

Parts = Mapping[str, Json]
"""The JSON of a clip's files by name: ``annotation``, ``clip`` (not of a loose file, whose words stand
in its annotation) and ``take <id>``."""


def file_of(part: str, place: ClipPlace) -> Path:
    """Where a part of a clip lies."""
    if part == ANNOTATION_PART:
        return place.annotation_file
    if part == CLIP_PART and place.clip_file is not None:
        return place.clip_file
    return place.take_file(part.removeprefix(TAKE_PART))


def annotation_part(state: ClipState, loaded: LoadedClip) -> Json:
    """The JSON of the annotation file."""
    words = clip_to_json(state.clip) if loaded.place.clip_file is None else None
    return annotation_to_json(
        Annotation(state.status, state.keyframes, state.spans, loaded.fingerprint, words, state.extra)
    )


def parts_of(state: ClipState, loaded: LoadedClip) -> dict[str, Json]:
    """All of a clip."""
    parts = {ANNOTATION_PART: annotation_part(state, loaded)}
    if loaded.place.clip_file is not None:
        parts[CLIP_PART] = clip_to_json(state.clip)
    return parts | {f"{TAKE_PART}{take.id}": take_to_json(take) for take in state.takes}


def with_parts(state: ClipState, before: Parts, after: Parts) -> ClipState:
    """``state``, whose parts are ``before``, with those that ``after`` has otherwise.

    Raises :class:`~viewer.core.errors.DatasetError` for what cannot be read.
    """
    takes = {take.id: take for take in state.takes}
    for part in after:
        if same(before.get(part, MISSING), after[part]):
            continue
        if part == ANNOTATION_PART:
            state = _with_annotation(state, after[part])
        elif part == CLIP_PART:
            state = replace(state, clip=_clip(state.clip, after[part]))
        else:
            id = part.removeprefix(TAKE_PART)
            takes[id] = take_from_json(id, after[part], [])
    return replace(state, takes=sorted_takes(takes.values()))


def _with_annotation(state: ClipState, data: Mapping[str, Any]) -> ClipState:
    found = annotation_from_json(data, "", [])
    clip = state.clip if found.clip is None else _clip(state.clip, found.clip)
    return replace(
        state, clip=clip, keyframes=found.keyframes, spans=found.spans, status=found.status, extra=found.extra
    )


def _clip(clip: ClipInfo, data: Mapping[str, Any]) -> ClipInfo:
    return clip_from_json(clip.id, data, [])


def merge_states(
    loaded: LoadedClip, base: ClipState | None, mine: ClipState, theirs: ClipState
) -> tuple[ClipState, list[PartClash]]:
    """What two states made of ``base`` (None: nobody knows), and where they clash.

    Raises :class:`~viewer.core.errors.DatasetError` where the two cannot be one.
    """
    before = parts_of(mine, loaded)
    known = {} if base is None else parts_of(base, loaded)
    other = parts_of(theirs, loaded)
    after: dict[str, Json] = {}
    clashes: list[PartClash] = []
    for part in dict.fromkeys((*before, *other)):
        start = UNKNOWN if base is None else known.get(part, MISSING)
        made = merge_part(part, start, before.get(part, MISSING), other.get(part, MISSING))
        clashes += clashes_of(part, made.clashes)
        if made.value is not MISSING:
            after[part] = made.value
    return with_parts(mine, before, after), clashes


def part_within(parts: Parts, clash: PartClash) -> Json:
    """What stands now where ``clash`` is about; ``MISSING`` where nothing does."""
    value = parts.get(clash.part, MISSING)
    return MISSING if value is MISSING else rule_of(clash.part).within(value, clash.path)


def taking_theirs(state: ClipState, loaded: LoadedClip, clash: PartClash) -> ClipState:
    """``state`` with their side of a clash.  Raises :class:`~viewer.core.errors.DatasetError`."""
    before = parts_of(state, loaded)
    if clash.part not in before:
        return state
    value = rule_of(clash.part).with_part(before[clash.part], clash.path, clash.theirs)
    return with_parts(state, before, before if value is MISSING else {**before, clash.part: value})


def difference(before: ClipState, after: ClipState, title: str) -> BulkEdit | None:
    """The edit that makes one state the other, as one step; None where they are the same."""
    edits: list[SingleEdit] = []
    keyframes = {k.id: k for k in before.keyframes}, {k.id: k for k in after.keyframes}
    edits += [KeyframeEdit(*pair) for pair in _differing(*keyframes)]
    spans = {s.id: s for s in before.spans}, {s.id: s for s in after.spans}
    edits += [SpanEdit(*pair) for pair in _differing(*spans)]
    takes = {t.id: t for t in before.takes}, {t.id: t for t in after.takes}
    edits += [TakeEdit(old, new, about=title) for old, new in _differing(*takes)]
    if before.clip != after.clip:
        edits.append(ClipEdit(before.clip, after.clip))
    if begun_span(before) != begun_span(after):
        edits.append(BegunEdit(begun_span(before), begun_span(after)))
    if before.status != after.status:
        edits.append(StatusEdit(before.status, after.status))
    return BulkEdit(tuple(edits), title) if edits else None


def _differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[Any, Any]]:
    ids = dict.fromkeys((*before, *after))
    return [(before.get(id), after.get(id)) for id in ids if before.get(id) != after.get(id)]


def read_part(part: str, loaded: LoadedClip, data: Mapping[str, Any]) -> Json:
    """The object of a file in the form in which it is merged: as the studio would write it.

    Raises :class:`~viewer.core.errors.DatasetError` for a newer format.
    """
    findings: list[Finding] = []
    if part == CLIP_PART:
        return clip_to_json(clip_from_json(loaded.place.id, data, findings))
    if part.startswith(TAKE_PART):
        return take_to_json(take_from_json(part.removeprefix(TAKE_PART), data, findings))
    where, earlier = loaded.place.annotation_file.name, loaded.earlier_rotations()
    found = annotation_from_json(data, where, findings, earlier)
    words = None
    if loaded.place.clip_file is None:
        words = clip_to_json(_with_files(clip_from_json(loaded.place.id, found.clip or {}, []), loaded))
    return annotation_to_json(replace(found, clip=words))


def _with_files(clip: ClipInfo, loaded: LoadedClip) -> ClipInfo:
    """A loose file need not name the files that were found beside it."""
    known = loaded.state.clip
    return replace(clip, video=clip.video or known.video, track=clip.track or known.track)


def take_of_part(part: str, value: Json) -> TakeInfo:
    """The take of a take's part."""
    return take_from_json(part.removeprefix(TAKE_PART), value, [])
