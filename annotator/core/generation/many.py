"""Many requests over one pool of workers: plans first, then their keyframes, in order."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from queue import SimpleQueue
from typing import Any, Protocol

from annotator.core.generation.answering import answer, plan_notes, studio_version
from annotator.core.generation.protocol import (
    Backend,
    GenerationRequest,
    GenerationResult,
    KeyframeResult,
    PlannedKeyframe,
)
from viewer.core.cancel import CancelToken
from viewer.core.errors import GenerationError, StudioError

Outcome = GenerationResult | StudioError
"""What became of a request; a fault when it could not be planned."""


class Memory(Protocol):
    """What an earlier run already asked; called from one thread."""

    def plan(self, request: GenerationRequest) -> tuple[PlannedKeyframe, ...] | None: ...

    def keyframe(self, request: GenerationRequest, target: int) -> KeyframeResult | None: ...

    def keep_plan(self, request: GenerationRequest, plan: tuple[PlannedKeyframe, ...]) -> None: ...

    def keep_keyframe(self, request: GenerationRequest, result: KeyframeResult) -> None: ...


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
class _Done:
    unit: _Unit
    plan: tuple[PlannedKeyframe, ...] = ()
    notes: tuple[str, ...] = ()
    result: KeyframeResult | None = None
    fault: BaseException | None = None


class _Run:
    def __init__(
        self,
        backend: Backend,
        targets: Sequence[int] | None,
        watcher: Watcher,
        memory: Memory | None,
        cancel: CancelToken,
    ) -> None:
        self.backend, self.targets, self.watcher = backend, targets, watcher
        self.memory, self.cancel = memory, cancel
        self.ready: deque[_Unit] = deque()
        self.outcomes: SimpleQueue[_Done] = SimpleQueue()
        self.done = self.known = self.failed_in_a_row = 0
        self.last_error = ""

    def begin(self, number: int, request: GenerationRequest) -> None:
        """Take up a request: what is to be asked for it goes to ``ready``."""
        started = datetime.now(UTC).isoformat(timespec="seconds")
        open = _Open(number, request, time.monotonic(), started, request)
        if any(words.strip() for words in request.descriptions):
            self._begin_keyframes(open)
            return
        self.known += 1
        plan = self.memory.plan(request) if self.memory is not None else None
        if plan is None:
            self.ready.append(_Unit(open, -1))
            self._moved()
        else:
            self._planned(open, plan, plan_notes(self.backend, request))

    def work(self, unit: _Unit) -> None:
        """Ask for one plan or keyframe; runs in a worker."""
        open, target = unit.open, unit.target
        try:
            self.cancel.check()
            if target < 0:
                plan = self.backend.plan(open.request, self.cancel)
                done = _Done(unit, plan, plan_notes(self.backend, open.request))
            else:
                result = answer(
                    self.backend, open.asked, target, self.cancel,
                    lambda news: self.watcher.on_progress(open.number, target, news),
                )  # fmt: skip
                done = _Done(unit, result=result)
        except BaseException as fault:
            done = _Done(unit, fault=fault)
        self.outcomes.put(done)

    def take(self, done: _Done) -> None:
        """Go on with what a worker brought.  Raises what is no fault of one request."""
        open, target = done.unit.open, done.unit.target
        self.watcher.answered(open.number, target)
        if done.result is not None:
            self._count(done.result.error)
            if self.memory is not None and not done.result.error:
                self.memory.keep_keyframe(open.asked, done.result)
            open.results[target] = done.result
            self.done += 1
            self._moved()
            self._finish_when_whole(open)
        elif isinstance(done.fault, StudioError) and target < 0:
            self._count(done.fault.line())
            self.done += 1
            self._moved()
            self.watcher.finished(open.number, done.fault)
        elif done.fault is not None:
            raise done.fault
        else:
            if self.memory is not None:
                self.memory.keep_plan(open.request, done.plan)
            self._planned(open, done.plan, done.notes)

    def _planned(self, open: _Open, plan: tuple[PlannedKeyframe, ...], notes: tuple[str, ...]) -> None:
        open.plan, open.notes = plan, notes
        open.asked = replace(open.request, descriptions=tuple(step.description for step in plan))
        self.done += 1
        self._begin_keyframes(open)

    def _begin_keyframes(self, open: _Open) -> None:
        every = range(len(open.asked.descriptions))
        open.wanted = tuple(every) if self.targets is None else tuple(self.targets)
        if not open.wanted or any(target not in every for target in open.wanted):
            what = "there is no such keyframe to generate"
            self.watcher.finished(open.number, GenerationError(what, "describe at least one keyframe"))
            return
        if self.memory is not None:
            known = {target: self.memory.keyframe(open.asked, target) for target in open.wanted}
            open.results = {target: result for target, result in known.items() if result is not None}
        self.known += len(set(open.wanted))
        self.done += len(open.results)
        # Before other requests, so that those which were begun are finished first.
        self.ready.extendleft(_Unit(open, target) for target in reversed(open.missing()))
        self._moved()
        self._finish_when_whole(open)

    def _finish_when_whole(self, open: _Open) -> None:
        if open.missing():
            return
        provenance: dict[str, Any] = {
            **self.backend.describe(),
            "started": open.started,
            "seconds": round(time.monotonic() - open.began, 3),
            "studio": studio_version(),
        }
        if not open.plan:
            # Who would have planned has no part in it.
            provenance.pop("planner", None)
        keyframes = tuple(open.results[target] for target in open.wanted)
        result = GenerationResult(open.asked, open.plan, keyframes, provenance, open.notes)
        self.watcher.finished(open.number, result)

    def _moved(self) -> None:
        self.watcher.moved(self.done, self.known)

    def _count(self, error: str) -> None:
        self.failed_in_a_row = self.failed_in_a_row + 1 if error else 0
        self.last_error = error


def generate_many(
    backend: Backend,
    requests: Iterable[GenerationRequest],
    *,
    jobs: int = 4,
    targets: Sequence[int] | None = None,
    watcher: Watcher | None = None,
    memory: Memory | None = None,
    patience: int = 0,
    cancel: CancelToken | None = None,
) -> str:
    """Answer requests with up to ``jobs`` plans and keyframes at once, those begun first.

    What ``memory`` has is not asked again.  After ``patience`` failures in a row (0: never) nothing
    more is asked; the answer then says why, else it is empty.  ``requests`` may be read lazily, in
    the calling thread.  Raises :class:`Cancelled`.
    """
    token = cancel or CancelToken()
    run = _Run(backend, targets, watcher or Watcher(), memory, token)
    source = enumerate(requests)
    # A few wait in the pool, so that no worker waits for this thread.
    most = jobs + max(1, jobs // 4)
    under_way, left = 0, True
    gave_up: Callable[[], bool] = lambda: 0 < patience <= run.failed_in_a_row  # noqa: E731
    with ThreadPoolExecutor(max(1, jobs), "generate") as pool:
        try:
            while True:
                token.check()
                while under_way < most and not gave_up():
                    if run.ready:
                        under_way += 1
                        pool.submit(run.work, run.ready.popleft())
                        continue
                    number, request = next(source, (0, None)) if left else (0, None)
                    if request is None:
                        left = False
                        break
                    run.begin(number, request)
                if not under_way:
                    break
                run.take(run.outcomes.get())
                under_way -= 1
        except BaseException:
            # Also an interrupt from the keyboard must not wait for slow answers.
            token.cancel()
            pool.shutdown(cancel_futures=True)
            _keep_the_rest(run)
            raise
    return run.last_error if gave_up() else ""


def _keep_the_rest(run: _Run) -> None:
    """Remember what was answered while the run ended."""
    while run.memory is not None and not run.outcomes.empty():
        done = run.outcomes.get()
        if done.result is not None and not done.result.error:
            run.memory.keep_keyframe(done.unit.open.asked, done.result)
