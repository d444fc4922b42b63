"""Writing ELAN's annotation files (.eaf), format 3.0."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from annotator.core.change_summary import counted
from annotator.core.interchange.eaf import field_of
from annotator.core.interchange.marks import ClipMarks, Losses, PersonMarks, Target
from annotator.core.interchange.media_urls import mime_type_of, url_of
from annotator.core.interchange.xml_files import in_text, in_value, tag, writable
from annotator.core.model import EmotionSpan, Keyframe

_WHY_CHARACTERS = "XML cannot hold control characters"
_DRIFT = 0.0010001
"""Seconds by which a keyframe may move without a word: a millisecond, and what floats add to it."""


@dataclass
class _Written:
    """A tier on its way into a file: each annotation with its id, place and value; ``place`` is two
    milliseconds, or the id it refers to."""

    name: str
    type: str
    who: str
    parent: str = ""
    annotations: list[tuple[str, tuple[int, int] | str, str]] = field(default_factory=list)


class _Writer:
    def __init__(self, clip: ClipMarks, losses: Losses, target: Target) -> None:
        self._clip, self._losses, self._target = clip, losses, target
        self._count = 0
        self._tiers: list[_Written] = []
        self._odd = 0

    def _id(self) -> str:
        self._count += 1
        return f"a{self._count}"

    def text(self) -> str:
        """The whole file."""
        for person in self._clip.people:
            self._odd = 0
            self._keyframes(person)
            self._emotions(person)
            kept = ("keyframe.emotion", "keyframe.note", "span.intensity", "span.confidence", "span.note")
            self._losses.tell_fields(self._clip.id, person, *kept)
            self._losses.tell_unwritable(self._clip.id, person.name, self._odd, _WHY_CHARACTERS)
        return "\n".join(self._lines()) + "\n"

    def _value(self, text: str) -> str:
        self._odd += writable(text) != text
        return text

    def _keyframes(self, person: PersonMarks) -> None:
        tier = _Written(f"keyframes@{person.name}", "keyframes", person.name)
        self._tiers.append(tier)
        starts: list[int] = []
        moved = 0
        for keyframe in person.keyframes:
            start = round(keyframe.time * 1000)
            if starts and start <= starts[-1]:
                # Annotations of one tier must not overlap.
                start = starts[-1] + 1
            moved += abs(start / 1000 - keyframe.time) > _DRIFT
            starts.append(start)
        if moved:
            what = f"the exact time of {counted(moved, 'keyframe')}"
            self._losses.tell(
                self._clip.id, person.name, what, "ELAN has whole milliseconds, one mark in each"
            )
        refs: list[tuple[str, Keyframe]] = []
        for place, keyframe in enumerate(person.keyframes):
            end = round(self._clip.frames.next_after(keyframe.time) * 1000)
            if place + 1 < len(starts):
                end = min(end, starts[place + 1])
            id = self._id()
            span = starts[place], max(end, starts[place] + 1)
            tier.annotations.append((id, span, self._value(keyframe.description)))
            refs.append((id, keyframe))
        self._more(person, tier, "keyframe-emotion", ((id, k.emotion) for id, k in refs))
        self._more(person, tier, "keyframe-note", ((id, k.note) for id, k in refs))

    def _emotions(self, person: PersonMarks) -> None:
        layers: list[tuple[_Written, list[tuple[str, EmotionSpan]]]] = []
        ends: list[int] = []
        for span in person.spans:
            start = round(span.start * 1000)
            end = max(round(span.end * 1000), start + 1)
            layer = next((number for number, last in enumerate(ends) if last <= start), len(ends))
            if layer == len(ends):
                number = f"-{layer + 1}" if layer else ""
                name = f"emotions{number}@{person.name}"
                layers.append((_Written(name, "emotions", person.name), []))
                ends.append(0)
            ends[layer] = end
            id = self._id()
            layers[layer][0].annotations.append((id, (start, end), self._value(span.label)))
            layers[layer][1].append((id, span))
        if not layers:
            layers.append((_Written(f"emotions@{person.name}", "emotions", person.name), []))
        self._tiers += [tier for tier, _refs in layers]
        for tier, refs in layers:
            number = tier.name.partition("@")[0].removeprefix("emotions")
            told = (
                (f"emotion-intensity{number}", [(id, str(s.intensity)) for id, s in refs]),
                (
                    f"emotion-confidence{number}",
                    [(id, "" if s.confidence is None else repr(s.confidence)) for id, s in refs],
                ),
                (f"emotion-note{number}", [(id, s.note) for id, s in refs]),
            )
            for name, values in told:
                self._more(person, tier, name, values)

    def _more(
        self, person: PersonMarks, parent: _Written, name: str, values: Iterable[tuple[str, str]]
    ) -> None:
        tier = _Written(f"{name}@{person.name}", field_of(name), person.name, parent.name)
        tier.annotations = [(self._id(), ref, self._value(value)) for ref, value in values if value]
        if tier.annotations:
            self._tiers.append(tier)

    def _lines(self) -> Iterator[str]:
        yield '<?xml version="1.0" encoding="UTF-8"?>'
        made = datetime.now().astimezone().isoformat(timespec="seconds")
        schema = "http://www.mpi.nl/tools/elan/EAFv3.0.xsd"
        yield (
            f'<ANNOTATION_DOCUMENT AUTHOR="" DATE="{made}" FORMAT="3.0" VERSION="3.0"'
            ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
            f' xsi:noNamespaceSchemaLocation="{schema}">'
        )
        yield '<HEADER MEDIA_FILE="" TIME_UNITS="milliseconds">'
        yield from self._media()
        yield f'<PROPERTY NAME="lastUsedAnnotationId">{self._count}</PROPERTY>'
        yield "</HEADER>"
        slots, refs = self._slots()
        yield "<TIME_ORDER>"
        for number, time in enumerate(slots, 1):
            yield f'<TIME_SLOT TIME_SLOT_ID="ts{number}" TIME_VALUE="{time}"/>'
        yield "</TIME_ORDER>"
        for tier in self._tiers:
            yield from _tier_lines(tier, refs, self._entries())
        yield from self._tail()
        yield "</ANNOTATION_DOCUMENT>"

    def _media(self) -> Iterator[str]:
        video = self._clip.video
        if video is None:
            return
        try:
            relative = Path(os.path.relpath(video, self._target.folder.resolve())).as_posix()
            relative = relative if relative.startswith("../") else f"./{relative}"
        except ValueError:
            # Another drive of Windows.
            relative = url_of(video)
        values = {
            "MEDIA_URL": url_of(video),
            "MIME_TYPE": mime_type_of(video),
            "RELATIVE_MEDIA_URL": relative,
        }
        yield f"<{tag('MEDIA_DESCRIPTOR', **values)}/>"

    def _slots(self) -> tuple[list[int], dict[tuple[str, int], int]]:
        """All times in their order, and the number of the slot of each end of each annotation."""
        ends = [
            (place[end], id, end)
            for tier in self._tiers
            for id, place, _value in tier.annotations
            if not isinstance(place, str)
            for end in (0, 1)
        ]
        ends.sort(key=lambda each: each[0])
        refs = {(id, end): number for number, (_time, id, end) in enumerate(ends, 1)}
        return [time for time, _id, _end in ends], refs

    def _entries(self) -> dict[str, str]:
        """The labels, each with the id of its entry in the controlled vocabulary."""
        used = [
            value
            for tier in self._tiers
            if tier.type in ("emotions", "keyframe-emotion")
            for _id, _place, value in tier.annotations
        ]
        labels = dict.fromkeys((*self._target.labels, *used))
        return {label: f"cveid{number}" for number, label in enumerate(filter(None, labels), 1)}

    def _tail(self) -> Iterator[str]:
        vocabulary = {"CONTROLLED_VOCABULARY_REF": "emotions"}
        kinds = dict.fromkeys(("keyframes", "emotions", *(tier.type for tier in self._tiers)))
        for kind in kinds:
            alone = kind in ("keyframes", "emotions")
            values = {
                **({} if alone else {"CONSTRAINTS": "Symbolic_Association"}),
                **(vocabulary if kind in ("emotions", "keyframe-emotion") else {}),
                "GRAPHIC_REFERENCES": "false",
                "LINGUISTIC_TYPE_ID": kind,
                "TIME_ALIGNABLE": "true" if alone else "false",
            }
            yield f"<{tag('LINGUISTIC_TYPE', **values)}/>"
        language = "http://cdb.iso.org/lg/CDB-00130975-001"
        yield f'<LANGUAGE LANG_DEF="{language}" LANG_ID="und" LANG_LABEL="undetermined (und)"/>'
        for stereotype, description in _CONSTRAINTS:
            yield f"<{tag('CONSTRAINT', DESCRIPTION=description, STEREOTYPE=stereotype)}/>"
        yield '<CONTROLLED_VOCABULARY CV_ID="emotions"><DESCRIPTION LANG_REF="und">Emotions</DESCRIPTION>'
        for label, id in self._entries().items():
            value = f'<CVE_VALUE DESCRIPTION="" LANG_REF="und">{in_text(label)}</CVE_VALUE>'
            yield f'<CV_ENTRY_ML CVE_ID="{id}">{value}</CV_ENTRY_ML>'
        yield "</CONTROLLED_VOCABULARY>"


_CONSTRAINTS = (
    (
        "Time_Subdivision",
        "Time subdivision of parent annotation's time interval, no time gaps allowed within this interval",
    ),
    (
        "Symbolic_Subdivision",
        "Symbolic subdivision of a parent annotation. Annotations refering to the same parent are ordered",
    ),
    ("Symbolic_Association", "1-1 association with a parent annotation"),
    (
        "Included_In",
        "Time alignable annotations within the parent annotation's time interval, gaps are allowed",
    ),
)


def _tier_lines(
    tier: _Written, refs: Mapping[tuple[str, int], int], entries: Mapping[str, str]
) -> Iterator[str]:
    values = {
        "ANNOTATOR": tier.who,
        "LINGUISTIC_TYPE_REF": tier.type,
        **({"PARENT_REF": tier.parent} if tier.parent else {}),
        "PARTICIPANT": tier.who,
        "TIER_ID": tier.name,
    }
    yield f"<{tag('TIER', **values)}>"
    for id, place, value in tier.annotations:
        entry = entries.get(value) if tier.type in ("emotions", "keyframe-emotion") else None
        linked = "" if entry is None else f" CVE_REF={in_value(entry)}"
        content = f"<ANNOTATION_VALUE>{in_text(value)}</ANNOTATION_VALUE>"
        if isinstance(place, str):
            refers = f'ANNOTATION_REF="{place}"'
            inner = f'<REF_ANNOTATION ANNOTATION_ID="{id}" {refers}{linked}>{content}</REF_ANNOTATION>'
        else:
            slots = f'TIME_SLOT_REF1="ts{refs[id, 0]}" TIME_SLOT_REF2="ts{refs[id, 1]}"'
            inner = (
                f'<ALIGNABLE_ANNOTATION ANNOTATION_ID="{id}"{linked} {slots}>{content}</ALIGNABLE_ANNOTATION>'
            )
        yield f"<ANNOTATION>{inner}</ANNOTATION>"
    yield "</TIER>"


def write_eaf(clips: Iterable[ClipMarks], losses: Losses, target: Target) -> Iterator[tuple[str, bytes]]:
    """A file a clip, with everybody's tiers."""
    for clip in clips:
        people = tuple(replace(person, name=writable(person.name)) for person in clip.people)
        yield f"{clip.id}.eaf", _Writer(replace(clip, people=people), losses, target).text().encode()
