"""The 61 channels: the one registry of names, orders, regions, sides and spellings.

The names and both orders are Live Link Face's (Epic Games); the regions group channels the
way the window shows them.  Left and right are always the subject's own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

Region = Literal["eyes", "brows", "nose", "cheeks", "jaw", "mouth", "tongue", "head", "eye rotation"]
Side = Literal["left", "right", "middle"]

_CSV_ORDER = """
EyeBlinkLeft EyeLookDownLeft EyeLookInLeft EyeLookOutLeft EyeLookUpLeft EyeSquintLeft EyeWideLeft
EyeBlinkRight EyeLookDownRight EyeLookInRight EyeLookOutRight EyeLookUpRight EyeSquintRight EyeWideRight
JawForward JawRight JawLeft JawOpen MouthClose MouthFunnel MouthPucker MouthRight MouthLeft
MouthSmileLeft MouthSmileRight MouthFrownLeft MouthFrownRight MouthDimpleLeft MouthDimpleRight
MouthStretchLeft MouthStretchRight MouthRollLower MouthRollUpper MouthShrugLower MouthShrugUpper
MouthPressLeft MouthPressRight MouthLowerDownLeft MouthLowerDownRight MouthUpperUpLeft MouthUpperUpRight
BrowDownLeft BrowDownRight BrowInnerUp BrowOuterUpLeft BrowOuterUpRight
CheekPuff CheekSquintLeft CheekSquintRight NoseSneerLeft NoseSneerRight TongueOut
HeadYaw HeadPitch HeadRoll LeftEyeYaw LeftEyePitch LeftEyeRoll RightEyeYaw RightEyePitch RightEyeRoll
""".split()

SHAPE_COUNT = 52
CHANNEL_COUNT = 61
_FAR_BEYOND = 1e6
MOST_DEGREES = 90.0
"""Further than this no head and no eye turns."""
FULL_DEGREES = 45.0
"""What looks as strong as a weight of 1."""


@dataclass(frozen=True, slots=True)
class Channel:
    """One of the 61 columns of a track.

    ``index`` is its place in CSV order, which is also its column in every array of this project.
    ``low`` and ``high`` bound the value that a model knows: weights [0, 1], rotations [-1, 1] in
    KeyframeFace's unit (see :mod:`viewer.core.pose`).  A track holds rotations in degrees:
    ``least`` and ``most`` bound those.
    """

    name: str
    index: int
    region: Region
    side: Side
    mirror: str
    low: float
    high: float

    @property
    def is_rotation(self) -> bool:
        """Whether it turns head or eyes; else it is a shape."""
        return self.index >= SHAPE_COUNT

    @property
    def least(self) -> float:
        """The least usual value in a track: 0, of rotations -90 degrees."""
        return -MOST_DEGREES if self.is_rotation else self.low

    @property
    def most(self) -> float:
        """The most usual value in a track: 1, of rotations 90 degrees."""
        return MOST_DEGREES if self.is_rotation else self.high

    @property
    def full(self) -> float:
        """The value of a track that looks as strong as others' do: 1, of rotations 45 degrees."""
        return FULL_DEGREES if self.is_rotation else 1.0

    @property
    def unit(self) -> str:
        """What follows a value of a track when it is shown: a degree sign, or nothing."""
        return "°" if self.is_rotation else ""

    def shown(self, value: float, decimals: int = 2) -> str:
        """A value of a track in words: ``0.25``, or of a rotation, with a digit less, ``12.5°``; what is
        far beyond any value in few digits, too."""
        number = f"{value:.{decimals - self.is_rotation}f}" if abs(value) < _FAR_BEYOND else f"{value:.3g}"
        return f"{number}{self.unit}"

    @property
    def arkit_name(self) -> str:
        """The lowerCamel spelling of Apple's headers, e.g. ``eyeBlinkLeft``."""
        return self.name[:1].lower() + self.name[1:]


def _region(name: str) -> Region:
    if name.startswith(("LeftEye", "RightEye")):
        return "eye rotation"
    prefixes: tuple[tuple[str, Region], ...] = (
        ("Eye", "eyes"),
        ("Brow", "brows"),
        ("Nose", "nose"),
        ("Cheek", "cheeks"),
        ("Jaw", "jaw"),
        ("Mouth", "mouth"),
        ("Tongue", "tongue"),
        ("Head", "head"),
    )
    return next(region for prefix, region in prefixes if name.startswith(prefix))


