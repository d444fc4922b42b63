"""The sidecar of a track file: what its format cannot say.

It lies beside the file under the file's whole name with ``.json`` behind it (``take.csv.json``) and is
one JSON object: ``pose_unit``, ``full_scale`` (degrees of a normalized 1) and ``missing`` (channels that
were never measured, and for which the file holds zeros).  Other keys are kept.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from viewer.core.channels import NAMES, match
from viewer.core.errors import StudioError
from viewer.core.files import WriteError, atomic_write, read_text
from viewer.core.pose import FULL_SCALE, UNITS, Unit
from viewer.core.track import BoolArray, Track

_LIMIT = 2**20
_MOST_SCALE = 360.0


@dataclass(frozen=True)
class Sidecar:
    """What a sidecar says; None and empty where it says nothing."""

    pose_unit: Unit | None = None
    full_scale: float | None = None
    missing: tuple[str, ...] = ()


def sidecar_path(path: Path) -> Path:
    """Where the sidecar of ``path`` lies."""
    return path.with_name(f"{path.name}.json")


def read_sidecar(path: Path, notes: list[str]) -> Sidecar:
    """The sidecar of the track ``path``; an empty one where there is none.  What cannot be used of it
    goes to ``notes``."""
    data = _object(sidecar_path(path), notes)
    unit, scale, missing = (data.get(key) for key in ("pose_unit", "full_scale", "missing"))
    if unit is not None and unit not in UNITS:
        notes.append(f"its sidecar names an unknown unit of rotations: {str(unit)[:40]!r}")
        unit = None
    usable = isinstance(scale, int | float) and not isinstance(scale, bool) and 0 < scale <= _MOST_SCALE
    if scale is not None and not usable:
        notes.append("the full_scale of its sidecar is not a number of degrees")
    found = [match(name) for name in missing if isinstance(name, str)] if isinstance(missing, list) else []
    names = tuple(channel.name for channel in found if channel is not None)
    return Sidecar(unit, float(scale) if usable and scale is not None else None, names)


def without_missing(track: Track, missing: Sequence[str]) -> Track:
    """The track without the channels that its sidecar calls ``missing``."""
    if not missing:
        return track
    present = track.present & ~_named(missing)
    values = track.values.copy()
    values[:, ~present] = 0.0
    return track.replaced(values=values, valid=track.valid, present=present)


def write_sidecar(path: Path, unit: Unit, full_scale: float, missing: Sequence[str], needed: bool) -> bool:
    """Say beside ``path`` what its format cannot, where that is ``needed`` or a sidecar that lies there
    would tell something else; whether one is there now.

    Raises :class:`~viewer.core.files.WriteError`, also where another file has its name.
    """
    beside = sidecar_path(path)
    known = _object(beside, [])
    if not needed and "pose_unit" not in known:
        return False
    if beside.exists() and "pose_unit" not in known:
        raise WriteError(
            f"{beside.name} is another file, but what {path.name} cannot say must be there",
            "move it away or choose another name",
            path,
        )
    said: dict[str, Any] = {"pose_unit": unit, "missing": list(missing)}
    if full_scale != FULL_SCALE or "full_scale" in known:
        said["full_scale"] = full_scale
    atomic_write(beside, json.dumps({**known, **said}, ensure_ascii=False, indent=2) + "\n")
    return True


def _named(names: Sequence[str]) -> BoolArray:
    return np.isin(NAMES, list(names))


def _object(path: Path, notes: list[str]) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        data = json.loads(read_text(path, _LIMIT))
    except (StudioError, ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        notes.append(f"{path.name} beside it cannot be read and was left aside")
        return {}
    return data
