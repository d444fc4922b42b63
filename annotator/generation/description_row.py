"""One keyframe that is asked for: when, what the face shows, and how it goes on."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from annotator.core.generation.protocol import KeyframeResult
from annotator.core.model import EASE_TITLES, EASES, Ease
from annotator.widgets.answer_line import AnswerLine, said_of
from annotator.widgets.fields import ChoiceField, LineField, TextField, leave, press_by_key, seconds_in
from annotator.widgets.plain_label import PlainLabel
from annotator.widgets.theme import wear

_AS_CHOSEN = "As usual"
_SHORT = 20
"""Letters of an answer that fit beside the easing."""


@dataclass(eq=False)
class AskedKeyframe:
    """A keyframe of the request: ``time`` in seconds of the clip or None for a natural one, ``ease``
    or "" for the panel's choice; what is heard of its answer, and the answer."""

    words: str
    time: float | None
    ease: str
    news: str = ""
    answer: KeyframeResult | None = None

    @property
    def shape(self) -> Hashable:
        """What the height of its row depends on."""
        if self.answer is None:
            return self.news, False
        return said_of(self.answer), bool(self.answer.reasons)


class DescriptionRow(QFrame):
    """Shows an :class:`AskedKeyframe`, whose time, easing and words can be changed here.  The signals
    bring it along; ``timed`` says that the time was changed."""

    removed = Signal(object)
    submitted = Signal()
    timed = Signal(object)
    why_asked = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("Card")
        self.asked = AskedKeyframe("", None, "")
        self._number = PlainLabel()
        self._number.setObjectName("Muted")
        self._number.setMinimumWidth(14)
        self._time = LineField("auto")
        self._time.setFixedWidth(52)
        self._time.setToolTip("Seconds of the clip; when empty, the change between the keyframes decides")
        self._ease = ChoiceField([_AS_CHOSEN, *(EASE_TITLES[ease] for ease in EASES)])
        self._ease.setMaximumWidth(86)
        self._ease.setToolTip("How the face continues from this keyframe to the next")
        self.words = TextField("What the face shows, for example: the gaze drops and the lips press", 2)
        self.words.installEventFilter(self)
        lines = 2 * self.words.fontMetrics().lineSpacing()
        self.words.setFixedHeight(lines + 2 * round(self.words.document().documentMargin()) + 8)
        for field in (self._time, self._ease, self.words):
            field.setObjectName("Compact")
        self.answer = AnswerLine()
        self._close = close = QToolButton()
        close.setObjectName("Flat")
        close.setFixedSize(22, 22)
        wear(close, "mdi6.close", muted=True)
        close.setToolTip("Remove this keyframe from the request")
        close.setAccessibleName("Remove this keyframe from the request")
        press_by_key(close)
        self._top = QHBoxLayout()
        self._top.setContentsMargins(0, 0, 0, 0)
        self._top.setSpacing(3)
        self._top.addWidget(self._number)
        self._top.addWidget(self._time)
        self._top.addWidget(self._ease)
        self._top.addWidget(self.answer, 1)
        self._top.addStretch(0)
        self._top.addWidget(close)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(6, 3, 4, 5)
        self._column.setSpacing(3)
        self._column.addLayout(self._top)
        self._column.addWidget(self.words)
        self._below = False
        close.clicked.connect(lambda: self.removed.emit(self.asked))
        self.answer.why_asked.connect(lambda: self.why_asked.emit(self.asked))
        self._time.edited.connect(self._time_typed)
        self._ease.currentIndexChanged.connect(self._ease_chosen)
        self.words.textChanged.connect(self._words_typed)

    def show_row(self, asked: AskedKeyframe, number: int) -> None:
        """Show a keyframe as the ``number``-th."""
        self.asked = asked
        self._show_time()
        self._ease.show_choice(EASE_TITLES[ease] if (ease := _known(asked.ease)) else _AS_CHOSEN)
        self.words.show_text(asked.words)
        if asked.answer is None:
            self.answer.show_news(asked.news)
        else:
            self.answer.show_answer(asked.answer)
        self._place_answer()
        self._number.setText(str(number))
        self._time.setAccessibleName(f"Time of keyframe {number}")
        self._ease.setAccessibleName(f"Easing after keyframe {number}")
        self.words.setAccessibleName(f"Description of keyframe {number}")

    def _place_answer(self) -> None:
        """What is short stands beside the easing; a fault or a remark is read in full under the words."""
        below = len(self.answer.text()) > _SHORT
        if below != self._below:
            self._below = below
            if below:
                self._column.addWidget(self.answer)
            else:
                self._top.insertWidget(3, self.answer, 1)

    def stops(self) -> tuple[QWidget, ...]:
        """Where Tab goes, in order."""
        return self._time, self._ease, self._close, self.words, self.answer.why

    def _show_time(self) -> None:
        self._time.show_text("" if self.asked.time is None else f"{self.asked.time:.3f}")

    def _time_typed(self, text: str) -> None:
        """Take over a time; what is none goes back to what was there."""
        time = seconds_in(text)
        if time is not None or not text.strip():
            self.asked.time = time
        self._show_time()
        self.timed.emit(self.asked)

    def _ease_chosen(self, at: int) -> None:
        self.asked.ease = EASES[at - 1] if at > 0 else ""

    def _words_typed(self) -> None:
        self.asked.words = self.words.toPlainText()

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        if watched is self.words and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
            if enter and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
                leave(self.words)
                self.submitted.emit()
                return True
        return False


def _known(ease: str) -> Ease | None:
    return next((known for known in EASES if known == ease), None)
