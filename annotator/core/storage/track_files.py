"""Reading a track by its path alone, as the window would read it in its dataset."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from annotator.core.model import ClipInfo, TakeInfo
from annotator.core.performance import derived_track, pose_of_take
from annotator.core.storage.clip_files import clip_from_json
from annotator.core.storage.clip_pose import pose_of_clip
from annotator.core.storage.dataset_settings import read_settings
from annotator.core.storage.inside import inside
from annotator.core.storage.json_files import read_object
from annotator.core.storage.media_roots import NO_ROOTS, MediaRoots
from annotator.core.storage.places import VIDEO_SUFFIXES, sibling
from annotator.core.storage.take_file import take_from_json
from annotator.core.storage.untold import order_of, timed_by
from viewer.core.cancel import CancelToken
from viewer.core.errors import StudioError
from viewer.core.files import is_file
from viewer.core.formats import read
from viewer.core.pose import FULL_SCALE, PoseConvention, PoseReading
from viewer.core.track import Track

_SAME_WEIGHT, _SAME_DEGREES = 1e-5, 1e-3


@dataclass(frozen=True)
class Surroundings:
    """What lies around a track file: how its rotations are to be read, and the take whose track it is,
    if one.  ``pose`` is None for a file outside every dataset.  ``order`` is what its clip says of the
    order of its columns, ``video`` the video that belongs to it."""

    pose: PoseReading | None = None
    take: TakeInfo | None = None
    order: str | None = None
    video: Path | None = None

    @property
    def full_scale(self) -> float:
        """Degrees of a normalized 1."""
        return FULL_SCALE if self.pose is None else self.pose.convention.full_scale


def read_track(
    path: Path, format: str | None = None, cancel: CancelToken | None = None, *, order: str | None = None
) -> Track:
    """A track from its file, its rotations in degrees as its dataset, its clip and its take say, rows
    without times at those of its video, nameless columns in ``order``, else as its clip says: a file
    inside of a dataset gives the same values as in the window.

    Raises as :func:`viewer.core.formats.read`.
    """
    around = surroundings(path)
    track = read(path, format, cancel, order=order or around.order, pose=around.pose)
    if around.take is None:
        return timed_by(track, around.video)
    derived = derived_track(around.take, around.full_scale)
    if derived is None or _alike(track, derived):
        return track
    notes = [*track.meta.get("notes", ()), "its take was changed since: the track is that of the take's keys"]
    meta = {**track.meta, "notes": notes}
    return derived.replaced(name=track.name, format=track.format, start=track.start, meta=meta)


def surroundings(path: Path) -> Surroundings:
    """What is known of a track by where it lies.  What cannot be read is as if it were not there."""
    path = Path(os.path.realpath(path))
    root = next((folder for folder in path.parents if (folder / "dataset.json").is_file()), None)
    of_dataset: PoseConvention | None = None
    roots = NO_ROOTS
    try:
        if root is not None:
            settings = read_settings(root / "dataset.json")
            of_dataset, roots = settings.pose, MediaRoots(settings.media_roots)
    except StudioError:
        root = None
    take = _take_of(path)
    if take is not None:
        clip = path.parent.parent
        pose = _pose_of_clip(clip, of_dataset) if root is not None else None
        scale = FULL_SCALE if pose is None else pose.convention.full_scale
        return Surroundings(pose_of_take(take.pose_unit, scale), take)
    beside = sibling(path, VIDEO_SUFFIXES)
    if root is None or of_dataset is None:
        return Surroundings(video=beside)
    clips = root / "clips"
    if path.is_relative_to(clips) and path != clips:
        clip = clips / path.relative_to(clips).parts[0]
        info = _info_of(clip)
        if info is not None and _file_of(root, clip, info.track, roots) == path:
            pose = _pose_of_clip(clip, of_dataset)
            return Surroundings(pose, None, order_of(info), _file_of(root, clip, info.video, roots))
    return Surroundings(PoseReading(of_dataset), video=beside)


def _take_of(path: Path) -> TakeInfo | None:
    """The take whose track a file is: one of the same name in a folder ``takes``."""
    if path.parent.name != "takes" or path.suffix.lower() != ".csv":
        return None
    beside = path.with_suffix(".json")
    if not is_file(beside):
        return None
    try:
        return take_from_json(path.stem, read_object(beside), [])
    except StudioError:
        return None


def _pose_of_clip(clip: Path, of_dataset: PoseConvention | None) -> PoseReading | None:
    try:
        own = clip_from_json(clip.name, read_object(clip / "clip.json"), []).extra.get("pose")
    except StudioError:
        own = None
    return pose_of_clip(of_dataset, own, clip.name, [])


def _info_of(clip: Path) -> ClipInfo | None:
    try:
        return clip_from_json(clip.name, read_object(clip / "clip.json"), [])
    except StudioError:
        return None


def _file_of(root: Path, clip: Path, named: str, roots: MediaRoots) -> Path | None:
    """The file that clip.json names, inside of its dataset or in a media root."""
    try:
        return (roots.file(named) or inside(root, clip, named)) if named else None
    except StudioError:
        return None


def _alike(track: Track, derived: Track) -> bool:
    """Whether a file holds the track of its take, up to the rounding of its times and numbers."""
    if len(track) != len(derived) or not np.allclose(track.times, derived.times, atol=1e-3):
        return False
    weights = slice(None), slice(0, track.values.shape[1] - track.rotations_degrees.shape[1])
    return np.allclose(track.values[weights], derived.values[weights], atol=_SAME_WEIGHT) and np.allclose(
        track.rotations_degrees, derived.rotations_degrees, atol=_SAME_DEGREES
    )
