"""MediaPipe's face blendshapes: columns of a CSV among many others, or an array (F, 52).

52 = ``_neutral`` and 51 ARKit shapes in alphabetical order; there is no tongueOut.
"""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

from viewer.core.cancel import CancelToken
from viewer.core.channels import CHANNEL_COUNT, SHAPE_COUNT, SHAPES, match
from viewer.core.errors import TrackError
from viewer.core.files import TEXT_LIMIT, read_bytes, read_head
from viewer.core.formats import columns
from viewer.core.numpy_file import read_array
from viewer.core.track import Track

NUMPY_MAGIC = b"\x93NUMPY"
NAMES_IN_ORDER = tuple(sorted(shape.arkit_name for shape in SHAPES if shape.name != "TongueOut"))
"""The 51 shapes as MediaPipe lists them after ``_neutral``."""

_LEAST_CHANNELS = 5
_TIME_COLUMNS = {
    "time": 1.0,
    "seconds": 1.0,
    "time_s": 1.0,
    "timestamp": 1.0,
    "timecode": 1.0,
    "approx_time": 1.0,
    "time_ms": 1e3,
    "timestamp_ms": 1e3,
    "ms": 1e3,
    "milliseconds": 1e3,
    "timestamp_us": 1e6,
}


def is_header(header: list[str]) -> bool:
    """At least five columns are channels."""
    return sum(match(name) is not None for name in header) >= _LEAST_CHANNELS


def read(path: Path, cancel: CancelToken | None = None) -> Track:
    """Read the CSV or the NumPy array, told apart by the first bytes.

    Raises :class:`~viewer.core.errors.FileError`, :class:`TrackError`,
    :class:`~viewer.core.errors.Cancelled`.
    """
    if read_head(path, 6) == NUMPY_MAGIC:
        return _read_array(path, cancel)
    return columns.read(path, is_header, _TIME_COLUMNS, "mediapipe", cancel)


def _read_array(path: Path, cancel: CancelToken | None) -> Track:
    data = read_bytes(path, TEXT_LIMIT)
    if cancel is not None:
        cancel.check()
    try:
        array = read_array(io.BytesIO(data), len(data))
    except ValueError as error:
        raise TrackError(str(error), "save the array again with numpy.save", path) from error
    if array.dtype.kind not in "fiu":
        raise TrackError("is no array of plain numbers", "save the array again with numpy.save", path)
    if array.ndim == 3 and 1 in array.shape[1:]:
        array = array.reshape(array.shape[0], -1)
    if array.ndim != 2 or array.shape[1] not in (51, 52, CHANNEL_COUNT) or not len(array):
        raise TrackError(
            f"holds an array of shape {tuple(array.shape)}", "give one of shape (frames, 52)", path
        )
    notes = [f"an array states no times; {columns.ASSUMED_FPS:g} frames a second assumed"]
    values = np.zeros((len(array), CHANNEL_COUNT), np.float32)
    present = np.zeros(CHANNEL_COUNT, bool)
    with np.errstate(over="ignore"):
        if array.shape[1] == CHANNEL_COUNT:
            notes.append("61 columns read as the channels in CSV order")
            values[:] = array
            present[:] = True
        else:
            notes.append("columns read in MediaPipe's order, which has no TongueOut and no rotations")
            channels = [match(name) for name in NAMES_IN_ORDER]
            at = [channel.index for channel in channels if channel is not None]
            values[:, at] = array[:, -(SHAPE_COUNT - 1) :]
            present[at] = True
    lost = int((~np.isfinite(values).all(axis=1)).sum())
    if lost:
        notes.append(f"{lost} frames hold something else than numbers; treated as lost")
    return Track.build(
        np.arange(len(array)) / columns.ASSUMED_FPS,
        values,
        present=present,
        name=path.stem,
        format="mediapipe",
        meta={"notes": notes},
    )
