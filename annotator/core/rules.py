"""What a clip must obey: the order of its parts, and which values are possible."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import pairwise

from annotator.core.media_names import is_absolute
from annotator.core.model import EASES, ClipInfo, ClipState, EmotionSpan, Keyframe, TakeInfo
from viewer.core.channels import BY_NAME
from viewer.core.errors import EditError

SAME_TIME = 0.0005
"""Keyframes must lie at least this many seconds apart."""

_ROUNDING = 1e-9


def sorted_keyframes(keyframes: Iterable[Keyframe]) -> tuple[Keyframe, ...]:
    """In the order that a state holds them: by time, then id."""
    return tuple(sorted(keyframes, key=lambda k: (k.time, k.id)))


def sorted_spans(spans: Iterable[EmotionSpan]) -> tuple[EmotionSpan, ...]:
    """In the order that a state holds them: by start, end, then id."""
    return tuple(sorted(spans, key=lambda s: (s.start, s.end, s.id)))


def sorted_takes(takes: Iterable[TakeInfo]) -> tuple[TakeInfo, ...]:
    """In the order that a state holds them: by the time they were made, then id."""
    return tuple(sorted(takes, key=lambda t: (t.created, t.id)))


def check_time(seconds: float, what: str) -> None:
    """Raise :class:`EditError` unless ``seconds`` is a finite time from 0 on."""
    if not math.isfinite(seconds) or seconds < 0:
        raise EditError(f"{what} cannot be at {seconds:g} s", "choose a time from 0 on")


def _check_confidence(confidence: float | None) -> None:
    if confidence is not None and not 0 <= confidence <= 1:
        raise EditError(f"a confidence cannot be {confidence:g}", "choose one from 0 to 1")


def check_keyframe(keyframe: Keyframe) -> None:
    """Raise :class:`EditError` unless the keyframe is possible by itself."""
    check_time(keyframe.time, "a keyframe")
    _check_confidence(keyframe.confidence)
    if not keyframe.id:
        raise EditError("the keyframe has no id", "add it again")
    if keyframe.ease not in EASES:
        raise EditError(f"{keyframe.ease!r} is not an easing", f"choose one of {', '.join(EASES)}")
    for name, value in keyframe.values.items():
        if name not in BY_NAME:
            raise EditError(f"{name!r} is not a channel", "use one of the 61 channel names")
        if not math.isfinite(value):
            raise EditError(f"{name} cannot be {value:g}", "give it a number")


def check_span(span: EmotionSpan) -> None:
    """Raise :class:`EditError` unless the span is possible by itself."""
    check_time(span.start, "the start of an emotion")
    check_time(span.end, "the end of an emotion")
    _check_confidence(span.confidence)
    if not span.id:
        raise EditError("the emotion span has no id", "add it again")
    if span.start >= span.end:
        raise EditError("an emotion must end after it starts", "move its end to the right of its start")
    if isinstance(span.intensity, bool) or span.intensity not in range(1, 6):
        raise EditError(f"an intensity cannot be {span.intensity}", "choose one from 1 to 5")


def check_take(take: TakeInfo) -> None:
    """Raise :class:`EditError` unless the take's id can name its files."""
    safe = take.id.replace("-", "").replace("_", "").replace(".", "").isalnum()
    if not safe or take.id.startswith(".") or len(take.id) > 100:
        raise EditError(f"{take.id!r} cannot name a take's files", "use letters, digits, - and _")


def check_clip(clip: ClipInfo) -> None:
    """Raise :class:`EditError` for an impossible offset or an absolute path."""
    if not math.isfinite(clip.offset):
        raise EditError(f"the track cannot be offset by {clip.offset:g} s", "give a number of seconds")
    for path in (clip.video, clip.track):
        if is_absolute(path):
            raise EditError(f"{path} is an absolute path", "choose a file inside the dataset folder")


def check_state(state: ClipState) -> None:
    """Raise :class:`EditError` when keyframes lie on one another or an id is used twice."""
    for a, b in pairwise(state.keyframes):
        if b.time - a.time < SAME_TIME - _ROUNDING:
            raise EditError(f"there is already a keyframe at {b.time:.3f} s", "choose another frame")
    for things in (state.keyframes, state.spans, state.takes):
        if len({thing.id for thing in things}) != len(things):
            raise EditError("two things share one id", "add the second one again")
