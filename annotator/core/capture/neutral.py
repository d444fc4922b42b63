"""The clip's own neutral face: what the tracker reads into a face at rest."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from annotator.core.capture.tracker_packages import CaptureError
from viewer.core.channels import NAMES, SHAPE_COUNT

Values = NDArray[np.float64]

_CALM_SECONDS = 0.5
_CALM = 0.02
"""Mean distance of the frames in a calm stretch from its mean; a face that speaks is beyond it."""
_LOW = 5.0
"""Percentile of a channel over the clip that a calm stretch may exceed by little only."""
_NEAR_LOW = 0.12
_MOST = 0.12
_MOST_OF_CHANNEL = {
    # What the tracker reads into faces at rest, by its own mean face: 5th percentiles of real clips.
    **dict.fromkeys(("EyeSquintLeft", "EyeSquintRight"), 0.35),
    **dict.fromkeys(("EyeLookDownLeft", "EyeLookDownRight"), 0.35),
    **dict.fromkeys(("EyeBlinkLeft", "EyeBlinkRight"), 0.2),
    **dict.fromkeys(("BrowDownLeft", "BrowDownRight", "BrowInnerUp"), 0.25),
    **dict.fromkeys(("BrowOuterUpLeft", "BrowOuterUpRight"), 0.25),
}
MOST = np.array([_MOST_OF_CHANNEL.get(name, _MOST) for name in NAMES[:SHAPE_COUNT]])
"""(52,) what is subtracted at most: a clip without a quiet moment must not be made neutral."""


@dataclass(frozen=True)
class Neutral:
    """What is subtracted: ``how`` (none, calm, percentile or chosen), the ``time`` (s) of the moment where
    there is one, ``values`` (52,) the channels whose value was
    ``capped``, and the ``frames`` of a moment that was chosen."""

    how: str
    time: float | None
    values: Values
    capped: tuple[str, ...] = ()
    frames: NDArray[np.intp] | None = None


def wish(text: str) -> str | float:
    """Read auto, none or seconds.

    Raises :class:`CaptureError` for anything else.
    """
    word = text.strip().lower()
    if word in ("auto", "none"):
        return word
    try:
        seconds = float(word)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        raise CaptureError(f"{text!r} is no neutral moment", "choose auto, none or seconds from 0")
    return seconds


def neutral_of(scores: Values, times: NDArray[np.float64], asked: str | float) -> Neutral:
    """The neutral face of a clip.

    Parameters
    ----------
    scores : (F, 52) array
        NaN where there is no face.
    times : (F,) array
        Seconds.
    asked : str or float
        auto, none, or the seconds of a moment.
    """
    seen = np.flatnonzero(np.isfinite(scores).any(axis=1))
    nothing = np.zeros(SHAPE_COUNT)
    if asked == "none" or not seen.size:
        return Neutral("none", None, nothing)
    if isinstance(asked, float):
        at = int(seen[np.argmin(np.abs(times[seen] - asked))])
        near = seen[np.abs(times[seen] - times[at]) <= 0.1]
        chosen = _capped("chosen", float(times[at]), np.nanmedian(scores[near], axis=0))
        return replace(chosen, frames=near)
    low = np.nanpercentile(scores[seen], _LOW, axis=0)
    calm = _calmest(scores[seen], times[seen], low)
    if calm is None:
        return _capped("percentile", None, low)
    moment, values = calm
    # What is often less than in the calm moment is not at rest there.
    return _capped("calm", moment, np.fmin(values, np.nanpercentile(scores[seen], 2 * _LOW, axis=0)))


def _calmest(scores: Values, times: NDArray[np.float64], low: Values) -> tuple[float, Values] | None:
    """The middle and the mean of the stretch where the face moves least, near rest; None where there is
    none."""
    filled = np.nan_to_num(scores)
    best: tuple[float, int, int] | None = None
    end = 0
    for start in range(len(times)):
        end = max(end, start + 1)
        while end < len(times) and times[end] - times[start] < _CALM_SECONDS:
            end += 1
        if end == len(times):
            break
        part = filled[start:end]
        mean = part.mean(axis=0)
        if np.abs(part - mean).mean() > _CALM or np.mean(mean - np.nan_to_num(low)) > _NEAR_LOW / 4:
            continue
        height = float(np.mean(np.maximum(mean - np.nan_to_num(low), 0.0)))
        if best is None or height < best[0]:
            best = height, start, end
    if best is None:
        return None
    _, start, end = best
    return float(times[(start + end) // 2]), np.asarray(np.nanmean(scores[start:end], axis=0))


def _capped(how: str, time: float | None, values: Values) -> Neutral:
    plain = np.clip(np.nan_to_num(values), 0.0, 1.0)
    over = plain > MOST + 1e-9
    names = tuple(name for name, capped in zip(NAMES, over, strict=False) if capped)
    return Neutral(how, time, np.minimum(plain, MOST), names)


def without(scores: Values, neutral: Neutral) -> Values:
    """``scores`` (F, 52) against the neutral face: 0 is rest, and 1 stays 1."""
    return np.clip((scores - neutral.values) / (1.0 - neutral.values), 0.0, 1.0)
