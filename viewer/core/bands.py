"""All 61 channels under one another, in bands by region: which pixels show which channel."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from viewer.core.channels import REGIONS, Channel, Region, by_region

_LEAST_BAND = 11.0
ROWS: tuple[Channel, ...] = tuple(channel for region in REGIONS for channel in by_region(region))


@dataclass(frozen=True)
class Band:
    """A region's stretch of the lane, in pixels, and of the image, in rows."""

    region: Region
    top: float
    height: float
    first: int
    rows: int


@lru_cache(maxsize=8)
def bands(height: float) -> tuple[Band, ...]:
    """Split ``height`` among the regions by their channels, each tall enough for its name
    where there is room."""
    counts = np.array([len(by_region(region)) for region in REGIONS])
    least, small = min(_LEAST_BAND, height / counts.size), np.zeros(counts.size, bool)
    for _ in REGIONS:
        share = (height - least * int(small.sum())) / max(int(counts[~small].sum()), 1)
        small |= counts * share < least
    heights = np.where(small, least, counts * share)
    tops, firsts = (np.concatenate(([0], np.cumsum(each)[:-1])) for each in (heights, counts))
    places = zip(tops.tolist(), heights.tolist(), firsts.tolist(), counts.tolist(), strict=True)
    return tuple(Band(region, *place) for region, place in zip(REGIONS, places, strict=True))


@lru_cache(maxsize=4)
def pixel_rows(tall: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Of an image ``tall`` pixels high: the first of the channels that share a pixel, for each pixel
    that differs from the one above, and which of these each pixel (tall,) shows."""
    stack = bands(float(tall))
    y = np.arange(tall) + 0.5
    of = np.searchsorted([band.top for band in stack], y, side="right") - 1
    top, height, first, count = np.array([(b.top, b.height, b.first, b.rows) for b in stack])[of].T
    rows = first + np.minimum(np.floor((y - top) / height * count), count - 1)
    # A band begins with its first channel, wherever its first pixel's middle lies.
    begins = np.flatnonzero(np.diff(of, prepend=-1))
    rows[begins] = first[begins]
    firsts, at = np.unique(rows.astype(np.intp), return_inverse=True)
    return firsts, at
