"""The style of every window: the wheel scrolls and changes a value only where somebody has put the keys
first, and the questions that Qt lays out have the margins of our dialogs."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import (
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QDialog,
    QInputDialog,
    QMessageBox,
    QProxyStyle,
    QScrollBar,
    QTabBar,
    QWidget,
)

VALUES = QAbstractSlider, QAbstractSpinBox, QComboBox, QTabBar
"""What the wheel would set, if Qt had its way; a scroll bar, which is a slider to Qt, holds no value."""


_MARGIN, _INDENT = 16, 9
"""Pixels around what a dialog shows, and beside a number in its field."""


class WheelGuard(QObject):
    """Keeps the wheel from a control without the focus: it scrolls what lies around it."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QWheelEvent) and isinstance(watched, QWidget) and not watched.hasFocus():
            event.ignore()
            return True
        return False


class GuardingStyle(QProxyStyle):
    """Draws as the style it is named after, and guards every control of every window and dialog there
    is and will be: a style meets each of them once, before it is shown.  A filter of the whole
    application would be asked for every event there is.

    The wheel gives the focus to nothing: keys pressed afterwards would be typed there.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._guard = WheelGuard(self)

    def polish(self, what: Any) -> Any:
        made = super().polish(what)
        if isinstance(what, QWidget):
            if isinstance(what, VALUES) and not isinstance(what, QScrollBar):
                what.installEventFilter(self._guard)
            if what.focusPolicy() == Qt.FocusPolicy.WheelFocus:
                what.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            if isinstance(what, QAbstractSpinBox):
                # A style sheet pads a number above and below alone.
                what.lineEdit().setTextMargins(_INDENT, 0, _INDENT, 0)
            if isinstance(what, QMessageBox | QInputDialog):
                _lay_out(what)
        return made


def _lay_out(question: QDialog) -> None:
    """Give a dialog of Qt's own the margins of all others; the words of one without an icon stand as far in
    by themselves."""
    layout = question.layout()
    if layout is not None:
        iconless = isinstance(question, QMessageBox) and question.iconPixmap().isNull()
        layout.setContentsMargins(0 if iconless else _MARGIN, _MARGIN, _MARGIN, _MARGIN)
