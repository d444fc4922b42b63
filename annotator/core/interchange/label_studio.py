"""Tasks of Label Studio (JSON) with timeline labels.

Its frames count from 1, the last of a range is inside it, and lie on a grid of the rate that the label
config names: frame n is at (n − 1) / rate seconds.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from annotator.core.change_summary import counted
from annotator.core.interchange.json_text import decode_json, encode_json, listed, mapping, text
from annotator.core.interchange.marks import (
    KEYFRAME,
    ClipMarks,
    ForeignFile,
    ForeignMark,
    ForeignMarks,
    LeftOut,
    Losses,
    Medium,
    PersonMarks,
    Target,
    Tier,
    code_of,
    confidence_of,
    intensity_of,
    label_of,
    number_of,
)
from annotator.core.interchange.xml_files import in_value, parse_xml
from viewer.core.errors import FileError

TITLE = "Label Studio"

_WHAT = "Label Studio file"
_LABELS = "labels"
_MARK = "kfstudio"
"""Key in the data of a task of ours: its clip, and that all labels but one are emotions."""


# ---- reading ---------------------------------------------------------------------------------


def read_label_studio(path: Path, data: bytes) -> ForeignFile:
    """The tasks of an export, or a single one.

    Raises :class:`FileError` for what is none.
    """
    value = decode_json(data, path, _WHAT)
    sets: list[ForeignMarks] = []
    left_out: list[LeftOut] = []
    tasks = value if isinstance(value, list) else [value]
    known = False
    for raw in tasks:
        outer = mapping(raw)
        # Hooks wrap one annotation, its task and its project into an object.
        task = outer["task"] if isinstance(outer.get("task"), dict) else outer
        annotations = [*listed(outer.get("annotations")), *filter(None, [mapping(outer.get("annotation"))])]
        known = known or "annotations" in outer or "annotation" in outer
        predictions = listed(outer.get("predictions"))
        if predictions:
            what = counted(len(predictions), "prediction")
            left_out.append(LeftOut(what, "predictions of a model are not annotations"))
        rate = _rate(path, outer, mapping(task.get("data")))
        sets += [_annotation(mapping(each), mapping(task.get("data")), rate) for each in annotations]
    if not known:
        raise FileError("is no export of Label Studio", "choose a list of tasks, exported as JSON", path)
    return ForeignFile(path, "label-studio", tuple(_told_apart(sets)), tuple(left_out))


def _told_apart(sets: Iterable[ForeignMarks]) -> Iterator[ForeignMarks]:
    """The annotations; the second of somebody in one clip is called ``who (2)``."""
    seen: Counter[tuple[str, str, tuple[Medium, ...]]] = Counter()
    for each in sets:
        key = each.clip, each.annotator, each.media
        seen[key] += 1
        yield each if seen[key] == 1 else replace(each, annotator=f"{each.annotator} ({seen[key]})".strip())


def _rate(path: Path, outer: Mapping[str, Any], data: Mapping[str, Any]) -> float | None:
    """Frames a second as the label config says, or the task's own data."""
    configs = [
        outer.get("label_config"),
        mapping(outer.get("project")).get("label_config"),
        mapping(outer.get("meta")).get("label_config"),
    ]
    for config in configs:
        if not isinstance(config, str):
            continue
        try:
            root = parse_xml(config.strip().encode(), path, "label config")
        except (FileError, UnicodeEncodeError):
            continue
        for element in root.iter("Video"):
            for name, value in element.attrib.items():
                if name.lower() == "framerate":
                    said = data.get(value[1:]) if value.startswith("$") else value
                    rate = number_of(said)
                    if rate is not None and 0 < rate <= 10_000:
                        return rate
    return None


@dataclass
class _Region:
    label: str | None = None
    ranges: list[tuple[float, float]] = field(default_factory=list)
    told: dict[str, Any] = field(default_factory=dict)


