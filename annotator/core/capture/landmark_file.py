"""The landmarks that a track was captured from, kept beside it.

``take.csv`` has them in ``take.csv.landmarks``, an archive of NumPy arrays (.npz) that holds numbers only.
The name is no track's, so that nothing takes it for one.  The track's sidecar says under ``landmarks`` that
the file belongs to it, and of which video it is.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotator.core.capture.landmarker import LANDMARKS
from annotator.core.capture.tracker_packages import CaptureError
from viewer.core.errors import FileError
from viewer.core.files import atomic_write, is_file, open_plain, read_text
from viewer.core.formats.sidecar import sidecar_path
from viewer.core.limits import LANDMARK_FRAMES
from viewer.core.numpy_file import read_arrays

_ARRAYS = ("frames", "times", "points", "sureness")
_SUFFIX = ".landmarks"
_SIDECAR_BYTES = 2**20
_MISSING = 65535
_LOW, _HIGH = -1.0, 2.0
"""Of the picture's sides: a face may reach beyond them."""
_STEP = (_HIGH - _LOW) / (_MISSING - 1)
_SAME_TIME = 2e-3
"""Seconds: two programs may read the time of a frame a little apart."""


@dataclass(frozen=True)
class FaceLandmarks:
    """The landmarks of one face in F frames of a video.

    ``frames`` (F,) are the numbers of the frames in the video, from 0, rising; ``times`` (F,) their seconds
    in it.  ``points`` (F, P, 3) uint16 are shares of the picture's width and height, z as x: -1 to 2 in
    65,534 steps, 65535 in frames without the face.  ``sureness`` (F,) float32 is how far each frame can be
    trusted, 0 to 1; NaN without the face.
    """

    frames: NDArray[np.int64]
    times: NDArray[np.float64]
    points: NDArray[np.uint16]
    sureness: NDArray[np.float32]

    @classmethod
    def of(
        cls,
        frames: Sequence[int],
        times: NDArray[np.float64],
        landmarks: NDArray[np.floating],
        sureness: NDArray[np.floating],
    ) -> FaceLandmarks:
        """Keep ``landmarks`` (F, P, 3), shares of the picture, NaN in frames without a face."""
        points = np.full(landmarks.shape, _MISSING, np.uint16)
        seen = np.isfinite(landmarks).all(axis=(1, 2))
        points[seen] = np.rint((np.clip(landmarks[seen], _LOW, _HIGH) - _LOW) / _STEP)
        return cls(
            np.asarray(frames, np.int64),
            np.asarray(times, np.float64),
            points,
            np.where(seen, sureness, np.nan).astype(np.float32),
        )

    def row_of(self, frame: int, time: float) -> int:
        """The row of the video's frame with this number at this time; -1 where there is none."""
        row = int(np.searchsorted(self.frames, frame))
        known = row < len(self.frames) and self.frames[row] == frame
        return row if known and abs(self.times[row] - time) <= _SAME_TIME else -1

    def shares(self, row: int) -> NDArray[np.float64] | None:
        """The landmarks (P, 3) of a row as shares of the picture; None in a frame without the face."""
        points = self.points[row]
        return None if (points == _MISSING).any() else points * _STEP + _LOW


def landmark_path(track: Path) -> Path:
    """Where the landmarks of the track ``track`` lie."""
    return track.with_name(f"{track.name}{_SUFFIX}")


def write_landmarks(path: Path, landmarks: FaceLandmarks) -> None:
    """Write them; raises :class:`~viewer.core.files.WriteError`."""
    packed = io.BytesIO()
    np.savez_compressed(
        packed,
        frames=landmarks.frames,
        times=landmarks.times,
        points=landmarks.points,
        sureness=landmarks.sureness,
    )
    atomic_write(path, packed.getvalue())


def read_landmarks(path: Path, which: Sequence[int] | None = None) -> FaceLandmarks:
    """The landmarks in a file; only those called ``which`` where that is given.

    Raises :class:`~viewer.core.errors.FileError` where the file cannot be read or holds anything else.
    """
    with open_plain(path) as file:
        try:
            found = read_arrays(file, _ARRAYS)
            _check(found)
        except ValueError as error:
            raise FileError(
                f"holds no landmarks that can be used: it {error}", "capture the video again", path
            ) from error
    points = found["points"] if which is None else found["points"][:, list(which)].copy()
    return FaceLandmarks(
        found["frames"].astype(np.int64),
        found["times"].astype(np.float64),
        np.asarray(points, np.uint16),
        found["sureness"].astype(np.float32),
    )


def _check(found: Mapping[str, NDArray[Any]]) -> None:
    """Raise ValueError unless these are the arrays of landmarks."""
    for name in _ARRAYS:
        if name not in found:
            raise ValueError(f"lacks {name}")
    frames, times, points, sureness = (found[name] for name in _ARRAYS)
    count = len(frames) if frames.ndim == 1 else -1
    if (times.shape, points.shape, sureness.shape) != ((count,), (count, LANDMARKS, 3), (count,)):
        raise ValueError("has arrays that do not fit each other")
    if count > LANDMARK_FRAMES:
        raise ValueError(f"has more than {LANDMARK_FRAMES:,} frames")
    kinds = frames.dtype.kind in "iu", times.dtype.kind == "f", points.dtype.kind == "u"
    if not all(kinds) or points.dtype.itemsize != 2 or sureness.dtype.kind != "f":
        raise ValueError("has arrays of the wrong type")
    if count and (int(frames[0]) < 0 or int(frames[-1]) >= 2**62 or not (frames[1:] > frames[:-1]).all()):
        raise ValueError("has frames out of order")
    known = sureness[~np.isnan(sureness)]
    if not np.isfinite(times).all() or not ((known >= 0) & (known <= 1)).all():
        raise ValueError("has numbers beyond all bounds")


def captured_report(track: Path) -> dict[str, Any]:
    """What was said of a track when it was captured; empty where it was not, or where that cannot be
    read."""
    beside = sidecar_path(track)
    if not is_file(beside):
        return {}
    try:
        told = json.loads(read_text(beside, _SIDECAR_BYTES))
    except (FileError, ValueError, RecursionError):
        return {}
    captured = isinstance(told, dict) and isinstance(told.get("backend"), dict) and told.get("video")
    return told if captured else {}


def has_landmarks(track: Path, report: Mapping[str, Any]) -> bool:
    """Whether landmarks lie beside the track ``track``, of which ``report`` was said."""
    return bool(report.get("landmarks")) and is_file(landmark_path(track))


def check_landmark_target(track: Path) -> None:
    """Raise :class:`CaptureError` where another file lies where the landmarks of ``track`` go."""
    path = landmark_path(track)
    if not path.exists():
        return
    try:
        read_landmarks(path, ())
    except FileError:
        raise CaptureError(
            f"{path.name} is another file, but the landmarks go there",
            "move it away or choose another name",
            track,
        ) from None
