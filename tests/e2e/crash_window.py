"""The real studio, worked on by keys until it is killed: ``python crash_window.py FOLDER``.

After each edit it prints one line of JSON: {keyframe id: description}.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from main import prepare_environment  # noqa: E402


def main() -> None:
    prepare_environment()
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication

    from annotator.window.window import StudioWindow
    from tests.e2e.own_window import work_in_window

    made = 0

    def work(window: StudioWindow) -> bool:
        nonlocal made
        QTest.keyClick(window, Qt.Key.Key_Right)
        QTest.keyClick(window, Qt.Key.Key_M)
        QTest.keyClick(window, Qt.Key.Key_Return)
        for letter in f"words {made}":
            QTest.keyClicks(QApplication.focusWidget() or window, letter)
        QTest.keyClick(
            QApplication.focusWidget() or window, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier
        )
        made += 1
        state = window.session.state
        assert state is not None
        print(json.dumps({k.id: k.description for k in state.keyframes}), flush=True)
        return True

    work_in_window(Path(sys.argv[1]), work)


if __name__ == "__main__":
    main()
