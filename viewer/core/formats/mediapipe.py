"""MediaPipe's face blendshapes: columns of a CSV among many others, or an array (F, 52).

52 = ``_neutral`` and 51 ARKit shapes in alphabetical order; there is no tongueOut.
"""

from __future__ import annotations

import io
import math
from pathlib import Path

import numpy as np

from viewer.core.cancel import CancelToken
from viewer.core.channels import CHANNEL_COUNT, SHAPE_COUNT, SHAPES, match
from viewer.core.errors import TrackError
from viewer.core.files import TEXT_LIMIT, read_bytes, read_head
from viewer.core.formats import columns
from viewer.core.formats.rows import ASSUMED_FPS
from viewer.core.track import Track

NUMPY_MAGIC = b"\x93NUMPY"
NAMES_IN_ORDER = tuple(sorted(shape.arkit_name for shape in SHAPES if shape.name != "TongueOut"))
"""The 51 shapes as MediaPipe lists them after ``_neutral``."""

_LEAST_CHANNELS = 5


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
    return columns.read(path, is_header, "mediapipe", cancel)


def _read_array(path: Path, cancel: CancelToken | None) -> Track:
    data = read_bytes(path, TEXT_LIMIT)
    if cancel is not None:
        cancel.check()
    stream = io.BytesIO(data)
    header = np.lib.format
    try:
        version = header.read_magic(stream)
        read_header = header.read_array_header_1_0 if version == (1, 0) else header.read_array_header_2_0
        shape, _, dtype = read_header(stream)
        # Before numpy reserves memory for a size that only the header claims.
        room = len(data) - stream.tell()
        sizes = [int(side) for side in shape]
        fits = min(sizes, default=0) >= 0 and math.prod(sizes) * dtype.itemsize <= room
        if dtype.kind not in "fiu" or not fits:
            raise TrackError(
                "is cut off in the middle" if dtype.kind in "fiu" else "is no array of plain numbers",
                "save the array again with numpy.save",
                path,
            )
        array = np.load(io.BytesIO(data), allow_pickle=False)
    except TrackError:
        raise
    except Exception as error:  # the header is parsed as Python text: any fault of it may come
        raise TrackError("is a damaged NumPy file", "save the array again with numpy.save", path) from error
    if array.ndim == 3 and 1 in array.shape[1:]:
        array = array.reshape(array.shape[0], -1)
    if array.ndim != 2 or array.shape[1] not in (51, 52, CHANNEL_COUNT) or not len(array):
        raise TrackError(
            f"holds an array of shape {tuple(array.shape)}", "give one of shape (frames, 52)", path
        )
    notes = [f"an array states no times; {ASSUMED_FPS:g} frames a second assumed"]
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
        np.arange(len(array)) / ASSUMED_FPS,
        values,
        present=present,
        name=path.stem,
        format="mediapipe",
        meta={"notes": notes},
    )
