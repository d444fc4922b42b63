"""Models that describe a keyframe: a language model its coefficients, a multimodal one its picture."""

from __future__ import annotations

from dataclasses import replace

from annotator.core.description.builtin import perspective_of
from annotator.core.description.moments import ClipMoments
from annotator.core.description.picture import WHOLE, Box, encode
from annotator.core.description.prompts import (
    ChatMessage,
    picture_messages,
    values_messages,
    words_schema,
)
from annotator.core.description.wording import Wording, read_wording
from annotator.core.generation.chat import Answer, ChatServer, Question
from annotator.core.generation.protocol import AnswerProgress, no_answer_progress
from annotator.core.model import Keyframe, Perspective
from viewer.core.cancel import CancelToken
from viewer.core.errors import GenerationError

WORDS_TOKENS = 400
"""Tokens that words for coefficients take at most."""

PICTURE_TOKENS = 1800
"""Tokens that words for a picture take at most; a model trained to give values gives them unasked."""


class _Asks:
    """What describers share who ask a model."""

    quick = False

    def __init__(self, chat: ChatServer, temperature: float, max_tokens: int, system: str) -> None:
        self._chat, self._temperature, self._system = chat, temperature, system
        self._max_tokens = max_tokens

    @property
    def model(self) -> str:
        """See :class:`~annotator.core.description.builtin.Describer`."""
        return self._chat.served or self._chat.model

    def prepare(self, cancel: CancelToken) -> None:
        """See :class:`~annotator.core.description.builtin.Describer`."""
        if not self._chat.served:
            self._chat.served = str(self._chat.models(cancel)[0]["id"])


class ModelWords(_Asks):
    """A language model's words for coefficients, which it gets as a list."""

    perspective = "coefficients"

    def __init__(
        self,
        chat: ChatServer,
        *,
        temperature: float = 0.0,
        max_tokens: int = WORDS_TOKENS,
        system: str = "",
    ) -> None:
        super().__init__(chat, temperature, max_tokens, system)

    def describe(
        self,
        moments: ClipMoments,
        keyframe: Keyframe,
        cancel: CancelToken,
        on_progress: AnswerProgress = no_answer_progress,
    ) -> Perspective:
        """See :class:`~annotator.core.description.builtin.Describer`."""
        values = moments.values(keyframe, cancel)
        question = Question(
            values_messages(values, self._system),
            words_schema(),
            temperature=self._temperature,
            max_tokens=self._max_tokens,
        )
        wording = _asked(self._chat, question, cancel, on_progress)
        # Values in such an answer are ours, said back.
        return perspective_of(keyframe, wording.text, self.model, notes=wording.notes)


class PictureWords(_Asks):
    """A multimodal model's words for the frame of the video; with ``values`` also what it takes the
    coefficients to be.  ``box`` is the part of the frame that it gets."""

    perspective = "image"

    def __init__(
        self,
        chat: ChatServer,
        *,
        values: bool = False,
        box: Box = WHOLE,
        temperature: float = 0.0,
        max_tokens: int = PICTURE_TOKENS,
        system: str = "",
    ) -> None:
        super().__init__(chat, temperature, max_tokens, system)
        self._values, self._box = values, box

    def describe(
        self,
        moments: ClipMoments,
        keyframe: Keyframe,
        cancel: CancelToken,
        on_progress: AnswerProgress = no_answer_progress,
    ) -> Perspective:
        """See :class:`~annotator.core.description.builtin.Describer`."""
        on_progress("reading the frame")
        picture, kind = encode(moments.picture(keyframe, cancel), self._box)
        question = Question(
            picture_messages(picture, kind, values=self._values, system=self._system),
            temperature=self._temperature,
            max_tokens=self._max_tokens,
        )
        wording = _asked(self._chat, question, cancel, on_progress, sparse=self._values)
        return perspective_of(
            keyframe,
            wording.text,
            self.model,
            values=wording.values,
            analysis=wording.analysis,
            notes=wording.notes,
        )


def _asked(
    chat: ChatServer,
    question: Question,
    cancel: CancelToken,
    on_progress: AnswerProgress,
    *,
    sparse: bool = False,
) -> Wording:
    """What a model answers; one whose answer cannot be used is told why and asked once more."""
    answer = chat.ask(question, cancel, on_progress)
    try:
        return read_wording(answer.text, sparse=sparse)
    except GenerationError as fault:
        on_progress("its answer could not be read; asking once more")
        once_more = chat.ask(_once_more(question, answer, fault), cancel, on_progress)
        return read_wording(once_more.text, sparse=sparse)


def _once_more(question: Question, answer: Answer, fault: GenerationError) -> Question:
    complaint = f"This could not be used: {fault.what}. Answer again, with the JSON alone."
    talk: list[ChatMessage] = [
        {"role": "assistant", "content": answer.text[:2000] or "…"},
        {"role": "user", "content": complaint},
    ]
    return replace(question, messages=[*question.messages, *talk])
