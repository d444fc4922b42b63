"""Chat completions as bytes from a server: read whole, streamed or broken; never trusted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from annotator.core.generation.thoughts import split_thoughts

_PAGE = ("<!doctype", "<html", "<?xml")
_MOST_TOKENS = 10_000_000
_THOUGHT_FIELDS = ("reasoning_content", "reasoning", "thinking", "thought", "thoughts", "reasoning_details")
_TEXT_FIELDS = ("text", "content", "thinking", "reasoning", "summary")
_FULL = ("length", "max_tokens", "max_output_tokens")
_DEEPEST = 6
_UNSEEN = "…"


@dataclass(frozen=True)
class Completion:
    """What a server answered.

    Attributes
    ----------
    text : str
        The answer, without thoughts; the arguments of a tool that the model called instead.
    ended : str
        Why it stopped (``stop``, ``length``); empty: it was cut off.
    prompt_tokens, answer_tokens : int
        The server's own counts, 0 where it gives none.
    thought : str
        What the model thought, wherever that stood; an ellipsis where the server only counts it.
    refusal : str
        Why the model does not answer, in its own words.
    """

    text: str
    ended: str
    prompt_tokens: int = 0
    answer_tokens: int = 0
    thought: str = ""
    refusal: str = ""

    @property
    def only_thought(self) -> bool:
        """The model thought, and gave no answer."""
        return bool(self.thought.strip()) and not (self.text.strip() or self.refusal)


@dataclass
class _Heard:
    """What came so far of one completion."""

    words: list[str] = field(default_factory=list)
    thoughts: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    ended: str = ""
    counts: tuple[int, int] = (0, 0)
    thought_unseen: bool = False

    def take(self, record: Any) -> None:
        """Take one whole or partial completion.  Raises :class:`ValueError` with words for what it
        is instead."""
        if not isinstance(record, dict):
            raise ValueError("something that is not a completion")
        if record.get("error"):
            error = record["error"]
            said = error.get("message") if isinstance(error, dict) else error
            raise ValueError(f"the error “{' '.join(str(said).split())[:160]}”")
        choices = record.get("choices")
        if choices is None and isinstance(record.get("message"), dict):
            # As Ollama's own interface answers.
            self._take_choice({**record, "finish_reason": record.get("done_reason")})
        elif not isinstance(choices, list):
            raise ValueError("something that is not a completion")
        elif choices and isinstance(choices[0], dict):
            self._take_choice(choices[0])
        self.counts = max(self.counts, _counts(record))
        self.thought_unseen = self.thought_unseen or _counts_thoughts(record)

    def _take_choice(self, choice: dict[str, Any]) -> None:
        message = choice.get("delta") or choice.get("message")
        if isinstance(message, dict):
            self._take_message(message)
        elif isinstance(choice.get("text"), str):
            self.words.append(choice["text"])
        ended = choice.get("finish_reason")
        if isinstance(ended, str) and ended:
            self.ended = "length" if ended.lower() in _FULL else ended

    def _take_message(self, message: dict[str, Any]) -> None:
        self._take_content(message.get("content"))
        # Some servers tell the same thoughts under two names.
        thoughts = (_text(message.get(name)) for name in _THOUGHT_FIELDS)
        self.thoughts.append(next((text for text in thoughts if text), ""))
        self.refusals.append(_text(message.get("refusal")))
        calls = message.get("tool_calls")
        for call in calls if isinstance(calls, list) else [{"function": message.get("function_call")}]:
            called = call.get("function") if isinstance(call, dict) else None
            arguments = called.get("arguments") if isinstance(called, dict) else None
            self.calls.append(json.dumps(arguments) if isinstance(arguments, dict) else _text(arguments))

    def _take_content(self, content: Any) -> None:
        if isinstance(content, list):
            for part in content:
                self._take_content(part)
        elif not isinstance(content, dict):
            self.words.append(_text(content))
        elif not isinstance(kind := content.get("type"), str):
            # The answer itself, where text that holds it is expected.
            words = content.get("text")
            self.words.append(words if isinstance(words, str) else json.dumps(content))
        elif kind in ("thinking", "reasoning", "thought", "redacted_thinking"):
            self.thoughts.append(_text(content))
        elif kind == "refusal":
            self.refusals.append(_text(content.get("refusal")))
        else:
            self.words.append(_text(content.get("text")))

    def whole(self, ended: str) -> Completion:
        """All that came; ``ended`` where the server did not say why it stopped."""
        text, marked = split_thoughts("".join(self.words))
        if not text.strip():
            text = "".join(self.calls)
        thought = "\n".join(part for part in ("".join(self.thoughts), marked) if part)
        thought = thought or (_UNSEEN if self.thought_unseen else "")
        return Completion(text, self.ended or ended, *self.counts, thought, "".join(self.refusals).strip())


def _text(value: Any, depth: int = 0) -> str:
    """The words in a field: text, or parts that hold some."""
    if isinstance(value, str):
        return value
    if depth < _DEEPEST and isinstance(value, list):
        return "".join(_text(part, depth + 1) for part in value)
    if depth < _DEEPEST and isinstance(value, dict):
        return next((text for name in _TEXT_FIELDS if (text := _text(value.get(name), depth + 1))), "")
    return ""


def _counts(record: dict[str, Any]) -> tuple[int, int]:
    """Tokens of the prompt and of the answer, as told with a completion."""
    usage = record.get("usage")
    if isinstance(usage, dict):
        return _count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens"))
    return _count(record.get("prompt_eval_count")), _count(record.get("eval_count"))


def _counts_thoughts(record: dict[str, Any]) -> bool:
    """Whether a server counts thoughts, which it may keep to itself."""
    usage = record.get("usage")
    details = usage.get("completion_tokens_details") if isinstance(usage, dict) else None
    return isinstance(details, dict) and _count(details.get("reasoning_tokens")) > 0


def _count(value: Any) -> int:
    return value if type(value) is int and 0 <= value < _MOST_TOKENS else 0


def read_json(text: str) -> Any:
    """A JSON document of a server.  Raises :class:`ValueError`, also where it nests too deep."""
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("JSON that is nested too deeply") from error


def read_completion(data: bytes, kind: str) -> Completion:
    """A completion from the whole body of an answer: an event stream or, from servers that do not
    stream, one JSON object, or one on each line; ``kind`` is its content type.

    Raises :class:`ValueError` with words for what it is instead.
    """
    text = data.decode("utf-8", errors="replace").strip().lstrip("\ufeff")
    heard = _Heard()
    if "event-stream" in kind.lower() or text.startswith(("data:", "event:", ":")):
        return _read_events(text, heard)
    try:
        records = [read_json(text)]
    except ValueError:
        records = list(_lines(text))
    if not records:
        page = text[:200].lower().startswith(_PAGE)
        raise ValueError("a web page" if page else "something that is not JSON")
    for record in records:
        heard.take(record)
    return heard.whole("stop")


def _read_events(text: str, heard: _Heard) -> Completion:
    # Not splitlines: a line separator may stand, as it is, in a model's words.
    for line in text.split("\n"):
        if not line.startswith("data:"):
            continue
        event = line.removeprefix("data:").strip()
        if event == "[DONE]":
            return heard.whole("stop")
        try:
            record = read_json(event)
        except ValueError:
            # The last event of a connection that broke is not whole.
            break
        heard.take(record)
    return heard.whole("")


def _lines(text: str) -> Iterator[Any]:
    """The records of a body that has one on each line; none where a line is no JSON."""
    records = []
    for line in text.split("\n"):
        if line.strip():
            try:
                records.append(read_json(line))
            except ValueError:
                return
    yield from records
