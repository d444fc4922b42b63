"""The dental arches: where the teeth stand, and what keeps the lips in front of them."""

from __future__ import annotations

import numpy as np
from solve import Array

ARCH = {True: (2.5, 3.65, 6.95), False: (2.38, 3.35, 6.95)}
"""Half width, depth and back of the upper (True) and lower arch, cm."""
BITE = {True: (-3.74, 1.0), False: (-3.42, -1.0)}
"""Height of the cutting edge and the way towards the gum."""
CLEAR = 0.13
"""How far the inside of the lips stays in front of the arch's middle line, cm."""


def arch(angle: Array, upper: bool) -> tuple[Array, Array]:
    """Points (n, 2) in x and z on the dental arch and its outward normals."""
    wide, deep, back = ARCH[upper]
    place = np.column_stack([wide * np.sin(angle), back + deep * np.cos(angle)])
    normal = np.column_stack([np.sin(angle) / wide, np.cos(angle) / deep])
    return place, normal / np.linalg.norm(normal, axis=1)[:, None]


def push_out(points: Array, upper: bool) -> Array:
    """Motion (n, 3) that brings points in front of the teeth and gums of a resting jaw."""
    wide, deep, back = ARCH[upper]
    edge, way = BITE[upper]
    place, normal = arch(np.arctan2(points[:, 0] / wide, (points[:, 2] - back) / deep), upper)
    depth = ((points[:, [0, 2]] - place) * normal).sum(1)
    beside = np.clip((way * (points[:, 1] - edge) + 0.12) / 0.2, 0, 1)
    beside *= np.clip((1.9 - way * (points[:, 1] - edge)) / 0.4, 0, 1)
    push = np.where(depth > -1.0, np.maximum(0.0, CLEAR - depth), 0.0) * beside
    return np.column_stack([push * normal[:, 0], np.zeros(len(points)), push * normal[:, 1]])
