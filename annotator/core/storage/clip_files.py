"""clip.json and annotation files: JSON to the model and back.

A file is data from elsewhere.  What has the wrong type or an impossible value is repaired with a
finding and kept, as it was, under the key ``unreadable``; unknown keys go to ``extra`` and are
written again.  Nothing is dropped.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeVar

from annotator.core.findings import Finding
from annotator.core.model import (
    EASES,
    STATUSES,
    ClipInfo,
    EmotionSpan,
    Keyframe,
    Perspective,
    Status,
)
from annotator.core.rules import SAME_TIME, sorted_keyframes, sorted_spans
from annotator.core.storage.clip_pose import EarlierRotations
from viewer.core.channels import BY_NAME, match
from viewer.core.errors import DatasetError

VERSION = 1
"""Of annotation files and dataset.json.  A higher one is refused, so that nothing of it is lost."""

UNREADABLE = "unreadable"
ROTATIONS = "rotations_degrees"
"""Key of a keyframe's corrected rotations.  Earlier versions kept them among its ``values``, in the
numbers of the recording's file."""

_MISSING: Any = object()


@dataclass(frozen=True)
class Annotation:
    """One annotator's file.  ``fingerprint`` identifies the video it was made on; ``clip`` holds
    the clip's words where there is no clip.json (a file opened without a dataset)."""

    status: Status = "new"
    keyframes: tuple[Keyframe, ...] = ()
    spans: tuple[EmotionSpan, ...] = ()
    fingerprint: Mapping[str, Any] = field(default_factory=dict)
    clip: Mapping[str, Any] | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


class Fields:
    """Takes known keys out of a JSON object one by one; what is left is ``extra``."""

    def __init__(self, data: Mapping[str, Any], where: str, findings: list[Finding]) -> None:
        self._rest = dict(data)
        self._where = where
        self._findings = findings
        kept = self._rest.pop(UNREADABLE, None)
        self._unreadable: dict[str, Any] = dict(kept) if isinstance(kept, dict) else {}
        if kept is not None and not isinstance(kept, dict):
            self._unreadable[UNREADABLE] = kept

    def take(self, key: str) -> Any:
        """The value as it stands, which is then taken; a mark of its own where the key is missing."""
        return self._rest.pop(key, _MISSING)

    def refuse(self, key: str, value: Any, what: str, instead: str) -> None:
        """Note that ``value`` cannot be used and keep it under ``unreadable``."""
        self._unreadable[key] = value
        self.note(f"{key}: {what}", instead)

    def unreadable_list(self, key: str) -> list[Any]:
        """What earlier loads already kept of the list ``key``."""
        kept = self._unreadable.get(key)
        return list(kept) if isinstance(kept, list) else []

    def note(self, what: str, todo: str) -> None:
        """Tell a finding about this object."""
        self._findings.append(Finding("warning", self._where, what, todo))

    def text(self, key: str) -> str:
        """A text; empty where there is none.  What is no text is refused, told and kept in the file."""
        value = self.take(key)
        if value is _MISSING or value is None:
            return ""
        if isinstance(value, str):
            return value
        self.refuse(key, value, "it is not text", "it was left empty; the value is kept in the file")
        return ""

    def number(self, key: str, default: float | None, low: float, high: float) -> float | None:
        """A number from ``low`` to ``high``, else the nearest end; ``default`` where there is none.  What
        is no number is refused, told and kept in the file."""
        value = self.take(key)
        if value is _MISSING or value is None:
            return default
        if _is_number(value):
            if low <= value <= high:
                return float(value)
            nearest = min(max(float(value), low), high)
            self.refuse(key, value, f"{value:g} is outside {low:g} to {high:g}", f"{nearest:g} is used")
            return nearest
        self.refuse(key, value, "it is not a number", "it was left out; the value is kept in the file")
        return default

    def whole(self, key: str, default: int | None, low: int, high: int) -> int | None:
        """A whole number, as :meth:`number`; a broken one is rounded and told."""
        value = self.number(key, None, low, high)
        if value is None:
            return default
        if value != int(value):
            self.refuse(key, value, "it is not a whole number", f"{round(value)} is used")
        return round(value)

    def choice(self, key: str, choices: Sequence[str], default: str) -> str:
        """One of ``choices``; ``default`` where there is none.  Another value is refused, told and kept
        in the file."""
        value = self.take(key)
        if value is _MISSING or value is None:
            return default
        if value in choices:
            return str(value)
        self.refuse(key, value, f"{value!r} is none of {', '.join(choices)}", f"{default!r} is used")
        return default

    def mapping(self, key: str) -> dict[str, Any]:
        """An object; empty where there is none.  What is no object is refused, told and kept in the file."""
        value = self.take(key)
        if value is _MISSING or value is None:
            return {}
        if isinstance(value, dict):
            return value
        self.refuse(key, value, "it is not an object", "it was left out; the value is kept in the file")
        return {}

    def array(self, key: str) -> list[Any]:
        """A list; empty where there is none.  What is no list is refused, told and kept in the file."""
        value = self.take(key)
        if value is _MISSING or value is None:
            return []
        if isinstance(value, list):
            return value
        self.refuse(key, value, "it is not a list", "it was left out; the value is kept in the file")
        return []

    def extra(self) -> dict[str, Any]:
        """What nobody took, and what was refused: written again with the object."""
        if self._unreadable:
            return {**self._rest, UNREADABLE: self._unreadable}
        return self._rest


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


