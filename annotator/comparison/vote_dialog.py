"""Blind votes: what is to be judged, one pair after the other by keyboard, and what came of it."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QStackedWidget, QVBoxLayout, QWidget

from annotator.comparison.vote_page import VotePage
from annotator.comparison.vote_session import VoteSession
from annotator.comparison.vote_setup import VoteSetup
from annotator.core.comparison.polling import LoadedBallot
from annotator.core.comparison.votes import open_ballots
from annotator.session.session import Session
from viewer.core.face_model import FaceModel

_MARKED_MS = 220
"""How long the chosen side stays framed before the next pair comes."""


class VoteDialog(QDialog):
    """Covers the window.  Closing it keeps every vote; the next session goes on from there."""

    def __init__(self, session: Session, listed: list[str], face: FaceModel | None, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("VoteDialog")
        self.setWindowTitle("Blind vote")
        self._session = session
        self.voting: VoteSession | None = None
        self._choice = ""
        self._next = QTimer(self, singleShot=True, interval=_MARKED_MS)
        self._next.timeout.connect(self._cast)
        self.setup = VoteSetup(session, listed)
        self.booth = VotePage(face, session.palette, session.settings.muted, session.keys)
        self.pages = QStackedWidget()
        for page in (self.setup, self.booth):
            self.pages.addWidget(page)
        column = QVBoxLayout(self)
        column.setContentsMargins(32, 24, 32, 20)
        column.addWidget(self.pages)
        self.setup.started.connect(self.start)
        self.setup.cancelled.connect(self.reject)
        self.booth.chosen.connect(self.choose)
        self.booth.closed.connect(self.reject)
        # The studio is ended, or a clip that was being opened is there: no thread may be left.
        session.clip_closing.connect(self.reject)
        self.setGeometry(parent.geometry())

    # ---- a session ---------------------------------------------------------------------------

    def start(self) -> None:
        """Begin, or go on, with what is open of what was chosen."""
        setup = self.setup
        criterion, seed = setup.criterion_text, setup.seed
        ballots = open_ballots(setup.schedule(), setup.votes(), self._session.annotator_id, criterion)
        if not ballots:
            return
        voting = VoteSession(self._session, ballots, criterion, seed, setup.video.isChecked())
        voting.shown.connect(self._show)
        voting.failed.connect(self.booth.tell)
        voting.finished.connect(self._finished)
        self.voting = voting
        self.booth.begin(criterion, setup.story.isChecked())
        self.pages.setCurrentWidget(self.booth)
        self.setFocus()
        voting.begin()

    def _show(self, seen: LoadedBallot) -> None:
        if self.voting is not None:
            self.booth.show_ballot(seen, self.voting.place, self.voting.total)

    def choose(self, choice: str) -> None:
        """``a``, ``b`` or ``none``; does nothing before the pair has been seen for a moment."""
        if self.voting is None or self._next.isActive() or not self.booth.ready:
            return
        self._choice = choice
        self.booth.mark(choice)
        self._next.start()

    def _cast(self) -> None:
        if self.voting is not None:
            self.booth.wait()
            self.voting.vote(self._choice)

    def back(self) -> None:
        """Judge the pair before once more."""
        if self.voting is not None and not self._next.isActive() and self.voting.place:
            self.booth.wait()
            self.voting.back()

    def _finished(self) -> None:
        if self.voting is not None:
            self.booth.show_end(self.voting.votes)

    # ---- keys and closing --------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self.pages.currentWidget() is not self.booth:
            super().keyPressEvent(event)
            return
        text, key = event.text(), event.key()
        if text in ("1", "2", "0") and not event.isAutoRepeat():
            self.choose({"1": "a", "2": "b", "0": "none"}[text])
        elif key == Qt.Key.Key_Space:
            self.booth.replay()
        elif key == Qt.Key.Key_Backspace:
            self.back()
        elif key in (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            # Enter ends only what is over: it must not stop a session by accident.
            if key == Qt.Key.Key_Escape or self.booth.over:
                self.reject()
        else:
            event.ignore()

    def done(self, result: int) -> None:
        """Every way out leads here."""
        self._next.stop()
        if self.voting is not None:
            self.voting.stop()
        self.setup.stop()
        self.booth.release()
        super().done(result)
        self.deleteLater()
