"""Words for values: what a face shows, in sentences the reader understands.

Only what is seen is said, never what it may be felt to mean.  Each clause is made of a subject, a
movement and a strength word, in forms that the reader gives back as the same values.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from annotator.core.generation.facs.strength import PLAIN
from viewer.core.channels import CHANNEL_COUNT, CHANNELS, INDEX, SHAPE_COUNT

AUDIBLE = 0.12
"""A value from here on is never left out."""
FAINT = 0.05
"""A value below is never told."""

_BESIDE = 0.3
"""Share of the clearest value from which on the fainter ones of a quiet face are told."""

_UNEVEN = 0.3
_LEAST_UNEVEN = 0.08
_CLAUSES = 3
_ROTATION_SHARE = 0.5
"""Rotations are small numbers: theirs count double."""
_GAZE_PITCH, _GAZE_YAW = 0.8, 0.7
"""Eye rotation that goes with a full look up or down, or to a side."""
_SMILE_LIFTS_CHEEKS = 0.28

_STRENGTHS = (
    (0.12, "ever so slightly"),
    (0.18, "very slightly"),
    (0.27, "slightly"),
    (0.38, "somewhat"),
    (0.5, "moderately"),
    (0.66, "clearly"),
    (0.78, "strongly"),
    (0.88, "very strongly"),
    (1.0, "extremely"),
)


@dataclass(frozen=True)
class _Form:
    """Words for a pair of channels or a single one.  ``{much}`` stands where the strength goes;
    ``one`` is for one side ("{side}"), ``rest`` for the other side after it (empty: ``one`` again).
    ``plain`` is what the reader takes the movement for without a strength word, ``full`` its value
    at full strength."""

    stem: str
    both: str
    one: str = ""
    rest: str = "the {side} one {much}"
    plain: float = PLAIN
    full: float = 1.0


_LIDS = _Form("EyeBlink", "the eyelids are {much} lowered", "the {side} eyelid is {much} lowered", full=0.9)
_BROWS = (
    _Form("BrowDown", "the brows lower {much}", "the {side} brow lowers {much}"),
    _Form("BrowInnerUp", "the inner brows lift {much}"),
    _Form("BrowOuterUp", "the outer brows lift {much}", "the {side} outer brow lifts {much}"),
)
_EYES = (
    _Form("EyeWide", "the eyes are {much} widened", "the {side} eye is {much} widened"),
    _Form("EyeSquint", "the eyes are {much} narrowed", "the {side} eye is {much} narrowed"),
)
_MIDDLE = (
    _Form("CheekSquint", "the cheeks lift {much}", "the {side} cheek lifts {much}"),
    _Form("CheekPuff", "the cheeks puff {much}", plain=0.75),
    _Form("NoseSneer", "the nose wrinkles {much}", "the {side} side of the nose wrinkles {much}"),
)
_SMILE = _Form("MouthSmile", "the lip corners pull up {much}", "the {side} lip corner pulls up {much}", "")
_MOUTH = (
    _Form("MouthFrown", "the lip corners turn down {much}", "the {side} lip corner turns down {much}", ""),
    _Form("MouthDimple", "the lip corners tuck in {much}", "the {side} lip corner tucks in {much}", ""),
    _Form(
        "MouthStretch", "the lips stretch sideways {much}", "the {side} lip corner stretches back {much}", ""
    ),
    _Form(
        "MouthPress",
        "the lips press together {much}",
        "the lips press together {much} on the {side} side",
        "{much} on the {side}",
    ),
    _Form("MouthPucker", "the lips pucker {much}", plain=0.75),
    _Form("MouthFunnel", "the lips funnel {much}"),
    _Form("MouthUpperUp", "the upper lip lifts {much}", "the {side} upper lip lifts {much}"),
    _Form("MouthRollUpper", "the upper lip rolls in {much}"),
    _Form(
        "MouthLowerDown", "the lower lip is pulled down {much}", "the {side} lower lip is pulled down {much}"
    ),
    _Form("MouthRollLower", "the lower lip rolls in {much}"),
    _Form("MouthShrugLower", "the lower lip pushes up {much}"),
    _Form("MouthLeft", "the mouth shifts {much} to the left"),
    _Form("MouthRight", "the mouth shifts {much} to the right"),
)
_JAW = (
    _Form("JawOpen", "the mouth opens {much}"),
    _Form("JawForward", "the jaw thrusts forward {much}", plain=0.65),
    _Form("JawLeft", "the jaw shifts {much} to the left"),
    _Form("JawRight", "the jaw shifts {much} to the right"),
    _Form("TongueOut", "the tongue sticks out {much}", plain=0.8),
)
_SUBJECTS = ("the lower lip ", "the upper lip ", "the mouth ", "the eyes are ", "the cheeks ")
_LIP_FOLLOWS = 0.45
"""Share by which the upper lip follows a lower lip that pushes up."""
_NET = (
    ("EyeLookUpLeft", "EyeLookDownLeft"),
    ("EyeLookUpRight", "EyeLookDownRight"),
    ("EyeLookOutLeft", "EyeLookInLeft"),
    ("EyeLookOutRight", "EyeLookInRight"),
    ("MouthLeft", "MouthRight"),
    ("JawLeft", "JawRight"),
)
"""Of opposite movements only the difference is seen."""


def strength_word(value: float, plain: float = PLAIN, needed: bool = False) -> str:
    """The strength word with which the reader takes a movement for ``value``; empty for a plain
    one, unless a word is ``needed``."""
    if abs(value - plain) <= 0.03 and not needed:
        return ""
    return min(_STRENGTHS, key=lambda row: abs(_heard(row[0], plain) - value))[1]


def _heard(strength: float, plain: float) -> float:
    """What the reader makes of a strength word beside a movement with a strength of its own."""
    if plain <= PLAIN or strength >= 1.0:
        return strength
    share = (strength - PLAIN) / (1 - PLAIN)
    return plain + (1 - plain) * share if share > 0 else plain * strength / PLAIN


class _Face:
    """One face's values, and what of them has been said."""

    def __init__(self, values: npt.NDArray[np.float64], audible: float) -> None:
        self._values = values
        self._told: set[str] = set()
        self.audible = audible

    def at(self, name: str) -> float:
        return float(self._values[INDEX[name]])

    def take(self, *names: str) -> tuple[float, ...]:
        """Values of channels that are being told of."""
        self._told.update(names)
        return tuple(self.at(name) for name in names)

    def left_out(self) -> Iterator[tuple[str, float]]:
        """Channels that no clause tells of, although their values are audible."""
        for channel in CHANNELS:
            value = self.at(channel.name)
            if channel.name not in self._told and abs(value) >= self.audible:
                yield channel.name, value


