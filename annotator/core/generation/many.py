"""Many requests over one pool of workers: plans first, then their keyframes, in order."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Protocol

from annotator.core.batch.engine import Batch, Summary, Verdict
from annotator.core.generation.answering import answer, plan_notes
from annotator.core.generation.keys import PlainHttpError
from annotator.core.generation.protocol import (
    Backend,
    GenerationRequest,
    GenerationResult,
    KeyframeResult,
    PlannedKeyframe,
    UnreachableError,
    provenance_of,
)
from annotator.core.version import __version__
from viewer.core.cancel import CancelToken
from viewer.core.errors import GenerationError, StudioError

Outcome = GenerationResult | StudioError
"""What became of a request; a fault when it could not be planned."""


class Memory(Protocol):
    """What an earlier run already asked; called from any thread."""

    def plan(self, request: GenerationRequest) -> tuple[PlannedKeyframe, ...] | None:
        """The plan that was made for a request; None when it has to be asked for."""

    def keyframe(self, request: GenerationRequest, target: int) -> KeyframeResult | None:
        """The answer to description ``target`` (from 0) of a request; None when it has to be asked for."""

    def keep_plan(self, request: GenerationRequest, plan: tuple[PlannedKeyframe, ...]) -> None:
        """Keep a plan, so that a later run need not ask for it."""

    def keep_keyframe(self, request: GenerationRequest, result: KeyframeResult) -> None:
        """Keep an answer, so that a later run need not ask for it."""


class Watcher:
    """Hears how far many requests are.  ``on_progress`` comes from any thread, the others from the one
    that runs them.  Requests are numbered from 0 in their order."""

    def finished(self, number: int, outcome: Outcome) -> None:
        """A request is answered, or failed."""

    def moved(self, done: int, known: int) -> None:
        """``done`` of the ``known`` plans and keyframes are answered."""

    def on_progress(self, number: int, target: int, news: str) -> None:
        """News of one answer that is under way; ``target`` -1 is the plan."""

    def answered(self, number: int, target: int) -> None:
        """That answer is there, or failed."""


@dataclass
class _Open:
    """A request that is being answered."""

    number: int
    request: GenerationRequest
    began: float
    started: str
    asked: GenerationRequest
    """The request with the descriptions that were planned for it."""
    plan: tuple[PlannedKeyframe, ...] = ()
    notes: tuple[str, ...] = ()
    wanted: tuple[int, ...] = ()
    results: dict[int, KeyframeResult] = field(default_factory=dict)

    def missing(self) -> list[int]:
        return [target for target in dict.fromkeys(self.wanted) if target not in self.results]


@dataclass(frozen=True)
class _Unit:
    """A plan (``target`` -1) or a keyframe to ask for."""

    open: _Open
    target: int


@dataclass(frozen=True)
class _Plan:
    steps: tuple[PlannedKeyframe, ...]
    notes: tuple[str, ...]


_Answer = _Plan | KeyframeResult | StudioError


class _Run:
    """What is asked for each request, and what the answers come to."""

    def __init__(
        self, backend: Backend, targets: Sequence[int] | None, watcher: Watcher, memory: Memory | None
    ) -> None:
        self.backend, self.targets, self.watcher, self.memory = backend, targets, watcher, memory
        self.done = self.known = 0
        self.batch: Batch[_Unit, _Answer]

    def through(self, requests: Iterable[GenerationRequest]) -> Iterator[list[_Unit]]:
        """What is to be asked first for each request."""
        for number, request in enumerate(requests):
            started = datetime.now(UTC).isoformat(timespec="seconds")
            open = _Open(number, request, time.monotonic(), started, request)
            if any(words.strip() for words in request.descriptions):
                yield self._keyframes(open)
                continue
            self.known += 1
            plan = self.memory.plan(request) if self.memory is not None else None
            if plan is None:
                self._moved()
                yield [_Unit(open, -1)]
            else:
                self.batch.skip()
                yield self._planned(open, _Plan(plan, plan_notes(self.backend, request)))

    def ask(self, unit: _Unit, cancel: CancelToken) -> _Answer:
        """Ask for one plan or keyframe; runs in a worker."""
        open, target = unit.open, unit.target
        if target < 0:
            try:
                plan = _Plan(self.backend.plan(open.request, cancel), plan_notes(self.backend, open.request))
            except PlainHttpError:
                raise
            except StudioError as fault:
                return fault
            if self.memory is not None:
                self.memory.keep_plan(open.request, plan.steps)
            return plan
        result = answer(
            self.backend,
            open.asked,
            target,
            cancel,
            lambda news: self.watcher.on_progress(open.number, target, news),
        )
        if self.memory is not None and not result.error:
            self.memory.keep_keyframe(open.asked, result)
        return result

    def take(self, unit: _Unit, answer: _Answer) -> Verdict:
        """Go on with what a worker brought."""
        open = unit.open
        self.watcher.answered(open.number, unit.target)
        if isinstance(answer, _Plan):
            self.batch.put_first(self._planned(open, answer))
            return Verdict(made=1, error="", model="planner")
        self.done += 1
        self._moved()
        if isinstance(answer, StudioError):
            self.watcher.finished(open.number, answer)
            unreachable = isinstance(answer, UnreachableError)
            return Verdict(failed=1, error=answer.line(), model="planner", unreachable=unreachable)
        open.results[unit.target] = answer
        self._finish_when_whole(open)
        return Verdict(
            made=not answer.error,
            failed=bool(answer.error),
            error=answer.error,
            unreachable=answer.unreachable,
        )

    def _planned(self, open: _Open, plan: _Plan) -> list[_Unit]:
        open.plan, open.notes = plan.steps, plan.notes
        open.asked = replace(open.request, descriptions=tuple(step.description for step in plan.steps))
        self.done += 1
        return self._keyframes(open)

    def _keyframes(self, open: _Open) -> list[_Unit]:
        every = range(len(open.asked.descriptions))
        open.wanted = tuple(every) if self.targets is None else tuple(self.targets)
        if not open.wanted or any(target not in every for target in open.wanted):
            what = "there is no such keyframe to generate"
            self.watcher.finished(open.number, GenerationError(what, "describe at least one keyframe"))
            return []
        if self.memory is not None:
            known = {target: self.memory.keyframe(open.asked, target) for target in open.wanted}
            open.results = {target: result for target, result in known.items() if result is not None}
        self.batch.skip(len(open.results))
        self.known += len(set(open.wanted))
        self.done += len(open.results)
        self._moved()
        self._finish_when_whole(open)
        return [_Unit(open, target) for target in open.missing()]

    def _finish_when_whole(self, open: _Open) -> None:
        if open.missing():
            return
        made = provenance_of(self.backend.describe())
        provenance = replace(
            made,
            # Who would have planned has no part in it.
            planner=made.planner if open.plan else None,
            started=open.started,
            seconds=round(time.monotonic() - open.began, 3),
            studio=__version__,
        )
        keyframes = tuple(open.results[target] for target in open.wanted)
        result = GenerationResult(open.asked, open.plan, keyframes, provenance, open.notes)
        self.watcher.finished(open.number, result)

    def _moved(self) -> None:
        self.watcher.moved(self.done, self.known)


def generate_many(
    backend: Backend,
    requests: Iterable[GenerationRequest],
    *,
    jobs: int = 4,
    targets: Sequence[int] | None = None,
    watcher: Watcher | None = None,
    memory: Memory | None = None,
    gives_up: bool = False,
    cancel: CancelToken | None = None,
) -> Summary:
    """Answer requests with up to ``jobs`` plans and keyframes at once, those begun first.

    What ``memory`` has is not asked again, and the summary counts it as skipped; the rest of its
    counts are plans and keyframes.  A model that fails again and again ends it where it ``gives_up``.
    ``requests`` may be read lazily, in the calling thread.  Raises
    :class:`~viewer.core.errors.Cancelled`, :class:`~annotator.core.generation.keys.PlainHttpError`.
    """
    run = _Run(backend, targets, watcher or Watcher(), memory)
    run.batch = Batch(run.ask, run.take, jobs=jobs, gives_up=gives_up, cancel=cancel)
    return run.batch.run(run.through(requests))
