"""The whole way from a video to a track: the one place where its parts meet."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotator.core.capture.contradiction import doubt_of_smile, lowered
from annotator.core.capture.landmark_file import FaceLandmarks
from annotator.core.capture.neutral import Neutral, neutral_of, wish, without
from annotator.core.capture.rebuilding import REBUILT, rebuilt
from annotator.core.capture.reliability import NEVER_SEEN, WEAK, Reliability, reliability_of
from annotator.core.capture.smoothing import DEFAULT, Smoothing, smoothed, stretches
from annotator.core.capture.tracker_packages import CaptureError, TrackerPackages, find_packages
from annotator.core.capture.tracking import Tracked, track
from annotator.core.storage.places import fingerprint
from viewer.core.cancel import CancelToken
from viewer.core.channels import CHANNEL_COUNT, INDEX, NAMES, SHAPE_COUNT
from viewer.core.limits import LANDMARK_FRAMES
from viewer.core.progress import Progress, no_progress
from viewer.core.track import Track
from viewer.core.video import VideoFile

_FEW = 0.1
_SMALL = 80.0
_TURNED = 30.0
_DOUBTED = (
    "in {} frames a smile was read with the eyes shut and the corners of the mouth low, as in crying: "
    "MouthSmile was lowered there"
)
_MANY_SWAPS = "in {} frames only another face was there, and the one that is followed counts as lost"


@dataclass(frozen=True)
class CaptureSettings:
    """How a video is captured.

    Attributes
    ----------
    every : int
        Of so many frames one gets a row.
    neutral : str
        auto, none or the seconds of a moment at rest.
    smooth : str
        none, gauss:SECONDS or one-euro:MIN_CUTOFF,BETA.
    mirror_check : bool
        Whether each frame is also looked at in a mirror: twice the time, better values, and half of what
        tells how far they can be trusted.
    face : str
        largest, first, or a number, counted from the left from 0.
    start, end : float or None
        Seconds of the video to begin and to end at.
    """

    every: int = 1
    neutral: str = "auto"
    smooth: str = DEFAULT
    mirror_check: bool = True
    face: str = "largest"
    start: float | None = None
    end: float | None = None

    def check(self) -> None:
        """Raise :class:`CaptureError` for what cannot be meant."""
        if self.every < 1:
            raise CaptureError("every frame is the most that can be captured", "choose 1, 2, 3, …")
        wish(self.neutral)
        Smoothing.parse(self.smooth)
        if self.face not in ("largest", "first") and not (self.face.isascii() and self.face.isdigit()):
            raise CaptureError(f"{self.face!r} is no face", "choose largest, first or a number from 0")
        for seconds in (self.start, self.end):
            if seconds is not None and not 0 <= seconds < float("inf"):
                raise CaptureError(f"{seconds!r} is no time in the video", "use seconds from 0")
        if self.start is not None and self.end is not None and self.end <= self.start:
            raise CaptureError("it would end before it begins", "choose a later end")


@dataclass(frozen=True)
class Captured:
    """What came of it.

    ``track`` has a row for each frame at the video's own times; ``report`` is JSON, all that the sidecar
    says.  ``landmarks`` are as the tracker saw them; None of a video that is too long to keep them.
    """

    track: Track
    report: dict[str, Any]
    landmarks: FaceLandmarks | None


def capture_video(
    path: Path,
    settings: CaptureSettings | None = None,
    *,
    cancel: CancelToken | None = None,
    progress: Progress = no_progress,
) -> Captured:
    """Make a track of the face in a video.

    Raises
    ------
    CaptureError
        MediaPipe is missing or failed, or no face was found.
    ~viewer.core.errors.FileError, ~viewer.core.errors.VideoError
        It cannot be read.
    ~viewer.core.errors.Cancelled
        ``cancel`` was.
    """
    began = time.monotonic()
    settings = settings or CaptureSettings()
    settings.check()
    packages = find_packages()
    with VideoFile.open(path, cancel) as video:
        frames = _frames(video, settings)
        tracked = track(
            video,
            frames,
            packages,
            face=settings.face,
            mirrored=settings.mirror_check,
            cancel=cancel,
            progress=progress,
        )
        times = video.times[list(frames)]
        notes = list(video.facts.notes)
    if not tracked.found.any():
        raise CaptureError("no face was found in it", "choose a video of a face, or another --face", path)
    captured = captured_from(path, settings, packages, tracked, frames, times, notes)
    captured.report["seconds"] = round(time.monotonic() - began, 3)
    return captured


def _frames(video: VideoFile, settings: CaptureSettings) -> Sequence[int]:
    start = 0.0 if settings.start is None else settings.start
    end = np.inf if settings.end is None else settings.end
    frames = np.flatnonzero((video.times >= start - 1e-6) & (video.times < end - 1e-6))[:: settings.every]
    if not frames.size:
        raise CaptureError(
            "there is no frame in that time", f"choose one before {video.facts.duration:.3f} s", video.path
        )
    return [int(frame) for frame in frames]


def captured_from(
    path: Path,
    settings: CaptureSettings,
    packages: TrackerPackages,
    tracked: Tracked,
    frames: Sequence[int],
    times: NDArray[np.float64],
    notes: list[str],
) -> Captured:
    """What is made of the tracker's scores: ``tracked`` in the ``frames`` (F,) of the video ``path``, at
    ``times`` (F,) seconds of it; ``notes`` are what is known of it already."""
    how = Smoothing.parse(settings.smooth)
    scores = _mean_of(tracked.scores, tracked.mirrored_scores)
    angles = _mean_of(tracked.angles, tracked.mirrored_angles)
    runs = list(stretches(tracked.found, tracked.begins))
    known = smoothed(scores, times, iter(runs), how)
    neutral = neutral_of(known, times, wish(settings.neutral))
    points = tracked.landmarks.reshape(len(times), -1).astype(np.float64)
    landmarks = smoothed(points, times, iter(runs), how).reshape(tracked.landmarks.shape)
    shapes = rebuilt(without(known, neutral), landmarks, tracked.size, neutral.frames)
    doubt = doubt_of_smile(known, landmarks, tracked.size, times, runs)
    shapes, doubted = lowered(shapes, doubt)
    trust = reliability_of(
        shapes, tracked.scores, tracked.mirrored_scores, tracked.heights, angles, _near_breaks(tracked)
    )
    values = np.zeros((len(times), CHANNEL_COUNT))
    values[:, :SHAPE_COUNT] = np.nan_to_num(shapes)
    values[:, SHAPE_COUNT : SHAPE_COUNT + 3] = smoothed(angles, times, iter(runs), how)
    present = np.ones(CHANNEL_COUNT, bool)
    present[[INDEX[name] for name in NEVER_SEEN]] = False
    present[SHAPE_COUNT + 3 :] = False
    values[:, ~present] = 0.0
    values[~tracked.found] = np.nan
    notes = [*notes, *_notes(tracked, neutral, settings)]
    if doubted.any():
        notes.append(_DOUBTED.format(int(doubted.sum())))
    made = Track.build(
        times,
        values,
        tracked.found,
        present=present,
        name=path.stem,
        format="capture",
        meta={"notes": notes, "pose_unit": "degrees", "pose_unit_from": "format"},
    )
    kept = None
    if len(times) <= LANDMARK_FRAMES:
        kept = FaceLandmarks.of(frames, times, tracked.landmarks, trust.frames)
    else:
        notes.append(f"landmarks are kept of at most {LANDMARK_FRAMES:,} frames, and were not kept")
    report = {
        "video": path.name,
        "video_fingerprint": fingerprint(path),
        "frames": len(times),
        "fps": round(made.fps, 4),
        "lost": _told(~made.valid, made),
        "cuts": [round(float(times[at]), 6) for at in np.flatnonzero(tracked.begins)[1:]],
        "missing": made.missing_channels,
        "rebuilt": list(REBUILT),
        "doubted_smiles": _told(doubted, made),
        "channels": _channels(made, trust, neutral),
        "frame_reliability": {
            "p5": round(float(np.nanpercentile(trust.frames, 5)), 4),
            "median": round(float(np.nanmedian(trust.frames)), 4),
        },
        "neutral": {
            "how": neutral.how,
            "time": None if neutral.time is None else round(neutral.time, 6),
            "values": {
                name: round(float(value), 4)
                for name, value in zip(NAMES, neutral.values, strict=False)
                if value > 0 and name not in NEVER_SEEN
            },
        },
        "smooth": str(how),
        "backend": {
            "name": "mediapipe",
            "version": tracked.version,
            "model": packages.model.name,
            "model_sha256": hashlib.sha256(packages.model.read_bytes()).hexdigest(),
        },
        "seconds": 0.0,
        "notes": notes,
    }
    return Captured(made, report, kept)


def _mean_of(seen: NDArray[np.float64], mirrored: NDArray[np.float64]) -> NDArray[np.float64]:
    """Both mean, or the one that there is."""
    return np.where(np.isfinite(mirrored), (seen + mirrored) / 2, seen)


def _near_breaks(tracked: Tracked) -> NDArray[np.bool_]:
    edges = tracked.begins.copy()
    edges[0] = False
    changed = np.flatnonzero(tracked.found[1:] != tracked.found[:-1])
    edges[changed] = True
    edges[changed + 1] = True
    near = edges.copy()
    near[1:] |= edges[:-1]
    near[:-1] |= edges[1:]
    return near


def _told(frames: NDArray[np.bool_], made: Track) -> list[dict[str, Any]]:
    """The stretches of ``frames`` (F,), in seconds of the video."""
    return [
        {"start": round(made.start + start, 6), "end": round(made.start + end, 6), "frames": count}
        for start, end, count in made.stretches(frames)
    ]


def _channels(made: Track, trust: Reliability, neutral: Neutral) -> dict[str, dict[str, Any]]:
    told: dict[str, dict[str, Any]] = {}
    rows = made.values[made.valid]
    head = float(np.nanmedian(trust.frames))
    for at, name in enumerate(NAMES):
        if not made.present[at]:
            told[name] = {
                "reliability": 0.0,
                "state": "missing",
                "min": None,
                "max": None,
                "neutral": None,
            }
            continue
        reliability = float(trust.channels[at]) if at < SHAPE_COUNT else 0.5 + head / 2
        told[name] = {
            "reliability": round(reliability, 4),
            "state": "weak" if reliability < WEAK else "measured",
            "min": round(float(rows[:, at].min()), 4),
            "max": round(float(rows[:, at].max()), 4),
            "neutral": round(float(neutral.values[at]), 4) if at < SHAPE_COUNT else 0.0,
        }
    return told


def _notes(tracked: Tracked, neutral: Neutral, settings: CaptureSettings) -> list[str]:
    said = []
    share = float(tracked.found.mean())
    if share < _FEW:
        said.append(f"a face was found in {100 * share:.1f} % of the frames only")
    if tracked.damaged.any():
        said.append(f"{int(tracked.damaged.sum())} frames cannot be decoded and count as lost")
    if tracked.faces > 1:
        said.append(
            f"up to {tracked.faces} faces are seen at once; the one that is followed was chosen by "
            f"--face {settings.face}, and anew after each cut"
        )
    if tracked.swaps:
        said.append(_MANY_SWAPS.format(tracked.swaps))
    height = float(np.nanmedian(tracked.heights))
    if height < _SMALL:
        said.append(f"the face is only {height:.0f} pixels high: its values are weak")
    turned = float(np.nanmean(np.abs(tracked.angles[:, :2]).max(axis=1)[tracked.found] > _TURNED))
    if turned > _FEW:
        said.append(f"the head is turned further than {_TURNED:.0f}° in {100 * turned:.0f} % of the frames")
    if neutral.how == "percentile":
        said.append(
            "there is no quiet moment in it: each channel's 5th percentile was taken for rest, and no more "
            "than what the tracker reads into faces at rest was subtracted"
        )
    if neutral.capped:
        said.append(f"not all of the neutral face was subtracted: {', '.join(neutral.capped)}")
    return said
