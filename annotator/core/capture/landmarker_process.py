"""MediaPipe's face landmarker, in a process of its own: see :mod:`annotator.core.capture.landmarker`.

It reads one line of JSON on standard input, answers with one, and then answers each picture with the
faces in it.  A crash or a hang of the tracker ends this process and no other.  Nothing of the studio is
imported here.
"""

from __future__ import annotations

import contextlib
import json
import os
import struct
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any, BinaryIO

import numpy as np

PICTURE = struct.Struct("<BqII")
"""What comes before the pixels of a picture: flags, milliseconds, width, height."""
ANSWER = struct.Struct("<III")
"""What comes before the faces of an answer: how many in the picture, in the mirrored one, and how many
a look with fresh eyes counts (0 where none was asked for)."""
AFRESH, COUNT = 1, 2
"""Flags of a picture: nothing of what came before belongs to it; count the faces in it."""
MOST_FACES = 4


class _Following:
    """One landmarker that follows faces from picture to picture."""

    def __init__(self, make: Any, mirrored: bool) -> None:
        self._make = make
        self._mirrored = mirrored
        self._landmarker: Any = None
        self._had_face = False

    def faces(self, pixels: Any, milliseconds: int, afresh: bool) -> list[bytes]:
        if self._mirrored:
            pixels = np.ascontiguousarray(pixels[:, ::-1])
        if afresh or self._landmarker is None:
            self._renew()
        found = self._ask(pixels, milliseconds)
        if found and not self._had_face and self._fed > 1:
            # The face is back: its smoothing must not begin with what was seen before.
            self._renew()
            found = self._ask(pixels, milliseconds) or found
        self._had_face = bool(found)
        return found

    def _ask(self, pixels: Any, milliseconds: int) -> list[bytes]:
        self._fed += 1
        return _packed(self._landmarker.detect_for_video(_image(pixels), milliseconds))

    def _renew(self) -> None:
        self.close()
        self._landmarker = self._make("VIDEO")
        self._fed = 0

    def close(self) -> None:
        if self._landmarker is not None:
            self._landmarker.close()
            self._landmarker = None


def _image(pixels: Any) -> Any:
    import mediapipe

    return mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=pixels)


def _packed(result: Any) -> list[bytes]:
    """Each face as float32: landmarks (478, 3), scores (52,), matrix (4, 4)."""
    faces = []
    parts = zip(
        result.face_landmarks, result.face_blendshapes, result.facial_transformation_matrixes, strict=True
    )
    for landmarks, scores, matrix in parts:
        points = [(point.x, point.y, point.z) for point in landmarks]
        faces.append(
            np.asarray(points, "<f4").tobytes()
            + np.asarray([score.score for score in scores], "<f4").tobytes()
            + np.asarray(matrix, "<f4").tobytes()
        )
    return faces


def _serve(source: BinaryIO, sink: BinaryIO) -> None:
    asked = json.loads(source.readline())
    if asked["folder"]:
        # Behind the environment's own, whose NumPy and OpenCV are used.
        sys.path.append(asked["folder"])
    import mediapipe
    from mediapipe.tasks.python import BaseOptions, vision

    model = open(asked["model"], "rb").read()  # noqa: SIM115, PTH123

    def make(mode: str) -> Any:
        options = vision.FaceLandmarkerOptions(
            base_options=BaseOptions(model_asset_buffer=model),
            running_mode=vision.RunningMode[mode],
            num_faces=asked["faces"] if mode == "VIDEO" else MOST_FACES,
            output_face_blendshapes=True,
            output_facial_transformation_matrixes=True,
        )
        return vision.FaceLandmarker.create_from_options(options)

    with contextlib.ExitStack() as closing:
        runs = [_Following(make, False)]
        if asked["mirrored"]:
            runs.append(_Following(make, True))
        for run in runs:
            closing.callback(run.close)
        counter = make("IMAGE")
        closing.callback(counter.close)
        pool = closing.enter_context(ThreadPoolExecutor(len(runs)))
        sink.write(json.dumps({"version": mediapipe.__version__}).encode() + b"\n")
        sink.flush()
        while head := source.read(PICTURE.size):
            flags, milliseconds, width, height = PICTURE.unpack(head)
            pixels = np.frombuffer(source.read(width * height * 3), np.uint8).reshape(height, width, 3)
            jobs = [pool.submit(run.faces, pixels, milliseconds, bool(flags & AFRESH)) for run in runs]
            counted = len(counter.detect(_image(pixels)).face_landmarks) if flags & COUNT else 0
            found = [job.result() for job in jobs]
            faces, mirrored = found[0], found[1] if len(found) > 1 else []
            sink.write(ANSWER.pack(len(faces), len(mirrored), counted) + b"".join(faces + mirrored))
            sink.flush()


if __name__ == "__main__":
    # What libraries print must not come between the answers.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    _serve(sys.stdin.buffer, answers)
