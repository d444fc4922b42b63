"""A video, frame by frame, through the tracker: scores as they come, and where there was no face."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotator.core.capture import head_angles
from annotator.core.capture.cuts import CutFinder
from annotator.core.capture.following import Follower, height_of, same_mirrored
from annotator.core.capture.landmarker import LANDMARKS, SCORES, Landmarker, Picture, Pixels, Seen
from annotator.core.capture.landmarker_process import MOST_FACES
from annotator.core.capture.tracker_packages import TrackerPackages
from viewer.core.cancel import CancelToken
from viewer.core.channels import CHANNELS, MIRROR_INDEX, SHAPE_COUNT
from viewer.core.errors import VideoError
from viewer.core.opencv import cv2
from viewer.core.progress import Progress
from viewer.core.video import VideoFile

_OF_SCORE = [
    channel.index
    for channel in sorted(CHANNELS[:SHAPE_COUNT], key=lambda channel: channel.arkit_name)
    if channel.name != "TongueOut"
]
"""The channel of each score but the first, which is ``_neutral``: the model names them by the alphabet."""
_MIRRORED = list(MIRROR_INDEX[:SHAPE_COUNT])
_LONGEST_SIDE = 1280
"""Pixels of the pictures that the tracker gets at most: it looks at faces of 256."""
_COUNT_EVERY = 1.0
"""Seconds between two looks that count faces."""


@dataclass(frozen=True)
class Tracked:
    """What the tracker saw in F frames.

    ``found`` (F,) is whether the face was seen; rows without one are NaN in ``scores`` and
    ``mirrored_scores`` (F, 52), in CSV order, TongueOut 0, in ``angles`` and ``mirrored_angles`` (F, 3),
    degrees, and in ``landmarks`` (F, 478, 3), shares of the picture's width and height.  ``heights`` (F,)
    are pixels of the face, in the video's own size.  ``begins`` (F,) is True where a shot begins,
    ``damaged`` (F,) where a frame could not be decoded.  ``faces`` is how many were seen at once at most,
    ``swaps`` how often only other faces than the one that is followed were there, ``size`` the picture's
    width and height in pixels, ``version`` the tracker's.
    """

    found: NDArray[np.bool_]
    scores: NDArray[np.float64]
    mirrored_scores: NDArray[np.float64]
    angles: NDArray[np.float64]
    mirrored_angles: NDArray[np.float64]
    landmarks: NDArray[np.float32]
    heights: NDArray[np.float64]
    begins: NDArray[np.bool_]
    damaged: NDArray[np.bool_]
    faces: int
    swaps: int
    size: tuple[int, int]
    version: str


class _SeveralFaces(Exception):  # noqa: N818 - found out on the way
    """There are more faces than the one that the tracker was asked to follow."""


def track(
    video: VideoFile,
    frames: Sequence[int],
    packages: TrackerPackages,
    *,
    face: str,
    mirrored: bool,
    cancel: CancelToken | None,
    progress: Progress,
) -> Tracked:
    """Look for a face in ``frames`` of a video.

    Parameters
    ----------
    video : VideoFile
        Open.
    frames : sequence of int
        Numbers of frames, rising.
    packages : TrackerPackages
        Where the tracker is.
    face : str
        Which of several: largest, first or a number from the left from 0.
    mirrored : bool
        Whether to look at each frame in a mirror, too.
    cancel, progress
        Looked at and told at every frame.

    Raises
    ------
    CaptureError
        The tracker cannot be started, ends or hangs.
    ~viewer.core.errors.VideoError, ~viewer.core.errors.Cancelled
    """
    # One face is followed more smoothly than several, so several are asked for only where they are.
    for most in (1, MOST_FACES):
        try:
            return _Run(video, frames, face, most).all(packages, mirrored, cancel, progress)
        except _SeveralFaces:
            continue
    raise AssertionError("several faces are followed")


class _Run:
    def __init__(self, video: VideoFile, frames: Sequence[int], face: str, most: int) -> None:
        self._video, self._frames, self._most = video, frames, most
        count = len(frames)
        self._follower = Follower(face)
        self._found = np.zeros(count, bool)
        self._scores = np.full((2, count, SHAPE_COUNT), np.nan)
        self._matrices = np.full((2, count, 4, 4), np.nan, np.float32)
        self._landmarks = np.full((count, LANDMARKS, 3), np.nan, np.float32)
        self._heights = np.full(count, np.nan)
        self._begins = np.zeros(count, bool)
        self._damaged = np.zeros(count, bool)
        self._faces = 0
        self._swaps = 0

    def all(
        self, packages: TrackerPackages, mirrored: bool, cancel: CancelToken | None, progress: Progress
    ) -> Tracked:
        total = len(self._frames)
        progress(0, total, "starting the face tracker")
        with Landmarker(packages, faces=self._most, mirrored=mirrored) as landmarker:
            version = landmarker.begin(cancel)
            for done, seen in enumerate(landmarker.seen(self._pictures(cancel), cancel)):
                self._take(done, seen)
                progress(done + 1, total, f"frame {self._frames[done]}")
        angles = [head_angles.degrees(matrices) for matrices in self._matrices]
        return Tracked(
            self._found,
            self._scores[0],
            self._scores[1],
            angles[0],
            head_angles.unmirrored(angles[1]),
            self._landmarks,
            self._heights,
            self._begins,
            self._damaged,
            self._faces,
            self._swaps,
            (self._video.facts.width, self._video.facts.height),
            version,
        )

    def _pictures(self, cancel: CancelToken | None) -> Iterator[Picture]:
        cuts = CutFinder()
        counted = -np.inf
        for at, number in enumerate(self._frames):
            time = float(self._video.times[number])
            try:
                pixels = _scaled(self._video.frame(number, cancel))
            except VideoError:
                self._damaged[at] = True
                pixels = np.zeros((16, 16, 3), np.uint8)
            afresh = at == 0 or (not self._damaged[at] and cuts.is_cut(pixels))
            if at == 0:
                cuts.is_cut(pixels)
            self._begins[at] = afresh
            count = afresh or time - counted >= _COUNT_EVERY
            counted = time if count else counted
            yield Picture(pixels, time, afresh, count)

    def _take(self, at: int, seen: Seen) -> None:
        self._faces = max(self._faces, seen.counted, len(seen.faces))
        if seen.counted > self._most:
            raise _SeveralFaces
        if self._begins[at]:
            self._follower.forget_place()
        face = self._follower.choose(seen.faces)
        if self._follower.lost_sight:
            self._swaps += 1
        if face is None:
            return
        self._found[at] = True
        self._landmarks[at] = face.landmarks
        self._heights[at] = height_of(face.landmarks, self._video.facts.height)
        self._scores[0, at] = 0.0
        self._scores[0, at, _OF_SCORE] = face.scores[1:SCORES]
        self._matrices[0, at] = face.matrix
        other = same_mirrored(face, seen.mirrored)
        if other is not None:
            scores = np.zeros(SHAPE_COUNT)
            scores[_OF_SCORE] = other.scores[1:SCORES]
            self._scores[1, at] = scores[_MIRRORED]
            self._matrices[1, at] = other.matrix


def _scaled(pixels: Pixels) -> Pixels:
    height, width = pixels.shape[:2]
    scale = _LONGEST_SIDE / max(height, width)
    if scale < 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    return np.ascontiguousarray(pixels)
