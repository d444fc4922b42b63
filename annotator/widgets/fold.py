"""A part of a panel that folds to one line, which says what is in it."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QPushButton, QSizePolicy, QVBoxLayout, QWidget

from annotator.widgets.fields import press_by_key
from annotator.widgets.plain_label import plain_tip
from annotator.widgets.theme import icon

_SIGN = 16


class _Line(QPushButton):
    """The line itself: a sign, a title, and a summary as far as there is room."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.setObjectName("Fold")
        self.setCheckable(True)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(title)
        self.title, self.summary = title, ""
        press_by_key(self)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        text = self.palette().color(QPalette.ColorRole.ButtonText)
        muted = self.palette().color(QPalette.ColorRole.PlaceholderText)
        sign = icon("mdi6.chevron-down" if self.isChecked() else "mdi6.chevron-right", muted.name())
        sign.paint(painter, QRect(2, (self.height() - _SIGN) // 2, _SIGN, _SIGN))
        room = self.rect().adjusted(_SIGN + 6, 0, -6, 0)
        strong = QFont(self.font())
        strong.setWeight(QFont.Weight.DemiBold)
        for words, font, colour in ((self.title, strong, text), (self.summary, self.font(), muted)):
            painter.setFont(font)
            painter.setPen(QColor(colour))
            figures = painter.fontMetrics()
            shown = figures.elidedText(words, Qt.TextElideMode.ElideRight, room.width())
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
            room = room.adjusted(figures.horizontalAdvance(words) + 10, 0, 0, 0)


class Fold(QWidget):
    """A line that shows and hides ``body`` under it.  Folded, it says the summary; a click, Space or Enter
    opens it."""

    def __init__(self, title: str, body: QWidget) -> None:
        super().__init__()
        self.line = _Line(title)
        self._body = body
        self._summary = ""
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.line)
        column.addWidget(body)
        self.line.toggled.connect(lambda _on: self._show())
        self._show()

    @property
    def open(self) -> bool:
        """Whether the body is shown."""
        return self.line.isChecked()

    def set_open(self, on: bool) -> None:
        """Show the body, or hide it."""
        self.line.setChecked(on)

    def show_summary(self, text: str) -> None:
        """What is in it, in a line."""
        self._summary = " ".join(text.split())
        self._show()

    def _show(self) -> None:
        self._body.setVisible(self.open)
        self.line.summary = "" if self.open else self._summary
        self.line.setToolTip(plain_tip(self._summary))
        self.line.update()
