"""Why a face is as it is: the words, what they were taken for, and the values that they gave."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from annotator.core.generation.causes import causes_of
from annotator.core.generation.protocol import Reason
from annotator.panels.fields import press_by_key


class Explanation(QFrame):
    """A line that says how much was understood, and "Why?", which opens all of it below."""

    def __init__(self) -> None:
        super().__init__()
        self._told = QLabel()
        self._told.setObjectName("Muted")
        self._told.setWordWrap(True)
        self.why = QPushButton("Why?")
        self.why.setObjectName("Link")
        self.why.setCheckable(True)
        self.why.setToolTip("Which words caused which values")
        press_by_key(self.why)
        self._causes = QWidget()
        self._labels: list[QLabel] = []
        self._list = QVBoxLayout(self._causes)
        self._list.setContentsMargins(8, 4, 0, 4)
        self._list.setSpacing(6)
        line = QHBoxLayout()
        line.setSpacing(4)
        line.addWidget(self._told, 1)
        line.addWidget(self.why, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(line)
        column.addWidget(self._causes)
        self.why.toggled.connect(self._causes.setVisible)
        self.why.hide()
        self._causes.hide()

    def show_news(self, text: str) -> None:
        """Say in its line how far an answer is; what was explained before is gone."""
        self.show_reasons((), text)

    def show_reasons(self, reasons: Sequence[Reason], text: str = "", more: str = "") -> None:
        """``text`` stands in the line instead of the number of actions, ``more`` after it."""
        causes = causes_of(reasons)
        actions = f"{len(causes)} action{'' if len(causes) == 1 else 's'} found" if causes else ""
        self._told.setText(" · ".join(filter(None, (text or actions, more))))
        self.why.setVisible(bool(causes))
        if not causes:
            self.why.setChecked(False)
        for label in self._labels:
            self._list.removeWidget(label)
            label.deleteLater()
        self._labels = []
        for cause in causes:
            values = _text(" · ".join(f"{name} {value:.2f}" for name, value in cause.values))
            values.setObjectName("Muted")
            self._labels += [_text(f"“{cause.words}” → {cause.action}"), values]
        for label in self._labels:
            self._list.addWidget(label)

    def text(self) -> str:
        """All that is said, open or not."""
        return "\n".join(label.text() for label in (self._told, *self._labels))


def _text(text: str) -> QLabel:
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
