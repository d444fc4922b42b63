"""The marks of one annotator in one clip: as a file of another tool tells them, and as one is written.

Readers make :class:`ForeignFile`; what becomes of its tiers is decided afterwards
(:mod:`annotator.core.interchange.choosing`).  Writers get :class:`ClipMarks`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from annotator.core.change_summary import counted
from annotator.core.interchange.clip_frames import ClipFrames
from annotator.core.model import EmotionSpan, Keyframe, Status

Kind = Literal["keyframes", "emotions"]
KINDS: tuple[Kind, ...] = ("keyframes", "emotions")

KEYFRAME = "keyframe"
"""What a keyframe is called where a format has one list of labels or behaviours for everything."""

_ESCAPED = re.compile(rf"_*(?:{KEYFRAME})?")


@dataclass(frozen=True)
class LeftOut:
    """What of a file was not taken, or was changed, and why."""

    what: str
    why: str

    def to_json(self) -> dict[str, str]:
        """Its fields as the command line writes them."""
        return {"what": self.what, "why": self.why}


# ---- what a file tells -----------------------------------------------------------------------


@dataclass(frozen=True)
class ForeignMark:
    """A mark of a file.  ``start`` and ``end`` are seconds, or frames from 0 where the file counts frames
    (``end`` is then the first frame after it); a moment has no end.  ``words`` are what is written on it,
    ``label`` the behaviour or label it was made with, where the format tells the two apart."""

    start: float
    end: float | None = None
    words: str = ""
    label: str | None = None
    emotion: str = ""
    note: str = ""
    intensity: int | None = None
    confidence: float | None = None


@dataclass(frozen=True)
class Tier:
    """Marks that lie on one tier, have one behaviour or one label.  ``kind`` is what they are where the
    file says so; a tier that is ``named_by_label`` holds emotions where the dataset knows that label."""

    name: str
    marks: tuple[ForeignMark, ...]
    kind: Kind | None = None
    named_by_label: bool = False


@dataclass(frozen=True)
class Medium:
    """A video or sound the marks belong to: its name or path as the file gives it, when it begins on the
    clock of the marks (s), and when it ends there, where that is known."""

    name: str
    begins: float = 0.0
    ends: float | None = None

    @property
    def file_name(self) -> str:
        """Its name alone, wherever it lay."""
        return self.name.replace("\\", "/").rpartition("/")[2]


@dataclass(frozen=True)
class ForeignMarks:
    """The marks of one annotator in one clip as a file tells them.

    Attributes
    ----------
    annotator : str
        Who made them, or what else the file tells sets of marks apart by; empty where it does not.
    clip : str
        The id of the clip, where the file names it.
    media : tuple of Medium
        What they were made on.
    tiers : tuple of Tier
        The marks.
    counts_frames : bool
        Whether times are frames of the video, counted from 0.
    rate : float or None
        Frames a second, where the times are seconds on a grid of frames.
    left_out : tuple of LeftOut
        What the reader could not take of them.
    """

    annotator: str = ""
    clip: str = ""
    media: tuple[Medium, ...] = ()
    tiers: tuple[Tier, ...] = ()
    counts_frames: bool = False
    rate: float | None = None
    left_out: tuple[LeftOut, ...] = ()


@dataclass(frozen=True)
class ForeignFile:
    """All that a file of another tool tells; ``left_out`` belongs to none of its ``sets``."""

    path: Path
    format: str
    sets: tuple[ForeignMarks, ...]
    left_out: tuple[LeftOut, ...] = ()


# ---- what is written -------------------------------------------------------------------------


@dataclass(frozen=True)
class PersonMarks:
    """What one annotator made in a clip."""

    name: str
    status: Status
    keyframes: tuple[Keyframe, ...]
    spans: tuple[EmotionSpan, ...]


@dataclass(frozen=True)
class ClipMarks:
    """What everybody made in a clip, with its video and its frames."""

    id: str
    people: tuple[PersonMarks, ...]
    frames: ClipFrames
    video: Path | None = None


@dataclass(frozen=True)
class Target:
    """Where an export goes, and the labels of the dataset it comes from."""

    folder: Path
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Lost:
    """What of an annotation a format could not hold."""

    clip: str
    annotator: str
    what: str
    why: str

    def to_json(self) -> dict[str, str]:
        """Its fields as the command line writes them."""
        return {"clip": self.clip, "annotator": self.annotator, "what": self.what, "why": self.why}


_KEYFRAME_FIELDS: Mapping[str, tuple[str, Callable[[Keyframe], bool]]] = {
    "values": ("corrected values", lambda k: bool(k.values)),
    "ease": ("the easing", lambda k: k.ease != "pchip"),
    "perspectives": ("other descriptions (perspectives)", lambda k: bool(k.perspectives)),
    "confidence": ("the confidence", lambda k: k.confidence is not None),
    "emotion": ("the emotion", lambda k: bool(k.emotion)),
    "note": ("the note", lambda k: bool(k.note)),
    "extra": ("keys this version does not know", lambda k: bool(k.extra)),
}
_SPAN_FIELDS: Mapping[str, tuple[str, Callable[[EmotionSpan], bool]]] = {
    "intensity": ("the intensity", lambda s: s.intensity != 3),
    "confidence": ("the confidence", lambda s: s.confidence is not None),
    "note": ("the note", lambda s: bool(s.note)),
    "extra": ("keys this version does not know", lambda s: bool(s.extra)),
}


@dataclass
class Losses:
    """Collects what an export loses; ``title`` is what the format is called, ``unwritten_spans`` counts
    those that were left out whole."""

    title: str
    told: list[Lost] = field(default_factory=list)
    unwritten_spans: int = 0

    def tell(self, clip: str, annotator: str, what: str, why: str) -> None:
        """One more thing."""
        self.told.append(Lost(clip, annotator, what, why))

    def tell_fields(self, clip: str, person: PersonMarks, *kept: str) -> None:
        """The fields that have no place; ``kept`` are those that do, as ``keyframe.note``."""
        found: list[tuple[str, int, str]] = []
        for name, (title, is_set) in _KEYFRAME_FIELDS.items():
            count = sum(map(is_set, person.keyframes))
            if count and f"keyframe.{name}" not in kept:
                found.append((title, count, "keyframe"))
        for name, (title, is_there) in _SPAN_FIELDS.items():
            count = sum(map(is_there, person.spans))
            if count and f"span.{name}" not in kept:
                found.append((title, count, "emotion span"))
        for title, count, noun in found:
            self.tell(
                clip, person.name, f"{title} of {counted(count, noun)}", f"{self.title} has no place for it"
            )

    def tell_unwritable(self, clip: str, annotator: str, count: int, why: str) -> None:
        """Characters that had to be replaced, in ``count`` texts."""
        if count:
            self.tell(
                clip, annotator, f"characters in {counted(count, 'text')}", f"{why}; they are written as �"
            )


def code_of(label: str) -> str:
    """A label as the code of a behaviour beside the code of keyframes: never empty, never that code."""
    return f"_{label}" if _ESCAPED.fullmatch(label) else label


def label_of(code: str) -> str:
    """The label that :func:`code_of` was given."""
    return code[1:] if code.startswith("_") and _ESCAPED.fullmatch(code) else code


def is_number(value: Any) -> bool:
    """Whether a value of a JSON file is a finite number that can be a time or a rating."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e12


def intensity_of(value: Any) -> int | None:
    """An intensity from 1 to 5 out of a number or a text; None where it is none."""
    number = number_of(value)
    return int(number) if number is not None and number in (1, 2, 3, 4, 5) else None


def confidence_of(value: Any) -> float | None:
    """A confidence from 0 to 1 out of a number or a text; None where it is none."""
    number = number_of(value)
    return number if number is not None and 0 <= number <= 1 else None


def number_of(value: Any) -> float | None:
    """A finite number out of a number or a text; None for anything else, ``NA`` and ``NaN`` too."""
    if isinstance(value, str):
        try:
            value = float(value.strip().replace(",", "."))
        except ValueError:
            return None
    return float(value) if is_number(value) else None


def count_marks(tiers: Iterable[Tier]) -> int:
    """How many marks lie on all of them."""
    return sum(len(tier.marks) for tier in tiers)
