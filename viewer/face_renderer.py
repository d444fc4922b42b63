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

if sys.platform.startswith("linux"):
    # Mesa's software OpenGL hands each picture to threads of its own and waits for them.  Where
    # the window and the video need the other core, that costs far more waiting than it saves.
    if len(os.sched_getaffinity(0)) <= 2:
        os.environ.setdefault("LP_NUM_THREADS", "0")

import pyvista
from vtkmodules.util import numpy_support
from vtkmodules.vtkCommonCore import vtkUnsignedCharArray
from vtkmodules.vtkRenderingCore import vtkRenderer

from viewer.core.backdrop import backdrop, laid_on
from viewer.core.blend import Blender, VertexNormals, weld
from viewer.core.camera import CameraView
from viewer.core.channels import CHANNEL_COUNT
from viewer.core.face_model import FaceModel
from viewer.core.head_box import head_box
from viewer.core.opencv import cv2
from viewer.face_layers import FaceLayers
from viewer.face_onion import OnionSkin
from viewer.face_shading import STUDIO, Lighting
from viewer.opengl import settle_opengl
from viewer.palette import DARK, Palette

Picture = npt.NDArray[np.uint8]

FIELD_OF_VIEW = 24.0
"""Degrees from top to bottom: a portrait lens, so that noses keep their size."""

WIDE, DEEP = 0.62, 0.8
"""Width of the framed head with a little room at its sides, from the front and from its side, over
the height of the frame.  In a narrower picture the head is made smaller rather than cut."""

_JAW_ROOM, _CROWN_ROOM = 0.14, 0.02
"""Shares of the head's height that a close-up shows below the chin and above the skull."""
_WHOLE_BODY = 3.0
"""Heads below the chin from which on a model ends in feet, not in a bust."""

MAX_SIDE = 8192
SUPERSAMPLE = 2

VTK_LOCK = threading.RLock()
"""Held around every use of VTK: its globals are not safe in two threads at once."""

_array: Any = numpy_support.vtk_to_numpy
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Framing:
    """What the camera looks at: ``target`` (3,) and the ``height`` the picture shows of it, in
    the model's unit; ``reach`` is how far the head extends in front of the target.  Where a higher
    picture shows the end of a bust, it fades out, below the first height of ``fade`` and above the
    second."""

    target: npt.NDArray[np.float64]
    height: float
    reach: float
    fade: tuple[float, float] | None = None


