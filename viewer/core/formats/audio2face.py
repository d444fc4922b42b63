"""NVIDIA Audio2Face-3D: CSV with ``timeCode`` and ``blendShapes.<Name>``, and JSON with
``facsNames`` and ``weightMat``.  The unit of its head rotations is not documented; they are taken for
radians.  The JSON that we write says the unit, and what else the format has no word for, under a key of
our own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from viewer.core.cancel import CancelToken
from viewer.core.channels import BY_NAME, INDEX, ROTATIONS, SHAPE_COUNT, STREAM_NAMES
from viewer.core.columns import runs
from viewer.core.errors import TrackError
from viewer.core.files import atomic_write
from viewer.core.formats import columns, json_file
from viewer.core.formats.beat import shortest
from viewer.core.formats.livelink import held
from viewer.core.formats.rows import without_percent
from viewer.core.track import Track

_HEAD = ("HeadRoll", "HeadPitch", "HeadYaw")
_OURS = "kfstudio"
_EVEN = 0.5 / 60_000
"""Seconds by which frames may lie off an even grid and still have a constant rate: half a thousandth of
a sixtieth, to which Live Link's timecodes are told."""


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


def fitted(track: Track, path: Path) -> Track:
    """The track as a file can hold it: the JSON knows one rate and no times, so a track with gaps or of
    a varying rate is resampled."""
    off = track.times - np.arange(len(track)) / _rate(track)
    return track if not _is_json(path) or np.abs(off).max() <= _EVEN else track.resampled(track.fps)


def _rate(track: Track) -> float:
    """Frames a second, over all of the track."""
    return (len(track) - 1) / float(track.times[-1]) if len(track) > 1 else track.fps


def left_out(asked: Track, fitted: Track, path: Path) -> tuple[str, ...]:
    """What of the track that was asked for has no place in the file."""
    if fitted is not asked:
        return (f"the format knows one rate and no times; resampled to {fitted.fps:.4g} frames per second",)
    if not _is_json(path) and asked.present[INDEX["LeftEyeYaw"] :].any():
        return ("Audio2Face's CSV has no place for the rotations of the eyes",)
    return ()


def write(track: Track, path: Path, cancel: CancelToken | None = None) -> None:
    """Write the JSON where ``path`` ends so, else the CSV: the shapes in stream order, without those
    the source lacked.  Of the rotations the CSV has those of the head; the JSON has all under
    ``kfstudio``, with their unit and the stretches in which the face was lost.  A lost frame is a row
    with empty cells in the CSV, in the JSON one that holds the last known weights.

    Raises :class:`~viewer.core.errors.FileError`, :class:`~viewer.core.errors.Cancelled`.
    """
    if _is_json(path):
        _write_json(track, path)
        return
    shapes = _present(track, STREAM_NAMES[:SHAPE_COUNT])
    head = _present(track, _HEAD)
    order = [INDEX[name] for name in (*shapes, *head)]
    lines = [",".join(("", "timeCode", *(f"blendShapes.{name}" for name in shapes), *head))]
    for at, row in enumerate(track.values[:, order]):
        if cancel is not None and at % 500 == 0:
            cancel.check()
        cells = [repr(shortest(v)) for v in row] if track.valid[at] else [""] * len(order)
        lines.append(",".join((str(at), repr(track.start + float(track.times[at])), *cells)))
    atomic_write(path, "\n".join(lines) + "\n")


def _is_json(path: Path) -> bool:
    return path.suffix.lower() == ".json"


def _present(track: Track, names: Sequence[str]) -> list[str]:
    return [name for name in names if track.present[INDEX[name]]]


def _write_json(track: Track, path: Path) -> None:
    names = _present(track, STREAM_NAMES[:SHAPE_COUNT])
    rotations = [channel.name for channel in ROTATIONS if track.present[channel.index]]
    values = held(track.values, track.valid)
    weights, turned = (
        [[shortest(value) for value in row] for row in values[:, [INDEX[name] for name in chosen]]]
        for chosen in (names, rotations)
    )
    document = {
        "exportFps": round(_rate(track), 9),
        "trackPath": "",
        "numPoses": len(names),
        "numFrames": len(track),
        "facsNames": [BY_NAME[name].arkit_name for name in names],
        "weightMat": weights,
        _OURS: {
            "poseUnit": track.meta["pose_unit"],
            "rotationNames": rotations,
            "rotations": turned,
            "lost": [[first, last - 1] for first, last in runs(~track.valid)],
            "start": track.start,
        },
    }
    atomic_write(path, json.dumps(document, separators=(",", ":")) + "\n")


def _read_json(path: Path, cancel: CancelToken | None) -> Track:
    document = json_file.load(path)
    if cancel is not None:
        cancel.check()
    weights = document.get("weightMat") if isinstance(document, dict) else None
    if not isinstance(weights, list):
        raise TrackError("has no matrix of weights", "choose an Audio2Face JSON export", path)
    notes: list[str] = []
    names, ours = document.get("facsNames"), document.get(_OURS)
    meta: dict[str, Any] = {"notes": notes}
    start = 0.0
    valid = np.ones(len(weights), bool)
    if isinstance(ours, dict):
        meta["pose_unit"] = ours.get("poseUnit")
        names, weights = _with_rotations(names, weights, ours, notes)
        for first, last in _stretches(ours.get("lost")):
            valid[first : last + 1] = False
        told = ours.get("start")
        start = told if isinstance(told, float) and np.isfinite(told) else 0.0
    values, present = json_file.named_values(names, weights, path, notes)
    fps = document.get("exportFps")
    if not isinstance(fps, float) or not 0.1 <= fps <= 1000:
        notes.append("does not state its frame rate; 60 frames per second assumed")
        fps = 60.0
    for key in ("joints", "rotations", "translations"):
        if document.get(key):
            notes.append(f"{key} were not read")
    values = without_percent(values, np.asarray(np.isfinite(values).all(axis=1)), notes)
    return Track.build(
        np.arange(len(weights)) / fps,
        values,
        valid,
        present=present,
        name=path.stem,
        format="audio2face",
        meta=meta,
    ).replaced(start=start)


def _with_rotations(
    names: Any, weights: list[Any], ours: dict[str, Any], notes: list[str]
) -> tuple[Any, list[Any]]:
    """Names and weights with those of the rotations behind them, where they fit."""
    more, rows = ours.get("rotationNames"), ours.get("rotations")
    if not more and not rows:
        return names, weights
    if not (isinstance(names, list) and isinstance(more, list) and isinstance(rows, list)) or (
        len(rows) != len(weights)
    ):
        notes.append("its rotations do not fit its weights and were not read")
        return names, weights
    joined = [
        [*own, *turned] if isinstance(own, list) and isinstance(turned, list) else None
        for own, turned in zip(weights, rows, strict=True)
    ]
    return [*names, *more], joined


def _stretches(raw: object) -> list[tuple[int, int]]:
    """Pairs of first and last frame; what is none is passed over."""
    pairs = raw if isinstance(raw, list) else []
    return [
        (int(pair[0]), int(pair[1]))
        for pair in pairs
        if isinstance(pair, list) and len(pair) == 2 and all(isinstance(n, float) and n >= 0 for n in pair)
    ]
