"""Where movements arrive together: what is suggested, and why.

Each movement (:mod:`~annotator.core.suggestions.movements`) is cut into strokes: it begins, goes one way,
and arrives.  Arrivals of many movements at one moment make a pose, and that is what an annotator marks.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.signal import find_peaks

from annotator.core.suggestions.movements import Array, Known, Movement, movements_of, names_of
from annotator.core.suggestions.suggestion import Kind, Suggestion
from annotator.core.sync.signals import RATE
from viewer.core.cancel import CancelToken
from viewer.core.frames import Frames
from viewer.core.track import Track

TOGETHER = 0.07
"""Seconds (standard deviation) within which arrivals belong to one pose."""
APART = 0.25
"""Seconds between two suggestions, at least."""
HELD = 0.6
"""Seconds that a pose stays for, to be called held."""
RESTING = 0.6
"""Seconds without movement, before which one begins."""
A_SECOND = 1.0
"""Suggestions a second of known face, at most, and :data:`SPARE` more."""
SPARE = 1
_LEAST_STROKE = 0.04
_OF_NOISE = 5.0
_SLOWEST = 0.08
"""Units a second: what is slower drifts."""
_ARRIVED = 0.2
"""Share of its greatest speed at which a stroke has arrived."""
_ONE_STROKE = 0.5
_ABOUT_THERE = 0.06
"""Share of a stroke that a pose may lose while it is still called held."""
_REACHED = 0.02
"""Share of a stroke that a held pose may lack when it is called reached."""
_SOON = 0.25
"""Seconds after arriving in which a held pose may still be at its strongest."""
_ON_ITS_WAY = 0.05
"""Seconds before the end in which what still moves has not arrived."""
_LET_GO = 0.5
"""What letting go of a pose says, beside reaching one."""
_TELLS = 0.35
_MOST_NAMED = 3
_STILL = 0.15
"""Of a pose's strength, what may move in the rest before its onset."""
_BEGINS = 0.4
"""What an onset says, beside the pose that it leads to."""
_LEAST = 0.1
_OF_STRONGEST = 0.12


@dataclass(frozen=True)
class Stroke:
    """One movement one way: samples of the grid at which it ``began``, at which it ``arrived``, and until
    which it ``stayed``; ``size`` is how far it went, below 0 for less of it."""

    movement: Movement
    began: int
    arrived: int
    stayed: int
    size: float

    @property
    def lets_go(self) -> bool:
        """Whether a shape goes back towards rest."""
        return (
            self.movement.sort == "shape"
            and self.movement.names[0] == self.movement.names[1]
            and self.size < 0
        )

    @property
    def worth(self) -> float:
        """How much it says."""
        return self.movement.weight * min(abs(self.size), 1.0) * (_LET_GO if self.lets_go else 1.0)


