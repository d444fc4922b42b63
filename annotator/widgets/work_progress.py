"""How far work is: a bar while it runs, and below it what is being done or what came of it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from annotator.widgets.plain_label import PlainLabel


class WorkProgress(QWidget):
    """Takes no room while there is nothing to show.  ``doing`` holds the words."""

    def __init__(self, *, spacing: int) -> None:
        super().__init__()
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self.doing = PlainLabel()
        self.doing.setObjectName("Muted")
        self.doing.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(spacing)
        column.addWidget(self._bar)
        column.addWidget(self.doing)
        self.show_running(False)

    def show_running(self, running: bool) -> None:
        """Show the bar while work runs."""
        self._bar.setVisible(running)
        self.tell(self.doing.text())

    def show_progress(self, done: int, total: int, what: str) -> None:
        """``done`` of ``total`` (0: nobody knows), and what is being done."""
        self._bar.setRange(0, max(total, 0))
        self._bar.setValue(done)
        self.tell(what)

    def tell(self, words: str) -> None:
        """Show ``words``, or nothing."""
        self.doing.setText(words)
        self.doing.setVisible(bool(words))
        self.setVisible(bool(words) or not self._bar.isHidden())

    def beside(self, *buttons: QPushButton) -> QHBoxLayout:
        """The foot of a dialog: how far its work is, and the buttons at the right, on the lowest line."""
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self, 100)
        foot.addStretch(1)
        for button in buttons:
            foot.addWidget(button, 0, Qt.AlignmentFlag.AlignBottom)
        return foot
