"""Folds that skin throws: the nasolabial fold of a smile, the line under a squinting eye.

Landmark motion alone leaves the skin smooth; each fold here is a shallow groove along a path with a
swelling beside it, in the direction of the skin's normals.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from cage import EYE, MOUTH, NOSTRIL, Cage
from solve import Array, Ints


@dataclass(frozen=True)
class Crease:
    """A groove along ``path`` (x, y) on the left half, cm; ``beside`` (x, y) lies on the swelling side."""

    path: tuple[tuple[float, float], ...]
    beside: tuple[float, float]
    deep: float
    swell: float
    width: float = 0.3


FOLD = ((1.95, 0.15), (2.3, -0.6), (2.75, -1.5), (3.2, -2.5), (3.45, -3.2))
BESIDE_FOLD = (4.0, -0.6)
POUCH = ((1.8, 2.35), (2.7, 1.95), (3.7, 1.9), (4.6, 2.2))
CREASES: dict[str, tuple[Crease, ...]] = {
    "MouthSmileLeft": (Crease(FOLD, BESIDE_FOLD, 0.12, 0.12, 0.34),),
    "NoseSneerLeft": (Crease(FOLD[:3], BESIDE_FOLD, 0.1, 0.08),),
    "MouthUpperUpLeft": (Crease(FOLD[:4], BESIDE_FOLD, 0.05, 0.05),),
    "MouthDimpleLeft": (Crease(((3.05, -2.9), (3.15, -3.5), (3.05, -4.0)), (4.0, -3.5), 0.12, 0.07, 0.26),),
    "MouthStretchLeft": (Crease(FOLD[2:], (4.2, -2.4), 0.06, 0.03),),
    "MouthFrownLeft": (Crease(((2.9, -3.8), (3.05, -4.4), (3.0, -5.0)), (3.9, -4.6), 0.09, 0.06),),
    "CheekSquintLeft": (Crease(POUCH, (3.2, 2.6), 0.02, 0.05, 0.32),),
    "BrowDownLeft": (Crease(((0.62, 6.5), (0.6, 5.9), (0.75, 5.3)), (1.3, 6.0), 0.07, 0.04, 0.28),),
}


def _nearest(points: Array, path: Array) -> tuple[Array, Array]:
    """Distance (n,) to the polyline and how far along it, 0 to 1."""
    best, where = np.full(len(points), np.inf), np.zeros(len(points))
    count = len(path) - 1
    for k in range(count):
        a, along = path[k], path[k + 1] - path[k]
        t = np.clip(((points - a) @ along) / (along @ along), 0, 1)
        distance = np.linalg.norm(points - a - t[:, None] * along, axis=1)
        closer = distance < best
        best = np.where(closer, distance, best)
        where = np.where(closer, (k + t) / count, where)
    return best, where


def normals(quads: Ints, places: Array) -> Array:
    """Unit normals of the vertices, (n, 3)."""
    a, b, c, d = (places[quads[:, k]] for k in range(4))
    facing = np.cross(c - a, d - b)
    out = np.zeros_like(places)
    for k in range(4):
        np.add.at(out, quads[:, k], facing)
    return np.asarray(out / np.maximum(np.linalg.norm(out, axis=1), 1e-12)[:, None])


class Creaser:
    """Adds the folds of a shape to the skin."""

    def __init__(self, cage: Cage, places: Array) -> None:
        self._places, self._normals = places, normals(cage.quads, places)
        inside = []
        for opening, first in ((EYE, 3), (MOUTH, 1), (NOSTRIL, 1)):
            inside += [cage.ring(opening, ring) for ring in range(first, opening.rings + 1)]
            middles = (cage.between(opening, ring) for ring in range(first - 1, opening.rings))
            inside += [np.array(list(middle)) for middle in middles]
        free = (places[:, 0] > 0) & (places[:, 2] > 6) & (self._normals[:, 2] > 0.1)
        free[np.concatenate(inside)] = False
        self._free = np.flatnonzero(free)

    def __call__(self, shape: str) -> Array:
        """The motion (n, 3) that the folds of ``shape`` add."""
        out = np.zeros_like(self._places)
        flat = self._places[self._free, :2]
        for crease in CREASES.get(shape, ()):
            path = np.array(crease.path)
            distance, where = _nearest(flat, path)
            fade = np.sin(np.pi * np.clip(0.12 + 0.8 * where, 0, 1))
            ends = path[-1] - path[0]
            across = np.array([-ends[1], ends[0]])
            beside = (np.array(crease.beside) - path.mean(0)) @ across
            side = ((flat - path.mean(0)) @ across) * beside > 0
            groove = np.exp(-((distance / crease.width) ** 2))
            ridge = np.exp(-(((distance - 2.2 * crease.width) / (1.2 * crease.width)) ** 2)) * side
            height = fade * (crease.swell * ridge - crease.deep * groove)
            out[self._free] += height[:, None] * self._normals[self._free]
        return out
