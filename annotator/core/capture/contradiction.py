"""Where the tracker reads a smile into a face that cries.

A smile lifts the corners of the mouth far above the lower lip, also with the eyes shut.  Where the eyes
stay shut and the corners do not lie above the lip, the score is doubted and lowered.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from annotator.core.capture.shape_of_face import STILL, held_still
from annotator.core.capture.smoothing import Smoothing, smoothed
from viewer.core.channels import INDEX

Values = NDArray[np.float64]

_CORNERS, _LOWER_LIP = (61, 291), 17
_LOW, _HIGH = 0.18, 0.21
"""Height of the corners above the lower lip, in distances of the outer corners of the eyes: faces at rest
and crying ones are below, smiles above."""
_SHUT = (0.2, 0.5)
"""EyeBlink within which eyes begin to count as shut, and do."""
_WINK = Smoothing("gauss", seconds=0.2)
"""A blink is shorter, and no sign of anything."""
_SMILES = ("MouthSmileLeft", "MouthSmileRight")
_LOWERED = 0.85
_TOLD = 0.5
_A_SMILE = 0.3


def doubt_of_smile(
    shapes: Values,
    landmarks: NDArray[np.floating],
    size: tuple[int, int],
    times: NDArray[np.float64],
    runs: list[slice],
) -> Values:
    """How far a smile is contradicted, (F,) from 0 to 1; 0 without a face.

    ``shapes`` (F, 52) and ``landmarks`` (F, 478, 3) at ``times`` (F,) s; ``size`` is the picture's in
    pixels, ``runs`` the stretches with a face.
    """
    face = held_still(landmarks, size, STILL)
    height = face[:, _CORNERS, 1].mean(axis=1) - face[:, _LOWER_LIP, 1]
    shut = shapes[:, [INDEX["EyeBlinkLeft"], INDEX["EyeBlinkRight"]]].min(axis=1)
    low = np.interp(height, (_LOW, _HIGH), (1.0, 0.0))
    both = np.stack([low, np.interp(shut, _SHUT, (0.0, 1.0))], axis=1)
    both[~np.isfinite(height)] = np.nan
    calm = smoothed(both, times, iter(runs), _WINK)
    return np.asarray(np.nan_to_num(np.clip(calm, 0.0, 1.0).prod(axis=1)))


def lowered(shapes: Values, doubt: Values) -> tuple[Values, NDArray[np.bool_]]:
    """``shapes`` (F, 52) with smiles lowered by ``doubt`` (F,), and the frames (F,) in which one was."""
    out = shapes.copy()
    columns = [INDEX[name] for name in _SMILES]
    out[:, columns] *= (1.0 - _LOWERED * doubt)[:, None]
    read = np.nan_to_num(shapes[:, columns]).max(axis=1) > _A_SMILE
    return out, np.asarray(read & (doubt > _TOLD), bool)
