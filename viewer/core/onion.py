"""Onion skin: which second face is laid over the first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from viewer.core.face_model import FloatArray


@dataclass(frozen=True, eq=False)
class Onion:
    """The row (61,) of the face on top, and its tint (sRGB hex)."""

    values: FloatArray
    colour: str

    def same(self, other: Onion | None) -> bool:
        """Whether it says the same as ``other``."""
        return (
            other is not None
            and self.colour == other.colour
            and bool(np.array_equal(self.values, other.values, equal_nan=True))
        )
