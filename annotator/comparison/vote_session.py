"""A session of blind votes: what comes next, keeping each vote at once, going on later."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from annotator.core.comparison.polling import LoadedBallot, prepare
from annotator.core.comparison.votes import NO_PREFERENCE, Ballot, Vote, new_vote
from annotator.core.edits import add_vote
from annotator.core.storage.clip_writer import record_vote
from annotator.session.messages import explain
from annotator.session.session import Session
from viewer.core.cancel import CancelToken
from viewer.core.errors import FileError, StudioError
from viewer.core.progress import Progress

log = logging.getLogger(__name__)


class VoteSession(QObject):
    """Goes through ``ballots``.  ``shown`` brings the next :class:`LoadedBallot`, ``kept`` comes when
    a vote is on its way to its file, ``failed`` brings a line about a pair that was passed over or
    a vote that could not be kept, ``finished`` comes after the last."""

    shown = Signal(object)
    kept = Signal()
    failed = Signal(str)
    finished = Signal()

    def __init__(
        self, session: Session, ballots: Sequence[Ballot], criterion: str, seed: int, with_video: bool
    ) -> None:
        super().__init__()
        self._session = session
        self._ballots = list(ballots)
        self._criterion, self._seed, self._with_video = criterion, seed, with_video
        self._at = 0
        self._ready: dict[Ballot, LoadedBallot] = {}
        self._loading: set[Ballot] = set()
        self._given: set[Ballot] = set()
        self._writing = threading.Lock()
        self._over = False

    @property
    def total(self) -> int:
        """How many pairs there are to judge, those already judged included."""
        return len(self._ballots)

    @property
    def place(self) -> int:
        """How many pairs lie before the one that is shown."""
        return self._at

    @property
    def votes(self) -> int:
        """Pairs that were voted on in this session."""
        return len(self._given)

    def begin(self) -> None:
        """Load the first pair in the background; :attr:`shown` follows, or :attr:`finished` without
        pairs."""
        self._show()

    def stop(self) -> None:
        """Show nothing more; every vote that was given is kept."""
        self._over = True

    def vote(self, choice: str) -> None:
        """``a``, ``b``, or anything else for no preference; the next pair follows."""
        if self._over or self._at >= len(self._ballots):
            return
        ballot = self._ballots[self._at]
        preferred = {"a": ballot.a.id, "b": ballot.b.id}.get(choice, NO_PREFERENCE)
        seen = self._ready.get(ballot)
        vote = new_vote(
            ballot.order,
            preferred,
            voter=self._session.annotator_id,
            criterion=self._criterion,
            seed=self._seed,
            tracks=seen.digests if seen is not None else (),
        )
        self._given.add(ballot)
        self._keep(ballot, vote)
        self._at += 1
        self._show()

    def back(self) -> None:
        """Show the pair before again; a new vote on it replaces the earlier one in every count."""
        if self._at > 0:
            self._at -= 1
            self._show()

    # ---- inside ------------------------------------------------------------------------------

    def _show(self) -> None:
        if self._over:
            return
        if self._at >= len(self._ballots):
            self.finished.emit()
            return
        ballot = self._ballots[self._at]
        # While one pair is judged the next is made ready; those far behind need not be kept.
        near = self._ballots[max(self._at - 1, 0) : self._at + 2]
        self._ready = {one: seen for one, seen in self._ready.items() if one in near}
        for one in (ballot, *self._ballots[self._at + 1 : self._at + 2]):
            self._load(one)
        if ballot in self._ready:
            self.shown.emit(self._ready[ballot])

    def _load(self, ballot: Ballot) -> None:
        if ballot in self._ready or ballot in self._loading:
            return
        self._loading.add(ballot)
        library, with_video = self._session.library, self._with_video

        def work(token: CancelToken, _progress: Progress) -> LoadedBallot:
            if library is None:
                raise FileError("the dataset was closed", "open it and vote again")
            return prepare(library, ballot, with_video, token)

        self._session.jobs.run(
            "Make a pair ready",
            work,
            done=lambda seen: self._loaded(ballot, seen),
            failed=lambda fault: self._not_loaded(ballot, fault),
            valid=lambda: not self._over,
        )

    def _loaded(self, ballot: Ballot, seen: LoadedBallot) -> None:
        self._loading.discard(ballot)
        self._ready[ballot] = seen
        if self._at < len(self._ballots) and ballot == self._ballots[self._at]:
            self.shown.emit(seen)

    def _not_loaded(self, ballot: Ballot, fault: Exception) -> None:
        """A pair that cannot be shown is passed over; it stays open for another time."""
        self._loading.discard(ballot)
        at = self._ballots.index(ballot)
        del self._ballots[at]
        # The fault itself would name the take.
        log.info("A pair of %s was skipped: %s", ballot.clip, fault)
        self.failed.emit(f"A pair of {ballot.clip} was skipped: one of the two cannot be shown")
        if at < self._at:
            self._at -= 1
        elif at == self._at:
            self._show()

    def _keep(self, ballot: Ballot, vote: Vote) -> None:
        session, library = self._session, self._session.library
        if ballot.clip == session.clip_id and session.state is not None:
            try:
                edit = add_vote(session.state, vote)
            except Exception as fault:
                self._not_kept(fault)
                return
            if session.apply(edit):
                self.kept.emit()
            return

        def work(_token: CancelToken, _progress: Progress) -> None:
            if library is None:
                raise FileError("the dataset was closed", "open it and vote again")
            with self._writing:
                record_vote(library.load_clip(ballot.clip).place, vote)

        session.jobs.run("Save a vote", work, failed=self._not_kept)
        self.kept.emit()

    def _not_kept(self, fault: Exception) -> None:
        # Without the file, whose name is the take's.
        why = fault.what if isinstance(fault, StudioError) else explain(fault).text
        self.failed.emit(f"A vote could not be saved: {why}")
