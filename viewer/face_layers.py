"""The VTK actors of one face: all draw from the same points and normals, which move together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyvista
from vtkmodules.util import numpy_support
from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkRenderingCore import vtkPolyDataMapper

from viewer.core.edges import shown_edges
from viewer.core.face_model import FaceModel, FloatArray, IntArray, Material, Part
from viewer.core.models.shading import openness
from viewer.face_shading import Lighting, shade, shade_lines, shade_overlay
from viewer.palette import Palette

_FLIP = np.array([[1, -1], [0, 1]], np.float32)
"""Ours count texture rows from the top, VTK's from the bottom: u, 1 - v."""

_OVERLAY_ARRAY = "overlay"
_NEVER_OVERLAID: frozenset[Material] = frozenset({"iris", "pupil", "brows", "lashes", "hair"})
_CLOSED: frozenset[Material] = frozenset({"skin", "lips", "mouth"})
_NO_EDGES: frozenset[Material] = frozenset({"brows", "lashes", "iris", "pupil", "cornea"})
_INK = "#0c0e12"
_LASH_PIXELS_PER_MM = 2.6
_LINE_FADE = 0.13
"""Opacity of edges for each pixel that lies between two of them, so that a small picture does
not fill with lines."""

_numpy: Any = numpy_support.vtk_to_numpy
_vtk: Any = numpy_support.numpy_to_vtk
_cells: Any = pyvista.CellArray.from_regular_cells


@dataclass(frozen=True)
class _Surface:
    """One actor, whether overlay colours take its place, and whether it is too ``fine`` for a small
    picture."""

    actor: Any
    overlaid: bool
    fine: bool


class Shape:
    """Points and normals on the way to the graphics driver; ``vertices`` and ``normals`` (N, 3)
    are written in place, then :meth:`moved` is called."""

    def __init__(self, model: FaceModel) -> None:
        self.points: Any = vtkPoints()
        self.points.SetData(_vtk(np.array(model.vertices, np.float32, order="C"), deep=True))
        self._normals = _vtk(np.zeros(model.vertices.shape, np.float32), deep=True)
        self._normals.SetName("Normals")
        self.vertices: FloatArray = _numpy(self.points.GetData())
        self.normals: FloatArray = _numpy(self._normals)

    def mesh(self, triangles: IntArray) -> Any:
        """A mesh of these triangles that shares the points and normals."""
        made: Any = pyvista.PolyData()
        made.SetPoints(self.points)
        made.SetPolys(_cells(triangles))
        made.GetPointData().SetNormals(self._normals)
        return made

    def moved(self) -> None:
        """Say that both changed."""
        self.points.Modified()
        self.points.GetData().Modified()
        self._normals.Modified()


def lean_actor(mesh: Any, colours: str | None = None) -> Any:
    """An actor without what costs a mesh that moves with every picture: bounds, and a second
    look at whether it must be shifted to keep its precision."""
    mapper = vtkPolyDataMapper()
    mapper.SetInputData(mesh)
    mapper.SetVBOShiftScaleMethod(0)
    mapper.SetStatic(True)
    if colours is None:
        mapper.ScalarVisibilityOff()
    else:
        mapper.SetScalarModeToUsePointFieldData()
        mapper.SelectColorArray(colours)
    actor: Any = pyvista.Actor(mapper=mapper)
    actor.GetProperty().SetInterpolationToPhong()
    actor.UseBoundsOff()
    actor.ForceOpaqueOn()
    return actor