class FaceRenderer:
    """Draws one face model.  Make it, use it and close it in one thread, before any Qt widget
    that shows its pictures is gone.

    ``size`` is (width, height) in pixels.  Raises :class:`~viewer.core.errors.DrawingError` where no
    OpenGL is to be had.
    """

    def __init__(
        self, model: FaceModel, size: tuple[int, int] = (500, 500), lighting: Lighting = STUDIO
    ) -> None:
        settle_opengl()
        self.model = model
        self._blender = Blender(model)
        welded = weld(model)
        self._normals = VertexNormals(model.triangles, len(model.vertices), welded)
        self._size = _bounded(size)
        self._view = CameraView()
        self._framing = frame_face(model)
        self._pixels = vtkUnsignedCharArray()
        self._onion: OnionSkin | None = None
        self._theme, self._wireframe = DARK, False
        self._closed = False
        with VTK_LOCK:
            _quiet_vtk()
            plotter: Any = pyvista.Plotter(off_screen=True, window_size=list(self._size), lighting=None)
            self._plotter = plotter
            self._window = plotter.ren_win
            self._window.SetMultiSamples(0)
            plotter.renderer.GetCullers().RemoveAllItems()
            plotter.set_background((0, 0, 0))
            plotter.add_light(pyvista.Light(light_type="headlight"))
            self._layers = FaceLayers(model, plotter, lighting)
        self._shape = self._layers.shape
        self.set_camera(CameraView())
        self.set_values(np.zeros(CHANNEL_COUNT, np.float32))

    def set_values(self, values: npt.ArrayLike, valid: bool = True) -> None:
        """Shape the face by 61 values, as a track holds them; a row that is not ``valid`` shows the
        neutral face."""
        row = np.asarray(values, np.float32) if valid else np.zeros(CHANNEL_COUNT, np.float32)
        with VTK_LOCK:
            self._blender.blend(row, self._shape.vertices)
            self._moved()

    def _moved(self) -> None:
        self._normals.of(self._shape.vertices, self._shape.normals)
        self._shape.moved()
        if self._onion is not None and self._onion.shown:
            self._onion.fade(self._shape.vertices)

    def set_onion(self, values: npt.ArrayLike | None, colour: str = DARK.recorded) -> None:
        """Lay a second face of 61 values over the first, see-through and tinted in ``colour``
        (sRGB hex) where the two differ; None takes it away.  It works with overlay colours and
        wireframe alike."""
        with VTK_LOCK:
            if values is None or not np.isfinite(np.asarray(values, np.float32)).all():
                if self._onion is not None:
                    self._onion.hide()
                return
            if self._onion is None:
                self._onion = OnionSkin(
                    self.model, self._blender, self._normals, self._window, self._plotter.camera
                )
            self._onion.show(values, colour)
            self._onion.fade(self._shape.vertices)

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
        needed = float(np.hypot(WIDE * np.cos(yaw), DEEP * np.sin(yaw)))
        seen = frame.height * max(1.0, needed * height / width)
        distance = seen / 2 / np.tan(np.radians(FIELD_OF_VIEW) / 2) + frame.reach
        target = frame.target - (right * view.pan_x + up * view.pan_y) * seen
        tilt = np.array([target[1], right[1], up[1]])
        self._heights = tilt * (1.0, *(seen / view.zoom / height,) * 2)
        with VTK_LOCK:
            aim.SetViewAngle(np.degrees(2 * np.arctan(np.tan(np.radians(FIELD_OF_VIEW) / 2) / view.zoom)))
            aim.SetFocalPoint(target)
            aim.SetPosition(target + back * distance)
            aim.SetViewUp(up)
            aim.SetClippingRange(distance * 0.3, distance * 3.0)

    def set_theme(self, palette: Palette) -> None:
        """The gradient behind the face, and the colours of its edges."""
        self._theme = palette
        self.set_wireframe(self._wireframe)

    def set_wireframe(self, on: bool) -> None:
        """Draw the edges of the mesh over a plain surface; quads without their diagonals."""
        self._wireframe = on
        with VTK_LOCK:
            self._layers.show_edges(self._theme if on else None)

    def set_overlay_colours(self, colours: npt.NDArray[np.uint8] | None) -> None:
        """Show these sRGB colours (N, 3) of the vertices instead of the face's own; None shows
        the face again.  Irises, brows and lashes keep their own, so that it stays a face."""
        with VTK_LOCK:
            self._layers.show_colours(colours)

    @property
    def blender(self) -> Blender:
        """What turns values into vertices here; used in the renderer's thread only."""
        return self._blender

    def resize(self, size: tuple[int, int]) -> None:
        """Draw ``size`` (width, height) pixels from now on."""
        if _bounded(size) != self._size:
            self._size = _bounded(size)
            self.set_camera(self._view)

    def render(self, supersample: bool = False) -> Picture:
        """The picture (H, W, 3) uint8 RGB; ``supersample`` smooths its edges at about three
        times the cost."""
        return np.ascontiguousarray(self.render_rgba(2.0 if supersample else 1.0)[..., :3])

    def render_rgba(self, detail: float = 1.0) -> Picture:
        """The picture (H, W, 4) uint8 with an alpha of 255.  It is drawn ``detail`` times as
        large and brought to size: 2 smooths its edges, less than 1 is quicker and softer."""
        width, height = self._size
        if detail > 1.0:
            detail = SUPERSAMPLE if max(self._size) * SUPERSAMPLE <= MAX_SIDE else 1
        drawn = max(round(width * detail), 8), max(round(height * detail), 8)
        ground = backdrop(drawn, self._theme.face_top, self._theme.face_bottom)
        with VTK_LOCK:
            if self._closed:
                raise RuntimeError("the renderer is closed")
            if tuple(self._window.GetSize()) != drawn:
                self._window.SetSize(*drawn)
            self._layers.fit(drawn[1] / self._framing.height * self._view.zoom, max(detail, 1.0))
            self._window.Render()
            self._window.GetRGBACharPixelData(0, 0, drawn[0] - 1, drawn[1] - 1, 0, self._pixels)
            pixels = _array(self._pixels).reshape(drawn[1], drawn[0], 4)
            faded = self._fade_out(pixels)
            picture = laid_on(pixels, ground, see_through=faded or self._see_through)
        if drawn == self._size:
            return picture
        how = cv2.INTER_AREA if detail > 1.0 else cv2.INTER_LINEAR
        return np.asarray(cv2.resize(picture, self._size, interpolation=how), np.uint8)

    def _fade_out(self, pixels: Picture) -> bool:
        """Let the end of a bust vanish in ``pixels`` (H, W, 4), whose rows go up; whether it is in sight."""
        if self._framing.fade is None:
            return False
        highest, gone = self._framing.fade
        tall, wide = pixels.shape[:2]
        middle, to_right, up = self._heights
        scale = self._size[1] / tall
        column = to_right * scale * (np.arange(wide, dtype=np.float32) - wide / 2)
        heights = middle + up * scale * (np.arange(tall, dtype=np.float32) - tall / 2)
        bottom = self._framing.target[1] - self._framing.height / 2
        below = bottom - heights[0] - column.min()
        if below <= 0:
            return False
        # The more there is below the frame, the longer: nothing jumps while a pane is made higher.
        whole = min(bottom + below, highest)
        rows = np.flatnonzero(heights + column.min() < whole)
        share = np.clip((heights[rows, None] + column - gone) / (whole - gone), 0.0, 1.0)
        share *= share * (3.0 - 2.0 * share)
        pixels[rows] = (pixels[rows] * share[..., None]).astype(np.uint8)
        return True

    @property
    def _see_through(self) -> bool:
        return self._wireframe or (self._onion is not None and self._onion.shown)

    def close(self) -> None:
        """Free the OpenGL context; closing twice is no error."""
        with VTK_LOCK:
            if not self._closed:
                self._closed = True
                self._plotter.close()


