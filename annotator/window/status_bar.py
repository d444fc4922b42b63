"""The line at the bottom: news, running work, what is played, saved state."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QToolButton

from annotator.session.jobs import Job
from annotator.session.session import Session
from annotator.widgets.plain_label import PlainLabel
from annotator.widgets.theme import icon, wear
from annotator.window.news_line import NewsLine
from annotator.window.start_page import LOOKING
from viewer.palette import Palette

_SAVED = {
    "saved": ("Saved", "mdi6.check", "success"),
    "saving": ("Saving…", "mdi6.sync", "muted"),
    "failed": ("Not saved: edits are kept", "mdi6.alert-circle-outline", "error"),
    "memory": ("Not saved: only in memory", "mdi6.alert-circle-outline", "error"),
}
_QUIET = (
    "Compare",
    "Read the sound",
    "Look for unsaved work",
    "Look through the dataset",
    "Read the descriptions",
    LOOKING,
)


class StatusBar(QFrame):
    """News at the left, running work, what is played and the saved state at the right.  The time stands in
    one place, above the timeline."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setObjectName("StatusBar")
        self._session = session
        self._palette = session.palette
        self._job: Job | None = None
        self._facts = PlainLabel()
        self._facts.setObjectName("Muted")
        self.news = NewsLine(session.palette)
        self._doing = PlainLabel()
        self._doing.setObjectName("Muted")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(140)
        self._cancel = QToolButton()
        self._cancel.setObjectName("Flat")
        wear(self._cancel, "mdi6.close-circle-outline")
        session.keys.tip(self._cancel, "Cancel ({stop_generating})")
        self._cancel.setAccessibleName("Cancel the running work")
        self._cancel.clicked.connect(self.cancel_job)
        # The bar keeps its height, so that the window does not jump when work begins.
        policy = self._cancel.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self._cancel.setSizePolicy(policy)
        self._saved_sign = PlainLabel()
        self._saved = PlainLabel()
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 2, 12, 4)
        row.setSpacing(12)
        row.addWidget(self.news, 1)
        for widget in (self._doing, self._bar, self._cancel, self._facts, self._saved_sign, self._saved):
            row.addWidget(widget)
        self._show_job(None)
        session.saved_changed.connect(self.show_saved)
        session.clip_closed.connect(lambda: self.show_saved(session.saved))
        session.jobs.started.connect(self._follow)
        self.show_saved(session.saved)

    def set_theme(self, palette: Palette) -> None:
        """Draw signs and news in these colours from now on."""
        self._palette = palette
        self.news.set_theme(palette)
        self.show_saved(self._session.saved)

    def show_facts(self, rate: str, late: int) -> None:
        """Say what is played: the video's frame ``rate`` in words, empty without one, and how many frames
        came too ``late`` to be seen."""
        frames = "1 frame" if late == 1 else f"{late} frames"
        text = " · ".join(filter(None, (rate, f"{frames} skipped" if late and rate else "")))
        if text != self._facts.text():
            self._facts.setText(text)

    def show_saved(self, state: str) -> None:
        """Show ``saved``, ``saving``, ``failed`` or ``memory``; nothing while no clip is open."""
        words, sign, colour = _SAVED.get(state, _SAVED["saving"])
        self._saved.setText(words if self._session.current is not None else "")
        picture = icon(sign, getattr(self._palette, colour)).pixmap(16, 16)
        self._saved_sign.setPixmap(picture)
        self._saved_sign.setVisible(self._session.current is not None)

    def cancel_job(self) -> None:
        """Cancel the work whose progress is shown; harmless when none is."""
        if self._job is not None:
            self._job.cancel()

    def _follow(self, job: Job) -> None:
        if job.title in _QUIET:
            return
        self._show_job(job)
        job.progress.connect(lambda done, total, what: self._show_progress(job, done, total, what))
        job.ended.connect(lambda: self._show_job(self._next_job()))

    def _next_job(self) -> Job | None:
        left = [job for job in self._session.jobs.running if job.running and job.title not in _QUIET]
        return left[-1] if left else None

    def _show_job(self, job: Job | None) -> None:
        self._job = job
        for widget in (self._doing, self._bar, self._cancel):
            widget.setVisible(job is not None)
        if job is not None:
            self._doing.setText(job.title)
            self._bar.setRange(0, 0)

    def _show_progress(self, job: Job, done: int, total: int, what: str) -> None:
        if job is self._job:
            self._bar.setRange(0, max(total, 0))
            self._bar.setValue(done)
            self._doing.setText(what or job.title)