def _annotation(annotation: Mapping[str, Any], data: Mapping[str, Any], rate: float | None) -> ForeignMarks:
    own = mapping(data.get(_MARK))
    left_out: list[LeftOut] = []
    regions = _regions(listed(annotation.get("result")), left_out)
    tiers: dict[str, list[ForeignMark]] = {}
    for region in regions:
        for first, last in region.ranges:
            # From 0, and the end after the last one.
            start, end = first - 1, last
            label = region.label or ""
            if rate is not None:
                start, end = start / rate, end / rate
            tiers.setdefault(label, []).append(_mark(label, start, end, region.told))
    if annotation.get("was_cancelled") is True:
        left_out.append(LeftOut("an annotation", "it was skipped in Label Studio"))
        tiers = {}
    if rate is None and tiers:
        why = "its label config is not in the file; the rate of the clip's video was used"
        left_out.append(LeftOut("the frame rate", why))
    return ForeignMarks(
        _who(annotation),
        text(own.get("clip")),
        tuple(Medium(value) for value in data.values() if isinstance(value, str) and "." in value),
        tuple(_tier(label, marks, bool(own)) for label, marks in tiers.items()),
        counts_frames=rate is None,
        rate=rate,
        left_out=tuple(left_out),
    )


def _who(annotation: Mapping[str, Any]) -> str:
    who = annotation.get("completed_by")
    if isinstance(who, dict):
        names = " ".join(filter(None, (text(who.get("first_name")), text(who.get("last_name")))))
        return names or text(who.get("email")) or text(who.get("username")) or text(who.get("id"))
    return text(who) or text(annotation.get("created_username"))


def _regions(results: Iterable[Any], left_out: list[LeftOut]) -> list[_Region]:
    regions: dict[str, _Region] = {}
    others: dict[str, int] = {}
    for number, raw in enumerate(results):
        result = mapping(raw)
        value, kind = mapping(result.get("value")), text(result.get("type")).lower()
        region = regions.setdefault(text(result.get("id")) or f"#{number}", _Region())
        if kind == "timelinelabels":
            labels = [label for label in listed(value.get("timelinelabels")) if isinstance(label, str)]
            region.label = labels[0] if labels else ""
            if len(labels) > 1:
                left_out.append(LeftOut(f"the labels {', '.join(labels[1:])}", "a mark has one label"))
            for each in listed(value.get("ranges")):
                first, last = (number_of(mapping(each).get(end)) for end in ("start", "end"))
                if first is not None and last is not None and 1 <= first <= last:
                    region.ranges.append((first, last))
                else:
                    what = f"a range of “{region.label}”"
                    left_out.append(LeftOut(what, "its start and end are no frames from 1"))
        elif kind == "textarea":
            words = [word for word in listed(value.get("text")) if isinstance(word, str)]
            words = words or [text(value.get("text"))]
            region.told[text(result.get("from_name"))] = "\n".join(words)
        elif kind in ("number", "rating"):
            region.told[text(result.get("from_name")) or kind] = value.get(kind)
        else:
            others[kind or "unknown"] = others.get(kind or "unknown", 0) + 1
    for kind, count in others.items():
        left_out.append(LeftOut(f"{counted(count, 'result')} of the kind “{kind}”", "it is no mark in time"))
    return [region for region in regions.values() if region.ranges]


def _mark(label: str, start: float, end: float, told: Mapping[str, Any]) -> ForeignMark:
    words = {name: value for name, value in told.items() if isinstance(value, str)}
    note, emotion = words.pop("note", ""), words.pop("emotion", "")
    description = words.pop("description", None)
    if description is None:
        description = "\n".join(words.values())
    confidence = confidence_of(told.get("confidence"))
    if label == KEYFRAME:
        return ForeignMark(start, None, description, emotion=emotion, note=note, confidence=confidence)
    intensity = intensity_of(told.get("intensity", told.get("rating")))
    return ForeignMark(
        start, end, description, label_of(label), note=note, intensity=intensity, confidence=confidence
    )


def _tier(label: str, marks: list[ForeignMark], own: bool) -> Tier:
    marks.sort(key=lambda mark: (mark.start, mark.end or 0.0))
    if label == KEYFRAME:
        return Tier(label, tuple(marks), "keyframes")
    return Tier(label, tuple(marks), "emotions" if own else None, named_by_label=True)


# ---- writing ---------------------------------------------------------------------------------


