"""Work off the main thread: a function, a cancel token, progress, and a result on the main thread.

A job's result is a proposal: ``valid`` is asked on the main thread just before it is handed
over, and a stale result is dropped.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QRunnable, QThreadPool, Signal

from annotator.core.faults.details import is_bug
from viewer.core.cancel import CancelToken
from viewer.core.errors import Cancelled
from viewer.core.progress import Progress

log = logging.getLogger(__name__)

Work = Callable[[CancelToken, Progress], Any]


class Job(QObject):
    """One running piece of work.  Signals arrive on the main thread; exactly one of ``done``,
    ``failed`` and ``cancelled`` comes, then ``ended``.  After that nothing it knew is kept: only
    ``title``, ``token`` and ``running`` may still be asked for."""

    progress = Signal(int, int, str)
    done = Signal(object)
    failed = Signal(object)
    cancelled = Signal()
    ended = Signal()

    def __init__(self, title: str, work: Work, valid: Callable[[], bool] | None = None) -> None:
        super().__init__()
        self.title = title
        self.token = CancelToken()
        self.running = True
        self._work: Work | None = work
        self._valid = valid

    def cancel(self) -> None:
        """Have the work end soon; :attr:`cancelled` and :attr:`ended` follow.  Harmless when it has
        ended."""
        self.token.cancel()

    def execute(self, progress: Progress) -> tuple[str, object]:
        """Run the work on a pool thread; what became of it, and the result or the fault."""
        assert self._work is not None
        try:
            result = self._work(self.token, progress)
            self.token.check()
        except Cancelled:
            return "cancelled", None
        except Exception as fault:
            level = logging.ERROR if is_bug(fault) else logging.DEBUG
            log.log(level, "Job %r failed", self.title, exc_info=True)
            return "failed", fault
        return "done", result

    def hand_over(self, kind: str, value: object) -> None:
        """Tell what became of the work; called once, on the main thread."""
        self.running = False
        stale = self._valid is not None and not self._valid()
        # What the work knew, tracks among it, goes before its result is worked on.
        self._work = self._valid = None
        if kind == "cancelled" or self.token.cancelled or stale:
            self.cancelled.emit()
        elif kind == "done":
            self.done.emit(value)
        else:
            self.failed.emit(value)

    def finish(self) -> None:
        """Tell that all is over, and let go of everybody who listens."""
        self.ended.emit()
        # Who listens may hold the job, which holds who listens: only this frees both.
        self.deleteLater()


class _Post(QObject):
    """Brings news of jobs to the main thread.  It outlives them: a job itself may be gone while its
    thread is still on the way out of a signal."""

    progress = Signal(object, int, int, str)
    outcome = Signal(object, str, object)


class _Runner(QRunnable):
    def __init__(self, job: Job, post: _Post) -> None:
        super().__init__()
        self._job: Job | None = job
        self._post = post

    def run(self) -> None:
        job, post = self._job, self._post
        assert job is not None
        # Qt keeps the runner until the thread has more to do.
        self._job = None
        kind, value = job.execute(lambda done, total, what: post.progress.emit(job, done, total, what))
        post.outcome.emit(job, kind, value)


class Jobs(QObject):
    """Starts jobs and knows which are running."""

    started = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = QThreadPool()
        self._pool.setMaxThreadCount(6)
        self._running: list[Job] = []
        self._closed = False
        self._post = _Post(self)
        self._post.progress.connect(self._tell_progress)
        self._post.outcome.connect(self._deliver)

    @property
    def running(self) -> tuple[Job, ...]:
        """The jobs that have not ended, the oldest first; those cancelled but still at work included."""
        return tuple(self._running)

    def run(
        self,
        title: str,
        work: Work,
        *,
        done: Callable[[Any], None] | None = None,
        failed: Callable[[Exception], None] | None = None,
        valid: Callable[[], bool] | None = None,
    ) -> Job:
        """Start ``work(token, progress)`` on a pool thread; callbacks run on the main thread."""
        job = Job(title, work, valid)
        if done is not None:
            job.done.connect(done)
        if failed is not None:
            job.failed.connect(failed)
        if self._closed:
            # The window is going away: what a last answer would begin is not begun.
            job.token.cancel()
            job.running = False
            return job
        self._running.append(job)
        self.started.emit(job)
        self._pool.start(_Runner(job, self._post))
        return job

    def close(self) -> None:
        """Cancel everything and wait for the threads; called once, at the end."""
        self._closed = True
        for job in self._running:
            job.cancel()
        self._pool.waitForDone()

    def _tell_progress(self, job: Job, done: int, total: int, what: str) -> None:
        if job.running:
            job.progress.emit(done, total, what)

    def _deliver(self, job: Job, kind: str, value: object) -> None:
        try:
            job.hand_over(kind, value)
        finally:
            self._running.remove(job)
            job.finish()
