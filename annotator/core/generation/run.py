"""Run one request over its keyframes."""

from __future__ import annotations

import time
import tomllib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

from annotator.core.generation.protocol import (
    Backend,
    ExplainsPlans,
    GenerationRequest,
    GenerationResult,
    Heard,
    KeyframeResult,
    PlannedKeyframe,
    Progress,
    nobody_listens,
    nobody_watches,
)
from viewer.core.cancel import CancelToken
from viewer.core.channels import CHANNEL_COUNT
from viewer.core.errors import Cancelled, GenerationFault, StudioError

_PROJECT = Path(__file__).resolve().parents[3] / "pyproject.toml"


def studio_version() -> str:
    """The version of the studio, installed or run from its source, for provenance."""
    try:
        return version("keyframeface-studio")
    except PackageNotFoundError:
        pass
    try:
        project = tomllib.loads(_PROJECT.read_text("utf-8"))
        return str(project["project"]["version"])
    except (OSError, ValueError, KeyError):
        return "unknown"


def plan_notes(backend: Backend, request: GenerationRequest) -> tuple[str, ...]:
    """What the backend has to say about its plan for ``request``; most have nothing."""
    return backend.plan_notes(request) if isinstance(backend, ExplainsPlans) else ()


def failed_keyframe(request: GenerationRequest, target: int, error: str) -> KeyframeResult:
    """The result of a keyframe that could not be answered."""
    zeros = np.zeros(CHANNEL_COUNT, np.float32)
    return KeyframeResult(target, request.descriptions[target], zeros, error=error)


def answer(
    backend: Backend,
    request: GenerationRequest,
    target: int,
    cancel: CancelToken,
    heard: Heard = nobody_listens,
) -> KeyframeResult:
    """One keyframe; a fault becomes a result with ``error``.  Raises only
    :class:`~viewer.core.errors.Cancelled`."""
    cancel.check()
    try:
        result = backend.keyframe(request, target, cancel, heard)
    except Cancelled:
        raise
    except StudioError as fault:
        return failed_keyframe(request, target, fault.line())
    except Exception as fault:  # a backend of any origin must not take the other keyframes down
        told = f"the model “{backend.name}” failed unexpectedly ({type(fault).__name__}) – try another model"
        return failed_keyframe(request, target, told)
    if not np.isfinite(result.values).all() or result.values.shape != (CHANNEL_COUNT,):
        return failed_keyframe(request, target, "the model gave values that are no numbers – try again")
    return result


def generate(
    backend: Backend,
    request: GenerationRequest,
    *,
    targets: Sequence[int] | None = None,
    jobs: int = 4,
    progress: Progress = nobody_watches,
    cancel: CancelToken | None = None,
) -> GenerationResult:
    """Answer ``request``: plan when it has no descriptions, then ``targets`` (from 0; default
    all) with up to ``jobs`` at once.  A keyframe that fails carries its error; others go on.

    ``progress`` is called from the calling thread.  Raises :class:`GenerationFault` when the
    plan fails or a target does not exist, :class:`~viewer.core.errors.Cancelled`.
    """
    token = cancel or CancelToken()
    token.check()
    began, started = time.monotonic(), datetime.now(UTC)
    plan: tuple[PlannedKeyframe, ...] = ()
    notes: tuple[str, ...] = ()
    if not any(words.strip() for words in request.descriptions):
        progress(0, 1, "planning the keyframes")
        plan = backend.plan(request, token)
        notes = plan_notes(backend, request)
        request = replace(request, descriptions=tuple(step.description for step in plan))
    wanted = list(range(len(request.descriptions))) if targets is None else list(targets)
    if not wanted or any(not 0 <= target < len(request.descriptions) for target in wanted):
        raise GenerationFault("there is no such keyframe to generate", "describe at least one keyframe")
    results: dict[int, KeyframeResult] = {}
    progress(0, len(wanted), "generating the keyframes")
    with ThreadPoolExecutor(max(1, min(jobs, len(wanted))), "generate") as pool:
        waiting = {pool.submit(answer, backend, request, target, token): target for target in set(wanted)}
        try:
            for done in as_completed(waiting):
                target = waiting[done]
                results[target] = done.result()
                progress(len(results), len(waiting), f"keyframe {target + 1}")
        except BaseException:
            # Also an interrupt from the keyboard must not wait for slow answers.
            token.cancel()
            raise
    token.check()
    provenance = {
        **backend.describe(),
        "started": started.isoformat(timespec="seconds"),
        "seconds": round(time.monotonic() - began, 3),
        "studio": studio_version(),
    }
    return GenerationResult(request, plan, tuple(results[target] for target in wanted), provenance, notes)
