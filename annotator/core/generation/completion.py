"""Chat completions as bytes from a server: read whole, streamed or broken; never trusted."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

_PAGE = ("<!doctype", "<html", "<?xml")
_MOST_TOKENS = 10_000_000


@dataclass(frozen=True)
class Completion:
    """What a server answered.  ``ended`` is why it stopped (``stop``, ``length``; empty: it was cut
    off); the token counts are the server's own, 0 where it gives none."""

    text: str
    ended: str
    prompt_tokens: int = 0
    answer_tokens: int = 0


def _content(message: Any) -> str:
    content = message.get("content") if isinstance(message, dict) else None
    if isinstance(content, list):
        content = "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""


def _choice(record: Any) -> tuple[str, str]:
    """Text and reason of ending of one whole or partial completion."""
    if not isinstance(record, dict):
        raise ValueError("something that is no completion")
    if record.get("error"):
        error = record["error"]
        said = error.get("message") if isinstance(error, dict) else error
        raise ValueError(f"the error “{' '.join(str(said).split())[:160]}”")
    choices = record.get("choices")
    if not isinstance(choices, list):
        raise ValueError("something that is no completion")
    if not choices or not isinstance(choices[0], dict):
        return "", ""
    first = choices[0]
    return _content(first.get("delta") or first.get("message")), str(first.get("finish_reason") or "")


def _counts(record: Any) -> tuple[int, int]:
    """Tokens of the prompt and of the answer, as told with a completion."""
    usage = record.get("usage") if isinstance(record, dict) else None
    if not isinstance(usage, dict):
        return 0, 0
    prompt, answer = (usage.get(name) for name in ("prompt_tokens", "completion_tokens"))
    return _count(prompt), _count(answer)


def _count(value: Any) -> int:
    return value if type(value) is int and 0 <= value < _MOST_TOKENS else 0


def read_completion(data: bytes, kind: str) -> Completion:
    """A completion from the whole body of an answer: an event stream or, from servers that do not
    stream, one JSON object; ``kind`` is its content type.

    Raises :class:`ValueError` with words for what it is instead.
    """
    text = data.decode("utf-8", errors="replace").strip()
    if "event-stream" not in kind.lower() and not text.startswith(("data:", "event:", ":")):
        try:
            record = json.loads(text)
            words, ended = _choice(record)
        except (json.JSONDecodeError, RecursionError):
            page = text[:200].lower().startswith(_PAGE)
            raise ValueError("a web page" if page else "something that is not JSON") from None
        return Completion(words, ended or "stop", *_counts(record))
    parts: list[str] = []
    why, counts = "", (0, 0)
    # Not splitlines: a line separator may stand, as it is, in a model's words.
    for line in text.split("\n"):
        if not line.startswith("data:"):
            continue
        event = line.removeprefix("data:").strip()
        if event == "[DONE]":
            return Completion("".join(parts), why or "stop", *counts)
        try:
            record = json.loads(event)
            words, ended = _choice(record)
        except (json.JSONDecodeError, RecursionError):
            # The last event of a connection that broke is not whole.
            break
        parts.append(words)
        why = ended or why
        counts = max(counts, _counts(record))
    return Completion("".join(parts), why, *counts)
