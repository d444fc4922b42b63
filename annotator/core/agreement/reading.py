"""The annotations of a dataset that count, read for nothing but their marks.

Times are as the studio shows them (negative ones are 0, a span that ends before it starts is turned
round, one without a length lasts 0.1 s); an intensity that is not written stays missing.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from annotator.core.agreement.labels import Labels
from annotator.core.agreement.settings import Settings, check_statuses, microseconds
from annotator.core.names import identity, spelling_of
from annotator.core.storage.annotators import annotators_in
from annotator.core.storage.clip_files import VERSION, check_version
from annotator.core.storage.dataset import ClipEntry, Dataset
from annotator.core.storage.git_marks import decode_merged
from annotator.core.storage.merge_rules import ANNOTATION_PART
from annotator.core.storage.quick_read import read_small
from viewer.core.cancel import CancelToken
from viewer.core.errors import DatasetError, StudioError
from viewer.core.progress import Progress

_LATEST = 1e7
"""Seconds up to which a time is taken as it is, as everywhere in the studio."""

_STRONGEST = 1e6
_NO_LENGTH = 100_000
"""Microseconds that a span lasts whose file gives it no length."""


class Span(NamedTuple):
    """An emotion span: microseconds in the clip, the number of its label, its intensity."""

    start: int
    end: int
    label: int
    intensity: float | None


class Moment(NamedTuple):
    """A keyframe: microseconds in the clip, and the number of its own label."""

    time: int
    label: int


@dataclass(frozen=True)
class Work:
    """What one annotator made of a clip."""

    spans: tuple[Span, ...]
    keyframes: tuple[Moment, ...]


@dataclass(frozen=True)
class LeftOut:
    """Whose work on a clip does not count, and why."""

    clip: str
    annotator: str
    why: str


@dataclass(frozen=True)
class ComparedClip:
    """A clip and the work on it that counts, by the place of the annotator in the report."""

    entry: ClipEntry
    work: dict[int, Work]


@dataclass(frozen=True)
class Found:
    """What there is to compare.  ``annotators`` are spelled as their files are."""

    annotators: tuple[str, ...]
    clips: tuple[ComparedClip, ...]
    in_dataset: int
    left_out: tuple[LeftOut, ...]


class _Span(msgspec.Struct):
    start: Any = None
    end: Any = None
    label: Any = ""
    intensity: Any = None


class _Keyframe(msgspec.Struct):
    time: Any = None
    emotion: Any = ""


class _File(msgspec.Struct):
    status: Any = "new"
    version: Any = VERSION
    adjudicated: Any = False
    emotions: list[_Span] = []
    keyframes: list[_Keyframe] = []


_FILE = msgspec.json.Decoder(_File)


@dataclass
class _Read:
    """A file, read or not."""

    clip: int
    person: str
    stem: str
    file: _File | None = None
    fault: str = ""


@dataclass
class _People:
    """Everyone who has a file, and how the files spell the name."""

    spellings: dict[str, Counter[str]] = field(default_factory=dict)

    def note(self, stem: str) -> str:
        person = identity(stem)
        self.spellings.setdefault(person, Counter())[stem] += 1
        return person

    def named(self, person: str) -> str:
        counts = self.spellings[person]
        return min(counts, key=lambda stem: (-counts[stem], stem))

    def stems(self) -> list[str]:
        return [stem for counts in self.spellings.values() for stem in counts]


def read_work(
    dataset: Dataset, settings: Settings, labels: Labels, progress: Progress, cancel: CancelToken
) -> Found:
    """Everything that is to be compared, clips by id, annotators in the order of the report.

    Raises :class:`DatasetError` for an unknown annotator or status, and where fewer than two annotators
    are left, and :class:`~viewer.core.errors.Cancelled`.  A file that cannot be read is in ``left_out``.
    """
    check_statuses(settings.statuses)
    clips = sorted(dataset.clips, key=lambda entry: entry.id)
    folder = str(dataset.root / "clips")
    people = _People()
    listed: list[_Read] = []
    for number, entry in enumerate(clips):
        cancel.check()
        stems = annotators_in(f"{folder}/{entry.id}/annotations")
        listed += [_Read(number, people.note(stem), stem) for stem in stems]
    wanted = _wanted(settings.annotators, people, dataset.root)
    read = [one for one in listed if not wanted or one.person in wanted]
    for number, one in enumerate(read):
        if number % 64 == 0:
            cancel.check()
            progress(number, len(read), "reading annotations")
        path = f"{folder}/{clips[one.clip].id}/annotations/{one.stem}.json"
        try:
            one.file = _contents(path)
        except StudioError as fault:
            one.fault = fault.what
    persons = list(wanted) or _annotators(read)
    names = tuple(people.named(person) for person in persons)
    if not wanted:
        persons, names = _by_name(persons, names)
    if len(names) < 2:
        raise DatasetError(
            f"agreement needs two annotators, and here {_count(names)}",
            "have a second person annotate clips, each under their own name",
            dataset.root,
        )
    return _sorted_out(clips, read, persons, names, bool(wanted), settings.statuses, labels)


def _count(names: Sequence[str]) -> str:
    return f"is only {names[0]}" if names else "is nobody's work"


def _by_name(persons: Sequence[str], names: Sequence[str]) -> tuple[list[str], tuple[str, ...]]:
    order = sorted(range(len(names)), key=lambda place: names[place])
    return [persons[place] for place in order], tuple(names[place] for place in order)


def _wanted(given: Sequence[str], people: _People, root: Path) -> dict[str, None]:
    """Those who are asked for, each once."""
    stems = people.stems()
    found: dict[str, None] = {}
    for name in given:
        stem = spelling_of(name, stems)
        if stem is None:
            known = sorted({people.named(person) for person in people.spellings})
            there = f"choose from {', '.join(known[:12])}" if known else "nobody has annotated a clip yet"
            raise DatasetError(f"there is no annotator “{name}”", there, root)
        found[identity(stem)] = None
    if len(found) == 1:
        raise DatasetError("agreement needs two annotators", "name at least two, e.g. ana,ben", root)
    return found


def _annotators(read: Sequence[_Read]) -> list[str]:
    """Everyone with work of their own: not those of whom there is an adjudicated version and nothing
    else that can be read."""
    own: dict[str, None] = {}
    adjudicated: set[str] = set()
    for one in read:
        if one.file is not None and one.file.adjudicated is True:
            adjudicated.add(one.person)
        elif one.file is not None:
            own[one.person] = None
    unread = {one.person: None for one in read if one.file is None and one.person not in adjudicated}
    return list(own | unread)


def _sorted_out(
    clips: Sequence[ClipEntry],
    read: Sequence[_Read],
    persons: Sequence[str],
    names: tuple[str, ...],
    asked_for: bool,
    statuses: Sequence[str],
    labels: Labels,
) -> Found:
    places = {person: place for place, person in enumerate(persons)}
    of_clips: list[dict[int, list[_Read]]] = [{} for _ in clips]
    for one in read:
        if one.person in places:
            of_clips[one.clip].setdefault(places[one.person], []).append(one)
    compared: list[ComparedClip] = []
    left_out: list[LeftOut] = []
    for entry, files in zip(clips, of_clips, strict=True):
        work: dict[int, Work] = {}
        for place in sorted(files):
            name = names[place]
            used, *others = sorted(files[place], key=lambda one: (one.stem != name, one.stem))
            left_out += [
                LeftOut(entry.id, name, f"{one.stem}.json is a second file of the same person")
                for one in others
            ]
            if used.file is None:
                left_out.append(LeftOut(entry.id, name, f"unreadable: {used.fault}"))
            elif used.file.adjudicated is True and not asked_for:
                continue
            elif _status(used.file) not in statuses:
                left_out.append(LeftOut(entry.id, name, f"its status is {_status(used.file)}"))
            else:
                work[place] = _work(used.file, labels)
        if len(work) >= 2:
            compared.append(ComparedClip(entry, work))
    return Found(names, tuple(compared), len(clips), tuple(left_out))


def _status(file: _File) -> str:
    return file.status if isinstance(file.status, str) else "new"


def _contents(path: str) -> _File:
    data = read_small(path)
    try:
        file = _FILE.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        # NaN, marks of git, other encodings, entries of another kind: what the window reads of it.
        file = _loosely(decode_merged(ANNOTATION_PART, data, Path(path), [], []))
    if file.version != VERSION:
        check_version({"version": file.version}, Path(path).name)
    return file


def _loosely(data: dict[str, Any]) -> _File:
    def things(key: str) -> list[dict[str, Any]]:
        value = data.get(key)
        return [thing for thing in value if isinstance(thing, dict)] if isinstance(value, list) else []

    return _File(
        data.get("status", "new"),
        data.get("version", VERSION),
        data.get("adjudicated", False),
        [_Span(*(thing.get(key) for key in _Span.__struct_fields__)) for thing in things("emotions")],
        [_Keyframe(thing.get("time"), thing.get("emotion")) for thing in things("keyframes")],
    )


def _work(file: _File, labels: Labels) -> Work:
    spans: list[Span] = []
    for span in file.emotions:
        start, end = _time(span.start), _time(span.end)
        if start is None or end is None:
            continue
        start, end = min(start, end), max(start, end)
        spans.append(
            Span(
                start,
                end if end > start else start + _NO_LENGTH,
                labels.code(_text(span.label)),
                _intensity(span.intensity),
            )
        )
    times = [(_time(keyframe.time), keyframe.emotion) for keyframe in file.keyframes]
    keyframes = [Moment(time, labels.code(_text(label))) for time, label in times if time is not None]
    return Work(tuple(sorted(spans, key=lambda span: span[:3])), tuple(sorted(keyframes)))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _time(value: Any) -> int | None:
    """Microseconds of a time in a file; None where it is none."""
    number = _number(value)
    return None if number is None else microseconds(min(max(number, 0.0), _LATEST))


def _intensity(value: Any) -> float | None:
    number = _number(value)
    return None if number is None else min(max(number, -_STRONGEST), _STRONGEST)


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None
