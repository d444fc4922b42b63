"""How long a message is there: until it has been read, then it fades."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QGraphicsOpacityEffect, QWidget

_STEP, _FADING = 0.1, 0.6
_LEAST, _A_WORD = 3.0, 0.4
"""Seconds to notice a message, and to read a word of it: half as fast as people read a book."""


def reading_time(text: str) -> float:
    """Seconds that a message needs to be noticed and read."""
    return _LEAST + _A_WORD * len(text.split())


class Reading(QObject):
    """Counts the seconds in which what ``widget`` shows can be read, those in which its window is in
    front; the mouse on it holds it.  Then it fades, and ``over`` says that it has been read."""

    over = Signal()

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self._widget = widget
        self._left = 0.0
        self._effect = QGraphicsOpacityEffect(widget)
        self._effect.setEnabled(False)
        widget.setGraphicsEffect(self._effect)
        self._timer = QTimer(self, interval=round(_STEP * 1000))
        self._timer.timeout.connect(self._read_on)

    def start(self, seconds: float) -> None:
        """What is shown now is read within ``seconds``."""
        self._left = seconds
        self._effect.setEnabled(False)
        self._timer.start()

    def stop(self) -> None:
        """What is shown stays."""
        self._timer.stop()
        self._effect.setEnabled(False)

    def _read_on(self) -> None:
        if not self._widget.window().isActiveWindow() or self._widget.underMouse():
            self._left = max(self._left, _FADING)
            self._effect.setEnabled(False)
            return
        self._left -= _STEP
        if self._left <= 0:
            self.stop()
            self.over.emit()
        elif self._left < _FADING:
            # An effect costs a picture of its own; there is none while nothing fades.
            self._effect.setOpacity(self._left / _FADING)
            self._effect.setEnabled(True)
