"""Composing a film: a video and faces side by side, frame by frame.

Knows nothing of how a picture is made: every panel brings a function from seconds to a picture,
so the same code serves the recorded video, the faces, and tests.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from viewer.core.cancel import CancelToken
from viewer.core.errors import ExportError
from viewer.core.files import atomic_write
from viewer.core.opencv import cv2
from viewer.core.progress import Progress
from viewer.core.video_writer import VideoWriter

Picture = npt.NDArray[np.uint8]

GAP = 8
LABEL = 30
BACKGROUND = (20, 23, 28)
TEXT = (230, 233, 238)


@dataclass(frozen=True)
class FilmPanel:
    """One column of the film.  ``picture(t)`` gives (H, W, 3) uint8 sRGB of any size; ``colour``
    is the hex colour of its dot, empty for none."""

    title: str
    picture: Callable[[float], Picture]
    colour: str = ""


@dataclass(frozen=True)
class Layout:
    """Sizes in pixels: the whole film, and the box of every panel (left, top, width, height)."""

    width: int
    height: int
    boxes: tuple[tuple[int, int, int, int], ...]


def layout(count: int, width: int, height: int) -> Layout:
    """``count`` equal columns with a line for the titles; sides are made even for the encoder.

    Raises :class:`ExportError` when there is no room.
    """
    width, height = width - width % 2, height - height % 2
    column = (width - GAP * (count - 1)) // max(count, 1)
    if count < 1 or column < 64 or height - LABEL < 64:
        raise ExportError(
            f"{width}x{height} is too small for {count} pictures side by side", "choose a larger size"
        )
    if width > 7680 or height > 4320:
        raise ExportError(f"{width}x{height} is too large", "choose at most 7680x4320")
    boxes = tuple((i * (column + GAP), LABEL, column, height - LABEL) for i in range(count))
    return Layout(width, height, boxes)


def fitted(picture: Picture, width: int, height: int) -> Picture:
    """``picture`` scaled into (height, width) with its proportions kept, on the background."""
    canvas = np.empty((height, width, 3), np.uint8)
    canvas[:] = BACKGROUND
    h, w = picture.shape[:2]
    scale = min(width / w, height / h)
    size = max(1, round(w * scale)), max(1, round(h * scale))
    if size != (w, h):
        smaller = size[0] < w
        way = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
        picture = np.asarray(cv2.resize(picture, size, interpolation=way), np.uint8)
    top, left = (height - size[1]) // 2, (width - size[0]) // 2
    canvas[top : top + size[1], left : left + size[0]] = picture
    return canvas


class Composer:
    """Puts the panels' pictures side by side under their titles."""

    def __init__(self, panels: Sequence[FilmPanel], width: int, height: int) -> None:
        self.panels = tuple(panels)
        self.layout = layout(len(self.panels), width, height)
        self._frame = self._titles()

    def frame(self, t: float) -> Picture:
        """The film's picture (H, W, 3) at ``t`` seconds."""
        out = self._frame.copy()
        for panel, (left, top, width, height) in zip(self.panels, self.layout.boxes, strict=True):
            out[top : top + height, left : left + width] = fitted(panel.picture(t), width, height)
        return out

    def _titles(self) -> Picture:
        image = Image.new("RGB", (self.layout.width, self.layout.height), BACKGROUND)
        draw = ImageDraw.Draw(image)
        font = ImageFont.load_default(15)
        for panel, (left, top, width, _height) in zip(self.panels, self.layout.boxes, strict=True):
            x = left + 10
            if panel.colour:
                draw.ellipse((x, top - 20, x + 10, top - 10), fill=panel.colour)
                x += 18
            text = panel.title
            while text and draw.textlength(text, font) > left + width - x - 8:
                text = text[:-2].rstrip() + "…" if len(text) > 2 else ""
            draw.text((x, top - 24), text, fill=TEXT, font=font)
        return np.asarray(image, np.uint8).copy()


def check_rate(fps: float) -> None:
    """Raise :class:`ExportError` for a frame rate that no film should have."""
    if not 1 <= fps <= 240:
        raise ExportError(f"{fps:g} frames per second is not usable", "choose 1 to 240")


def write_film(
    path: Path,
    panels: Sequence[FilmPanel],
    *,
    duration: float,
    size: tuple[int, int],
    fps: float = 30.0,
    audio_from: Path | None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> int:
    """Write an MP4 of ``duration`` seconds; returns its number of frames.

    Nothing is left behind when it is cancelled or fails.  Raises :class:`ExportError`,
    :class:`~viewer.core.errors.Cancelled`, and what the panels raise.
    """
    check_rate(fps)
    if not 0 < duration <= 24 * 3600:
        raise ExportError(f"a film cannot last {duration:g} seconds", "choose a clip with a duration")
    composer = Composer(panels, *size)
    count = max(1, round(duration * fps))
    width, height = composer.layout.width, composer.layout.height
    with VideoWriter(path, width, height, fps=fps, audio_from=audio_from) as writer:
        for i in range(count):
            if cancel is not None:
                cancel.check()
            writer.add(composer.frame(i / fps))
            if progress is not None:
                progress(i + 1, count, f"Film: frame {i + 1} of {count}")
    return count


def write_png(path: Path, picture: Picture) -> None:
    """Write a picture (H, W, 3) as PNG in one step.  Raises :class:`ExportError`, OSError."""
    done, data = cv2.imencode(".png", picture[:, :, ::-1])
    if not done:
        raise ExportError("the picture cannot be encoded", "choose a smaller size", path)
    atomic_write(path, data.tobytes())
