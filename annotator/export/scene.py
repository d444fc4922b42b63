"""Pictures and films of tracks: the work behind ``render`` and the export dialog.

Every function makes, uses and closes its renderers in the calling thread, so it may run as a
job.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from annotator.core.export.film import (
    GAP,
    LABEL,
    Composer,
    FilmPanel,
    check_rate,
    layout,
    write_film,
    write_png,
)
from annotator.core.storage.track_files import read_track
from viewer.core.camera import FRONT, CameraView
from viewer.core.cancel import CancelToken
from viewer.core.errors import ExportError
from viewer.core.face_model import FaceModel
from viewer.core.files import make_folder_of
from viewer.core.models import load_face_model
from viewer.core.progress import Progress
from viewer.core.track import Track
from viewer.core.video import VideoFile
from viewer.opengl import look_ahead
from viewer.palette import DARK, Palette

Picture = npt.NDArray[np.uint8]
PANEL_SIDE = 480


@dataclass(frozen=True)
class FaceColumn:
    """A face of the picture: a track, seen at ``time - offset`` seconds of it."""

    title: str
    track: Track
    colour: str = ""
    offset: float = 0.0


@dataclass(frozen=True)
class Scene:
    """What is to be drawn side by side."""

    faces: tuple[FaceColumn, ...]
    model: FaceModel
    video: Path | None = None
    view: CameraView = FRONT
    theme: Palette = DARK

    @property
    def columns(self) -> int:
        """How many pictures stand side by side: the faces and, where there is one, the video."""
        return len(self.faces) + (self.video is not None)

    def default_size(self) -> tuple[int, int]:
        """Square columns of :data:`PANEL_SIDE` pixels under their titles."""
        return self.columns * PANEL_SIDE + (self.columns - 1) * GAP, PANEL_SIDE + LABEL


def film(
    scene: Scene,
    path: Path,
    *,
    size: tuple[int, int] | None = None,
    fps: float = 30.0,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> dict[str, Any]:
    """Write the scene as MP4, with the video's sound.

    Raises :class:`ExportError`, :class:`~viewer.core.errors.Cancelled`, and what opening the
    video raises.
    """
    size = size or scene.default_size()
    check_rate(fps)
    layout(scene.columns, *size)
    with ExitStack() as stack:
        panels, duration = _panels(scene, size, stack, cancel)
        frames = write_film(
            path,
            panels,
            duration=duration,
            size=size,
            fps=fps,
            audio_from=scene.video,
            progress=progress,
            cancel=cancel,
        )
    return {"written": str(path), "frames": frames, "fps": fps, "duration": round(duration, 4)}


def still(
    scene: Scene, t: float, size: tuple[int, int] | None = None, cancel: CancelToken | None = None
) -> Picture:
    """One picture of the scene (H, W, 3) at ``t`` seconds: with titles when there are several
    columns, else the bare face."""
    if scene.columns == 1 and scene.faces:
        with ExitStack() as stack:
            draw = _face(scene, scene.faces[0], size or (1000, 1000), stack, smooth=True)
            return draw(t)
    size = size or scene.default_size()
    with ExitStack() as stack:
        panels, _duration = _panels(scene, size, stack, cancel, smooth=True)
        return Composer(panels, *size).frame(t)


def _panels(
    scene: Scene, size: tuple[int, int], stack: ExitStack, cancel: CancelToken | None, smooth: bool = False
) -> tuple[list[FilmPanel], float]:
    column = max((size[0] - GAP * (scene.columns - 1)) // max(scene.columns, 1), 64)
    room = column, max(size[1] - LABEL, 64)
    panels: list[FilmPanel] = []
    ends: list[float] = []
    if scene.video is not None:
        video = stack.enter_context(VideoFile.open(scene.video, cancel))
        panels.append(FilmPanel("Video", lambda t: video.frame(video.index_at(t), cancel)))
        ends.append(video.facts.duration)
    for face in scene.faces:
        panels.append(FilmPanel(face.title, _face(scene, face, room, stack, smooth), face.colour))
        ends.append(face.track.duration + face.offset)
    return panels, max(ends)


def _face(
    scene: Scene, face: FaceColumn, size: tuple[int, int], stack: ExitStack, smooth: bool
) -> Callable[[float], Picture]:
    # VTK takes a second to load, and a wrong call should not wait for it.
    look_ahead()
    from viewer.face_renderer import FaceRenderer

    renderer = FaceRenderer(scene.model, size)
    stack.callback(renderer.close)
    renderer.set_theme(scene.theme)
    renderer.set_camera(scene.view)

    def picture(t: float) -> Picture:
        renderer.set_values(face.track.shown_row(t - face.offset))
        return renderer.render(supersample=smooth)

    return picture


def parse_size(text: str | None) -> tuple[int, int] | None:
    """``WIDTHxHEIGHT`` as numbers; None stays None.  Raises :class:`ExportError`."""
    if text is None:
        return None
    parts = text.lower().replace("×", "x").split("x")
    if len(parts) != 2 or not all(part.strip().isdigit() for part in parts):
        raise ExportError(f"{text!r} is not a size", "give it as WIDTHxHEIGHT, e.g. 1280x720")
    width, height = int(parts[0]), int(parts[1])
    if not (64 <= width <= 7680 and 64 <= height <= 4320):
        raise ExportError(f"{width}x{height} cannot be drawn", "choose from 64x64 to 7680x4320")
    return width, height


def render_file(
    track: Path,
    out: Path,
    *,
    at: float | None,
    model: Path | None,
    video: Path | None,
    beside: Path | None,
    size: str | None,
    fps: float,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """The ``render`` command: a PNG of one moment or an MP4, by the suffix of ``out``.

    Raises :class:`ExportError` and what reading the files raises.
    """
    suffix = out.suffix.lower()
    if suffix not in (".png", ".mp4"):
        raise ExportError(f"{out.name} is neither .png nor .mp4", "name the file .png or .mp4", out)
    if at is not None and (at < 0 or not np.isfinite(at)):
        raise ExportError(f"there is no moment {at:g} s", "choose a time from 0")
    wanted = parse_size(size)
    check_rate(fps)
    faces = [_column(track, 0, DARK)]
    if beside is not None:
        faces.append(_column(beside, 1, DARK))
    moment = at if at is not None else 0.0
    longest = max(face.track.duration for face in faces)
    if video is not None:
        with VideoFile.open(video) as opened:
            longest = max(longest, opened.facts.duration)
    if moment > longest:
        raise ExportError(f"{moment:g} s is after the end", f"choose a time up to {longest:.3f}", track)
    scene = Scene(tuple(faces), load_face_model(model), video)
    make_folder_of(out)
    if suffix == ".mp4":
        return film(scene, out, size=wanted, fps=fps, progress=progress)
    picture = still(scene, moment, wanted)
    write_png(out, picture)
    height, width = picture.shape[:2]
    return {"written": str(out), "time": moment, "width": width, "height": height}


def render_sheet(out: Path, model: Path | None, progress: Progress | None = None) -> dict[str, Any]:
    """The ``render --sheet`` command: every shape of a face model in one PNG.

    Raises :class:`ExportError` and what reading the model raises.
    """
    if out.suffix.lower() != ".png":
        raise ExportError("that is not a PNG", "give it a name that ends in .png", out)
    from viewer.shape_sheet import shape_sheet  # brings VTK, as in _face

    face = load_face_model(model)
    make_folder_of(out)
    picture = shape_sheet(face, progress=progress)
    write_png(out, picture)
    height, width = picture.shape[:2]
    return {
        "written": str(out),
        "model": face.name,
        "shapes": len(face.shape_names),
        "missing": list(face.missing),
        "width": width,
        "height": height,
    }


def _column(path: Path, number: int, palette: Palette) -> FaceColumn:
    colour = palette.recorded if number == 0 else palette.take(number - 1)
    return FaceColumn(path.stem, read_track(path), colour)
