"""Words for values: what a face shows, in sentences the reader understands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from viewer.core.channels import CHANNEL_COUNT, INDEX

AUDIBLE = 0.08
"""Values below this are not mentioned."""
UNEVEN = 0.35
"""Share by which two sides must differ to be told apart."""
HEAD_SCALE = 0.5
"""Head rotation that counts as complete (the reader's own scale)."""

_DEGREES = (
    (0.14, "barely"),
    (0.22, "very slightly"),
    (0.34, "slightly"),
    (0.44, "somewhat"),
    (0.55, "moderately"),
    (0.64, ""),
    (0.72, "clearly"),
    (0.84, "strongly"),
    (0.94, "very strongly"),
    (2.0, "fully"),
)


@dataclass(frozen=True)
class _Phrase:
    """A pair of channels, or one, with words for both sides and for one side ("{side}")."""

    stem: str
    both: str
    one: str
    region: int
    plain: float = 0.6


_PHRASES = (
    _Phrase("BrowDown", "the brows are {much} lowered", "the {side} brow is {much} lowered", 0),
    _Phrase("BrowOuterUp", "the outer brows are {much} raised", "the outer {side} brow is {much} raised", 0),
    _Phrase("EyeWide", "the eyes are {much} widened", "the {side} eye is {much} widened", 1),
    _Phrase("EyeSquint", "the eyes are {much} narrowed", "the {side} eye is {much} narrowed", 1),
    _Phrase("CheekSquint", "the cheeks are {much} raised", "the {side} cheek is {much} raised", 1),
    _Phrase("NoseSneer", "the nose is {much} wrinkled", "the {side} side of the nose is {much} wrinkled", 2),
    _Phrase("MouthSmile", "the lip corners are {much} raised", "the {side} lip corner is {much} raised", 3),
    _Phrase("MouthFrown", "the lip corners are {much} lowered", "the {side} lip corner is {much} lowered", 3),
    _Phrase(
        "MouthDimple",
        "the mouth corners are {much} tucked in",
        "the {side} mouth corner is {much} tucked in",
        3,
    ),
    _Phrase(
        "MouthStretch", "the lips are {much} stretched", "the {side} mouth corner is {much} stretched back", 3
    ),
    _Phrase(
        "MouthPress",
        "the lips are {much} pressed together",
        "the lips are {much} pressed on the {side} side",
        3,
    ),
    _Phrase("MouthUpperUp", "the upper lip is {much} raised", "the {side} upper lip is {much} raised", 3),
    _Phrase("MouthLowerDown", "the lower lip is {much} lowered", "the {side} lower lip is {much} lowered", 3),
)
_SINGLES = (
    ("BrowInnerUp", "the inner brows are {much} raised", 0),
    ("JawOpen", "the mouth is {much} open", 3),
    ("MouthPucker", "the lips are {much} puckered", 3),
    ("MouthFunnel", "the lips are {much} funneled", 3),
    ("MouthRollLower", "the lower lip is {much} rolled in", 3),
    ("MouthRollUpper", "the upper lip is {much} rolled in", 3),
    ("MouthShrugLower", "the lower lip is {much} pushed up", 3),
    ("MouthLeft", "the mouth is {much} shifted to the left", 3),
    ("MouthRight", "the mouth is {much} shifted to the right", 3),
    ("JawForward", "the jaw is {much} thrust forward", 3),
    ("JawLeft", "the jaw is {much} shifted to the left", 3),
    ("JawRight", "the jaw is {much} shifted to the right", 3),
    ("CheekPuff", "the cheeks are {much} puffed", 2),
    ("TongueOut", "the tongue is {much} stuck out", 3),
)


def degree_word(value: float) -> str:
    """The strength word for a value from 0 to 1 ("" for a plain one)."""
    return next(word for limit, word in _DEGREES if value < limit)


def _fill(text: str, value: float, **more: str) -> str:
    return " ".join(text.format(much=degree_word(value), **more).split())


def _pairs(at: Callable[[str], float]) -> list[tuple[int, str]]:
    found = []
    for phrase in _PHRASES:
        left, right = at(phrase.stem + "Left"), at(phrase.stem + "Right")
        most = max(left, right)
        if most < AUDIBLE:
            continue
        if min(left, right) >= (1 - UNEVEN) * most:
            found.append((phrase.region, _fill(phrase.both, (left + right) / 2)))
            continue
        for side, value in (("left", left), ("right", right)):
            if value >= AUDIBLE:
                found.append((phrase.region, _fill(phrase.one, value, side=side)))
    return found


def _lids(at: Callable[[str], float]) -> list[tuple[int, str]]:
    left, right = at("EyeBlinkLeft"), at("EyeBlinkRight")

    def state(value: float) -> str:
        if value >= 0.85:
            return "closed"
        percent = round(value * 20) * 5
        return f"{percent}% closed"

    if max(left, right) < AUDIBLE:
        return []
    if abs(left - right) <= UNEVEN * max(left, right):
        return [(1, f"the eyes are {state((left + right) / 2)}")]
    return [
        (1, f"the {side} eye is {state(value)}")
        for side, value in (("left", left), ("right", right))
        if value >= AUDIBLE
    ]


def _gaze(at: Callable[[str], float]) -> list[tuple[int, str]]:
    found = []
    inward = min(at("EyeLookInLeft"), at("EyeLookInRight"))
    if inward >= AUDIBLE:
        found.append((4, _fill("the eyes are {much} crossed", inward)))
    else:
        toward = {
            "left": (at("EyeLookOutLeft") + at("EyeLookInRight")) / 2,
            "right": (at("EyeLookOutRight") + at("EyeLookInLeft")) / 2,
        }
        side = max(toward, key=lambda name: toward[name])
        if toward[side] >= AUDIBLE:
            found.append((4, _fill("the gaze is {much} turned to the {side}", toward[side], side=side)))
    for name, word in (("EyeLookUp", "raised"), ("EyeLookDown", "lowered")):
        value = (at(name + "Left") + at(name + "Right")) / 2
        if value >= AUDIBLE:
            found.append((4, _fill(f"the gaze is {{much}} {word}", value)))
    return found


def _head(at: Callable[[str], float]) -> list[tuple[int, str]]:
    found = []
    for name, plus, minus, scale in (
        ("HeadYaw", "turned to the left", "turned to the right", 0.6),
        ("HeadPitch", "raised", "lowered", HEAD_SCALE),
        ("HeadRoll", "tilted to the left", "tilted to the right", 0.45),
    ):
        value = at(name)
        if abs(value) >= AUDIBLE * 0.75:
            word = plus if value > 0 else minus
            found.append((5, _fill(f"the head is {{much}} {word}", min(1.0, abs(value) / scale))))
    return found


def describe_values(values: npt.ArrayLike) -> str:
    """English for (61,) values in KeyframeFace units: parts, sides, strength, gaze and head.

    Values below 0.08 are left out; a face without any is "The face is neutral."  Left and
    right are the subject's own.  Raises ValueError for another shape.
    """
    array = np.nan_to_num(np.asarray(values, np.float64))
    if array.shape != (CHANNEL_COUNT,):
        raise ValueError(f"expected {CHANNEL_COUNT} values, not {array.shape}")

    def at(name: str) -> float:
        return float(array[INDEX[name]])

    found = _pairs(at) + _lids(at) + _gaze(at) + _head(at)
    found += [(region, _fill(text, at(name))) for name, text, region in _SINGLES if at(name) >= AUDIBLE]
    if not found:
        return "The face is neutral."
    sentences = []
    for region in sorted({r for r, _ in found}):
        parts = [text for r, text in found if r == region]
        joined = parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + ", and " + parts[-1]
        sentences.append(joined[0].upper() + joined[1:] + ".")
    return " ".join(sentences)
