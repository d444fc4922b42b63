"""The real studio that goes wrong in a way the test asks for: ``python faulty_window.py FOLDER HOW``.

Once its clip is open it marks a keyframe and then does HOW; it prints one line of JSON when that was
told, and closes.  ``crash`` ends it as a broken library would.
"""

from __future__ import annotations

import faulthandler
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from main import prepare_environment  # noqa: E402


def main() -> None:
    prepare_environment()
    from PySide6.QtCore import Qt, QTimer, qFatal
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication

    from annotator.window.application import run_window
    from annotator.window.window import StudioWindow

    folder, how = Path(sys.argv[1]), sys.argv[2]
    app = QApplication(["kfstudio"])
    done = False

    def work() -> None:
        nonlocal done
        windows = [w for w in app.topLevelWidgets() if isinstance(w, StudioWindow)]
        if done or not windows or windows[0].session.playback.facts is None:
            return
        window = windows[0]
        if app.activeWindow() is None:
            window.activateWindow()
            return
        done = True
        window.session.message.connect(
            lambda message: (
                print(json.dumps(message.line()), flush=True),
                message.level == "error" and window.close(),
            )
        )
        QTest.keyClick(window, Qt.Key.Key_M)
        if how == "crash":
            faulthandler._sigsegv()  # type: ignore[attr-defined]
        elif how == "fatal":
            qFatal("the graphics driver is gone")
        elif how == "interrupt":
            raise KeyboardInterrupt
        raise ValueError("a fault of the program")

    timer = QTimer()
    timer.timeout.connect(work)
    timer.start(20)
    sys.exit(run_window(folder))


if __name__ == "__main__":
    main()
