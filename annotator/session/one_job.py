"""Work of which only one piece runs at a time, and which several widgets may watch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Signal

from annotator.session.jobs import Job, Work
from annotator.session.messages import explain
from annotator.session.session import Session


class OneJob(QObject):
    """A controller that has at most one job under way.  ``changed`` says that it began or ended,
    ``progress`` how far it is, ``stopped`` why it brought nothing."""

    changed = Signal()
    progress = Signal(int, int, str)
    stopped = Signal(str)

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._job: Job | None = None
        self.latest = (0, 0, "")
        """The last progress, for who begins to watch."""

    @property
    def running(self) -> bool:
        """Whether something is under way."""
        return self._job is not None and self._job.running

    def cancel(self) -> None:
        """End what runs; ``changed`` tells when it has."""
        if self._job is not None:
            self._job.cancel()

    def _start(
        self,
        title: str,
        work: Work,
        done: Callable[[Any], None],
        *,
        failed: Callable[[Exception], None] | None = None,
        valid: Callable[[], bool] | None = None,
        cancelled: str = "",
    ) -> None:
        """Begin ``work``, as :meth:`~annotator.session.jobs.Jobs.run` does.  ``stopped`` brings its
        fault unless ``failed`` takes it, and the words ``cancelled`` when it is cancelled."""
        self.latest = (0, 0, "")
        job = self._job = self._session.jobs.run(
            title, work, done=done, failed=failed or self._tell_why, valid=valid
        )
        job.progress.connect(self._moved)
        if cancelled:
            job.cancelled.connect(lambda: self.stopped.emit(cancelled))
        job.ended.connect(self.changed)
        self.changed.emit()

    def _moved(self, done: int, total: int, what: str) -> None:
        self.latest = (done, total, what)
        self.progress.emit(done, total, what)

    def _tell_why(self, fault: Exception) -> None:
        self.stopped.emit(explain(fault).line())
