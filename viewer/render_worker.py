"""Makes the pictures of one face pane, in the render thread."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal

from viewer.core.camera import FRONT, CameraView
from viewer.core.channels import CHANNEL_COUNT
from viewer.core.errors import DrawingError
from viewer.core.face_model import FaceModel
from viewer.core.heat import Against, HeatScale, face_difference_mm, heat_colours, heat_scale
from viewer.core.onion import Onion
from viewer.core.pace import Pace
from viewer.opengl import look_ahead
from viewer.palette import DARK, Palette

_log = logging.getLogger(__name__)
_pace = Pace()


@dataclass(frozen=True)
class RenderRequest:
    """Everything a picture depends on.  A ``smooth`` one is supersampled; any other is drawn as
    finely as all moving faces keep up with."""

    model: FaceModel | None = None
    values: npt.NDArray[np.float32] | None = None
    valid: bool = True
    view: CameraView = FRONT
    palette: Palette = DARK
    size: tuple[int, int] = (16, 16)
    smooth: bool = False
    wireframe: bool = False
    against: Against | None = None
    onion: Onion | None = None


class RenderWorker(QObject):
    """Lives in the render thread as far as VTK is concerned: draws requests, says ``drawn`` with
    the picture (H, W, 4), the request and the scale of its heatmap."""

    drawn = Signal(object, object, object)
    failed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._renderer: Any = None
        self._last = RenderRequest()
        self._scale: HeatScale | None = None

    @property
    def detail(self) -> float:
        """How large a moving picture is drawn beside its place, from 0.6 to 1."""
        return _pace.detail(self)

    def draw(self, request: RenderRequest) -> None:
        """In the render thread: make the picture of a request."""
        if request.model is None:
            return
        began = time.perf_counter()
        try:
            self._prepare(request)
            picture = self._renderer.render_rgba(2.0 if request.smooth else self.detail)
        except DrawingError as error:
            self._last = RenderRequest()
            words = (f"{part[:1].upper()}{part[1:]}." for part in (error.what, error.todo))
            self.failed.emit("\n".join((*words, "Everything else works.")))
            return
        except Exception as error:
            _log.exception("the face could not be drawn")
            self._last = RenderRequest()
            self.failed.emit(f"The face cannot be drawn: {error}")
            return
        if not request.smooth:
            ended = time.perf_counter()
            _pace.drew(self, ended - began, ended)
        self.drawn.emit(picture, request, self._scale)

    def _prepare(self, request: RenderRequest) -> None:
        """Tell the renderer what differs from the last request."""
        look_ahead()
        from viewer.face_renderer import FaceRenderer  # VTK loads here, not before the first window

        last = self._last
        if last.model is not request.model or self._renderer is None:
            assert request.model is not None
            self.close()
            self._renderer = FaceRenderer(request.model, request.size)
            last = RenderRequest(model=request.model)
        self._last = RenderRequest()
        draw, values = self._renderer, _shown(request)
        draw.resize(request.size)
        draw.set_theme(request.palette)
        draw.set_camera(request.view)
        draw.set_wireframe(request.wireframe)
        moved = not np.array_equal(values, _shown(last))
        if moved:
            draw.set_values(values)
        if moved or request.against is not last.against or request.valid != last.valid:
            self._scale = self._show_heat(request, values)
        if request.onion is None or request.values is None:
            draw.set_onion(None)
        elif request.onion is not last.onion or last.values is None:
            draw.set_onion(request.onion.values, request.onion.colour)
        self._last = request

    def _show_heat(self, request: RenderRequest, values: npt.NDArray[np.float32]) -> HeatScale | None:
        """Colour the face by its distance from what it is measured against."""
        against = request.against
        if against is None or request.values is None or not request.valid:
            self._renderer.set_overlay_colours(None)
            return None
        apart = face_difference_mm(self._renderer.blender, values, against.values)
        scale = heat_scale(apart, against.top)
        self._renderer.set_overlay_colours(heat_colours(apart, scale.top))
        return scale

    def close(self) -> None:
        """In the render thread: free the OpenGL context."""
        if self._renderer is not None:
            self._renderer.close()
        self._renderer = None
        self._last, self._scale = RenderRequest(), None
        _pace.forget(self)


def _shown(request: RenderRequest) -> npt.NDArray[np.float32]:
    return np.zeros(CHANNEL_COUNT, np.float32) if request.values is None else request.values