# ---- clip.json -------------------------------------------------------------------------------


def clip_from_json(id: str, data: Mapping[str, Any], findings: list[Finding]) -> ClipInfo:
    """clip.json's object to a :class:`ClipInfo`; repairs are appended to ``findings``."""
    fields = Fields(data, f"{id}/clip.json", findings)
    texts = {key: fields.text(key) for key in ("script", "background", "emotion", "video", "track")}
    offset = fields.number("offset", 0.0, -1e6, 1e6) or 0.0
    split = fields.text("split")
    raw_tags = fields.array("tags")
    tags = tuple(tag for tag in raw_tags if isinstance(tag, str))
    if len(tags) != len(raw_tags):
        fields.refuse("tags", raw_tags, "some are not text", "they were left out and are kept in the file")
    return ClipInfo(id=id, **texts, offset=offset, split=split, tags=tags, extra=fields.extra())


def clip_to_json(clip: ClipInfo) -> dict[str, Any]:
    """The object of a clip in ``clip.json``, unknown keys included."""
    return {
        "script": clip.script,
        "background": clip.background,
        "emotion": clip.emotion,
        "video": clip.video,
        "track": clip.track,
        "offset": clip.offset,
        "split": clip.split,
        "tags": list(clip.tags),
        **clip.extra,
    }


# ---- annotations -----------------------------------------------------------------------------


def _channel_values(raw: Mapping[str, Any]) -> dict[str, float]:
    """Those of ``raw`` that are a number for a channel."""
    pairs = ((match(name), value) for name, value in raw.items())
    return {channel.name: float(value) for channel, value in pairs if channel and _is_number(value)}


def perspective_from_json(data: Any, where: str, findings: list[Finding]) -> Perspective | None:
    """A perspective, written as its words alone or as an object; None when it has no words."""
    if isinstance(data, str):
        return Perspective(data)
    if not isinstance(data, dict) or not isinstance(data.get("text"), str):
        return None
    fields = Fields(data, where, findings)
    raw_values, raw_analysis = fields.mapping("values"), fields.mapping("analysis")
    values = _channel_values(raw_values)
    analysis = {name: text for name, text in raw_analysis.items() if isinstance(text, str)}
    if len(values) != len(raw_values):
        fields.refuse(
            "values", raw_values, "some are not channels or not numbers", "they are kept in the file"
        )
    if len(analysis) != len(raw_analysis):
        fields.refuse("analysis", raw_analysis, "some are not text", "it is kept in the file")
    return Perspective(
        text=fields.text("text"),
        model=fields.text("model"),
        made=fields.text("time"),
        at=fields.number("at", None, 0.0, 1e7),
        values=values,
        analysis=analysis,
        extra=fields.extra(),
    )


def perspective_to_json(perspective: Perspective) -> Any:
    """The words alone where nothing else is known of them."""
    known: dict[str, Any] = {"model": perspective.model, "time": perspective.made}
    known |= {"values": dict(perspective.values), "analysis": dict(perspective.analysis)}
    more = {key: value for key, value in known.items() if value}
    if perspective.at is not None:
        more["at"] = perspective.at
    more |= perspective.extra
    return {"text": perspective.text, **more} if more else perspective.text


