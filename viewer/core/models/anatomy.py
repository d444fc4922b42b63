"""What the parts of a foreign head are: materials from names, eyes, neck, size, orientation."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from viewer.core.face_model import Eyeball, FloatArray, IntArray, Material, Part, extent
from viewer.core.landmarks import eye_centre, mouth_centre

EYE_DISTANCE_MM = 63.0
"""Mean distance between the pupils of adults (Dodgson 2004)."""

_CLEAR = 1e-3
"""Share of a mesh's extent from which on two places lie apart: 0.3 mm on a head."""
_EQUAL = 0.99
"""Two axes along which a direction goes this nearly as far are equal to it: it lies half way."""

COLOURS: dict[Material, tuple[float, float, float]] = {
    "skin": (0.80, 0.62, 0.53),
    "lips": (0.72, 0.45, 0.42),
    "sclera": (0.93, 0.91, 0.89),
    "iris": (0.34, 0.25, 0.18),
    "pupil": (0.03, 0.03, 0.03),
    "cornea": (1.0, 1.0, 1.0),
    "teeth": (0.91, 0.87, 0.79),
    "gums": (0.62, 0.33, 0.32),
    "tongue": (0.68, 0.36, 0.35),
    "mouth": (0.30, 0.13, 0.12),
    "brows": (0.22, 0.16, 0.12),
    "lashes": (0.10, 0.08, 0.07),
    "hair": (0.20, 0.15, 0.12),
    "cloth": (0.38, 0.42, 0.48),
    "other": (0.70, 0.70, 0.70),
}

_WORDS: tuple[tuple[str, Material], ...] = (
    (r"eyeocclusion|eyeblend|lacrimal|tearline|eyeshadow|eyeao", "cornea"),
    (r"lash", "lashes"),
    (r"brow", "brows"),
    (r"cornea", "cornea"),
    (r"pupil", "pupil"),
    (r"iris", "iris"),
    (r"sclera|eyewhite|eyeball", "sclera"),
    (r"gum", "gums"),
    (r"teeth|tooth", "teeth"),
    (r"tongue", "tongue"),
    (r"lips?$|^lip", "lips"),
    (r"mouth", "mouth"),
    (r"hair|beard", "hair"),
    (r"glass|shirt|cloth|outfit|collar|hat|cap$|shoe|dress|suit", "cloth"),
    (r"(^|[^a-z])(left|right|l|r)?eyes?([^a-z]|left|right|l|r|mesh|$)", "sclera"),
    (r"skin|head|face|body|neck|ear|bust|lambert", "skin"),
)
_GLASSY = ("cornea",)
_EYE_MATERIALS = ("sclera", "iris", "pupil", "cornea")


def material_of(*names: str) -> Material:
    """The material that a mesh, node or material name speaks of; the first telling one counts."""
    for name in names:
        plain = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name or "").lower()
        joined = re.sub(r"[^a-z]", "", plain)
        for pattern, material in _WORDS:
            if re.search(pattern, plain) or re.search(pattern, joined):
                return material
    return "other"


def upright(vertices: FloatArray, deltas: FloatArray) -> npt.NDArray[np.float64]:
    """(3, 3) turn that brings a head to +X own left, +Y up, +Z out, judged by where its shapes
    move: identity unless the file's axes clearly differ.  A determinant of -1 means that the
    head is stored mirrored.  What lies half way between two axes, or nowhere along one (the depth
    of a flat face), is left as the file has it: there only rounding would decide."""
    left, right = (eye_centre(vertices, deltas, side) for side in ("Left", "Right"))
    mouth = mouth_centre(vertices, deltas)
    if left is None or right is None or mouth is None:
        return np.eye(3)
    least = _CLEAR * extent(vertices)
    x = left - right
    up = (left + right) / 2 - mouth
    out = (left + right + mouth) / 3 - (vertices.min(axis=0) + vertices.max(axis=0)) / 2
    turn = np.zeros((3, 3))
    taken: list[int] = []
    for own, wanted in enumerate((x, up, out)):
        far = np.maximum(np.abs(wanted), least)
        far[taken] = -1.0
        axis = next(axis for axis in (own, 0, 1, 2) if far[axis] >= _EQUAL * far.max())
        turn[own, axis] = -1.0 if wanted[axis] < -least else 1.0
        taken.append(axis)
    return turn


