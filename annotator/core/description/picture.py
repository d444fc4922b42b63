"""The picture that a model gets to see: a part of a frame, small enough to send."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from viewer.core.errors import ExportError
from viewer.core.opencv import cv2

LONGEST = 1024
"""Pixels of the longer side; multimodal models see no more."""
MOST_BYTES = 1_500_000
"""Of the picture's file: as text in a request it is a third longer."""
_LEAST = 64
_QUALITIES = (92, 85, 75, 60)


@dataclass(frozen=True)
class Box:
    """A part of a picture: left, top, right and bottom as shares of its width and height."""

    left: float = 0.0
    top: float = 0.0
    right: float = 1.0
    bottom: float = 1.0

    @staticmethod
    def parse(text: str) -> Box:
        """``0.25,0.1,0.75,0.9``.  Raises ValueError unless it is a part of the picture."""
        left, top, right, bottom = (float(word) for word in text.split(","))
        if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
            raise ValueError(f"{text} is not a part of a picture")
        return Box(left, top, right, bottom)

    def of(self, picture: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """The part of ``picture`` (H, W, 3), at least a pixel."""
        height, width = picture.shape[:2]
        x, y = min(int(self.left * width), width - 1), min(int(self.top * height), height - 1)
        right = max(x + 1, round(self.right * width))
        return picture[y : max(y + 1, round(self.bottom * height)), x:right]


WHOLE = Box()
MIDDLE = Box(0.25, 0.0, 0.75, 1.0)
"""Where a face is in most recordings of one person."""


def encode(
    picture: npt.NDArray[np.uint8],
    box: Box = WHOLE,
    *,
    kind: str = "image/jpeg",
    longest: int = LONGEST,
    most: int = MOST_BYTES,
) -> tuple[bytes, str]:
    """The file of a part of ``picture`` (H, W, 3) uint8 RGB and its kind (``image/jpeg`` or
    ``image/png``): scaled down to ``longest``, then further until it has at most ``most`` bytes.

    Raises :class:`ExportError` where that cannot be.
    """
    part = np.ascontiguousarray(box.of(picture)[:, :, ::-1])
    side = longest
    while True:
        scale = min(1.0, side / max(part.shape[:2]))
        size = max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale))
        small = part if scale == 1.0 else cv2.resize(part, size, interpolation=cv2.INTER_AREA)
        for quality in _QUALITIES if kind == "image/jpeg" else (0,):
            options = [cv2.IMWRITE_JPEG_QUALITY, quality] if kind == "image/jpeg" else []
            done, data = cv2.imencode(".jpg" if kind == "image/jpeg" else ".png", small, options)
            if done and data.size <= most:
                return data.tobytes(), kind
        if not done or side <= _LEAST:
            raise ExportError("the picture cannot be made small enough to send", "allow more bytes for it")
        side = max(_LEAST, int(min(side, max(small.shape[:2])) * 0.75))
