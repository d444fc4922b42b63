"""The seam for generation models: what is asked, what comes back, and who answers.

A backend is pure with respect to the app: it gets an immutable request and a cancel token,
and returns values or raises.  It never touches the window, the document or a file of the
dataset.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from annotator.core.model import Provenance
from annotator.core.model import Reason as Reason
from viewer.core.cancel import CancelToken
from viewer.core.errors import GenerationError

ValueArray = npt.NDArray[np.float32]


class UnreachableError(GenerationError):
    """A model's server cannot be reached or does not answer; other requests will fare alike."""


@dataclass(frozen=True)
class PlannedKeyframe:
    """One step of a plan: seconds from the start of the performance, and words for the face."""

    time: float
    description: str


@dataclass(frozen=True)
class GenerationRequest:
    """What a model is asked.  ``descriptions`` is the whole keyframe sequence (empty: plan
    first); ``background``, ``emotion`` and ``script`` are the clip's words; ``seed`` makes a
    sampling backend repeatable."""

    background: str = ""
    emotion: str = ""
    script: str = ""
    descriptions: tuple[str, ...] = ()
    seed: int | None = None


@dataclass(frozen=True)
class KeyframeResult:
    """The answer for one keyframe.  ``values`` (61,) float32 in CSV order, KeyframeFace unit;
    ``reasons`` where the backend can explain itself; ``reply`` the raw text of a model;
    ``error`` is set, and values are zeros, when this keyframe failed, ``unreachable`` where that is
    because nobody answered.  Tokens and ``seconds`` are what a model took for it, where it has such."""

    target: int
    description: str
    values: ValueArray
    reasons: tuple[Reason, ...] = ()
    notes: tuple[str, ...] = ()
    reply: str = ""
    error: str = ""
    prompt_tokens: int = 0
    answer_tokens: int = 0
    seconds: float = 0.0
    unreachable: bool = False


@dataclass(frozen=True)
class GenerationResult:
    """All keyframes of one request, in order, with what made them.  ``notes`` are remarks on the
    plan, for the user."""

    request: GenerationRequest
    plan: tuple[PlannedKeyframe, ...]
    keyframes: tuple[KeyframeResult, ...]
    provenance: Provenance = field(default_factory=Provenance)
    notes: tuple[str, ...] = ()

    @property
    def errors(self) -> tuple[str, ...]:
        """Why keyframes failed, in their order; empty when all were answered."""
        return tuple(k.error for k in self.keyframes if k.error)


def provenance_of(facts: Mapping[str, Any]) -> Provenance:
    """What a backend says of itself (:meth:`Backend.describe`) as a value."""
    known = {each.name for each in fields(Provenance)} - {"planner", "extra"}
    planner = facts.get("planner")
    return Provenance(
        **{name: facts[name] for name in known if name in facts},
        planner=None if planner is None else provenance_of(planner),
        extra={name: fact for name, fact in facts.items() if name not in known | {"planner"}},
    )


AnswerProgress = Callable[[str], None]
"""Called from any thread with how far one answer is, in a few words: ``140 tokens``."""


def no_answer_progress(news: str) -> None:
    """For answers whose progress nobody watches."""


@runtime_checkable
class Backend(Protocol):
    """A generation model.  Methods may be called from several threads at once."""

    name: str

    def describe(self) -> Mapping[str, Any]:
        """JSON facts for the provenance: backend, model, url, settings.  Never a key."""
        ...

    def plan(self, request: GenerationRequest, cancel: CancelToken) -> tuple[PlannedKeyframe, ...]:
        """Turn background, emotion and script into timed keyframe descriptions.

        Raises :class:`~viewer.core.errors.GenerationError`, :class:`~viewer.core.errors.Cancelled`.
        """
        ...

    def keyframe(
        self,
        request: GenerationRequest,
        target: int,
        cancel: CancelToken,
        on_progress: AnswerProgress = no_answer_progress,
    ) -> KeyframeResult:
        """Values for description ``target`` (from 0) of ``request.descriptions``; ``on_progress`` is told
        how far the answer is, where the model says so.

        Raises as :meth:`plan`.
        """
        ...


@runtime_checkable
class ExplainsPlans(Protocol):
    """A backend that can say what it guessed or did not understand as it planned."""

    def plan_notes(self, request: GenerationRequest) -> tuple[str, ...]:
        """Sentences for the user; empty when all was clear."""
        ...
