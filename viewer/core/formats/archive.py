"""Tables for notebooks, as NumPy archives (.npz): what a track holds, under names of its own.

``names`` (61,) text in CSV order, ``times`` (F,) float64 seconds from 0, ``values`` (F, 61) float32 with
rotations in ``pose_unit``, ``valid`` (F,), ``present`` (61,), ``fps``, ``start`` (s) and ``source``, JSON on
where it came from.  A lost frame is NaN and not ``valid``, a channel that was never measured NaN and not
``present``.  Readable with ``allow_pickle=False``.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from viewer.core.cancel import CancelToken
from viewer.core.channels import CHANNEL_COUNT, NAMES, match
from viewer.core.files import atomic_write, read_bytes
from viewer.core.formats import arrays
from viewer.core.formats.json_file import note_missing
from viewer.core.limits import MODEL_FILE_BYTES, TRACK_FRAMES
from viewer.core.numpy_file import read_arrays
from viewer.core.pose import UNITS
from viewer.core.track import FloatArray, Track

_KEYS = ("names", "pose_unit", "source", "fps", "start", "present", "valid", "times", "values")
"""In this order, so that the first bytes of a file show that it is one of these."""


def begins(head: bytes) -> bool:
    """Whether a file that begins so has the arrays of a track."""
    return arrays.begins(head) and b"names.npy" in head and b"pose_unit.npy" in head


def read(path: Path, cancel: CancelToken | None = None, order: str | None = None) -> Track:
    """Read an archive as :func:`write` makes it, exactly; another one as :mod:`.arrays` reads it.

    Raises :class:`~viewer.core.errors.FileError`, :class:`~viewer.core.errors.TrackError`,
    :class:`~viewer.core.errors.Cancelled`.
    """
    data = read_bytes(path, MODEL_FILE_BYTES)
    if cancel is not None:
        cancel.check()
    try:
        found = read_arrays(io.BytesIO(data), _KEYS)
    except ValueError:
        # An archive of somebody else may have anything under these names.
        found = {}
    track = _track(found, path)
    return arrays.read(path, cancel, order) if track is None else track


def write(track: Track, path: Path, cancel: CancelToken | None = None) -> None:
    """Write everything that the track holds.  Values, times and what is lost or missing read back exactly.

    Raises :class:`~viewer.core.errors.FileError`, :class:`~viewer.core.errors.Cancelled`.
    """
    if cancel is not None:
        cancel.check()
    held: dict[str, npt.NDArray[Any]] = {
        "names": np.array(NAMES),
        "pose_unit": np.array(track.meta["pose_unit"], "<U10"),
        "source": np.array(json.dumps(source_of(track))),
        "fps": np.array(track.fps, "<f8"),
        "start": np.array(track.start, "<f8"),
        "present": track.present,
        "valid": track.valid,
        "times": track.times,
        "values": with_holes(track),
    }
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **{key: held[key] for key in _KEYS})
    if cancel is not None:
        cancel.check()
    atomic_write(path, buffer.getvalue())


def source_of(track: Track) -> dict[str, Any]:
    """Where a track came from, for tables: its file, its format, its model and its notes."""
    return {
        "file": track.name,
        "format": track.format,
        "model": str(track.meta.get("model", "")),
        "notes": [str(note) for note in track.notes],
    }


def with_holes(track: Track) -> FloatArray:
    """(F, 61) values with NaN also where a channel was never measured."""
    values = np.where(track.present, track.values, np.float32(np.nan))
    return np.asarray(values, np.float32)


def _track(found: Mapping[str, npt.NDArray[Any]], path: Path) -> Track | None:
    """The track that the arrays are, None where they are not those of one."""
    if not found.keys() >= {"names", "times", "values", "valid", "present", "pose_unit"}:
        return None
    kinds = {"names": "U", "times": "f", "values": "f", "valid": "b", "present": "b", "pose_unit": "U"}
    if any(found[key].dtype.kind != kind for key, kind in kinds.items()):
        return None
    times, values, valid = found["times"], found["values"], found["valid"]
    channels = [match(str(name)) for name in found["names"].reshape(-1)]
    count = len(channels)
    if (
        not 0 < times.size <= TRACK_FRAMES
        or values.shape != (times.size, count)
        or valid.shape != times.shape
        or found["present"].shape != (count,)
        or str(found["pose_unit"].reshape(-1)[:1].tolist()[0] if found["pose_unit"].size else "") not in UNITS
        or len({channel for channel in channels if channel is not None}) != count
        or not np.isfinite(times).all()
        or (np.diff(times) <= 0).any()
    ):
        return None
    present = np.zeros(CHANNEL_COUNT, bool)
    whole = np.zeros((times.size, CHANNEL_COUNT), np.float32)
    for column, channel in enumerate(channels):
        if channel is not None and found["present"][column]:
            present[channel.index] = True
            with np.errstate(over="ignore", invalid="ignore"):
                whole[:, channel.index] = values[:, column]
    notes: list[str] = []
    note_missing(present, (), notes)
    meta: dict[str, Any] = {"notes": notes, "pose_unit": str(found["pose_unit"].reshape(-1)[0])}
    track = Track.build(times, whole, valid, present=present, name=path.stem, format="npz", meta=meta)
    start = found.get("start")
    usable = start is not None and start.size == 1 and start.dtype.kind in "fiu"
    moment = float(start.reshape(-1)[0]) if usable and start is not None else 0.0
    return track.replaced(start=track.start + moment) if np.isfinite(moment) else track
