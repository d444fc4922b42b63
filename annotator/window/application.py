"""Starting the window: the Qt application, its theme, and the event loop."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

from annotator.window.display import check_display
from viewer.core.errors import StudioError

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from annotator.session.faults import FaultWatch
    from annotator.window.window import StudioWindow

_MEASURE = "KFSTUDIO_EXIT_AFTER_PAINT"
"""Set by `make bench`: say when the first picture was on the screen, and close."""


def run_window(path: Path | None) -> int:
    """Open the window on ``path`` and run until it is closed; returns the exit code.

    Raises :class:`StudioError` when there is no display to open it on.
    """
    check_display()
    if path is not None and not path.exists():
        raise StudioError("there is no such file or folder", "check the path", path)
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    from annotator.core.faults.crash_file import CrashFile, take_crashes
    from annotator.session.settings import load_settings
    from annotator.window.fault_messages import show_crashes
    from annotator.window.first_paint import FirstPaint
    from annotator.window.window import StudioWindow

    app = QApplication.instance() or QApplication(["kfstudio"])
    assert isinstance(app, QApplication)
    app.setApplicationName("KeyframeFace Studio")
    app.setDesktopFileName("kfstudio")
    window = StudioWindow(app, load_settings())
    faults = watch_faults(window)
    show_crashes(window.session, take_crashes())
    crash_file = CrashFile.begin()
    # Ctrl+C in the terminal closes the window properly; Python needs a moment now and then.
    signal.signal(signal.SIGINT, lambda *_: window.close())
    heartbeat = QTimer(window)
    heartbeat.timeout.connect(lambda: None)
    heartbeat.start(300)
    FirstPaint(window, lambda: _painted(window))
    if path is not None:
        window.pages.await_opening()
    window.show()
    if path is not None:
        window.importing_commands.take_dropped([path])
    try:
        return app.exec()
    finally:
        faults.remove()
        if crash_file is not None:
            crash_file.end()


def watch_faults(window: StudioWindow) -> FaultWatch:
    """From now on ``window`` tells of what nobody caught, until the watch is removed."""
    from annotator.session.faults import FaultWatch
    from annotator.window.fault_messages import FaultMessages

    watch = FaultWatch(window.close, window)
    FaultMessages(watch, window.session, window.banner.replace, parent=window)
    watch.install()
    return watch


def _painted(window: QWidget) -> None:
    from annotator.window.first_paint import load_the_rest

    if os.environ.get(_MEASURE):
        print(json.dumps({"painted": time.time(), "cpu": time.process_time()}), flush=True)
        window.close()
    else:
        load_the_rest()
