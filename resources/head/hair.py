"""Brows and lashes: short tapered hairs, and the shadow that a brow's hair casts on the skin."""

from __future__ import annotations

import numpy as np
from cage import EYE, Cage
from neutral import CENTRE
from piece import Piece, grid_triangles, mix, srgb
from solve import Array, Ints

BROW = (
    (1.1, 4.98, 5.66),
    (1.6, 5.08, 5.9),
    (2.2, 5.22, 6.04),
    (3.0, 5.4, 6.14),
    (4.0, 5.47, 6.08),
    (4.8, 5.27, 5.76),
    (5.5, 4.9, 5.14),
)
"""``(x, lower y, upper y)`` along the left brow."""
BROW_HAIRS = 250
HAIR_DARK, HAIR_LIGHT = srgb("#35241a"), srgb("#57412f")


class Ground:
    """The skin of the forehead's left half as a height over (x, y)."""

    def __init__(self, cage: Cage, skin: Array) -> None:
        triangles = np.concatenate([cage.quads[:, [0, 1, 2]], cage.quads[:, [0, 2, 3]]])
        middle = skin[triangles].mean(1)
        near = (np.abs(middle - np.array([3.4, 5.6, 9.5])) < np.array([3.4, 2.4, 3.0])).all(1)
        self._triangles, self._skin = triangles[near], skin
        a, b, c = (skin[self._triangles[:, k], :2] for k in range(3))
        self._a, self._inverse = a, np.linalg.inv(np.stack([b - a, c - a], -1))

    def find(self, xy: Array) -> tuple[Ints, Array]:
        """The triangles under points (n, 2), as vertices (n, 3), and barycentric shares (n, 3)."""
        x, y = (xy[:, k, None] - self._a[:, k] for k in (0, 1))
        b, c = (self._inverse[:, k, 0] * x + self._inverse[:, k, 1] * y for k in (0, 1))
        a = 1 - b - c
        best = np.minimum(np.minimum(a, b), c).argmax(1)
        point = np.arange(len(xy))
        return self._triangles[best], np.stack([share[point, best] for share in (a, b, c)], 1)

    def take(self, xy: Array, values: Array) -> Array:
        """``values`` (count, d) of the skin under points (n, 2)."""
        vertices, shares = self.find(xy)
        return np.asarray((shares[..., None] * values[vertices]).sum(1))

    def height(self, xy: Array) -> Array:
        return self.take(xy, self._skin)[:, 2]


def brow_span(t: Array) -> tuple[Array, Array, Array]:
    """``x``, lower and upper ``y`` at shares ``t`` of the way out along the left brow."""
    curve = np.array(BROW)
    x = curve[0, 0] + (curve[-1, 0] - curve[0, 0]) * t
    return x, np.interp(x, curve[:, 0], curve[:, 1]), np.interp(x, curve[:, 0], curve[:, 2])


def brows(cage: Cage, skin: Array, colours: Array) -> list[Piece]:
    """The left brow: hairs that lie on the skin and sweep outward, over a soft shadow."""
    ground = Ground(cage, skin)
    return [_brow_shadow(ground, colours), _brow_hairs(ground)]


def _brow_shadow(ground: Ground, skin_colours: Array) -> Piece:
    columns, rows = 22, 7
    along, up = np.linspace(-0.08, 1.02, columns), np.linspace(-0.2, 1.15, rows)
    t, v = (axis.ravel() for axis in np.meshgrid(along, up))
    x, low, high = brow_span(t)
    xy = np.column_stack([x, low + (high - low) * v])
    dense = np.clip((0.66 - np.abs(v - 0.47)) / 0.4, 0, 1)
    dense *= np.interp(t, [-0.08, 0.2, 0.85, 1.0], [0, 1, 0.9, 0])
    vertices = np.column_stack([xy, ground.height(xy) + 0.004 + 0.03 * np.clip(3 * dense, 0, 1)])
    colours = mix(ground.take(xy, skin_colours), srgb("#5a4032"), 0.8 * dense)
    triangles = grid_triangles(rows, columns)[:, ::-1].copy()
    return Piece("left brow shadow", "skin", "skin", vertices, triangles, colours)


