"""The real studio, into which somebody types without a pause until it is killed:
``python typing_window.py FOLDER``.

After each letter it prints one line of JSON: {at: seconds, text: what was typed so far}.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from main import prepare_environment  # noqa: E402

SECONDS = 4.0


def main() -> None:
    prepare_environment()
    import psutil
    from PySide6.QtCore import Qt, QTimer
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication, QPlainTextEdit

    from annotator.window.application import run_window
    from annotator.window.window import StudioWindow

    app = QApplication(["kfstudio"])
    began = 0.0

    def work() -> None:
        nonlocal began
        windows = [w for w in app.topLevelWidgets() if isinstance(w, StudioWindow)]
        if not windows or windows[0].session.playback.facts is None:
            return
        window = windows[0]
        if app.activeWindow() is None:
            window.activateWindow()
            return
        field = app.focusWidget()
        if not isinstance(field, QPlainTextEdit):
            QTest.keyClick(window, Qt.Key.Key_M)
            QTest.keyClick(window, Qt.Key.Key_Return)
            began = time.monotonic()
            return
        QTest.keyClicks(field, "x")
        now = time.monotonic()
        print(json.dumps({"at": now, "text": field.toPlainText()}), flush=True)
        if now - began > SECONDS:
            psutil.Process().kill()

    timer = QTimer()
    timer.timeout.connect(work)
    timer.start(20)
    run_window(Path(sys.argv[1]))


if __name__ == "__main__":
    main()
