"""Units and signs of the nine head and eye rotations.

Inside the program they are degrees, always (see :class:`~viewer.core.track.Track`).  Files differ
(KeyframeFace: [-1, 1]; Live Link CSV: radians; Face Cap: degrees), and their readers and writers
turn numbers into degrees and back with what stands here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from viewer.core.channels import SHAPE_COUNT

Unit = Literal["normalized", "radians", "degrees"]
UNITS: tuple[Unit, ...] = ("normalized", "radians", "degrees")

UnitSource = Literal["file", "sidecar", "format", "dataset", "clip", "guess"]
"""Who said in which unit the rotations of a file are."""

FULL_SCALE = 90.0
"""Degrees of a normalized value of 1, where a dataset says nothing else.  Unsettled in the field: the
old Unreal plugin divides degrees by 180, generated values of 0.1 to 0.3 read as small turns."""

_NORMALIZED_DECIMALS = 6
"""Decimals that a normalized value is given back with: a ten-thousandth of a degree, so that 0.1 stays
0.1 on its way through degrees."""


@dataclass(frozen=True)
class PoseConvention:
    """How rotation numbers of a file are to be read.  Signs apply to yaw, pitch, roll: with +1,
    positive yaw turns to the subject's own left, positive pitch up, positive roll tips the head to its
    own left shoulder.  ``full_scale`` is degrees at a normalized 1."""

    unit: Unit = "normalized"
    yaw_sign: int = 1
    pitch_sign: int = 1
    roll_sign: int = 1
    full_scale: float = FULL_SCALE

    def degrees(self, numbers: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Numbers of a file (…, 3n), n times yaw, pitch and roll, as degrees with this project's signs."""
        values = np.asarray(numbers, np.float64)
        return np.asarray(values * self._factors(values.shape[-1]))

    def numbers(self, degrees: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """What a file in this convention holds for ``degrees`` (…, 3n): the reverse of :meth:`degrees`."""
        values = np.asarray(degrees, np.float64)
        found = np.asarray(values / self._factors(values.shape[-1]))
        return found.round(_NORMALIZED_DECIMALS) if self.unit == "normalized" else found

    def _factors(self, count: int) -> npt.NDArray[np.float64]:
        one = {"radians": 180.0 / np.pi, "degrees": 1.0, "normalized": self.full_scale}[self.unit]
        return np.tile([self.yaw_sign * one, self.pitch_sign * one, self.roll_sign * one], count // 3)


@dataclass(frozen=True)
class PoseReading:
    """What is known of a file's rotations by those who have it.

    The signs and ``full_scale`` of ``convention`` always count; its unit counts where neither the
    file, a sidecar nor the format says one, or, with ``decided_by``, whatever these say."""

    convention: PoseConvention = PoseConvention()
    decided_by: UnitSource | None = None


def normalized_rows(rows: npt.ArrayLike, full_scale: float) -> npt.NDArray[np.float32]:
    """Values of a track (…, 61) as models know them: rotations in KeyframeFace's unit, of which 1 is
    ``full_scale`` degrees, not in degrees."""
    return _with_rotations(rows, PoseConvention(full_scale=full_scale).numbers)


def degree_rows(rows: npt.ArrayLike, full_scale: float) -> npt.NDArray[np.float32]:
    """Values (…, 61) of a model as a track holds them: rotations in degrees; the reverse of
    :func:`normalized_rows`."""
    return _with_rotations(rows, PoseConvention(full_scale=full_scale).degrees)


def with_head_of(row: npt.NDArray[np.float32], other: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The row (61,) with its head turned as that of another."""
    head = slice(SHAPE_COUNT, SHAPE_COUNT + 3)
    out = row.copy()
    out[head] = other[head]
    return out


def rotation_matrix(yaw: float, pitch: float, roll: float) -> npt.NDArray[np.float64]:
    """(3, 3) rotation for radians in this project's axes (+X own left, +Y up, +Z out): yaw
    about +Y (to the own left), pitch about -X (up), roll about -Z (own left ear down)."""
    cy, sy = np.cos(yaw), np.sin(yaw)
    cp, sp = np.cos(-pitch), np.sin(-pitch)
    cr, sr = np.cos(-roll), np.sin(-roll)
    ry = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    rx = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    rz = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    return np.asarray(ry @ rx @ rz)


def _with_rotations(
    rows: npt.ArrayLike, turn: Callable[[npt.NDArray[np.float32]], npt.NDArray[np.float64]]
) -> npt.NDArray[np.float32]:
    out = np.array(rows, np.float32)
    out[..., SHAPE_COUNT:] = turn(out[..., SHAPE_COUNT:])
    return out
