"""A track: coefficients over time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from viewer.core.channels import CHANNEL_COUNT, MIRROR_INDEX, NAMES, SHAPE_COUNT
from viewer.core.errors import TrackError
from viewer.core.frame_rate import usual_step

FloatArray = npt.NDArray[np.float32]
TimeArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

DEFAULT_FPS = 60.0
_SAME_TIME = 1e-6
"""Times that lie no further apart, in seconds, are the same time, differently rounded."""
MAX_FRAMES = 4_000_000
"""Frames of the longest track that resampling makes: 1 GB of values."""


@dataclass(frozen=True, eq=False)
class Track:
    """Coefficients over time; immutable, its arrays read-only.

    Attributes
    ----------
    times : (F,) float64 array
        Seconds, strictly rising; the first frame is at 0.
    values : (F, 61) float32 array
        The channels in CSV order (:data:`~viewer.core.channels.NAMES`), raw as recorded: they may
        leave their range a little.  The first 52 are weights, the last nine rotations in degrees,
        whatever unit the file was in: positive yaw turns to the own left, pitch up, roll tips to the
        own left shoulder.  Rows of frames where the face was lost are NaN.
    valid : (F,) bool array
        False where the face was lost.
    present : (61,) bool array
        Which channels the source had; the others are 0.
    name : str
        A name for people, as a rule the file's.
    format : str
        The name of the format it was read from.
    start : float
        The source's time code of the first frame, in seconds.
    meta : mapping
        What else is known: ``notes``, and of a track from a file ``pose_unit``, the unit in which the
        file holds its rotations, and ``pose_unit_from``, who said so (file, sidecar, format, dataset,
        clip or guess).
    """

    times: TimeArray
    values: FloatArray
    valid: BoolArray
    present: BoolArray
    name: str = ""
    format: str = ""
    start: float = 0.0
    meta: Mapping[str, Any] = field(default_factory=dict)

    @staticmethod
    def build(
        times: npt.ArrayLike,
        values: npt.ArrayLike,
        valid: npt.ArrayLike | None = None,
        *,
        present: npt.ArrayLike | None = None,
        name: str = "",
        format: str = "",
        start: float = 0.0,
        meta: Mapping[str, Any] | None = None,
    ) -> Track:
        """Check and freeze.  ``times`` may start anywhere: the first one is moved to 0 and
        added to ``start``.  Rows with a NaN or infinity become invalid.

        Raises :class:`TrackError` when shapes disagree, there is no frame, or time runs back.
        """
        t = np.array(times, np.float64).reshape(-1)
        with np.errstate(over="ignore"):
            v = np.array(values, np.float32, order="C")
        if v.ndim != 2 or v.shape[1] != CHANNEL_COUNT or v.shape[0] != t.size:
            raise TrackError(
                f"{t.size} times do not fit values of shape {v.shape}", "report this with the file"
            )
        if t.size == 0:
            raise TrackError("there is no frame in it", "choose a file with at least one frame")
        if not np.isfinite(t).all() or (np.diff(t) <= 0).any():
            raise TrackError("its times do not rise", "sort its rows by time and try again")
        ok = np.asarray(np.isfinite(v).all(axis=1), bool)
        if valid is not None:
            ok &= np.asarray(valid, bool)
        v[~ok] = np.nan
        here = np.ones(CHANNEL_COUNT, bool) if present is None else np.array(present, bool)
        first = float(t[0])
        t -= first
        for array in (t, v, ok, here):
            array.setflags(write=False)
        return Track(t, v, ok, here, name, format, start + first, dict(meta or {}))

    def __len__(self) -> int:
        return int(self.times.size)

    @property
    def duration(self) -> float:
        """Seconds from the first frame to the end of the last one."""
        return float(self.times[-1]) + self.frame_step

    @cached_property
    def frame_step(self) -> float:
        """The usual seconds between two frames (see :func:`~viewer.core.frame_rate.usual_step`); 1/60 for
        a single frame."""
        return usual_step(self.times) if len(self) > 1 else 1.0 / DEFAULT_FPS

    @property
    def fps(self) -> float:
        """Frames a second, from the usual step between frames."""
        return 1.0 / self.frame_step

    @property
    def rotations_degrees(self) -> FloatArray:
        """(F, 9) the rotations in degrees: yaw, pitch and roll of the head, the left and the right eye."""
        rotations: FloatArray = self.values[:, SHAPE_COUNT:]
        return rotations

    @property
    def notes(self) -> tuple[str, ...]:
        """What had to be interpreted or left out when it was read, a sentence each."""
        return tuple(self.meta.get("notes", ()))

    @property
    def untimed(self) -> bool:
        """Whether its source states no times, so that they are frame numbers at an assumed rate."""
        return self.meta.get("untimed") is True

    @property
    def invalid_frames(self) -> int:
        """How many frames lost the face."""
        return int((~self.valid).sum())

    @property
    def missing_channels(self) -> list[str]:
        """Names of the channels that its source lacked, in CSV order."""
        return [name for name, here in zip(NAMES, self.present, strict=True) if not here]

    @cached_property
    def unmeasured(self) -> BoolArray:
        """(61,) channels that its source lacked and nobody corrected: nothing is known of them."""
        # Lost rows are NaN, and NaN is not above 0.
        known = self.present | (np.abs(self.values) > 0).any(axis=0)
        return np.asarray(~known, bool)

    def gaps(self) -> list[tuple[float, float]]:
        """Stretches with missing rows: (start, end) seconds wherever two neighbours lie more
        than 1.75 usual steps apart."""
        steps = np.diff(self.times)
        at = np.flatnonzero(steps > 1.75 * self.frame_step)
        return [(float(self.times[i]), float(self.times[i + 1])) for i in at]

    def stretches(self, frames: BoolArray) -> list[tuple[float, float, int]]:
        """The stretches of ``frames`` (F,), as (start, end, number of frames), in seconds as ``times``: each
        ends where the next frame begins, or where it would without a gap, the last one where the track
        does."""
        edges = np.flatnonzero(np.diff(np.concatenate([[False], frames, [False]]).astype(np.int8)))
        after = {start: start + self.frame_step for start, _end in self.gaps()}
        following = [*self.times[1:].tolist(), self.duration]
        ends = [after.get(float(time), end) for time, end in zip(self.times, following, strict=True)]
        return [(float(self.times[a]), ends[b - 1], int(b - a)) for a, b in edges.reshape(-1, 2).tolist()]

    def frame_at(self, t: float) -> int:
        """The frame shown at ``t`` seconds: the last one that began, clamped to the ends.
        O(log F)."""
        i = int(np.searchsorted(self.times, t + _SAME_TIME, side="right")) - 1
        return min(max(i, 0), len(self) - 1)

    def row(self, t: float) -> FloatArray:
        """Values (61,) of the frame shown at ``t``; NaN where the face was lost."""
        row: FloatArray = self.values[self.frame_at(t)]
        return row

    def shown_row(self, t: float) -> FloatArray:
        """Like :meth:`row`, but a lost frame shows the last valid one before it (else zeros)."""
        i = self.frame_at(t)
        known = np.flatnonzero(self.valid[: i + 1])
        if not known.size:
            return np.zeros(CHANNEL_COUNT, np.float32)
        row: FloatArray = self.values[int(known[-1])]
        return row

    def sample(self, times: npt.ArrayLike) -> FloatArray:
        """Values (T, 61) linearly interpolated at ``times`` seconds, clamped to the ends.
        Where the nearest frame, of two equally near the earlier, lost the face the row is NaN."""
        t = np.atleast_1d(np.asarray(times, np.float64))
        if not self.valid.any():
            return np.full((t.size, CHANNEL_COUNT), np.nan, np.float32)
        good = self.times[self.valid]
        kept = self.values[self.valid]
        right = np.clip(np.searchsorted(good, t), 1, max(good.size - 1, 1))
        if good.size == 1:
            out: FloatArray = np.repeat(kept, t.size, axis=0)
        else:
            left = right - 1
            span = good[right] - good[left]
            w = np.clip((t - good[left]) / span, 0.0, 1.0)[:, None]
            out = ((1.0 - w) * kept[left] + w * kept[right]).astype(np.float32)
        nearest = np.clip(np.searchsorted(self.times, t), 1, max(len(self) - 1, 1))
        if len(self) > 1:
            nearer_left = t - self.times[nearest - 1] <= self.times[nearest] - t + _SAME_TIME
            nearest = np.where(nearer_left, nearest - 1, nearest)
        else:
            nearest = np.zeros(t.size, np.intp)
        out[~self.valid[nearest]] = np.nan
        return out

    def resampled(self, fps: float) -> Track:
        """The same track on an even grid of ``fps`` frames a second, from 0 to its last frame."""
        if not 0.1 <= fps <= 1000:
            raise TrackError(f"{fps:g} frames per second is not usable", "choose a rate from 0.1 to 1000")
        count = int(np.floor(float(self.times[-1]) * fps + 1e-6)) + 1
        if count > MAX_FRAMES:
            raise TrackError(
                f"would have {count} frames at {fps:g} per second", "choose a lower rate or cut the track"
            )
        times = np.arange(count) / fps
        return self.replaced(times=times, values=self.sample(times))

    def replaced(
        self,
        *,
        times: npt.ArrayLike | None = None,
        values: npt.ArrayLike | None = None,
        valid: npt.ArrayLike | None = None,
        **names: Any,
    ) -> Track:
        """A new track with other arrays or other ``name``, ``format``, ``start``, ``meta``."""
        if times is None and values is None and valid is None:
            return replace(self, **names)
        made = Track.build(
            self.times if times is None else times,
            self.values if values is None else values,
            valid if valid is not None else (self.valid if times is None else None),
            present=self.present,
            name=self.name,
            format=self.format,
            start=self.start,
            meta=self.meta,
        )
        return replace(made, **names) if names else made

    def mirrored(self) -> Track:
        """The track as a mirror shows it: left and right swapped, yaw and roll with the other sign.
        Which frames are valid stays."""
        swapped = list(MIRROR_INDEX)
        values = self.values[:, swapped]
        values[:, [52, 54, 55, 57, 58, 60]] *= -1.0
        return self.replaced(values=values, valid=self.valid, present=self.present[swapped])
