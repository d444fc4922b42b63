"""Eyeballs of skinned heads, told by the bones that turn them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from viewer.core.face_model import Eyeball

_SIDES = {"left": "left", "l": "left", "right": "right", "r": "right"}
_AROUND = frozenset(
    {
        "lid",
        "lids",
        "eyelid",
        "brow",
        "eyebrow",
        "lash",
        "eyelash",
        "socket",
        "bag",
        "corner",
        "target",
        "aim",
        "look",
        "ctrl",
        "end",
        "inner",
        "outer",
        "upper",
        "lower",
        "top",
    }
)
_BOUND = 0.51
"""Share of a vertex that an eye's bone must hold for it to turn with the eye: more than half, clear
of how files round halves (to 127 and 128 of 255)."""

_FEWEST = 12


@dataclass(frozen=True)
class Bound:
    """Vertices ``first + k`` of a skinned piece: ``joints`` and ``weights`` (n, J), the joints
    by their place in the list of ``nodes``."""

    first: int
    nodes: tuple[int, ...]
    joints: npt.NDArray[np.int64]
    weights: npt.NDArray[np.float32]


def eye_side(name: str) -> str | None:
    """``left`` or ``right`` for a bone that turns an eyeball, judged by its name; None for
    every other bone, such as those of the lids."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    words = [word for word in re.split(r"[^a-z]+", spaced) if word]
    joined = re.sub(r"^(left|right)(eye)(ball)?$|^(eye)(ball)?(left|right)$", r"\1\6 eye", "".join(words))
    words += joined.split() if " " in joined else []
    if not {"eye", "eyeball"} & set(words):
        return None
    sides = {_SIDES[word] for word in words if word in _SIDES}
    return sides.pop() if len(sides) == 1 and not _AROUND & set(words) else None


def eyes_of_bones(
    names: dict[int, str], places: dict[int, npt.NDArray[np.float64]], pieces: Iterable[Bound]
) -> tuple[Eyeball, Eyeball] | None:
    """The eyeballs (left, right) that the bones called eyes hold, in the scene's space: ``names``
    and ``places`` (4, 4) of nodes.  None unless both bones hold enough vertices."""
    found: dict[str, list[npt.NDArray[np.int64]]] = {"left": [], "right": []}
    centres: dict[str, npt.NDArray[np.float64]] = {}
    for piece in pieces:
        for slot, node in enumerate(piece.nodes):
            side = eye_side(names.get(node, ""))
            if side is None or node not in places:
                continue
            held = (piece.weights * (piece.joints == slot)).sum(axis=1) > _BOUND * piece.weights.sum(axis=1)
            if held.any():
                found[side].append(np.flatnonzero(held) + piece.first)
                centres.setdefault(side, places[node][:3, 3])
    eyes = []
    for side in ("left", "right"):
        index = np.unique(np.concatenate(found[side])) if found[side] else np.zeros(0, np.int64)
        if index.size < _FEWEST:
            return None
        eyes.append(Eyeball(centres[side].astype(np.float32), index.astype(np.int32)))
    return eyes[0], eyes[1]
