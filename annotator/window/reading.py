"""How long a message is there: until it has been read, then it fades."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

_STEP, _FADING = 0.1, 0.6
_LEAST, _A_WORD = 3.0, 0.4
"""Seconds to notice a message, and to read a word of it: half as fast as people read a book."""


def reading_time(text: str) -> float:
    """Seconds that a message needs to be noticed and read."""
    return _LEAST + _A_WORD * len(text.split())


class Reading(QObject):
    """Counts the seconds in which what ``widget`` shows can be read, those in which its window is in
    front; the mouse on it holds it.  ``fading`` brings how much of it is left to see, 1 to 0, while it
    goes, and ``over`` says that it has been read."""

    fading = Signal(float)
    over = Signal()

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self._widget = widget
        self._left = 0.0
        self._timer = QTimer(self, interval=round(_STEP * 1000))
        self._timer.timeout.connect(self._read_on)

    def start(self, seconds: float) -> None:
        """What is shown now is read within ``seconds``."""
        self._left = seconds
        self.fading.emit(1.0)
        self._timer.start()

    def stop(self) -> None:
        """What is shown stays."""
        self._timer.stop()

    def _read_on(self) -> None:
        if not self._widget.window().isActiveWindow() or self._widget.underMouse():
            if self._left < _FADING:
                self.start(_FADING)
            return
        self._left -= _STEP
        if self._left <= 0:
            self.stop()
            self.over.emit()
        elif self._left < _FADING:
            self.fading.emit(self._left / _FADING)
