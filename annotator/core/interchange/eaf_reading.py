"""Reading ELAN's annotation files (.eaf), formats 2.3 to 3.0.

See https://www.mpi.nl/tools/elan/EAF_Annotation_Format_3.0_and_ELAN.pdf.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from annotator.core.change_summary import counted
from annotator.core.interchange.eaf import FIELDS, holds_marks, own_tier
from annotator.core.interchange.marks import (
    ForeignFile,
    ForeignMark,
    ForeignMarks,
    Kind,
    LeftOut,
    Medium,
    Tier,
    confidence_of,
    intensity_of,
)
from annotator.core.interchange.media_urls import paths_of_url
from annotator.core.interchange.xml_files import Element, all_text, parse_xml
from viewer.core.errors import FileError


@dataclass
class _Annotation:
    id: str
    tier: str
    value: str
    slots: tuple[str, str] | None = None
    parent: str = ""


@dataclass
class _Document:
    slots: dict[str, float | None] = field(default_factory=dict)
    tiers: dict[str, list[_Annotation]] = field(default_factory=dict)
    parents: dict[str, str] = field(default_factory=dict)
    by_id: dict[str, _Annotation] = field(default_factory=dict)
    left_out: list[LeftOut] = field(default_factory=list)


def read_eaf(path: Path, data: bytes) -> ForeignFile:
    """The tiers of an ELAN file, dependent ones with their parents' times.

    Raises :class:`FileError` for what is no such file.
    """
    root = parse_xml(data, path, "ELAN file")
    if root.tag != "ANNOTATION_DOCUMENT":
        raise FileError("is no ELAN file", "choose an .eaf, or name the format with --format", path)
    document = _document(root)
    _fill_slots(document)
    media = tuple(Medium(name) for name in _media(root))
    spans = _Times(document)
    tiers = {name: _tier(name, found, spans) for name, found in document.tiers.items()}
    return ForeignFile(path, "eaf", tuple(_sets(document, tiers, media)), tuple(document.left_out))


def _media(root: Element) -> list[str]:
    names: list[str] = []
    for descriptor in root.iterfind("HEADER/MEDIA_DESCRIPTOR"):
        for key in ("RELATIVE_MEDIA_URL", "MEDIA_URL"):
            if descriptor.get(key):
                names += paths_of_url(descriptor.get(key, ""))
    header = root.find("HEADER")
    if header is not None and header.get("MEDIA_FILE"):
        names += paths_of_url(header.get("MEDIA_FILE", ""))
    return list(dict.fromkeys(names))


def _document(root: Element) -> _Document:
    made = _Document()
    header = root.find("HEADER")
    unit = "milliseconds" if header is None else header.get("TIME_UNITS", "milliseconds")
    # ELAN has only ever written milliseconds; its schema knows two more.
    if unit != "milliseconds":
        made.left_out.append(LeftOut("the unit of its times", f"{unit!r} was taken for milliseconds"))
    for slot in root.iterfind("TIME_ORDER/TIME_SLOT"):
        value = slot.get("TIME_VALUE", "").strip()
        known = value.isascii() and value.isdigit() and len(value) < 13
        made.slots[slot.get("TIME_SLOT_ID", "")] = int(value) / 1000 if known else None
    for tier in root.iterfind("TIER"):
        name = tier.get("TIER_ID", "")
        made.parents[name] = tier.get("PARENT_REF", "")
        annotations = made.tiers.setdefault(name, [])
        for inner in tier.iterfind("ANNOTATION/*"):
            value = all_text(inner.find("ANNOTATION_VALUE"))
            id = inner.get("ANNOTATION_ID", "")
            if inner.tag == "ALIGNABLE_ANNOTATION":
                ends = inner.get("TIME_SLOT_REF1", ""), inner.get("TIME_SLOT_REF2", "")
                one = _Annotation(id, name, value, slots=ends)
            elif inner.tag == "REF_ANNOTATION":
                one = _Annotation(id, name, value, parent=inner.get("ANNOTATION_REF", ""))
            else:
                continue
            annotations.append(one)
            made.by_id.setdefault(id, one)
    return made


def _fill_slots(document: _Document) -> None:
    """Give slots without a time theirs: evenly between the timed neighbours of their chain."""
    for found in document.tiers.values():
        pairs = [one.slots for one in found if one.slots is not None]
        for chain in _chains(pairs):
            _spread(chain, document.slots)
    # What is in no chain with two timed ends lies between its neighbours in the order of time.
    _spread(list(document.slots), document.slots)


def _chains(pairs: Sequence[tuple[str, str]]) -> Iterator[list[str]]:
    chain: list[str] = []
    for begin, end in pairs:
        if chain and chain[-1] != begin:
            yield chain
            chain = []
        chain += [end] if chain else [begin, end]
    if chain:
        yield chain


def _spread(chain: Sequence[str], slots: dict[str, float | None]) -> None:
    timed = [place for place, slot in enumerate(chain) if slots.get(slot) is not None]
    for first, last in pairwise(timed):
        low, high = slots[chain[first]], slots[chain[last]]
        for place in range(first + 1, last):
            if chain[place] in slots and low is not None and high is not None:
                share = (place - first) / (last - first)
                slots[chain[place]] = round(low + (high - low) * share, 6)


class _Times:
    """When annotations begin and end; those that refer to another one have its times."""

    def __init__(self, document: _Document) -> None:
        self._document = document

    def of(self, one: _Annotation) -> tuple[float, float] | None:
        """Its seconds; None where they cannot be told."""
        seen: set[str] = set()
        found: _Annotation | None = one
        while found is not None and found.slots is None and found.id not in seen:
            seen.add(found.id)
            found = self._document.by_id.get(found.parent)
        if found is None or found.slots is None:
            return None
        start, end = (self._document.slots.get(slot) for slot in found.slots)
        return None if start is None or end is None else (min(start, end), max(start, end))


def _tier(name: str, annotations: Iterable[_Annotation], times: _Times) -> tuple[Tier, int]:
    """The tier, and how many of its annotations have no time."""
    marks, lost = [], 0
    for one in annotations:
        at = times.of(one)
        if at is None:
            lost += 1
        else:
            marks.append(ForeignMark(at[0], at[1], one.value))
    return Tier(name, tuple(marks)), lost


def _sets(
    document: _Document, tiers: Mapping[str, tuple[Tier, int]], media: tuple[Medium, ...]
) -> Iterator[ForeignMarks]:
    whose: dict[str, list[str]] = {}
    foreign: list[Tier] = []
    for name, (tier, lost) in tiers.items():
        own = own_tier(name)
        if lost:
            what = f"{counted(lost, 'annotation')} on the tier “{name}”"
            document.left_out.append(LeftOut(what, "nothing says when they are"))
        if own is None:
            foreign.append(tier)
        else:
            whose.setdefault(own[1], []).append(name)
    holding = {who: names for who, names in whose.items() if any(holds_marks(name) for name in names)}
    if not holding:
        yield ForeignMarks(media=media, tiers=tuple(tier for tier, _lost in tiers.values()))
        return
    for who, names in holding.items():
        yield ForeignMarks(who, media=media, tiers=(*_own_tiers(document, names, tiers), *foreign))


def _own_tiers(
    document: _Document, names: Sequence[str], tiers: Mapping[str, tuple[Tier, int]]
) -> Iterator[Tier]:
    more: dict[str, dict[str, str]] = {}
    for name in names:
        own = own_tier(name)
        if own is not None and own[0] in FIELDS:
            for one in document.tiers[name]:
                more.setdefault(one.parent, {})[own[0]] = one.value
    times = _Times(document)
    merged: dict[Kind, list[ForeignMark]] = {}
    for name in names:
        own = own_tier(name)
        if own is None or own[0] in FIELDS:
            continue
        kind: Kind = "keyframes" if own[0] == "keyframes" else "emotions"
        made = merged.setdefault(kind, [])
        for one in document.tiers[name]:
            at = times.of(one)
            if at is not None:
                made.append(_own_mark(kind, at, one.value, more.get(one.id, {})))
    for kind, marks in merged.items():
        yield Tier(kind, tuple(sorted(marks, key=lambda mark: (mark.start, mark.end or 0.0))), kind)


def _own_mark(kind: Kind, at: tuple[float, float], value: str, more: Mapping[str, str]) -> ForeignMark:
    if kind == "keyframes":
        emotion, note = more.get("keyframe-emotion", ""), more.get("keyframe-note", "")
        return ForeignMark(at[0], None, value, emotion=emotion, note=note)
    return ForeignMark(
        at[0],
        at[1],
        "",
        value,
        note=more.get("emotion-note", ""),
        intensity=intensity_of(more.get("emotion-intensity")),
        confidence=confidence_of(more.get("emotion-confidence")),
    )
