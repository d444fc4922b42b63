"""Onion skin: which second face is laid over the first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from viewer.core.face_model import FloatArray
from viewer.core.pose import PoseConvention


@dataclass(frozen=True, eq=False)
class Onion:
    """The row (61,) of the face on top, its tint (sRGB hex), and how its rotations are to be
    read; None keeps its head still."""

    values: FloatArray
    colour: str
    pose: PoseConvention | None = None

    def same(self, other: Onion | None) -> bool:
        """Whether it says the same as ``other``."""
        return (
            other is not None
            and (self.colour, self.pose) == (other.colour, other.pose)
            and bool(np.array_equal(self.values, other.values, equal_nan=True))
        )
