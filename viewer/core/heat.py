"""The heatmap of difference: how far vertices lie apart, and the colour of a distance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from viewer.core.blend import Blender, distance_mm
from viewer.core.face_model import FloatArray

TOPS_MM = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
"""Round ends of the scale, of which an automatic one takes the first that is large enough."""

_ROUNDED = 1e-3
"""Share by which an end may fall short: faces moved by exactly 1 mm need no scale up to 2."""

# Nine even steps of "viridis" (Smith and van der Walt, CC0): even to the eye, and told apart by
# people who see colours differently.
_STEPS = np.array(
    [
        (68, 1, 84),
        (71, 45, 123),
        (59, 82, 139),
        (44, 114, 142),
        (33, 145, 140),
        (40, 174, 128),
        (94, 201, 98),
        (173, 220, 48),
        (253, 231, 37),
    ],
    np.float64,
)
_TABLE = np.stack(
    [np.interp(np.linspace(0, 8, 256), np.arange(9), _STEPS[:, k]).round() for k in range(3)], axis=1
).astype(np.uint8)


@dataclass(frozen=True, eq=False)
class Against:
    """The row (61,) that a face is measured against, and the end of the scale in mm (0: automatic)."""

    values: FloatArray
    top: float = 0.0

    def same(self, other: Against | None) -> bool:
        """Whether it says the same as ``other``."""
        return (
            other is not None
            and self.top == other.top
            and bool(np.array_equal(self.values, other.values, equal_nan=True))
        )


@dataclass(frozen=True)
class HeatScale:
    """What a heatmap's colours mean: the last one stands for ``top`` mm and more; the vertex
    furthest away lies ``largest`` mm off."""

    top: float
    largest: float


def face_difference_mm(blender: Blender, a: npt.ArrayLike, b: npt.ArrayLike) -> FloatArray:
    """Millimetres (N,) between the faces that two rows of 61 values make, with the head held
    still in both; the gaze counts."""
    one = blender.blend(a, turn_head=False)
    other = blender.blend(b, turn_head=False)
    return distance_mm(blender.model, one, other)


def heat_scale(distances: FloatArray, top: float) -> HeatScale:
    """The scale up to ``top`` mm, or with 0 up to the first round value that covers all but a
    hundredth of the vertices that moved."""
    largest = float(distances.max(initial=0.0))
    if not 0 < top < np.inf:
        moved = distances[distances > 0.05]
        wanted = float(np.percentile(moved, 99)) if moved.size else 0.0
        top = next((step for step in TOPS_MM if step >= wanted * (1 - _ROUNDED)), TOPS_MM[-1])
    return HeatScale(top, largest)


def heat_colours(distances: npt.ArrayLike, top: float) -> npt.NDArray[np.uint8]:
    """sRGB colours (N, 3) of distances (N,) in mm on a scale from 0 to ``top``."""
    share = np.clip(np.asarray(distances, np.float32) * (255.0 / top), 0.0, 255.0)
    return np.asarray(_TABLE[share.astype(np.uint8)])
