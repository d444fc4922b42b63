"""Any OpenAI-compatible endpoint as a generation model: vLLM, llama.cpp, Ollama, a cloud."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from annotator.core.generation import prompts
from annotator.core.generation.chat import Answer, ChatServer, JsonSchema, Question
from annotator.core.generation.prompts import Message, Style
from annotator.core.generation.protocol import (
    AnswerProgress,
    GenerationRequest,
    KeyframeResult,
    PlannedKeyframe,
    no_answer_progress,
)
from annotator.core.generation.replies import read_plan, read_values
from annotator.core.generation.server_facts import ServerFacts, inspect
from viewer.core.cancel import CancelToken
from viewer.core.errors import GenerationError

T = TypeVar("T")

DAMPING = 0.5
"""Zero-shot models peak 2 to 2.5 times too strong."""


@dataclass(frozen=True)
class ModelSettings:
    """How a model is asked.  ``style`` is KeyframeFace's own prompt or the zero-shot one, whose
    answers name at most ``channels`` and whose strengths are scaled by ``damping`` (None: by the
    style's own).  ``sparse`` says whether its answers leave out channels that are 0 (None: as the
    style's prompt asks: zero-shot does, KeyframeFace's asks for all 61).  ``system_prompt`` replaces
    the zero-shot style's, ``plan_prompt`` the planner's; KeyframeFace's cannot be changed, since the
    model was trained on it."""

    style: Style = "keyframeface"
    temperature: float = 0.0
    max_tokens: int = 1024
    damping: float | None = None
    channels: int = prompts.SPARSE_CHANNELS
    sparse: bool | None = None
    system_prompt: str = ""
    plan_prompt: str = ""

    @property
    def strength(self) -> float:
        """What strengths are multiplied by."""
        if self.damping is not None:
            return self.damping
        return DAMPING if self.style == "zero-shot" else 1.0

    @property
    def leaves_out_zeros(self) -> bool:
        """Whether a channel that an answer leaves out is 0."""
        return prompts.leaves_out_zeros(self.style) if self.sparse is None else self.sparse

    def facts(self) -> dict[str, Any]:
        """The settings for a take's record; prompts, and what they promise, only where they were
        changed."""
        changed = {"system_prompt": self.system_prompt.strip(), "plan_prompt": self.plan_prompt.strip()}
        if self.style == "keyframeface":
            del changed["system_prompt"]
        return {
            "style": self.style,
            "temperature": self.temperature,
            "max_tokens": self.max_tokens,
            "damping": self.strength,
            "channels": self.channels,
            **({} if self.sparse is None else {"sparse": self.sparse}),
            **{name: text for name, text in changed.items() if text},
        }


class ServerBackend:
    """A model behind a :class:`ChatServer`, asked as ``settings`` say.  Call :meth:`close`, or let
    it be collected."""

    name = "server"

    def __init__(
        self,
        url: str,
        model: str = "",
        key: str | None = None,
        settings: ModelSettings | None = None,
        *,
        timeout: float = 120.0,
        silence: float | None = None,
        retries: int = 4,
        json_schema: JsonSchema = "auto",
        plain_http: bool = False,
    ) -> None:
        self.settings = settings or ModelSettings()
        self.chat = ChatServer(
            url,
            model,
            key,
            timeout=timeout,
            silence=silence,
            retries=retries,
            json_schema=json_schema,
            plain_http=plain_http,
        )

    def describe(self) -> Mapping[str, Any]:
        """See :class:`~annotator.core.generation.protocol.Backend`."""
        return {
            "backend": self.name,
            "model": self.chat.model,
            "served_model": self.chat.served,
            "served_without": sorted(self.chat.without),
            **({"served_without_thinking": True} if self.chat.thinks_instead else {}),
            "url": self.chat.endpoint.shown,
            "settings": self.settings.facts(),
        }

    def plan(self, request: GenerationRequest, cancel: CancelToken) -> tuple[PlannedKeyframe, ...]:
        """See :class:`~annotator.core.generation.protocol.Backend`."""
        messages = prompts.plan_messages(request, self.settings.plan_prompt)
        question = self._question(messages, prompts.plan_schema(), request.seed)
        return self._read(question, lambda answer: read_plan(answer.text), True, cancel, no_answer_progress)

    def keyframe(
        self,
        request: GenerationRequest,
        target: int,
        cancel: CancelToken,
        on_progress: AnswerProgress = no_answer_progress,
    ) -> KeyframeResult:
        """See :class:`~annotator.core.generation.protocol.Backend`."""
        settings = self.settings
        free = settings.style == "zero-shot"
        sparse = settings.leaves_out_zeros
        messages = prompts.request_messages(request, target, settings.style, settings.system_prompt)
        schema = prompts.values_schema(target, sparse=sparse, most=settings.channels)

        def read(answer: Answer) -> KeyframeResult:
            values, notes = read_values(answer.text, sparse=sparse, damping=settings.strength)
            if answer.from_thoughts:
                notes = (*notes, "the model gave no answer; these values are from its thoughts")
            if settings.strength != 1.0 and values.any():
                notes = (*notes, f"strengths were multiplied by {settings.strength:g}")
            return KeyframeResult(
                target,
                request.descriptions[target],
                values,
                notes=notes,
                reply=answer.text,
                prompt_tokens=answer.prompt_tokens,
                answer_tokens=answer.answer_tokens,
                seconds=answer.seconds,
            )

        return self._read(self._question(messages, schema, request.seed), read, free, cancel, on_progress)

    def test_connection(
        self, cancel: CancelToken, on_progress: AnswerProgress = no_answer_progress
    ) -> ServerFacts:
        """What the server is and how fast; see :func:`~annotator.core.generation.server_facts.inspect`."""
        return inspect(self.chat, cancel, on_progress)

    def close(self) -> None:
        """Drop open calls and end the thread.  A later call opens it again."""
        self.chat.close()

    def _question(self, messages: list[Message], schema: dict[str, Any], seed: int | None) -> Question:
        return Question(messages, schema, seed, self.settings.temperature, self.settings.max_tokens)

    def _read(
        self,
        question: Question,
        read: Callable[[Answer], T],
        again: bool,
        cancel: CancelToken,
        on_progress: AnswerProgress,
    ) -> T:
        """What ``read`` makes of the answer; with ``again`` a general model whose answer cannot be
        used is told why and asked once more."""
        answer = self.chat.ask(question, cancel, on_progress)
        try:
            return read(answer)
        except GenerationError as fault:
            if answer.from_thoughts:
                raise self.chat.told(
                    f"has a model that only thought, and its thoughts cannot be used: {fault.what}",
                    "switch its thinking off on the server, or choose another model",
                ) from fault
            if not again:
                raise
            on_progress("its answer could not be read; asking once more")
            return read(self.chat.ask(_once_more(question, answer, fault), cancel, on_progress))


def _once_more(question: Question, answer: Answer, fault: GenerationError) -> Question:
    complaint = f"This could not be used: {fault.what}. Answer again, with the JSON alone."
    talk = [
        {"role": "assistant", "content": answer.text[:4000] or "…"},
        {"role": "user", "content": complaint},
    ]
    return Question(
        [*question.messages, *talk], question.schema, question.seed, question.temperature, question.max_tokens
    )