def mm_per_unit(vertices: FloatArray, deltas: FloatArray, usual: Sequence[float]) -> tuple[float, bool]:
    """Size of a unit, and whether it had to be guessed: the first of ``usual`` that gives a
    human distance between the eyes, else the one that gives the mean distance."""
    apart = _eye_distance(vertices, deltas)
    if apart <= 0:
        return usual[0], False
    for size in usual:
        if 48.0 <= apart * size <= 82.0:
            return size, False
    return EYE_DISTANCE_MM / apart, True


def _eye_distance(vertices: FloatArray, deltas: FloatArray) -> float:
    """From one eye to the other; 0 where the shapes do not show two."""
    left, right = (eye_centre(vertices, deltas, side) for side in ("Left", "Right"))
    if left is None or right is None:
        return 0.0
    apart = float(np.linalg.norm(left - right))
    return apart if apart > _CLEAR * extent(vertices) else 0.0


def neck_pivot(vertices: FloatArray, deltas: FloatArray) -> FloatArray:
    """(3,) point that the head turns about: behind the mouth, where the skull meets the spine;
    from the eyes' distance where the shapes show the eyes, else from the box around it."""
    apart, mouth = _eye_distance(vertices, deltas), mouth_centre(vertices, deltas)
    if apart > 0 and mouth is not None:
        return np.asarray(mouth - [0.0, 0.2 * apart, 1.55 * apart], np.float32)
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    share = np.array([0.5, 0.35, 0.4])
    return np.asarray(low + share * (high - low), np.float32)


def find_eyes(
    vertices: FloatArray, triangles: IntArray, parts: Sequence[Part]
) -> tuple[Eyeball, Eyeball] | None:
    """The two eyeballs among parts whose material is an eye's, left first, told by geometry;
    None where there are no two round ones.  Lids and lashes never count."""
    balls = [part for part in parts if part.material in _EYE_MATERIALS[:3]]
    glass = [part for part in parts if part.material in _GLASSY and "cornea" in part.name.lower()]
    if not balls:
        return None
    turning = _used(triangles, balls + glass)
    white = _used(triangles, [part for part in balls if part.material == "sclera"] or balls)
    middle = float(vertices[white, 0].min() + vertices[white, 0].max()) / 2
    eyes = []
    for is_left in (True, False):
        side = turning[(vertices[turning, 0] > middle) == is_left]
        round_part = white[(vertices[white, 0] > middle) == is_left]
        if side.size < 4 or round_part.size < 4:
            return None
        centre, radius = _sphere(vertices[round_part])
        spread = float(np.ptp(vertices[round_part], axis=0).max())
        if not 0.3 * spread < radius < 1.2 * spread:
            centre = (vertices[round_part].min(axis=0) + vertices[round_part].max(axis=0)) / 2
        eyes.append(Eyeball(np.asarray(centre, np.float32), side.astype(np.int32)))
    gap = float(eyes[0].centre[0] - eyes[1].centre[0])
    if gap < 0.2 * float(np.ptp(vertices[white, 0])):
        return None
    return eyes[0], eyes[1]


def _used(triangles: IntArray, parts: Sequence[Part]) -> npt.NDArray[np.int64]:
    runs = [triangles[part.first : part.first + part.count].reshape(-1) for part in parts]
    return np.unique(np.concatenate(runs)).astype(np.int64) if runs else np.zeros(0, np.int64)


def _sphere(points: FloatArray) -> tuple[npt.NDArray[np.float64], float]:
    """Centre (3,) and radius of the sphere through ``points`` by least squares."""
    p = points.astype(np.float64)
    shift = p.mean(axis=0)
    p = p - shift
    found, *_ = np.linalg.lstsq(np.column_stack([2 * p, np.ones(len(p))]), (p**2).sum(axis=1), rcond=None)
    centre = found[:3]
    return centre + shift, float(np.sqrt(max(found[3] + centre @ centre, 0.0)))
