"""The real studio where no face can be drawn: ``python faceless_window.py FOLDER``.

When the face pane has said why, a keyframe is marked and the window closed.  It prints one line of
JSON: what the pane says, and the ids of the keyframes.
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
    from PySide6.QtCore import Qt, QTimer
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication

    from annotator.window.application import run_window
    from annotator.window.window import StudioWindow
    from viewer.face_pane import FacePane

    app = QApplication(["kfstudio"])

    def work() -> None:
        windows = [w for w in app.topLevelWidgets() if isinstance(w, StudioWindow)]
        if not windows or windows[0].session.playback.facts is None:
            return
        window = windows[0]
        said = [pane.accessibleDescription() for pane in window.findChildren(FacePane)]
        if not any(said):
            return
        timer.stop()
        QTest.keyClick(window, Qt.Key.Key_M)
        state = window.session.state
        assert state is not None
        print(json.dumps({"said": said, "keyframes": [k.id for k in state.keyframes]}), flush=True)
        window.close()

    timer = QTimer()
    timer.timeout.connect(work)
    timer.start(20)
    run_window(Path(sys.argv[1]))


if __name__ == "__main__":
    main()
