"""What a model server says of itself, and how fast it is."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from annotator.core.generation.chat import ChatServer, Question
from annotator.core.generation.protocol import AnswerProgress, no_answer_progress
from viewer.core.cancel import CancelToken
from viewer.core.errors import GenerationError

_TRIAL = "Describe a face at rest in two plain sentences."
_TRIAL_TOKENS = 32


@dataclass(frozen=True)
class ServerFacts:
    """``kind`` is the server's program, where it is known, ``models`` what it lists, ``model`` the
    one that was asked; ``context`` its tokens, 0 where it does not say.  ``latency`` (s) is that of
    listing the models, ``first`` (s) that of the first piece of a short answer, ``rate`` its tokens
    a second; ``trouble`` says why there was no answer."""

    url: str
    kind: str
    models: tuple[str, ...]
    model: str
    context: int
    latency: float
    first: float = 0.0
    rate: float = 0.0
    trouble: str = ""

    def line(self) -> str:
        """The facts in a line, with the trouble."""
        others = len(self.models) - 1
        model = f"{self.model} (of {len(self.models)} models)" if others > 0 else self.model
        context = f", context of {self.context} tokens" if self.context else ""
        speed = f"; it answered in {self.latency * 1000:.0f} ms"
        if self.rate:
            speed = f"; first word after {self.first * 1000:.0f} ms, {self.rate:.0f} tokens per second"
        but = f", but {self.trouble}" if self.trouble else ""
        return f"{self.kind} with {model}{context}{speed}{but}"


def inspect(
    chat: ChatServer, cancel: CancelToken, on_progress: AnswerProgress = no_answer_progress
) -> ServerFacts:
    """Ask a server what it is, and something short to see how fast it is.

    Raises :class:`GenerationError` when it cannot be reached or lists no models,
    :class:`~viewer.core.errors.Cancelled`; a model that does not answer is the facts' ``trouble``.
    """
    on_progress("asking for its models")
    began = time.monotonic()
    rows = chat.models(cancel)
    latency = time.monotonic() - began
    names = tuple(str(row["id"]) for row in rows)
    chosen = next((row for row in rows if row["id"] == chat.model), None if chat.model else rows[0])
    kind, context = _kind(chat, chosen or rows[0], cancel)
    if chosen is None:
        known = ", ".join(names[:3]) + (" …" if len(names) > 3 else "")
        trouble = f"it has no model “{chat.model}”; it has {known}"
        return ServerFacts(chat.endpoint.shown, kind, names, chat.model, 0, latency, trouble=trouble)
    on_progress("asking for a short answer")
    model = str(chosen["id"])
    trial = Question([{"role": "user", "content": _TRIAL}], max_tokens=_TRIAL_TOKENS, cut=True)
    try:
        answer = chat.ask(trial, cancel, on_progress)
    except GenerationError as fault:
        return ServerFacts(chat.endpoint.shown, kind, names, model, context, latency, trouble=fault.what)
    tokens, writing = answer.answer_tokens - 1, answer.seconds - answer.first
    if writing < 0.01:
        # An answer in one piece says nothing of the pace in it.
        tokens, writing = answer.answer_tokens, answer.seconds
    rate = tokens / writing if tokens > 0 and writing > 0 else 0.0
    return ServerFacts(chat.endpoint.shown, kind, names, model, context, latency, answer.first, rate)


def _kind(chat: ChatServer, row: dict[str, Any], cancel: CancelToken) -> tuple[str, int]:
    """The server's program and the model's context, from its list of models and, by that, from
    what only this program offers."""
    owner = str(row.get("owned_by", "")).lower()
    if owner == "llamacpp":
        props = _object(chat.look("/props", cancel))
        settings = _object(props.get("default_generation_settings"))
        context = _whole(settings.get("n_ctx")) or _whole(_object(row.get("meta")).get("n_ctx_train"))
        build = _words(props.get("build_info"))
        return f"llama.cpp {build}".strip(), context
    if owner == "vllm" or "max_model_len" in row:
        version = _words(_object(chat.look("/version", cancel)).get("version"))
        return f"vLLM {version}".strip(), _whole(row.get("max_model_len"))
    if owner == "library":
        version = _words(_object(chat.look("/api/version", cancel)).get("version"))
        return (f"Ollama {version}" if version else "an OpenAI-compatible server"), 0
    if owner in ("openai", "system"):
        return "OpenAI", 0
    return "an OpenAI-compatible server", _whole(row.get("context_length"))


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _words(value: Any) -> str:
    return value[:40] if isinstance(value, str) and "unknown" not in value else ""


def _whole(value: Any) -> int:
    return value if type(value) is int and 0 < value < 10**8 else 0
