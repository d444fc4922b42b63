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
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    from annotator.window.window import StudioWindow
    from tests.e2e.own_window import work_in_window
    from viewer.face_pane import FacePane

    def work(window: StudioWindow) -> bool:
        said = [pane.accessibleDescription() for pane in window.findChildren(FacePane)]
        if not any(said):
            return True
        QTest.keyClick(window, Qt.Key.Key_M)
        state = window.session.state
        assert state is not None
        print(json.dumps({"said": said, "keyframes": [k.id for k in state.keyframes]}), flush=True)
        window.close()
        return False

    work_in_window(Path(sys.argv[1]), work)


if __name__ == "__main__":
    main()
