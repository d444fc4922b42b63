"""Onion skin: a second face laid over the first, tinted and see-through.

It is drawn into a layer of its own, so that it shows wherever the two differ, in front of the
first face or behind it.  Its depth is written first and its colour afterwards, which leaves
the surface nearest to the viewer alone: no back of the head, no teeth through the lips.  It
fades out where the two faces agree, so it never flickers with the face under it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from vtkmodules.util import numpy_support
from vtkmodules.vtkRenderingCore import vtkRenderer

from viewer.core.blend import Blender, VertexNormals
from viewer.core.face_model import FaceModel, FloatArray, Material
from viewer.core.models.shading import openness
from viewer.face_layers import Shape, lean_actor
from viewer.face_shading import shade_depth_only, shade_onion

FADE_MM = (0.25, 1.5)
"""The tint begins where the faces lie this far apart and is full at the second."""
OPACITY, FEATURE_OPACITY = 0.36, 0.72
"""Of plain skin, and of what a face is read by."""

_LEFT_OUT: frozenset[Material] = frozenset({"cornea", "lashes"})
_LIGHTNESS: dict[Material, float] = {
    "iris": 0.35,
    "pupil": 0.12,
    "brows": 0.30,
    "mouth": 0.22,
    "gums": 0.5,
    "tongue": 0.6,
    "lips": 0.72,
    "teeth": 1.25,
    "sclera": 1.25,
    "hair": 0.35,
}
"""How light a material is beside the tint: features must be read in one colour."""

_array: Any = numpy_support.vtk_to_numpy


class OnionSkin:
    """The overlay of one renderer.  Use it in that renderer's thread, with VTK's lock held."""

    def __init__(
        self, model: FaceModel, blender: Blender, normals: VertexNormals, window: Any, camera: Any
    ) -> None:
        self._blender, self._normals = blender, normals
        self._mm = model.mm_per_unit
        self._shape = Shape(model)
        self.shown = False
        parts = [part for part in model.parts if part.material not in _LEFT_OUT and part.count]
        rows = np.concatenate([model.triangles[p.first : p.first + p.count] for p in parts])
        self._light = np.ones(len(model.vertices), np.float32)
        for part in parts:
            own = model.triangles[part.first : part.first + part.count]
            self._light[own] = _LIGHTNESS.get(part.material, 1.0)
        # Folds, the mouth above all, are features too, where a head has no parts to tell them by.
        fold = 1.0 - openness(model) / np.float32(255.0)
        told = np.where(self._light == 1.0, fold, 1.0)
        self._opacity = 255.0 * (OPACITY + (FEATURE_OPACITY - OPACITY) * told)
        self._light *= 1.0 - 0.75 * fold
        self._mesh = self._shape.mesh(rows)
        self._mesh.point_data["tint"] = np.zeros((len(model.vertices), 4), np.uint8)
        self._renderer: Any = vtkRenderer()
        self._renderer.SetLayer(1)
        self._renderer.InteractiveOff()
        self._renderer.SetActiveCamera(camera)
        window.SetNumberOfLayers(2)
        window.AddRenderer(self._renderer)
        for shade in (shade_depth_only, shade_onion):
            actor = lean_actor(self._mesh, "tint")
            shade(actor)
            self._renderer.AddActor(actor)
        self.hide()

    def show(self, values: npt.ArrayLike, colour: str) -> None:
        """Lay the face of 61 ``values`` over the other, in ``colour`` (sRGB hex)."""
        self._blender.blend(values, self._shape.vertices)
        self._normals.of(self._shape.vertices, self._shape.normals)
        self._shape.moved()
        tint = _array(self._mesh.GetPointData().GetArray("tint"))
        rgb = np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)], np.float32)
        shares = self._light[:, None]
        tint[:, :3] = np.where(shares > 1, 255 - (255 - rgb) * (2 - shares) * 0.6, rgb * shares)
        self.shown = True
        self._renderer.SetDraw(True)

    def fade(self, under: FloatArray) -> None:
        """Let it go where it agrees with the vertices (N, 3) ``under`` it."""
        apart = self._shape.vertices - under
        mm = np.sqrt(np.einsum("ij,ij->i", apart, apart)) * self._mm
        share = np.clip((mm - FADE_MM[0]) / (FADE_MM[1] - FADE_MM[0]), 0.0, 1.0)
        tint = self._mesh.GetPointData().GetArray("tint")
        _array(tint)[:, 3] = share * self._opacity
        tint.Modified()

    def hide(self) -> None:
        """Show the face under it alone."""
        self.shown = False
        self._renderer.SetDraw(False)
