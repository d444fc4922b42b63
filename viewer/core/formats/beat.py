"""BEAT-shaped JSON: ``names`` in any order, ``frames`` of ``weights`` and ``time`` (s)."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np

from viewer.core.cancel import CancelToken
from viewer.core.channels import CHANNELS, SHAPE_COUNT
from viewer.core.errors import TrackError
from viewer.core.files import atomic_write
from viewer.core.formats import clock, json_file
from viewer.core.formats.rows import without_percent
from viewer.core.formats.table import count_words, order
from viewer.core.track import Track

_KEYS = tuple(re.compile(rf'[{{,]\s*"{key}"\s*:') for key in ("names", "frames", "weights", "time"))


def looks_like_one(text: str) -> bool:
    """Whether the beginning of a JSON text has the keys of its frames."""
    return all(key.search(text) for key in _KEYS)


def read(path: Path, cancel: CancelToken | None = None) -> Track:
    """Read a BEAT-shaped JSON.  A frame may carry ``valid: false`` (ours): the face was lost.

    Raises :class:`~viewer.core.errors.FileError`, :class:`TrackError`.
    """
    document = json_file.load(path)
    if cancel is not None:
        cancel.check()
    frames = document.get("frames") if isinstance(document, dict) else None
    if not isinstance(frames, list):
        raise TrackError("has no list of frames", "choose a BEAT-shaped JSON file", path)
    notes: list[str] = []
    texts = [str(f.get("time", "")) if isinstance(f, dict) else "" for f in frames]
    seconds = clock.read("time", texts, notes, stated=1.0)
    stated = np.zeros(len(frames), bool) if seconds is None else np.isfinite(seconds)
    timed = [frame for frame, has_time in zip(frames, stated, strict=True) if has_time]
    if len(timed) < len(frames):
        notes.append(f"{count_words(len(frames) - len(timed), 'frame')} without a time left out")
    values, present = json_file.named_values(
        document.get("names"), [f.get("weights") for f in timed], path, notes
    )
    if any(f.get("rotation") for f in timed):
        notes.append("head rotations were not read: their unit is not stated")
    valid = np.isfinite(values).all(axis=1) & np.array([f.get("valid") is not False for f in timed])
    assert seconds is not None
    values = without_percent(values, valid, notes)
    times, values, valid = order(seconds[stated], values, valid, notes)
    meta: dict[str, object] = {"notes": notes}
    stated = document.get("poseUnit", document.get("pose_unit"))
    if isinstance(stated, str):
        meta["pose_unit"] = stated
    return Track.build(times, values, valid, present=present, name=path.stem, format="beat", meta=meta)


def write(track: Track, path: Path, cancel: CancelToken | None = None) -> None:
    """Write all present channels under their ARKit names, and the unit of the rotations.  Values and
    times read back exactly; a lost frame holds zeros and says ``"valid": false``.

    Raises :class:`~viewer.core.errors.FileError`, :class:`~viewer.core.errors.Cancelled`.
    """
    here = np.flatnonzero(track.present)
    frames: list[dict[str, object]] = []
    rows = np.nan_to_num(track.values[:, here])
    for at, row in enumerate(rows):
        if cancel is not None and at % 500 == 0:
            cancel.check()
        frame: dict[str, object] = {
            "weights": [shortest(value) for value in row],
            "time": track.start + float(track.times[at]) if track.start else float(track.times[at]),
        }
        if not track.valid[at]:
            frame["valid"] = False
        frames.append(frame)
    document: dict[str, object] = {"names": [CHANNELS[i].arkit_name for i in here], "frames": frames}
    if track.present[SHAPE_COUNT:].any():
        document["poseUnit"] = track.meta["pose_unit"]
    atomic_write(path, json.dumps(document, separators=(",", ":")) + "\n")


def shortest(value: np.float32) -> float:
    """The float64 with the fewest digits that is this float32 again when read."""
    return float(np.format_float_scientific(value, unique=True))
