"""One keyframe that is asked for: when, what the face shows, and how it goes on."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from annotator.core.generation.protocol import KeyframeResult
from annotator.core.model import EASE_TITLES, EASES
from annotator.widgets.answer_line import AnswerLine
from annotator.widgets.fields import ChoiceField, LineField, TextField, leave, press_by_key, seconds_in
from annotator.widgets.plain_label import PlainLabel
from annotator.widgets.theme import icon

_AS_CHOSEN = "As below"


class DescriptionRow(QFrame):
    """``time`` in seconds or None for a natural one, ``ease`` or "" for the panel's choice; both can
    be typed or chosen.  ``timed`` says that the time was changed here."""

    removed = Signal(object)
    submitted = Signal()
    timed = Signal(object)
    why_asked = Signal(object)

    def __init__(self, number: int, words: str, time: float | None, ease: str, colour: str) -> None:
        super().__init__()
        self.setObjectName("Card")
        self.time, self.asking = time, False
        self._number = PlainLabel()
        self._number.setObjectName("Muted")
        self._number.setFixedWidth(16)
        self._time = LineField("auto")
        self._time.setFixedWidth(64)
        self._time.setToolTip("Seconds of the clip; empty lets the change between the keyframes say")
        self._ease = ChoiceField([_AS_CHOSEN, *(EASE_TITLES[ease] for ease in EASES)])
        self._ease.setToolTip("How the face goes on from this keyframe to the next")
        self._ease.setCurrentIndex(1 + [*EASES].index(ease) if ease in EASES else 0)
        self.words = TextField("What the face shows, for example: the gaze drops and the lips press", 2)
        self.words.setPlainText(words)
        self.words.installEventFilter(self)
        self.answer = AnswerLine()
        self._close = close = QToolButton()
        close.setObjectName("Flat")
        close.setIcon(icon("mdi6.close", colour))
        close.setFixedSize(24, 24)
        close.setToolTip("Remove this keyframe from the request")
        close.setAccessibleName("Remove this keyframe from the request")
        press_by_key(close)
        close.clicked.connect(lambda: self.removed.emit(self))
        top = QHBoxLayout()
        top.setContentsMargins(0, 0, 0, 0)
        top.setSpacing(4)
        top.addWidget(self._number)
        top.addWidget(self._time)
        top.addWidget(self._ease, 1)
        top.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 6, 8, 6)
        column.setSpacing(4)
        column.addLayout(top)
        column.addWidget(self.words)
        column.addWidget(self.answer)
        self.answer.why_asked.connect(lambda: self.why_asked.emit(self))
        self._time.edited.connect(self._typed)
        self._show_time()
        self.show_number(number)

    @property
    def ease(self) -> str:
        at = self._ease.currentIndex()
        return EASES[at - 1] if at > 0 else ""

    def stops(self) -> tuple[QWidget, ...]:
        """Where Tab goes, in order."""
        return self._time, self._ease, self._close, self.words, self.answer.why

    def show_number(self, number: int) -> None:
        self._number.setText(str(number))
        self._time.setAccessibleName(f"Time of keyframe {number}")
        self._ease.setAccessibleName(f"Easing after keyframe {number}")
        self.words.setAccessibleName(f"Description of keyframe {number}")

    def show_news(self, text: str) -> None:
        """How far its answer is."""
        self.asking = bool(text)
        self.answer.show_news(text)

    def show_answer(self, answer: KeyframeResult) -> None:
        """What was understood of the words, and what was not."""
        self.asking = False
        self.answer.show_answer(answer)

    def _show_time(self) -> None:
        self._time.show_text("" if self.time is None else f"{self.time:.3f}")

    def _typed(self, text: str) -> None:
        """Take over a time; what is none goes back to what was there."""
        time = seconds_in(text)
        if time is not None or not text.strip():
            self.time = time
        self._show_time()
        self.timed.emit(self)

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        if watched is self.words and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
            if enter and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
                leave(self.words)
                self.submitted.emit()
                return True
        return False
