"""What a clip is made of: keyframes, emotion spans, takes, and the clip's own words.

All immutable; an edit replaces one with another.  ``extra`` keeps keys of a file that this
version does not know, so that they survive a load and a save.  In the parts of a take it also keeps
what stands under a known key and cannot be used, as it was, until something else is put there (see
:mod:`annotator.core.storage.parts`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from viewer.core.errors import GenerationError
from viewer.core.track import DEFAULT_FPS

Status = Literal["new", "in progress", "done", "needs review"]
STATUSES: tuple[Status, ...] = ("new", "in progress", "done", "needs review")
Ease = Literal["pchip", "minimum-jerk", "linear", "hold"]
EASES: tuple[Ease, ...] = ("pchip", "minimum-jerk", "linear", "hold")
EASE_TITLES: dict[Ease, str] = {
    "pchip": "Smooth",
    "minimum-jerk": "Ease in and out",
    "linear": "Linear",
    "hold": "Hold",
}
PERSPECTIVES = ("annotator", "coefficients", "image")
TRACK_UNIT = "radians"
"""Of the rotations in the CSV of a take, a Live Link CSV."""


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
    ``values`` holds only the channels that were corrected by hand (name -> value as in a track:
    rotations in degrees)."""

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


# ---- takes -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Foreign:
    """What stands in a list of a take's file and is none of its things; it keeps its place there."""

    value: Any


@dataclass(frozen=True)
class Reason:
    """Why a channel has its value: the words that caused it and the action they name."""

    channel: str
    value: float
    words: str
    action: str


@dataclass(frozen=True)
class TakeRequest:
    """What a take was asked for: the clip's words as they were then, a description for each key,
    and the ``seed`` of a model that samples."""

    background: str = ""
    emotion: str = ""
    script: str = ""
    descriptions: tuple[str, ...] = ()
    seed: int | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class KeyAnswer:
    """What a model said for one key of a take: ``time_in_clip`` in seconds (None where a file does
    not say), the description it was asked with, why the channels have their values, remarks,
    and the ``error`` of a key that failed; of a language model also its raw ``reply`` and the tokens
    of question and answer.  ``foreign`` is set where the file has something else in its place."""

    time_in_clip: float | None = None
    description: str = ""
    reasons: tuple[Reason, ...] = ()
    notes: tuple[str, ...] = ()
    error: str = ""
    reply: str = ""
    prompt_tokens: int = 0
    answer_tokens: int = 0
    foreign: Foreign | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Provenance:
    """What made a take; None where that is not said.  ``settings`` are the model's own (temperature,
    damping, prompts that were changed …), ``planner`` is the model that planned where another one
    did, ``started`` is ISO 8601, ``seconds`` how long it took, ``studio`` the version.  ``extra``
    holds what else a backend says of itself."""

    backend: str | None = None
    model: str | None = None
    profile: str | None = None
    url: str | None = None
    settings: Mapping[str, Any] | None = None
    planner: Provenance | None = None
    started: str | None = None
    seconds: float | None = None
    studio: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class TakeKey:
    """One key: ``time`` in seconds of the clip, the ``values`` a model gave (channels at 0 are left
    out; rotations are in KeyframeFace's unit, in which models think), those set by hand, which win over
    them, and how the face goes on to the next key.  A key
    whose generation failed has its ``error`` and is passed over."""

    time: float
    values: Mapping[str, float] = field(default_factory=dict)
    manual: Mapping[str, float] = field(default_factory=dict)
    ease: Ease = "pchip"
    error: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Layers:
    """Life that no key asks for, the same for the same ``seed``."""

    blinks: bool = False
    micro_motion: bool = False
    seed: int = 0
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Lock:
    """Channels that go on as they were when they were locked, at these keys with the strengths of
    then in them."""

    channels: tuple[str, ...]
    keys: tuple[TakeKey, ...]
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Performance:
    """What a take's track is derived from, and only from this, so that everything about a take can
    be changed afterwards and the same performance always gives the same track.

    ``duration`` in seconds makes the track as long as the clip; ``strength`` are factors by
    region.  The face is neutral until ``rest_before`` seconds before the first key, where there is
    room, and relaxes ``rest_after`` seconds after the last, if given."""

    keys: tuple[TakeKey, ...]
    duration: float | None = None
    fps: float = DEFAULT_FPS
    strength: Mapping[str, float] = field(default_factory=dict)
    layers: Layers = field(default_factory=Layers)
    locks: tuple[Lock, ...] = ()
    rest_before: float = 0.5
    rest_after: float | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def locked(self) -> frozenset[str]:
        """The names of all locked channels."""
        return frozenset(name for lock in self.locks for name in lock.channels)

    def with_key(self, index: int, **changes: object) -> Performance:
        """The performance with one key changed; raises :class:`GenerationError` without it."""
        if not 0 <= index < len(self.keys):
            raise GenerationError("that key of the take is no longer there", "choose another one")
        keys = list(self.keys)
        keys[index] = replace(keys[index], **changes)  # type: ignore[arg-type]
        return replace(self, keys=tuple(keys))


@dataclass(frozen=True)
class Vote:
    """Which of two somebody preferred.  ``take`` is the take whose file holds it and ``against`` the
    other one's id or :data:`~annotator.core.comparison.models.RECORDING`; ``preferred`` one of the
    two, or empty for no preference; ``order`` the two as they stood on the screen, A first.
    ``tracks`` are the digests of what was shown, in that order, empty in files of another origin: a
    take may be changed after it was judged."""

    id: str
    take: str
    against: str
    preferred: str
    voter: str
    time: str
    criterion: str
    order: tuple[str, str]
    seed: int
    tracks: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def pair(self) -> frozenset[str]:
        """The two that were judged."""
        return frozenset((self.take, self.against))


@dataclass(frozen=True)
class TakeInfo:
    """takes/<id>.json: what a take was asked for, what was answered for each key, who answered, and
    the ``performance`` that its track is derived from (None: it has a track alone).  A take that the
    user deleted stays on disk with ``deleted`` set, so that undo brings it back.  ``votes`` only
    grow.  ``pose_unit`` is the unit of the rotations in its CSV; empty in takes of earlier versions,
    in which they are normalised."""

    id: str
    name: str
    created: str
    request: TakeRequest = field(default_factory=TakeRequest)
    answers: tuple[KeyAnswer, ...] = ()
    provenance: Provenance = field(default_factory=Provenance)
    performance: Performance | None = None
    votes: tuple[Vote | Foreign, ...] = ()
    deleted: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict)
    pose_unit: str = field(default="", compare=False)


# ---- the whole -------------------------------------------------------------------------------


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
