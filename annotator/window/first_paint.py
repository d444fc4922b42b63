"""What may wait until the window is on the screen."""

from __future__ import annotations

import gc
import importlib
import logging
import threading
from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QWidget

log = logging.getLogger(__name__)

_LATER = ("viewer.face_renderer", "pandas", "scipy.interpolate", "annotator.export.scene")
"""Modules that the first face, table, curve and film need, and no window does: together they
take as long to load as everything else."""


class FirstPaint(QObject):
    """Calls ``then`` once, when the first picture of ``window`` has been drawn whole."""

    def __init__(self, window: QWidget, then: Callable[[], object]) -> None:
        super().__init__(window)
        self._then = then
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            watched.removeEventFilter(self)
            # The window is painted before what lies in it.
            QTimer.singleShot(0, self._then)
        return False


def load_the_rest() -> threading.Thread:
    """Load in a thread, which is returned, what was left out of the start, so that no first use waits
    for it."""
    loading = threading.Thread(target=_load, name="load-the-rest")
    loading.start()
    return loading


def _load() -> None:
    for name in _LATER:
        try:
            importlib.import_module(name)
        except (ImportError, OSError):
            # Whoever needs it meets the same fault and tells it in its place.
            log.debug("%s cannot be loaded", name, exc_info=True)
    # Half a million objects of the libraries live as long as the program.  To look through them for
    # garbage now and then would stop the window for 0.2 s.
    gc.freeze()