def keyframe_from_json(
    data: Mapping[str, Any], where: str, findings: list[Finding], earlier: EarlierRotations | None = None
) -> Keyframe | None:
    """A keyframe, or None when it has no usable time.  Rotations of an earlier version, whose unit is the
    recording's, are turned into degrees by ``earlier``, and without it kept in the file alone."""
    if not _is_number(data.get("time")):
        return None
    fields = Fields(data, where, findings)
    time = fields.number("time", 0.0, 0.0, 1e7) or 0.0
    raw_perspectives = fields.mapping("perspectives")
    perspectives = {
        name: found
        for name, raw in raw_perspectives.items()
        if (found := perspective_from_json(raw, f"{where}, {name}", findings)) is not None
    }
    if len(perspectives) != len(raw_perspectives):
        fields.refuse("perspectives", raw_perspectives, "some hold no text", "they are kept in the file")
    values: dict[str, float] = {}
    for key in ("values", ROTATIONS):
        raw_values = fields.mapping(key)
        given = _channel_values(raw_values)
        if len(given) != len(raw_values):
            fields.refuse(
                key, raw_values, "some are not channels or not numbers", "they are kept in the file"
            )
        numbers = {name: value for name, value in given.items() if BY_NAME[name].is_rotation}
        if key == "values" and numbers and earlier is None:
            fields.refuse(key, numbers, "the unit of its rotations is not known", "they are kept in the file")
        values |= {name: value for name, value in given.items() if name not in numbers}
        values |= numbers if key == ROTATIONS else {} if earlier is None else earlier.degrees(numbers)
    return Keyframe(
        id=fields.text("id"),
        time=time,
        frame=fields.whole("frame", None, 0, 2**40),
        description=fields.text("description"),
        perspectives=perspectives,
        emotion=fields.text("emotion"),
        confidence=fields.number("confidence", None, 0.0, 1.0),
        ease=fields.choice("ease", EASES, "pchip"),  # type: ignore[arg-type]
        values=values,
        note=fields.text("note"),
        extra=fields.extra(),
    )


def keyframe_to_json(keyframe: Keyframe) -> dict[str, Any]:
    """The object of a keyframe in an annotator's file, unknown keys included."""
    rotations = {n: value for n, value in keyframe.values.items() if BY_NAME[n].is_rotation}
    return {
        "id": keyframe.id,
        "time": keyframe.time,
        "frame": keyframe.frame,
        "description": keyframe.description,
        "perspectives": {name: perspective_to_json(one) for name, one in keyframe.perspectives.items()},
        "emotion": keyframe.emotion,
        "confidence": keyframe.confidence,
        "ease": keyframe.ease,
        "values": {n: value for n, value in keyframe.values.items() if n not in rotations},
        **({ROTATIONS: rotations} if rotations else {}),
        "note": keyframe.note,
        **keyframe.extra,
    }


def span_from_json(data: Mapping[str, Any], where: str, findings: list[Finding]) -> EmotionSpan | None:
    """An emotion span, or None when it has no usable start and end."""
    if not _is_number(data.get("start")) or not _is_number(data.get("end")):
        return None
    fields = Fields(data, where, findings)
    start = fields.number("start", 0.0, 0.0, 1e7) or 0.0
    end = fields.number("end", 0.0, 0.0, 1e7) or 0.0
    if end < start:
        start, end = end, start
        fields.note("it ended before it started", "the two were swapped")
    elif end == start:
        end = start + 0.1
        fields.note("it had no length", "it was made 0.1 s long")
    return EmotionSpan(
        id=fields.text("id"),
        start=start,
        end=end,
        label=fields.text("label"),
        intensity=fields.whole("intensity", 3, 1, 5) or 3,
        confidence=fields.number("confidence", None, 0.0, 1.0),
        note=fields.text("note"),
        extra=fields.extra(),
    )


def span_to_json(span: EmotionSpan) -> dict[str, Any]:
    """The object of an emotion span in an annotator's file, unknown keys included."""
    return {
        "id": span.id,
        "start": span.start,
        "end": span.end,
        "label": span.label,
        "intensity": span.intensity,
        "confidence": span.confidence,
        "note": span.note,
        **span.extra,
    }


T = TypeVar("T", Keyframe, EmotionSpan)


