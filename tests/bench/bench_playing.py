"""Playing through the real panes: whether faces keep up with a video beside them, what opening
one costs the main thread, and how much memory closing it gives back."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import psutil
from PySide6.QtCore import QEventLoop, Qt, QTimer
from PySide6.QtWidgets import QApplication, QGridLayout, QWidget

from tests import clips
from tests.bench.measuring import Spent, figure
from viewer.audio_player import AudioPlayer
from viewer.core.clock import Clock
from viewer.core.formats import read
from viewer.core.models import load_face_model
from viewer.core.resources import resource
from viewer.face_pane import FacePane
from viewer.ticker import Ticker
from viewer.video_decoder import VideoDecoder
from viewer.video_pane import VideoPane

CLIP = resource("demo", "dataset", "clips", "03-birthday")
FPS = 30.0
PANE = (460, 460)
"""A face beside another and the video in a window of 1440 × 900; four share the place of two."""
SMALL = (460, 228)
LARGE_PANE = (900, 506)
LARGE = (
    clips.Clip("4k.mp4", range(48), options=clips.x264(24), size=(3840, 2160)),
    clips.Clip("1080p.mp4", range(90), options=clips.x264(30), size=(1920, 1080)),
)


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


class _Watcher:
    """A pane in which videos are opened, stepped through and closed."""

    def __init__(self) -> None:
        self._decoder = VideoDecoder()
        self._pane = VideoPane(self._decoder)
        self._pane.resize(*LARGE_PANE)
        self._pane.show()

    def open(self, path: Path) -> None:
        """Until the first frame is painted."""
        self._until(lambda: self._pane.open(path))

    def step(self, count: int) -> None:
        """Forward and back."""
        for index in (*range(1, count), *range(count - 2, -1, -1)):
            self._until(lambda index=index: self._pane.show_frame(index))  # type: ignore[misc]

    def close(self) -> None:
        self._pane.clear()

    def end(self) -> None:
        self._decoder.close()
        self._pane.close()

    def _until(self, command: Callable[[], object]) -> None:
        """Wait for the frame that a command brings, and paint it."""
        loop = QEventLoop()
        # Queued: the frame may be there before the loop runs.
        self._pane.frame_shown.connect(loop.quit, Qt.ConnectionType.QueuedConnection)
        command()
        loop.exec()
        self._pane.frame_shown.disconnect(loop.quit)
        self._pane.repaint()


def _spent(work: Callable[[], object], count: int) -> Spent:
    """What the main thread alone spends."""
    spent = Spent([], [])
    for _ in range(count):
        wall, cpu = time.perf_counter(), time.thread_time()
        work()
        spent.cpu.append(1000.0 * (time.thread_time() - cpu))
        spent.wall.append(1000.0 * (time.perf_counter() - wall))
    return spent


def opening_and_closing(folder: Path, times: int) -> list[dict[str, Any]]:
    """Videos opened, stepped through and closed, again and again."""
    paths = [clips.make(clip, folder) for clip in LARGE]
    me = psutil.Process()

    def megabytes() -> float:
        return float(me.memory_info().rss) / 2**20

    watcher = _Watcher()
    # Whatever is loaded for the first video stays for the next.
    watcher.open(paths[1])
    watcher.close()
    before, most, after = megabytes(), 0.0, []
    for k in range(times):
        watcher.open(paths[k % 2])
        watcher.step(40)
        most = max(most, megabytes())
        watcher.close()
        after.append(megabytes())
    opened = _spent(lambda: watcher.open(paths[0]), 3)
    watcher.end()
    sound = np.zeros((48000 * 600, 2), np.float32)
    player = AudioPlayer()
    on_progress = _spent(lambda: player.load(sound), 3)
    player.load(None)
    return [
        figure("video: opening 4K, on the main thread", opened, at_most=50.0),
        figure("video: memory with 4K and 1080p open", most, before, unit="MB", against="before"),
        figure(
            f"video: memory after closing {times} times",
            after[-1],
            before,
            unit="MB",
            against="before",
            ratio_at_most=1.3,
        ),
        figure(
            "video: memory after the last closing",
            after[-1],
            after[1],
            unit="MB",
            against="after the second",
            ratio_at_most=1.15,
        ),
        figure("sound: ten minutes handed to the player, on the main thread", on_progress, at_most=50.0),
    ]


def _wait(seconds: float) -> None:
    loop = QEventLoop()
    QTimer.singleShot(round(1000 * seconds), loop.quit)
    loop.exec()


def run(quick: bool = False) -> list[dict[str, Any]]:
    """Large videos alone, then two faces and four, each with a video."""
    _app = QApplication.instance() or QApplication([])
    seconds = 3.0 if quick else 8.0
    with tempfile.TemporaryDirectory() as folder:
        figures = opening_and_closing(Path(folder), 4 if quick else 12)
    for faces, rate in ((2, FPS), (4, FPS / 2)):
        face, video, side = _Stage(faces).play(seconds)
        name = {2: "two", 4: "four"}[faces]
        figures.append(
            figure(
                f"face: {name} faces at {rate:.0f} fps beside a video",
                face,
                1000 / rate,
                against=f"a {rate:.0f}th of a second",
                clock="wall",
                ratio_at_most=1.0,
            )
        )
        figures.append(
            figure(
                f"video: beside {name} faces",
                video,
                1000 / FPS,
                clock="wall",
                against="the video's own rate",
            )
        )
        figures.append(figure(f"face: side of the pictures of {name} moving faces", side, unit="%"))
    return figures
