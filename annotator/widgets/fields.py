"""Input fields that work beside single-key shortcuts.

While one of them has the focus, keys type into it and do not run commands; Escape gives the
focus back to the window.  Text is handed on while it is typed, so that every edit is saved,
and all of one visit to a field is one step of undo.
"""

from __future__ import annotations

import uuid

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QLineEdit, QPlainTextEdit, QWidget

TYPING_PAUSE_MS = 350
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


class TextField(QPlainTextEdit):
    """Several lines of text.  ``edited(text, gesture)`` comes after a pause in typing and when
    the focus leaves; ``gesture`` stays the same for one visit.  Ctrl+Enter leaves it."""

    edited = Signal(str, str)

    def __init__(self, placeholder: str, lines: int = 3) -> None:
        super().__init__()
        self.setPlaceholderText(placeholder)
        self.setTabChangesFocus(True)
        self._lines = lines
        self._gesture = ""
        self._shown = ""
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(TYPING_PAUSE_MS)
        self._timer.timeout.connect(self._hand_on)
        self.textChanged.connect(self._typed)
        guard(self)
        height = self.fontMetrics().lineSpacing() * lines + 18 + 2 * round(self.document().documentMargin())
        self.setMinimumHeight(height)

    def sizeHint(self) -> QSize:
        return QSize(200, self.minimumHeight())

    def show_text(self, text: str) -> None:
        """Show what the document holds; leaves the caret alone when nothing changed."""
        if self._timer.isActive() and self.hasFocus():
            return
        self._shown = text
        if text != self.toPlainText():
            blocked = self.blockSignals(True)
            self.setPlainText(text)
            self.blockSignals(blocked)

    def commit(self) -> None:
        """Hand on what was typed and not yet handed on."""
        if self._timer.isActive():
            self._timer.stop()
            self._hand_on()

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._gesture = uuid.uuid4().hex
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.commit()
        super().focusOutEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.commit()
            leave(self)
            return
        super().keyPressEvent(event)

    def _typed(self) -> None:
        if not self._gesture:
            self._gesture = uuid.uuid4().hex
        self._timer.start()

    def _hand_on(self) -> None:
        text = self.toPlainText()
        if text != self._shown:
            self._shown = text
            self.edited.emit(text, self._gesture)


class LineField(QLineEdit):
    """One line of text, handed on with Enter or when the focus leaves, if it changed."""

    edited = Signal(str)

    def __init__(self, placeholder: str = "") -> None:
        super().__init__()
        self.setPlaceholderText(placeholder)
        self._shown = ""
        self.editingFinished.connect(self._finish)
        guard(self)

    def show_text(self, text: str) -> None:
        """Show the text as the document has it, without emitting; the cursor stays where the text is the
        same."""
        self._shown = text
        if text != self.text():
            self.setText(text)
            self.setCursorPosition(0)

    def _finish(self) -> None:
        if self.text() != self._shown:
            self._shown = self.text()
            self.edited.emit(self._shown)


class ChoiceField(QComboBox):
    """A choice from a list; with ``free`` any other text may be typed."""

    chosen = Signal(str)

    def __init__(self, choices: list[str] | tuple[str, ...] = (), free: bool = False) -> None:
        super().__init__()
        self.setEditable(free)
        self.addItems(list(choices))
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(6)
        self.textActivated.connect(self.chosen)
        line = self.lineEdit()
        if free and line is not None:
            self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
            line.editingFinished.connect(self._typed)
            guard(line)
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

    def wheelEvent(self, event: object) -> None:
        """Scrolling a panel must not change a value under the pointer."""
        event.ignore()  # type: ignore[attr-defined]

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
