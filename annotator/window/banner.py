"""Warnings and errors: a stack at the bottom left, each with what happened, what to do next, and an action.

An error stays until it is closed or its cause is over, and so does what asks for something; other warnings
leave when they have been read.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QAccessibleEvent,
    QAction,
    QGuiApplication,
)
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from annotator.session.messages import Message
from annotator.widgets.fields import leave, press_by_key
from annotator.widgets.plain_label import PlainLabel
from annotator.widgets.theme import icon, wear
from annotator.window.reading import Reading, reading_time
from viewer.palette import Palette

_ICONS = {"warning": "mdi6.alert-outline", "error": "mdi6.alert-circle-outline"}
_KEPT = 20
_SEEN = 3
"""Messages that are seen at once; others wait."""
_WIDEST = 960
_LONGER = 8.0
"""Seconds that a warning is there beyond the time it takes to read it."""


class MessageRow(QFrame):
    """One message.  ``closed`` asks to take it away."""

    closed = Signal()

    def __init__(self, find_action: Callable[[str], QAction]) -> None:
        super().__init__()
        self.setObjectName("Banner")
        self._find_action = find_action
        self._shown: Message | None = None
        self._sign = PlainLabel()
        self.text = PlainLabel()
        self.text.setWordWrap(True)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.count = PlainLabel()
        self.count.setObjectName("Muted")
        self.action = self._button()
        self.action.clicked.connect(self._act)
        self.copy = self._button()
        self.copy.clicked.connect(self._copy_details)
        self.close_button = QToolButton()
        self.close_button.setObjectName("Flat")
        wear(self.close_button, "mdi6.close", muted=True)
        self.close_button.setToolTip("Close this message (Esc)")
        self.close_button.setAccessibleName("Close this message")
        self.close_button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.close_button.clicked.connect(self.closed)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 2, 6, 2)
        row.setSpacing(8)
        row.addWidget(self._sign)
        row.addWidget(self.text, 1)
        for part in (self.count, self.action, self.copy, self.close_button):
            row.addWidget(part)
        self._reading = Reading(self)
        self._reading.over.connect(self.closed)
        self.hide()

    def _button(self) -> QPushButton:
        button = QPushButton()
        button.setObjectName("Small")
        press_by_key(button)
        return button

    def show_message(self, message: Message | None, palette: Palette) -> None:
        """Show a message, or nothing; idempotent, so that one that stays does not lose its place in time."""
        before, self._shown = self._shown, message
        if message == before:
            return
        if message is None:
            for button in (self.action, self.copy):
                if button.hasFocus():
                    # Qt would hand the focus to a field, and the next key would type there.
                    leave(button)
            self._reading.stop()
            self.hide()
            return
        self.set_theme(palette)
        self.text.setText(message.line())
        self.action.setVisible(bool(message.action))
        if message.action:
            self.action.setText(self._find_action(message.action).text())
        self.copy.setVisible(bool(message.details))
        if before is None or before.cause != message.cause:
            self.copy.setText("Copy details")
        self.setAccessibleName(f"{message.level.capitalize()}: {message.line()}")
        if stays(message):
            self._reading.stop()
        else:
            self._reading.start(_LONGER + reading_time(message.line()))
        self.show()

    def set_theme(self, palette: Palette) -> None:
        """Draw the signs in these colours."""
        if self._shown is None:
            return
        level = self._shown.level
        colours = {"warning": palette.warning, "error": palette.error}
        self._sign.setPixmap(icon(_ICONS[level], colours[level]).pixmap(18, 18))
        self.setProperty("level", level)
        self.style().unpolish(self)
        self.style().polish(self)

    def _act(self) -> None:
        if self._shown is not None:
            self._find_action(self._shown.action).trigger()

    def _copy_details(self) -> None:
        if self._shown is not None:
            QGuiApplication.clipboard().setText(self._shown.details)
            self.copy.setText("Copied")


class Banner(QWidget):
    """Shows messages below each other, the oldest first, in rows of their own that push the timeline and
    cover nothing.

    Parameters
    ----------
    palette
        Colours to begin with.
    action
        Finds the window's action with an id: a message may offer one.
    """

    def __init__(
        self, palette: Palette, action: Callable[[str], QAction], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._palette = palette
        self._messages: list[Message] = []
        self.rows = tuple(MessageRow(action) for _ in range(_SEEN))
        stack = QWidget()
        stack.setMaximumWidth(_WIDEST)
        column = QVBoxLayout(stack)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        whole = QHBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(stack, 1000)
        whole.addStretch(1)
        for place, row in enumerate(self.rows):
            column.addWidget(row)
            row.closed.connect(lambda place=place: self._close(place))
        self.hide()

    @property
    def messages(self) -> tuple[Message, ...]:
        """What is shown and what waits, the oldest first."""
        return tuple(self._messages)

    @property
    def text(self) -> str:
        """What the first row says now; empty when nothing is shown."""
        return self._messages[0].line() if self._messages else ""

    @property
    def first(self) -> MessageRow:
        """The row that Escape closes."""
        return self.rows[0]

    def set_theme(self, palette: Palette) -> None:
        """Use other colours."""
        self._palette = palette
        for row in self.rows:
            row.set_theme(palette)

    def show_message(self, message: Message) -> None:
        """Show a message under those that are there; each once."""
        if message in self._messages:
            return
        self._messages = [*self._messages[:1], *self._messages[1:][-_KEPT + 1 :], message]
        self._show()
        QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))
        said = QAccessibleAnnouncementEvent(self, message.line())
        said.setPoliteness(QAccessible.AnnouncementPoliteness.Assertive)
        QAccessible.updateAccessibility(said)

    def replace(self, message: Message) -> bool:
        """Put a message in the place of the one of the same cause; False when none is there."""
        causes = [held.cause for held in self._messages]
        if message.cause not in causes:
            return False
        self._messages[causes.index(message.cause)] = message
        self._show()
        return True

    def withdraw(self, cause: str) -> None:
        """Close the messages whose cause is over."""
        if cause:
            self._messages = [held for held in self._messages if held.cause != cause]
            self._show()

    def dismiss(self) -> None:
        """Close the first message."""
        self._close(0)

    def _close(self, place: int) -> None:
        del self._messages[place : place + 1]
        self._show()

    def _show(self) -> None:
        more = len(self._messages) - _SEEN
        for place, row in enumerate(self.rows):
            row.show_message(self._messages[place] if place < len(self._messages) else None, self._palette)
            row.count.setText(f"+{more} more" if more > 0 and place == _SEEN - 1 else "")
        self.setAccessibleName(self.first.accessibleName() if self._messages else "")
        self.setVisible(bool(self._messages))


def stays(message: Message) -> bool:
    """Whether a message is there until somebody closes it or its cause is over."""
    return message.level == "error" or bool(message.action or message.cause)
