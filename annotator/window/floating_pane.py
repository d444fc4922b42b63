"""A pane in a window of its own, for a second screen."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget


class FloatingPane(QWidget):
    """Shows one pane above the window it came from, whose keys go on working in it.  ``closed`` asks to put
    the pane back."""

    closed = Signal()

    def __init__(self, pane: QWidget, title: str, parent: QWidget) -> None:
        # The keys of a window work in its tool windows, and in no other windows.
        super().__init__(parent, Qt.WindowType.Tool)
        self.setAttribute(Qt.WidgetAttribute.WA_MacAlwaysShowToolWindow)
        self.setWindowTitle(title)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(pane)
        pane.show()

    def closeEvent(self, event: QCloseEvent) -> None:
        super().closeEvent(event)
        self.closed.emit()
