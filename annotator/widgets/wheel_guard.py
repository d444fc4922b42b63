"""The wheel scrolls: it changes a value only where somebody has put the keys first."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import (
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QProxyStyle,
    QScrollBar,
    QTabBar,
    QWidget,
)

VALUES = QAbstractSlider, QAbstractSpinBox, QComboBox, QTabBar
"""What the wheel would set, if Qt had its way; a scroll bar, which is a slider to Qt, holds no value."""


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
        return made
