"""What stands behind a face: a gradient without bands, and how a drawn face is laid on it."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]

_POOL = 0.16
"""How much lighter it is behind the head than in the corners, of the gradient's own span."""


@lru_cache(maxsize=12)
def backdrop(size: tuple[int, int], top: str, bottom: str) -> Pixels:
    """(H, W, 4) uint8 RGBA of ``size`` (width, height), from ``top`` to ``bottom`` (sRGB hex), a
    little lighter behind the head.  Dithered in a fixed pattern, so that no step shows as an
    edge; the same array is returned again, so do not write to it."""
    width, height = size
    y = ((np.arange(height, dtype=np.float32) + 0.5) / height)[:, None]
    x = ((np.arange(width, dtype=np.float32) + 0.5) / width)[None, :]
    aspect = width / height
    away = ((x - 0.5) * aspect) ** 2 + (y - 0.45) ** 2
    light = _POOL * np.exp(-away / 0.16) - _POOL / 3
    share = np.clip(y - light, 0.0, 1.0)[..., None]
    first, last = (np.array(_rgb(colour), np.float32) for colour in (top, bottom))
    threshold = np.tile(_bayer(), (-(-height // 8), -(-width // 8)))[:height, :width, None]
    out = np.full((height, width, 4), 255, np.uint8)
    out[..., :3] = np.clip(first + (last - first) * share + threshold, 0, 255).astype(np.uint8)
    out.setflags(write=False)
    return out


def laid_on(picture: Pixels, ground: Pixels, see_through: bool = True) -> Pixels:
    """A new (H, W, 4) uint8: ``picture`` (H, W, 4) with premultiplied alpha, its rows from
    bottom to top as OpenGL has them, on ``ground`` (H, W, 4) from top to bottom.  Without
    ``see_through`` every pixel is taken to be either clear or solid, which is quicker."""
    height, width = ground.shape[:2]
    over: npt.NDArray[np.uint32] = picture.view(np.uint32).reshape(height, width)[::-1]
    under: npt.NDArray[np.uint32] = ground.view(np.uint32).reshape(height, width)
    out = over.copy()
    np.copyto(out, under, where=over == 0)
    pixels = out.view(np.uint8).reshape(height, width, 4)
    if see_through:
        flat, below = pixels.reshape(-1, 4), ground.reshape(-1, 4)
        partly = np.flatnonzero(flat[:, 3] < 255)
        rest = 255 - flat[partly, 3:].astype(np.uint16)
        flat[partly] = np.minimum(flat[partly] + (below[partly] * rest + 127) // 255, 255).astype(np.uint8)
    return pixels


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


@lru_cache(maxsize=1)
def _bayer() -> npt.NDArray[np.float32]:
    """(8, 8) thresholds 0..1, spread as evenly as can be (Bayer 1973)."""
    grid = np.zeros((1, 1))
    for _ in range(3):
        grid = np.block([[4 * grid, 4 * grid + 2], [4 * grid + 3, 4 * grid + 1]])
    return np.asarray((grid + 0.5) / grid.size, np.float32)
