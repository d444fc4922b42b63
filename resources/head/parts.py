"""What is not skin: eyeballs, teeth, gums, tongue, brows and lashes, with the colours of all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import landmarks as lm
import numpy as np
from cage import EYE, Cage
from neutral import CENTRE
from scipy.spatial import cKDTree
from solve import Array, Ints

Follow = Literal["left eye", "right eye", "still", "jaw", "tongue", "skin", "left lids", "right lids"]
MIRROR = np.array([-1.0, 1.0, 1.0])


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
        return Piece(name, self.material, follow, self.vertices * MIRROR, self.triangles[:, ::-1].copy(),
                     self.colours, self.steps)


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


PUPIL, IRIS = 0.23, 0.62
IRIS_RINGS = (PUPIL, 0.27, 0.35, 0.45, 0.54, 0.6, IRIS)
IRIS_COLOURS = ("#3a2616", "#5d432a", "#7d6340", "#6f5a3d", "#4d3d2c", "#2c241d", "#241f1b")
EYE_SEGMENTS = 32


def _cap(radii: Array, colours: Array, name: str, material: str, follow: Follow) -> Piece:
    """Rings of the left eyeball at given distances from its axis, facing forward."""
    turn = np.arange(EYE_SEGMENTS) * 2 * np.pi / EYE_SEGMENTS
    angle = radii[:, None]
    flat = np.sin(angle)
    ring = np.stack([flat * np.cos(turn), flat * np.sin(turn), np.cos(angle) + 0 * turn], -1)
    vertices = CENTRE + lm.EYE_RADIUS * ring.reshape(-1, 3)
    triangles = grid_triangles(len(radii), EYE_SEGMENTS, wrap=True)
    return Piece(name, material, follow, vertices, triangles, colours)


def eyeball() -> list[Piece]:
    """The left eyeball: sclera, iris and pupil."""
    iris = np.arcsin(np.array(IRIS_RINGS) / lm.EYE_RADIUS)
    white = np.concatenate([[iris[-1], iris[-1] + 0.05], np.linspace(iris[-1] + 0.17, 2.2, 9)])
    sclera = mix(srgb("#ece8e4"), srgb("#d9b3a6"), (white - 0.75) / 0.9)
    sclera[0] = srgb("#6f655d")
    sclera[1] = srgb("#d5cfc9")
    hole = np.linspace(2e-4, iris[0], 4)
    random = np.random.default_rng(3)
    streaks = 1 + 0.22 * np.outer([0, 0.6, 1, 1, 0.8, 0.3, 0], random.uniform(-1, 1, EYE_SEGMENTS))
    rings = np.array([srgb(c) for c in IRIS_COLOURS])
    coloured = np.clip(rings[:, None] * streaks[:, :, None], 0, 255).reshape(-1, 3)
    return [
        _cap(white, np.repeat(sclera, EYE_SEGMENTS, 0), "left sclera", "sclera", "left eye"),
        _cap(iris, coloured, "left iris", "iris", "left eye"),
        _cap(hole, np.repeat(srgb("#0b0908")[None], 4 * EYE_SEGMENTS, 0), "left pupil", "pupil", "left eye"),
    ]


def _arch(angle: Array, upper: bool) -> tuple[Array, Array]:
    """Points (n, 2) in x and z on the dental arch and its outward normals."""
    wide, deep, back = (2.5, 3.65, 6.95) if upper else (2.38, 3.35, 6.95)
    place = np.column_stack([wide * np.sin(angle), back + deep * np.cos(angle)])
    normal = np.column_stack([np.sin(angle) / wide, np.cos(angle) / deep])
    return place, normal / np.linalg.norm(normal, axis=1)[:, None]


TOOTH_WIDTHS = {True: (0.85, 0.66, 0.78, 0.7, 0.68, 0.95), False: (0.54, 0.6, 0.7, 0.7, 0.7, 1.0)}
TOOTH_HEIGHTS = {True: (1.0, 0.86, 0.98, 0.82, 0.76, 0.7), False: (0.82, 0.82, 0.92, 0.8, 0.74, 0.66)}
BITE = {True: (-3.74, 1.0), False: (-3.42, -1.0)}
"""Height of the cutting edge and the way towards the gum."""


def teeth(upper: bool) -> Piece:
    """One row of teeth, each a rounded shell set on the arch."""
    angles = np.linspace(0, 1.5, 400)
    path, _ = _arch(angles, upper)
    length = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(path, axis=0).T))])
    edge, way = BITE[upper]
    across, along = np.linspace(-1, 1, 7), np.linspace(0, 1, 6)
    vertices, triangles, colours = [], [], []
    start = 0.0
    for width, height in zip(TOOTH_WIDTHS[upper], TOOTH_HEIGHTS[upper], strict=True):
        middle = start + width / 2
        start += width
        for side in (1, -1):
            u, v = (axis.ravel() for axis in np.meshgrid(across, along))
            narrow = 1 - 0.16 * v**2 - 0.05 * (1 - v) ** 6
            place, normal = _arch(np.interp(middle + u * narrow * width * 0.485, length, angles), upper)
            bulge = 0.17 * np.sqrt(np.maximum(0, 1 - u**4)) * (0.55 + 0.45 * np.sin(np.pi * (0.15 + 0.8 * v)))
            rounded = 0.05 * np.abs(u) ** 3 * (1 - v) ** 2
            flat = place + normal * (bulge - 0.15)[:, None]
            y = edge + way * (v * height * (1 - 0.06 * u**2) + rounded)
            tooth = np.column_stack([flat[:, 0], y, flat[:, 1]])
            inner = tooth[: len(across)].copy()
            inner[:, [0, 2]] -= normal[: len(across)] * 0.22
            inner[:, 1] += way * 0.08
            tooth = np.concatenate([inner, tooth])
            faces = grid_triangles(len(along) + 1, len(across)) + sum(len(p) for p in vertices)
            flip = (side < 0) != upper
            vertices.append(tooth * (MIRROR if side < 0 else 1.0))
            triangles.append(faces[:, ::-1] if flip else faces)
            shade = np.concatenate([np.zeros(len(across)), v])
            colours.append(mix(srgb("#e9e4d8"), srgb("#d3c4a8"), shade * 1.1 - 0.1))
    return Piece(
        "upper teeth" if upper else "lower teeth", "teeth", "still" if upper else "jaw",
        np.concatenate(vertices), np.concatenate(triangles), np.concatenate(colours),
    )


def gums(upper: bool) -> Piece:
    """The band of gum above or below a row of teeth."""
    edge, way = BITE[upper]
    columns = 37
    angle = np.linspace(-1.45, 1.45, columns)
    place, normal = _arch(angle, upper)
    profile = ((0.62, -0.2), (0.7, -0.02), (0.95, 0.06), (1.3, 0.0), (1.6, -0.2), (1.65, -0.6), (0.7, -0.75),
    (0.4, -0.5))
    rows = []
    for height, out in profile:
        flat = place + normal * out
        rows.append(np.column_stack([flat[:, 0], np.full(columns, edge + way * height), flat[:, 1]]))
    faces = grid_triangles(len(rows), columns)
    vertices = np.concatenate(rows)
    colours = np.repeat(srgb("#a9605c")[None], len(vertices), 0)
    return Piece("upper gums" if upper else "lower gums", "gums", "still" if upper else "jaw", vertices,
                 faces if not upper else faces[:, ::-1].copy(), colours)


def tongue() -> Piece:
    """A closed, grooved paddle from the throat to behind the lower teeth."""
    rows, columns = 15, 16
    s = np.linspace(0, 1, rows)
    z = 4.6 + 5.35 * s
    half = 1.75 * (1 - 0.25 * s) * np.sqrt(np.maximum(0.004, 1 - np.clip((s - 0.62) / 0.385, 0, 1) ** 2.2))
    thick = (0.75 - 0.36 * s) * np.sqrt(np.maximum(0.004, 1 - np.clip((s - 0.7) / 0.305, 0, 1) ** 2.0))
    middle = -4.15 + 0.45 * np.sin(np.pi * np.clip(1.1 - s, 0, 1)) - 0.1 * s
    middle += 0.45 * np.clip((s - 0.5) / 0.5, 0, 1) ** 2
    turn = np.arange(columns) * 2 * np.pi / columns
    x = half[:, None] * np.cos(turn)
    groove = 0.1 * np.exp(-((np.cos(turn) / 0.25) ** 2)) * np.clip(np.sin(turn), 0, 1)
    y = middle[:, None] + thick[:, None] * np.sin(turn) - groove * np.minimum(1, thick[:, None] * 3)
    vertices = np.stack([x, y, np.broadcast_to(z[:, None], x.shape)], -1).reshape(-1, 3)
    faces = grid_triangles(rows, columns, wrap=True)[:, ::-1]
    tip, last = len(vertices), (rows - 1) * columns
    vertices = np.concatenate([vertices, [[0, middle[-1], z[-1] + 0.01]]])
    cap = [(last + k, last + (k + 1) % columns, tip) for k in range(columns)]
    colours = np.repeat(srgb("#b5625f")[None], len(vertices), 0)
    triangles = np.concatenate([faces, np.array(cap)]).astype(np.int32)
    return Piece("tongue", "tongue", "tongue", vertices, triangles, colours)


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


BROW = (
    (1.25, 5.4, 6.12), (2.0, 5.58, 6.34), (3.0, 5.82, 6.5), (4.0, 5.92, 6.46), (4.8, 5.76, 6.18),
    (5.6, 5.3, 5.5),
)
"""``(x, lower y, upper y)`` along the left brow."""
BROW_STROKES = 180


def brow(skin: Array) -> Piece:
    """The left brow: short hairs that lie on the skin and sweep outward."""
    curve = np.array(BROW)
    random = np.random.default_rng(7)
    t = (np.arange(BROW_STROKES) + random.uniform(0, 1, BROW_STROKES)) / BROW_STROKES
    x = curve[0, 0] + (curve[-1, 0] - curve[0, 0] - 0.15) * t
    low, high = (np.interp(x, curve[:, 0], curve[:, k]) for k in (1, 2))
    height = random.uniform(0, 1, BROW_STROKES)
    y = low + (high - low) * (0.1 + 0.75 * height)
    lift = np.interp(t, [0, 0.25, 0.6, 1], [1.1, 0.72, 0.25, -0.45]) - 0.5 * (height - 0.5)
    length = np.interp(t, [0, 0.3, 1], [0.4, 0.55, 0.42]) * random.uniform(0.85, 1.15, BROW_STROKES)
    root = np.column_stack([x, y])
    tip = root + length[:, None] * np.column_stack([np.cos(lift), np.sin(lift)])
    front = skin[(skin[:, 2] > 4) & (skin[:, 0] > 0) & (skin[:, 1] > 4.9) & (skin[:, 1] < 8.5)]
    tree = cKDTree(front[:, :2])

    def depth(xy: Array) -> Array:
        distance, near = tree.query(xy, 6)
        weight = 1 / (distance + 0.02) ** 2
        return np.asarray((weight * front[near, 2]).sum(1) / weight.sum(1))

    roots = np.column_stack([root, depth(root) + 0.015])
    tips = np.column_stack([tip, depth(tip) + 0.07])
    widths = random.uniform(0.014, 0.026, BROW_STROKES)
    vertices, faces = _strokes(roots, tips, np.array([0.0, 0.0, 0.05]), widths)
    vertices[:, 2] = np.maximum(vertices[:, 2], depth(vertices[:, :2]) + 0.02)
    colours = np.repeat(mix(srgb("#3c2a20"), srgb("#57422f"), random.uniform(0, 1, BROW_STROKES)), 5, 0)
    return Piece("left brow", "brows", "skin", vertices, faces, colours)


def lashes(cage: Cage, skin: Array) -> Piece:
    """The left lashes, rooted on the lids' outer edge; each knows its step on the loop."""
    ring = cage.ring(EYE, 5)
    count = len(ring)
    rows = ((np.arange(-1.6, 16.6, 0.34), 0.5, 0.36), (np.arange(18.0, 31.0, 0.75), 0.14, -0.5))
    random = np.random.default_rng(11)
    roots, tips, steps = [], [], []
    for where, length, rise in rows:
        at = where % count
        base = np.floor(at).astype(int) % count
        share = (at - np.floor(at))[:, None]
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
        steps.append(np.rint(at).astype(int) % count)
    root, tip = np.concatenate(roots), np.concatenate(tips)
    bend = np.zeros_like(root)
    upper = np.arange(len(root)) < len(rows[0][0])
    bend[:, 1] = np.where(upper, -0.08, 0.02)
    bend[:, 2] = np.where(upper, 0.05, 0.01)
    vertices, faces = _strokes(root, tip, bend, np.where(upper, 0.013, 0.008))
    colours = np.repeat(np.where(upper[:, None], srgb("#1d1613"), srgb("#4b362d")), 5, 0)
    return Piece("left lashes", "lashes", "left lids", vertices, faces, colours,
                 np.repeat(np.concatenate(steps), 5).astype(np.int32))


def pieces(cage: Cage, skin: Array) -> list[Piece]:
    """Every part that is not skin, left before right."""
    out = eyeball()
    out += [p.mirrored(p.name.replace("left", "right"), "right eye") for p in eyeball()]
    out += [teeth(True), teeth(False), gums(True), gums(False), tongue()]
    left_brow, left_lashes = brow(skin), lashes(cage, skin)
    out += [left_brow, left_brow.mirrored("right brow", "skin")]
    return [*out, left_lashes, left_lashes.mirrored("right lashes", "right lids")]
