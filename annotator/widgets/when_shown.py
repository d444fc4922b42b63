"""Refreshing a widget only while somebody sees it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, SignalInstance
from PySide6.QtWidgets import QWidget


class WhenShown(QObject):
    """Calls ``refresh`` at each :meth:`ask` while ``widget`` is visible; while it is hidden it
    remembers, and calls it once when the widget is shown."""

    def __init__(self, widget: QWidget, refresh: Callable[[], object]) -> None:
        super().__init__(widget)
        self._widget, self._refresh = widget, refresh
        self._due = False
        widget.installEventFilter(self)

    def after(self, *signals: SignalInstance) -> None:
        """Ask at each of these signals."""
        for signal in signals:
            signal.connect(self.ask)

    def ask(self, *_news: object) -> None:
        """What the widget shows has changed."""
        self._due = not self._widget.isVisible()
        if not self._due:
            self._refresh()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Show and self._due:
            self._due = False
            self._refresh()
        return False
