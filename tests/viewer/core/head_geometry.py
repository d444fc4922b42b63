"""Measures of the default head in a pose: lids and eyeball, lips, teeth, tongue, folds."""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType

import numpy as np
import numpy.typing as npt

from viewer.core.blend import Blender
from viewer.core.channels import CHANNEL_COUNT, INDEX
from viewer.core.face_model import FaceModel
from viewer.core.models.head import HEAD_FILE

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]


def build_scripts(*names: str) -> list[ModuleType]:
    """Modules of the folder that makes the head."""
    sys.path.insert(0, str(HEAD_FILE.parent))
    try:
        return [import_module(name) for name in names]
    finally:
        sys.path.remove(str(HEAD_FILE.parent))


def row(weights: dict[str, float]) -> npt.NDArray[np.float32]:
    """61 values; a name without its side means both sides."""
    values = np.zeros(CHANNEL_COUNT, np.float32)
    for name, weight in weights.items():
        for each in (name,) if name in INDEX else (name + "Left", name + "Right"):
            values[INDEX[each]] = weight
    return values


def _near_pairs(points: Array, corners: Array) -> tuple[Ints, Ints]:
    """The pairs of points (n, 3) and triangles (m, 3, 3) of which the point lies, seen from the front,
    in the box around the triangle."""
    low, high = corners.min(1), corners.max(1)
    order = np.argsort(points[:, 0])
    first = np.searchsorted(points[order, 0], low[:, 0])
    count = np.searchsorted(points[order, 0], high[:, 0], side="right") - first
    face = np.repeat(np.arange(len(corners)), count)
    point = order[np.arange(len(face)) + np.repeat(first - np.cumsum(count) + count, count)]
    beside = (points[point, 1] >= low[face, 1]) & (points[point, 1] <= high[face, 1])
    return point[beside], face[beside]


