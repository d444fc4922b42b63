"""The real window under random hands: ``python worker.py DATASET LEDGER SEED SECONDS``.

First it walks through all clips and writes down what it finds, then it works: forever for 0 seconds,
until somebody kills it.
"""

from __future__ import annotations

import random
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from main import prepare_environment  # noqa: E402

if __name__ == "__main__":
    prepare_environment()

import psutil  # noqa: E402
from PySide6.QtCore import QPoint, Qt, QTimer  # noqa: E402
from PySide6.QtGui import QKeySequence  # noqa: E402
from PySide6.QtTest import QTest  # noqa: E402
from PySide6.QtWidgets import QApplication, QDialog  # noqa: E402

from annotator.core.document import Change  # noqa: E402
from annotator.session.open_clip import OpenClip  # noqa: E402
from annotator.window.window import StudioWindow  # noqa: E402
from tests.soak.ledger import Ledger, work_of  # noqa: E402

KEYS = (
    *("M", "M", "Right", "Right", "Left", "Shift+Right", "Shift+Left", ",", ".", "Home", "End"),
    *("1", "2", "3", "E", "E", "=", "-", "C", "Delete", "Alt+Right", "Alt+Left", "Escape"),
    *("Ctrl+Z", "Ctrl+Z", "Ctrl+Shift+Z", "Ctrl+D", "Ctrl+S", "Space", "K"),
    *("PgDown", "PgUp", "PgDown", "PgUp"),
)
RARE = ("Ctrl+G",)
_SAMPLE = 5.0


class Hands:
    """Random keys and clicks on the window, a few a second or as fast as they go."""

    def __init__(self, app: QApplication, window: StudioWindow, chance: random.Random) -> None:
        self._app, self._window, self._chance = app, window, chance

    def move(self) -> None:
        """Do one thing."""
        dialog = self._app.activeModalWidget()
        if isinstance(dialog, QDialog):
            dialog.reject()
            return
        draw = self._chance.random()
        if draw < 0.08:
            self._write()
        elif draw < 0.16:
            self._click()
        elif draw < 0.165:
            self._press(self._chance.choice(RARE))
        else:
            for _ in range(self._chance.choice((1, 1, 2, 4))):
                self._press(self._chance.choice(KEYS))

    def _press(self, keys: str) -> None:
        QTest.keySequence(self._app.focusWidget() or self._window, QKeySequence(keys))

    def _write(self) -> None:
        if not self._window.session.selection[1]:
            return
        self._press("Return")
        for letter in f"words {self._chance.randrange(1000)}"[: self._chance.randrange(1, 12)]:
            QTest.keyClicks(self._app.focusWidget() or self._window, letter)
        self._press(self._chance.choice(("Ctrl+Return", "Escape")))

    def _click(self) -> None:
        lanes = self._window.timeline
        lane = self._chance.choice((lanes.keyframes, lanes.emotions))
        target = lane.getViewWidget().viewport()
        x = self._chance.randrange(150, max(151, target.width()))
        at = QPoint(x, round(lane.scenePos().y()) + 14)
        press = self._chance.choice((QTest.mouseClick, QTest.mouseClick, QTest.mouseDClick))
        press(target, Qt.MouseButton.LeftButton, pos=at)


class Watcher:
    """Writes down every edit of the window's open clip."""

    def __init__(self, window: StudioWindow, ledger: Ledger) -> None:
        self._session, self._ledger = window.session, ledger
        self._session.clip_opened.connect(self._watch)
        self._watch()

    def _watch(self) -> None:
        clip = self._session.current
        if not isinstance(clip, OpenClip):
            return
        # Before the saver hears of it: an edit that the ledger never saw must not be in a file.
        clip.document._listeners.insert(0, partial(self._begin, clip.id))
        clip.document.subscribe(lambda _change: self._ledger.finish())

    def _begin(self, clip: str, change: Change) -> None:
        self._ledger.begin(clip, change.edit.items)


class Walk:
    """Goes through all clips from the first one and writes down what is found in each."""

    def __init__(self, window: StudioWindow, ledger: Ledger) -> None:
        self._window, self._ledger = window, ledger
        self._seen: set[str] = set()
        self.over = False

    def move(self) -> None:
        """Write down the clip that is open, then ask for the next one."""
        session = self._window.session
        if session.state is None or session.jobs.running or session.wanted_clip_id != session.clip_id:
            return
        if session.clip_id not in self._seen:
            self._seen.add(session.clip_id)
            self._ledger.write(found=session.clip_id, things=list(work_of(session.state)))
        left = [id for id in self._window.listed_clips() if id not in self._seen]
        if left:
            session.open_clip(left[0])
        else:
            self.over = True
            self._ledger.write(ready=True)


def sample() -> dict[str, float]:
    """Memory in MB, threads and open handles of this process."""
    own = psutil.Process()
    return {
        "at": time.monotonic(),
        "rss_mb": own.memory_info().rss / 2**20,
        "threads": own.num_threads(),
        "python_threads": threading.active_count(),
        "handles": own.num_handles() if sys.platform == "win32" else own.num_fds(),
    }


def main(dataset: str, ledger_file: str, seed: str, seconds: str) -> None:
    """Run the window on ``dataset``."""
    from annotator.window.application import run_window

    app = QApplication(["kfstudio"])
    ledger, chance = Ledger(Path(ledger_file)), random.Random(seed)
    sys.excepthook = lambda _kind, fault, _trace: ledger.write(fault=f"{type(fault).__name__}: {fault}")
    ends = float("inf")
    steps: list[Callable[[], None]] = []
    walks: list[Walk] = []
    watchers: list[Watcher] = []
    sampled = 0.0

    def begin(window: StudioWindow) -> None:
        watchers.append(Watcher(window, ledger))
        walk, hands = Walk(window, ledger), Hands(app, window, chance)
        walks.append(walk)
        steps.append(lambda: hands.move() if walk.over else walk.move())

    def step() -> None:
        nonlocal sampled, ends
        windows = [w for w in app.topLevelWidgets() if isinstance(w, StudioWindow)]
        if not windows or windows[0].session.state is None:
            return
        if app.activeWindow() is None:
            windows[0].activateWindow()
        if not steps:
            begin(windows[0])
        if time.monotonic() > ends:
            timer.stop()
            windows[0].close()
            return
        if time.monotonic() - sampled > _SAMPLE:
            sampled = time.monotonic()
            ledger.write(sample=sample())
        steps[0]()
        if walks[0].over and ends == float("inf") and float(seconds):
            ends = time.monotonic() + float(seconds)

    timer = QTimer()
    timer.timeout.connect(step)
    timer.start(10)
    run_window(Path(dataset))


if __name__ == "__main__":
    main(*sys.argv[1:])
