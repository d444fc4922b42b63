"""CVAT for video 1.1 (XML): tracks of shapes, of which the time that they are visible is taken.

Frames are those of the original video from 0, also where a task leaves some out (start_frame, step).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from annotator.core.change_summary import counted
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
)
from annotator.core.interchange.xml_files import (
    Element,
    all_text,
    in_text,
    in_value,
    parse_xml,
    writable,
)
from viewer.core.errors import FileError

TITLE = "CVAT"

_OURS = ("description", "emotion", "note", "intensity", "confidence", "annotator")
_SHAPES = frozenset("box polygon polyline points cuboid ellipse skeleton mask tag".split())
_WHY_CHARACTERS = "XML cannot hold control characters"


# ---- reading ---------------------------------------------------------------------------------


def read_cvat(path: Path, data: bytes) -> ForeignFile:
    """The tracks of an export for video.

    Raises :class:`FileError` for what is none, also for an export for images.
    """
    root = parse_xml(data, path, "CVAT file")
    if root.tag != "annotations":
        raise FileError("is no CVAT file", "export it as “CVAT for video 1.1”", path)
    task = root.find("meta/task")
    task = root.find("meta/job") if task is None else task
    if root.find("image") is not None and root.find("track") is None:
        raise FileError(
            "is an export for images, which has no times", "export it as “CVAT for video 1.1”", path
        )
    step, stop = _grid(task)
    left_out: list[LeftOut] = []
    is_own, labels = _own_labels(task)
    found: dict[str, dict[str, list[ForeignMark]]] = {}
    for track in root.iterfind("track"):
        label = track.get("label", "")
        for who, mark in _marks(track, label, step, stop, left_out):
            found.setdefault(who, {}).setdefault(label, []).append(mark)
    media = tuple(Medium(name) for name in _sources(root) if name)
    sets = [
        ForeignMarks(
            who,
            media=media,
            tiers=tuple(_tier(label, marks, is_own and label in labels) for label, marks in tiers.items()),
            counts_frames=True,
        )
        for who, tiers in found.items()
    ]
    sets = sets or [ForeignMarks(media=media, counts_frames=True)]
    return ForeignFile(path, "cvat", tuple(sets), tuple(left_out))


def _sources(root: Element) -> list[str]:
    return [
        all_text(root.find(place)).strip() for place in ("meta/source", "meta/task/source", "meta/job/source")
    ]


def _grid(task: Element | None) -> tuple[int, int | None]:
    """How many frames of the video lie between two of the task, and the last one."""
    if task is None:
        return 1, None
    step = re.search(r"step\s*=\s*(\d{1,6})", all_text(task.find("frame_filter")))
    stop = all_text(task.find("stop_frame")).strip()
    return max(1, int(step[1])) if step else 1, int(stop) if re.fullmatch(r"\d{1,9}", stop) else None


def _own_labels(task: Element | None) -> tuple[bool, set[str]]:
    """Whether the file is one of ours, and the labels that are emotions then."""
    labels: dict[str, set[str]] = {}
    for label in [] if task is None else task.iterfind("labels/label"):
        names = {all_text(each.find("name")) for each in label.iterfind("attributes/attribute")}
        labels[all_text(label.find("name"))] = names
    ours = {name for name, attributes in labels.items() if {"intensity", "annotator"} <= attributes}
    return "annotator" in labels.get(KEYFRAME, set()), ours


def _marks(
    track: Element, label: str, step: int, stop: int | None, left_out: list[LeftOut]
) -> Iterator[tuple[str, ForeignMark]]:
    """The marks of a track, each with whose it is: it may leave and come back."""
    shapes: list[tuple[int, bool, Element]] = []
    for shape in track:
        if shape.tag not in _SHAPES:
            continue
        number = shape.get("frame", "")
        if not re.fullmatch(r"\d{1,9}", number):
            left_out.append(LeftOut(f"a shape of “{label}”", "its frame is no number"))
            continue
        shapes.append((int(number), shape.get("outside") == "1", shape))
    shapes.sort(key=lambda each: each[0])
    begun: tuple[int, Mapping[str, str]] | None = None
    changed = 0
    for frame, outside, shape in shapes:
        attributes = {each.get("name", ""): all_text(each) for each in shape.iterfind("attribute")}
        if begun is None and not outside:
            begun = frame, attributes
        elif begun is not None and outside:
            yield _mark(label, begun[0], frame, begun[1])
            begun = None
        elif begun is not None:
            changed += any(begun[1].get(name, value) != value for name, value in attributes.items())
    if begun is not None:
        last = max(shapes[-1][0], stop if stop is not None else 0)
        yield _mark(label, begun[0], last + step, begun[1])
    if changed:
        why = "a mark has one value of each; the first was taken"
        left_out.append(LeftOut(f"{counted(changed, 'change')} of attributes within “{label}”", why))


def _mark(label: str, first: int, end: int, attributes: Mapping[str, str]) -> tuple[str, ForeignMark]:
    told = {name: attributes.get(name, "") for name in _OURS}
    rest = [f"{name}: {value}" for name, value in attributes.items() if name not in _OURS and value]
    note = "\n".join(filter(None, (told["note"], *rest)))
    intensity = intensity_of(told["intensity"])
    confidence = confidence_of(told["confidence"])
    if label == KEYFRAME:
        mark = ForeignMark(
            first, None, told["description"], emotion=told["emotion"], note=note, confidence=confidence
        )
    else:
        mark = ForeignMark(
            first,
            end,
            told["description"],
            label_of(label),
            note=note,
            intensity=intensity,
            confidence=confidence,
        )
    return told["annotator"], mark


def _tier(label: str, marks: list[ForeignMark], own: bool) -> Tier:
    marks.sort(key=lambda mark: (mark.start, mark.end or 0.0))
    if label == KEYFRAME:
        return Tier(label, tuple(marks), "keyframes")
    return Tier(label, tuple(marks), "emotions" if own else None, named_by_label=True)


# ---- writing ---------------------------------------------------------------------------------


def write_cvat(clips: Iterable[ClipMarks], losses: Losses, target: Target) -> Iterator[tuple[str, bytes]]:
    """A file a clip, with everybody's tracks."""
    for clip in clips:
        yield f"{clip.id}.xml", ("\n".join(_lines(clip, losses, target)) + "\n").encode()


