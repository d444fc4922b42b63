"""One keyframe of one model, whatever the model does."""

from __future__ import annotations

import numpy as np

from annotator.core.generation.keys import PlainHttpError
from annotator.core.generation.protocol import (
    AnswerProgress,
    Backend,
    ExplainsPlans,
    GenerationRequest,
    KeyframeResult,
    UnreachableError,
    no_answer_progress,
)
from viewer.core.cancel import CancelToken
from viewer.core.channels import CHANNEL_COUNT
from viewer.core.errors import Cancelled, StudioError


def plan_notes(backend: Backend, request: GenerationRequest) -> tuple[str, ...]:
    """What the backend has to say about its plan for ``request``; most have nothing."""
    return backend.plan_notes(request) if isinstance(backend, ExplainsPlans) else ()


def failed_keyframe(
    request: GenerationRequest, target: int, error: str, *, unreachable: bool = False
) -> KeyframeResult:
    """The result of a keyframe that could not be answered, perhaps because nobody was there to."""
    zeros = np.zeros(CHANNEL_COUNT, np.float32)
    return KeyframeResult(target, request.descriptions[target], zeros, error=error, unreachable=unreachable)


def answer(
    backend: Backend,
    request: GenerationRequest,
    target: int,
    cancel: CancelToken,
    on_progress: AnswerProgress = no_answer_progress,
) -> KeyframeResult:
    """One keyframe; a fault becomes a result with ``error``.  Raises only
    :class:`~viewer.core.errors.Cancelled`, and :class:`~annotator.core.generation.keys.PlainHttpError`,
    which only the person can answer."""
    cancel.check()
    try:
        result = backend.keyframe(request, target, cancel, on_progress)
    except (Cancelled, PlainHttpError):
        raise
    except StudioError as fault:
        unreachable = isinstance(fault, UnreachableError)
        return failed_keyframe(request, target, fault.line(), unreachable=unreachable)
    except Exception as fault:  # a backend of any origin must not take the other keyframes down
        told = f"the model “{backend.name}” failed unexpectedly ({type(fault).__name__}) – try another model"
        return failed_keyframe(request, target, told)
    if not np.isfinite(result.values).all() or result.values.shape != (CHANNEL_COUNT,):
        return failed_keyframe(request, target, "the model gave values that are not numbers – try again")
    return result
