"""Before a blind vote: which clips, which takes, by which criterion, and how many pairs that makes."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QFormLayout,
    QHBoxLayout,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from annotator.core.comparison.models import model_of
from annotator.core.comparison.polling import Candidate, How, candidates_of, pairs_of, seed_for, votes_by_clip
from annotator.core.comparison.votes import Ballot, Vote, ballots, open_ballots
from annotator.session.jobs import Job
from annotator.session.messages import explain
from annotator.session.session import Session
from annotator.widgets.fields import ChoiceField
from annotator.widgets.plain_label import PlainLabel
from viewer.core.cancel import CancelToken
from viewer.core.progress import Progress

ALL, LISTED, OPEN = "All clips", "The clips in the list now", "This clip only"
NEWEST, EVERY = "The newest take of each model", "Every pair of takes"
CRITERIA = (
    "Which fits the story better?",
    "Which looks more natural?",
    "Which matches the video better?",
    "Which shows the emotion more clearly?",
)

_SECONDS_A_PAIR = 12


class VoteSetup(QWidget):
    """``started`` asks to begin, ``cancelled`` to close."""

    started = Signal()
    cancelled = Signal()

    def __init__(self, session: Session, listed: list[str]) -> None:
        super().__init__()
        self._session, self._listed = session, listed
        self._clips: list[Candidate] = []
        self._seed_chosen = False
        # Typing a question counts what is left again and again, and there may be thousands of pairs.
        self._scheduled: tuple[object, list[Ballot]] = (None, [])
        scopes = (ALL, LISTED, *((OPEN,) if session.current is not None else ()))
        self.scope, self.how = ChoiceField(scopes), ChoiceField((NEWEST, EVERY))
        self.criterion = ChoiceField(CRITERIA, free=True)
        self.recording = QCheckBox("Include the recording")
        self.story = QCheckBox("Show background and emotion")
        self.video = QCheckBox("Show the video beside the faces, with its sound")
        self.story.setChecked(True)
        self.seed_field = QSpinBox()
        self.seed_field.setRange(0, 999_999)
        self.seed_field.setValue(secrets.randbelow(1_000_000))
        self.seed_field.setToolTip("The same seed gives the same order; a stopped session keeps its own")
        self.summary = PlainLabel("Looking for takes …")
        self.summary.setWordWrap(True)
        self.start_button, close = QPushButton("Start"), QPushButton("Close")
        self.start_button.setObjectName("Primary")
        self.start_button.setDefault(True)
        self.start_button.setEnabled(False)
        # While Start is not possible, Enter must not close.
        close.setAutoDefault(False)
        self._lay_out(close)
        for field in (self.scope, self.how):
            field.chosen.connect(lambda _text: self._count())
        self.criterion.chosen.connect(lambda _text: self._count())
        self.criterion.editTextChanged.connect(lambda _text: self._count())
        self.recording.toggled.connect(lambda _on: self._count())
        self.seed_field.editingFinished.connect(self._seed_set)
        self.start_button.clicked.connect(self.started)
        close.clicked.connect(self.cancelled)
        self._job: Job | None = self._look()

    def _lay_out(self, close: QPushButton) -> None:
        title = PlainLabel("Blind vote")
        title.setObjectName("VoteQuestion")
        words = PlainLabel(
            "Two performances of the same clip play side by side as A and B. Which model made which stays "
            "hidden, and sides and order are shuffled evenly. Press 1 for A, 2 for B, 0 for no preference. "
            f"Votes are saved under the name {self._session.annotator_id}, and you may stop at any time."
        )
        words.setObjectName("Muted")
        words.setWordWrap(True)
        form = QFormLayout()
        form.setSpacing(12)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for label, field in (
            ("Question", self.criterion),
            ("Clips", self.scope),
            ("Compare", self.how),
            ("", self.recording),
            ("", self.story),
            ("", self.video),
            ("Seed", self.seed_field),
        ):
            form.addRow(label, field)
        self.seed_field.setMaximumWidth(110)
        foot = QHBoxLayout()
        foot.addWidget(self.summary, 1)
        foot.setSpacing(8)
        foot.addWidget(self.start_button)
        foot.addWidget(close)
        inner = QWidget()
        inner.setMaximumWidth(620)
        column = QVBoxLayout(inner)
        column.setSpacing(20)
        column.addStretch(1)
        column.addWidget(title)
        column.addWidget(words)
        column.addLayout(form)
        column.addLayout(foot)
        column.addStretch(2)
        row = QHBoxLayout(self)
        row.addStretch(1)
        row.addWidget(inner, 8)
        row.addStretch(1)

    # ---- what there is -----------------------------------------------------------------------

    def _look(self) -> Job | None:
        session, library = self._session, self._session.library
        if library is None:
            return None
        state = session.state

        def work(token: CancelToken, progress: Progress) -> list[Candidate]:
            return candidates_of(library, state, progress, token)

        job = session.jobs.run(
            "Look for takes",
            work,
            done=self._found,
            failed=lambda fault: self.summary.setText(explain(fault).line()),
        )
        job.progress.connect(self._show_progress)
        return job

    def _show_progress(self, done: int, total: int, _what: str) -> None:
        self.summary.setText(f"Looking for takes: {done} of {total} clips")

    def _found(self, clips: list[Candidate]) -> None:
        self._job = None
        self._clips = clips
        self._scheduled = (None, [])
        self._count()

    def stop(self) -> None:
        """Look no further: the dialog is closing."""
        job, self._job = self._job, None
        if job is not None and job.running:
            for signal in (job.done, job.failed):
                signal.disconnect()
            job.progress.disconnect(self._show_progress)
            job.cancel()

    # ---- what is chosen ----------------------------------------------------------------------

    @property
    def criterion_text(self) -> str:
        """The question of the votes in one line; empty when none was written."""
        return " ".join(self.criterion.currentText().split())

    @property
    def seed(self) -> int:
        """What the order of the pairs is shuffled with: the same seed gives the same order."""
        return self.seed_field.value()

    def votes(self) -> Mapping[str, tuple[Vote, ...]]:
        """The votes already given on each clip, by its id."""
        return votes_by_clip(self._clips)

    def schedule(self) -> list[Ballot]:
        """Every pair of what is chosen, in the order of the seed; voted ones too."""
        scope = self.scope.currentText()
        only = {LISTED: self._listed, OPEN: [self._session.clip_id]}.get(scope)
        how: How = "newest" if self.how.currentText() == NEWEST else "every"
        wanted = scope, how, self.recording.isChecked(), self.seed
        if wanted != self._scheduled[0]:
            pairs = pairs_of(self._clips, how, self.recording.isChecked(), only)
            self._scheduled = wanted, ballots(pairs, self.seed)
        return self._scheduled[1]

    def _seed_set(self) -> None:
        self._seed_chosen = True
        self._count()

    def _count(self) -> None:
        if self._job is not None:
            return
        if not self._seed_chosen:
            known = seed_for(self._clips, self._session.annotator_id, self.criterion_text, self.seed)
            blocked = self.seed_field.blockSignals(True)
            self.seed_field.setValue(known)
            self.seed_field.blockSignals(blocked)
        every = self.schedule()
        left = len(open_ballots(every, self.votes(), self._session.annotator_id, self.criterion_text))
        self.start_button.setEnabled(left > 0)
        self.start_button.setText("Continue" if 0 < left < len(every) else "Start")
        self.summary.setText(self._words(len(every), left))

    def _words(self, every: int, left: int) -> str:
        if not every:
            models = {model_of(take) for clip in self._clips for take in clip.takes}
            if not models:
                return "No clip has a take yet. Generate some first."
            return "Nothing to compare yet. Generate with another model, or include the recording."
        if not left:
            return f"You have voted on all {every} pairs. A different question starts from the beginning."
        minutes = max(1, round(left * _SECONDS_A_PAIR / 60))
        done = f", {every - left} voted already" if left < every else ""
        pairs = "1 pair" if left == 1 else f"{left} pairs"
        return f"{pairs} to judge{done}; about {minutes} min."
