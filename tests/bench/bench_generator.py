"""What the built-in generator takes for a keyframe it has not seen before."""

from __future__ import annotations

import itertools
import time
from typing import Any

from annotator.core.generation.facs.backend import FacsBackend
from annotator.core.generation.protocol import GenerationRequest
from tests.bench.measuring import Spent, figure, measure
from viewer.core.cancel import CancelToken

_BROWS = (
    "The inner brows lift a little",
    "Both brows drop hard and draw together",
    "The left brow is raised",
    "The brows stay relaxed",
    "The brows rise high in surprise",
)
_EYES = (
    "the eyes widen",
    "she looks down and to the left",
    "the right eye closes in a wink",
    "the lids are half shut",
    "the gaze drifts away, then the eyes narrow",
)
_MOUTHS = (
    "the lips press firmly together",
    "a crooked smile tugs at the right corner of the mouth",
    "the jaw drops about half open",
    "the lower lip trembles and is pushed up",
    "the corners of the mouth pull down without parting the lips",
)
_HEADS = (
    "The head tilts slightly to the right.",
    "She nods once and lifts her chin.",
    "The head does not move at all.",
    "He turns away.",
)
_EMOTIONS = (
    "relief mixed with shame",
    "anger held back behind politeness",
    "quiet pride",
    "bitter amusement",
)
_BACKGROUND = "A widow finds her husband's watch in a drawer and has to go on laying the table for guests."


def _descriptions() -> list[str]:
    parts = itertools.product(_BROWS, _EYES, _MOUTHS, _HEADS)
    return [f"{brows} while {eyes}, and {mouth}. {head}" for brows, eyes, mouth, head in parts]


def run(quick: bool = False) -> list[dict[str, Any]]:
    """One keyframe of a sequence of four, each sequence new: nothing comes from a cache."""
    backend, token, descriptions = FacsBackend(), CancelToken(), _descriptions()
    began = time.process_time()
    backend.keyframe(GenerationRequest(descriptions=("She smiles.",)), 0, token)
    loading = 1000.0 * (time.process_time() - began)
    # Neighbours in the list share most of their words; steps of a prime spread them.
    order = [descriptions[k * 131 % len(descriptions)] for k in range(len(descriptions))]
    count = 20 if quick else 80

    def sequence(i: int) -> None:
        request = GenerationRequest(_BACKGROUND, _EMOTIONS[i % 4], "", tuple(order[4 * i : 4 * i + 4]))
        for target in range(4):
            backend.keyframe(request, target, token)

    def planning(i: int) -> None:
        backend.plan(GenerationRequest(f"{_BACKGROUND} Day {i}.", _EMOTIONS[i % 4]), token)

    whole, plan = measure(sequence, planning, count=count, warm=3)
    each = Spent([t / 4 for t in whole.wall], [t / 4 for t in whole.cpu])
    return [
        figure("generator: a new keyframe", each, at_most=10.0),
        figure("generator: a plan", plan),
        figure("generator: loading the lexicon, once", loading),
    ]
