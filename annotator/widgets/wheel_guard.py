"""The wheel scrolls: it changes a value only where somebody has put the keys first."""

from __future__ import annotations

from typing import TypeGuard

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import (
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QScrollBar,
    QTabBar,
    QWidget,
)

VALUES = QAbstractSlider, QAbstractSpinBox, QComboBox, QTabBar
"""What the wheel would set, if Qt had its way; a scroll bar, which is a slider to Qt, holds no value."""


class WheelGuard(QObject):
    """An event filter of the whole application, for windows and dialogs there are and will be.

    The wheel over a control without the focus scrolls what lies around it, and gives the focus to
    nothing: keys pressed afterwards would be typed there.
    """

    def __init__(self, app: QApplication, parent: QObject) -> None:
        super().__init__(parent)
        app.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QWheelEvent):
            if _holds_value(watched) and not watched.hasFocus():
                event.ignore()
                return True
        elif event.type() == QEvent.Type.Polish and isinstance(watched, QWidget):
            _take_no_focus_by_wheel(watched)
        return False


def _holds_value(watched: QObject) -> TypeGuard[QWidget]:
    return isinstance(watched, VALUES) and not isinstance(watched, QScrollBar)


def _take_no_focus_by_wheel(widget: QWidget) -> None:
    if widget.focusPolicy() == Qt.FocusPolicy.WheelFocus:
        widget.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
