"""Input fields that work beside single-key shortcuts.

While one of them has the focus, keys type into it and do not run commands; Escape gives the
focus back to the window.  Text is handed on while it is typed, so that every edit is saved,
and all of one visit to a field is one step of undo.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QInputMethodEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QDialog,
    QLineEdit,
    QPlainTextEdit,
    QWidget,
)

TYPING_PAUSE_MS, TYPING_LONGEST_MS = 350, 900
"""After which pause in typing a text is handed on, and after how long at most."""

_PRESS_KEYS = (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter)
_WINDOW_KEYS = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.MetaModifier


def keeps_key(event: QKeyEvent) -> bool:
    """True for keys a field keeps for itself: all without Ctrl, but not F-keys and PgUp/PgDn."""
    if event.modifiers() & _WINDOW_KEYS:
        return False
    f_key = Qt.Key.Key_F1.value <= event.key() <= Qt.Key.Key_F35.value
    return not f_key and event.key() not in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


class KeyGuard(QObject):
    """An event filter that lets a field keep its keys and gives the focus back on Escape."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if not isinstance(event, QKeyEvent):
            return False
        if event.type() == QEvent.Type.ShortcutOverride and _nothing_typed_to_undo(watched, event):
            # The window's own undo goes on where the field's ends.
            event.ignore()
            return True
        if event.type() == QEvent.Type.ShortcutOverride and keeps_key(event):
            event.accept()
            return True
        if event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_Escape:
            leave(watched)
            return True
        return False


def _nothing_typed_to_undo(field: QObject, event: QKeyEvent) -> bool:
    if isinstance(field, QPlainTextEdit):
        able = field.document().isUndoAvailable(), field.document().isRedoAvailable()
    elif isinstance(field, QLineEdit):
        able = field.isUndoAvailable(), field.isRedoAvailable()
    else:
        return False
    keys = QKeySequence.StandardKey.Undo, QKeySequence.StandardKey.Redo
    return any(event.matches(key) and not possible for key, possible in zip(keys, able, strict=True))


