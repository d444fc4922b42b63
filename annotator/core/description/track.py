"""The studio's own words for a moment of a track."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from annotator.core.generation.facs.verbaliser import describe_values
from viewer.core.errors import TrackError
from viewer.core.pose import FULL_SCALE, normalized_rows
from viewer.core.track import Track


def words_at(
    track: Track, time_in_track: float, path: Path | None = None, full_scale: float = FULL_SCALE
) -> str:
    """Words for a track's coefficients at ``time_in_track`` seconds from its first frame; errors name
    the file ``path``.  ``full_scale`` is what its dataset says of a normalized 1, in degrees.

    Raises :class:`TrackError` outside the track and where the face was lost.
    """
    if not 0 <= time_in_track <= track.duration:
        raise TrackError(
            f"{time_in_track:g} s is outside {'it' if path else 'the track'}",
            f"choose a time from 0 to {track.duration:.3f}",
            path,
        )
    # The words are chosen for KeyframeFace's unit.
    row = normalized_rows(track.row(time_in_track), full_scale)
    if not np.isfinite(row).all():
        raise TrackError(f"no face was detected at {time_in_track:g} s", "choose another time", path)
    return describe_values(row)
