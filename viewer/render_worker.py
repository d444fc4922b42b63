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
from viewer.core.face_model import FaceModel
from viewer.core.heat import Against, HeatScale, heat_colours, heat_scale, pose_difference_mm
from viewer.core.onion import Onion
from viewer.core.pace import Pace
from viewer.core.pose import PoseConvention
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
    pose: PoseConvention | None = None
    view: CameraView = FRONT
    palette: Palette = DARK
    size: tuple[int, int] = (16, 16)
    smooth: bool = False
    wireframe: bool = False
    against: Against | None = None
    onion: Onion | None = None


class RenderWorker(QObject):
    """Lives in the render thread as far as VTK is concerned: draws wishes, says ``drawn`` with
    the picture (H, W, 4), the wish and the scale of its heatmap."""

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

    def draw(self, wish: RenderRequest) -> None:
        """In the render thread: make the picture of a wish."""
        if wish.model is None:
            return
        began = time.perf_counter()
        try:
            self._prepare(wish)
            picture = self._renderer.render_rgba(2.0 if wish.smooth else self.detail)
        except Exception as error:
            _log.exception("the face could not be drawn")
            self._last = RenderRequest()
            self.failed.emit(f"The face cannot be drawn: {error}")
            return
        if not wish.smooth:
            ended = time.perf_counter()
            _pace.drew(self, ended - began, ended)
        self.drawn.emit(picture, wish, self._scale)

    def _prepare(self, wish: RenderRequest) -> None:
        """Tell the renderer what differs from the last wish."""
        from viewer.face_renderer import FaceRenderer  # VTK loads here, not before the first window

        last = self._last
        if last.model is not wish.model or self._renderer is None:
            assert wish.model is not None
            self.close()
            self._renderer = FaceRenderer(wish.model, wish.size)
            last = RenderRequest(model=wish.model)
        self._last = RenderRequest()
        draw, values = self._renderer, _shown(wish)
        draw.resize(wish.size)
        draw.set_theme(wish.palette)
        draw.set_camera(wish.view)
        draw.set_wireframe(wish.wireframe)
        moved = not (np.array_equal(values, _shown(last)) and wish.pose == last.pose)
        if moved:
            draw.set_values(values, pose=wish.pose)
        if moved or wish.against is not last.against or wish.valid != last.valid:
            self._scale = self._show_heat(wish, values)
        if wish.onion is None or wish.values is None:
            draw.set_onion(None)
        elif wish.onion is not last.onion or last.values is None:
            draw.set_onion(wish.onion.values, wish.onion.colour, wish.onion.pose)
        self._last = wish

    def _show_heat(self, wish: RenderRequest, values: npt.NDArray[np.float32]) -> HeatScale | None:
        """Colour the face by its distance from what it is measured against."""
        against = wish.against
        if against is None or wish.values is None or not wish.valid:
            self._renderer.set_overlay_colours(None)
            return None
        apart = pose_difference_mm(self._renderer.blender, values, against.values, wish.pose, against.pose)
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


def _shown(wish: RenderRequest) -> npt.NDArray[np.float32]:
    return np.zeros(CHANNEL_COUNT, np.float32) if wish.values is None else wish.values
