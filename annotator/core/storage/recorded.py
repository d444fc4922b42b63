"""What was recorded of a clip: how long it is, and its coefficients in the unit that models know."""

from __future__ import annotations

from typing import Literal, Protocol

from annotator.core.curves import corrected
from annotator.core.storage.dataset import Library, LooseClip
from annotator.core.storage.loading import LoadedClip
from annotator.core.storage.recording import read_recording
from viewer.core.cancel import CancelToken
from viewer.core.errors import StudioError, TrackError, VideoError
from viewer.core.pose import PoseConvention, in_convention
from viewer.core.track import FloatArray, Track
from viewer.core.video import VideoFile


class HasPose(Protocol):
    """What says how rotations are to be read: a dataset, or a single file like one."""

    pose: PoseConvention


def missing_file(loaded: LoadedClip, kind: Literal["track", "video"]) -> StudioError:
    """Why a clip's recording or video is not there."""
    name = getattr(loaded.state.clip, kind)
    for known in loaded.faults:
        if name and known.path is not None and known.path.name == name.rpartition("/")[2]:
            return known
    noun = "recording" if kind == "track" else "video"
    error = TrackError if kind == "track" else VideoError
    return error(f"the clip has no {noun}", f"add a {noun} to it")


def read_corrected(loaded: LoadedClip, cancel: CancelToken | None = None) -> Track:
    """A clip's recording with its corrections, rotations as recorded.

    Raises what reading it raises, and :class:`TrackError` where there is none.
    """
    if loaded.track_path is None:
        raise missing_file(loaded, "track")
    state = loaded.state
    return corrected(read_recording(loaded, cancel), state.keyframes, offset=state.clip.offset)


def for_models(library: HasPose, recording: Track) -> Track:
    """A recording with its rotations in KeyframeFace's unit."""
    normalized = PoseConvention()
    track = in_convention(recording, recorded_pose(library, recording), normalized)
    # What the dataset says wins over what the format was known for.
    return track.replaced(meta={**track.meta, "pose_unit": normalized.unit})


def recorded_pose(library: HasPose | None, recording: Track) -> PoseConvention:
    """How a recording's rotations are to be read: as the dataset says; for a loose file, in the unit
    its format is known for."""
    unit = recording.meta.get("pose_unit")
    if unit and isinstance(library, LooseClip):
        return PoseConvention(unit=unit)
    return library.pose if library is not None else PoseConvention()


def row_for_models(library: Library, recording: Track, time: float) -> FloatArray:
    """(61,) float32 of the frame shown at ``time`` (s) of the recording, its rotations in KeyframeFace's
    unit; NaN where the face was lost."""
    # One row alone: a long recording takes long to turn.
    frame = recording.replaced(times=[0.0], values=recording.row(time)[None])
    row: FloatArray = for_models(library, frame).values[0]
    return row


def clip_duration(loaded: LoadedClip) -> float | None:
    """Seconds of a clip: of its video, else to the end of its recording; None where neither can be
    read."""
    try:
        if loaded.video_path is not None:
            with VideoFile.open(loaded.video_path) as video:
                return video.facts.duration
        if loaded.track_path is not None:
            return read_recording(loaded).duration + loaded.state.clip.offset
    except StudioError:
        # The take is made all the same; opening the clip says what is wrong with its files.
        pass
    return None
