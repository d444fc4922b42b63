"""Warnings and faults: a row at the foot of the window, what happened and what to do next.

Each stays until it is closed or its cause is over, and the next one waits.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QAccessibleEvent,
    QAction,
    QGuiApplication,
)
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QSizePolicy, QToolButton, QWidget

from annotator.session.messages import Message
from annotator.widgets.fields import leave, press_by_key
from annotator.widgets.plain_label import PlainLabel
from annotator.widgets.theme import icon
from viewer.palette import Palette

_ICONS = {"warning": "mdi6.alert-outline", "error": "mdi6.alert-circle-outline"}
_KEPT = 20


class Banner(QFrame):
    """Shows messages one after the other, in a row of its own that pushes the timeline and covers
    nothing.

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
        self.setObjectName("Banner")
        self._palette = palette
        self._find_action = action
        self._waiting: list[Message] = []
        self._shown: Message | None = None
        self._sign = PlainLabel()
        self._text = PlainLabel()
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._count = PlainLabel()
        self._count.setObjectName("Muted")
        self._action = self._button()
        self._action.clicked.connect(self._act)
        self._copy = self._button()
        self._copy.clicked.connect(self._copy_details)
        self._close = QToolButton()
        self._close.setObjectName("Flat")
        self._close.setToolTip("Close this message (Esc)")
        self._close.setAccessibleName("Close this message")
        self._close.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._close.clicked.connect(self.dismiss)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 2, 6, 2)
        row.setSpacing(8)
        row.addWidget(self._sign)
        row.addWidget(self._text, 1)
        for part in (self._count, self._action, self._copy, self._close):
            row.addWidget(part)
        self.hide()

    def _button(self) -> QPushButton:
        button = QPushButton()
        button.setObjectName("Small")
        press_by_key(button)
        return button

    @property
    def text(self) -> str:
        """What is shown now; empty when nothing is."""
        return self._shown.line() if self._shown is not None else ""

    def set_theme(self, palette: Palette) -> None:
        """Use other colours."""
        self._palette = palette
        if self._shown is not None:
            self._colour(self._shown)

    def show_message(self, message: Message) -> None:
        """Show a message, after those that are there; each once."""
        if message == self._shown or message in self._waiting:
            return
        if self._shown is None:
            self._show(message)
        else:
            self._waiting = [*self._waiting, message][-_KEPT:]
            self._show_count()

    def replace(self, message: Message) -> bool:
        """Put a message in the place of the one of the same cause; False when none is there."""
        if self._shown is not None and self._shown.cause == message.cause:
            self._show(message, again=True)
            return True
        causes = [held.cause for held in self._waiting]
        if message.cause not in causes:
            return False
        self._waiting[causes.index(message.cause)] = message
        return True

    def withdraw(self, cause: str) -> None:
        """Close the messages whose cause is over."""
        if not cause:
            return
        self._waiting = [held for held in self._waiting if held.cause != cause]
        if self._shown is not None and self._shown.cause == cause:
            self.dismiss()
        else:
            self._show_count()

    def dismiss(self) -> None:
        """Close the message; the next one waiting is shown."""
        for button in (self._action, self._copy):
            if button.hasFocus():
                # Qt would hand the focus to a field, and the next key would type there.
                leave(button)
        self._shown = None
        if self._waiting:
            self._show(self._waiting.pop(0))
        else:
            self.hide()

    def _show(self, message: Message, again: bool = False) -> None:
        self._shown = message
        self._colour(message)
        self._text.setText(message.line())
        self._action.setVisible(bool(message.action))
        if message.action:
            self._action.setText(self._find_action(message.action).text())
        self._copy.setVisible(bool(message.details))
        if not again:
            self._copy.setText("Copy details")
        self._show_count()
        self.setAccessibleName(f"{message.level.capitalize()}: {message.line()}")
        self.show()
        if not again:
            QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))
            said = QAccessibleAnnouncementEvent(self, message.line())
            said.setPoliteness(QAccessible.AnnouncementPoliteness.Assertive)
            QAccessible.updateAccessibility(said)

    def _colour(self, message: Message) -> None:
        colours = {"warning": self._palette.warning, "error": self._palette.error}
        sign = icon(_ICONS[message.level], colours[message.level])
        self._sign.setPixmap(sign.pixmap(18, 18))
        self._close.setIcon(icon("mdi6.close", self._palette.muted))
        self.setProperty("level", message.level)
        self.style().unpolish(self)
        self.style().polish(self)

    def _show_count(self) -> None:
        self._count.setVisible(bool(self._waiting))
        self._count.setText(f"+{len(self._waiting)} more" if self._waiting else "")

    def _act(self) -> None:
        if self._shown is not None:
            self._find_action(self._shown.action).trigger()

    def _copy_details(self) -> None:
        if self._shown is not None:
            QGuiApplication.clipboard().setText(self._shown.details)
            self._copy.setText("Copied")
