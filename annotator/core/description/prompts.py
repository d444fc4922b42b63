"""What models are asked for words: a moment's coefficients as a list, or its picture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from annotator.core.generation.chat import image_part, text_part
from viewer.core.channels import NAMES, ROTATIONS, SHAPES

ChatMessage = Mapping[str, Any]

_LEAST = 0.04

VALUES_PROMPT = (
    "You describe faces for animators. You get the Apple ARKit coefficients of one moment. Write one "
    "to three plain English sentences that say what is visible: brows, eyelids, gaze, nose, cheeks, "
    "mouth, jaw, head, each with side and strength where it matters, the clearest first. Shapes go "
    "from 0 to 1: 0.1 is a trace, 0.3 slight, 0.5 marked, 0.75 strong, 1 the anatomical limit. Left "
    "and right are the person's own. EyeLookOutLeft with EyeLookInRight is a look to the own left. "
    "Rotations go from -1 to 1: positive yaw turns to the own left, positive pitch looks up, positive "
    "roll tilts to the own left shoulder. Name no emotion and no channel, and give no numbers. "
    'Answer with JSON only, in the form {"description":"The inner brows lift slightly."}.'
)

PICTURE_PROMPT = (
    "You analyse faces for animators. You get one frame of a video of a face. Say only what is "
    "visible in it; left and right are the person's own. Answer with one JSON object in the form "
    '{"analysis":{"expression_category":"...","muscle_movements":"...","emotional_implication":"...",'
    '"symmetry":"..."}}. "muscle_movements" has one to three plain English sentences on brows, '
    "eyelids, gaze, nose, cheeks, mouth, jaw and head, each with side and strength where it matters, "
    'and names no emotion; "expression_category" names the expression in a few words; '
    '"emotional_implication" says in one sentence what it may mean; "symmetry" says how the two sides '
    "differ."
)

PICTURE_VALUES = (
    ' Add to that object "arkit", an object of Apple ARKit coefficients for this face with every '
    "channel that is not 0. Shapes go from 0 to 1: 0.1 is a trace, 0.3 slight, 0.5 marked, 0.75 "
    "strong. Rotations go from -1 to 1; positive yaw turns to the person's own left, positive head "
    "pitch looks up, positive eye pitch looks down. Shapes: "
    + " ".join(channel.name for channel in SHAPES)
    + ". Rotations: "
    + " ".join(channel.name for channel in ROTATIONS)
    + "."
)


def values_messages(values: npt.ArrayLike, system: str = "") -> list[ChatMessage]:
    """The chat messages that ask for words for (61,) values in KeyframeFace's unit; ``system``
    replaces the studio's own prompt."""
    row = np.asarray(values, np.float64)
    order = sorted(range(len(NAMES)), key=lambda i: (-abs(row[i]), i))
    lines = [f"{NAMES[i]} {row[i]:.2f}" for i in order if abs(row[i]) >= _LEAST]
    listed = "\n".join(lines) if lines else "(none)"
    text = f"Coefficients, all others are near 0:\n{listed}"
    return [
        {"role": "system", "content": system.strip() or VALUES_PROMPT},
        {"role": "user", "content": text},
    ]


def words_schema() -> dict[str, Any]:
    """The JSON schema of an answer to :data:`VALUES_PROMPT`."""
    return {
        "type": "object",
        "properties": {"description": {"type": "string", "maxLength": 1000}},
        "required": ["description"],
        "additionalProperties": False,
    }


def picture_messages(
    picture: bytes, kind: str, *, values: bool = False, system: str = ""
) -> list[ChatMessage]:
    """The chat messages that ask what a picture (the bytes of its file) shows; with ``values`` also
    for coefficients; ``system`` replaces the studio's own prompt."""
    prompt = system.strip() or PICTURE_PROMPT + (PICTURE_VALUES if values else "")
    parts = [image_part(picture, kind), text_part("What does this face show?")]
    return [{"role": "system", "content": prompt}, {"role": "user", "content": parts}]
