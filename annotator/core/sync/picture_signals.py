"""What moves in the pictures of a video, without knowing where the face is.

The pictures are looked at small.  Directions of change that tell most of it stand for movements that go
there and back, as of lids, lips and head; changes of single patches, whatever their sign, for liveliness.
Which of them belongs to the face shows by what agrees with the track.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from annotator.core.sync.signals import Array, Grid, Signal, on_grid
from annotator.core.sync.track_signals import ENERGY_BAND, SIGNED_BAND
from viewer.core.cancel import CancelToken
from viewer.core.errors import VideoError
from viewer.core.opencv import cv2
from viewer.core.progress import Progress, no_progress
from viewer.core.shown_picture import PictureView
from viewer.core.video import VideoFile

_SIDE = 64
_PATCHES = 8
_COMPONENTS = 16
_ENERGIES = 6
_BASIS_FROM = 500
"""So many differences are enough to find the directions in."""
_CUT = 4.0
_LEAST_PICTURES = 8


@dataclass(frozen=True, eq=False)
class SmallPictures:
    """Grey pictures (F, h, w) float32 of 0 to 255 at ``times`` (F,) seconds of the clip."""

    times: Array
    pictures: npt.NDArray[np.float32]
    start: float
    end: float


def read_small(
    path: Path,
    start: float,
    end: float,
    cancel: CancelToken | None = None,
    progress: Progress = no_progress,
) -> SmallPictures:
    """The pictures of a video from ``start`` to ``end`` seconds, at most 64 pixels wide and high; frames
    that are damaged are left out.

    Raises what opening the video raises, and :class:`~viewer.core.errors.Cancelled`.
    """
    with VideoFile.open(path, cancel) as video:
        width, height = video.facts.width, video.facts.height
        scale = _SIDE / max(width, height)
        view = PictureView(
            (max(round(width * scale), _PATCHES), max(round(height * scale), _PATCHES)),
            (0.0, 0.0, float(width), float(height)),
        )
        first, last = np.searchsorted(video.times, (start - 1e-6, end + 1e-6))
        times, pictures = [], []
        for number in range(int(first), int(last)):
            progress(number - int(first), int(last - first), "Looking at the pictures")
            try:
                rgb = video.shown(number, view, cancel).rgb()
            except VideoError:
                continue
            grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
            times.append(float(video.times[number]))
            pictures.append(np.asarray(cv2.resize(grey, view.size, interpolation=cv2.INTER_AREA), np.float32))
        until = min(end, video.facts.duration)
    shape = (0, view.size[1], view.size[0])
    return SmallPictures(
        np.array(times), np.stack(pictures) if pictures else np.zeros(shape, np.float32), start, until
    )


def picture_movement(small: SmallPictures) -> Signal | None:
    """How the pictures change, in the few directions that tell most of it; None where they are too few."""
    if len(small.times) < _LEAST_PICTURES:
        return None
    count, height, width = small.pictures.shape
    halved = small.pictures[:, : height // 2 * 2, : width // 2 * 2]
    halved = halved.reshape(count, height // 2, 2, width // 2, 2).mean(axis=(2, 4))
    flat = halved.reshape(count, -1)
    # What the whole picture does together is light, or the camera's own exposure.
    changes = np.diff(flat - flat.mean(axis=1, keepdims=True), axis=0)
    sizes = np.linalg.norm(changes, axis=1)
    # A cut is no movement: it changes no more than a lively frame does.
    limit = _CUT * float(np.median(sizes)) + 1e-6
    changes *= np.minimum(1.0, limit / np.maximum(sizes, 1e-9))[:, None]
    some = changes[:: max(len(changes) // _BASIS_FROM, 1)].astype(np.float64)
    strength, ways = np.linalg.eigh(some @ some.T)
    order = np.argsort(strength)[::-1][:_COMPONENTS]
    order = order[strength[order] > max(1e-9 * float(strength.max()), 1e-9)]
    if not order.size:
        return None
    directions = some.T @ ways[:, order] / np.sqrt(strength[order])
    path = np.concatenate([np.zeros((1, order.size)), np.cumsum(changes @ directions, axis=0)])
    grid = on_grid(small.times, path, small.start, small.end)
    changed = grid.rate_of_change().band(*SIGNED_BAND)
    return changed.components(_COMPONENTS).to_signal(small.start)


def picture_liveliness(small: SmallPictures) -> Signal | None:
    """How much each patch of the pictures changes, in the few ways in which they change together."""
    if len(small.times) < _LEAST_PICTURES:
        return None
    count, height, width = small.pictures.shape
    tall, wide = height // _PATCHES, width // _PATCHES
    even = small.pictures - small.pictures.mean(axis=(1, 2), keepdims=True)
    changes = np.abs(np.diff(even, axis=0))[:, : tall * _PATCHES, : wide * _PATCHES]
    patches = changes.reshape(count - 1, _PATCHES, tall, _PATCHES, wide).mean(axis=(2, 4))
    steps = np.diff(small.times)
    # A frame that stood longer has changed more.
    energy = np.sqrt(patches.reshape(count - 1, -1) * (np.median(steps) / np.maximum(steps, 1e-3))[:, None])
    energy = np.minimum(energy, 6 * np.median(energy, axis=0) + 1e-6)
    between = (small.times[1:] + small.times[:-1]) / 2
    grid: Grid = on_grid(between, energy, small.start, small.end)
    return grid.band(*ENERGY_BAND).components(_ENERGIES).to_signal(small.start)
