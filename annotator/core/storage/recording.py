"""Reading what was recorded of a clip, with what its other files tell of it: the video beside it
gives times to rows without any, clip.json the order of columns without names."""

from __future__ import annotations

from pathlib import Path

from annotator.core.model import ClipInfo
from annotator.core.storage.dataset import Dataset, open_library
from annotator.core.storage.loading import LoadedClip
from annotator.core.storage.places import VIDEO_SUFFIXES, sibling
from viewer.core.cancel import CancelToken
from viewer.core.errors import StudioError, TrackError
from viewer.core.formats import read
from viewer.core.formats.arrays import UnknownOrderError
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


def read_recording(loaded: LoadedClip, cancel: CancelToken | None = None) -> Track:
    """The recording of a clip as it lies in its file, without corrections.

    Raises :class:`TrackError` where there is none, and what reading it raises.
    """
    if loaded.track_path is None:
        raise TrackError("the clip has no recording", "add a recording to it")
    track = read(loaded.track_path, cancel=cancel, order=order_of(loaded.state.clip))
    return timed_by(track, loaded.video_path)


def read_track_file(
    path: Path, format: str | None = None, order: str | None = None, cancel: CancelToken | None = None
) -> Track:
    """A track by its path, read as in its clip: with the times of the clip's video, or of the one of its
    name beside it, where it has none, and the order of columns that the clip states.

    Raises what reading it raises.
    """
    try:
        track = read(path, format, cancel, order=order)
    except UnknownOrderError:
        clip = _clip_of(path)
        stated = order_of(clip.state.clip) if clip is not None else None
        if stated is None:
            raise
        track = read(path, format, cancel, order=stated)
    if not track.untimed:
        return track
    clip = _clip_of(path)
    return timed_by(track, clip.video_path if clip is not None else sibling(path, VIDEO_SUFFIXES))


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


def _clip_of(path: Path) -> LoadedClip | None:
    """The clip of a dataset that the file is the recording of."""
    try:
        library, id = open_library(path)
        if not isinstance(library, Dataset) or id is None:
            return None
        loaded = library.load_clip(id)
    except (StudioError, OSError):
        return None
    return loaded if loaded.track_path == path.resolve() else None
