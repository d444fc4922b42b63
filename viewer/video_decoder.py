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

from viewer.core.byte_cache import ByteCache
from viewer.core.cancel import CancelToken
from viewer.core.errors import Cancelled, StudioError
from viewer.core.memory import give_back_freed_memory, keep_freed_memory_together
from viewer.core.shown_picture import PictureView, ShownPicture
from viewer.core.video import VideoFile
from viewer.core.video_facts import VideoFacts

_AHEAD = 5
_READY_BYTES = 48 << 20


@dataclass(frozen=True)
class _Request:
    """``answered``: the frame was there already; only its neighbours are to be fetched."""

    index: int
    serial: int
    answered: bool


class VideoDecoder(QObject):
    """Owns one video and one worker thread; all signals arrive on this object's thread.

    ``opening`` says that a file (its path) is about to replace the present one, ``opened``
    brings :class:`VideoFacts` and the (F,) times of the frames, ``frame_ready`` the frame number
    and its :class:`ShownPicture`, ``frame_failed`` a frame that cannot be shown and why,
    ``failed`` why nothing could be opened, ``progress`` 0 to 1 while opening.
    """

    opening = Signal(str)
    opened = Signal(object, object)
    frame_ready = Signal(int, object)
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
        self._ready: ByteCache[ShownPicture] = ByteCache(_READY_BYTES)
        self._view: PictureView | None = None
        self._video: VideoFile | None = None
        self._stopping = False
        self._cancel = CancelToken()
        self._thread: threading.Thread | None = None
        self._arrived.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    # ---- commands, from the UI thread ------------------------------------------------------

    def open(self, path: Path | str) -> None:
        """Start opening a video in place of the present one; ``opened`` or ``failed`` follows."""
        self.path, self.facts, self.times, self._video = Path(path), None, np.zeros(0), None
        with self._changed:
            self._generation += 1
            self._cancel.cancel()
            self._cancel = CancelToken()
            self._path_wanted, self._wanted, self._view = self.path, None, None
            self._ready.clear()
            if self._thread is None:
                self._stopping = False
                keep_freed_memory_together()
                self._thread = threading.Thread(target=self._work, name="video decoder", daemon=True)
                self._thread.start()
            self._changed.notify_all()
        self.opening.emit(str(path))

    def set_view(self, view: PictureView | None) -> None:
        """Make pictures as they are seen from now on, until another video is opened; without a
        view they come whole and in the video's own size.  What is on screen has to be requested
        anew: its decoded picture is kept, so that it comes soon."""
        with self._changed:
            if view != self._view:
                self._view = view
                self._ready.clear()

    def request(self, index: int) -> None:
        """Ask for a frame; replaces a request that has not been begun.

        A frame that was fetched ahead is there at once: ``frame_ready`` comes before this returns.
        """
        with self._changed:
            self._asked += 1
            picture = self._ready.get(index)
            self._wanted = _Request(index, self._asked, picture is not None)
            self._changed.notify_all()
        if picture is not None:
            self._answered = self._asked
            self.frame_ready.emit(index, picture)

    def whole_picture(self, index: int, cancel: CancelToken | None = None) -> NDArray[np.uint8] | None:
        """(H, W, 3) uint8 RGB of a frame in the video's own size, made while the caller waits, in
        any thread; None while no video is open.  Raises as :meth:`VideoFile.frame`."""
        video = self._video
        return None if video is None else video.frame(index, cancel)

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
        self.path, self.facts, self.times, self._video = None, None, np.zeros(0), None

    def index_at(self, t: float) -> int:
        """The frame on screen at ``t`` seconds; -1 while no video is open."""
        return int(
            np.clip(np.searchsorted(self.times, t + 1e-6, side="right") - 1, 0, None)
            if len(self.times)
            else -1
        )

    # ---- the worker ------------------------------------------------------------------------

    def _work(self) -> None:
        video: VideoFile | None = None
        generation = -1
        ahead: list[int] = []
        last = -1
        while True:
            with self._changed:
                while not (
                    self._stopping
                    or self._path_wanted
                    or ahead
                    or (video is not None and self._wanted is not None)
                ):
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
                    video = None
                    give_back_freed_memory()
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
            video = None
            give_back_freed_memory()

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
        self._arrived.emit(generation, "opened", video)
        return video

    def _show(self, video: VideoFile, request: _Request, generation: int, cancel: CancelToken) -> None:
        """Decode and send one frame."""
        index = request.index
        try:
            picture = self._make(video, index, generation, cancel)
        except Cancelled:
            return
        except StudioError as fault:
            self._arrived.emit(generation, "frame_failed", (request.serial, index, fault.line()))
            return
        self._arrived.emit(generation, "frame_ready", (request.serial, index, picture))

    def _make(self, video: VideoFile, index: int, generation: int, cancel: CancelToken) -> ShownPicture:
        """The frame as it is seen now, kept for whoever asks for it again."""
        with self._changed:
            view = self._view
        picture = video.shown(index, view, cancel)
        with self._changed:
            if generation == self._generation and view == self._view:
                self._ready.put(index, picture, picture.nbytes)
        return picture

    def _keep_near(self, index: int, step: int, count: int) -> list[int]:
        """Drop pictures far from the playhead; the frames to fetch while nobody asks, nearest
        first, in the direction of movement."""
        with self._changed:
            self._ready.drop(lambda k: abs(k - index) > _AHEAD)
            # So many that what is fetched last does not push out what comes first.
            each = self._ready.nbytes // max(1, len(self._ready))
            ahead = min(_AHEAD, _READY_BYTES // max(1, each) - 1)
            following = range(index + step, index + step * (ahead + 1), step)
            return [k for k in following if 0 <= k < count and k not in self._ready]

    def _prefetch(self, video: VideoFile, index: int, generation: int, cancel: CancelToken) -> None:
        try:
            self._make(video, index, generation, cancel)
        except (Cancelled, StudioError):
            # Nobody asked for it; the request that does will say what is wrong.
            return

    @Slot(int, str, object)
    def _deliver(self, generation: int, kind: str, what: Any) -> None:
        if generation != self._generation:
            return
        if kind == "opened":
            self._video = what
            self.facts, self.times, self.start_pts_time = what.facts, what.times, what.start_pts_time
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


def image_of_shown(picture: ShownPicture) -> QImage:
    """A QImage of a picture's own pixels, without a copy; it keeps them alive."""
    size = picture.width, picture.height, picture.stride
    return QImage(picture.pixels, *size, QImage.Format.Format_RGB32)
