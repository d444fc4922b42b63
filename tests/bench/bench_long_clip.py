"""How long the window stands still while somebody works on a clip of ten minutes.

A stall is the processor time that the main thread takes from one look at the event loop to the
next: handling a key and painting what it changed, or handing over the result of a job.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from annotator.session.settings import Settings
from annotator.window.first_paint import load_the_rest
from annotator.window.window import StudioWindow
from tests.bench.measuring import figure
from tests.long_clips import WHO, take, write_clip, write_dataset

STALL, OPENING, THEME = 50.0, 150.0, 500.0
"""Milliseconds of the main thread's processor time at most."""

KEYFRAMES, SPANS, KEYS, SECONDS = 150, 60, 100, 600.0
FEW, MANY = 5, 200
"""Keyframes of the clips between which a step to the next one is compared."""

_BEAT_MS = 20
_QUIET_MS = 450
"""No timer of the window is longer: typing is handed on after 350 ms, takes are compared after 300."""

_PATIENCE = 60.0


_LOOKING = (
    "selecting a keyframe",
    "selecting a span",
    "showing a tab",
    "the next key of the take",
    "selecting beside the request",
    "selecting beside the performance",
)
"""Actions that leave the clip as it is."""


class Hands:
    """Works in a real window by keys, and keeps the longest stall since :meth:`begin`."""

    def __init__(self, window: StudioWindow, app: QApplication) -> None:
        self.window, self.session, self._app = window, window.session, app
        self.longest = 0.0
        self._beat = QTimer(window, interval=_BEAT_MS)
        self._beat.timeout.connect(lambda: None)
        self._beat.start()

    def begin(self) -> None:
        self.longest = 0.0

    def do(self, step: Callable[[], object]) -> None:
        """Take a step, and with it all that it lets the event loop do at once."""
        began = time.thread_time()
        step()
        self._app.processEvents()
        self._note(began)
        self._turn()

    def press(self, *keys: str) -> None:
        for text in keys:
            pressed = QKeySequence(text)[0]  # type: ignore[index]  # it is missing in the stubs
            self.do(partial(QTest.keyClick, self._focus(), pressed.key(), pressed.keyboardModifiers()))

    def type(self, text: str) -> None:
        for letter in text:
            self.do(partial(QTest.keyClick, self._focus(), letter))

    def _focus(self) -> QWidget:
        return QApplication.focusWidget() or self.window

    def wait(self, until: Callable[[], object] = lambda: True, quiet_ms: int = _QUIET_MS) -> None:
        """Let the window work until ``until`` holds, no job runs, and nothing came for a while."""
        end, quiet = time.monotonic() + _PATIENCE, time.monotonic()
        while time.monotonic() < end:
            self._turn()
            if not until() or self.session.jobs.running:
                quiet = time.monotonic()
            elif time.monotonic() - quiet >= quiet_ms / 1000.0:
                return
        raise TimeoutError("the window was not done in time")

    def _turn(self) -> None:
        began = time.thread_time()
        self._app.processEvents(
            QEventLoop.ProcessEventsFlag.AllEvents | QEventLoop.ProcessEventsFlag.WaitForMoreEvents
        )
        self._note(began)

    def _note(self, began: float) -> None:
        self.longest = max(self.longest, 1000.0 * (time.thread_time() - began))

    # ---- what is opened ------------------------------------------------------------------------

    def open(self, root: Path, clip: str) -> None:
        self.session.open_path(root, clip)
        self.wait_for_clip(clip)

    def wait_for_clip(self, clip: str) -> None:
        self.wait(lambda: self.session.clip_id == clip and self.session.playback.facts is not None)

    @property
    def takes(self) -> int:
        """How many takes there are."""
        state = self.session.state
        return 0 if state is None else len(state.takes)


@contextmanager
def long_window() -> Iterator[tuple[Hands, Path]]:
    """A window with nothing open in it, and a dataset of long clips."""
    names = [f"KFSTUDIO_{name}_DIR" for name in ("STATE", "CONFIG", "DATA")]
    before = {name: os.environ.get(name) for name in names}
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update({name: str(Path(folder) / name) for name in names})
        root = write_dataset(Path(folder) / "data")
        info = take(KEYS, SECONDS)
        write_clip(root, "a-long", KEYFRAMES, SPANS, {info.id: info})
        write_clip(root, "b-long", KEYFRAMES, SPANS, {info.id: info})
        write_clip(root, "c-few", FEW, 0)
        write_clip(root, "d-many", MANY, 0)
        window = StudioWindow(app, Settings(theme="dark", annotator=WHO))
        window.show()
        window.activateWindow()
        load_the_rest().join()
        try:
            yield Hands(window, app), root
        finally:
            window.close()
            window.deleteLater()
            app.processEvents()
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value


