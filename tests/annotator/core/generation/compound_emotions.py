"""The 21 facial expressions of emotion that Du, Tao and Martinez measured (PNAS 2014, Table 1), and
which of them each face of the built-in model resembles most."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np

from annotator.core.generation.facs.sequence import faces
from viewer.core.channels import INDEX

# Action units that most subjects showed, in brackets those that many did.
DU = """happy 12,25[6] | sad 4,15[1,6,11,17] | fearful 1,4,20,25[2,5,26] | angry 4,7,24[10,17,23]
| surprised 1,2,25,26[5] | disgusted 9,10,17[4,24] | happily surprised 1,2,12,25[5,26]
| happily disgusted 10,12,25[4,6,9] | sadly fearful 1,4,20,25[2,5,6,15] | sadly angry 4,15[6,7,11,17]
| sadly surprised 1,4,25,26[2,6] | sadly disgusted 4,10[1,6,9,11,15,17,25]
| fearfully angry 4,20,25[5,7,10,11]
| fearfully surprised 1,2,5,20,25[4,10,11,26] | fearfully disgusted 1,4,10,20,25[2,5,6,9,15]
| angrily surprised 4,25,26[5,7,10] | angrily disgusted 4,10,17[7,9,24]
| disgustedly surprised 1,2,5,10[4,9,17,24] | appalled 4,10[6,9,17,24] | hatred 4,10[7,9,17,24]
| awed 1,2,5,25[4,20,26]"""
SHOWN = {
    1: "BrowInnerUp",
    2: "BrowOuterUpLeft",
    4: "BrowDownLeft",
    5: "EyeWideLeft",
    6: "CheekSquintLeft",
    7: "EyeSquintLeft",
    9: "NoseSneerLeft",
    10: "MouthUpperUpLeft",
    12: "MouthSmileLeft",
    15: "MouthFrownLeft",
    17: "MouthShrugLower",
    20: "MouthStretchLeft",
    24: "MouthPressLeft",
    26: "JawOpen",
}
_NOUNS = {
    "happy": "happiness",
    "sad": "sadness",
    "fearful": "fear",
    "angry": "anger",
    "surprised": "surprise",
    "disgusted": "disgust",
    "awed": "awe",
    "appalled": "being appalled",
    "hatred": "hatred",
}
_ADVERBS = {
    "happily": "happy",
    "sadly": "sad",
    "fearfully": "fearful",
    "angrily": "angry",
    "disgustedly": "disgusted",
}


def noun(name: str) -> str:
    """ "angrily surprised" as a thing: "angry surprise"."""
    adverb, _, adjective = name.rpartition(" ")
    return f"{_ADVERBS[adverb]} {_NOUNS[adjective]}" if adverb else _NOUNS[name]


def mixed(name: str) -> str:
    """ "angrily surprised" as two things: "surprise mixed with anger"."""
    adverb, _, adjective = name.rpartition(" ")
    return f"{_NOUNS[adjective]} mixed with {_NOUNS[_ADVERBS[adverb]]}" if adverb else _NOUNS[name]


def both(name: str) -> str:
    """ "angrily surprised" as two words: "both angry and surprised"."""
    adverb, _, adjective = name.rpartition(" ")
    return f"both {_ADVERBS[adverb]} and {adjective}" if adverb else name.replace("hatred", "full of hatred")


WORDINGS: dict[str, Callable[[str], str]] = {
    "A look of …": lambda name: f"A look of {noun(name)}.",
    "Her face shows …": lambda name: f"Her face shows {noun(name)}.",
    "She looks …": lambda name: f"She looks {name}.",
    "… mixed with …": lambda name: f"{mixed(name).capitalize()}.",
    "He looks both … and …": lambda name: f"He looks {both(name)}.",
    "the word alone": lambda name: name,
}


def rows() -> dict[str, np.ndarray]:
    """The table: 1 for a unit of most subjects, 0.5 of many, in the order of SHOWN and AU 25."""
    found = {}
    for row in DU.split("|"):
        match = re.match(r"\s*([a-z ]+?) ([\d,]+)\[([\d,]+)\]", row)
        assert match, row
        name, main, some = match.groups()
        found[name] = np.array(
            [
                1.0 if str(u) in main.split(",") else 0.5 if str(u) in some.split(",") else 0.0
                for u in [*SHOWN, 25]
            ]
        )
    return found


def shown(sentence: str) -> np.ndarray:
    """How strongly the face of a sentence shows each unit."""
    values = faces("", "", (sentence,))[-1].values
    lips = max(values[INDEX["JawOpen"]], values[INDEX["MouthLowerDownLeft"]])
    return np.array([*(values[INDEX[channel]] for channel in SHOWN.values()), lips], float)


def matches(wording: str) -> dict[str, str]:
    """The row that each emotion's face resembles most, by the cosine of its units."""
    table = rows()
    best = {}
    for name in table:
        units = shown(WORDINGS[wording](name))
        likeness = {other: float(units @ row / np.linalg.norm(row)) for other, row in table.items()}
        best[name] = max(likeness, key=likeness.__getitem__)
    return best