def _uneven(one: float, other: float) -> bool:
    return abs(one - other) > max(_LEAST_UNEVEN, _UNEVEN * max(abs(one), abs(other)))


def _fill(text: str, value: float, form: _Form, side: str = "", needed: bool = False) -> str:
    word = strength_word(value / form.full, form.plain, needed)
    return " ".join(text.format(much=word, side=side).split())


def _clause(face: _Face, form: _Form) -> Iterator[str]:
    """One movement in words, where it is audible."""
    if form.stem in INDEX:
        (value,) = face.take(form.stem)
        if value >= face.audible:
            yield _fill(form.both, value, form)
        return
    left, right = face.take(form.stem + "Left", form.stem + "Right")
    if max(left, right) < face.audible:
        return
    if not _uneven(left, right):
        yield _fill(form.both, (left + right) / 2, form)
        return
    more, less = sorted((("left", left), ("right", right)), key=lambda pair: -pair[1])
    told = _fill(form.one, more[1], form, more[0])
    if less[1] >= face.audible and not form.rest:
        yield told
        told = _fill(form.one, less[1], form, less[0])
    elif less[1] >= face.audible:
        # Without a word of its own the other side would be taken for as strong as this one.
        told += f" and {_fill(form.rest, less[1], form, less[0], needed=True)}"
    yield told


