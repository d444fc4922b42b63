"""Where eyes and mouth of a face are, by what its shapes move."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from viewer.core.channels import INDEX
from viewer.core.face_model import STILL, FloatArray, extent

_EYES = ("EyeBlink", "EyeWide", "EyeSquint", "EyeLookDown", "EyeLookUp")
_MOUTHS = ("MouthPucker", "MouthFunnel", "MouthClose", "MouthShrugLower", "MouthRollLower")

Point = npt.NDArray[np.float64]


def moved_by(vertices: FloatArray, deltas: FloatArray, name: str) -> npt.NDArray[np.float64]:
    """(N,) how far a shape moves each vertex; 0 where it is no further than files round."""
    reach = np.linalg.norm(deltas[INDEX[name]].astype(np.float64), axis=1)
    reach[reach <= STILL * extent(vertices)] = 0.0
    return np.asarray(reach)


def centre_of(vertices: FloatArray, deltas: FloatArray, name: str) -> Point | None:
    """(3,) middle of what a shape moves, by how far it does; None where it moves nothing."""
    weights = moved_by(vertices, deltas, name) ** 2
    return np.average(vertices, axis=0, weights=weights) if weights.any() else None


def eye_centre(vertices: FloatArray, deltas: FloatArray, side: str) -> Point | None:
    """(3,) the eye of a ``side`` (``Left`` or ``Right``): by its lids, the first of its shapes that moves."""
    found = (centre_of(vertices, deltas, name + side) for name in _EYES)
    return next((centre for centre in found if centre is not None), None)


def mouth_centre(vertices: FloatArray, deltas: FloatArray, *, jaw: bool = True) -> Point | None:
    """(3,) the mouth: by its lips, or by the ``jaw`` where no shape moves those."""
    names = (*_MOUTHS, "JawOpen") if jaw else _MOUTHS
    found = (centre_of(vertices, deltas, name) for name in names)
    return next((centre for centre in found if centre is not None), None)
