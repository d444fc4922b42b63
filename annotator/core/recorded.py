"""The recording as models know faces: with its corrections, in KeyframeFace's unit."""

from __future__ import annotations

from collections.abc import Iterable

from annotator.core.curves import corrected
from annotator.core.dataset import Library, LooseClip
from annotator.core.model import Keyframe
from viewer.core.pose import PoseConvention, in_convention
from viewer.core.track import Track


def recorded_pose(library: Library | None, recording: Track) -> PoseConvention:
    """How a recording's rotations are to be read: as the dataset says; for a loose file, in the unit
    its format is known for."""
    unit = recording.meta.get("pose_unit")
    if unit and isinstance(library, LooseClip):
        return PoseConvention(unit=unit)
    return library.pose if library is not None else PoseConvention()


def for_models(
    library: Library, recording: Track, keyframes: Iterable[Keyframe], offset: float = 0.0
) -> Track:
    """The recording with the keyframes' corrections laid over it, its rotations turned into
    KeyframeFace's unit."""
    own = recorded_pose(library, recording)
    return in_convention(corrected(recording, keyframes, offset=offset), own, PoseConvention())