def render_still(
    model: FaceModel,
    values: npt.ArrayLike,
    size: tuple[int, int] = (1000, 1000),
    view: CameraView | None = None,
    theme: Palette = DARK,
    *,
    valid: bool = True,
    lighting: Lighting = STUDIO,
) -> Picture:
    """One supersampled picture (H, W, 3) uint8; from any thread."""
    renderer = FaceRenderer(model, size, lighting)
    try:
        renderer.set_theme(theme)
        renderer.set_camera(view or CameraView())
        renderer.set_values(values, valid)
        return renderer.render(supersample=True)
    finally:
        renderer.close()


def frame_face(model: FaceModel) -> Framing:
    """Where to look: from the top of the head to a little below the chin."""
    box = head_box(model)
    # The frame ends within the neck where there is one, so that its cut stays out of sight.
    neck = (box.chin - box.low) / box.tall
    bust = 0.2 < neck < _WHOLE_BODY
    below = min(neck - 0.11, 0.26) if neck > 0.2 else 0.2
    bottom, top = box.chin - below * box.tall, box.top + 0.06 * box.tall
    depth = box.back + 0.55 * (box.front - box.back)
    target = np.array([box.middle, (bottom + top) / 2, depth])
    fade = (box.chin - 0.1 * box.tall, box.low + 0.04 * box.tall) if bust else None
    return Framing(target, top - bottom, (box.front - depth) * 0.6, fade)


def close_up(model: FaceModel) -> CameraView:
    """The view that fills the picture with the head and leaves room for an open jaw."""
    box, frame = head_box(model), frame_face(model)
    bottom, top = box.chin - _JAW_ROOM * box.tall, box.skull + _CROWN_ROOM * box.tall
    zoom = frame.height / (top - bottom)
    return CameraView(zoom=zoom, pan_y=float(frame.target[1] - (bottom + top) / 2) / frame.height)


def _bounded(size: tuple[int, int]) -> tuple[int, int]:
    width, height = (int(min(max(side, 16), MAX_SIDE)) for side in size)
    return width, height


def _quiet_vtk() -> None:
    """VTK's own messages go to logging, not to the console."""
    vtkRenderer.GlobalWarningDisplayOff()
    if _log.isEnabledFor(logging.DEBUG):
        vtkRenderer.GlobalWarningDisplayOn()