class FaceLayers:
    """Everything that is drawn of a face.  ``shape`` holds its points; use it with VTK's lock held."""

    def __init__(self, model: FaceModel, plotter: Any, lighting: Lighting) -> None:
        self._model, self._plotter = model, plotter
        self.shape = Shape(model)
        self._light = openness(model)
        self._dark_inside = _wound_outward(model, self._light)
        self._surfaces = [self._surface(parts, lighting) for parts in _groups(model)]
        self._overlay: Any = None
        self._overlay_mesh: Any = None
        self._lines: Any = None
        self._spacing = 1.0
        self._colours: npt.NDArray[np.uint8] | None = None
        self._wire: Palette | None = None

    def show_colours(self, colours: npt.NDArray[np.uint8] | None) -> None:
        """sRGB (N, 3) instead of the face's own, None for its own again."""
        self._colours = colours
        self._refresh()

    def show_edges(self, palette: Palette | None) -> None:
        """Draw the edges over a plain surface in the colours of a theme; None draws none."""
        if palette == self._wire:
            return
        self._wire = palette
        self._refresh()

    def fit(self, pixels_per_unit: float, width: float) -> None:
        """Leave out lashes that would be thinner than a pixel and flicker; make lines ``width``
        pixels wide, and fainter the closer they lie."""
        for surface in self._surfaces:
            if surface.fine:
                surface.actor.SetVisibility(pixels_per_unit > _LASH_PIXELS_PER_MM * self._model.mm_per_unit)
        if self._lines is not None and self._wire is not None:
            look = self._lines.GetProperty()
            look.SetLineWidth(width)
            between = self._spacing * pixels_per_unit / width
            look.SetOpacity(float(np.clip(_LINE_FADE * between, 0.16, 0.9)))

    def _refresh(self) -> None:
        colours, wire = self._colours, self._wire
        plain = colours is not None or wire is not None
        if plain:
            if self._overlay is None:
                self._add_overlay()
            array = self._overlay_mesh.GetPointData().GetArray(_OVERLAY_ARRAY)
            _numpy(array)[...] = colours if colours is not None else _rgb(wire.raised if wire else "")
            array.Modified()
        if self._overlay is not None:
            self._overlay.SetVisibility(plain)
        for surface in self._surfaces:
            surface.actor.SetVisibility(not (plain and surface.overlaid))
        if wire is not None:
            if self._lines is None:
                self._add_lines()
            # Dark over a heatmap, whose colours are what is to be read.
            ink = _rgb(wire.muted if colours is None else _INK)
            self._lines.GetProperty().SetColor(*(part / 255 for part in ink))
        if self._lines is not None:
            self._lines.SetVisibility(wire is not None)

    def _surface(self, parts: list[Part], lighting: Lighting) -> _Surface:
        model, part = self._model, parts[0]
        mesh = self.shape.mesh(_triangles(model, parts))
        textured = part.texture is not None and model.uv is not None
        rgba = np.empty((len(model.vertices), 4), np.uint8)
        if model.colours is not None and not textured:
            rgba[:, :3] = model.colours
        else:
            for each in parts:
                rgba[model.triangles[each.first : each.first + each.count], :3] = np.round(
                    np.array(each.colour) * 255
                )
        rgba[:, 3] = self._light
        mesh.point_data["colours"] = rgba
        actor = lean_actor(mesh, "colours")
        cut_out = False
        if textured and part.texture is not None and model.uv is not None:
            mesh.active_texture_coordinates = model.uv * _FLIP[0] + _FLIP[1]
            texture: Any = pyvista.Texture(np.ascontiguousarray(part.texture))  # type: ignore[no-untyped-call]
            texture.SetInterpolate(True)
            texture.SetMipmap(True)
            actor.SetTexture(texture)
            cut_out = part.texture.shape[2] == 4
        inside = self._dark_inside and part.material in _CLOSED
        shade(actor, part.material, cut_out, lighting, dark_inside=inside)
        self._plotter.add_actor(actor, reset_camera=False, render=False)
        return _Surface(actor, part.material not in _NEVER_OVERLAID, part.material == "lashes")

    def _add_overlay(self) -> None:
        """One actor of all that overlay colours take the place of."""
        parts = [p for p in _drawn(self._model) if p.material not in _NEVER_OVERLAID]
        self._overlay_mesh = self.shape.mesh(_triangles(self._model, parts))
        self._overlay_mesh.point_data[_OVERLAY_ARRAY] = np.zeros((len(self._model.vertices), 3), np.uint8)
        self._overlay = lean_actor(self._overlay_mesh, _OVERLAY_ARRAY)
        shade_overlay(self._overlay)
        self._plotter.add_actor(self._overlay, reset_camera=False, render=False)

    def _add_lines(self) -> None:
        model = self._model
        parts = [part for part in _drawn(model) if part.material not in _NO_EDGES]
        edges = shown_edges(model.vertices, _triangles(model, parts))
        apart = np.linalg.norm(model.vertices[edges[:, 0]] - model.vertices[edges[:, 1]], axis=1)
        self._spacing = float(np.median(apart)) if apart.size else 1.0
        mesh: Any = pyvista.PolyData()
        mesh.SetPoints(self.shape.points)
        mesh.SetLines(_cells(edges))
        self._lines = lean_actor(mesh)
        self._lines.GetProperty().LightingOff()
        shade_lines(self._lines)
        self._plotter.add_actor(self._lines, reset_camera=False, render=False)


def _drawn(model: FaceModel) -> list[Part]:
    """The clear cornea is left to the eye's highlight."""
    return [part for part in model.parts if part.material != "cornea" and part.count]


def _groups(model: FaceModel) -> list[list[Part]]:
    """Parts that look alike, to be drawn at once."""
    groups: dict[tuple[Material, int], list[Part]] = {}
    for part in _drawn(model):
        groups.setdefault((part.material, id(part.texture)), []).append(part)
    return list(groups.values())


def _triangles(model: FaceModel, parts: list[Part]) -> IntArray:
    return np.concatenate([model.triangles[p.first : p.first + p.count] for p in parts])


def _wound_outward(model: FaceModel, light: npt.NDArray[np.uint8]) -> bool:
    """Whether the triangles of the face that lie open turn their outside to the viewer, as they
    should; in some files they do not."""
    parts = [part for part in _drawn(model) if part.material in _CLOSED]
    if not parts:
        return False
    rows = _triangles(model, parts)
    corners = model.vertices[rows].astype(np.float64)
    toward = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])[:, 2]
    depth = corners[:, :, 2].mean(axis=1)
    face = toward[(depth > np.percentile(depth, 60)) & (light[rows].mean(axis=1) > 200)]
    return float(face[face > 0].sum()) > 8.0 * float(-face[face < 0].sum())


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
