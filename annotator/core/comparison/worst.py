"""The moments at which two tracks differ most."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from annotator.core.comparison.measures import Moment
from viewer.core.channels import CHANNELS

Array = npt.NDArray[np.float64]

MOMENTS = 5
APART = 0.5
"""Seconds between two moments that are told as two."""

_LEAST = 0.005
"""Share of what a channel may reach."""


def worst_moments(
    times: Array, difference: Array, columns: npt.NDArray[np.bool_], most: int = MOMENTS
) -> list[Moment]:
    """Up to ``most`` moments, worst first, at least :data:`APART` seconds from each other.

    ``difference`` (F, 61) belongs to rising ``times`` (F,); only ``columns`` (61,) count, which are
    weights or rotations and not both.  The
    root mean square is used so that one channel that is far off outweighs many that are a little.
    """
    places = np.flatnonzero(columns)
    if not places.size or not times.size:
        return []
    looked_at = difference[:, places]
    least = _LEAST * max(CHANNELS[place].most for place in places)
    errors = np.sqrt(np.square(looked_at).mean(axis=1))
    free = errors >= least
    found: list[Moment] = []
    while len(found) < most and free.any():
        at = int(np.argmax(np.where(free, errors, -1.0)))
        column = int(np.abs(looked_at[at]).argmax())
        channel = CHANNELS[int(places[column])]
        found.append(
            Moment(
                round(float(times[at]), 6),
                round(float(errors[at]), 6),
                channel.name,
                channel.region,
                round(float(looked_at[at, column]), 6),
            )
        )
        free &= np.abs(times - times[at]) >= APART
    return found
