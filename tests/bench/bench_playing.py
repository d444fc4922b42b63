"""Whether faces keep up with a video that plays beside them, through the real panes."""

from __future__ import annotations

import os
import time
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication, QGridLayout, QWidget

from tests.bench.measuring import figure
from viewer.core.clock import Clock
from viewer.core.formats import read
from viewer.core.models import load_face_model
from viewer.core.pose import PoseConvention
from viewer.core.resources import resource
from viewer.face_pane import FacePane
from viewer.ticker import Ticker
from viewer.video_decoder import VideoDecoder
from viewer.video_pane import VideoPane

CLIP = resource("demo", "dataset", "clips", "03-birthday")
POSE = PoseConvention(unit="radians")
FPS = 30.0
PANE = (460, 460)
"""A face beside another and the video in a window of 1440 × 900; four share the place of two."""
SMALL = (460, 228)


class _Stage:
    """A video and some faces that play the demo's birthday, in a loop."""

    def __init__(self, faces: int) -> None:
        self.window, self.decoder, self.clock = QWidget(), VideoDecoder(), Clock()
        grid = QGridLayout(self.window)
        self.video = VideoPane(self.decoder)
        grid.addWidget(self.video, 0, 0, 2, 1)
        self.video.setFixedSize(*PANE)
        self.track = read(CLIP / "track.csv")
        self.panes = [FacePane() for _ in range(faces)]
        self.pictures = [0] * faces
        self.frames = 0
        for k, pane in enumerate(self.panes):
            pane.setFixedSize(*(PANE if faces <= 2 else SMALL))
            pane.set_pose_convention(POSE)
            pane.set_model(load_face_model(None))
            pane.shown.connect(lambda k=k: self._count(k))
            grid.addWidget(pane, k // 2, 1 + k % 2)
        self.video.frame_shown.connect(self._count_frame)
        self.decoder.open(CLIP / "video.mp4")
        self.clock.set_duration(self.track.duration)
        self.clock.set_loop(0.0, self.track.duration)
        self.ticker = Ticker(self.clock)
        self.ticker.tick.connect(self._show)
        self.window.show()

    def _show(self, t: float) -> None:
        self.video.show_time(t)
        for k, pane in enumerate(self.panes):
            # Another moment of the same track for each face, as takes differ from a recording.
            pane.show_values(self.track.shown_row((t + k) % self.track.duration))

    def _count(self, face: int) -> None:
        self.pictures[face] += 1

    def _count_frame(self, _index: int) -> None:
        self.frames += 1

    def play(self, seconds: float) -> tuple[float, float, float]:
        """Milliseconds from picture to picture, of the face with fewest and of the video, and the
        side of the coarsest face's pictures in per cent of its place."""
        self.clock.play()
        self.ticker.refresh()
        _wait(2.0)
        self.pictures, self.frames = [0] * len(self.panes), 0
        began = time.perf_counter()
        _wait(seconds)
        took = 1000.0 * (time.perf_counter() - began)
        paces = took / max(min(self.pictures), 1), took / max(self.frames, 1)
        side = 100.0 * min(pane.detail for pane in self.panes)
        self.clock.pause()
        self.ticker.refresh()
        for pane in self.panes:
            pane.release()
        self.decoder.close()
        self.window.close()
        return *paces, side


def _wait(seconds: float) -> None:
    loop = QEventLoop()
    QTimer.singleShot(round(1000 * seconds), loop.quit)
    loop.exec()


def run(quick: bool = False) -> list[dict[str, Any]]:
    """Two faces and four, each with a video."""
    _app = QApplication.instance() or QApplication([])
    seconds = 3.0 if quick else 8.0
    figures = []
    for faces, rate in ((2, FPS), (4, FPS / 2)):
        face, video, side = _Stage(faces).play(seconds)
        name = {2: "two", 4: "four"}[faces]
        figures.append(figure(
            f"face: {name} faces at {rate:.0f} fps beside a video", face, 1000 / rate,
            against=f"a {rate:.0f}th of a second", clock="wall", ratio_at_most=1.0,
        ))
        figures.append(figure(
            f"video: beside {name} faces", video, 1000 / FPS, clock="wall",
            against="the video's own rate",
        ))
        figures.append(figure(f"face: side of the pictures of {name} moving faces", side, unit="%"))
    return figures
