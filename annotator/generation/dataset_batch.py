"""A take for every clip of the open dataset, made in the background while the annotator works on."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal

from annotator.core.generation.backends import backend_for, close_backend
from annotator.core.generation.profiles import Profile, Profiles
from annotator.core.storage.dataset import Dataset
from annotator.generation.models import ModelsController
from annotator.session.jobs import Job
from annotator.session.messages import Message
from annotator.session.one_job import OneJob
from annotator.session.session import Session
from annotator.takes.controller import TakesController
from viewer.core.cancel import CancelToken
from viewer.core.errors import DatasetError
from viewer.core.progress import Progress

if TYPE_CHECKING:
    from annotator.core.batch.dataset_run import MadeTake, Report
    from annotator.core.batch.log import BatchLog
    from annotator.core.batch.selection import Chosen, Estimate, Selection
    from annotator.core.generation.protocol import Backend

_ASK_SECONDS = 0.05
_REMEMBERED = 64
_TOLD_NOTES = 2


class DatasetBatchController(OneJob):
    """Runs one batch at a time.  ``estimated`` brings an :class:`Estimate`, ``reported`` a
    :class:`Report`."""

    estimated = Signal(object)
    reported = Signal(object)
    _arrived = Signal(object, object, object)

    def __init__(self, session: Session, models: ModelsController, takes: TakesController) -> None:
        super().__init__(session)
        self._models, self._takes = models, takes
        self._looking: Job | None = None
        self._elsewhere: deque[tuple[Dataset, MadeTake]] = deque(maxlen=_REMEMBERED)
        self.report: Report | None = None
        self._arrived.connect(self._take_arrived)
        session.clip_opened.connect(self._clip_opened)

    @property
    def dataset(self) -> Dataset | None:
        """The open dataset; None where only a single file is open, or nothing."""
        library = self._session.library
        return library if isinstance(library, Dataset) else None

    def look(self, selection: Selection, profile: Profile, done: Callable[[Chosen], None]) -> None:
        """Find the clips of a selection; the newest question wins."""
        dataset = self.dataset
        if self._looking is not None:
            self._looking.cancel()
        if dataset is None:
            return

        def work(token: CancelToken, _progress: Progress) -> Chosen:
            from annotator.core.batch.selection import choose

            return choose(dataset, selection, profile, (None,) * len(profile.seeds()), cancel=token)

        job = self._looking = self._session.jobs.run(
            "Look through the dataset",
            work,
            done=done,
            failed=self._tell_why,
            valid=lambda: self._looking is job and self.dataset is dataset,
        )

    def estimate(self, selection: Selection, profile: Profile) -> None:
        """Reckon what a batch will take, from one answer; ``estimated`` brings it."""
        profiles = self._models.profiles

        def reckon(
            dataset: Dataset, backend: Backend, log: BatchLog, token: CancelToken, tell: Progress
        ) -> tuple[bool, Estimate]:
            from annotator.core.batch.selection import choose, estimate

            chosen = choose(dataset, selection, profile, log.seeds, tell, token)
            tell(0, 0, "Asking for one keyframe")
            return False, estimate(chosen, profile, profiles.planner_of(profile), backend, log, token)

        self._begin("Estimate", profile, profiles, reckon, self.estimated.emit)

    def start(self, selection: Selection, profile: Profile) -> None:
        """Make the takes; ``reported`` brings what became of it."""

        def make(
            dataset: Dataset, backend: Backend, log: BatchLog, token: CancelToken, tell: Progress
        ) -> tuple[bool, Report]:
            from annotator.core.batch.dataset_run import generate_dataset
            from annotator.core.batch.selection import choose

            chosen = choose(dataset, selection, profile, log.seeds, tell, token)
            report = generate_dataset(
                dataset,
                chosen,
                profile,
                backend,
                log,
                progress=tell,
                cancel=token,
                join=lambda made, cancel: self._join(dataset, made, cancel),
            )
            return report.whole, report

        self.report = None
        self._begin("Generate for the dataset", profile, self._models.profiles, make, self._finished)

    def _begin(self, title: str, profile: Profile, profiles: Profiles, work: Any, done: Any) -> None:
        dataset = self.dataset
        if self.running:
            return
        if dataset is None:
            self._tell_why(DatasetError("no dataset is open", "open one with {open_folder}"))
            return

        def run(token: CancelToken, progress: Progress) -> Any:
            from annotator.core.batch.log import BatchLog

            # Its own, because the panel may ask its model meanwhile.
            backend = backend_for(profile, profiles)
            try:
                log = BatchLog(dataset.root, profile.name, backend, profile.seeds())
                finished = False
                try:
                    finished, found = work(dataset, backend, log, token, progress)
                    return found
                finally:
                    log.close(remove=finished)
            finally:
                close_backend(backend)

        self._start(title, run, done, cancelled="Stopped. What is finished stays; start again to continue.")

    # ---- takes -------------------------------------------------------------------------------

    def _join(self, dataset: Dataset, made: MadeTake, cancel: CancelToken) -> bool:
        """Ask the main thread whether the clip is open; runs in a worker."""
        answer: Future[bool] = Future()
        self._arrived.emit(dataset, made, answer)
        while True:
            try:
                return answer.result(_ASK_SECONDS)
            except TimeoutError:
                # The main thread may be waiting for this one to end.
                if cancel.cancelled and answer.cancel():
                    return False

    def _take_arrived(self, dataset: Dataset, made: MadeTake, answer: Future[bool]) -> None:
        if not answer.set_running_or_notify_cancel():
            return
        if self._is_open(dataset, made):
            answer.set_result(self._takes.join(made.info, made.track))
            return
        self._elsewhere.append((dataset, made))
        answer.set_result(False)

    def _clip_opened(self) -> None:
        """Takes that were saved while the clip was being read join it now."""
        for dataset, made in self._elsewhere:
            state = self._session.state
            known = {take.id for take in state.takes} if state is not None else set()
            if self._is_open(dataset, made) and made.info.id not in known:
                self._takes.join(made.info, made.track)

    def _is_open(self, dataset: Dataset, made: MadeTake) -> bool:
        return self._session.library is dataset and self._session.clip_id == made.clip

    # ---- the end -----------------------------------------------------------------------------

    def _finished(self, report: Report) -> None:
        self.report = report
        self.reported.emit(report)
        words = report_words(report)
        level = "success" if report.whole else "warning"
        todo = "" if report.whole else "open “Generate for the dataset” to see why and to continue"
        self._session.show_message(Message(words, todo, level))  # type: ignore[arg-type]


def report_words(report: Report) -> str:
    """A report in a line."""
    takes = "1 take was made" if report.takes == 1 else f"{report.takes} takes were made"
    takes = "; ".join((takes, *report.notes[:_TOLD_NOTES]))
    if report.gave_up:
        return f"{takes}, then one keyframe after the other failed: {report.gave_up.partition(' – ')[0]}"
    if report.failed:
        clips = len({clip for clip, _why in report.failed})
        return f"{takes}; {clips} {'clip' if clips == 1 else 'clips'} failed"
    return f"{takes} for the dataset"
