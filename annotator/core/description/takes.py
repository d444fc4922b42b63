"""A take of what a model took the coefficients to be when it saw the pictures of a clip."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from annotator.core.generation.protocol import GenerationRequest, GenerationResult, KeyframeResult, ValueArray
from annotator.core.generation.takes import take_info
from annotator.core.model import ClipState, Keyframe, Perspective, Provenance, TakeInfo
from annotator.core.performance import compose, derive
from viewer.core.channels import CHANNEL_COUNT, INDEX
from viewer.core.errors import GenerationError
from viewer.core.track import Track

TITLE = "From pictures"


def value_row(perspective: Perspective) -> ValueArray:
    """A perspective's values as (61,) float32 in KeyframeFace's unit."""
    row = np.zeros(CHANNEL_COUNT, np.float32)
    for name, value in perspective.values.items():
        row[INDEX[name]] = value
    return row


def seen_keyframes(state: ClipState) -> list[tuple[Keyframe, Perspective]]:
    """The keyframes whose picture a model gave values for, with what it said."""
    seen = ((keyframe, keyframe.perspectives.get("image")) for keyframe in state.keyframes)
    return [(k, one) for k, one in seen if one is not None and one.values and one.fits(k.time)]


def picture_take(state: ClipState, duration: float | None, full_scale: float) -> tuple[TakeInfo, Track]:
    """A take and its track through the values of all pictures, each at its keyframe; a normalized 1 of
    them is ``full_scale`` degrees.

    Raises :class:`GenerationError` where no picture has values.
    """
    seen = seen_keyframes(state)
    if not seen:
        raise GenerationError(
            "no picture's values are there yet", "have the pictures of keyframes described with values"
        )
    result = _result(state, seen)
    performance = compose(
        result, times=[k.time for k, _ in seen], eases=[k.ease for k, _ in seen], duration=duration
    )
    info = take_info(result, performance, [take.name for take in state.takes], TITLE)
    return info, derive(performance, info.name, full_scale)


def _result(state: ClipState, seen: Sequence[tuple[Keyframe, Perspective]]) -> GenerationResult:
    """The pictures' values as the answers of a model."""
    clip = state.clip
    texts = tuple(one.text for _, one in seen)
    answers = tuple(KeyframeResult(i, one.text, value_row(one)) for i, (_, one) in enumerate(seen))
    models = list(dict.fromkeys(one.model for _, one in seen))
    made = Provenance("pictures", ", ".join(models), extra={"made": seen[-1][1].made})
    request = GenerationRequest(clip.background, clip.emotion, clip.script, texts)
    return GenerationResult(request, (), answers, made)