def _brow_hairs(ground: Ground) -> Piece:
    random = np.random.default_rng(7)
    count = BROW_HAIRS
    t = (np.arange(count) + random.uniform(0, 1, count)) / count
    x, low, high = brow_span(0.93 * t)
    height = (np.arange(count) * 0.618) % 1
    root = np.column_stack(
        [
            x - 0.25 * (1 - height) * np.exp(-t / 0.08) + 0.2 * np.exp(-t / 0.08),
            low + (high - low) * (0.02 + 0.8 * height),
        ]
    )
    lift = np.interp(t, [0, 0.12, 0.3, 0.6, 1], [1.45, 1.1, 0.72, 0.22, -0.42]) - 0.75 * (height - 0.4)
    lift += random.uniform(-0.12, 0.12, count)
    length = np.interp(t, [0, 0.3, 1], [0.32, 0.58, 0.46]) * random.uniform(0.8, 1.15, count)
    tip = root + length[:, None] * np.column_stack([np.cos(lift), np.sin(lift)])
    side = np.column_stack([-np.sin(lift), np.cos(lift)]) * random.uniform(0.022, 0.036, count)[:, None]
    flat = np.stack([root - side, root + side, tip], 1).reshape(-1, 2)
    raise_by = np.tile([0.05, 0.05, 0.11], count)
    vertices = np.column_stack([flat, ground.height(flat) + raise_by])
    light = random.uniform(0, 1, count) + np.exp(-t / 0.1)
    colours = np.repeat(mix(np.repeat(HAIR_DARK[None], count, 0), HAIR_LIGHT, light), 3, 0)
    triangles = np.arange(3 * count, dtype=np.int32).reshape(-1, 3)[:, ::-1].copy()
    return Piece("left brow", "brows", "skin", vertices, triangles, colours)


def _strokes(roots: Array, tips: Array, bends: Array, widths: Array) -> tuple[Array, Ints]:
    """Tapered hairs: two vertices at the root, two in the middle, one at the tip."""
    along = tips - roots
    side = np.cross(along, np.array([0.0, 0.0, 1.0]))
    side /= np.maximum(np.linalg.norm(side, axis=1), 1e-9)[:, None]
    side *= widths[:, None]
    middle = 0.5 * (roots + tips) + bends
    vertices = np.stack([roots - side, roots + side, middle + 0.8 * side, middle - 0.8 * side, tips], 1)
    one = np.array([(0, 1, 2), (0, 2, 3), (3, 2, 4)], np.int32)
    faces = (one[None] + 5 * np.arange(len(roots))[:, None, None]).reshape(-1, 3)
    return vertices.reshape(-1, 3), faces


def lashes(cage: Cage, skin: Array) -> Piece:
    """The left lashes, rooted on the lids' outer edge; each knows its step on the loop.

    They stand at whole hundredths of a step: one just half way between two steps rides on the
    later one, where with fractions rounding would decide.
    """
    ring = cage.ring(EYE, 5)
    count = len(ring)
    rows = ((range(-160, 1660, 34), 0.5, 0.36), (range(1800, 3100, 75), 0.14, -0.5))
    random = np.random.default_rng(11)
    roots, tips, steps = [], [], []
    for hundredths, length, rise in rows:
        at = np.array(hundredths) % (100 * count)
        base = at // 100
        share = (at % 100 / 100)[:, None]
        root = skin[ring[base]] * (1 - share) + skin[ring[(base + 1) % count]] * share
        outward = root - CENTRE
        outward /= np.linalg.norm(outward, axis=1)[:, None]
        fan = np.clip((root[:, 0] - 3.1) / 1.4, -1, 1)
        grow = np.interp(fan, [-1, -0.6, 0.4, 1], [0.4, 0.8, 1.15, 0.95]) * length
        grow *= random.uniform(0.78, 1.1, len(fan))
        stray = 0.42 * fan + random.uniform(-0.1, 0.1, len(fan))
        direction = outward + np.column_stack([stray, np.full(len(fan), rise), np.zeros(len(fan))])
        direction /= np.linalg.norm(direction, axis=1)[:, None]
        roots.append(root - outward * 0.02)
        tips.append(root + direction * grow[:, None])
        steps.append((at + 50) // 100 % count)
    root, tip = np.concatenate(roots), np.concatenate(tips)
    bend = np.zeros_like(root)
    upper = np.arange(len(root)) < len(rows[0][0])
    bend[:, 1] = np.where(upper, -0.08, 0.02)
    bend[:, 2] = np.where(upper, 0.05, 0.01)
    vertices, faces = _strokes(root, tip, bend, np.where(upper, 0.013, 0.008))
    colours = np.repeat(np.where(upper[:, None], srgb("#1d1613"), srgb("#4b362d")), 5, 0)
    return Piece(
        "left lashes",
        "lashes",
        "left lids",
        vertices,
        faces,
        colours,
        np.repeat(np.concatenate(steps), 5).astype(np.int32),
    )
