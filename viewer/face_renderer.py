"""Drawing a face off-screen.

Off-screen because an interactive VTK window in Qt is several times slower with software
OpenGL and needs an X server; this way panes, stills and films share one path.  Anti-aliasing
is supersampling, on request.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

if sys.platform.startswith("linux"):
    # EGL needs no X server, and its contexts may live in any thread.
    os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")

import pyvista
from vtkmodules.util import numpy_support
from vtkmodules.vtkCommonCore import vtkUnsignedCharArray
from vtkmodules.vtkRenderingCore import vtkPolyDataMapper, vtkRenderer

from viewer.core.blend import Blender, VertexNormals, weld
from viewer.core.camera import CameraView
from viewer.core.channels import CHANNEL_COUNT
from viewer.core.face_model import FaceModel, FloatArray, Material, Part
from viewer.core.pose import PoseConvention
from viewer.face_onion import OnionSkin
from viewer.face_shading import STUDIO, Lighting, shade, shade_overlay
from viewer.palette import DARK, Palette

Picture = npt.NDArray[np.uint8]

FIELD_OF_VIEW = 24.0
"""Degrees from top to bottom: a portrait lens, so that noses keep their size."""

NARROWEST = 0.74
"""Width over height of the framed head with a little room at its sides: in a narrower picture
the head is made smaller rather than cut."""

MAX_SIDE = 8192
SUPERSAMPLE = 2
_FLIP = np.array([[1, -1], [0, 1]], np.float32)
"""Ours count texture rows from the top, VTK's from the bottom: u, 1 - v."""

_OVERLAY_ARRAY = "overlay"
_NEVER_OVERLAID: frozenset[Material] = frozenset({"iris", "pupil", "brows", "lashes", "hair"})

VTK_LOCK = threading.RLock()
"""Held around every use of VTK: its globals are not safe in two threads at once."""

_array: Any = numpy_support.vtk_to_numpy
_log = logging.getLogger(__name__)


@dataclass
class _Layer:
    """Triangles drawn in one way: ``used`` are the model's vertices they need; ``overlay`` draws
    them in the overlay's colours, once there were any."""

    mesh: Any
    used: npt.NDArray[np.intp]
    actor: Any
    material: Material
    overlay: Any = None


@dataclass(frozen=True)
class Framing:
    """What the camera looks at: ``target`` (3,) and the ``height`` the picture shows of it, in
    the model's unit; ``reach`` is how far the head extends in front of the target."""

    target: npt.NDArray[np.float64]
    height: float
    reach: float


