"""From a decoded picture to upright RGB with square pixels."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import numpy as np
from av.video.reformatter import Colorspace, Interpolation, VideoReformatter
from numpy.typing import NDArray

from viewer.core.tone_map import Colours

_UNSPECIFIED = 2
_HD_HEIGHT = 720
_MAX_STRETCH = 8
Matrix = Literal["bt601", "bt709", "bt2020"]
_MATRICES: dict[Matrix, Colorspace] = {
    "bt709": Colorspace.ITU709,
    "bt601": Colorspace.ITU601,
    "bt2020": Colorspace.BT2020,
}
_NAMED: dict[int, Matrix] = {1: "bt709", 5: "bt601", 6: "bt601", 9: "bt2020"}

Part = tuple[float, float, float, float]


@dataclass(frozen=True)
class Orientation:
    """How stored pixels turn into shown ones: first transposed, then mirrored."""

    transpose: bool = False
    flip_x: bool = False
    flip_y: bool = False

    @property
    def rotation(self) -> int:
        """Degrees clockwise from the stored to the shown picture: 0, 90, 180 or 270.
        Mirrored pictures report the turn that follows a mirroring left to right."""
        if self.transpose:
            return 270 if self.flip_y else 90
        return 180 if self.flip_y else 0

    def apply(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """(H, W, C) as shown, contiguous."""
        if self.transpose:
            pixels = pixels.transpose(1, 0, 2)
        if self.flip_x:
            pixels = pixels[:, ::-1]
        if self.flip_y:
            pixels = pixels[::-1]
        return np.ascontiguousarray(pixels)

    def done(self, part: Part) -> Part:
        """Where a (left, top, right, bottom) of the stored picture is shown, all in fractions of
        the picture's sides."""
        left, top, right, bottom = part
        if self.transpose:
            left, top, right, bottom = top, left, bottom, right
        return self._mirrored(left, top, right, bottom)

    def undone(self, part: Part) -> Part:
        """Where a part of the shown picture is stored; the reverse of :meth:`done`."""
        left, top, right, bottom = self._mirrored(*part)
        return (top, left, bottom, right) if self.transpose else (left, top, right, bottom)

    def _mirrored(self, left: float, top: float, right: float, bottom: float) -> Part:
        if self.flip_x:
            left, right = 1.0 - right, 1.0 - left
        if self.flip_y:
            top, bottom = 1.0 - bottom, 1.0 - top
        return left, top, right, bottom


class Orientations:
    """How the pictures of one video are stored.  A picture is looked into only when it is turned
    otherwise than all before.  For one thread at a time."""

    def __init__(self) -> None:
        self._of_angle: dict[int, Orientation] = {}

    def of(self, frame: Any) -> Orientation:
        """The quarter turn and mirroring nearest to the display matrix of an ``av.VideoFrame``."""
        angle = int(frame.rotation)
        found = self._of_angle.get(angle)
        if found is None:
            found = self._of_angle[angle] = _read_orientation(frame)
        return found


def _read_orientation(frame: Any) -> Orientation:
    """By the display matrix (ISO 14496-12, 8.2.2; row vectors, y down)."""
    # A frame whose side data was asked for refers to itself and keeps its pixels until Python
    # looks for such circles; a tiny copy may.
    tiny = VideoReformatter().reformat(frame, 2, 2, "gray", interpolation=Interpolation.POINT, threads=1)
    matrix: Any = tiny.side_data.get("DISPLAYMATRIX")
    if matrix is None:
        return Orientation()
    a, b, _, c, d = np.frombuffer(bytes(matrix), "<i4", 5).tolist()
    if abs(b) + abs(c) > abs(a) + abs(d):
        return Orientation(transpose=True, flip_x=c < 0, flip_y=b < 0)
    return Orientation(flip_x=a < 0, flip_y=d < 0)


def square_width(width: int, sar: Fraction) -> int:
    """Width in square pixels of a picture whose pixels are ``sar`` times as wide as high."""
    return max(1, round(width * sar))


def usable_sar(stream: Any) -> Fraction:
    """The stream's sample aspect ratio; 1 when it is missing or absurd."""
    sar = stream.sample_aspect_ratio
    if not sar or not Fraction(1, _MAX_STRETCH) <= sar <= _MAX_STRETCH:
        return Fraction(1)
    return Fraction(sar)


def assumed_matrix(frame: Any, colours: Colours) -> Matrix | None:
    """The colour matrix of a picture that names none: that of its container, BT.2020 where its other
    ``colours`` are of that, else BT.709 for HD and BT.601 for the rest, as players assume.  None
    where it does name one, or has no use for it."""
    if frame.colorspace != _UNSPECIFIED or not frame.format.name.startswith("yuv"):
        return None
    if colours.matrix in _NAMED:
        return _NAMED[colours.matrix]
    if colours.wide:
        return "bt2020"
    return "bt709" if frame.height >= _HD_HEIGHT else "bt601"


class RgbConverter:
    """Turns decoded pictures into RGB; keeps the scaler's set-up between pictures of one kind.

    ``width`` and ``height`` are the stored picture's in square pixels, before turning; ``colours``
    serve where pictures do not name theirs.  For one thread at a time.
    """

    def __init__(self, width: int, height: int, orientations: Orientations, colours: Colours) -> None:
        self._width = width
        self._height = height
        self._orientations = orientations
        self._colours = colours
        self._scaler = VideoReformatter()

    def rgb(self, frame: Any) -> NDArray[np.uint8]:
        """(H, W, 3) uint8 full-range RGB, shown the right way up; colours as
        :func:`assumed_matrix` says where the file does not."""
        assumed = assumed_matrix(frame, Colours.of(frame).or_else(self._colours))
        matrix = None if assumed is None else _MATRICES[assumed]
        scaled = (self._width, self._height) != (frame.width, frame.height)
        # Starting threads for each picture costs more than they save.
        picture = self._scaler.reformat(
            frame,
            self._width,
            self._height,
            "rgb24",
            src_colorspace=matrix,
            threads=1,
            interpolation=Interpolation.BICUBIC if scaled else Interpolation.BILINEAR,
        )
        pixels = np.asarray(picture.to_ndarray(), np.uint8)
        return self._orientations.of(frame).apply(pixels)
