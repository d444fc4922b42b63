"""What lies over the panes for a while: a column the window has no room for, the channels of the curves."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget


class Sheet(QFrame):
    """Shows one widget over its siblings; where, says who made it.  Escape inside it closes it."""

    closed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("Sheet")
        # Else a press on a button in it would hand the keys to the window, Escape among them.
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._content: QWidget | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(1, 1, 1, 1)
        self.hide()

    @property
    def content(self) -> QWidget | None:
        """The widget in it; None while it is empty."""
        return self._content

    def hold(self, content: QWidget) -> None:
        """Take a widget in, hidden or not."""
        self._content = content
        self._column.addWidget(content)
        content.show()

    def open(self) -> None:
        """Show the widget over all others."""
        self.show()
        self.raise_()

    def take_out(self) -> QWidget | None:
        """Close, and give the widget back; None where there is none."""
        self.hide()
        content, self._content = self._content, None
        return content

    def event(self, event: QEvent) -> bool:
        """Escape means the sheet while the keys are in it, whatever the window's own keys say."""
        escape = isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape
        if escape and event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        if escape and event.type() == QEvent.Type.KeyPress:
            self.closed.emit()
            return True
        return bool(super().event(event))