def _lids(face: _Face) -> Iterator[str]:
    left, right = face.take("EyeBlinkLeft", "EyeBlinkRight")
    if min(left, right) >= 0.86:
        yield "the eyes are closed"
    elif min(left, right) >= 0.74 and not _uneven(left, right):
        yield "the eyes are nearly closed"
    elif max(left, right) >= 0.86 and _uneven(left, right):
        shut, other, value = ("left", "right", right) if left > right else ("right", "left", left)
        yield f"the {shut} eye is closed"
        if value >= face.audible:
            yield _fill(_LIDS.one, value, _LIDS, other)
    else:
        yield from _clause(face, _LIDS)


def _looks(face: _Face) -> Iterator[str]:
    """Where the eyes look, from the eight looks; from their rotations where those say nothing."""
    up_left, down_left, out_left, in_left = face.take(
        "EyeLookUpLeft", "EyeLookDownLeft", "EyeLookOutLeft", "EyeLookInLeft"
    )
    up_right, down_right, out_right, in_right = face.take(
        "EyeLookUpRight", "EyeLookDownRight", "EyeLookOutRight", "EyeLookInRight"
    )
    lift_left, lift_right = up_left - down_left, up_right - down_right
    turn_left, turn_right = out_left - in_left, in_right - out_right
    names = ("LeftEyePitch", "RightEyePitch", "LeftEyeYaw", "RightEyeYaw")
    pitch_left, pitch_right, yaw_left, yaw_right = face.take(*names)
    if max(map(abs, (lift_left, lift_right, turn_left, turn_right))) < face.audible:
        least = face.audible * _ROTATION_SHARE
        if max(map(abs, (pitch_left, pitch_right, yaw_left, yaw_right))) >= least:
            lift_left, lift_right = pitch_left / _GAZE_PITCH, pitch_right / _GAZE_PITCH
            turn_left, turn_right = yaw_left / _GAZE_YAW, yaw_right / _GAZE_YAW
    yield from _gaze(face.audible, (lift_left, lift_right), (turn_left, turn_right))


def _gaze(audible: float, lift: tuple[float, float], turn: tuple[float, float]) -> Iterator[str]:
    """``lift`` (up) and ``turn`` (to the own left) of the left and the right eye."""
    together, apart = [], []
    for (left, right), plus, minus, alone in (
        (lift, "raised", "lowered", ("up", "down")),
        (turn, "turned {much} to the left", "turned {much} to the right", ("outward", "inward")),
    ):
        if max(abs(left), abs(right)) < audible:
            continue
        if left * right >= 0 and not _uneven(left, right):
            mean = (left + right) / 2
            words = plus if mean > 0 else minus
            words = words if "{much}" in words else "{much} " + words
            together.append(" ".join(words.format(much=strength_word(min(1.0, abs(mean)))).split()))
        elif alone[0] == "outward" and left * right < 0 and not _uneven(abs(left), abs(right)):
            size = (abs(left) + abs(right)) / 2
            crossed = left < 0
            word = strength_word(min(1.0, size if crossed else size / 0.9), 0.75 if crossed else PLAIN)
            apart.append(f"the eyes {'cross' if crossed else 'drift apart'} {word}".strip())
        else:
            outward = (left, right) if alone[0] == "up" else (left, -right)
            for side, value in zip(("left", "right"), outward, strict=True):
                if abs(value) >= audible:
                    inward = alone[1] == "inward" and value < 0
                    size = abs(value) / 0.9 if alone[0] == "outward" and not inward else abs(value)
                    word = strength_word(min(1.0, size), 0.75 if inward else PLAIN)
                    apart.append(f"the {side} eye looks {word} {alone[value < 0]}".replace("  ", " "))
    if together:
        yield f"the gaze is {' and '.join(together)}"
    yield from apart


def _head(face: _Face) -> Iterator[str]:
    moves = []
    for name, plus, minus, full in (
        ("HeadPitch", "lifts {much}", "lowers {much}", 0.5),
        ("HeadYaw", "turns {much} to the left", "turns {much} to the right", 0.6),
        ("HeadRoll", "tilts {much} to the left", "tilts {much} to the right", 0.45),
    ):
        (value,) = face.take(name)
        if abs(value) >= face.audible * _ROTATION_SHARE:
            much = strength_word(min(1.0, abs(value) / full))
            moves.append(" ".join((plus if value > 0 else minus).format(much=much).split()))
    if moves:
        yield f"the head {_listed(moves)}"