def _things(
    fields: Fields,
    key: str,
    where: str,
    findings: list[Finding],
    convert: Callable[[Mapping[str, Any], str, list[Finding]], T | None],
) -> list[T]:
    """The list under ``key`` with unique ids; what cannot be read stays under ``unreadable``."""
    made: list[T] = []
    refused: list[Any] = []
    used: set[str] = set()
    for number, raw in enumerate(fields.array(key), 1):
        here = f"{where}, {key} {number}"
        thing = convert(raw, here, findings) if isinstance(raw, dict) else None
        if thing is None:
            refused.append(raw)
            continue
        if not thing.id or thing.id in used:
            why = f"its id {thing.id!r} is used twice" if thing.id else "it had no id"
            thing = replace(thing, id=_id_for(raw, key[0], used))
            findings.append(Finding("warning", here, why, "it got a new one"))
        used.add(thing.id)
        made.append(thing)
    if refused:
        what = f"{len(refused)} cannot be read"
        fields.refuse(key, fields.unreadable_list(key) + refused, what, "they are kept in the file")
    return made


def _id_for(raw: Mapping[str, Any], kind: str, used: set[str]) -> str:
    """An id for what has none of its own: the same whenever the same file is read."""
    text = json.dumps(raw, sort_keys=True, default=str)
    for number in itertools.count():
        id = f"{kind}-{hashlib.sha256(f'{text}{number}'.encode('utf-8', 'surrogatepass')).hexdigest()[:10]}"
        if id not in used:
            return id
    raise AssertionError("there are more numbers")


def check_version(data: Mapping[str, Any], where: str) -> None:
    """Raise :class:`DatasetError` for a file that a newer version wrote."""
    version = data.get("version", VERSION)
    if _is_number(version) and version > VERSION:
        raise DatasetError(
            f"it was written by a newer version of the studio (format {version:g})",
            "update the studio",
            where,
        )


def annotation_from_json(
    data: Mapping[str, Any], where: str, findings: list[Finding], earlier: EarlierRotations | None = None
) -> Annotation:
    """An annotation file's object; repairs are appended to ``findings``.  ``earlier`` is that of
    :func:`keyframe_from_json`.

    Raises :class:`DatasetError` for a newer format.
    """
    check_version(data, where)
    fields = Fields(data, where, findings)
    version = fields.take("version")
    if version is not _MISSING and not _is_number(version):
        fields.refuse("version", version, "it is not a number", f"{VERSION} is used")
    convert = partial(keyframe_from_json, earlier=earlier)
    keyframes = _apart(_things(fields, "keyframes", where, findings, convert), where, findings)
    if earlier is not None:
        earlier.tell(where, findings)
    spans = sorted_spans(_things(fields, "emotions", where, findings, span_from_json))
    status: Any = fields.choice("status", STATUSES, "new")
    clip = fields.take("clip")
    if clip is not _MISSING and not isinstance(clip, dict):
        fields.refuse("clip", clip, "it is not an object", "it is kept in the file")
    return Annotation(
        status=status,
        keyframes=keyframes,
        spans=spans,
        fingerprint=fields.mapping("video_fingerprint"),
        clip=clip if isinstance(clip, dict) else None,
        extra=fields.extra(),
    )


def _apart(keyframes: list[Keyframe], where: str, findings: list[Finding]) -> tuple[Keyframe, ...]:
    made: list[Keyframe] = []
    for keyframe in sorted_keyframes(keyframes):
        if made and keyframe.time - made[-1].time < SAME_TIME:
            later = made[-1].time + 2 * SAME_TIME
            findings.append(
                Finding(
                    "warning",
                    where,
                    f"two keyframes are at {keyframe.time:.3f} s",
                    f"the second was moved to {later:.3f} s",
                )
            )
            keyframe = replace(keyframe, time=later)
        made.append(keyframe)
    return sorted_keyframes(made)


def annotation_to_json(annotation: Annotation) -> dict[str, Any]:
    """The whole object of an annotator's file, unknown keys included."""
    data: dict[str, Any] = {
        "version": VERSION,
        "status": annotation.status,
        "keyframes": [keyframe_to_json(keyframe) for keyframe in annotation.keyframes],
        "emotions": [span_to_json(span) for span in annotation.spans],
        "video_fingerprint": dict(annotation.fingerprint),
    }
    if annotation.clip is not None:
        data["clip"] = dict(annotation.clip)
    return {**data, **annotation.extra}
