"""What a track does not tell and its clip does: when its rows were, and in which order its columns are."""

from __future__ import annotations

from pathlib import Path

from annotator.core.model import ClipInfo
from viewer.core.errors import StudioError
from viewer.core.frame_pairing import with_video_times
from viewer.core.track import Track
from viewer.core.video import VideoFile

ORDER_KEY = "track_order"
"""The key of clip.json that says in which order the columns of a nameless array are."""


def order_of(clip: ClipInfo) -> str | None:
    """The order that a clip states for the columns of its recording."""
    order = clip.extra.get(ORDER_KEY)
    return order if isinstance(order, str) and order else None


def with_order(clip: ClipInfo, order: str) -> dict[str, object]:
    """The ``extra`` of a clip that states this order; an empty one is none."""
    others = {key: value for key, value in clip.extra.items() if key != ORDER_KEY}
    return {**others, ORDER_KEY: order} if order else others


def timed_by(track: Track, video: Path | None) -> Track:
    """A track with the times of this video's frames where it has none of its own."""
    if video is None or not track.untimed:
        return track
    try:
        with VideoFile.open(video) as opened:
            return with_video_times(track, opened.times, video.name)
    except StudioError:
        # What is wrong with the video is told where it is opened.
        return track
