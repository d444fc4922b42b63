"""Measuring agreement in the background, and going to where annotators differ."""

from __future__ import annotations

from PySide6.QtCore import Signal

from annotator.agreement.sheets import Sheet, sheets_of
from annotator.core.agreement.measuring import measure_agreement
from annotator.core.agreement.report import Agreement
from annotator.core.agreement.settings import Settings
from annotator.core.storage.dataset import Dataset
from annotator.session.messages import explain
from annotator.session.one_job import OneJob
from annotator.session.session import Session
from viewer.core.cancel import CancelToken
from viewer.core.errors import StudioError
from viewer.core.progress import Progress

TOLERANCES_MS = (20, 40, 60, 80, 100, 150, 200, 250)
"""Of the curve; the command line tells the same at those it shares."""


class AgreementController(OneJob):
    """Keeps the last report of the dataset that is open, so that one comes back to it.

    ``measured`` brings a new one, of which ``sheets`` are the tables.  ``page`` and ``row`` are where one
    was in it.
    """

    measured = Signal(object)

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.found: Agreement | None = None
        self.sheets: tuple[Sheet, ...] = ()
        self.settings = Settings(tolerances_ms=TOLERANCES_MS)
        self.page, self.row = 0, 0
        self._of: object = None
        self._going: tuple[str, float] | None = None
        session.clips_changed.connect(self._forget_others)
        session.clip_opened.connect(self._arrive)
        session.playback.video_opened.connect(lambda _facts: self._arrive())

    @property
    def dataset(self) -> Dataset | None:
        """The dataset that is open; None for a single file."""
        library = self._session.library
        return library if isinstance(library, Dataset) else None

    def measure(self, settings: Settings) -> None:
        """Measure the dataset as the command line does, the open clip saved first."""
        dataset, current = self.dataset, self._session.current
        if dataset is None:
            return
        self.settings = settings
        root = dataset.root

        def work(token: CancelToken, progress: Progress) -> tuple[Agreement, tuple[Sheet, ...]]:
            if current is not None:
                current.saver.flush()
            found = measure_agreement(root, settings, progress, token)
            # Thousands of rows take longer than a window may wait.
            return found, sheets_of(found)

        self._start(
            "Measure agreement",
            work,
            self._show,
            failed=self._say_why,
            valid=lambda: self.dataset is dataset,
            cancelled="It was cancelled.",
        )

    def go_to(self, clip: str, time_in_clip: float) -> None:
        """Open a clip at a moment, in seconds."""
        self._session.playback.pause()
        self._going = clip, time_in_clip
        if self._session.clip_id == clip:
            self._arrive()
        else:
            self._session.open_clip(clip)

    def _show(self, made: tuple[Agreement, tuple[Sheet, ...]]) -> None:
        self.found, self.sheets = made
        self._of = self.dataset
        self.page = self.row = 0
        self.measured.emit(self.found)

    def _say_why(self, fault: Exception) -> None:
        if not isinstance(fault, StudioError):
            self.stopped.emit(explain(fault).line())
            return
        self.stopped.emit(f"{fault.what[:1].upper()}{fault.what[1:]}: {fault.todo}.")

    def _forget_others(self) -> None:
        if self.found is not None and self._of is not self.dataset:
            self.found, self.sheets, self._of = None, (), None

    def _arrive(self) -> None:
        """Go to the moment, once the clip is there and long enough: its video may tell that only later."""
        if self._going is None or self._session.clip_id != self._going[0]:
            return
        time_in_clip, playback = self._going[1], self._session.playback
        if time_in_clip <= playback.duration + 1e-3 or (playback.duration > 0 and playback.frames):
            self._going = None
            playback.seek(min(time_in_clip, playback.duration))
