"""A face model: a mesh with the 52 shapes, and its blending."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, TypeVar
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from viewer.core.channels import SHAPE_COUNT, SHAPES
from viewer.core.errors import FaceModelError

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int32]

STILL = 1e-4
"""Share of a mesh's extent up to which a shape's motion is what files round: 0.03 mm on a head."""

Material = Literal[
    "skin",
    "lips",
    "sclera",
    "iris",
    "pupil",
    "cornea",
    "teeth",
    "gums",
    "tongue",
    "mouth",
    "brows",
    "lashes",
    "hair",
    "cloth",
    "other",
]


def extent(vertices: FloatArray) -> float:
    """The longest side of the box around vertices (N, 3)."""
    return float(np.ptp(vertices, axis=0).max())


@dataclass(frozen=True)
class Part:
    """A run of triangles ``[first, first + count)`` drawn with one material.  ``colour`` is
    sRGB 0..1.  ``texture`` is (H, W, 3|4) uint8 or None; it needs the model's uv."""

    name: str
    material: Material
    first: int
    count: int
    colour: tuple[float, float, float]
    texture: npt.NDArray[np.uint8] | None = None


@dataclass(frozen=True)
class Eyeball:
    """An eye that turns about ``centre`` (3,); ``indices`` are the vertices that turn with it."""

    centre: FloatArray
    indices: IntArray


@dataclass(frozen=True, eq=False)
class Correctives:
    """What combinations of shapes add, so that shapes that are right alone are right together.

    Corrective k moves the vertices ``index`` (U,), which rises, by ``deltas[k]`` (U, 3) in the measure of the
    product of the weights of ``channels[k]`` (two or three shapes; -1 fills a row).  One that
    names a single shape is an in-between: full at a weight of a half, nothing at 0 and 1, it
    bends the straight path of a shape into a curve.
    """

    channels: IntArray
    index: IntArray
    deltas: FloatArray


@dataclass(frozen=True, eq=False)
class FaceModel:
    """A mesh with shapes; +X the face's own left, +Y up, +Z out of the face.

    ``vertices`` (N, 3) float32 in the model's unit, ``triangles`` (M, 3) int32, ``deltas``
    (52, N, 3) float32 in CSV order (zeros for a missing shape), ``mm_per_unit`` the size of a
    unit.  ``colours`` (N, 3) uint8 per-vertex sRGB, ``uv`` (N, 2) float32 with (0, 0) at a
    texture's top left as in glTF, both optional; a part with a texture ignores the colours.
    ``correctives`` are added where shapes meet; None where the model has none.
    ``eyes`` (left, right) turn rigidly with the gaze; None where the model has no separate
    eyes.  ``neck`` (3,) is the point the head turns about.  ``missing`` lists ARKit shapes it
    lacks, those that move nothing (``still``) among them, ``extra`` foreign targets that were left
    out, ``notes`` remarks for the user.
    """

    name: str
    vertices: FloatArray
    triangles: IntArray
    deltas: FloatArray
    parts: tuple[Part, ...]
    neck: FloatArray
    mm_per_unit: float = 10.0
    colours: npt.NDArray[np.uint8] | None = None
    uv: FloatArray | None = None
    eyes: tuple[Eyeball, Eyeball] | None = None
    correctives: Correctives | None = None
    missing: tuple[str, ...] = ()
    still: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())
    source: str = ""

    def __post_init__(self) -> None:
        n = self.vertices.shape[0]
        if self.vertices.shape != (n, 3) or n == 0 or self.deltas.shape != (SHAPE_COUNT, n, 3):
            raise FaceModelError(
                f"{self.vertices.shape} vertices do not fit {self.deltas.shape} shapes", "check the file"
            )
        if self.triangles.size == 0 or self.triangles.min() < 0 or self.triangles.max() >= n:
            raise FaceModelError("its triangles name vertices it does not have", "export the model again")

    @property
    def shape_names(self) -> tuple[str, ...]:
        """Pascal names of the shapes it has, in CSV order."""
        gone = set(self.missing)
        return tuple(channel.name for channel in SHAPES if channel.name not in gone)


Measure = TypeVar("Measure")


def measured_once(measure: Callable[[FaceModel], Measure]) -> Callable[[FaceModel], Measure]:
    """Keep what ``measure`` says of a model as long as the model lives: a model never changes, and
    each of the faces side by side asks anew.  What is returned must not hold the model."""
    kept: WeakKeyDictionary[FaceModel, Measure] = WeakKeyDictionary()

    @functools.wraps(measure)
    def of(model: FaceModel) -> Measure:
        if model not in kept:
            kept[model] = measure(model)
        return kept[model]

    return of
