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
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication, QPlainTextEdit

    from annotator.window.window import StudioWindow
    from tests.e2e.own_window import work_in_window

    began = 0.0

    def work(window: StudioWindow) -> bool:
        nonlocal began
        field = QApplication.focusWidget()
        if not isinstance(field, QPlainTextEdit):
            QTest.keyClick(window, Qt.Key.Key_M)
            QTest.keyClick(window, Qt.Key.Key_Return)
            began = time.monotonic()
            return True
        QTest.keyClicks(field, "x")
        now = time.monotonic()
        print(json.dumps({"at": now, "text": field.toPlainText()}), flush=True)
        if now - began > SECONDS:
            psutil.Process().kill()
        return True

    work_in_window(Path(sys.argv[1]), work)


if __name__ == "__main__":
    main()
