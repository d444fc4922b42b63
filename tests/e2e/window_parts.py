"""A person at the real window: keys and mouse in, what they see out."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import msgspec
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from annotator.core.generation.profiles import PRESETS
from annotator.core.model import ClipState, EmotionSpan, Keyframe
from annotator.core.storage.dataset import Library
from annotator.session.open_clip import OpenClip, Take
from annotator.window.window import StudioWindow
from tests.present import present
from viewer.timeline.lane import Lane

PROJECT = Path(__file__).resolve().parents[2]
DEMO = PROJECT / "resources" / "demo" / "dataset"
LEFT = Qt.MouseButton.LeftButton
PATIENCE = 60_000


def demo_at(folder: Path) -> Path:
    """A copy of the demo that may be changed."""
    return Path(shutil.copytree(DEMO, folder / "demo"))


def target_of(widget: QWidget | Lane) -> tuple[QWidget, QPoint]:
    """The widget that gets the mouse, and where on it the place (0, 0) lies: a lane of the timeline is
    an item of a scene."""
    if isinstance(widget, QWidget):
        return widget, QPoint()
    return widget.getViewWidget().viewport(), QPoint(0, round(widget.scenePos().y()))


def unnamed_keys(of: QWidget) -> list[str]:
    """Words of a window that name a command by its id where its key belongs."""
    found = []
    for widget in (of, *of.findChildren(QWidget)):
        texts = [widget.toolTip(), widget.accessibleName()]
        texts += [widget.text()] if isinstance(widget, QLabel | QAbstractButton) else []
        found += [f"{widget}: {text}" for text in texts if re.search(r"\{=?[\w+]+\}", text)]
    return found


class Person:
    """Works on ``window`` by keys and mouse only; reads through the session."""

    def __init__(self, window: StudioWindow, qtbot: QtBot) -> None:
        self.window, self.qtbot = window, qtbot
        self.studio, self.session = window.studio, window.session
        self.told: list[str] = []
        self.session.message.connect(lambda message: self.told.append(message.line()))

    def ask_server(self, url: str) -> None:
        """Generate with a model server at ``url`` from now on."""
        models = self.studio.models
        profile = msgspec.structs.replace(PRESETS[1], url=url, model="", jobs=4)
        models.keep(models.profiles.changed(profile), profile.name)

    @property
    def clip(self) -> OpenClip:
        """The open clip; AssertionError without one."""
        return present(self.session.current)

    @property
    def state(self) -> ClipState:
        """What is annotated of it; AssertionError without a clip."""
        return present(self.session.state)

    @property
    def library(self) -> Library:
        """Where the clips are; AssertionError without one."""
        return present(self.session.library)

    @property
    def take(self) -> Take:
        """The active take; AssertionError without one."""
        return present(self.studio.takes.active)

    # ---- waiting -------------------------------------------------------------------------

    def wait(self, until: Any) -> None:
        self.qtbot.waitUntil(lambda: bool(until()), timeout=PATIENCE)

    def open(self, path: Path, clip: str = "") -> Person:
        """Open ``path`` and wait until its clip can be worked on."""
        self.session.open_path(path, clip)
        self.wait_for_clip(clip)
        return self

    def wait_for_clip(self, clip: str = "") -> None:
        self.wait(lambda: self.session.current is not None and clip in ("", self.session.clip_id))
        if self.clip.loaded.video_path is not None:
            self.wait(lambda: self.session.playback.facts is not None)
        self.wait(lambda: not self.session.jobs.running)

    def wait_until_saved(self) -> None:
        current = self.clip
        self.wait(lambda: not current.saver.unsaved)

    # ---- keys ----------------------------------------------------------------------------

    def press(self, *keys: str) -> None:
        """Press keys such as ``M`` or ``Ctrl+G`` wherever the focus is."""
        for text in keys:
            QTest.keySequence(self._focus(), QKeySequence(text))

    def type(self, text: str) -> None:
        for letter in text:
            QTest.keyClicks(self._focus(), letter)

    def _focus(self) -> QWidget:
        active = QApplication.activeWindow()
        if active is None or not active.isVisible():
            # After a dialog has closed, no window manager is there to do it.
            self.window.activateWindow()
            self.wait(lambda: QApplication.activeWindow() is self.window)
        return QApplication.focusWidget() or self.window

    def describe(self, frame: int, words: str) -> None:
        """Mark a frame and write what it shows."""
        self.session.playback.seek(self.session.playback.frame_times[frame])
        self.press("M", "Return")
        self.type(words)
        self.press("Ctrl+Return")

    # ---- mouse ---------------------------------------------------------------------------

    def click(self, widget: QWidget | Lane, at: QPoint | None = None) -> None:
        target, above = target_of(widget)
        # A hand clicks in a later turn of the event loop, when the actions have looked whether they can act.
        self.window.actions_table.refresh()
        QTest.mouseClick(target, LEFT, pos=above + at if at is not None else target.rect().center())

    def drag(self, widget: QWidget | Lane, start: QPoint, end: QPoint) -> None:
        """Press, move in a few steps and release, as a hand does."""
        target, above = target_of(widget)
        QTest.mousePress(target, LEFT, pos=above + start)
        for i in range(1, 6):
            QTest.mouseMove(target, above + start + (end - start) * i / 5)
        QTest.mouseRelease(target, LEFT, pos=above + end)

    def on_keyframes(self, t: float) -> QPoint:
        lane = self.window.timeline.keyframes
        return QPoint(round(lane.axis.x_of(t)), lane.height() // 2)

    def on_spans(self, t: float) -> QPoint:
        return QPoint(round(self.window.timeline.emotions.axis.x_of(t)), 15)

    # ---- what is there -------------------------------------------------------------------

    @property
    def time(self) -> float:
        return self.session.playback.time

    @property
    def frame(self) -> int:
        return self.session.playback.frame_at(self.time)

    @property
    def keyframes(self) -> tuple[Keyframe, ...]:
        return self.session.state.keyframes if self.session.state is not None else ()

    @property
    def spans(self) -> tuple[EmotionSpan, ...]:
        return self.session.state.spans if self.session.state is not None else ()

    @property
    def work(self) -> tuple[object, ...]:
        """All that a person can change of the clip."""
        state = self.state
        return state.clip, state.status, state.keyframes, state.spans, state.takes


def annotation_of(root: Path, clip: str, annotator_id: str = "anna") -> dict[str, Any]:
    """The annotation as another program would read it."""
    file = root / "clips" / clip / "annotations" / f"{annotator_id}.json"
    read: dict[str, Any] = json.loads(file.read_bytes())
    return read