def _side(name: str) -> Side:
    if name.startswith("LeftEye"):
        return "left"
    if name.startswith("RightEye"):
        return "right"
    if name.endswith("Left"):
        return "left"
    return "right" if name.endswith("Right") else "middle"


def _mirror(name: str) -> str:
    for this, other in (("Left", "Right"), ("Right", "Left")):
        if name.startswith(this):
            return other + name[len(this) :]
        if name.endswith(this):
            return name[: -len(this)] + other
    return name


def _stream_order() -> list[str]:
    order = list(_CSV_ORDER)
    for right, left in (("JawRight", "JawLeft"), ("MouthRight", "MouthLeft")):
        a, b = order.index(right), order.index(left)
        order[a], order[b] = left, right
    return order


CHANNELS: tuple[Channel, ...] = tuple(
    Channel(
        name=name,
        index=index,
        region=_region(name),
        side=_side(name),
        mirror=_mirror(name),
        low=0.0 if index < SHAPE_COUNT else -1.0,
        high=1.0,
    )
    for index, name in enumerate(_CSV_ORDER)
)

NAMES: tuple[str, ...] = tuple(channel.name for channel in CHANNELS)
STREAM_NAMES: tuple[str, ...] = tuple(_stream_order())
"""The channels in the order of Live Link's packets and Unreal's enum."""

INDEX: dict[str, int] = {name: index for index, name in enumerate(NAMES)}
BY_NAME: dict[str, Channel] = {channel.name: channel for channel in CHANNELS}
SHAPES: tuple[Channel, ...] = CHANNELS[:SHAPE_COUNT]
ROTATIONS: tuple[Channel, ...] = CHANNELS[SHAPE_COUNT:]
REGIONS: tuple[Region, ...] = (
    "brows",
    "eyes",
    "nose",
    "cheeks",
    "jaw",
    "mouth",
    "tongue",
    "head",
    "eye rotation",
)
TURNING_REGIONS: frozenset[Region] = frozenset({"head", "eye rotation"})
"""The regions of rotations, whose values in a track are degrees."""
MIRROR_INDEX: tuple[int, ...] = tuple(INDEX[channel.mirror] for channel in CHANNELS)

_SPELLINGS = {name.lower(): channel for name, channel in BY_NAME.items()}
_SIDE_SUFFIX = re.compile(r"(?:[_.\- ](?P<sep>l|r|left|right))$", re.IGNORECASE)


def by_region(region: Region) -> tuple[Channel, ...]:
    """The channels of one region, in CSV order."""
    return tuple(channel for channel in CHANNELS if channel.region == region)


@lru_cache(maxsize=8192)
def match(name: str) -> Channel | None:
    """Find the channel a foreign name means, or None.

    Takes every spelling of FORMATS: ``EyeBlinkLeft``, ``eyeBlinkLeft``, ``eyeBlink_L``,
    ``eyeBlink_l``, ``eyeBlink.L``, ``blendShapes.EyeBlinkLeft``, ``blendShape1.eyeBlink_L``.
    """
    text = name.strip().strip("\ufeff\"'").strip()
    side = ""
    suffix = _SIDE_SUFFIX.search(text)
    if suffix is not None:
        side = "left" if suffix["sep"].lower().startswith("l") else "right"
        text = text[: suffix.start()]
    stem = re.sub(r"[^a-z0-9]", "", re.split(r"[.:|]", text)[-1].lower())
    return _SPELLINGS.get(stem + side)


def match_half(name: str) -> tuple[Channel, Side] | None:
    """Find the unsided channel of which ``name`` is one half, e.g. ICT's ``browInnerUp_L``.

    ARKit does not split BrowInnerUp and CheekPuff; some heads do, and their halves add up.
    """
    text = name.strip()
    for suffix, side in (("_L", "left"), ("_R", "right"), ("Left", "left"), ("Right", "right")):
        if text.lower().endswith(suffix.lower()):
            whole = match(text[: -len(suffix)])
            if whole is not None and whole.side == "middle" and match(text) is None:
                return whole, ("left" if side == "left" else "right")
    return None
