"""The generation models as profiles say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from annotator.core.generation.profiles import Profile, Profiles
from annotator.core.generation.protocol import (
    AnswerProgress,
    Backend,
    ExplainsPlans,
    GenerationRequest,
    KeyframeResult,
    PlannedKeyframe,
    no_answer_progress,
)
from viewer.core.cancel import CancelToken
from viewer.core.errors import GenerationError

if TYPE_CHECKING:
    from annotator.core.generation.chat import ChatServer


class PlannedBy:
    """One model's values for another one's plans."""

    def __init__(self, values: Backend, planner: Backend) -> None:
        self.name = values.name
        self.values, self.planner = values, planner

    def describe(self) -> Mapping[str, Any]:
        """See :class:`~annotator.core.generation.protocol.Backend`; the planner's under ``planner``."""
        return {**self.values.describe(), "planner": dict(self.planner.describe())}

    def plan(self, request: GenerationRequest, cancel: CancelToken) -> tuple[PlannedKeyframe, ...]:
        """See :class:`~annotator.core.generation.protocol.Backend`."""
        return self.planner.plan(request, cancel)

    def plan_notes(self, request: GenerationRequest) -> tuple[str, ...]:
        """See :class:`~annotator.core.generation.protocol.ExplainsPlans`."""
        return self.planner.plan_notes(request) if isinstance(self.planner, ExplainsPlans) else ()

    def keyframe(
        self,
        request: GenerationRequest,
        target: int,
        cancel: CancelToken,
        on_progress: AnswerProgress = no_answer_progress,
    ) -> KeyframeResult:
        """See :class:`~annotator.core.generation.protocol.Backend`."""
        return self.values.keyframe(request, target, cancel, on_progress)

    def close(self) -> None:
        """Let go of what either holds."""
        close_backend(self.values)
        close_backend(self.planner)


def close_backend(backend: object) -> None:
    """End the threads, connections and child processes of a backend that has some."""
    close = getattr(backend, "close", None)
    if close is not None:
        close()


def chat_of(backend: Backend, cancel: CancelToken) -> ChatServer:
    """The server behind a model, for questions of other kinds; a local model is loaded for it.

    Raises :class:`GenerationError` for the built-in model, which cannot be asked anything else.
    """
    from annotator.core.generation.local import LocalBackend
    from annotator.core.generation.server import ServerBackend

    if isinstance(backend, PlannedBy):
        return chat_of(backend.values, cancel)
    if isinstance(backend, LocalBackend):
        return backend.server(cancel).chat
    if isinstance(backend, ServerBackend):
        return backend.chat
    raise GenerationError(
        "the built-in model answers no questions", "choose a profile with a server or a local model"
    )


def backend_for(profile: Profile, profiles: Profiles) -> Backend:
    """The model of a profile, with the planner that it names.  Raises :class:`GenerationError`."""
    planner = profiles.planner_of(profile)
    values = model_of(profile)
    return values if planner == profile else PlannedBy(values, model_of(planner))


def model_of(profile: Profile) -> Backend:
    """The model of a profile alone.  Nothing is contacted or loaded yet; a server and a local model
    hold a thread and connections once used: see :func:`close_backend`.

    Raises :class:`GenerationError` for a profile that does not say where its model is.
    """
    # Imported when chosen: each brings a library that would slow the start of the window.
    if profile.backend == "facs":
        from annotator.core.generation.facs.backend import FacsBackend

        return FacsBackend()
    from annotator.core.generation.server import ModelSettings, ServerBackend

    settings = ModelSettings(
        style=profile.style,
        temperature=profile.temperature,
        max_tokens=profile.max_tokens,
        damping=profile.damping,
        sparse=profile.sparse,
        system_prompt=profile.system_prompt,
        plan_prompt=profile.plan_prompt,
    )
    if profile.backend == "local":
        from annotator.core.generation.local import LocalBackend

        if not profile.model.strip():
            raise GenerationError("no model file was named", "give the path of a GGUF file as the model")
        return LocalBackend(
            profile.model.strip(),
            settings,
            context=profile.context,
            slots=min(profile.jobs, 8),
            timeout=profile.timeout,
            silence=profile.silence,
        )
    if not profile.url.strip():
        raise GenerationError("no model server was named", "give its address, like http://localhost:8000")
    return ServerBackend(
        profile.url,
        profile.model.strip(),
        settings=settings,
        timeout=profile.timeout,
        silence=profile.silence,
        plain_http=profile.plain_http,
    )
