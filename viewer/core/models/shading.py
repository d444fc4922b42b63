"""How open a face lies to the light, baked once for a model from its resting shape.

Nostrils, ears, lids, the lip line and the neck under the jaw read as folds only where less
light reaches them.  The renderer multiplies by this, so it costs nothing a frame.
"""

from __future__ import annotations

import math
import weakref

import numpy as np
import numpy.typing as npt

from viewer.core.blend import vertex_normals
from viewer.core.face_model import FaceModel, FloatArray, IntArray, Material

_DIRECTIONS = 80
_GRID = 200
_INSIDE: frozenset[Material] = frozenset({"mouth", "teeth", "gums", "tongue"})
_APART: frozenset[Material] = frozenset({"sclera", "iris", "pupil", "cornea", "brows", "lashes"})
"""Eyes turn under their lids and hair is thin: neither takes a baked shade."""
_STREWN = 8
"""Points along the side of a large triangle."""
_THROAT_MM = 42.0
"""How far behind the lips no light comes any more."""
_DARKEST = 0.10

_known: weakref.WeakKeyDictionary[FaceModel, npt.NDArray[np.uint8]] = weakref.WeakKeyDictionary()


def openness(model: FaceModel) -> npt.NDArray[np.uint8]:
    """(N,) from 0, shut away, to 255, open to all light.  Computed once for a model."""
    found = _known.get(model)
    if found is None:
        found = _known[model] = _openness(model)
    return found


def _openness(model: FaceModel) -> npt.NDArray[np.uint8]:
    open_sky = np.ones(len(model.vertices), np.float32)
    outside = _rows(model, lambda material: material not in _INSIDE | _APART)
    if len(outside):
        blocking = _rows(model, lambda material: material not in ("brows", "lashes", "cornea"))
        sky = _smoothed(seen_sky(model.vertices, blocking), outside)
        used = np.unique(outside)
        open_sky[used] = np.clip(sky[used] * 1.04, 0.0, 1.0)
    inside = np.unique(_rows(model, lambda material: material in _INSIDE))
    if inside.size:
        depth = (model.vertices[inside, 2].max() - model.vertices[inside, 2]) * model.mm_per_unit
        open_sky[inside] = np.clip(1.0 - depth / _THROAT_MM, _DARKEST, 1.0) ** 1.5
    return np.asarray(np.round(open_sky * 255.0), np.uint8)


def seen_sky(vertices: FloatArray, triangles: IntArray) -> FloatArray:
    """(N,) share 0..1 of the directions above each vertex that nothing blocks, by depth maps.

    Which cell a vertex falls into is decided by floats.  They are multiplied and added one by
    one, which every processor rounds alike; matrix products it does not.
    """
    normals = vertex_normals(vertices, triangles)
    size = math.hypot(*np.ptp(vertices, axis=0).tolist()) or 1.0
    cell = size / _GRID
    samples = np.concatenate([vertices, *_strewn(vertices, triangles, cell)]).astype(np.float32)
    count = len(vertices)
    total, seen = np.zeros(count, np.float32), np.zeros(count, np.float32)
    top = np.empty((_GRID + 1) ** 2, np.float32)
    for axis in _sphere_directions():
        side = np.cross(axis, [0.0, 0.0, 1.0] if abs(axis[2]) < 0.9 else [1.0, 0.0, 0.0])
        side /= math.hypot(*side.tolist())
        across, up, towards = (_along(samples, way) for way in (side, np.cross(axis, side), axis))
        column, row = ((place - place.min()) / cell for place in (across, up))
        where = column.astype(np.int32) * (_GRID + 1) + row.astype(np.int32)
        top.fill(-np.inf)
        np.maximum.at(top, where, towards)
        facing = _along(normals, axis)
        weight = np.clip(facing, 0.0, None)
        slack = cell * (0.8 + 1.5 / np.clip(facing, 0.15, None))
        seen += weight * (towards[:count] >= top[where[:count]] - slack)
        total += weight
    return np.asarray(seen / np.maximum(total, 1e-6), np.float32)


def _along(points: FloatArray, way: npt.NDArray[np.float64]) -> FloatArray:
    """How far points (n, 3) lie along a direction (3,), (n,) float32."""
    x, y, z = way.astype(np.float32)
    return np.asarray(points[:, 0] * x + points[:, 1] * y + points[:, 2] * z)


def _strewn(vertices: FloatArray, triangles: IntArray, cell: float) -> list[FloatArray]:
    """Points over the triangles, so close that a large one lets no direction through."""
    corners = vertices[triangles]
    longest = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).max(axis=1)
    steps = np.clip(np.ceil(longest / cell / 1.4), 1, _STREWN).astype(int)
    found = []
    for n in np.unique(steps[steps > 1]):
        a, b = np.array([(i, j) for i in range(n + 1) for j in range(n + 1 - i)]).T / n
        shares = np.stack([a, b, 1.0 - a - b], axis=1).astype(np.float32)
        found.append(np.einsum("sk,tkc->tsc", shares, corners[steps == n]).reshape(-1, 3))
    return found


def _rows(model: FaceModel, wanted: object) -> IntArray:
    test = wanted if callable(wanted) else bool
    runs = [model.triangles[p.first : p.first + p.count] for p in model.parts if test(p.material)]
    return np.concatenate(runs) if runs else np.zeros((0, 3), np.int32)


def _smoothed(values: FloatArray, triangles: IntArray, rounds: int = 3) -> FloatArray:
    corners = triangles.reshape(-1)
    degree = np.maximum(np.bincount(corners, minlength=len(values)), 1)
    for _ in range(rounds):
        face = np.repeat(values[triangles].mean(axis=1), 3)
        values = np.asarray(np.bincount(corners, face, minlength=len(values)) / degree, np.float32)
    return values


def _sphere_directions() -> npt.NDArray[np.float64]:
    """Even directions over the sphere (Fibonacci lattice)."""
    k = np.arange(_DIRECTIONS) + 0.5
    height = 1 - 2 * k / _DIRECTIONS
    turn = np.pi * (1 + 5**0.5) * k
    ring = np.sqrt(1 - height**2)
    return np.stack([ring * np.cos(turn), height, ring * np.sin(turn)], axis=1)
