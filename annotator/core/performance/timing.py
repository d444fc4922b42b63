"""When keyframes happen that nobody timed, or whose times must fit something else.

Durations follow EVIDENCE: an expression takes 0.5 to 4 s, letting go is slower than coming up.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from annotator.core.generation.protocol import PlannedKeyframe

Times = Sequence[float | None] | npt.NDArray[np.float64]

HOLD = 0.4
"""Seconds a last pose is held at least."""

_FIRST = 0.6


def natural_times(values: npt.ArrayLike) -> list[float]:
    """Seconds for keys (K, 61) that nobody timed: a bigger change takes longer, and letting go
    1.7 times as long as coming up."""
    keys = np.asarray(values, np.float64)
    times = [_FIRST]
    for before, after in itertools.pairwise(keys):
        size = float(np.abs(after - before).max())
        slower = 1.7 if np.abs(after).sum() < np.abs(before).sum() else 1.0
        times.append(times[-1] + float(np.clip((0.7 + 0.8 * size) * slower, 0.8, 3.0)))
    return times


def completed(times: Sequence[float | None], values: npt.ArrayLike) -> list[float]:
    """``times`` with the missing ones in the natural rhythm of the keys (K, 61): before, between and
    after those that are given.  The given ones must rise."""
    natural = natural_times(values)
    given = [(natural[i], time) for i, time in enumerate(times) if time is not None]
    if not given:
        return natural
    # From the start to the first one; beyond the last one at the natural pace.
    (first, at), (last, end) = given[0], given[-1]
    own, real = [first, *(pair[0] for pair in given[1:])], [at, *(pair[1] for pair in given[1:])]
    pace = min(at / first, 1.0) if first > 0 else 1.0
    return [
        time
        if time is not None
        else at - (first - spot) * pace
        if spot < first
        else end + spot - last
        if spot > last
        else float(np.interp(spot, own, real))
        for time, spot in zip(times, natural, strict=True)
    ]


def _spread(times: Times, values: npt.ArrayLike) -> list[float]:
    """As many times as there are keys, along the annotated ``times``."""
    if any(time is None for time in times) and len(times) == len(np.asarray(values)):
        times = completed([None if time is None else float(time) for time in times], values)
    rising = sorted(max(float(time), 0.0) for time in times if time is not None)
    natural = natural_times(values)
    if len(rising) == len(natural):
        return rising
    if len(rising) == 1:
        return [rising[0] + time - natural[0] for time in natural]
    places = np.linspace(0, len(rising) - 1, len(natural)) if len(natural) > 1 else np.zeros(1)
    return [float(time) for time in np.interp(places, np.arange(len(rising)), rising)]


def timed(
    values: npt.ArrayLike,
    times: Times | None,
    plan: Sequence[PlannedKeyframe],
    duration: float | None,
) -> list[float]:
    """When each keyframe is reached.

    Parameters
    ----------
    values : (K, 61) array
        The values of the keyframes.
    times : sequence of float or None, optional
        Annotated seconds; where they are fewer or more than the keyframes, these are spread along them.
    plan : sequence of PlannedKeyframe
        Its times count when it has one for each keyframe and there are no ``times``.
    duration : float, optional
        Seconds of the clip, within which planned and natural times are kept.

    Returns
    -------
    list of float
        K rising seconds.
    """
    keys = np.asarray(values)
    if times is not None and len(times):
        return _spread(times, keys)
    chosen = [step.time for step in plan] if len(plan) == len(keys) else natural_times(keys)
    # Planned times know nothing of the clip's length.
    if duration is not None and chosen[-1] > duration - HOLD and chosen[-1] > 0:
        chosen = [time * max(duration - HOLD, 0.5 * duration) / chosen[-1] for time in chosen]
    return chosen
