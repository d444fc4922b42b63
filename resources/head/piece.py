"""A part of the head that is not skin, and what all of them are made with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from solve import MIRROR, Array, Ints

Follow = Literal["left eye", "right eye", "still", "jaw", "tongue", "skin", "left lids", "right lids"]


@dataclass(frozen=True)
class Piece:
    """A part with its own vertices.  ``follow`` says what it moves with; ``steps`` are the places on
    the lid's loop of lashes."""

    name: str
    material: str
    follow: Follow
    vertices: Array
    triangles: Ints
    colours: Array
    steps: Ints | None = None

    def mirrored(self, name: str, follow: Follow) -> Piece:
        return Piece(
            name,
            self.material,
            follow,
            self.vertices * MIRROR,
            self.triangles[:, ::-1].copy(),
            self.colours,
            self.steps,
        )


def srgb(text: str) -> Array:
    """``#rrggbb`` to 0..255."""
    return np.array([int(text[k : k + 2], 16) for k in (1, 3, 5)], float)


def mix(a: Array, b: Array, share: Array) -> Array:
    """``a`` where ``share`` (n,) is 0, ``b`` where it is 1."""
    t = np.clip(share, 0, 1)[:, None]
    return np.asarray(a * (1 - t) + b * t)


def grid_triangles(rows: int, columns: int, wrap: bool = False) -> Ints:
    """Two triangles a cell of a (rows, columns) grid of vertices; ``wrap`` closes each row."""
    out = []
    for r in range(rows - 1):
        for c in range(columns if wrap else columns - 1):
            a, b = r * columns + c, r * columns + (c + 1) % columns
            d, e = a + columns, b + columns
            out += [(a, d, e), (a, e, b)]
    return np.array(out, np.int32)
