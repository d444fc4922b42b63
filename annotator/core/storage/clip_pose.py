"""How the rotations of a clip's recording are to be read: what its dataset and it itself say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from annotator.core.findings import Finding
from viewer.core.channels import BY_NAME, ROTATIONS
from viewer.core.errors import StudioError
from viewer.core.formats import read
from viewer.core.pose import UNITS, PoseConvention, PoseReading

_SIGNS = ("yaw_sign", "pitch_sign", "roll_sign")


def pose_from_json(
    value: Any, default: PoseConvention, where: str, findings: list[Finding]
) -> PoseConvention:
    """The convention under a key ``pose``: an object, or a unit alone; what it leaves out is that of
    ``default``, which also stands for one that cannot be used (a finding)."""
    if value is None:
        return default
    data = value if isinstance(value, Mapping) else {"unit": value}
    given = {**asdict(default), **{key: item for key, item in data.items() if key in asdict(default)}}
    unit, scale = given["unit"], given["full_scale"]
    usable_scale = isinstance(scale, int | float) and not isinstance(scale, bool) and 0 < scale <= 360
    if unit not in UNITS or not usable_scale or any(given[sign] not in (1, -1) for sign in _SIGNS):
        findings.append(
            Finding(
                "warning",
                where,
                f"its pose {value!r} is unknown",
                f"{default.unit} is used; a unit is one of {', '.join(UNITS)}, signs are 1 or -1",
            )
        )
        return default
    signs = {sign: int(given[sign]) for sign in _SIGNS}
    return PoseConvention(unit, full_scale=float(scale), **signs)


def pose_of_clip(
    of_dataset: PoseConvention | None, own: Any, where: str, findings: list[Finding]
) -> PoseReading | None:
    """What is known of a clip's rotations, from its dataset and from what clip.json says under ``pose``;
    None where nobody says anything."""
    if own is None:
        return None if of_dataset is None else PoseReading(of_dataset)
    count = len(findings)
    convention = pose_from_json(own, of_dataset or PoseConvention(), where, findings)
    names_unit = len(findings) == count and (not isinstance(own, Mapping) or "unit" in own)
    return PoseReading(convention, "clip" if names_unit else None)


def numbers_of_recording(track: Path | None, pose: PoseReading | None) -> PoseConvention:
    """The convention of the numbers in a clip's recording; where there is none that can be read, that
    of its dataset."""
    known = pose or PoseReading()
    try:
        unit = None if track is None else read(track, pose=pose).meta.get("pose_unit")
    except StudioError:
        unit = None
    return replace(known.convention, unit=unit or known.convention.unit)


class EarlierRotations:
    """Turns corrected rotations that an earlier version kept, in the numbers of the recording's file,
    into degrees, and remembers which; ``convention`` is asked only when there are some."""

    def __init__(self, convention: Callable[[], PoseConvention]) -> None:
        self._ask = convention
        self._convention: PoseConvention | None = None
        self._changed: list[tuple[str, float, float]] = []

    def degrees(self, numbers: Mapping[str, float]) -> dict[str, float]:
        """Rotations by name as degrees."""
        if not numbers:
            return {}
        if self._convention is None:
            self._convention = self._ask()
        found = {}
        for name, number in numbers.items():
            axis = ROTATIONS.index(BY_NAME[name]) % 3
            found[name] = float(self._convention.degrees([number] * 3)[axis])
            self._changed.append((name, number, found[name]))
        return found

    def tell(self, where: str, findings: list[Finding]) -> None:
        """Say what was changed of the file ``where``, if anything."""
        if not self._changed or self._convention is None:
            return
        count = f"{len(self._changed)} corrected rotations were"
        if len(self._changed) == 1:
            count = "1 corrected rotation was"
        name, number, degrees = self._changed[0]
        findings.append(
            Finding(
                "note",
                where,
                f"{count} kept by an earlier version as in the recording, in {self._convention.unit}",
                f"read as degrees, {name} {number:g} as {degrees:.1f}°, and written so with the next save",
            )
        )
