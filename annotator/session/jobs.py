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
    """One running piece of work.  Signals arrive on the main thread; exactly one of
    ``done``, ``failed`` and ``cancelled`` ends it."""

    progress = Signal(int, int, str)
    done = Signal(object)
    failed = Signal(object)
    cancelled = Signal()
    ended = Signal()
    _outcome = Signal(str, object)

    def __init__(self, title: str, work: Work, valid: Callable[[], bool] | None = None) -> None:
        super().__init__()
        self.title = title
        self.token = CancelToken()
        self.running = True
        self._work = work
        self._valid = valid
        self._outcome.connect(self._deliver)

    def cancel(self) -> None:
        self.token.cancel()

    def execute(self) -> None:
        """Run the work; called on a pool thread."""
        try:
            result = self._work(self.token, self.progress.emit)
            self.token.check()
        except Cancelled:
            self._outcome.emit("cancelled", None)
        except Exception as fault:
            level = logging.ERROR if is_bug(fault) else logging.DEBUG
            log.log(level, "Job %r failed", self.title, exc_info=True)
            self._outcome.emit("failed", fault)
        else:
            self._outcome.emit("done", result)

    def _deliver(self, kind: str, value: object) -> None:
        self.running = False
        stale = self._valid is not None and not self._valid()
        if kind == "cancelled" or self.token.cancelled or stale:
            self.cancelled.emit()
        elif kind == "done":
            self.done.emit(value)
        else:
            self.failed.emit(value)
        self.ended.emit()


class _Runner(QRunnable):
    def __init__(self, job: Job) -> None:
        super().__init__()
        self._job = job

    def run(self) -> None:
        self._job.execute()


class Jobs(QObject):
    """Starts jobs and knows which are running."""

    started = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = QThreadPool()
        self._pool.setMaxThreadCount(6)
        self._running: list[Job] = []
        self._closed = False

    @property
    def running(self) -> tuple[Job, ...]:
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
        job.ended.connect(lambda: self._forget(job))
        if self._closed:
            # The window is going away: what a last answer would begin is not begun.
            job.token.cancel()
            job.running = False
            return job
        self._running.append(job)
        self.started.emit(job)
        self._pool.start(_Runner(job))
        return job

    def close(self) -> None:
        """Cancel everything and wait for the threads; called once, at the end."""
        self._closed = True
        for job in self._running:
            job.cancel()
        self._pool.waitForDone()

    def _forget(self, job: Job) -> None:
        if job in self._running:
            self._running.remove(job)
