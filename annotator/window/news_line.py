"""News: what just happened, for a few seconds in the empty middle of the status bar."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy

from annotator.session.messages import Message
from annotator.widgets.plain_label import PlainLabel, plain_tip
from annotator.widgets.theme import icon
from viewer.palette import Palette

_ICONS = {"info": "mdi6.information-outline", "success": "mdi6.check-circle-outline"}
_SECONDS = {"info": 5, "success": 3}
FADING = tuple(_SECONDS)
"""Levels of messages that leave by themselves; others are for the banner."""


class NewsLine(QFrame):
    """Shows the newest message that leaves by itself, in at most two lines, and moves nothing."""

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self._palette = palette
        self._sign = PlainLabel()
        self._text = PlainLabel()
        self._text.setObjectName("News")
        self._text.setWordWrap(True)
        self._text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 0, 12, 0)
        row.setSpacing(8)
        row.addWidget(self._sign)
        row.addWidget(self._text, 1)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.clear)

    @property
    def text(self) -> str:
        """What is shown now; empty when nothing is."""
        return self._text.text()

    def set_theme(self, palette: Palette) -> None:
        """Use other colours from the next message on."""
        self._palette = palette

    def show_message(self, message: Message) -> None:
        """Show a message instead of the one before."""
        colours = {"info": self._palette.accent, "success": self._palette.success}
        self._sign.setPixmap(icon(_ICONS[message.level], colours[message.level]).pixmap(16, 16))
        self._text.setText(message.line())
        self._text.setFixedHeight(2 * self._text.fontMetrics().lineSpacing())
        self._text.setToolTip(plain_tip(message.line()))
        self._timer.start(_SECONDS[message.level] * 1000)
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, message.line()))

    def clear(self) -> None:
        """Show nothing."""
        self._timer.stop()
        self._sign.clear()
        self._text.clear()
        self._text.setToolTip("")