def write_label_studio(
    clips: Iterable[ClipMarks], losses: Losses, target: Target
) -> Iterator[tuple[str, bytes]]:
    """One list of tasks, one a clip."""
    tasks = []
    for number, clip in enumerate(clips, 1):
        rate = round(clip.frames.rate, 6)
        used = [span.label for person in clip.people for span in person.spans]
        labels = dict.fromkeys((*target.labels, *used))
        annotations = [
            {
                "id": place,
                "completed_by": person.name,
                "was_cancelled": False,
                "ground_truth": False,
                "result": _results(clip, person, rate, losses),
            }
            for place, person in enumerate(clip.people, 1)
        ]
        tasks.append(
            {
                "id": number,
                "data": {
                    "video": _named(clip, target),
                    "framerate": rate,
                    _MARK: {"clip": clip.id},
                },
                "meta": {"label_config": _config(labels, rate)},
                "annotations": annotations,
                "predictions": [],
            }
        )
    yield "tasks.json", encode_json(tasks)


def _named(clip: ClipMarks, target: Target) -> str:
    if clip.video is None:
        return ""
    try:
        return Path(os.path.relpath(clip.video, target.folder.resolve())).as_posix()
    except ValueError:
        return clip.video.as_posix()


def _config(labels: Iterable[str], rate: float) -> str:
    """The labelling interface that shows such tasks."""
    choices = "".join(f"<Label value={in_value(code)}/>" for code in (KEYFRAME, *map(code_of, labels)))
    region = 'perRegion="true"'
    return (
        f'<View><TimelineLabels name="{_LABELS}" toName="video">{choices}</TimelineLabels>'
        f'<Video name="video" value="$video" framerate="{rate!r}"/>'
        f'<TextArea name="description" toName="video" {region}/>'
        f'<TextArea name="emotion" toName="video" {region}/><TextArea name="note" toName="video" {region}/>'
        f'<Number name="intensity" toName="video" min="1" max="5" {region}/>'
        f'<Number name="confidence" toName="video" min="0" max="1" step="0.01" {region}/></View>'
    )


def _results(clip: ClipMarks, person: PersonMarks, rate: float, losses: Losses) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    used: set[str] = set()
    short = 0

    def free(id: str) -> str:
        """The id of a region: a keyframe and a span may have the same."""
        while id in used:
            id = f"{id}-"
        used.add(id)
        return id

    for keyframe in person.keyframes:
        frame = round(keyframe.time * rate) + 1
        more = {
            "description": keyframe.description,
            "emotion": keyframe.emotion,
            "note": keyframe.note,
        }
        made += _region(free(keyframe.id), KEYFRAME, frame, frame, more, {"confidence": keyframe.confidence})
    for span in person.spans:
        first, last = round(span.start * rate) + 1, round(span.end * rate)
        short += last < first
        numbers = {"intensity": span.intensity, "confidence": span.confidence}
        last = max(first, last)
        made += _region(free(span.id), code_of(span.label), first, last, {"note": span.note}, numbers)
    kept = ("keyframe.emotion", "keyframe.note", "keyframe.confidence")
    losses.tell_fields(clip.id, person, *kept, "span.intensity", "span.confidence", "span.note")
    if short:
        what = f"the length of {counted(short, 'emotion span')}"
        losses.tell(clip.id, person.name, what, "it is shorter than a frame, and became one frame long")
    return made


def _region(
    id: str,
    label: str,
    first: int,
    last: int,
    words: Mapping[str, str],
    numbers: Mapping[str, float | None],
) -> Iterator[dict[str, Any]]:
    ranges = [{"start": first, "end": last}]

    def result(kind: str, name: str, key: str, value: Any) -> dict[str, Any]:
        told = {"ranges": ranges, key: value}
        return {
            "id": id,
            "type": kind,
            "from_name": name,
            "to_name": "video",
            "origin": "manual",
            "value": told,
        }

    yield result("timelinelabels", _LABELS, "timelinelabels", [label])
    for name, word in words.items():
        if word:
            yield result("textarea", name, "text", [word])
    for name, number in numbers.items():
        if number is not None:
            yield result("number", name, "number", number)