class PressGuard(QObject):
    """An event filter that lets a focused button be pressed by Space and Enter."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.key() in _PRESS_KEYS:
            if event.type() == QEvent.Type.ShortcutOverride:
                event.accept()
                return True
            if event.type() == QEvent.Type.KeyPress and isinstance(watched, QAbstractButton):
                watched.click()
                return True
        return False


def press_by_key(*buttons: QAbstractButton) -> None:
    """Let buttons be reached by Tab and pressed by key; a click leaves the focus where it was, so
    that Space still plays."""
    for button in buttons:
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.installEventFilter(PressGuard(button))


class KeyKeeper(QObject):
    """An event filter that lets a widget keep the ``keys`` that would run commands."""

    def __init__(self, parent: QObject, keys: tuple[Qt.Key, ...]) -> None:
        super().__init__(parent)
        self._keys = keys

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.ShortcutOverride
            and event.key() in self._keys
        ):
            event.accept()
            return True
        return False


def leave(field: QObject) -> None:
    """Give the focus back to the window the field is in."""
    if isinstance(field, QWidget):
        field.clearFocus()
        field.window().setFocus(Qt.FocusReason.OtherFocusReason)


def guard(field: QWidget) -> None:
    """Let ``field`` keep its keys."""
    field.installEventFilter(KeyGuard(field))


class Typing(QObject):
    """What is typed into a field, from its first letter until the document has it.

    Text is handed on after a pause, at least every second while the typing goes on, and when the
    field is left; what is being composed with an input method is no text yet.  What the document makes
    of it is shown when the field is left: nothing moves under the hands that type.

    Parameters
    ----------
    field
        The widget; a subclass of one of Qt's fields.
    read, write
        Get the text of the field, and replace it without a word.
    """

    handed_on = Signal(str, str)
    """The text, and a gesture that stays the same for one visit to the field."""

    def __init__(self, field: QWidget, read: Callable[[], str], write: Callable[[str], object]) -> None:
        super().__init__(field)
        self.composing = False
        self._field, self._read, self._write = field, read, write
        self._gesture = ""
        self._known = ""
        self._sent: str | None = None
        self._answer = ""
        self._sending = self._waiting = False
        self._pause, self._longest = QTimer(self), QTimer(self)
        for timer, most in ((self._pause, TYPING_PAUSE_MS), (self._longest, TYPING_LONGEST_MS)):
            timer.setSingleShot(True)
            timer.setInterval(most)
            timer.timeout.connect(self.hand_on)

    def show(self, text: str) -> None:
        """Show what the document holds.  While somebody types it is only remembered, and so is what comes
        back of the text that was handed on."""
        self._known = text
        if self._field.hasFocus():
            if self._waiting or self.composing:
                return
            if self._read() == self._sent and (self._sending or text == self._answer):
                self._answer = text
                return
        self._show_known()

    def _show_known(self) -> None:
        self._sent = None
        if self._read() != self._known:
            self._write(self._known)

    def begun(self) -> None:
        """The text has changed under the hands, and is nothing until it is done."""
        self._waiting = True

    def typed(self) -> None:
        """The text has changed under the hands."""
        self._waiting = True
        self._pause.start()
        if not self._longest.isActive():
            self._longest.start()

    def hand_on(self) -> None:
        """Hand on what is not yet handed on; harmless when nothing is."""
        for timer in (self._pause, self._longest):
            timer.stop()
        self._waiting = False
        text = self._read()
        if text in (self._known, self._sent):
            return
        if not self._gesture:
            self.begin()
        self._known = self._sent = self._answer = text
        self._sending = True
        try:
            self.handed_on.emit(text, self._gesture)
        finally:
            self._sending = False

    def commit(self) -> None:
        """Hand on what waits; what is shown without having been typed stays where it is."""
        if self._waiting:
            self.hand_on()

    def begin(self) -> None:
        """A visit begins: what is typed from now on is one step of undo."""
        self._gesture = uuid.uuid4().hex

    def end(self) -> None:
        """The text is done: hand it on, and show what the document has made of it."""
        self.hand_on()
        self._show_known()


class TextField(QPlainTextEdit):
    """Several lines of text.  ``edited(text, gesture)`` comes while it is typed and when the focus
    leaves (see :class:`Typing`).  Ctrl+Enter leaves it."""

    edited = Signal(str, str)

    def __init__(self, placeholder: str, lines: int = 3) -> None:
        super().__init__()
        self.setPlaceholderText(placeholder)
        self.setTabChangesFocus(True)
        self._typing = Typing(self, self.toPlainText, self._replace)
        self._typing.handed_on.connect(self.edited)
        self.textChanged.connect(self._typing.typed)
        guard(self)
        height = self.fontMetrics().lineSpacing() * lines + 18 + 2 * round(self.document().documentMargin())
        self.setMinimumHeight(height)

    def sizeHint(self) -> QSize:
        return QSize(200, self.minimumHeight())

    def show_text(self, text: str) -> None:
        """Show what the document holds; leaves the caret alone when nothing changed."""
        self._typing.show(text)

    def _replace(self, text: str) -> None:
        blocked = self.blockSignals(True)
        self.setPlainText(text)
        self.blockSignals(blocked)

    def commit(self) -> None:
        """Hand on what was typed and not yet handed on."""
        self._typing.commit()

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        self._typing.composing = bool(event.preeditString())
        super().inputMethodEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._typing.begin()
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._typing.composing = False
        self._typing.end()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.commit()
            leave(self)
            return
        super().keyPressEvent(event)


class LineField(QLineEdit):
    """One line of text.  ``edited(text, gesture)`` comes, if it changed, with Enter and when the focus
    leaves; with ``live`` also while it is typed (see :class:`Typing`).  A number is not: half of one
    is another one."""

    edited = Signal(str, str)

    def __init__(self, placeholder: str = "", *, live: bool = False) -> None:
        super().__init__()
        self.setPlaceholderText(placeholder)
        self._typing = Typing(self, self.text, self._replace)
        self._typing.handed_on.connect(self.edited)
        self.textEdited.connect(self._typing.typed if live else self._typing.begun)
        self.editingFinished.connect(self._typing.end)
        guard(self)

    def show_text(self, text: str) -> None:
        """Show the text as the document has it, without emitting; the cursor stays where the text is the
        same."""
        self._typing.show(text)

    def _replace(self, text: str) -> None:
        self.setText(text)
        self.setCursorPosition(0)

    def commit(self) -> None:
        """Hand on what was typed and not yet handed on."""
        self._typing.commit()

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        self._typing.composing = bool(event.preeditString())
        super().inputMethodEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._typing.begin()
        super().focusInEvent(event)


class ChoiceField(QComboBox):
    """A choice from a list; with ``free`` any other text may be typed.

    A choice made with the mouse leaves the keys to the window: the next one pressed is a command and
    never a text or another choice.
    """

    chosen = Signal(str)

    def __init__(self, choices: list[str] | tuple[str, ...] = (), free: bool = False) -> None:
        super().__init__()
        self.setEditable(free)
        self.addItems(list(choices))
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(6)
        self.activated.connect(self._activated)
        line = self.lineEdit()
        if free and line is not None:
            self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
            line.editingFinished.connect(self._typed)
            guard(line)
        else:
            self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._shown = ""

    def show_choice(self, text: str) -> None:
        """Show the choice as the document has it, without emitting."""
        blocked = self.blockSignals(True)
        self._shown = text
        if self.isEditable():
            self.setEditText(text)
        else:
            self.setCurrentText(text)
        self.blockSignals(blocked)

    def _activated(self, index: int) -> None:
        held = QApplication.focusWidget()
        if held is not None and held is not self and not isinstance(self.window(), QDialog):
            leave(held)
        self.choose(index)

    def choose(self, index: int) -> None:
        """Bring the choice at a place of the list."""
        self.chosen.emit(self.itemText(index))

    def _typed(self) -> None:
        if self.currentText() != self._shown:
            self._shown = self.currentText()
            self.chosen.emit(self._shown)


def number_in(text: str) -> float | None:
    """The number that was typed, with a comma or a point; None where that is none below a million."""
    try:
        number = float(text.strip().replace(",", ".").replace("−", "-"))
    except ValueError:
        return None
    return number if -1e6 < number < 1e6 else None


def seconds_in(text: str) -> float | None:
    """The seconds that were typed; None where that is no time of a clip."""
    time = number_in(text)
    return time if time is not None and time >= 0.0 else None


def typing_in_field() -> bool:
    """True while the focus is in a field that takes text."""
    return isinstance(QApplication.focusWidget(), (QPlainTextEdit, QLineEdit))
