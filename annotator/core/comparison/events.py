"""What happens in one track: blinks, and frames that break the limits of a face."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from annotator.core.comparison.measures import BrokenLimits
from annotator.core.generation.facs.limits import TOLERANCE, excesses
from viewer.core.channels import INDEX, MOST_DEGREES
from viewer.core.pose import normalized_rows
from viewer.core.track import Track

Array = npt.NDArray[np.float64]

CLOSED, OPEN = 0.5, 0.3
"""A lid counts as closed above the first and as open again below the second."""

LONGEST_BLINK = 0.6
"""Seconds; lids that stay down longer are closed eyes, not a blink."""

_LIDS = [INDEX["EyeBlinkLeft"], INDEX["EyeBlinkRight"]]


def blinks(track: Track, start: float = -np.inf, end: float = np.inf) -> int:
    """How many times both lids close and open again between ``start`` and ``end`` seconds.
    Lids that were not seen open before and after, as beside a lost frame, do not count."""
    inside = (track.times >= start) & (track.times <= end)
    times = track.times[inside]
    closure = track.values[inside][:, _LIDS].mean(axis=1).astype(np.float64)
    count, since, opened = 0, None, False
    for time, value in zip(times.tolist(), closure.tolist(), strict=True):
        if value <= OPEN:
            count += since is not None and time - since <= LONGEST_BLINK
            since, opened = None, True
        elif value >= CLOSED and opened and since is None:
            since = time
        elif value != value:
            since, opened = None, False
    return count


def broken_limits(values: npt.ArrayLike) -> BrokenLimits:
    """How many of the frames (F, 61) of a track break a limit of a face."""
    rows = normalized_rows(values, MOST_DEGREES)
    with np.errstate(invalid="ignore"):
        rules: dict[str, npt.NDArray[np.bool_]] = {}
        for rule, _channels, excess in excesses(rows):
            broken = excess > TOLERANCE
            rules[rule] = rules.get(rule, np.zeros(len(rows), bool)) | broken
    anything = np.any(list(rules.values()), axis=0)
    counts = {rule: int(broken.sum()) for rule, broken in rules.items() if broken.any()}
    ordered = sorted(counts.items(), key=lambda item: -item[1])
    return BrokenLimits(int(anything.sum()), dict(ordered))
