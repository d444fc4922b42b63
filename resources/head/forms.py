"""The small forms of the neutral face: ridges of bone, hollows between them, muscles of the neck.

The thin-plate surface through the landmarks is smooth; each form here raises or lowers it along a
path, in the direction of the surface's normals, and fades out over ``width``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from cage import EYE, MOUTH, NOSTRIL, Cage
from solve import Array, Ints

Place = tuple[float, float, float]


@dataclass(frozen=True)
class Form:
    """A stroke along ``path`` on the left half or the midline; ``height`` in cm, below 0 a hollow."""

    name: str
    path: tuple[Place, ...]
    height: float
    width: float


FORMS = (
    Form("brow ridge", ((1.0, 5.45, 10.6), (2.4, 5.6, 10.4), (4.0, 5.55, 9.8), (5.1, 5.0, 8.9)), 0.14, 0.6),
    Form("orbit, upper inner corner", ((1.5, 4.35, 9.75), (2.2, 4.75, 9.9)), -0.2, 0.5),
    Form("temple", ((6.0, 5.4, 6.9), (6.4, 4.2, 6.4)), -0.14, 1.2),
    Form("cheekbone", ((3.9, 0.9, 9.5), (5.2, 1.1, 8.6), (6.4, 1.6, 6.8), (7.0, 2.0, 5.0)), 0.11, 1.2),
    Form("hollow of the cheek", ((4.8, -1.9, 8.8), (5.8, -1.9, 7.2), (6.3, -2.2, 5.5)), -0.14, 1.6),
    Form("behind the nose's wing", ((1.75, 0.5, 10.7), (2.0, -0.2, 10.3), (1.9, -0.8, 10.3)), -0.1, 0.25),
    Form("nose's wing", ((1.62, -0.05, 11.45), (1.85, -0.3, 11.0)), 0.05, 0.34),
    Form("nose's tip", ((0.0, 0.2, 12.95), (0.3, 0.2, 12.8)), 0.05, 0.45),
    Form("groove below the lid", ((1.8, 2.45, 9.5), (2.6, 1.9, 9.6), (3.5, 1.8, 9.45)), -0.05, 0.3),
    Form("nasolabial groove", ((1.95, 0.0, 10.3), (2.5, -1.1, 10.2), (3.0, -2.3, 10.0)), -0.05, 0.35),
    Form("cheek pad", ((3.0, -0.2, 9.9), (3.7, -1.2, 9.7)), 0.07, 0.9),
    Form("philtrum", ((0.0, -1.35, 11.5), (0.0, -2.1, 11.6)), -0.06, 0.24),
    Form("philtral column", ((0.42, -1.3, 11.5), (0.52, -2.2, 11.7)), 0.03, 0.2),
    Form("mentolabial groove", ((0.0, -5.15, 10.9), (1.5, -5.05, 10.6)), -0.09, 0.4),
    Form("chin", ((0.0, -6.6, 11.1), (0.7, -6.7, 10.9)), 0.1, 0.8),
    Form("jaw's edge", ((2.1, -7.5, 9.0), (3.7, -6.9, 7.2), (5.0, -6.1, 5.1), (5.8, -5.0, 2.6)), 0.1, 0.55),
    Form("below the jaw", ((2.4, -7.9, 6.6), (4.0, -7.1, 4.4), (5.1, -6.5, 2.0)), -0.1, 0.7),
    Form("neck muscle", ((5.3, -5.5, -0.6), (4.6, -8, 1.2), (3.1, -11, 3.0), (1.1, -14, 3.9)), 0.2, 0.7),
    Form("larynx", ((0.0, -10.4, 5.0), (0.0, -11.2, 4.7)), 0.12, 0.6),
    Form("notch above the breastbone", ((0.0, -14.6, 3.7),), -0.25, 0.7),
    Form("collarbone", ((1.1, -15, 4.2), (4.5, -14.9, 4), (8, -14.6, 2), (10.6, -14.4, -0.4)), 0.2, 0.6),
    Form("above the collarbone", ((3.6, -13.8, 2.9), (6.4, -13.5, 1.3)), -0.3, 1.0),
)


def normals(quads: Ints, places: Array) -> Array:
    """Unit normals of the vertices, (n, 3)."""
    a, b, c, d = (places[quads[:, k]] for k in range(4))
    facing = np.cross(c - a, d - b)
    out = np.zeros_like(places)
    for k in range(4):
        np.add.at(out, quads[:, k], facing)
    return np.asarray(out / np.maximum(np.linalg.norm(out, axis=1), 1e-12)[:, None])


def distance_to(path: Array, points: Array) -> Array:
    """Distance (n,) of points (n, 3) to a polyline (k, 3)."""
    best = np.linalg.norm(points - path[0], axis=1)
    for a, b in pairwise(path):
        along = b - a
        t = np.clip(((points - a) @ along) / (along @ along), 0, 1)
        best = np.minimum(best, np.linalg.norm(points - a - t[:, None] * along, axis=1))
    return np.asarray(best)


def raised(forms: Sequence[Form], places: Array) -> Array:
    """How far ``forms`` raise the skin at places (n, 3) of either half, (n,) cm."""
    folded = np.column_stack([np.abs(places[:, 0]), places[:, 1:]])
    height = np.zeros(len(places))
    for form in forms:
        height += form.height * np.exp(-((distance_to(np.array(form.path), folded) / form.width) ** 2))
    return height


def fixed(cage: Cage) -> Ints:
    """Vertices of both halves whose place is given to a hair: lids, lips, nostrils."""
    inside = []
    for opening, first in ((EYE, 3), (MOUTH, 1), (NOSTRIL, 1)):
        inside += [cage.ring(opening, ring) for ring in range(first, opening.rings + 1)]
        inside += [np.array(list(cage.between(opening, ring))) for ring in range(first - 1, opening.rings)]
    left = np.concatenate(inside)
    return np.concatenate([left, cage.mirror[left]]).astype(np.int32)


def formed(cage: Cage, places: Array) -> Array:
    """The skin (count, 3) with its small forms; symmetric if ``places`` is."""
    height = raised(FORMS, places)
    height[fixed(cage)] = 0.0
    return np.asarray(places + height[:, None] * normals(cage.quads, places))
