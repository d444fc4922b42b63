"""From a decoded picture straight to the pixels of a pane: one conversion, at the size shown."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from viewer.core.tone_map import LAYOUT, LOOK_UP, LOOK_UP_OPTIONS, Colours, source_of, table
from viewer.core.video_picture import Orientation, Orientations, Part, assumed_matrix

SINGLE_PIXELS_FROM = 4.0
"""From so many device pixels for one of the video on, single pixels are what one wants to see:
they are converted as they are and enlarged when they are painted."""

# Rows of cropped pictures begin where vector instructions like them to; a multiple of what a
# chroma sample covers.
_GRID = 16
_LAYOUT = "bgr0" if sys.byteorder == "little" else "0rgb"


@dataclass(frozen=True)
class PictureView:
    """What of a picture is seen, and how large.

    ``size`` is (width, height) in device pixels of the whole upright picture, whether or not all
    of it is seen; ``part`` the visible (left, top, right, bottom) in pixels of the upright
    picture with square pixels, as :class:`~viewer.core.video_facts.VideoFacts` counts them.
    """

    size: tuple[int, int]
    part: Part


@dataclass(frozen=True)
class ShownPicture:
    """Pixels ready to be painted.

    ``pixels`` is a buffer of ``height`` rows, ``stride`` bytes each, of 32-bit words 0xffRRGGBB
    (the first byte of four is not set); it stays valid as long as somebody refers to it.  They
    cover ``part``: (left, top, right, bottom) in pixels of the upright picture, at least what
    was asked for.
    """

    pixels: Any
    width: int
    height: int
    stride: int
    part: Part

    @property
    def nbytes(self) -> int:
        """Bytes of memory that the pixels take."""
        return self.stride * self.height

    def rgb(self) -> NDArray[np.uint8]:
        """(height, width, 3) uint8 RGB, a copy."""
        words = np.frombuffer(self.pixels, np.uint32)[: self.stride // 4 * self.height]
        words = words.reshape(self.height, -1)[:, : self.width]
        return np.stack([(words >> shift & 255).astype(np.uint8) for shift in (16, 8, 0)], axis=-1)


class ShownConverter:
    """Crops, scales and turns decoded pictures in one go, and maps HDR to the screen; keeps its
    set-up between pictures of one kind.  ``width`` and ``height`` are pixels of the upright picture
    with square pixels; ``colours`` serve where pictures do not name theirs.  For one thread at a time.
    """

    def __init__(self, width: int, height: int, orientations: Orientations, colours: Colours) -> None:
        self._size = width, height
        self._orientations = orientations
        self._colours = colours
        self._kind: tuple[object, ...] = ()
        self._graph: Any = None
        self._source: Any = None
        self._part: Part = (0.0, 0.0, float(width), float(height))

    def convert(self, frame: Any, view: PictureView) -> ShownPicture:
        """The visible part of an ``av.VideoFrame`` at the size of the view, or with the video's
        own pixels where the view enlarges them by :data:`SINGLE_PIXELS_FROM` or more.

        Raises ``av.error.FFmpegError`` or ``ValueError`` for a picture that cannot be converted.
        """
        turn = self._orientations.of(frame)
        colours = Colours.of(frame).or_else(self._colours)
        kind = (frame.width, frame.height, frame.format.name, colours, frame.color_range, turn, view)
        if kind != self._kind:
            self._kind = ()
            self._set_up(frame, colours, turn, view)
            self._kind = kind
        self._source.push(frame)
        picture = self._graph.vpull()
        plane = picture.planes[0]
        return ShownPicture(plane, picture.width, picture.height, plane.line_size, self._part)

    def close(self) -> None:
        """Let go of the buffers; another :meth:`convert` may follow."""
        self._kind, self._graph, self._source = (), None, None

    def _set_up(self, frame: Any, colours: Colours, turn: Orientation, view: PictureView) -> None:
        """Make the chain of filters; only one of them, the scaler, touches every pixel."""
        stored = frame.width, frame.height
        upright = self._size
        left, top, right, bottom = turn.undone(_relative(view.part, upright))
        x, right = _on_grid(left, right, frame.width)
        y, bottom = _on_grid(top, bottom, frame.height)
        width, height = right - x, bottom - y
        covered = _relative((x, y, right, bottom), stored)
        self._part = _absolute(turn.done(covered), upright)
        whole = view.size[::-1] if turn.transpose else view.size
        out = width, height
        if view.size[0] < SINGLE_PIXELS_FROM * upright[0]:
            across, down = whole[0] / frame.width, whole[1] / frame.height
            out = max(1, round(width * across)), max(1, round(height * down))
        # Averaging areas is right, and cheapest, where pictures get smaller.
        smaller = out[0] <= width and out[1] <= height and out != (width, height)
        scale = f"{out[0]}:{out[1]}:flags={'area' if smaller else 'bilinear'}"
        matrix = assumed_matrix(frame, colours)
        if matrix is not None:
            scale += f":in_color_matrix={matrix}"
        steps = [("vflip", "")] if turn.flip_y and not turn.transpose else []
        if (width, height) != stored:
            # The filter sees the picture after it was turned over.
            from_top = frame.height - bottom if steps else y
            steps.append(("crop", f"{width}:{height}:{x}:{from_top}:exact=1"))
        steps.append(("scale", scale))
        if colours.mapped:
            # At the size shown, with as many levels as the table has.
            steps += [("format", LAYOUT), (LOOK_UP, LOOK_UP_OPTIONS)]
        steps.append(("format", _LAYOUT))
        if turn.transpose:
            steps.append(("transpose", str(turn.flip_x + 2 * turn.flip_y)))
        elif turn.flip_x:
            steps.append(("hflip", ""))
        self._graph, self._source = _graph(frame, steps, table(colours) if colours.mapped else None)


def _graph(frame: Any, steps: list[tuple[str, str]], table: Any | None) -> tuple[Any, Any]:
    """A chain of filters and the source to push pictures into; its look-up is by ``table``."""
    graph = av.filter.Graph()
    # Starting threads for each picture costs more than they save.
    graph.threads = 1
    meant = f"colorspace={int(frame.colorspace)}:range={int(frame.color_range)}"
    source = last = source_of(graph, frame, meant)
    colours = None if table is None else source_of(graph, table)
    for name, options in [*steps, ("buffersink", "")]:
        step = graph.add(name, options)
        last.link_to(step)
        if name == LOOK_UP:
            assert colours is not None
            colours.link_to(step, 0, 1)
        last = step
    graph.configure()
    if colours is not None:
        colours.push(table)
        colours.push(None)
    return graph, source


def _on_grid(low: float, high: float, length: int) -> tuple[int, int]:
    """The pixels from the one at the fraction ``low`` to the one at ``high``, a little more so
    that they begin and end on the grid."""
    first = int(max(0.0, low) * length) // _GRID * _GRID
    end = -(-int(np.ceil(min(1.0, high) * length)) // _GRID) * _GRID
    first = min(first, max(0, length - 1) // _GRID * _GRID)
    return first, min(max(end, first + 1), length)


def _relative(part: Part, size: tuple[int, int]) -> Part:
    return part[0] / size[0], part[1] / size[1], part[2] / size[0], part[3] / size[1]


def _absolute(part: Part, size: tuple[int, int]) -> Part:
    return part[0] * size[0], part[1] * size[1], part[2] * size[0], part[3] * size[1]
