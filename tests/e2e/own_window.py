"""The real studio in a process of its own, worked on from within: for scripts that tests start."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from annotator.window.application import run_window
from annotator.window.window import StudioWindow


def work_in_window(opened: Path, work: Callable[[StudioWindow], bool]) -> None:
    """Open the studio on ``opened`` and take turns with it: ``work`` is called again and again from when the
    video is there and the window active, until it returns False or the studio ends."""
    app = QApplication(["kfstudio"])

    def turn() -> None:
        windows = [w for w in app.topLevelWidgets() if isinstance(w, StudioWindow)]
        if not windows or windows[0].session.playback.facts is None:
            return
        if app.activeWindow() is None:
            windows[0].activateWindow()
        elif not work(windows[0]):
            timer.stop()

    timer = QTimer()
    timer.timeout.connect(turn)
    timer.start(20)
    run_window(opened)
