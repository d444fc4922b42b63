"""NVIDIA Audio2Face-3D: CSV with ``timeCode`` and ``blendShapes.<Name>``, and JSON with
``facsNames`` and ``weightMat``.  The unit of its head rotations is not documented."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from viewer.core.cancel import CancelToken
from viewer.core.channels import INDEX, SHAPE_COUNT, STREAM_NAMES
from viewer.core.errors import TrackError
from viewer.core.files import atomic_write
from viewer.core.formats import columns, json_file
from viewer.core.formats.beat import shortest
from viewer.core.formats.rows import without_percent
from viewer.core.track import Track

_HEAD = ("HeadRoll", "HeadPitch", "HeadYaw")


def is_header(header: list[str]) -> bool:
    """A time code column, and channels called ``blendShapes.…``."""
    names = [name.lower() for name in header]
    return "timecode" in names and any(name.startswith("blendshapes.") for name in names)


def read(path: Path, cancel: CancelToken | None = None) -> Track:
    """Read the CSV or the JSON, told apart by its first character.

    Raises :class:`~viewer.core.errors.FileError`, :class:`TrackError`,
    :class:`~viewer.core.errors.Cancelled`.
    """
    if columns.first_character(path) in "{[":
        return _read_json(path, cancel)
    return columns.read(path, is_header, "audio2face", cancel, unit=1.0)


def write(track: Track, path: Path, cancel: CancelToken | None = None) -> None:
    """Write the CSV: 52 shapes in stream order and the head's rotation; the format has no place
    for the eyes' rotations.  A lost frame is a row with empty cells.

    Raises :class:`TrackError` for a .json name, :class:`~viewer.core.errors.FileError`,
    :class:`~viewer.core.errors.Cancelled`.
    """
    if path.suffix.lower() == ".json":
        raise TrackError("Audio2Face's JSON is read but not written", "name the file .csv", path)
    shapes = STREAM_NAMES[:SHAPE_COUNT]
    order = [INDEX[name] for name in (*shapes, *_HEAD)]
    lines = [",".join(("", "timeCode", *(f"blendShapes.{name}" for name in shapes), *_HEAD))]
    for at, row in enumerate(track.values[:, order]):
        if cancel is not None and at % 500 == 0:
            cancel.check()
        cells = [repr(shortest(v)) for v in row] if track.valid[at] else [""] * len(order)
        lines.append(",".join((str(at), repr(track.start + float(track.times[at])), *cells)))
    atomic_write(path, "\n".join(lines) + "\n")


def _read_json(path: Path, cancel: CancelToken | None) -> Track:
    document = json_file.load(path)
    if cancel is not None:
        cancel.check()
    weights = document.get("weightMat") if isinstance(document, dict) else None
    if not isinstance(weights, list):
        raise TrackError("has no matrix of weights", "choose an Audio2Face JSON export", path)
    notes: list[str] = []
    values, present = json_file.named_values(document.get("facsNames"), weights, path, notes)
    fps = document.get("exportFps")
    if not isinstance(fps, float) or not 0.1 <= fps <= 1000:
        notes.append("does not state its frame rate; 60 frames a second assumed")
        fps = 60.0
    for key in ("joints", "rotations", "translations"):
        if document.get(key):
            notes.append(f"{key} were not read")
    values = without_percent(values, np.asarray(np.isfinite(values).all(axis=1)), notes)
    return Track.build(
        np.arange(len(weights)) / fps,
        values,
        present=present,
        name=path.stem,
        format="audio2face",
        meta={"notes": notes},
    )
