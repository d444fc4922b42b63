"""Many one-pixel columns painted at once.

A line for each column costs Python 10 to 20 ms a lane; one mask for a whole lane costs less
than one, which is what panning through a long recording needs.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PySide6.QtGui import QColor, QImage

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


def joined(tops: FloatArray, bottoms: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Stretch columns (k, w) of k curves so that neighbours touch, as a drawn line does.
    NaN columns stay NaN and join nothing."""
    up, down = tops.copy(), bottoms.copy()
    up[:, 1:] = np.where(np.isnan(bottoms[:, :-1]), tops[:, 1:], np.minimum(tops[:, 1:], bottoms[:, :-1]))
    down[:, 1:] = np.where(np.isnan(tops[:, :-1]), bottoms[:, 1:], np.maximum(bottoms[:, 1:], tops[:, :-1]))
    return up, down


def columns_mask(
    tops: FloatArray, bottoms: FloatArray, bands: Sequence[tuple[int, int]], height: int
) -> BoolArray:
    """(height, w): the pixels that k curves cover, from ``tops`` to ``bottoms`` (k, w), each
    at least one pixel tall; NaN covers nothing.  A curve stays inside its band of rows
    [first, last), and no two bands overlap."""
    nowhere = np.float32(np.iinfo(np.int16).max)
    limit = float(nowhere) - 1
    first = np.where(np.isnan(tops) | np.isnan(bottoms), nowhere, np.clip(tops, -limit, limit))
    last = np.nan_to_num(np.clip(bottoms, -limit, limit), nan=-limit)
    first, last = np.floor(first).astype(np.int16), np.floor(last).astype(np.int16)
    mask = np.zeros((height, tops.shape[1]), bool)
    for k, (top, bottom) in enumerate(bands):
        top, bottom = max(top, 0), min(bottom, height)
        if top < bottom:
            y = np.arange(top, bottom, dtype=np.int16)[:, None]
            np.logical_and(y >= first[k], y <= last[k], out=mask[top:bottom])
    return mask


def mask_image(mask: BoolArray, colour: QColor) -> QImage:
    """The mask (height, w) in one colour on nothing."""
    height, width = mask.shape
    pixels = np.ascontiguousarray(mask).view(np.uint8)
    image = QImage(pixels.data, width, height, width, QImage.Format.Format_Indexed8)
    image.setColorTable([0, colour.rgba()])
    return image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