class HeadProbe:
    """Measures poses of ``model``; the skin's vertices are its first and lie as in the cage."""

    def __init__(self, model: FaceModel) -> None:
        self.model = model
        self._blender = Blender(model)
        self._cage, self._dental = build_scripts("cage", "dental")
        self._skin = skin = self._cage.build()
        eye, mouth = self._cage.EYE, self._cage.MOUTH
        self.skin_count, self.image = skin.count, skin.mirror
        rings = [skin.ring(eye, ring) for ring in range(3, 9)]
        self.lids = np.concatenate(rings + [np.array(list(skin.between(eye, ring))) for ring in range(3, 8)])
        self.lid_edge = skin.ring(eye, 6)
        images = (np.arange(skin.count), skin.mirror)
        self._lips = [image[skin.ring(mouth, ring)] for ring in (4, 5) for image in images]
        both = np.concatenate([self.lids, skin.mirror[self.lids]])
        faces = self.triangles("skin")
        self._face = faces[~np.isin(faces, both).any(axis=1)]
        self._rest = self._facing(model.vertices.astype(float), self._face)
        outer = np.concatenate([self.triangles("skin"), self.triangles("lips")])
        middle = model.vertices[outer].mean(1)
        self._around_mouth = outer[(np.abs(middle - [0, -4, 10]) < [4.2, 4.0, 3.5]).all(1)]
        self._used = {part.name: np.unique(self.triangles(part.name)) for part in model.parts}
        assert model.eyes is not None
        self.eye = model.eyes[0]
        self.radius = float(np.linalg.norm(model.vertices[self.eye.indices] - self.eye.centre, axis=1).max())

    def triangles(self, name: str) -> Ints:
        part = next(part for part in self.model.parts if part.name == name)
        return self.model.triangles[part.first : part.first + part.count].astype(np.intp)

    def posed(self, **weights: float) -> Array:
        """Vertices as the program blends them; a name without its side means both sides."""
        return self.blended(row(weights))

    def blended(self, values: npt.ArrayLike) -> Array:
        """Vertices as the program blends one row of 61 values."""
        return self._blender.blend(values).astype(np.float64)

    def lid_clearance(self, vertices: Array) -> float:
        """How far the left lids stay off the eyeball at least, cm; below 0 they cut into it."""
        return float(np.linalg.norm(vertices[self.lids] - self.eye.centre, axis=1).min()) - self.radius

    def lid_gap(self, vertices: Array) -> Array:
        """Height of the left upper lid's edge above the lower's, cm."""
        edge = vertices[self.lid_edge]
        turn = (np.arange(len(edge)) / 2 + 2) % 20
        upper, lower = edge[(turn > 0) & (turn < 10)], edge[(turn >= 10) | (turn == 0)]
        lower = lower[np.argsort(lower[:, 0])]
        return np.asarray(upper[:, 1] - np.interp(upper[:, 0], lower[:, 0], lower[:, 1]))

    def lip_gaps(self, vertices: Array) -> Array:
        """Height of the upper lip above the lower along both halves of the mouth, where they meet."""
        return np.concatenate([self._across(ids, vertices[:, 1]) for ids in self._lips])

    def lip_steps(self, vertices: Array) -> Array:
        """How far one lip stands before the other where they meet: teeth show there from the side."""
        steps = np.concatenate([self._across(ids, vertices[:, 2]) for ids in self._lips[:2]])
        return np.asarray(np.abs(steps))

    @staticmethod
    def _across(ids: Ints, values: Array) -> Array:
        above = np.arange(len(ids) // 2)
        return np.asarray(values[ids[above]] - values[ids[len(ids) - 1 - above]])

    @staticmethod
    def _facing(vertices: Array, faces: Ints) -> Array:
        a, b, c = (vertices[faces[:, k]] for k in range(3))
        return np.asarray(np.cross(b - a, c - a))

    def turned_over(self, vertices: Array) -> int:
        """How many triangles of the face look backward, seen from their resting place."""
        return int(((self._rest * self._facing(vertices, self._face)).sum(axis=1) <= 0).sum())

    def through_lips(self, vertices: Array, part: str) -> float:
        """How far a vertex of ``part`` stands out of the skin in front of it, cm; below 0 none does."""
        points = vertices[self._used[part]]
        facing = self._facing(vertices, self._around_mouth)
        faces = self._around_mouth[facing[:, 2] > 0.3 * np.linalg.norm(facing, axis=1)]
        point, face = _near_pairs(points, vertices[faces])
        a, b, c = (vertices[faces[face, k]] for k in range(3))
        doubled = (b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]
        away = points[point] - a
        u = (away[:, 0] * (c - a)[:, 1] - away[:, 1] * (c - a)[:, 0]) / doubled
        v = ((b - a)[:, 0] * away[:, 1] - (b - a)[:, 1] * away[:, 0]) / doubled
        inside = (u >= 0) & (v >= 0) & (u + v <= 1)
        out = away[:, 2] - u * (b - a)[:, 2] - v * (c - a)[:, 2]
        skin = np.full(len(points), np.inf)
        np.minimum.at(skin, point[inside], out[inside])
        return float(skin[np.isfinite(skin)].max(initial=-1.0))

    def tongue_in_teeth(self, vertices: Array) -> float:
        """How deep the tongue lies in the row of lower teeth, cm; below 0 it passes over them."""
        teeth = self._used["lower teeth"]
        rest, now = self.model.vertices[teeth].astype(float), vertices[teeth]
        turn, *_ = np.linalg.lstsq(rest - rest.mean(0), now - now.mean(0), rcond=None)
        points = vertices[self._used["tongue"]] - now.mean(0)
        points = points @ np.linalg.inv(turn) + rest.mean(0)
        wide, deep, back = self._dental.ARCH[False]
        angle = np.arctan2(points[:, 0] / wide, (points[:, 2] - back) / deep)
        place, normal = self._dental.arch(angle, False)
        ahead = ((points[:, [0, 2]] - place) * normal).sum(1)
        crossing = (np.abs(ahead + 0.05) < 0.16) & (points[:, 2] > 7.6)
        return float((self._dental.BITE[False][0] - points[crossing, 1]).max(initial=-1.0))
