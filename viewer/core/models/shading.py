"""Shade in the folds of heads that bring no colours of their own.

Nostrils, ears, the inside of the mouth and the lids read as folds only where less light
reaches them.  How much sky each vertex of the resting face sees is measured once, on load,
and painted into its colour.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from viewer.core.blend import vertex_normals
from viewer.core.face_model import FaceModel, FloatArray, IntArray, Material

_DIRECTIONS = 48
_GRID = 144
_TINT = (0.62, 0.92, 1.0)
"""Exponents of red, green and blue: light that finds its way into a fold comes back red."""
_SHADED: tuple[Material, ...] = ("skin", "lips", "mouth", "gums", "tongue", "hair", "cloth", "other")


def seen_sky(vertices: FloatArray, triangles: IntArray) -> FloatArray:
    """(N,) share 0..1 of the directions above each vertex that nothing blocks, by depth maps."""
    normals = vertex_normals(vertices, triangles)
    samples = np.concatenate([vertices, vertices[triangles].mean(axis=1)]).astype(np.float32)
    size = float(np.linalg.norm(np.ptp(vertices, axis=0))) or 1.0
    cell = size / _GRID
    total = np.zeros(len(vertices), np.float32)
    seen = np.zeros(len(vertices), np.float32)
    for axis in _sphere_directions():
        facing = normals @ axis
        side = np.cross(axis, [0.0, 0.0, 1.0] if abs(axis[2]) < 0.9 else [1.0, 0.0, 0.0])
        side /= np.linalg.norm(side)
        frame = np.stack([side, np.cross(axis, side), axis], axis=1).astype(np.float32)
        place = samples @ frame
        column, row = ((place[:, k] - place[:, k].min()) / cell for k in (0, 1))
        where = column.astype(np.int32) * (_GRID + 1) + row.astype(np.int32)
        top = np.full((_GRID + 1) ** 2, -np.inf, np.float32)
        np.maximum.at(top, where, place[:, 2])
        count = len(vertices)
        weight = np.clip(facing, 0.0, None)
        slack = cell * (1.0 + 1.5 / np.clip(facing, 0.15, None))
        seen += weight * (place[:count, 2] >= top[where[:count]] - slack)
        total += weight
    return np.asarray(seen / np.maximum(total, 1e-6), np.float32)


def fold_colours(model: FaceModel) -> npt.NDArray[np.uint8]:
    """(N, 3) sRGB: the parts' colours, darker and redder in the folds."""
    colours = np.ones((len(model.vertices), 3), np.float32)
    open_sky = np.ones(len(model.vertices), np.float32)
    shaded = [part for part in model.parts if part.material in _SHADED]
    if shaded:
        rows = np.concatenate([model.triangles[p.first: p.first + p.count] for p in shaded])
        sky = _smoothed(seen_sky(model.vertices, rows), rows)
        used = np.unique(rows)
        open_sky[used] = np.clip(0.22 + 0.95 * sky[used], 0.0, 1.0)
    for part in model.parts:
        used = np.unique(model.triangles[part.first: part.first + part.count])
        light = open_sky[used, None] ** np.array(_TINT, np.float32) if part.material in _SHADED else 1.0
        colours[used] = np.array(part.colour, np.float32) * light
    return np.asarray(np.round(np.clip(colours, 0.0, 1.0) * 255), np.uint8)


def _smoothed(values: FloatArray, triangles: IntArray, rounds: int = 2) -> FloatArray:
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
