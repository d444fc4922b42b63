"""The record of a take: what was asked, what was answered, and who answered."""

from __future__ import annotations

import datetime as dt
import itertools
import secrets
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from annotator.core.generation.protocol import GenerationResult, KeyframeResult, Reason
from annotator.core.model import TakeInfo
from annotator.core.performance.keys import Performance, to_json
from annotator.core.performance.of_take import PERFORMANCE
from viewer.core.channels import NAMES

BACKEND_TITLES = {"facs": "Built-in", "server": "Server", "local": "Local model"}


def take_info(
    result: GenerationResult, performance: Performance, names: Sequence[str], profile: str = ""
) -> TakeInfo:
    """The record of a take: request, plan, answers with their reasons, what made them, and the
    performance that its track is derived from.

    ``names`` are the other takes', ``profile`` the name of the profile that was asked.  All
    annotators of a clip share its takes folder, so the id ends in something no other machine makes.
    """
    backend = str(result.provenance.get("backend", "take"))
    title = profile or BACKEND_TITLES.get(backend, backend)
    number = next(n for n in itertools.count(1) if f"{title} {n}" not in names)
    record = take_record(result, [key.time for key in performance.keys])
    record = {**record, PERFORMANCE: to_json(performance)}
    if profile:
        record = {**record, "provenance": {**record["provenance"], "profile": profile}}
    return TakeInfo(
        id=f"{backend}-{number:02d}-{secrets.token_hex(3)}",
        name=f"{title} {number}",
        created=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        record=record,
    )


def take_record(result: GenerationResult, key_times: Sequence[float]) -> Mapping[str, Any]:
    """JSON of everything that is needed to understand and repeat a take."""
    request = result.request
    return {
        "request": {
            "background": request.background,
            "emotion": request.emotion,
            "script": request.script,
            "descriptions": [k.description for k in result.keyframes],
            "seed": request.seed,
        },
        "keyframes": [
            keyframe_record(k, time)
            for k, time in zip(result.keyframes, key_times, strict=False)
        ],
        "provenance": dict(result.provenance),
    }


def told_in(record: Mapping[str, Any]) -> list[Any]:
    """What a take's record tells of each keyframe; nothing in a file that somebody else wrote otherwise."""
    return list(_list(record.get("keyframes")))


def request_in(record: Mapping[str, Any]) -> dict[str, Any]:
    """What a take was asked for, its ``descriptions`` always a list of text."""
    asked = record.get("request")
    request = dict(asked) if isinstance(asked, Mapping) else {}
    return {**request, "descriptions": [str(text) for text in _list(request.get("descriptions"))]}


def answers_in(record: Mapping[str, Any], values: npt.ArrayLike) -> list[KeyframeResult]:
    """The answers that a take's record tells of, with the model's ``values`` (K, 61) of its keys; what
    cannot be read in a file that somebody else wrote is left out."""
    each = [entry if isinstance(entry, Mapping) else {} for entry in told_in(record)]
    rows = np.asarray(values, np.float32)
    each = [*each, *({} for _ in rows)][: len(rows)]
    return [
        KeyframeResult(
            target, str(entry.get("description") or ""), row, tuple(_reasons(entry.get("reasons"))),
            tuple(map(str, _list(entry.get("notes")))), error=str(entry.get("error") or ""),
        )
        for target, (entry, row) in enumerate(zip(each, rows, strict=True))
    ]


def _reasons(data: object) -> Iterator[Reason]:
    for each in _list(data):
        value = each.get("value") if isinstance(each, Mapping) else None
        if isinstance(value, int | float) and abs(value) < 1e3 and each.get("channel") in NAMES:
            yield Reason(each["channel"], value, str(each.get("words") or ""), str(each.get("action") or ""))


def _list(data: object) -> list[Any]:
    return data if isinstance(data, list) else []


def keyframe_record(answer: KeyframeResult, time: float) -> dict[str, Any]:
    """JSON of one keyframe of a take: when it is, and what the model made of its description."""
    return {
        "time": time,
        "description": answer.description,
        "reasons": [
            {"channel": r.channel, "value": round(r.value, 4), "words": r.words, "action": r.action}
            for r in answer.reasons
        ],
        "notes": list(answer.notes),
        "error": answer.error,
        **({"reply": answer.reply} if answer.reply else {}),
        **({"tokens": [answer.prompt_tokens, answer.answer_tokens]} if answer.answer_tokens else {}),
    }
