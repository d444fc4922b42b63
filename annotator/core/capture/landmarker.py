"""The parent's side of the tracker's process: pictures go in, faces come out.

Pictures are decoded here, exactly; the process gets pixels and gives scores.  A few pictures are on
their way at any time, so that decoding and tracking go on side by side and memory stays flat.
"""

from __future__ import annotations

import contextlib
import json
import queue
import subprocess
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from annotator.core.capture.landmarker_process import AFRESH, ANSWER, COUNT, PICTURE
from annotator.core.capture.tracker_packages import CaptureError, TrackerPackages
from viewer.core.cancel import CancelToken
from viewer.core.child_process import part_command

LANDMARKS = 478
SCORES = 52
_FACE = LANDMARKS * 3 + SCORES + 16
_ON_THEIR_WAY = 3
_PATIENCE = 120.0
"""Seconds for one picture, and for the start: a machine may be busy, a hang must end."""
_LOOK = 0.1
_KEPT_LINES = 20

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Picture:
    """A picture for the tracker: ``pixels`` (H, W, 3) RGB at ``time`` seconds; ``afresh`` where nothing
    before belongs to it, ``count`` where the faces in it are to be counted."""

    pixels: Pixels
    time: float
    afresh: bool
    count: bool


@dataclass(frozen=True)
class Face:
    """One face: ``landmarks`` (478, 3) as shares of the picture's width and height, z as x; ``scores`` (52,)
    in the model's order; ``matrix`` (4, 4) from the mean face to the camera."""

    landmarks: NDArray[np.float32]
    scores: NDArray[np.float32]
    matrix: NDArray[np.float32]


@dataclass(frozen=True)
class Seen:
    """What was seen in one picture: ``faces``, those of the ``mirrored`` picture, and how many were
    ``counted``."""

    faces: tuple[Face, ...]
    mirrored: tuple[Face, ...]
    counted: int


class Landmarker:
    """The tracker's process; a context manager that ends it."""

    def __init__(self, packages: TrackerPackages, *, faces: int, mirrored: bool) -> None:
        """Start it.

        Parameters
        ----------
        packages : TrackerPackages
            Where the tracker is.
        faces : int
            How many faces it follows at most; one is followed more smoothly.
        mirrored : bool
            Whether each picture is also looked at in a mirror.

        Raises
        ------
        CaptureError
            It cannot be started.
        """
        self._answers: queue.Queue[bytes | None] = queue.Queue()
        self._last_lines: deque[str] = deque(maxlen=_KEPT_LINES)
        self._last_time = -1
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own file, no shell
                part_command("annotator.core.capture.landmarker_process"),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except OSError as error:
            raise CaptureError(
                "the face tracker cannot be started", f"{error.strerror}; try again", None
            ) from error
        threading.Thread(target=self._read, daemon=True).start()
        threading.Thread(target=self._read_lines, daemon=True).start()
        asked = {
            "folder": str(packages.folder or ""),
            "model": str(packages.model),
            "faces": faces,
            "mirrored": mirrored,
        }
        self._send(json.dumps(asked).encode() + b"\n")

    def __enter__(self) -> Landmarker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def begin(self, cancel: CancelToken | None) -> str:
        """Wait until it is ready; its version.

        Raises :class:`CaptureError`, :class:`~viewer.core.errors.Cancelled`.
        """
        version: str = json.loads(self._answer(cancel))["version"]
        return version

    def seen(self, pictures: Iterable[Picture], cancel: CancelToken | None = None) -> Iterator[Seen]:
        """What is seen in each of ``pictures``, in their order.

        Raises :class:`CaptureError` when the process ends or hangs, and what ``pictures`` raises.
        """
        waiting = 0
        for picture in pictures:
            self._show(picture)
            waiting += 1
            if waiting >= _ON_THEIR_WAY:
                yield _seen(self._answer(cancel))
                waiting -= 1
        for _ in range(waiting):
            yield _seen(self._answer(cancel))

    def close(self) -> None:
        """End the process; harmless when repeated."""
        with contextlib.suppress(OSError):
            if self._process.stdin is not None:
                self._process.stdin.close()
        self._process.kill()
        self._process.wait()

    def _show(self, picture: Picture) -> None:
        # It wants whole milliseconds that rise; the track keeps the video's own times.
        time = max(self._last_time + 1, round(picture.time * 1000))
        self._last_time = time
        height, width = picture.pixels.shape[:2]
        flags = AFRESH * picture.afresh | COUNT * picture.count
        self._send(PICTURE.pack(flags, time, width, height), picture.pixels)

    def _send(self, *parts: Any) -> None:
        pipe = self._process.stdin
        assert pipe is not None
        try:
            for part in parts:
                pipe.write(part)
            pipe.flush()
        except OSError:
            raise self._ended() from None

    def _answer(self, cancel: CancelToken | None) -> bytes:
        for _ in range(int(_PATIENCE / _LOOK)):
            if cancel is not None:
                cancel.check()
            try:
                answer = self._answers.get(timeout=_LOOK)
            except queue.Empty:
                continue
            if answer is None:
                raise self._ended()
            return answer
        raise CaptureError("the face tracker does not answer", "try again, or capture a part of the video")

    def _ended(self) -> CaptureError:
        self._process.wait()
        said = next((line for line in reversed(self._last_lines) if "Error" in line), "")
        why = f" ({said})" if said else ""
        return CaptureError(
            f"the face tracker ended by itself{why}", "try again, or install it anew with make capture"
        )

    def _read(self) -> None:
        pipe = self._process.stdout
        assert pipe is not None
        with contextlib.suppress(OSError, ValueError):
            self._answers.put(pipe.readline() or None)
            while answer := _whole_answer(pipe):
                self._answers.put(answer)
        self._answers.put(None)

    def _read_lines(self) -> None:
        pipe = self._process.stderr
        assert pipe is not None
        with contextlib.suppress(OSError, ValueError):
            for line in pipe:
                self._last_lines.append(line.decode("utf-8", "replace").strip())


def _whole_answer(pipe: IO[bytes]) -> bytes | None:
    head = pipe.read(ANSWER.size)
    if len(head) < ANSWER.size:
        return None
    faces, mirrored, _ = ANSWER.unpack(head)
    size = (faces + mirrored) * _FACE * 4
    rest = pipe.read(size)
    return head + rest if len(rest) == size else None


def _seen(answer: bytes) -> Seen:
    faces, mirrored, counted = ANSWER.unpack(answer[: ANSWER.size])
    numbers = np.frombuffer(answer, "<f4", offset=ANSWER.size).reshape(-1, _FACE)
    found = tuple(
        Face(
            row[: LANDMARKS * 3].reshape(LANDMARKS, 3),
            row[LANDMARKS * 3 : LANDMARKS * 3 + SCORES],
            row[-16:].reshape(4, 4),
        )
        for row in numbers
    )
    return Seen(found[:faces], found[faces : faces + mirrored], counted)
