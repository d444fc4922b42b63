"""A camera as a source: what it sees, and a film of it with the times at which its frames came.

Frames are read in the thread of whoever calls :meth:`CameraRun.run` and encoded in another one, so that a
slow disk or processor costs frames, which are counted, and never their times.
"""

from __future__ import annotations

import queue
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.core.cancel import CancelToken
from viewer.core.errors import StudioError
from viewer.core.frame_rate import usual_step
from viewer.core.opencv import cv2
from viewer.core.video_writer import VideoWriter

Pixels = NDArray[np.uint8]

_MOST_CAMERAS = 10
_WAITING = 24
"""Frames that may wait for the encoder."""
_FASTEST = 1000.0
_PATIENCE = 50
"""Looks in a row that may bring nothing before the camera counts as gone."""


class CameraError(StudioError):
    """A camera cannot be opened, or has gone."""


@dataclass(frozen=True)
class CameraSource:
    """A camera: its ``title`` and the ``device`` as OpenCV counts it.  A film's path stands in for one, at
    the film's own pace."""

    title: str
    device: int | str


@dataclass(frozen=True)
class Recorded:
    """What was recorded: the film at ``path``, its ``frames``, how many are missing in it because they
    never came or could not be written in time (``dropped``), and its ``seconds``."""

    path: Path
    frames: int
    dropped: int
    seconds: float


def may_have_camera() -> bool:
    """Whether there may be a camera, as far as can be told without touching one."""
    if not sys.platform.startswith("linux"):
        return True
    return any(_node(number).exists() for number in range(_MOST_CAMERAS))


def cameras() -> list[CameraSource]:
    """The cameras that can be opened now; each is opened for a moment."""
    found = []
    for number in range(_MOST_CAMERAS):
        if sys.platform.startswith("linux") and not _node(number).exists():
            continue
        with _Silence():
            capture = cv2.VideoCapture(number)
            opened = capture.isOpened()
            capture.release()
        if opened:
            found.append(CameraSource(f"Camera {number + 1}", number))
        elif not sys.platform.startswith("linux"):
            break
    return found


def _node(number: int) -> Path:
    return Path(f"/dev/video{number}")


class _Silence:
    """OpenCV writes to the terminal what becomes an error here."""

    def __enter__(self) -> None:
        self._before = cv2.utils.logging.getLogLevel()
        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)

    def __exit__(self, *_fault: object) -> None:
        cv2.utils.logging.setLogLevel(self._before)