class FaceRenderer:
    """Draws one face model.  Make it, use it and close it in one thread, before any Qt widget
    that shows its pictures is gone.

    ``size`` is (width, height) in pixels.  Raises :class:`RuntimeError` where no OpenGL is to
    be had.
    """

    def __init__(
        self, model: FaceModel, size: tuple[int, int] = (500, 500), lighting: Lighting = STUDIO
    ) -> None:
        self.model = model
        self._lighting = lighting
        self._blender = Blender(model)
        welded = weld(model)
        self._normals = VertexNormals(model.triangles, len(model.vertices), welded)
        self._vertices = np.empty_like(model.vertices, dtype=np.float32, order="C")
        self._directions = np.empty_like(self._vertices)
        self._size = _bounded(size)
        self._view = CameraView()
        self._framing = frame_face(model)
        self._pixels = vtkUnsignedCharArray()
        self._onion: OnionSkin | None = None
        self._closed = False
        with VTK_LOCK:
            _quiet_vtk()
            plotter: Any = pyvista.Plotter(off_screen=True, window_size=list(self._size), lighting=None)
            self._plotter = plotter
            self._window = plotter.ren_win
            self._window.SetMultiSamples(0)
            self._layers = [self._layer(parts) for parts in _groups(model)]
            self._plotter.add_light(pyvista.Light(light_type="headlight"))
        self.set_theme(DARK)
        self.set_camera(CameraView())
        self.set_values(np.zeros(CHANNEL_COUNT, np.float32))

    def set_values(
        self, values: npt.ArrayLike, valid: bool = True, pose: PoseConvention | None = None
    ) -> None:
        """Shape the face by 61 values; a row that is not ``valid`` shows the neutral face.  The
        head turns only with a ``pose`` convention."""
        row = np.asarray(values, np.float32) if valid else np.zeros(CHANNEL_COUNT, np.float32)
        self.set_vertices(self._blender.blend(row, self._vertices, pose))

    def set_vertices(self, vertices: FloatArray) -> None:
        """Show these vertices (N, 3) instead of blended ones."""
        if vertices is not self._vertices:
            self._vertices[...] = vertices
        self._normals.of(vertices, self._directions)
        with VTK_LOCK:
            for layer in self._layers:
                points, normals = layer.mesh.GetPoints(), layer.mesh.GetPointData().GetNormals()
                np.take(vertices, layer.used, axis=0, out=_array(points.GetData()), mode="clip")
                np.take(self._directions, layer.used, axis=0, out=_array(normals), mode="clip")
                points.Modified()
                normals.Modified()
            if self._onion is not None and self._onion.shown:
                self._onion.fade(vertices)

    def set_onion(
        self,
        values: npt.ArrayLike | None,
        colour: str = DARK.recorded,
        pose: PoseConvention | None = None,
    ) -> None:
        """Lay a second face of 61 values over the first, see-through and tinted in ``colour``
        (sRGB hex) where the two differ; None takes it away.  Its head turns by its own
        ``pose``.  It works with overlay colours and wireframe alike."""
        with VTK_LOCK:
            if values is None or not np.isfinite(np.asarray(values, np.float32)).all():
                if self._onion is not None:
                    self._onion.hide()
                return
            if self._onion is None:
                self._onion = OnionSkin(
                    self.model, self._blender, self._normals, self._window, self._plotter.camera
                )
            self._onion.show(values, pose, colour)
            self._onion.fade(self._vertices)

    def set_camera(self, view: CameraView) -> None:
        """Look from ``view``; the default shows the whole head from the front."""
        self._view = view
        aim, frame = self._plotter.camera, self._framing
        yaw, pitch = np.radians(view.azimuth), np.radians(view.elevation)
        back = np.array([np.sin(yaw) * np.cos(pitch), np.sin(pitch), np.cos(yaw) * np.cos(pitch)])
        right = np.array([np.cos(yaw), 0.0, -np.sin(yaw)])
        up = np.cross(back, right)
        tip = np.radians(view.roll)
        right, up = right * np.cos(tip) - up * np.sin(tip), up * np.cos(tip) + right * np.sin(tip)
        width, height = self._size
        seen = frame.height * max(1.0, NARROWEST * height / width)
        distance = seen / 2 / np.tan(np.radians(FIELD_OF_VIEW) / 2) + frame.reach
        target = frame.target - (right * view.pan_x + up * view.pan_y) * seen
        with VTK_LOCK:
            aim.SetViewAngle(np.degrees(2 * np.arctan(np.tan(np.radians(FIELD_OF_VIEW) / 2) / view.zoom)))
            aim.SetFocalPoint(target)
            aim.SetPosition(target + back * distance)
            aim.SetViewUp(up)
            aim.SetClippingRange(distance * 0.3, distance * 3.0)

    def set_theme(self, palette: Palette) -> None:
        """The gradient behind the face."""
        with VTK_LOCK:
            self._plotter.set_background(palette.face_bottom, top=palette.face_top)

    def set_wireframe(self, on: bool) -> None:
        """Draw edges instead of surfaces."""
        with VTK_LOCK:
            for layer in self._layers:
                for actor in (layer.actor, layer.overlay):
                    if actor is not None:
                        actor.GetProperty().SetRepresentation(1 if on else 2)

    def set_overlay_colours(self, colours: npt.NDArray[np.uint8] | None) -> None:
        """Show these sRGB colours (N, 3) of the vertices instead of the face's own; None shows
        the face again.  Irises, brows and lashes keep their own, so that it stays a face."""
        with VTK_LOCK:
            for layer in self._layers:
                if layer.material in _NEVER_OVERLAID or (colours is None and layer.overlay is None):
                    continue
                if layer.overlay is None:
                    layer.overlay = self._overlay(layer)
                if colours is not None:
                    array = layer.mesh.GetPointData().GetArray(_OVERLAY_ARRAY)
                    np.take(colours, layer.used, axis=0, out=_array(array), mode="clip")
                    array.Modified()
                layer.overlay.SetVisibility(colours is not None)
                layer.actor.SetVisibility(colours is None)

    @property
    def blender(self) -> Blender:
        """What turns values into vertices here; used in the renderer's thread only."""
        return self._blender

    @property
    def render_window(self) -> Any:
        """VTK's own window, for measuring."""
        return self._window

    def resize(self, size: tuple[int, int]) -> None:
        """Draw ``size`` (width, height) pixels from now on."""
        if _bounded(size) != self._size:
            self._size = _bounded(size)
            self.set_camera(self._view)

    def render(self, supersample: bool = False) -> Picture:
        """The picture (H, W, 3) uint8 RGB; ``supersample`` smooths its edges at about three
        times the cost."""
        factor = SUPERSAMPLE if supersample and max(self._size) * SUPERSAMPLE <= MAX_SIDE else 1
        width, height = self._size[0] * factor, self._size[1] * factor
        with VTK_LOCK:
            if self._closed:
                raise RuntimeError("the renderer is closed")
            if tuple(self._window.GetSize()) != (width, height):
                self._window.SetSize(width, height)
            self._window.Render()
            self._window.GetPixelData(0, 0, width - 1, height - 1, 0, self._pixels, 0)
            picture = _array(self._pixels).reshape(height, width, 3)
            if factor == 1:
                return np.array(picture[::-1])
            small = np.asarray(Image.fromarray(picture).reduce(factor))
        return np.array(small[::-1])

    def close(self) -> None:
        """Free the OpenGL context; closing twice is no error."""
        with VTK_LOCK:
            if not self._closed:
                self._closed = True
                self._layers.clear()
                self._plotter.close()

    def _layer(self, parts: list[Part]) -> _Layer:
        model, part = self.model, parts[0]
        rows = np.concatenate([model.triangles[p.first: p.first + p.count] for p in parts])
        used, local = np.unique(rows, return_inverse=True)
        corners: Any = local.reshape(-1, 3)
        mesh = pyvista.PolyData.from_regular_faces(model.vertices[used].astype(np.float32), corners)
        mesh.point_data.active_normals = np.zeros((used.size, 3), np.float32)
        textured = part.texture is not None and model.uv is not None
        painted = model.colours is not None and not textured
        if painted and model.colours is not None:
            mesh.point_data["colours"] = model.colours[used]
        if textured and model.uv is not None:
            mesh.active_texture_coordinates = model.uv[used] * _FLIP[0] + _FLIP[1]
        mapper = vtkPolyDataMapper()
        mapper.SetInputData(mesh)
        if painted:
            mapper.SetScalarModeToUsePointFieldData()
            mapper.SelectColorArray("colours")
        else:
            mapper.ScalarVisibilityOff()
        actor = pyvista.Actor(mapper=mapper)
        actor.GetProperty().SetColor(*part.colour)
        actor.GetProperty().SetInterpolationToPhong()
        cut_out = False
        if textured and part.texture is not None:
            texture: Any = pyvista.Texture(np.ascontiguousarray(part.texture))  # type: ignore[no-untyped-call]
            texture.SetInterpolate(True)
            texture.SetMipmap(True)
            actor.SetTexture(texture)
            cut_out = part.texture.shape[2] == 4
        actor.ForceOpaqueOn()
        shade(actor, part.material, cut_out, self._lighting)
        self._plotter.add_actor(actor, reset_camera=False, render=False)
        return _Layer(mesh, used, actor, part.material)

    def _overlay(self, layer: _Layer) -> Any:
        """A second actor of the same triangles that shows their overlay colours."""
        colours = vtkUnsignedCharArray()
        colours.SetName(_OVERLAY_ARRAY)
        colours.SetNumberOfComponents(3)
        colours.SetNumberOfTuples(layer.used.size)
        layer.mesh.GetPointData().AddArray(colours)
        mapper = vtkPolyDataMapper()
        mapper.SetInputData(layer.mesh)
        mapper.SetScalarModeToUsePointFieldData()
        mapper.SelectColorArray(_OVERLAY_ARRAY)
        actor = pyvista.Actor(mapper=mapper)
        actor.GetProperty().SetInterpolationToPhong()
        actor.GetProperty().SetRepresentation(layer.actor.GetProperty().GetRepresentation())
        shade_overlay(actor)
        self._plotter.add_actor(actor, reset_camera=False, render=False)
        return actor


