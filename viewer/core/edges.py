"""The edges that show how a mesh is built."""

from __future__ import annotations

import numpy as np

from viewer.core.face_model import FloatArray, IntArray

_CLEARLY = 1.00002
"""How many times as long as another an edge must be to be the longer one: rounding is none."""


def shown_edges(vertices: FloatArray, triangles: IntArray) -> IntArray:
    """(E, 2) the edges of a mesh, each once, without the diagonals of its quads: an edge that
    is clearly the longest of both triangles it lies in is taken for one."""
    ends = np.sort(triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    edges, which = np.unique(ends, axis=0, return_inverse=True)
    length = np.linalg.norm(vertices[edges[:, 0]] - vertices[edges[:, 1]], axis=1)
    sides = which.reshape(-1, 3)
    ranked = np.argsort(length[sides], axis=1)
    _, second, first = np.take_along_axis(sides, ranked, axis=1).T
    longest = first[length[first] > _CLEARLY * length[second]]
    twice = np.bincount(longest, minlength=len(edges)) == 2
    inside = np.bincount(sides.reshape(-1), minlength=len(edges)) == 2
    return np.ascontiguousarray(edges[~(twice & inside)], np.int32)