def strokes_of(movement: Movement, known: Known) -> list[Stroke]:
    """The strokes of a movement, none of which crosses a stretch in which the face is lost."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], known, [False]]).astype(np.int8)))
    found = []
    for first, last in edges.reshape(-1, 2).tolist():
        if last - first >= 0.3 * RATE:
            values = movement.values[first:last]
            speed = np.gradient(values) * RATE
            for way in (1.0, -1.0):
                found += _one_way(movement, values, speed, way, first)
    return found


def _one_way(movement: Movement, values: Array, speed: Array, way: float, first: int) -> list[Stroke]:
    towards = np.maximum(way * speed, 0.0)
    peaks = find_peaks(towards, height=_SLOWEST)[0].tolist()
    groups = list[list[int]]()
    for peak in peaks:
        before = groups[-1] if groups else None
        if before is not None:
            valley = float(towards[before[-1] : peak].min())
            if valley > _ONE_STROKE * min(float(towards[before[-1]]), float(towards[peak])):
                before.append(peak)
                continue
        groups.append([peak])
    least = max(_LEAST_STROKE, _OF_NOISE * movement.noise)
    strokes = []
    for number, group in enumerate(groups):
        # Where one stroke goes over into the next it is slowest.
        earliest = _slowest(towards, groups[number - 1][-1], group[0]) if number else 0
        later = number + 1 < len(groups)
        latest = _slowest(towards, group[-1], groups[number + 1][0]) if later else towards.size - 1
        slow = _ARRIVED * float(towards[group].max())
        began = _until(towards, group[0], -1, slow, earliest)
        arrived = _until(towards, group[-1], 1, slow, latest)
        size = float(values[arrived] - values[began])
        if abs(size) < least:
            continue
        peak, stayed = _peak_and_stay(
            values, arrived, way, max(_ABOUT_THERE * abs(size), _OF_NOISE * movement.noise)
        )
        if stayed - arrived < HELD * RATE:
            arrived = peak
        elif peak - arrived <= _SOON * RATE:
            reached = np.abs(values[arrived : peak + 1] - values[peak]) <= _REACHED * abs(size)
            arrived += int(np.argmax(reached))
        if arrived >= values.size - _ON_ITS_WAY * RATE:
            continue
        strokes.append(Stroke(movement, began + first, arrived + first, stayed + first, size))
    return strokes


def _slowest(towards: Array, first: int, last: int) -> int:
    return first + int(np.argmin(towards[first : last + 1]))


def _until(towards: Array, at: int, step: int, slow: float, end: int) -> int:
    while at != end and towards[at] > slow:
        at += step
    return at


def _peak_and_stay(values: Array, arrived: int, way: float, slack: float) -> tuple[int, int]:
    """Where it goes furthest while it stays, and the last sample at which it still is about there."""
    after = way * values[arrived:]
    most = np.maximum.accumulate(after)
    left = np.flatnonzero(after < most - slack)
    stay = int(left[0]) if left.size else after.size
    return arrived + int(np.argmax(after[:stay])), arrived + max(stay - 1, 0)


@dataclass(frozen=True)
class _Pose:
    at: int
    strength: float
    strokes: tuple[Stroke, ...]
    begins: bool = False


def find_suggestions(
    track: Track,
    *,
    offset: float = 0.0,
    frame_times: npt.ArrayLike = (),
    most: int | None = None,
    cancel: CancelToken | None = None,
) -> list[Suggestion]:
    """Find what looks worth a keyframe in a recording.

    Parameters
    ----------
    track
        The recording.
    offset
        Seconds that are added to the track's time to get the clip's.
    frame_times : (V,) floats
        When the frames of the clip's video begin, in seconds; without them the track's frames are suggested.
    most
        How many at most; about one a second where this is None.
    cancel
        Asked now and then.

    Returns
    -------
    list of Suggestion
        The strongest first; none outside the video, none where the face is lost, none for a blink.

    Raises
    ------
    Cancelled
        It was cancelled.
    """
    if len(track) < 3:
        return []
    movements, known = movements_of(track)
    strokes = list[Stroke]()
    for movement in movements:
        if cancel is not None:
            cancel.check()
        strokes += strokes_of(movement, known)
    limit = math.ceil(A_SECOND * np.count_nonzero(known) / RATE) + SPARE if most is None else most
    times = np.asarray(frame_times, np.float64).reshape(-1)
    frames = Frames(times if times.size else track.times + offset)
    found = list[Suggestion]()
    for pose in _poses(strokes, known):
        if len(found) >= limit:
            break
        if cancel is not None:
            cancel.check()
        at = pose.at / RATE + offset
        if not frames.times[0] - frames.step / 2 <= at <= frames.times[-1] + frames.step:
            continue
        time = frames.nearest(at)
        kind, reason, channels = _explained(pose)
        found.append(Suggestion(time, frames.number(time), kind, reason, pose.strength, channels))
    return found


def _poses(strokes: Sequence[Stroke], known: Known) -> list[_Pose]:
    """Moments at which strokes arrive together, the strongest first."""
    density = np.zeros(known.size)
    reach = round(3 * TOGETHER * RATE)
    bell = np.exp(-0.5 * (np.arange(-reach, reach + 1) / (TOGETHER * RATE)) ** 2)
    for stroke in strokes:
        first, last = max(stroke.arrived - reach, 0), min(stroke.arrived + reach + 1, density.size)
        density[first:last] += (
            stroke.worth * bell[first - stroke.arrived + reach : last - stroke.arrived + reach]
        )
    density[~known] = 0.0
    padded = np.concatenate([[0.0], density, [0.0]])
    peaks = find_peaks(padded, distance=max(round(APART * RATE), 1))[0] - 1
    least = max(_LEAST, _OF_STRONGEST * float(density.max(initial=0.0)))
    poses = []
    for at in peaks.tolist():
        if density[at] >= least:
            near = [s for s in strokes if abs(s.arrived - at) <= 1.7 * TOGETHER * RATE]
            poses.append(_Pose(at, float(density[at]), tuple(sorted(near, key=lambda s: -s.worth))))
    poses += _onsets(poses, strokes)
    return sorted(poses, key=lambda pose: (-round(pose.strength, 6), pose.at))


def _onsets(poses: Sequence[_Pose], strokes: Sequence[Stroke]) -> list[_Pose]:
    """Where the way to a pose begins after rest."""
    found, taken = list[_Pose](), [pose.at for pose in poses]
    for pose in poses:
        own = [s for s in _leading(pose) if not s.lets_go]
        at = min((s.began for s in own), default=0)
        before = at - round(RESTING * RATE)
        apart = all(abs(at - other) >= APART * RATE for other in taken)
        moving = sum(s.worth for s in strokes if s.began < at - 1 and s.arrived > before)
        if own and before >= 0 and apart and moving <= _STILL * pose.strength:
            taken.append(at)
            found.append(_Pose(at, _BEGINS * pose.strength, tuple(own), begins=True))
    return found


def _leading(pose: _Pose) -> list[Stroke]:
    """The strokes that tell what a pose is: what is reached tells more than what is let go."""
    top = pose.strokes[0].worth
    reaching = [s for s in pose.strokes if not s.lets_go and s.worth >= _TELLS * top]
    first = (reaching or pose.strokes)[0]
    alike = [
        s
        for s in pose.strokes
        if s.movement.sort == first.movement.sort
        and s.lets_go == first.lets_go
        and s.worth >= _TELLS * first.worth
    ]
    return alike[:_MOST_NAMED]


def _explained(pose: _Pose) -> tuple[Kind, str, tuple[str, ...]]:
    leading = _leading(pose)
    first = leading[0]
    channels = tuple(name for s in leading for name in s.movement.channels[0 if s.size > 0 else 1])
    words = names_of(list(dict.fromkeys(s.movement.names[0 if s.size > 0 else 1] for s in leading)))
    if pose.begins:
        part = {"gaze": "gaze ", "head": "head "}.get(first.movement.sort, "")
        return "onset", f"onset of {part}{words}", channels
    if first.movement.sort == "gaze":
        return "gaze shift", f"gaze {words}", channels
    if first.movement.sort == "head":
        return "head turn", f"head {words}", channels
    if first.lets_go:
        return "offset", f"offset of {words}", channels
    held = (first.stayed - first.arrived) / RATE
    if held >= HELD:
        return "plateau", f"{words} held for {held:.1f} s", channels
    return "apex", f"apex of {words}", channels
