"""What a clip is made of: keyframes, emotion spans, takes, and the clip's own words.

All immutable; an edit replaces one with another.  ``extra`` keeps keys of a file that this
version does not know, so that they survive a load and a save.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Status = Literal["new", "in progress", "done", "needs review"]
STATUSES: tuple[Status, ...] = ("new", "in progress", "done", "needs review")
Ease = Literal["pchip", "minimum-jerk", "linear", "hold"]
EASES: tuple[Ease, ...] = ("pchip", "minimum-jerk", "linear", "hold")
EASE_TITLES: dict[Ease, str] = {
    "pchip": "Smooth", "minimum-jerk": "Rest to rest", "linear": "Linear", "hold": "Hold",
}
PERSPECTIVES = ("annotator", "coefficients", "image")


@dataclass(frozen=True)
class Perspective:
    """What somebody wrote about a keyframe: the words, the model they come from and when it wrote
    them (ISO 8601).  ``at`` is the time (s) of the keyframe then: one that was moved since needs new
    words.  A model that saw the image may also tell what it understood (``analysis``) and the values
    of channels it believes in (``values``, KeyframeFace unit)."""

    text: str
    model: str = ""
    made: str = ""
    at: float | None = None
    values: Mapping[str, float] = field(default_factory=dict)
    analysis: Mapping[str, str] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)

    def fits(self, time: float) -> bool:
        """Whether it is about the moment ``time`` (s), as far as is known."""
        return self.at is None or abs(self.at - time) < 0.0005


@dataclass(frozen=True)
class Keyframe:
    """A time (s), its video frame, what the annotator wrote about it, and corrected values.

    ``perspectives`` maps who described it to what they wrote: ``coefficients``, ``image``, and
    ``annotator`` for the annotator's own words where other ones were copied over them.
    ``values`` holds only the channels that were corrected by hand (name -> value)."""

    id: str
    time: float
    frame: int | None = None
    description: str = ""
    perspectives: Mapping[str, Perspective] = field(default_factory=dict)
    emotion: str = ""
    confidence: float | None = None
    ease: Ease = "pchip"
    values: Mapping[str, float] = field(default_factory=dict)
    note: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class EmotionSpan:
    """An emotion from ``start`` to ``end`` seconds; intensity 1 to 5; confidence 0 to 1."""

    id: str
    start: float
    end: float
    label: str = ""
    intensity: int = 3
    confidence: float | None = None
    note: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ClipInfo:
    """clip.json: the clip's words and files.  ``video`` and ``track`` are paths relative to
    the clip's folder; ``offset`` seconds are added to track time to get clip time."""

    id: str
    script: str = ""
    background: str = ""
    emotion: str = ""
    video: str = ""
    track: str = ""
    offset: float = 0.0
    split: str = ""
    tags: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class TakeInfo:
    """takes/<id>.json: a generated track's name, request, plan, model and settings.  A take
    that the user deleted stays on disk with ``deleted`` set, so that undo brings it back."""

    id: str
    name: str
    created: str
    record: Mapping[str, Any] = field(default_factory=dict)
    deleted: bool = False


@dataclass(frozen=True)
class ClipState:
    """Everything an edit may change, as one value.  ``keyframes`` rise by time, ``spans`` by
    start; ``extra`` keeps unknown keys of the annotation file itself."""

    clip: ClipInfo
    keyframes: tuple[Keyframe, ...] = ()
    spans: tuple[EmotionSpan, ...] = ()
    takes: tuple[TakeInfo, ...] = ()
    status: Status = "new"
    extra: Mapping[str, Any] = field(default_factory=dict)
