"""Where a pair is judged: the question, two faces, three answers, and how far one is."""

from __future__ import annotations

from textwrap import shorten

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from annotator.comparison.vote_stage import VoteStage
from annotator.core.comparison.polling import LoadedBallot
from annotator.widgets.plain_label import PlainLabel
from viewer.core.face_model import FaceModel
from viewer.key_names import KeyNames, fixed_keys
from viewer.palette import Palette

_KEYS = (
    "{=Space} plays again   ·   {=Backspace} goes back one pair   ·   {=Escape} stops; your votes are saved"
)
_MOST_STORY = 320
_ANSWERS = (("a", "1", "A"), ("none", "0", "No preference"), ("b", "2", "B"))


class VotePage(QWidget):
    """Shows no name, colour or curve of a take.  ``chosen`` brings ``a``, ``none`` or ``b``."""

    chosen = Signal(str)
    closed = Signal()

    def __init__(self, model: FaceModel | None, palette: Palette, muted: bool, names: KeyNames) -> None:
        super().__init__()
        self._names = names
        self.stage = VoteStage(model, palette, muted)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(4)
        self.bar.setObjectName("VoteProgress")
        self.count, self.question = PlainLabel(), PlainLabel()
        self.story_words, self.note, self.keys = PlainLabel(), PlainLabel(), PlainLabel(fixed_keys(_KEYS))
        self.over = False
        self._with_story = True
        self.answers: dict[str, QPushButton] = {}
        self._lay_out()
        self.stage.seen_enough.connect(self._allow)
        self._forbid()

    def _lay_out(self) -> None:
        for label in (self.question, self.story_words, self.note, self.keys, self.count):
            label.setObjectName("VoteQuestion" if label is self.question else "Muted")
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.story_words.setWordWrap(True)
        self.story_words.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.question.setWordWrap(True)
        self.note.setWordWrap(True)
        self.note.hide()
        row = QHBoxLayout()
        row.setSpacing(16)
        row.addStretch(1)
        for choice, key, words in _ANSWERS:
            button = QPushButton(f"{key}   {words}")
            button.setObjectName("VoteAnswer")
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.clicked.connect(lambda _=False, choice=choice: self.chosen.emit(choice))
            self.answers[choice] = button
            row.addWidget(button)
        row.addStretch(1)
        self.close_button = QPushButton("Close")
        self.close_button.setObjectName("VoteAnswer")
        self.close_button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.close_button.clicked.connect(self.closed)
        self.close_button.hide()
        row.insertWidget(1, self.close_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(self.bar)
        column.addWidget(self.count)
        column.addWidget(self.question)
        column.addWidget(self.story_words)
        column.addWidget(self.stage, 1)
        column.addLayout(row)
        column.addWidget(self.note)
        column.addWidget(self.keys)

    # ---- a session ---------------------------------------------------------------------------

    def begin(self, criterion: str, with_story: bool) -> None:
        """Show the question (empty: none) until :meth:`show_ballot` brings the first pair; ``with_story``
        shows the words of each clip above its faces."""
        self.question.setText(criterion)
        self.question.setVisible(bool(criterion))
        self._with_story = with_story
        self.count.setText("Making the first pair ready …")

    def show_ballot(self, seen: LoadedBallot, place: int, total: int) -> None:
        """Play a pair; it can be voted on once a moment of it was seen."""
        self.count.setText(f"{place + 1} of {total}")
        self.bar.setRange(0, total)
        self.bar.setValue(place)
        info = seen.info
        # The faces need the room more than a long story does.
        words = [shorten(text, _MOST_STORY, placeholder=" …") for text in (info.background, info.emotion)]
        story = [text for text in words if text]
        self.story_words.setText("\n".join(story))
        self.story_words.setVisible(self._with_story and bool(story))
        self._forbid()
        self.stage.show_ballot(seen)

    @property
    def ready(self) -> bool:
        """Whether an answer counts now."""
        return not self.over and self.stage.enough and self.answers["a"].isEnabled()

    def mark(self, choice: str) -> None:
        """Show which answer was taken."""
        self.stage.mark(choice)
        self._forbid()

    def wait(self) -> None:
        """Until the next pair is there."""
        self._forbid()
        self.stage.rest()

    def replay(self) -> None:
        """Play the pair again from its start; does nothing once the session is over."""
        if not self.over:
            self.stage.replay()

    def tell(self, line: str) -> None:
        """Something went wrong that does not stop the session."""
        self.note.setText(line)
        self.note.show()

    def show_end(self, votes: int) -> None:
        """There is nothing left to judge."""
        self.over = True
        self.stage.rest()
        self.stage.hide()
        self.story_words.hide()
        for button in self.answers.values():
            button.hide()
        self.bar.setValue(self.bar.maximum())
        self.count.setText("")
        kept = "1 vote is" if votes == 1 else f"{votes} votes are"
        self.question.setText(f"That was the last pair. {kept} saved.")
        self.question.show()
        self.close_button.show()
        self.keys.setText(self._names.worded("{=Return} closes; then {report} makes a report of the votes"))

    def release(self) -> None:
        """Free the OpenGL contexts of both faces; calling it twice is no error."""
        self.stage.release()

    def _allow(self) -> None:
        for button in self.answers.values():
            button.setEnabled(True)

    def _forbid(self) -> None:
        for button in self.answers.values():
            button.setEnabled(False)
