"""Hundreds of sentences, read one by one, against the channels a person would expect.

A line of ``data/facs_sentences.txt`` is ``[background|emotion] description >> next description
:: expectations``, about the last description.  ``+Smile`` means at least 0.15 (``++`` 0.35, or
``>0.2<0.5``), ``-Jaw`` at most 0.15, ``=Yaw`` positive, ``--Yaw`` negative, ``~Yaw`` either;
``:l`` and ``:r`` one side only; NEUTRAL nothing above 0.19.
"""

import re
from pathlib import Path

import pytest

from annotator.core.generation.facs.composing import faces
from viewer.core.channels import NAMES

SHORT = {
    "Smile": "MouthSmile",
    "Frown": "MouthFrown",
    "BD": "BrowDown",
    "Outer": "BrowOuterUp",
    "Wide": "EyeWide",
    "Blink": "EyeBlink",
    "Squint": "EyeSquint",
    "Cheek": "CheekSquint",
    "Sneer": "NoseSneer",
    "UpUp": "MouthUpperUp",
    "LowDown": "MouthLowerDown",
    "Press": "MouthPress",
    "Stretch": "MouthStretch",
    "Dimple": "MouthDimple",
    "Up": "EyeLookUp",
    "Down": "EyeLookDown",
    "Cross": "EyeLookIn",
}
ALL = {
    "Inner": ["BrowInnerUp"],
    "Jaw": ["JawOpen"],
    "RollU": ["MouthRollUpper"],
    "RollL": ["MouthRollLower"],
    "Pucker": ["MouthPucker"],
    "Funnel": ["MouthFunnel"],
    "Puff": ["CheekPuff"],
    "Tongue": ["TongueOut"],
    "JFwd": ["JawForward"],
    "JL": ["JawLeft"],
    "JR": ["JawRight"],
    "ML": ["MouthLeft"],
    "MR": ["MouthRight"],
    "L": ["EyeLookOutLeft", "EyeLookInRight"],
    "R": ["EyeLookOutRight", "EyeLookInLeft"],
    "Yaw": ["HeadYaw"],
    "Pitch": ["HeadPitch"],
    "Tilt": ["HeadRoll"],
}
ANY = {
    "Roll": ["MouthRollLower", "MouthRollUpper"],
    "Shrug": ["MouthShrugLower", "MouthShrugUpper"],
    "BrowUp": ["BrowInnerUp", "BrowOuterUpLeft", "BrowOuterUpRight"],
    "Shut": ["MouthPressLeft", "MouthPressRight", "MouthRollLower", "MouthRollUpper", "MouthClose"],
    "Part": ["JawOpen", "MouthLowerDownLeft", "MouthUpperUpLeft"],
    "Nose": ["NoseSneerLeft", "NoseSneerRight", "MouthUpperUpLeft", "MouthUpperUpRight"],
    "Eyes": ["EyeSquintLeft", "CheekSquintLeft", "EyeBlinkLeft"],
    "SadMouth": ["MouthFrownLeft", "MouthShrugLower", "MouthStretchLeft"],
}
TERM = re.compile(r"(\+\+|\+|--|-|~|=)([A-Za-z]+)(?::([lr]))?(?:>([.\d]+))?(?:<([.\d]+))?$")
LINES = Path(__file__).with_name("data").joinpath("facs_sentences.txt")


def channels(name: str, side: str | None) -> list[str]:
    if name in ALL or name in ANY:
        return ALL.get(name) or ANY[name]
    both = [SHORT[name] + "Left", SHORT[name] + "Right"]
    return both if side is None else [both[side == "r"]]


def fits(value: float, sign: str, least: float, most: float) -> bool:
    if sign in ("=", "--", "~"):
        return {"=": value, "--": -value, "~": abs(value)}[sign] >= 0.05
    return abs(value) <= most if sign == "-" else least <= value <= most


def failures(values: dict[str, float], expected: str) -> list[str]:
    if expected == "NEUTRAL":
        return [f"{name} {value:.2f}" for name, value in values.items() if abs(value) > 0.19]
    wrong = []
    for term in expected.split():
        match = TERM.match(term)
        assert match, term
        sign, name, side, low, high = match.groups()
        found = [values[c] for c in channels(name, side)]
        least = float(low) if low else 0.35 if sign == "++" else 0.15
        most = float(high) if high else 1.0 if sign in ("+", "++") else 0.15
        enough = any if name in ANY and sign in ("+", "++") else all
        if not enough(fits(v, sign, least, most) for v in found):
            wrong.append(f"{term} = {', '.join(f'{v:.2f}' for v in found)}")
    return wrong


def sections() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    name = ""
    for line in LINES.read_text("utf-8").splitlines():
        if line.startswith("# "):
            name = line[2:].strip()
        elif line.strip():
            found.setdefault(name, []).append(line)
    return found


@pytest.mark.parametrize("section", sections())
def test_sentences_read_as_a_person_would(section: str) -> None:
    wrong = []
    for line in sections()[section]:
        text, _, expected = line.partition(" :: ")
        context = re.match(r"\[(.*?)\|(.*?)\] (.*)", text)
        background, emotion, text = context.groups() if context else ("", "", text)
        face = faces(background, emotion, tuple(text.split(" >> ")))[-1]
        bad = failures(dict(zip(NAMES, map(float, face.values), strict=True)), expected.strip())
        if bad:
            wrong.append(f"{text}: {'; '.join(bad)}")
    assert not wrong, "\n".join(wrong)
