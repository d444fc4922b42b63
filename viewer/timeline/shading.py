"""Which frames fall into which pixel column, and how columns without a face are marked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen

from viewer.core.track import Track
from viewer.palette import Palette
from viewer.timeline.lane import faded

BoolArray = npt.NDArray[np.bool_]
_GAP_STEPS = 1.75


@dataclass(frozen=True)
class Columns:
    """Pixel columns (w) of a track: ``edges`` (w + 1,) frame indices, and which columns are
    ``inside`` the track, ``lost`` (any frame of them without a face) or in a ``gap``."""

    edges: npt.NDArray[np.intp]
    inside: BoolArray
    lost: BoolArray
    gap: BoolArray


def columns_of(track: Track, offset: float, times: npt.NDArray[np.float64]) -> Columns:
    """Map column edges ``times`` (w + 1,), seconds of the clip, to frames of ``track``."""
    local = times - offset
    found = np.searchsorted(track.times, local + 1e-9, side="right")
    edges = np.clip(found - 1, 0, len(track))
    edges[found == len(track)] = len(track) - 1
    past = local[1:] > track.duration
    inside = (local[1:] > 0) & (local[:-1] < track.duration)
    counted = np.concatenate(([0], np.cumsum(~track.valid)))
    first, last = edges[:-1], np.maximum(edges[1:], edges[:-1] + 1)
    lost = inside & (counted[np.minimum(last, len(track))] - counted[first] > 0)
    step = track.frame_step
    away = local[:-1] - track.times[first]
    gap = inside & ~past & (edges[1:] == first) & (away > step) & _before_gap(track)[first]
    return Columns(edges, inside, lost & ~gap, gap)


def _before_gap(track: Track) -> BoolArray:
    """(F,) whether rows are missing after each frame."""
    steps = np.diff(track.times)
    return np.append(steps > _GAP_STEPS * track.frame_step, False)


def runs(flags: BoolArray) -> list[tuple[int, int]]:
    """Stretches [first, last) of True."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], flags, [False])).astype(np.int8)))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def draw_missing(painter: QPainter, palette: Palette, columns: Columns, left: float, height: float) -> None:
    """Hatch lost frames, and blank stretches without rows between dashed edges."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    for first, last in runs(columns.gap):
        area = QRectF(left + first, 0, last - first, height)
        painter.fillRect(area, QColor(palette.window))
        painter.setPen(QPen(faded(palette.muted, 0.6), 1, Qt.PenStyle.DotLine))
        for x in (area.left(), area.right() - 1):
            painter.drawLine(QPointF(x, 0), QPointF(x, height))
    hatch = QBrush(faded(palette.warning, 0.75), Qt.BrushStyle.BDiagPattern)
    for first, last in runs(columns.lost):
        area = QRectF(left + first, 0, last - first, height)
        painter.fillRect(area, QColor(palette.field))
        painter.fillRect(area, hatch if last - first > 6 else QBrush(faded(palette.warning, 0.6)))
