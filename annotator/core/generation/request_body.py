"""What a model server is sent for a question, and which part of it to leave out where it is refused."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

NO_THINKING: Mapping[str, Any] = {
    "reasoning_effort": "none",
    "chat_template_kwargs": {"enable_thinking": False, "thinking": False},
    "think": False,
    "thinking": {"type": "disabled"},
}
"""What switches off a model's thinking: each server knows one of these."""

_KNOWN_PARTS = ("max_tokens", "temperature", "seed", "stream_options", "response_format")
_GENERAL_PARTS = ("response_format", "stream_options")
_REFUSALS = (400, 415, 422, 501)


@dataclass(frozen=True)
class Question:
    """What is asked.  ``messages`` are chat messages, whose content may be parts with pictures
    (:func:`~annotator.core.generation.chat.text_part`,
    :func:`~annotator.core.generation.chat.image_part`); with ``schema`` the answer is JSON of that
    schema where the server can see to it; ``seed`` makes sampling repeatable.  ``cut`` allows an
    answer that ``max_tokens`` ended."""

    messages: Sequence[Mapping[str, Any]]
    schema: Mapping[str, Any] | None = None
    seed: int | None = None
    temperature: float = 0.0
    max_tokens: int = 1024
    cut: bool = False


def body_of(question: Question, model: str, without: frozenset[str], *, thinking: bool) -> dict[str, Any]:
    """What is sent, but for the parts ``without`` which this server is asked; not ``thinking``: with
    all that switches a model's thinking off."""
    body: dict[str, Any] = {
        "model": model,
        "messages": list(question.messages),
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": question.temperature,
        "max_tokens": question.max_tokens,
    }
    if "max_tokens" in without:
        # What newer models of one large provider call it.
        body["max_completion_tokens"] = question.max_tokens
    if question.seed is not None:
        body["seed"] = question.seed
    if question.schema is not None:
        strict = {"name": "answer", "schema": question.schema, "strict": True}
        body["response_format"] = {"type": "json_schema", "json_schema": strict}
    if not thinking:
        body.update(NO_THINKING)
    return {name: value for name, value in body.items() if name not in without}


def refused_parts(status: int, said: str, body: Mapping[str, Any], kept: frozenset[str]) -> frozenset[str]:
    """The parts of a request to leave out next, from the ``status`` and the words of its refusal;
    empty when that would not help.  Those in ``kept`` stay."""
    if status not in _REFUSALS:
        return frozenset()
    words = said.lower()
    able = [name for name in body if name not in kept]
    named = [name for name in (*NO_THINKING, *_KNOWN_PARTS) if name in able and _names(words, name)]
    too_long = "context" in words
    if too_long:
        named = [name for name in named if name not in _GENERAL_PARTS]
    if any(name in NO_THINKING for name in named):
        return frozenset(name for name in named if name in NO_THINKING)
    if named:
        return frozenset(named[:1])
    # Where nothing is named, the parts that the fewest servers know go first.
    unknown = frozenset(name for name in able if name in NO_THINKING)
    if unknown or too_long:
        return frozenset() if too_long else unknown
    return frozenset([name for name in _GENERAL_PARTS if name in able][:1])


def _names(words: str, part: str) -> bool:
    return re.search(rf"(?<!\w){part}(?!\w)", words) is not None