def render_still(
    model: FaceModel,
    values: npt.ArrayLike,
    size: tuple[int, int] = (1000, 1000),
    view: CameraView | None = None,
    theme: Palette = DARK,
    *,
    valid: bool = True,
    pose: PoseConvention | None = None,
) -> Picture:
    """One supersampled picture (H, W, 3) uint8; from any thread."""
    renderer = FaceRenderer(model, size)
    try:
        renderer.set_theme(theme)
        renderer.set_camera(view or CameraView())
        renderer.set_values(values, valid, pose)
        return renderer.render(supersample=True)
    finally:
        renderer.close()


def frame_face(model: FaceModel) -> Framing:
    """Where to look: from the top of the head to a little below the chin."""
    v = model.vertices
    low, high = v.min(axis=0).astype(np.float64), v.max(axis=0).astype(np.float64)
    chin = model.chin
    above = v[v[:, 1] > chin]
    tall = high[1] - chin
    # The picture ends within the neck where there is one, so that its cut stays out of sight.
    neck = (chin - float(low[1])) / tall
    below = min(neck - 0.11, 0.26) if neck > 0.2 else 0.2
    bottom, top = chin - below * tall, float(high[1] + 0.06 * tall)
    front, back = float(above[:, 2].max()), float(above[:, 2].min())
    middle = float(above[:, 0].max() + above[:, 0].min()) / 2
    depth = back + 0.55 * (front - back)
    target = np.array([middle, (bottom + top) / 2, depth])
    return Framing(target, float(top - bottom), float(front - depth) * 0.6)


def _groups(model: FaceModel) -> list[list[Part]]:
    """Parts that look alike drawn at once; the clear cornea is left to the eye's highlight."""
    groups: dict[tuple[Any, ...], list[Part]] = {}
    painted = model.colours is not None
    for part in model.parts:
        if part.material == "cornea" or not part.count:
            continue
        colour = None if painted else part.colour
        groups.setdefault((part.material, colour, id(part.texture)), []).append(part)
    return list(groups.values())


def _bounded(size: tuple[int, int]) -> tuple[int, int]:
    width, height = (int(min(max(side, 16), MAX_SIDE)) for side in size)
    return width, height


def _quiet_vtk() -> None:
    """VTK's own messages go to logging, not to the console."""
    vtkRenderer.GlobalWarningDisplayOff()
    if _log.isEnabledFor(logging.DEBUG):
        vtkRenderer.GlobalWarningDisplayOn()
