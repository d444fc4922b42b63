"""Life between the keys: blinks, and the small motion of a face that is held still.

Rates and durations follow EVIDENCE: about 17 blinks a minute at rest, closing in about 70 ms and
opening 1.7 times as slowly.  Both layers vanish at the keys, so that keys are still met.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from annotator.core.generation.facs.limits import BLINK_AND_SQUINT
from viewer.core.channels import INDEX

FloatArray = npt.NDArray[np.float64]

BLINKS_PER_MINUTE = 17.0
CLOSING, SHUT, OPENING = 0.07, 0.02, 0.12
"""Seconds of a blink's parts."""

_REFRACTORY = 1.0
_CLEAR_OF_KEYS = 0.08
_SHUT_ALREADY, _WIDE, _SQUEEZED = 0.35, 0.09, 0.3
_GAZE_SHIFT, _GAZE_WITHIN = 0.3, 0.35
_WITH_GAZE = 0.6
"""Share of large shifts of gaze that a blink goes along with."""

_DRIFT: dict[str, float] = {
    "HeadYaw": 0.010,
    "HeadPitch": 0.008,
    "HeadRoll": 0.006,
    "BrowInnerUp": 0.022,
    "BrowOuterUpLeft": 0.012,
    "BrowOuterUpRight": 0.012,
    "BrowDownLeft": 0.010,
    "BrowDownRight": 0.010,
    "CheekSquintLeft": 0.016,
    "CheekSquintRight": 0.016,
    "MouthPressLeft": 0.014,
    "MouthPressRight": 0.014,
    "MouthDimpleLeft": 0.010,
    "MouthDimpleRight": 0.010,
}
"""Size of the drift by channel; a normalized head rotation of .01 is less than a degree.  None of them
limits another one, so that a drift never tips a limit over."""

_RATES = (0.13, 0.29, 0.53, 0.97)
"""Hz; each is as strong as it is slow, close to the 1/f of a living face."""

_QUIET = 0.3
"""Seconds around a key in which the drift goes to nothing."""

_GAZE = tuple(
    INDEX[f"EyeLook{way}{side}"] for way in ("In", "Out", "Up", "Down") for side in ("Left", "Right")
)
_LIDS = tuple(INDEX[f"EyeBlink{side}"] for side in ("Left", "Right"))
_WIDES = tuple(INDEX[f"EyeWide{side}"] for side in ("Left", "Right"))
_SQUINTS = tuple(INDEX[f"EyeSquint{side}"] for side in ("Left", "Right"))


def blink_times(values: FloatArray, fps: float, keys: Sequence[float], seed: int) -> list[float]:
    """When blinks begin in frames (F, 61): at rest about 17 a minute, with large shifts of gaze, never
    over a key, a shut, wide or squeezed eye."""
    random = np.random.default_rng(seed)
    duration = len(values) / fps
    wanted = _gaze_shifts(values, fps, random)
    time = float(random.uniform(0.5, 3.0))
    while time < duration:
        wanted.append(time)
        time += _REFRACTORY + float(random.gamma(3.0, (60.0 / BLINKS_PER_MINUTE - _REFRACTORY) / 3.0))
    length = CLOSING + SHUT + OPENING
    found: list[float] = []
    for start in sorted(wanted):
        if found and start - found[-1] < _REFRACTORY:
            continue
        inside = values[max(int((start - 0.1) * fps), 0) : int((start + length + 0.1) * fps) + 1]
        clear = all(not -_CLEAR_OF_KEYS < key - start < length + _CLEAR_OF_KEYS for key in keys)
        open_eyes = inside.size and all(
            inside[:, columns].max() < most
            for columns, most in ((_LIDS, _SHUT_ALREADY), (_WIDES, _WIDE), (_SQUINTS, _SQUEEZED))
        )
        if start + length < duration and clear and open_eyes:
            found.append(start)
    return found


def with_blinks(values: FloatArray, fps: float, keys: Sequence[float], seed: int) -> FloatArray:
    """The frames (F, 61) with blinks laid over."""
    out = values.copy()
    times = np.arange(len(values)) / fps
    random = np.random.default_rng([seed, 1])
    for start in blink_times(values, fps, keys, seed):
        depth = float(random.uniform(0.92, 1.0))
        stops = (start, start + CLOSING, start + CLOSING + SHUT, start + CLOSING + SHUT + OPENING)
        lid = depth * _smooth(np.interp(times, stops, (0.0, 1.0, 1.0, 0.0)))
        for column, squint in zip(_LIDS, _SQUINTS, strict=True):
            # As deep as a squeezed eye lets it, so that no limit pulls the squint away.
            room = np.maximum(BLINK_AND_SQUINT - out[:, squint], 0.0)
            out[:, column] = np.maximum(out[:, column], np.minimum(lid, room))
    return out


def with_micro_motion(values: FloatArray, fps: float, keys: Sequence[float], seed: int) -> FloatArray:
    """The frames (F, 61) with a small drift of head, brows, cheeks and mouth."""
    out = values.copy()
    times = np.arange(len(values)) / fps
    loud = np.ones(len(values))
    for key in keys:
        loud = np.minimum(loud, _smooth(np.clip(np.abs(times - key) / _QUIET, 0.0, 1.0)))
    random = np.random.default_rng([seed, 2])
    # Both halves of a face drift mostly together.
    shared: dict[str, FloatArray] = {}
    for name, size in _DRIFT.items():
        both = name.removesuffix("Left").removesuffix("Right")
        own = _drift(times, random)
        drift = 0.75 * shared.setdefault(both, own) + 0.25 * own
        if not name.startswith("Head"):
            drift = np.abs(drift)
        out[:, INDEX[name]] += size * loud * drift
    return out


def _gaze_shifts(values: FloatArray, fps: float, random: np.random.Generator) -> list[float]:
    """The moments before large shifts of gaze that a blink goes along with."""
    span = max(round(_GAZE_WITHIN * fps), 1)
    if len(values) <= span:
        return []
    size = np.abs(values[span:][:, _GAZE] - values[:-span][:, _GAZE]).max(axis=1)
    found: list[float] = []
    for start in np.flatnonzero(size > _GAZE_SHIFT):
        time = float(start) / fps
        if not found or time - found[-1] > _REFRACTORY:
            found.append(time)
    return [time for time in found if random.uniform() < _WITH_GAZE]


def _drift(times: FloatArray, random: np.random.Generator) -> FloatArray:
    """About -1 to 1, smooth, never the same twice."""
    total = np.zeros(len(times))
    for rate in _RATES:
        phase, detune = random.uniform(0.0, 2.0 * np.pi), random.uniform(0.85, 1.15)
        total += np.sin(2.0 * np.pi * rate * detune * times + phase) / rate
    return np.asarray(total / sum(1.0 / rate for rate in _RATES))


def _smooth(share: FloatArray) -> FloatArray:
    return np.asarray(share * share * (3.0 - 2.0 * share))
