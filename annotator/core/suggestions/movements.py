"""What of a face moves: shapes of both sides together, the gaze, the turns of the head."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.ndimage import binary_dilation, gaussian_filter1d, grey_opening

from annotator.core.sync.signals import RATE, on_grid
from viewer.core.channels import BY_NAME, INDEX, NAMES, SHAPE_COUNT, Region
from viewer.core.track import Track

Array = npt.NDArray[np.float64]
Known = npt.NDArray[np.bool_]
Sort = Literal["shape", "gaze", "head"]

SMOOTHING = 0.07
"""Seconds (standard deviation) over which values are smoothed: shorter is noise, longer a movement."""
SLOWER = 0.1
"""The same for jaw and lips, whose syllables are no keyframes."""

LONGEST_BLINK = 0.35
"""Seconds; eyes that stay shut for longer are a pose."""
_SHUT = 0.35
_AROUND_BLINK = 0.06
"""Seconds before and after a blink in which it moves what is around the eye."""
_FULL_TURN = 30.0
"""Degrees of the head that tell as much as a weight of 1."""

_WEIGHTS: dict[Region, float] = {
    "brows": 1.0,
    "eyes": 0.8,
    "nose": 0.7,
    "cheeks": 0.6,
    "jaw": 0.8,
    "mouth": 0.8,
    "tongue": 0.5,
    "head": 1.0,
    "eye rotation": 0.0,
}
"""How much a movement of a region says, from what annotators describe."""
_GAZE = 0.4


@dataclass(frozen=True, eq=False)
class Movement:
    """One thing that moves, on the grid of :data:`~annotator.core.sync.signals.RATE`.

    ``values`` (N,) are smoothed, 1 for a weight at its most, and of no meaning where the face is not known;
    ``noise`` is how much they tremble.  ``names`` are the words for more and for less of it, ``channels``
    those behind each.
    """

    names: tuple[str, str]
    sort: Sort
    weight: float
    values: Array
    noise: float
    channels: tuple[tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True)
class _Plan:
    names: tuple[str, str]
    sort: Sort
    weight: float
    more: tuple[str, ...]
    less: tuple[str, ...] = ()


def _plans() -> Iterator[_Plan]:
    opposed = {"JawLeft": "jaw", "MouthLeft": "mouth"}
    seen = set[str]()
    for name in NAMES[:SHAPE_COUNT]:
        channel = BY_NAME[name]
        if name.startswith("EyeLook") or name in seen or name in ("JawRight", "MouthRight"):
            continue
        weight = _WEIGHTS[channel.region]
        if name in opposed:
            yield _Plan((name, channel.mirror), "shape", weight, (name,), (channel.mirror,))
            continue
        sides = (name,) if channel.side == "middle" else (name, channel.mirror)
        seen.update(sides)
        stem = name if channel.side == "middle" else name.removesuffix("Left").removesuffix("Right")
        words = "shut eyes" if stem == "EyeBlink" else stem
        yield _Plan((words, words), "shape", weight, sides)
    left, right = ("EyeLookOutLeft", "EyeLookInRight"), ("EyeLookInLeft", "EyeLookOutRight")
    yield _Plan(("to the own left", "to the own right"), "gaze", _GAZE, left, right)
    up, down = ("EyeLookUpLeft", "EyeLookUpRight"), ("EyeLookDownLeft", "EyeLookDownRight")
    yield _Plan(("up", "down"), "gaze", _GAZE, up, down)
    head = _WEIGHTS["head"]
    yield _Plan(("turned to the own left", "turned to the own right"), "head", head, ("HeadYaw",))
    yield _Plan(("raised", "lowered"), "head", head, ("HeadPitch",))
    yield _Plan(("tipped to the own left", "tipped to the own right"), "head", head, ("HeadRoll",))


_PLANS = tuple(_plans())


def movements_of(track: Track) -> tuple[list[Movement], Known]:
    """All that moves, and where on the grid the face is known (N,)."""
    blinks, known = _blinks_and_known(track)
    found = []
    for plan in _PLANS:
        raw = _raw(track, plan)
        if raw is None or not known.any() or float(np.ptp(raw[known])) < 1e-3:
            continue
        if plan.more[0] == "EyeBlinkLeft":
            # What is left has been shut for longer than a blink.
            raw = grey_opening(raw, size=(round(LONGEST_BLINK * RATE),))
        elif plan.sort == "gaze" or BY_NAME[plan.more[0]].region in ("eyes", "brows", "cheeks"):
            raw = _bridged(raw, blinks & known, known)
        slow = BY_NAME[plan.more[0]].region in ("jaw", "mouth")
        smooth = _smoothed(raw, known, SLOWER if slow else SMOOTHING)
        channels = plan.more, plan.less or plan.more
        found.append(Movement(plan.names, plan.sort, plan.weight, smooth, _noise(raw, known), channels))
    return found, known


def _raw(track: Track, plan: _Plan) -> Array | None:
    """The values on the grid; None where the source lacks them."""
    columns = [INDEX[name] for name in (*plan.more, *plan.less)]
    if track.unmeasured[columns].any():
        return None
    values = on_grid(track.times, track.values[:, columns], 0.0, float(track.times[-1])).values
    more, less = values[:, : len(plan.more)], values[:, len(plan.more) :]
    if plan.sort == "head":
        return np.asarray(more[:, 0] / _FULL_TURN)
    # One eye never looks alone, but one corner of a mouth may smile.
    one = more.mean(axis=1) if plan.sort == "gaze" else more.max(axis=1)
    return np.asarray(one - less.mean(axis=1) if less.shape[1] else one)


def _blinks_and_known(track: Track) -> tuple[Known, Known]:
    """Where on the grid an eye blinks, with what is around it, and where the face is known."""
    columns = [INDEX["EyeBlinkLeft"], INDEX["EyeBlinkRight"]]
    grid = on_grid(track.times, track.values[:, columns], 0.0, float(track.times[-1]))
    shut = np.where(grid.known, grid.values.mean(axis=1), 0.0)
    short = shut - grey_opening(shut, size=(round(LONGEST_BLINK * RATE),))
    blinks = binary_dilation(short > _SHUT * max(float(shut.max(initial=0.0)), 0.3), iterations=1)
    around = round(_AROUND_BLINK * RATE)
    return np.asarray(binary_dilation(blinks, iterations=around)), grid.known


def _bridged(values: Array, gone: Known, known: Known) -> Array:
    """The values, straight across where they are ``gone``."""
    at = np.arange(values.size)
    kept = known & ~gone
    if not kept.any() or not gone.any():
        return values
    return np.where(gone, np.interp(at, at[kept], values[kept]), values)


def _smoothed(values: Array, known: Known, seconds: float) -> Array:
    """Smoothed over known values alone."""
    sigma = seconds * RATE
    share = gaussian_filter1d(known.astype(np.float64), sigma, mode="nearest")
    total = gaussian_filter1d(np.where(known, values, 0.0), sigma, mode="nearest")
    return np.asarray(total / np.maximum(share, 1e-9))


def _noise(raw: Array, known: Known) -> float:
    """How much the values tremble faster than a face moves (standard deviation, robust)."""
    rest = (raw - _smoothed(raw, known, 0.03))[known]
    return float(1.4826 * np.median(np.abs(rest - np.median(rest))))


def names_of(names: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
