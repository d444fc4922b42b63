"""What was recorded of a clip: how long it is, and its coefficients."""

from __future__ import annotations

from typing import Literal

from annotator.core.curves import corrected
from annotator.core.media_names import file_name
from annotator.core.storage.loading import LoadedClip
from annotator.core.storage.untold import order_of, timed_by
from viewer.core.cancel import CancelToken
from viewer.core.errors import StudioError, TrackError, VideoError
from viewer.core.formats import read
from viewer.core.track import Track
from viewer.core.video import VideoFile


def missing_file(loaded: LoadedClip, kind: Literal["track", "video"]) -> StudioError:
    """Why a clip's recording or video is not there."""
    name = getattr(loaded.state.clip, kind)
    for known in loaded.faults:
        if name and known.path is not None and known.path.name == file_name(name):
            return known
    noun = "recording" if kind == "track" else "video"
    error = TrackError if kind == "track" else VideoError
    return error(f"the clip has no {noun}", f"add a {noun} to it")


def read_recorded(loaded: LoadedClip, cancel: CancelToken | None = None) -> Track:
    """A clip's recording as it was recorded, its rotations turned into degrees as the file, the clip
    and the dataset say; rows without times have those of the video's frames.

    Raises what reading it raises, and :class:`TrackError` where there is none.
    """
    if loaded.track_path is None:
        raise missing_file(loaded, "track")
    order = order_of(loaded.state.clip)
    track = read(loaded.track_path, cancel=cancel, order=order, pose=loaded.pose)
    return timed_by(track, loaded.video_path)


def read_corrected(loaded: LoadedClip, cancel: CancelToken | None = None) -> Track:
    """As :func:`read_recorded`, with the annotator's corrections."""
    state = loaded.state
    return corrected(read_recorded(loaded, cancel), state.keyframes, offset=state.clip.offset)


def clip_duration(loaded: LoadedClip) -> float | None:
    """Seconds of a clip: of its video, else to the end of its recording; None where neither can be
    read."""
    try:
        if loaded.video_path is not None:
            with VideoFile.open(loaded.video_path) as video:
                return video.facts.duration
        if loaded.track_path is not None:
            return read_recorded(loaded).duration + loaded.state.clip.offset
    except StudioError:
        # The take is made all the same; opening the clip says what is wrong with its files.
        pass
    return None