def _smile_without_cheeks(face: _Face) -> Iterator[str]:
    smile = min(face.at("MouthSmileLeft"), face.at("MouthSmileRight"))
    cheeks = max(face.at("CheekSquintLeft"), face.at("CheekSquintRight"))
    if smile * _SMILE_LIFTS_CHEEKS >= AUDIBLE and cheeks < FAINT:
        yield "the cheeks are relaxed"


def _upper_lip(face: _Face) -> Iterator[str]:
    upper, lower = face.take("MouthShrugUpper", "MouthShrugLower")
    follows = lower * _LIP_FOLLOWS if lower >= face.audible else 0.0
    if upper >= face.audible and abs(upper - follows) >= face.audible:
        yield f"the upper lip follows (MouthShrugUpper {upper:.2f})"


def _closed_lips(face: _Face) -> Iterator[str]:
    (value,) = face.take("MouthClose")
    if value >= face.audible:
        yield f"the lips hold together over the jaw (MouthClose {value:.2f})"


def _listed(parts: list[str]) -> str:
    if len(parts) < 3:
        return " and ".join(parts)
    return ", ".join(parts[:-1]) + ", and " + parts[-1]


def _joined(clauses: list[str]) -> list[str]:
    """Clauses without a subject that stands twice in a row."""
    joined: list[str] = []
    for clause in clauses:
        before = joined[-1] if joined else ""
        subject = next((s for s in _SUBJECTS if clause.startswith(s) and before.startswith(s)), "")
        if subject and " and " not in before + clause:
            joined[-1] = f"{before} and {clause.removeprefix(subject)}"
        else:
            joined.append(clause)
    return joined


def _sentences(clauses: list[str]) -> Iterator[str]:
    """Clauses of one part of the face as sentences, none of them long."""
    clauses = _joined(clauses)
    count = -(-len(clauses) // _CLAUSES)
    ends = [len(clauses) * number // count for number in range(count + 1)] if count else []
    for begin, end in pairwise(ends):
        parts = clauses[begin:end]
        text = ", and ".join(parts) if len(parts) == 2 else _listed(parts)
        yield text[0].upper() + text[1:] + "."


def describe_values(values: npt.ArrayLike) -> str:
    """English for (61,) values in KeyframeFace units: parts, sides, strength, gaze and head.

    Every value of at least 0.12 is told, of a quiet face also fainter ones.  A face without any is
    "The face is neutral."  Left and right are the subject's own.  Raises ValueError for another
    shape.
    """
    array = np.nan_to_num(np.asarray(values, np.float64), nan=0.0, posinf=1.0, neginf=-1.0)
    if array.shape != (CHANNEL_COUNT,):
        raise ValueError(f"expected {CHANNEL_COUNT} values, not {array.shape}")
    array = np.clip(array, [channel.low for channel in CHANNELS], [channel.high for channel in CHANNELS])
    for one, other in _NET:
        both = min(array[INDEX[one]], array[INDEX[other]])
        array[[INDEX[one], INDEX[other]]] -= both
    clearest = float(np.abs(array[:SHAPE_COUNT]).max())
    # A float32 of 0.12 lies a little below it.
    audible = min(AUDIBLE, max(FAINT, _BESIDE * clearest)) - 1e-6
    return _told(array, audible) or "The face is neutral."


def _told(array: npt.NDArray[np.float64], audible: float) -> str:
    face = _Face(array, audible)

    def of(forms: tuple[_Form, ...]) -> list[str]:
        return [clause for form in forms for clause in _clause(face, form)]

    eyes = [*_lids(face), *of(_EYES), *_looks(face)]
    middle = [*of(_MIDDLE), *_clause(face, _SMILE), *_smile_without_cheeks(face)]
    mouth = [*of(_MOUTH), *_upper_lip(face), *of(_JAW), *_closed_lips(face)]
    parts = ([*of(_BROWS), *eyes], [*middle, *mouth], list(_head(face)))
    told = [sentence for part in parts for sentence in _sentences(part)]
    told += [f"{name} is at {value:.2f}." for name, value in face.left_out()]
    return " ".join(told)