class CameraRun:
    """Watches a camera until it is cancelled, and records on request.

    Parameters
    ----------
    source : CameraSource
        What is watched.
    show : callable
        Gets each frame, (H, W, 3) uint8 RGB.
    recorded : callable
        Gets a :class:`Recorded`, or the :class:`StudioError` that ended a recording.  Both are called in the
        thread of :meth:`run`.
    """

    def __init__(
        self,
        source: CameraSource,
        show: Callable[[Pixels], None],
        recorded: Callable[[Recorded | StudioError], None],
    ) -> None:
        self._source, self._show, self._recorded = source, show, recorded
        self._wanted: Path | None = None
        self._film: FilmWriter | None = None

    @property
    def dropped(self) -> int:
        """How many frames of the recording under way could not be written in time."""
        film = self._film
        return 0 if film is None else film.not_written

    def record(self, path: Path) -> None:
        """Write what is seen from now on to a film at ``path``."""
        self._wanted = path

    def stop(self) -> None:
        """End the recording; the camera is watched on."""
        self._wanted = None

    def run(self, cancel: CancelToken) -> None:
        """Watch until cancelled, or until there is nothing more; a recording is finished then.

        Raises :class:`CameraError` where the camera cannot be opened.
        """
        with _Silence():
            capture = cv2.VideoCapture(self._source.device)
        try:
            if not capture.isOpened():
                raise CameraError(
                    f"{self._source.title} cannot be opened",
                    "close other programs that use it, and allow the studio to use it",
                )
            step = 1.0 / rate if 0 < (rate := float(capture.get(cv2.CAP_PROP_FPS))) <= _FASTEST else 0.0
            missed, due = 0, time.monotonic()
            while not cancel.cancelled and missed < self._patience:
                if self._stands_in:
                    time.sleep(max(0.0, due - time.monotonic()))
                    due += step
                seen = _look(capture)
                if seen is None:
                    missed += 1
                    continue
                missed = 0
                self._take(*seen, step)
        finally:
            capture.release()
            if self._wanted is not None and self._film is None:
                self._recorded(CameraError("the camera gave no picture", "record again"))
            self._wanted = None
            self._finish()

    @property
    def _stands_in(self) -> bool:
        return not isinstance(self._source.device, int)

    @property
    def _patience(self) -> int:
        return 1 if self._stands_in else _PATIENCE

    def _take(self, pixels: Pixels, at: float, step: float) -> None:
        wanted = self._wanted
        if self._film is not None and self._film.path != wanted:
            self._finish()
        if wanted is not None:
            if self._film is None:
                self._film = FilmWriter(wanted, pixels, step)
            if not self._film.offer(pixels, at):
                self._wanted = None
                self._finish()
        self._show(pixels)

    def _finish(self) -> None:
        film, self._film = self._film, None
        if film is None:
            return
        try:
            self._recorded(film.finish())
        except StudioError as fault:
            self._recorded(fault)


def _look(capture: Any) -> tuple[Pixels, float] | None:
    """The next frame and when it came; None where there is none."""
    if not capture.grab():
        return None
    at = time.monotonic()
    found, picture = capture.retrieve()
    if not found or picture is None or picture.ndim != 3:
        return None
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8), at


class FilmWriter:
    """A film that is written by a thread of its own, of pictures like ``first``, (H, W, 3) uint8 RGB, that
    should come every ``step`` seconds (0: nobody knows)."""

    def __init__(self, path: Path, first: Pixels, step: float) -> None:
        self.path, self.not_written = path, 0
        self._step = step
        self._came: list[float] = []
        self._frames = 0
        self._fault: StudioError | None = None
        self._waiting: queue.Queue[tuple[Pixels, float] | None] = queue.Queue(_WAITING)
        self._thread = threading.Thread(target=self._write, args=(first.shape[:2],), daemon=True)
        self._thread.start()

    def offer(self, pixels: Pixels, at: float) -> bool:
        """Hand over a frame that came at ``at`` seconds; False where the film cannot be written any more."""
        if self._came and at <= self._came[-1]:
            return True
        self._came.append(at)
        try:
            self._waiting.put_nowait((pixels, at))
        except queue.Full:
            self.not_written += 1
        return self._fault is None

    def finish(self) -> Recorded:
        """Write what waits, and close the film.  Raises :class:`StudioError`."""
        self._waiting.put(None)
        self._thread.join()
        if self._fault is not None:
            raise self._fault
        times = np.array(self._came)
        usual = max(usual_step(times) if len(times) > 1 else 0.0, self._step)
        # Of all the time, because what came late may have come all the same.
        seconds = float(times[-1] - times[0]) + usual
        never = max(0, round(seconds / usual) - len(times)) if usual > 0 else 0
        return Recorded(self.path, self._frames, self.not_written + never, seconds)

    def _write(self, size: tuple[int, int]) -> None:
        try:
            with VideoWriter(self.path, size[1], size[0], live=True) as film:
                while (frame := self._waiting.get()) is not None:
                    film.add(*frame)
                    self._frames += 1
        except StudioError as fault:
            self._fault = fault
        except Exception as fault:  # a camera may change its size on the way
            self._fault = CameraError(f"the recording broke off ({fault})", "record again")
        if self._fault is not None:
            while self._waiting.get() is not None:
                pass
