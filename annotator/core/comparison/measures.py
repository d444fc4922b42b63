"""What comparing two tracks, ``a`` and ``b``, gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from viewer.core.channels import Region

T = TypeVar("T")


@dataclass(frozen=True)
class Both(Generic[T]):
    """Something of each of the two."""

    a: T
    b: T


Unit = Literal["degrees", "weight"]
"""In which errors are told: those of rotations in degrees, of shapes as weights of 0 to 1.  The two are
never averaged together."""


@dataclass(frozen=True)
class Moment:
    """Where two tracks differ much: ``time_in_track`` seconds of the first; ``error`` the root mean
    square difference of the channels looked at, ``channel`` the one that differs most and by how much
    (second − first)."""

    time_in_track: float
    error: float
    channel: str
    region: Region
    difference: float


@dataclass(frozen=True)
class Errors:
    """Mean absolute, root mean square and largest difference in the ``unit`` of the channels, and
    Pearson's ``correlation``, its mean over the channels that move in both; None where none does."""

    unit: Unit
    mae: float
    rmse: float
    max: float
    correlation: float | None


@dataclass(frozen=True)
class RegionErrors(Errors):
    """The errors of a region, and its ``worst`` moment, None where it hardly differs."""

    worst: Moment | None


@dataclass(frozen=True)
class ChannelErrors:
    """The errors of a channel in its ``unit``; ``bias`` is the mean of b − a.  ``speed_…`` (unit/s) and
    ``jerk_…`` (unit/s³) are the peaks of each track."""

    region: Region
    unit: Unit
    mae: float
    rmse: float
    max: float
    correlation: float | None
    bias: float
    speed_a: float
    speed_b: float
    jerk_a: float
    jerk_b: float


@dataclass(frozen=True)
class BrokenLimits:
    """How many ``frames`` break a limit of a face, and how many each of the ``rules``, most often
    broken first."""

    frames: int
    rules: Mapping[str, int]


@dataclass(frozen=True)
class Lag:
    """How many ``seconds`` the second track comes later (negative: earlier), and the
    ``correlation`` when it is moved back by so much; None where nothing moves alike."""

    seconds: float | None
    correlation: float | None


@dataclass(frozen=True)
class RegionDifference:
    """Mean and largest absolute difference of a region at one time."""

    mae: float
    max: float


@dataclass(frozen=True)
class KeyframeErrors:
    """The errors at one keyframe, over the blendshapes, and the ``worst`` channel; None, without
    ``regions``, where it cannot be told.  ``time_in_track`` is in seconds of the first track."""

    time_in_track: float
    mae: float | None
    rmse: float | None
    max: float | None
    worst: str | None
    regions: Mapping[Region, RegionDifference]


@dataclass(frozen=True)
class TrackComparison:
    """How far a track b is from a track a.

    Attributes
    ----------
    frames, left_out : int
        Frames of a that were compared, and those that were not.
    seconds : float
        From the first to the last frame that was compared.
    overall : Errors
        Over the blendshapes that both have; over rotations, in degrees, where they share no shape.
    regions : mapping of str to RegionErrors
        By region; rotations are in regions of their own, in degrees.
    channels : mapping of str to ChannelErrors
        By the name of each channel that both have.
    speed, jerk : Both of float
        The highest peaks over the blendshapes, in 1/s and 1/s³.
    blinks : Both of int
        How many there are in the time that was compared.
    limits : Both of BrokenLimits
        Frames of these that no face could show.
    lag : Lag
        The timing offset of b.
    moments : tuple of Moment
        Where the blendshapes differ most, worst first.
    keyframes : tuple of KeyframeErrors
        One for each time that was asked for.
    only_in_a, only_in_b : tuple of str
        Channels that the other one lacks.
    """

    frames: int
    left_out: int
    seconds: float
    overall: Errors
    regions: Mapping[Region, RegionErrors]
    channels: Mapping[str, ChannelErrors]
    speed: Both[float]
    jerk: Both[float]
    blinks: Both[int]
    limits: Both[BrokenLimits]
    lag: Lag
    moments: tuple[Moment, ...]
    keyframes: tuple[KeyframeErrors, ...]
    only_in_a: tuple[str, ...]
    only_in_b: tuple[str, ...]