def run(quick: bool = False) -> list[dict[str, Any]]:
    """Every action a few times by its key; the figure is its longest stall."""
    times = 2 if quick else 4
    with long_window() as (hands, root):
        hands.wait()
        figures = [
            _stall("opening the clip", hands, lambda: hands.open(root, "a-long"), OPENING),
            _stall("changing the clip", hands, lambda: _change_clip(hands), OPENING),
        ]
        for name, work in actions(hands, times).items():
            held = hands.session.state
            figures.append(_stall(name, hands, work, STALL))
            if hands.session.state is held and name not in _LOOKING:
                raise RuntimeError(f"{name} changed nothing: other keys do it now")
        figures += [
            _stall("changing the theme", hands, lambda: _repeat(hands, 2, "Ctrl+Shift+T"), THEME),
            _next_keyframe(hands, root),
        ]
    return figures


def _stall(name: str, hands: Hands, work: Callable[[], object], at_most: float) -> dict[str, Any]:
    hands.begin()
    work()
    hands.wait()
    return figure(f"long clip: {name}, longest stall", hands.longest, at_most=at_most)


def actions(hands: Hands, times: int) -> dict[str, Callable[[], object]]:
    """What somebody does in a clip, by name, in an order in which it can be done."""

    def typing() -> None:
        hands.press("F6", "Return")
        hands.type("And the chin is raised")
        hands.wait()
        hands.press("Ctrl+Return")

    def marking() -> None:
        for _ in range(times):
            hands.press("Shift+Right", "Right", "Right", "M")

    def correcting() -> None:
        hands.press("F7", ".")
        hands.window.channels_panel.rows.setFocus()
        hands.press("Down", *["Shift+Up"] * times)
        hands.press("Escape")
        hands.window.setFocus()

    def span_edges() -> None:
        hands.press("F6")
        for _ in range(times):
            hands.press("Shift+.", "Right", "Right", "[", "Right", "]")

    def generating() -> None:
        held = hands.takes
        hands.press("Ctrl+G")
        hands.wait(lambda: hands.takes > held)

    def regenerating() -> None:
        hands.press("Ctrl+Right", "R")
        hands.wait()

    def tabs() -> None:
        for key in ("F5", "F6", "F7", "F8", "Shift+F8", "F9") * 2:
            hands.press(key)
            hands.wait(quiet_ms=60)

    return {
        "selecting a keyframe": lambda: _repeat(hands, times * 2, "."),
        "selecting a span": lambda: _repeat(hands, times, "Shift+."),
        "typing a description": typing,
        "marking a keyframe": marking,
        "nudging a keyframe": lambda: _repeat(hands, times, "Alt+Right"),
        "undo": lambda: _repeat(hands, times * 2, "Ctrl+Z"),
        "redo": lambda: _repeat(hands, times * 2, "Ctrl+Shift+Z"),
        "correcting a channel": correcting,
        "undoing a correction": lambda: _repeat(hands, 1, "Ctrl+Z"),
        "span edges": span_edges,
        "showing a tab": tabs,
        "regenerating a key": regenerating,
        "generating a take": generating,
        "the next key of the take": lambda: _repeat(hands, times, "Ctrl+Right"),
        "selecting beside the request": lambda: _repeat(hands, times, "F8", "."),
        "selecting beside the performance": lambda: _repeat(hands, times, "Shift+F8", "."),
        "undoing a take": lambda: _repeat(hands, 2, "Ctrl+Z"),
    }


def _repeat(hands: Hands, times: int, *keys: str) -> None:
    for _ in range(times):
        hands.press(*keys)
        hands.wait(quiet_ms=40)


def _change_clip(hands: Hands) -> None:
    for key, clip in (("PgDown", "b-long"), ("PgUp", "a-long")):
        hands.press(key)
        hands.wait_for_clip(clip)


def _next_keyframe(hands: Hands, root: Path) -> dict[str, Any]:
    """40 steps to the next keyframe where there are many and where there are few."""
    spent = {}
    for clip in ("c-few", "d-many"):
        hands.open(root, clip)
        hands.press("F6")
        for warm in (True, False):
            spent[clip] = 0.0
            for _ in range(1 if warm else 40 // (FEW - 1)):
                hands.do(lambda: hands.session.playback.seek(0.0))
                hands.press(".")
                hands.wait(quiet_ms=100)
                began = time.process_time()
                for _ in range(FEW - 1):
                    hands.press(".")
                    hands.wait(quiet_ms=60)
                spent[clip] += 1000.0 * (time.process_time() - began)
    return figure(
        f"long clip: 40 × next keyframe of {MANY}",
        spent["d-many"],
        spent["c-few"],
        against=f"of {FEW}",
        ratio_at_most=2.0,
    )
