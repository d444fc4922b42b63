"""Run one story over its keyframes, once or as several takes with a seed each."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

from annotator.core.generation.many import Outcome, Watcher, generate_many
from annotator.core.generation.protocol import Backend, GenerationRequest, GenerationResult
from viewer.core.cancel import CancelToken
from viewer.core.progress import Progress, no_progress

Told = Callable[[int, str], None]
"""Called from any thread with a keyframe, from 0 (-1 is the plan), and how far its answer is."""

_SHOWN = 2


def nobody_is_told(target: int, news: str) -> None:
    """For work whose single answers nobody watches."""


class _Reporter(Watcher):
    """Makes one progress line of the news of all answers under way."""

    def __init__(
        self,
        requests: Sequence[GenerationRequest],
        targets: Sequence[int] | None,
        progress: Progress,
        told: Told,
    ) -> None:
        self.outcomes: dict[int, Outcome] = {}
        self._takes, self._progress, self._told = len(requests), progress, told
        self._answers: Counter[int] = Counter()
        of_each = None if targets is None else len(set(targets))
        self._expected = sum(of_each or len(request.descriptions) or 1 for request in requests)
        self._lock = threading.Lock()
        self._news: dict[tuple[int, int], str] = {}
        self._done, self._known = 0, self._expected

    def finished(self, number: int, outcome: Outcome) -> None:
        self.outcomes[number] = outcome

    def answered(self, number: int, target: int) -> None:
        with self._lock:
            self._news.pop((number, target), None)
            self._answers[target] += 1
            answers = self._answers[target]
        of_takes = "" if self._takes == 1 else f" in {answers} of {self._takes} takes"
        self._told(target, f"answered{of_takes}")

    def moved(self, done: int, known: int) -> None:
        with self._lock:
            self._done, self._known = done, max(known, self._expected)
            known, line = self._known, self._line()
        self._progress(done, known, line)

    def on_progress(self, number: int, target: int, news: str) -> None:
        with self._lock:
            self._news[number, target] = news
            done, known, line = self._done, self._known, self._line()
        self._progress(done, known, line)
        self._told(target, news if self._takes == 1 else f"take {number + 1}: {news}")

    def _line(self) -> str:
        told = [f"{self._name(key)} {news}" for key, news in sorted(self._news.items())]
        if len(told) > _SHOWN:
            told[_SHOWN:] = [f"{len(told) - _SHOWN} more"]
        return ", ".join(told) if told else f"{self._done} of {self._known} answers"

    def _name(self, key: tuple[int, int]) -> str:
        number, target = key
        what = "plan:" if target < 0 else f"keyframe {target + 1}:"
        return what if self._takes == 1 else f"take {number + 1}, {what}"


def generate(
    backend: Backend,
    request: GenerationRequest,
    *,
    targets: Sequence[int] | None = None,
    jobs: int = 4,
    progress: Progress = no_progress,
    told: Told = nobody_is_told,
    cancel: CancelToken | None = None,
) -> GenerationResult:
    """Answer ``request``: plan when it has no descriptions, then ``targets`` (from 0; default
    all) with up to ``jobs`` at once.  A keyframe that fails carries its error; others go on.

    ``progress`` and ``told`` are called from any thread.  Raises :class:`GenerationError` when the
    plan fails or a target does not exist, :class:`~viewer.core.errors.Cancelled`.
    """
    (outcome,) = _outcomes(backend, [request], targets, jobs, progress, told, cancel)
    if isinstance(outcome, GenerationResult):
        return outcome
    raise outcome


def generate_takes(
    backend: Backend,
    request: GenerationRequest,
    seeds: Sequence[int | None],
    *,
    jobs: int = 4,
    progress: Progress = no_progress,
    told: Told = nobody_is_told,
    cancel: CancelToken | None = None,
) -> list[GenerationResult]:
    """Answer ``request`` once for each seed, all under way at once.

    Takes that could not be planned are left out.  Raises the first fault when that is all of them,
    :class:`~viewer.core.errors.Cancelled`.
    """
    requests = [replace(request, seed=seed) for seed in seeds]
    outcomes = _outcomes(backend, requests, None, jobs, progress, told, cancel)
    results = [outcome for outcome in outcomes if isinstance(outcome, GenerationResult)]
    for outcome in outcomes:
        if not results and not isinstance(outcome, GenerationResult):
            raise outcome
    return results


def _outcomes(
    backend: Backend,
    requests: Sequence[GenerationRequest],
    targets: Sequence[int] | None,
    jobs: int,
    progress: Progress,
    told: Told,
    cancel: CancelToken | None,
) -> list[Outcome]:
    reporter = _Reporter(requests, targets, progress, told)
    generate_many(backend, requests, jobs=jobs, targets=targets, watcher=reporter, cancel=cancel)
    return [reporter.outcomes[number] for number in range(len(requests))]
