"""One line about the answer for a keyframe, and the way to why it is as it is."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from annotator.core.generation.protocol import KeyframeResult
from annotator.widgets.fields import press_by_key
from annotator.widgets.plain_label import PlainLabel

_SHORT = 12
"""Letters that are never wrapped."""


class AnswerLine(QWidget):
    """How far an answer is, then how much was understood, with "Why?" where there is more to tell."""

    why_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._told = PlainLabel()
        self._told.setObjectName("Muted")
        self._told.setToolTip("Actions of the face that were understood")
        self.why = QPushButton("Why?")
        self.why.setObjectName("Link")
        self.why.setToolTip("Which words caused which values")
        press_by_key(self.why)
        self.why.clicked.connect(self.why_asked)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(0)
        line.addWidget(self._told, 1)
        line.addWidget(self.why, 0, Qt.AlignmentFlag.AlignTop)
        self.show_news("")

    def show_news(self, text: str) -> None:
        """Say how far an answer is; what was said of an earlier one is gone."""
        self._show(text, False)

    def show_answer(self, answer: KeyframeResult, more: str = "") -> None:
        """Say what became of an answer, and ``more`` after it."""
        self._show(said_of(answer, more), bool(answer.reasons))

    def _show(self, text: str, more: bool) -> None:
        # A word or two stay on their line, however little room there is beside them.
        self._told.setWordWrap(len(text) > _SHORT)
        self._told.setText(text)
        self.why.setVisible(more)
        self.setVisible(more or bool(text))
        # The height of what lies around it follows at once, also while none of it is seen.
        self.updateGeometry()

    def text(self) -> str:
        """The words that are shown now, without marks."""
        return self._told.text()


def said_of(answer: KeyframeResult, more: str = "") -> str:
    """What is said of an answer: its fault, else its remarks, else how much was understood."""
    count = len({(reason.words, reason.action) for reason in answer.reasons if reason.words})
    found = f"{count} action{'' if count == 1 else 's'}" if count else ""
    return " · ".join(filter(None, (answer.error or "; ".join(answer.notes) or found, more)))
