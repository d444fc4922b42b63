"""A take of what a model answered: what was asked, what was answered, and who answered."""

from __future__ import annotations

import datetime as dt
import itertools
import secrets
from collections.abc import Sequence
from dataclasses import replace

from annotator.core.generation.protocol import GenerationResult, KeyframeResult
from annotator.core.model import TRACK_UNIT, KeyAnswer, Performance, TakeInfo, TakeRequest
from annotator.core.performance.keys import dense

BACKEND_TITLES = {"facs": "Built-in", "server": "Server", "local": "Local model"}


def take_info(
    result: GenerationResult, performance: Performance, names: Sequence[str], profile: str = ""
) -> TakeInfo:
    """The take of a result: request, answers with their reasons, what made them, and the
    performance that its track is derived from.

    ``names`` are the other takes', ``profile`` the name of the profile that was asked.  All
    annotators of a clip share its takes folder, so the id ends in something no other machine makes.
    """
    backend = result.provenance.backend or "take"
    title = profile or BACKEND_TITLES.get(backend, backend)
    number = next(n for n in itertools.count(1) if f"{title} {n}" not in names)
    request, made = result.request, result.provenance
    return TakeInfo(
        id=f"{backend}-{number:02d}-{secrets.token_hex(3)}",
        name=f"{title} {number}",
        created=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        request=TakeRequest(
            request.background,
            request.emotion,
            request.script,
            tuple(answer.description for answer in result.keyframes),
            request.seed,
        ),
        answers=tuple(
            key_answer(answer, key.time)
            for answer, key in zip(result.keyframes, performance.keys, strict=False)
        ),
        provenance=replace(made, profile=profile) if profile else made,
        performance=performance,
        pose_unit=TRACK_UNIT,
    )


def key_answer(answer: KeyframeResult, time_in_clip: float) -> KeyAnswer:
    """What a model made of a description, for the key at ``time_in_clip`` seconds."""
    return KeyAnswer(
        time_in_clip=time_in_clip,
        description=answer.description,
        reasons=tuple(replace(reason, value=round(float(reason.value), 4)) for reason in answer.reasons),
        notes=answer.notes,
        error=answer.error,
        reply=answer.reply,
        prompt_tokens=answer.prompt_tokens,
        answer_tokens=answer.answer_tokens,
    )


def answers_of(take: TakeInfo) -> list[KeyframeResult]:
    """What the model answered for each key of a take, without what was changed afterwards; a key
    that nothing is told of has its values alone."""
    keys = () if take.performance is None else take.performance.keys
    told = itertools.chain(take.answers, itertools.repeat(KeyAnswer()))
    return [
        KeyframeResult(
            target, answer.description, dense(key.values), answer.reasons, answer.notes, error=answer.error
        )
        for target, (key, answer) in enumerate(zip(keys, told, strict=False))
    ]
