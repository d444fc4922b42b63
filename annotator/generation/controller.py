"""Asking a generation model from the window: one job, and its result as a take.

The job plans (unless there are descriptions), asks for every keyframe, times and interpolates
the answers and writes the take's files; only then, on the main thread, the take joins the clip
as an edit that can be undone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Signal

from annotator.core.generation.answering import plan_notes
from annotator.core.generation.protocol import GenerationRequest, GenerationResult, PlannedKeyframe
from annotator.core.generation.run import generate, generate_takes
from annotator.core.generation.takes import take_info
from annotator.core.model import TakeInfo, TakeRequest
from annotator.core.performance import Layers, Performance, compose, derive
from annotator.generation.models import ModelsController
from annotator.session.jobs import Work
from annotator.session.messages import Message
from annotator.session.one_job import OneJob
from annotator.session.session import Session
from annotator.takes.controller import TakesController
from annotator.takes.performance import PerformanceController
from viewer.core.cancel import CancelToken
from viewer.core.progress import Progress
from viewer.core.track import Track

Plan = tuple[tuple[PlannedKeyframe, ...], tuple[str, ...]]
"""Steps and remarks."""


_CAUSE = "generation"
"""Of what is told about the last attempt."""


@dataclass(frozen=True)
class Draft:
    """What the panel asks for.  ``times`` (seconds of the clip) belong to the descriptions; None
    lets the planner, the spreading rule or the size of the change time them, or one of them.
    ``eases`` say how each goes on to the next."""

    background: str
    emotion: str
    script: str
    descriptions: tuple[str, ...]
    times: tuple[float | None, ...] | None
    eases: tuple[str, ...] | str = "pchip"
    layers: Layers = Layers()  # noqa: RUF009 - immutable


@dataclass(frozen=True)
class Finished:
    """A result with its performance, ready to become a take."""

    result: GenerationResult
    performance: Performance
    track: Track

    @property
    def key_times(self) -> tuple[float, ...]:
        """Seconds of the keys in the take, rising."""
        return tuple(key.time for key in self.performance.keys)

    @property
    def failed_whole(self) -> bool:
        """Whether not one keyframe was answered."""
        return len(self.result.errors) == len(self.result.keyframes)


class GenerationController(OneJob):
    """Runs one generation at a time for the open clip."""

    planned = Signal(object)
    key_withheld = Signal(str)
    """The last attempt came to nothing, because its key would go to this host over plain http."""
    answer_progressed = Signal(int, str)
    """How far the answer for a keyframe, from 0, is."""
    explained = Signal(object)

    def __init__(
        self,
        session: Session,
        models: ModelsController,
        takes: TakesController,
        performance: PerformanceController,
    ) -> None:
        super().__init__(session)
        self._models, self._takes, self._performance = models, takes, performance
        self._last: tuple[str, Work, Callable[[Any], None]] | None = None
        session.clip_closing.connect(self.cancel)

    def again(self) -> None:
        """Try once more what was tried last."""
        if self._last is not None and not self.running:
            self._begin(*self._last)

    def plan(self, draft: Draft) -> None:
        """Let the chosen backend write the descriptions; ``planned`` brings them."""
        request = GenerationRequest(draft.background, draft.emotion, draft.script)

        def work(token: CancelToken, progress: Progress) -> Plan:
            progress(0, 0, "Planning keyframes")
            backend = self._models.backend()
            return backend.plan(request, token), plan_notes(backend, request)

        def planned(found: Plan) -> None:
            self.planned.emit(found[0])
            self._tell_notes(found[1])

        self._begin("Plan keyframes", work, planned)

    def _tell_notes(self, notes: tuple[str, ...]) -> None:
        if notes:
            self._session.show_message(Message("The planner: " + "; ".join(notes), level="warning"))

    def generate(self, draft: Draft) -> None:
        """Make a take from the draft."""
        session = self._session
        clip = session.current
        if clip is None or self.running:
            return
        duration = clip.duration or None
        profile, full_scale = self._models.chosen, session.full_scale
        request = GenerationRequest(draft.background, draft.emotion, draft.script, draft.descriptions)

        def work(token: CancelToken, progress: Progress) -> list[Finished]:
            results = generate_takes(
                self._models.backend(),
                request,
                profile.seeds(),
                jobs=profile.jobs,
                progress=progress,
                told=self.answer_progressed.emit,
                cancel=token,
            )
            return [performed(result) for result in results]

        def performed(result: GenerationResult) -> Finished:
            made = compose(
                result, times=draft.times, eases=draft.eases, duration=duration, layers=draft.layers
            )
            return Finished(result, made, derive(made, full_scale=full_scale))

        self._begin("Generate a take", work, lambda made: self._add_takes(made, profile.name))

    def regenerate(self, index: int, description: str = "") -> None:
        """Generate one key of the active take again, from another description if one is given;
        everything else of the take stays as it is."""
        session = self._session
        take = self._takes.active
        asked = TakeRequest() if take is None else take.info.request
        descriptions = list(asked.descriptions)
        if take is None or self._performance.performance is None or index >= len(descriptions):
            told = Message("There is no such key to generate again", "generate a take with {generate}")
            session.show_message(told)
            return
        if self.running:
            return
        if description.strip():
            descriptions[index] = description.strip()
        profile = self._models.chosen
        seeds = profile.seeds()
        request = GenerationRequest(
            asked.background,
            asked.emotion,
            asked.script,
            tuple(descriptions),
            seed=seeds[0] if seeds else None,
        )

        def work(token: CancelToken, progress: Progress) -> GenerationResult:
            backend = self._models.backend()
            return generate(backend, request, targets=[index], jobs=1, progress=progress, cancel=token)

        def done(result: GenerationResult) -> None:
            answer = result.keyframes[0]
            if answer.error:
                session.show_message(Message(answer.error, "", "error", _CAUSE))
            elif self._performance.replace_key(take.id, index, answer):
                told = f"Key {index + 1} of {take.name} was generated again"
                session.show_message(Message(told, level="success"))

        self._begin(f"Generate key {index + 1} again", work, done)

    def _begin(self, title: str, work: Work, done: Callable[[Any], None]) -> None:
        session, clip_id = self._session, self._session.clip_id
        # What became of the last attempt says nothing of this one.
        session.cause_over.emit(_CAUSE)
        self._last = title, work, done
        self._start(
            title,
            work,
            done,
            failed=self._failed,
            valid=lambda: session.clip_id == clip_id,
        )

    def _failed(self, fault: Exception) -> None:
        from annotator.core.generation.keys import PlainHttpError

        self._session.show_error(fault, _CAUSE)
        if isinstance(fault, PlainHttpError):
            self.key_withheld.emit(fault.host)

    def _add_takes(self, made: Sequence[Finished], profile: str) -> None:
        state = self._session.state
        if state is None:
            return
        usable = [finished for finished in made if not finished.failed_whole]
        if not usable:
            self._session.show_message(Message(made[0].result.errors[0], "", "error", _CAUSE))
            return
        names = [take.name for take in state.takes]
        takes: list[tuple[TakeInfo, Track]] = []
        for finished in usable:
            info = take_info(finished.result, finished.performance, names, profile)
            names.append(info.name)
            takes.append((info, finished.track))
        self._takes.add(takes)
        self.explained.emit(usable[-1])
        self._tell_notes(tuple(dict.fromkeys(note for each in usable for note in each.result.notes)))
        errors = [error for finished in made for error in finished.result.errors]
        if errors:
            asked = sum(len(finished.result.keyframes) for finished in made)
            text = f"{len(errors)} of {asked} keyframes failed: {errors[0]}"
            todo = "generate again, or edit their descriptions"
            self._session.show_message(Message(text, todo, "warning", _CAUSE))
