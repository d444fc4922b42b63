"""A short notation for what a sentence must do to a face.

A line is ``[background|emotion] description >> next description :: expectations``, about the
last description.  ``+Smile`` means at least 0.15 (``++`` 0.35, or ``>0.2<0.5``), ``-Jaw`` at
most 0.15, ``=Yaw`` positive, ``--Yaw`` negative, ``~Yaw`` either; ``:l`` and ``:r`` one side
only; ``SIDED:Smile`` at least 0.15 on one side and 0.1 less on the other; ``DIFF:Smile`` 0.05
apart; NEUTRAL nothing above 0.19.
"""

import re
from pathlib import Path

from annotator.core.generation.facs.composing import Face
from annotator.core.generation.facs.sequence import faces
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
    "SadFace": ["MouthFrownLeft", "MouthShrugLower", "BrowInnerUp"],
    "Round": ["MouthPucker", "MouthFunnel"],
    "Purse": ["MouthPucker", "MouthPressLeft", "MouthRollLower"],
    "WideMouth": ["MouthSmileLeft", "MouthStretchLeft"],
    "EyeShut": ["EyeSquintLeft", "EyeBlinkLeft"],
    "Lids": ["EyeBlinkLeft", "EyeLookDownLeft"],
    "Teeth": ["MouthUpperUpLeft", "MouthLowerDownLeft", "JawOpen"],
}
TERM = re.compile(r"(\+\+|\+|--|-|~|=)([A-Za-z]+)(?::([lr]))?(?:>([.\d]+))?(?:<([.\d]+))?$")


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
        if term.startswith(("SIDED:", "DIFF:")):
            kind, name = term.split(":")
            several = ("Smile", "Dimple", "UpUp") if name == "Contempt" else (name,)
            pairs = [channels(each, None) for each in several]
            found = [(values[left], values[right]) for left, right in pairs]
            least, apart = (0.15, 0.1) if kind == "SIDED" else (0.05, 0.05)
            if not any(max(pair) >= least and abs(pair[0] - pair[1]) >= apart for pair in found):
                wrong.append(f"{term} = {found}")
            continue
        match = TERM.match(term)
        assert match, term
        sign, name, side, low, high = match.groups()
        each = [values[c] for c in channels(name, side)]
        least = float(low) if low else 0.35 if sign == "++" else 0.15
        most = float(high) if high else 1.0 if sign in ("+", "++") else 0.15
        enough = any if name in ANY and sign in ("+", "++") else all
        if not enough(fits(v, sign, least, most) for v in each):
            wrong.append(f"{term} = {', '.join(f'{v:.2f}' for v in each)}")
    return wrong


def sections(name: str) -> dict[str, list[str]]:
    """The lines of a file of ``data`` by the heading they stand under."""
    found: dict[str, list[str]] = {}
    heading = ""
    for line in Path(__file__).with_name("data").joinpath(name).read_text("utf-8").splitlines():
        if line.startswith("# "):
            heading = line[2:].strip()
        elif line.strip():
            found.setdefault(heading, []).append(line)
    return found


def last_face(text: str) -> Face:
    """The face of the last description of a line's text."""
    context = re.match(r"\[(.*?)\|(.*?)\] (.*)", text)
    background, emotion, text = context.groups() if context else ("", "", text)
    return faces(background, emotion, tuple(text.split(" >> ")))[-1]


def misread(line: str) -> list[str]:
    """What a line expects and does not get."""
    text, _, expected = line.partition(" :: ")
    return failures(dict(zip(NAMES, map(float, last_face(text).values), strict=True)), expected.strip())
