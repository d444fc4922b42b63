"""How far each channel, and each frame, can be trusted: without knowing the truth.

What the numbers rest on was measured on rendered clips with known coefficients (docs/capture.md): how
much a score moves at all, whether the mirrored picture gives the same, and what a channel is worth with
this tracker.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotator.core.capture.rebuilding import REBUILT
from viewer.core.channels import NAMES, SHAPE_COUNT

Values = NDArray[np.float64]

NEVER_SEEN = ("CheekPuff", "NoseSneerLeft", "NoseSneerRight", "TongueOut")
"""Channels that neither scores nor landmarks show."""
WEAK = 0.4
"""Channels below it are weak."""

_WORTH = {
    0.9: "MouthSmile EyeBlink MouthLowerDown",
    0.8: "MouthUpperUp MouthPucker MouthFunnel MouthStretch CheekSquint JawOpen EyeLookOut",
    0.7: "BrowDown BrowOuterUp MouthShrugLower MouthShrugUpper EyeWide EyeLookDown EyeLookIn",
    0.6: "EyeSquint EyeLookUp",
    0.45: "BrowInnerUp MouthClose MouthRollLower",
    0.3: "Jaw MouthFrown MouthDimple MouthLeft MouthRight",
    0.15: "MouthRollUpper",
    0.05: "MouthPress",
}
"""Correlation with the truth on rendered clips, by channel or by what its name begins with."""
_BY_SPREAD = ((0.001, 0.005, 0.02, 0.1, 0.25), (0.02, 0.07, 0.31, 0.63, 0.88))
_BY_MIRROR = ((0.0, 0.8, 0.95, 1.0), (0.05, 0.15, 0.45, 0.7))
_SMALL, _LARGE = 60.0, 160.0
"""Pixels of a face's height: below the first nothing can be trusted fully, above the second all."""
_TURNED = (25.0, 55.0)
"""Degrees of the head within which, and beyond which, a face is seen well, and badly."""


def worth_of(name: str) -> float:
    """What a channel is worth with this tracker, 0 to 1."""
    if name in NEVER_SEEN:
        return 0.0
    fitting = [
        (len(start), value)
        for value, starts in _WORTH.items()
        for start in starts.split()
        if name.startswith(start)
    ]
    return max(fitting)[1]


@dataclass(frozen=True)
class Reliability:
    """``channels`` (52,) and ``frames`` (F,), 0 to 1; NaN where there is no face."""

    channels: Values
    frames: Values


def reliability_of(
    shapes: Values,
    scores: Values,
    mirrored: Values,
    heights: Values,
    angles: Values,
    near_breaks: NDArray[np.bool_],
) -> Reliability:
    """How far to trust what was tracked.

    Parameters
    ----------
    shapes : (F, 52) array
        What the track will hold.
    scores, mirrored : (F, 52) arrays
        As they came, of the picture and of its mirror; the latter NaN where it was not looked at.
    heights : (F,) array
        Pixels of the face.
    angles : (F, 3) array
        Degrees of the head.
    near_breaks : (F,) bool array
        Frames beside a cut or a lost stretch.
    """
    frames = _frames(scores, mirrored, heights, angles, near_breaks)
    seen = np.isfinite(frames)
    share = float(np.nanmean(frames)) if seen.any() else 0.0
    channels = np.zeros(SHAPE_COUNT)
    for at, name in enumerate(NAMES[:SHAPE_COUNT]):
        worth = worth_of(name)
        if not worth or not seen.any():
            continue
        spread = float(np.interp(np.nanstd(shapes[seen, at]), *_BY_SPREAD))
        signs = [worth, spread]
        agreement = _correlation(scores[seen, at], mirrored[seen, at])
        if agreement is not None and name not in REBUILT:
            signs.append(float(np.interp(agreement, *_BY_MIRROR)))
        # Each sign alone is weak; where one says that nothing is there, nothing is.
        channels[at] = (0.5 * float(np.mean(signs)) + 0.5 * float(np.prod(signs)) ** (1 / len(signs))) * (
            0.6 + 0.4 * share
        )
    return Reliability(np.clip(channels, 0.0, 1.0), frames)


def _frames(
    scores: Values, mirrored: Values, heights: Values, angles: Values, near_breaks: NDArray[np.bool_]
) -> Values:
    size = np.interp(heights, (0.0, _SMALL, _LARGE), (0.1, 0.5, 1.0))
    most = np.abs(angles[:, :2]).max(axis=1)
    turned = np.interp(most, _TURNED, (1.0, 0.3))
    apart = np.abs(scores - mirrored)
    known = np.isfinite(apart).any(axis=1)
    disagreement = np.zeros(len(scores))
    disagreement[known] = np.nanmean(apart[known], axis=1)
    agreeing = np.interp(disagreement, (0.02, 0.15), (1.0, 0.3))
    out = size * turned * agreeing * np.where(near_breaks, 0.7, 1.0)
    return np.where(np.isfinite(heights), out, np.nan)


def _correlation(a: Values, b: Values) -> float | None:
    both = np.isfinite(a) & np.isfinite(b)
    if both.sum() < 3:
        return None
    x, y = a[both] - a[both].mean(), b[both] - b[both].mean()
    size = float(np.sqrt((x * x).sum() * (y * y).sum()))
    return float((x * y).sum()) / size if size > 1e-9 else 0.0
