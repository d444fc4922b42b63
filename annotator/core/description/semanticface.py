"""SemanticFace's replies: an analysis of a face in four parts, then values for 61 channels.

Its sign of the eyes' pitch is the other way round than KeyframeFace's: there a look down is
positive.
"""

from __future__ import annotations

import re

import numpy as np

from annotator.core.generation.protocol import ValueArray
from viewer.core.channels import INDEX

ANALYSIS = ("expression_category", "muscle_movements", "emotional_implication", "symmetry")
"""The parts of an analysis."""

_HEADING = re.compile(
    r"^[\W\d_]*(" + "|".join(part.replace("_", r"[\s_-]+") for part in ANALYSIS) + r")[\W_]*?"
    r"(?::|\n|\*\*|-)[^\S\n]*",
    re.IGNORECASE | re.MULTILINE,
)
_END = re.compile(r"```|^\s*[\[{]|^#|^\W*(?:arkit|values|coefficients|blendshapes?)\b", re.I | re.MULTILINE)
_MARKS = re.compile(r"\*\*|__|^\s*[-*•]\s+", re.MULTILINE)
_UP = ("EyeLookUpLeft", "EyeLookUpRight")
_DOWN = ("EyeLookDownLeft", "EyeLookDownRight")
_PITCH = ("LeftEyePitch", "RightEyePitch")
_SEEN = 0.05


def markdown_analysis(text: str) -> dict[str, str]:
    """The parts of an analysis in Markdown: each under its name as a heading, a bold word or the
    head of a line."""
    found: dict[str, str] = {}
    heads = list(_HEADING.finditer(text))
    for number, head in enumerate(heads):
        body = text[head.end() : heads[number + 1].start() if number + 1 < len(heads) else len(text)]
        end = _END.search(body)
        words = " ".join(_MARKS.sub(" ", body[: end.start()] if end else body).split()).strip(" :*-\"'")
        name = re.sub(r"[\s-]+", "_", head[1].lower())
        if words and name not in found:
            found[name] = words
    return found


def keyframeface_pitch(values: ValueArray) -> ValueArray:
    """Values (61,) of an answer for a picture with the eyes' pitch as KeyframeFace has it: a look
    down is negative.  The looks of the same answer say which way the eyes turn; where they do not,
    it is taken for SemanticFace's sign."""
    turned = np.array(values, np.float32)
    look = sum(float(values[INDEX[name]]) for name in _UP) - sum(float(values[INDEX[name]]) for name in _DOWN)
    for name in _PITCH:
        pitch = turned[INDEX[name]]
        agrees = abs(look) >= _SEEN and pitch * look > 0
        turned[INDEX[name]] = pitch if agrees else -pitch + np.float32(0.0)
    return turned
