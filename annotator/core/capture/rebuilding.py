"""Channels made anew from landmarks, where those say more than the tracker's scores.

Each rule names how far a part of the face has moved from the clip's own rest, in distances of the outer
corners of the eyes.  The rules and their gains were chosen on clips with known coefficients of several
heads and recordings (docs/capture.md): a rule stands only where it follows the truth in all of
them, and better than the score.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotator.core.capture.shape_of_face import STILL, STILL_WITHOUT_BROWS, Points, held_still
from viewer.core.channels import INDEX

Values = NDArray[np.float64]
_REST = 10.0
"""Percentile of a movement over the clip that counts as rest."""

_LEFT = {
    "corner": 291,
    "lower_lip": 405,
    "mid_brow": 334,
    "inner_brow": 336,
    "outer_brow": 300,
    "pouch": 348,
    "lid": 374,
}
_RIGHT = {
    "corner": 61,
    "lower_lip": 181,
    "mid_brow": 105,
    "inner_brow": 107,
    "outer_brow": 70,
    "pouch": 119,
    "lid": 145,
}
_UPPER_INSIDE, _LOWER_INSIDE, _CHIN = 13, 14, 18

Movement = Callable[[Points], Values]


@dataclass(frozen=True)
class _Rule:
    """``gain`` times the ``movement`` is the channel; ``share`` of it counts, the score has the rest.
    ``still`` holds the head."""

    movement: Movement
    gain: float
    share: float
    still: tuple[int, ...] = STILL


def _up(point: int) -> Movement:
    return lambda face: face[:, point, 1]


def _down(point: int) -> Movement:
    return lambda face: -face[:, point, 1]


def _narrow(face: Points) -> Values:
    return face[:, _RIGHT["corner"], 0] - face[:, _LEFT["corner"], 0]


def _closed(face: Points) -> Values:
    return face[:, _LOWER_INSIDE, 1] - face[:, _UPPER_INSIDE, 1]


def _corner_low(corner: int) -> Movement:
    return lambda face: (face[:, _UPPER_INSIDE, 1] + face[:, _LOWER_INSIDE, 1]) / 2 - face[:, corner, 1]


def _out(point: int, side: int) -> Movement:
    return lambda face: side * face[:, point, 0]


def _raised(*points: int) -> Movement:
    return lambda face: face[:, list(points), 1].mean(axis=1)


def _rules() -> dict[str, _Rule]:
    rules = {
        "JawOpen": _Rule(_down(_CHIN), 2.4, 0.6),
        "MouthFunnel": _Rule(_narrow, 2.0, 0.65),
        "MouthPucker": _Rule(_narrow, 2.0, 0.5),
        "MouthShrugLower": _Rule(_closed, 0.6, 0.5),
        "MouthShrugUpper": _Rule(_down(_LOWER_INSIDE), 1.1, 1.0),
        "BrowInnerUp": _Rule(
            _raised(_LEFT["inner_brow"], _RIGHT["inner_brow"]), 3.0, 0.7, STILL_WITHOUT_BROWS
        ),
    }
    for side, points, sign in (("Left", _LEFT, 1), ("Right", _RIGHT, -1)):
        brows = STILL_WITHOUT_BROWS
        rules |= {
            f"BrowDown{side}": _Rule(_down(points["mid_brow"]), 7.0, 0.5, brows),
            f"BrowOuterUp{side}": _Rule(_raised(points["mid_brow"], points["outer_brow"]), 4.0, 0.5, brows),
            f"EyeSquint{side}": _Rule(_up(points["lid"]), 9.0, 0.6),
            f"CheekSquint{side}": _Rule(_raised(points["pouch"], points["lid"]), 3.5, 0.6),
            f"MouthDimple{side}": _Rule(_out(points["corner"], sign), 0.8, 1.0),
            f"MouthFrown{side}": _Rule(_corner_low(points["corner"]), 1.5, 0.6),
            f"MouthLowerDown{side}": _Rule(_down(points["lower_lip"]), 2.0, 0.5),
            f"MouthStretch{side}": _Rule(_down(points["lower_lip"]), 0.8, 0.8),
        }
    return rules


_RULES = _rules()
REBUILT = tuple(sorted(_RULES, key=INDEX.__getitem__))
"""Channels that landmarks have a part in, in CSV order."""


def rebuilt(
    scores: Values, landmarks: NDArray[np.floating], size: tuple[int, int], at_rest: NDArray[np.intp] | None
) -> Values:
    """``scores`` (F, 52) with the channels of :data:`REBUILT` from ``landmarks`` (F, 478, 3).

    ``size`` is the picture's in pixels.  ``at_rest`` are the frames of the moment that a person chose for
    rest; without it each movement's low percentile is.
    """
    faces = {still: held_still(landmarks, size, still) for still in (STILL, STILL_WITHOUT_BROWS)}
    out = scores.copy()
    for side in ("Left", "Right"):
        # The tracker has no score for it; a smile and a squint raise the cheek.
        smile, squint = scores[:, INDEX[f"MouthSmile{side}"]], scores[:, INDEX[f"EyeSquint{side}"]]
        out[:, INDEX[f"CheekSquint{side}"]] = (smile + squint) / 4
    for name, rule in _RULES.items():
        moved = rule.movement(faces[rule.still])
        seen = np.isfinite(moved)
        if not seen.any():
            continue
        rest = np.median(moved[at_rest]) if at_rest is not None else np.percentile(moved[seen], _REST)
        shape = np.clip(rule.gain * (moved - rest), 0.0, 1.0)
        column = INDEX[name]
        out[:, column] = rule.share * shape + (1.0 - rule.share) * out[:, column]
    return out
