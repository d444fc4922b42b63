"""Decoding off the UI thread: the newest request wins, a few frames around it come for free."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QImage

from viewer.core.cancel import CancelToken
from viewer.core.errors import Cancelled, StudioError
from viewer.core.video import VideoFacts, VideoFile

_AHEAD = 5


@dataclass(frozen=True)
class _Request:
    """``answered``: the frame was there already; only its neighbours are to be fetched."""

    index: int
    serial: int
    answered: bool


class VideoDecoder(QObject):
    """Owns one video and one worker thread; all signals arrive on this object's thread.

    ``opening`` says that a file (its path) is about to replace the present one, ``opened``
    brings :class:`VideoFacts` and the (F,) times of the frames, ``frame_ready`` the frame
    number and its picture, ``frame_failed`` a frame that cannot be shown and why,
    ``failed`` why nothing could be opened, ``progress`` 0 to 1 while opening.
    """

    opening = Signal(str)
    opened = Signal(object, object)
    frame_ready = Signal(int, QImage)
    frame_failed = Signal(int, str)
    failed = Signal(str)
    progress = Signal(float)

    # The worker's own, with the generation of the file; late results of an older file are dropped.
    _arrived = Signal(int, str, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.path: Path | None = None
        self.facts: VideoFacts | None = None
        self.times: NDArray[np.float64] = np.zeros(0)
        self.start_pts_time = 0.0
        self._changed = threading.Condition()
        self._generation = 0
        self._path_wanted: Path | None = None
        self._wanted: _Request | None = None
        self._asked = self._answered = 0
        self._ready: dict[int, QImage] = {}
        self._stopping = False
        self._cancel = CancelToken()
        self._thread: threading.Thread | None = None
        self._arrived.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    # ---- commands, from the UI thread ------------------------------------------------------

    def open(self, path: Path | str) -> None:
        """Start opening a video in place of the present one; ``opened`` or ``failed`` follows."""
        self.path, self.facts, self.times = Path(path), None, np.zeros(0)
        with self._changed:
            self._generation += 1
            self._cancel.cancel()
            self._cancel = CancelToken()
            self._path_wanted, self._wanted = self.path, None
            self._ready.clear()
            if self._thread is None:
                self._stopping = False
                self._thread = threading.Thread(target=self._work, name="video decoder", daemon=True)
                self._thread.start()
            self._changed.notify_all()
        self.opening.emit(str(path))

    def request(self, index: int) -> None:
        """Ask for a frame; replaces a request that has not been begun.

        A frame that was fetched ahead is there at once: ``frame_ready`` comes before this returns.
        """
        with self._changed:
            self._asked += 1
            image = self._ready.get(index)
            self._wanted = _Request(index, self._asked, image is not None)
            self._changed.notify_all()
        if image is not None:
            self._answered = self._asked
            self.frame_ready.emit(index, image)

    def close(self) -> None:
        """Close the video and wait for the worker to end; :meth:`open` may follow."""
        with self._changed:
            self._generation += 1
            self._stopping = True
            self._ready.clear()
            self._cancel.cancel()
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()
        self._thread = None
        self.path, self.facts, self.times = None, None, np.zeros(0)

    def index_at(self, t: float) -> int:
        """The frame on screen at ``t`` seconds; -1 while no video is open."""
        return int(np.clip(np.searchsorted(self.times, t + 1e-6, side="right") - 1, 0, None)
                   if len(self.times) else -1)

    # ---- the worker ------------------------------------------------------------------------

    def _work(self) -> None:
        video: VideoFile | None = None
        generation = -1
        ahead: list[int] = []
        last = -1
        while True:
            with self._changed:
                while not (self._stopping or self._path_wanted or ahead
                           or (video is not None and self._wanted is not None)):
                    self._changed.wait()
                if self._stopping:
                    break
                path, self._path_wanted = self._path_wanted, None
                request = None if path else self._wanted
                if request is not None:
                    self._wanted = None
                cancel = self._cancel
                if path:
                    generation = self._generation
            if path:
                if video is not None:
                    video.close()
                video, ahead, last = self._open_file(path, generation, cancel), [], -1
            elif video is not None and request is not None:
                if not request.answered:
                    self._show(video, request, generation, cancel)
                ahead = self._keep_near(request.index, -1 if request.index < last else 1, len(video.times))
                last = request.index
            elif video is not None and ahead:
                self._prefetch(video, ahead.pop(0), generation, cancel)
        if video is not None:
            video.close()

    def _open_file(self, path: Path, generation: int, cancel: CancelToken) -> VideoFile | None:
        said = [0.0]

        def report(part: float) -> None:
            if part - said[0] >= 0.02:
                said[0] = part
                self._arrived.emit(generation, "progress", part)

        try:
            video = VideoFile.open(path, cancel, report)
        except Cancelled:
            return None
        except StudioError as fault:
            self._arrived.emit(generation, "failed", fault.line())
            return None
        self._arrived.emit(generation, "opened", (video.facts, video.times, video.start_pts_time))
        return video

    def _show(self, video: VideoFile, request: _Request, generation: int, cancel: CancelToken) -> None:
        """Decode and send one frame."""
        index = request.index
        try:
            pixels = video.frame(index, cancel)
        except Cancelled:
            return
        except StudioError as fault:
            self._arrived.emit(generation, "frame_failed", (request.serial, index, fault.line()))
            return
        self._arrived.emit(generation, "frame_ready", (request.serial, index, image_of(pixels)))

    def _keep_near(self, index: int, step: int, count: int) -> list[int]:
        """Drop pictures far from the playhead; the frames to fetch while nobody asks, nearest
        first, in the direction of movement."""
        following = range(index + step, index + step * (_AHEAD + 1), step)
        with self._changed:
            for k in [k for k in self._ready if abs(k - index) > _AHEAD]:
                del self._ready[k]
            return [k for k in following if 0 <= k < count and k not in self._ready]

    def _prefetch(self, video: VideoFile, index: int, generation: int, cancel: CancelToken) -> None:
        try:
            image = image_of(video.frame(index, cancel))
        except (Cancelled, StudioError):
            # Nobody asked for it; the request that does will say what is wrong.
            return
        with self._changed:
            if generation == self._generation:
                self._ready[index] = image

    @Slot(int, str, object)
    def _deliver(self, generation: int, kind: str, what: Any) -> None:
        if generation != self._generation:
            return
        if kind == "opened":
            self.facts, self.times, self.start_pts_time = what
            self.opened.emit(self.facts, self.times)
        elif kind in ("frame_ready", "frame_failed"):
            serial, index, answer = what
            # One fetched ahead may have overtaken it.
            if serial > self._answered:
                self._answered = serial
                getattr(self, kind).emit(index, answer)
        else:
            getattr(self, kind).emit(what)


def image_of(pixels: NDArray[np.uint8]) -> QImage:
    """A QImage with its own copy of (H, W, 3) uint8 RGB, in the format that paints fastest."""
    height, width = pixels.shape[:2]
    view = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888)
    return view.convertToFormat(QImage.Format.Format_RGB32)
