"""Start page or studio: what the window shows, whatever is open."""

from __future__ import annotations

from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from annotator.importing.controller import LOOKING
from annotator.session.jobs import Job
from annotator.session.session import Session
from annotator.window.arrangement import Arrangement
from annotator.window.start_page import StartPage

_OPENING = "Open"


class Slot(QWidget):
    """The place of a widget that several pages share: it is on the page that is shown."""

    def __init__(self) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)

    def hold(self, widget: QWidget) -> None:
        """Take the widget from where it is."""
        layout = self.layout()
        if layout is not None and widget.parentWidget() is not self:
            layout.addWidget(widget)


class Pages(QStackedWidget):
    """Shows the start page until something is open.

    ``shared`` are messages and status, which both pages have at their foot; ``slots`` their places in
    the ``studio``.
    """

    def __init__(
        self,
        session: Session,
        start: StartPage,
        studio: Arrangement,
        shared: tuple[QWidget, ...],
        slots: tuple[Slot, ...],
    ) -> None:
        super().__init__()
        self._session, self._studio = session, studio
        self._shared, self._in_studio = shared, slots
        self._at_start = tuple(Slot() for _ in shared)
        self._awaited = False
        self._first = QWidget()
        column = QVBoxLayout(self._first)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(start, 1)
        for slot in self._at_start:
            column.addWidget(slot)
        self.addWidget(self._first)
        self.addWidget(studio)
        session.clips_changed.connect(self._choose)
        session.jobs.started.connect(self._follow)
        self._choose()

    @property
    def at_start(self) -> bool:
        """Whether the start page is shown."""
        return self.currentWidget() is self._first

    def await_opening(self) -> None:
        """Something is about to be opened: show no start page meanwhile."""
        self._awaited = True
        self._choose()

    def _follow(self, job: Job) -> None:
        if job.title in (_OPENING, LOOKING):
            job.ended.connect(self._opening_over)

    def _opening_over(self) -> None:
        # What was looked at may be opened next.
        running = self._session.jobs.running
        self._awaited = self._awaited and any(job.title == _OPENING for job in running)
        self._choose()

    def _choose(self) -> None:
        at_start = self._session.library is None and not self._awaited
        for widget, here, there in zip(self._shared, self._at_start, self._in_studio, strict=True):
            (here if at_start else there).hold(widget)
        page = self._first if at_start else self._studio
        if self.currentWidget() is not page:
            self.setCurrentWidget(page)
