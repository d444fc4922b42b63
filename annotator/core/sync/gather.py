"""The cues of a clip: what is read of its files to lay its track against them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from annotator.core.sync.estimate import HARDLY_OVERLAP, Cue, Estimate, estimate, offsets_around
from annotator.core.sync.picture_signals import picture_liveliness, picture_movement, read_small
from annotator.core.sync.signals import Signal
from annotator.core.sync.sound_signals import loudness
from annotator.core.sync.track_signals import liveliest, liveliness, mouth, movement
from viewer.core.cancel import CancelToken
from viewer.core.errors import VideoError
from viewer.core.progress import Progress, no_progress
from viewer.core.track import Track

REACH = 2.0
"""Seconds to either side of the offset now that are tried unless more is asked for."""
LONGEST = 60.0
"""Seconds of a track that are looked at: those in which it moves most."""


def estimate_offset(
    video: Path,
    track: Track,
    *,
    offset: float = 0.0,
    reach: float = REACH,
    captured: Track | None = None,
    cancel: CancelToken | None = None,
    progress: Progress = no_progress,
) -> Estimate:
    """Lay a track against the sound and the pictures of a video.

    Parameters
    ----------
    video
        The video.
    track
        What was recorded of the same face.
    offset
        Seconds added to track time to get clip time, as it is now.
    reach
        How many seconds to either side of ``offset`` are tried.
    captured
        Coefficients that were captured from this very video, in its time; they tell more than what
        moves in the pictures.
    cancel, progress
        Of the work, which takes a few seconds for a clip.

    Raises what reading the video raises, and :class:`~viewer.core.errors.Cancelled`.
    """
    token = cancel or CancelToken()
    first, last = liveliest(track, LONGEST)
    start, end = max(first + offset - reach, 0.0), last + offset + reach
    offsets = offsets_around(offset, reach)
    nothing = Estimate(None, None, 0.0, offsets, np.zeros(len(offsets)), {}, HARDLY_OVERLAP)
    if end <= start:
        return nothing
    cues: list[Cue] = []
    moves = movement(track, first, last)
    if captured is None:
        small = read_small(video, start, end, token, progress)
        if not len(small.times):
            return nothing
        moving, lively = picture_movement(small), picture_liveliness(small)
        if moving is not None:
            cues.append(Cue("movement in the picture", moving, moves))
        if lively is not None:
            cues.append(Cue("liveliness of the picture", lively, liveliness(track, first, last)))
    else:
        last_seen = min(end, float(captured.times[-1]))
        cues.append(Cue("captured face", movement(captured, start, max(last_seen, start)), moves))
    progress(0, 0, "Listening to the sound")
    opening = mouth(track, first, last)
    loud = _loudness(video, start, end, token)
    if opening is not None and loud is not None:
        cues.append(Cue("mouth and loudness", loud, opening, alike=True))
    progress(0, 0, "Laying the track against them")
    return estimate(cues, offsets, token)


def _loudness(video: Path, start: float, end: float, token: CancelToken) -> Signal | None:
    try:
        return loudness(video, start, end, token)
    except VideoError:
        # The pictures may tell it all the same.
        return None
