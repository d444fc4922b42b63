"""What was recorded of a clip: how long it is, and its rotations in the unit that models know."""

from __future__ import annotations

from annotator.core.storage.dataset import Library, LooseClip
from annotator.core.storage.loading import LoadedClip
from viewer.core.errors import StudioError
from viewer.core.formats import read
from viewer.core.pose import PoseConvention, in_convention
from viewer.core.track import FloatArray, Track
from viewer.core.video import VideoFile


def recorded_pose(library: Library | None, recording: Track) -> PoseConvention:
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
    row: FloatArray = in_convention(frame, recorded_pose(library, recording), PoseConvention()).values[0]
    return row


def clip_duration(loaded: LoadedClip) -> float | None:
    """Seconds of a clip: of its video, else to the end of its recording; None where neither can be
    read."""
    try:
        if loaded.video_path is not None:
            with VideoFile.open(loaded.video_path) as video:
                return video.facts.duration
        if loaded.track_path is not None:
            return read(loaded.track_path).duration + loaded.state.clip.offset
    except StudioError:
        # The take is made all the same; opening the clip says what is wrong with its files.
        pass
    return None