def _lines(clip: ClipMarks, losses: Losses, target: Target) -> Iterator[str]:
    used = [span.label for person in clip.people for span in person.spans]
    labels = list(dict.fromkeys((*target.labels, *used)))
    count = clip.frames.times.size
    now = datetime.now(UTC).isoformat(sep=" ")
    yield '<?xml version="1.0" encoding="utf-8"?>'
    yield "<annotations><version>1.1</version><meta><task>"
    yield f"<id>1</id><name>{in_text(clip.id)}</name><size>{count}</size><mode>interpolation</mode>"
    yield f"<overlap>0</overlap><created>{now}</created><updated>{now}</updated>"
    yield f"<start_frame>0</start_frame><stop_frame>{max(0, count - 1)}</stop_frame>"
    yield "<frame_filter></frame_filter><labels>"
    yield _label(KEYFRAME, ("description", "emotion", "note", "confidence", "annotator"))
    for label in labels:
        yield _label(code_of(label), ("intensity", "note", "confidence", "annotator"))
    width, height = clip.frames.size
    yield f"</labels><original_size><width>{width}</width><height>{height}</height></original_size></task>"
    name = "" if clip.video is None else clip.video.name
    yield f"<dumped>{now}</dumped><source>{in_text(name)}</source></meta>"
    number = 0
    for person in clip.people:
        for label, boxes in _tracks(clip, person, losses):
            yield f'<track id="{number}" label={in_value(label)} source="manual">{boxes}</track>'
            number += 1
    yield "</annotations>"


def _label(name: str, attributes: Sequence[str]) -> str:
    told = "".join(
        f"<attribute><name>{each}</name><mutable>False</mutable><input_type>text</input_type>"
        "<default_value></default_value><values></values></attribute>"
        for each in attributes
    )
    return f"<label><name>{in_text(name)}</name><attributes>{told}</attributes></label>"


def _tracks(clip: ClipMarks, person: PersonMarks, losses: Losses) -> Iterator[tuple[str, str]]:
    """The label and the boxes of each mark."""
    frames, short = clip.frames, 0
    texts = [person.name]
    for keyframe in person.keyframes:
        at = frames.nearest(keyframe.time)
        told = {
            "description": keyframe.description,
            "emotion": keyframe.emotion,
            "note": keyframe.note,
            "confidence": "" if keyframe.confidence is None else repr(keyframe.confidence),
        }
        texts += told.values()
        yield KEYFRAME, _boxes(clip, at, at + 1, {**told, "annotator": person.name})
    for span in person.spans:
        first, end = frames.nearest(span.start), frames.nearest(span.end)
        short += end <= first
        told = {
            "intensity": str(span.intensity),
            "note": span.note,
            "confidence": "" if span.confidence is None else repr(span.confidence),
        }
        texts += [span.label, span.note]
        yield (
            code_of(span.label),
            _boxes(clip, first, max(end, first + 1), {**told, "annotator": person.name}),
        )
    kept = ("keyframe.emotion", "keyframe.note", "keyframe.confidence")
    losses.tell_fields(clip.id, person, *kept, "span.intensity", "span.confidence", "span.note")
    losses.tell_unwritable(
        clip.id, person.name, sum(writable(text) != text for text in texts), _WHY_CHARACTERS
    )
    if short:
        what = f"the length of {counted(short, 'emotion span')}"
        losses.tell(clip.id, person.name, what, "it is shorter than a frame, and became one frame long")


def _boxes(clip: ClipMarks, first: int, end: int, told: Mapping[str, str]) -> str:
    attributes = "".join(
        f'<attribute name="{name}">{in_text(value)}</attribute>' for name, value in told.items() if value
    )
    boxes = _box(clip, first, 0, attributes)
    count = clip.frames.times.size
    if not count or end < count or first >= count:
        # The video has no frame after its last, on which it could be gone.
        boxes += _box(clip, end, 1, "")
    return boxes


def _box(clip: ClipMarks, frame: int, outside: int, attributes: str) -> str:
    width, height = clip.frames.size
    place = f'xtl="0.00" ytl="0.00" xbr="{width:.2f}" ybr="{height:.2f}" z_order="0"'
    head = f'<box frame="{frame}" keyframe="1" outside="{outside}" occluded="0" {place}>'
    return f"{head}{attributes}</box>"
