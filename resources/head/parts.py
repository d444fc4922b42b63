"""What is not skin: eyeballs, teeth, gums, tongue, brows and lashes, with the colours of all."""

from __future__ import annotations

from typing import cast

import landmarks as lm
import numpy as np
from cage import Cage
from dental import BITE, arch
from hair import brows, lashes
from neutral import CENTRE
from piece import Follow, Piece, grid_triangles, mix, srgb
from solve import MIRROR, Array, Ints

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
    white = np.concatenate([[iris[-1], iris[-1] + 0.05], np.linspace(iris[-1] + 0.2, 1.9, 6)])
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


TOOTH_WIDTHS = {True: (0.85, 0.66, 0.78, 0.7, 0.68, 0.95), False: (0.54, 0.6, 0.7, 0.7, 0.7, 1.0)}
TOOTH_HEIGHTS = {True: (1.0, 0.86, 0.98, 0.82, 0.76, 0.7), False: (0.82, 0.82, 0.92, 0.8, 0.74, 0.66)}
ENAMEL, NECK_OF_TOOTH, BACK_OF_MOUTH = (srgb(c) for c in ("#e9e4d8", "#d3c4a8", "#4a3028"))
BACK_TOOTH = (np.linspace(-1, 1, 5), np.linspace(0, 1, 4))
"""Across and along: teeth that hardly show are coarser."""


def teeth(upper: bool) -> Piece:
    """One row of teeth, each a rounded shell set on the arch."""
    angles = np.linspace(0, 1.5, 400)
    path, _ = arch(angles, upper)
    length = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(path, axis=0).T))])
    edge, way = BITE[upper]
    vertices: list[Array] = []
    triangles: list[Ints] = []
    colours: list[Array] = []
    start = 0.0
    for number, (width, height) in enumerate(zip(TOOTH_WIDTHS[upper], TOOTH_HEIGHTS[upper], strict=True)):
        across, along = (np.linspace(-1, 1, 7), np.linspace(0, 1, 6)) if number < 3 else BACK_TOOTH
        middle = start + width / 2
        start += width
        for side in (1, -1):
            u, v = (axis.ravel() for axis in np.meshgrid(across, along))
            narrow = 1 - 0.16 * v**2 - 0.05 * (1 - v) ** 6
            place, normal = arch(np.interp(middle + u * narrow * width * 0.485, length, angles), upper)
            bulge = 0.17 * np.sqrt(np.maximum(0, 1 - u**4)) * (0.55 + 0.45 * np.sin(np.pi * (0.15 + 0.8 * v)))
            rounded = 0.05 * np.abs(u) ** 3 * (1 - v) ** 2
            flat = place + normal * (bulge - 0.15)[:, None]
            y = edge + way * (v * height * (1 - 0.06 * u**2) + rounded)
            tooth = np.column_stack([flat[:, 0], y, flat[:, 1]])
            inner = tooth[: len(across)].copy()
            inner[:, [0, 2]] -= normal[: len(across)] * 0.22
            inner[:, 1] += way * 0.08
            tooth = np.concatenate([inner, tooth])
            faces = grid_triangles(len(along) + 1, len(across)) + sum(len(each) for each in vertices)
            flip = (side < 0) != upper
            vertices.append(tooth * (MIRROR if side < 0 else 1.0))
            triangles.append(faces[:, ::-1] if flip else faces)
            shade = np.concatenate([np.zeros(len(across)), v])
            enamel = mix(np.repeat(ENAMEL[None], len(shade), 0), NECK_OF_TOOTH, shade * 1.1 - 0.1)
            colours.append(mix(enamel, BACK_OF_MOUTH, np.clip((10.0 - tooth[:, 2]) / 3.2, 0, 0.8)))
    return Piece(
        "upper teeth" if upper else "lower teeth",
        "teeth",
        "still" if upper else "jaw",
        np.concatenate(vertices),
        np.concatenate(triangles),
        np.concatenate(colours),
    )


def gums(upper: bool) -> Piece:
    """The band of gum above or below a row of teeth."""
    edge, way = BITE[upper]
    columns = 25
    angle = np.linspace(-1.45, 1.45, columns)
    place, normal = arch(angle, upper)
    profile = (
        (0.62, -0.2),
        (0.7, -0.02),
        (0.95, 0.06),
        (1.3, 0.0),
        (1.6, -0.2),
        (1.65, -0.6),
        (0.7, -0.75),
        (0.4, -0.5),
    )
    rows = []
    for height, out in profile:
        flat = place + normal * out
        rows.append(np.column_stack([flat[:, 0], np.full(columns, edge + way * height), flat[:, 1]]))
    faces = grid_triangles(len(rows), columns)
    vertices = np.concatenate(rows)
    colours = np.repeat(srgb("#a9605c")[None], len(vertices), 0)
    return Piece(
        "upper gums" if upper else "lower gums",
        "gums",
        "still" if upper else "jaw",
        vertices,
        faces if not upper else faces[:, ::-1].copy(),
        colours,
    )


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


def caruncle() -> Piece:
    """The pink flesh in the inner corner of the left eye."""
    rows, columns = 5, 8
    down, turn = np.linspace(0.15, 1.6, rows), np.arange(columns) * 2 * np.pi / columns
    flat = np.sin(down)[:, None]
    ball = np.stack([flat * np.cos(turn), flat * np.sin(turn), np.cos(down)[:, None] + 0 * turn], -1)
    vertices = np.array(lm.CARUNCLE) + ball.reshape(-1, 3) * np.array([0.26, 0.15, 0.17])
    colours = np.repeat(srgb("#c98a80")[None], len(vertices), 0)
    triangles = grid_triangles(rows, columns, wrap=True)
    return Piece("left caruncle", "lips", "still", vertices, triangles, colours)


def pieces(cage: Cage, skin: Array, colours: Array) -> list[Piece]:
    """Every part that is not skin, left before right."""
    out = eyeball()
    out += [p.mirrored(p.name.replace("left", "right"), "right eye") for p in eyeball()]
    out += [teeth(True), teeth(False), gums(True), gums(False), tongue()]
    for piece, follow in (
        (caruncle(), "still"),
        *((brow, "skin") for brow in brows(cage, skin, colours)),
        (lashes(cage, skin), "right lids"),
    ):
        out += [piece, piece.mirrored(piece.name.replace("left", "right"), cast(Follow, follow))]
    return out
