"""Which describers a person chose, made from profiles of models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from annotator.core.description.builtin import BuiltInWords, Describer
from annotator.core.description.describers import PICTURE_TOKENS, WORDS_TOKENS, ModelWords, PictureWords
from annotator.core.description.picture import WHOLE, Box
from annotator.core.generation.backends import chat_of, close_backend, model_of
from annotator.core.generation.chat import ChatServer
from annotator.core.generation.profiles import Profile
from viewer.core.cancel import CancelToken
from viewer.core.errors import GenerationError

DESCRIBED = ("coefficients", "image")
"""The perspectives that models write."""


@contextmanager
def describers(
    perspectives: Sequence[str],
    words: Profile,
    image: Profile | None,
    cancel: CancelToken,
    *,
    values: bool = False,
    box: Box = WHOLE,
    max_tokens: int | None = None,
) -> Iterator[list[Describer]]:
    """Who writes ``perspectives``: for coefficients the model of profile ``words`` (the built-in one
    means the studio's own words), for the image that of ``image``, which is asked for ``values``
    too; it sees ``box`` of the frame.  ``max_tokens`` of an answer: None takes the profile's, where
    these are enough.  Their connections end with the context.

    Raises :class:`GenerationError` where a perspective has no model.
    """
    with ExitStack() as stack:
        made: list[Describer] = []

        def chat(profile: Profile) -> ChatServer:
            backend = model_of(profile)
            stack.callback(close_backend, backend)
            return chat_of(backend, cancel)

        for perspective in dict.fromkeys(perspectives):
            if perspective == "coefficients" and words.backend == "facs":
                made.append(BuiltInWords())
            elif perspective == "coefficients":
                tokens = max_tokens or max(words.max_tokens, WORDS_TOKENS)
                made.append(ModelWords(chat(words), temperature=words.temperature, max_tokens=tokens))
            elif image is None or image.backend == "facs":
                raise GenerationError(
                    "no model was chosen that sees pictures", "choose a profile with a multimodal model"
                )
            else:
                made.append(
                    PictureWords(
                        chat(image),
                        values=values,
                        box=box,
                        temperature=image.temperature,
                        max_tokens=max_tokens or max(image.max_tokens, PICTURE_TOKENS),
                    )
                )
        yield made
