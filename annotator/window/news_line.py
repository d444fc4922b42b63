"""News: what just happened, at the bottom left until it has been read."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy

from annotator.session.messages import Message
from annotator.widgets.plain_label import PlainLabel, plain_tip
from annotator.widgets.theme import icon
from annotator.window.reading import Reading, reading_time
from viewer.palette import Palette

_ICONS = {"info": "mdi6.information-outline", "success": "mdi6.check-circle-outline"}
FADING = tuple(_ICONS)
"""Levels of messages that leave by themselves; others are for the banner."""


class _Words(PlainLabel):
    """A text that can be seen through."""

    seen = 1.0

    def fade(self, seen: float) -> None:
        """Draw it so much, 0 to 1."""
        if seen != self.seen:
            self.seen = seen
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setOpacity(self.seen)
        how = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap
        painter.drawText(self.contentsRect(), how, self.text())


class NewsLine(QFrame):
    """Shows the newest message that leaves by itself, in at most two lines, and moves nothing."""

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self._palette = palette
        self._sign = PlainLabel()
        self._text = _Words()
        self._text.setObjectName("News")
        self._text.setWordWrap(True)
        self._text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 12, 0)
        row.setSpacing(8)
        row.addWidget(self._sign)
        row.addWidget(self._text, 1)
        self._reading = Reading(self)
        self._reading.over.connect(self.clear)
        self._reading.fading.connect(self._text.fade)

    @property
    def text(self) -> str:
        """What is shown now; empty when nothing is."""
        return self._text.text()

    def set_theme(self, palette: Palette) -> None:
        """Use other colours from the next message on."""
        self._palette = palette

    def show_message(self, message: Message) -> None:
        """Show a message instead of the one before."""
        colours = {"info": self._palette.muted, "success": self._palette.success}
        self._sign.setPixmap(icon(_ICONS[message.level], colours[message.level]).pixmap(16, 16))
        self._text.setText(message.line())
        self._text.setFixedHeight(2 * self._text.fontMetrics().lineSpacing())
        self._text.setToolTip(plain_tip(message.line()))
        self._reading.start(reading_time(message.line()))
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, message.line()))

    def clear(self) -> None:
        """Show nothing."""
        self._reading.stop()
        self._sign.clear()
        self._text.clear()
        self._text.setToolTip("")
