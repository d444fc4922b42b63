"""Units and signs of the nine head and eye rotations.

They differ between recorders (KeyframeFace: [-1, 1]; Live Link CSV: radians by all
appearance; Face Cap: degrees), so a dataset states its convention and this module turns
values into angles.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from viewer.core.channels import CHANNEL_COUNT, SHAPE_COUNT
from viewer.core.track import Track

Unit = Literal["normalized", "radians", "degrees"]
UNITS: tuple[Unit, ...] = ("normalized", "radians", "degrees")

NORMALIZED_DEGREES = 90.0
"""Degrees of a normalized value of 1.  Unsettled in the field: the old Unreal plugin divides
degrees by 180, generated values of 0.1 to 0.3 read as small turns.  A setting of the dataset."""


@dataclass(frozen=True)
class PoseConvention:
    """How rotation values are to be read.  Signs apply to yaw, pitch, roll: with +1, positive
    yaw turns to the subject's own left, positive pitch up, positive roll tips the head to its
    own left shoulder.  ``full_scale`` is degrees at a normalized 1."""

    unit: Unit = "normalized"
    yaw_sign: int = 1
    pitch_sign: int = 1
    roll_sign: int = 1
    full_scale: float = NORMALIZED_DEGREES

    def radians(self, values: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """(…, 3) yaw, pitch, roll values to radians with this project's signs."""
        v = np.asarray(values, np.float64) * np.array([self.yaw_sign, self.pitch_sign, self.roll_sign])
        in_radians = {"radians": 1.0, "degrees": np.pi / 180, "normalized": np.pi / 180 * self.full_scale}
        return np.asarray(v * in_radians[self.unit])


def in_convention(track: Track, own: PoseConvention, other: PoseConvention) -> Track:
    """The track with its nine rotations, given in ``own`` convention, turned into ``other``."""
    if own == other:
        return track
    values = track.values.copy()
    one = other.radians([1.0, 1.0, 1.0])
    turned = own.radians(values[:, SHAPE_COUNT:].reshape(-1, 3, 3)) / one
    values[:, SHAPE_COUNT:] = turned.reshape(-1, CHANNEL_COUNT - SHAPE_COUNT)
    meta = {**track.meta, "pose_unit": other.unit}
    return track.replaced(values=values, valid=track.valid, meta=meta)


def in_unit(track: Track, unit: Unit) -> Track:
    """The track with its rotations in ``unit``, where the unit that they are in is known."""
    known = track.meta.get("pose_unit")
    return in_convention(track, PoseConvention(unit=known), PoseConvention(unit=unit)) if known else track


def in_unit_of(track: Track, other: Track) -> Track:
    """The track with its rotations in the unit of another one, as far as the units of both are known."""
    return in_unit(track, other.meta.get("pose_unit") or track.meta.get("pose_unit") or "radians")


def with_head_of(
    row: npt.NDArray[np.float32], other: npt.NDArray[np.float32], own: PoseConvention, others: PoseConvention
) -> npt.NDArray[np.float32]:
    """The row (61,), given in ``own`` convention, with its head turned as that of another."""
    head = slice(SHAPE_COUNT, SHAPE_COUNT + 3)
    out = row.copy()
    out[head] = others.radians(other[head]) / own.radians([1.0, 1.0, 1.0])
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
