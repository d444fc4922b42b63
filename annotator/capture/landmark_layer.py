"""The contours of the face over the video: coloured by reliability, fainter where the frame is unsure."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from annotator.capture.landmarks import LandmarksController
from annotator.core.capture.contours import POINTS, REGIONS
from viewer.palette import DARK
from viewer.video_decoder import VideoDecoder
from viewer.video_pane import VideoPane

Values = NDArray[np.float64]

_LINE, _HALO = 1.5, 3.0
"""Pixels; the halo parts the line from skin of any colour."""
_SURE, _UNSURE = 0.8, 0.5
"""From the first on, lines are opaque; below the second, they are broken."""
_GRID, _GAP = 8, 12
_FAINTEST = 0.35
"""How opaque lines are in a frame that cannot be trusted at all."""
_AT = {point: at for at, point in enumerate(POINTS)}
_LINES = tuple(
    np.array([(_AT[a], _AT[b]) for line in region.lines for a, b in pairwise(line)]) for region in REGIONS
)
"""The ends of the lines of each region, as places in :data:`POINTS`."""
# A video is as bright in both themes, and so are the lines on it.
_LOW, _MIDDLE, _HIGH = (QColor(colour) for colour in (DARK.error, DARK.warning, DARK.success))
_UNKNOWN = QColor(DARK.text)


class LandmarkLayer:
    """Paints them over the frame that is on screen; over a frame without the face it paints nothing."""

    def __init__(self, landmarks: LandmarksController, pane: VideoPane, decoder: VideoDecoder) -> None:
        self._landmarks, self._decoder = landmarks, decoder
        pane.set_layer(self.paint)
        landmarks.changed.connect(pane.update)

    def paint(self, painter: QPainter, frame: int, place: QRectF, room: QRectF) -> None:
        """Paint over ``frame`` of the video, whose whole picture lies at ``place``; words go to the
        bottom of ``room``."""
        face, times = self._landmarks.face, self._decoder.times
        if face is None or not 0 <= frame < len(times):
            return
        row = face.row_of(frame, float(times[frame]))
        shares = face.shares(row) if row >= 0 else None
        if shares is None:
            return
        sure = float(np.nan_to_num(face.sureness[row]))
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_lines(painter, shares[:, 0] * place.width(), shares[:, 1] * place.height(), place, sure)
        self._paint_words(painter, room, sure)
        painter.restore()

    def _paint_lines(
        self, painter: QPainter, across: Values, down: Values, place: QRectF, sure: float
    ) -> None:
        known = self._landmarks.known.reliability
        points = np.stack([place.x() + across, place.y() + down], axis=1)
        every = 2 if sure < _UNSURE else 1
        # Single lines, because Qt takes ten times as long to join them, and a halo that nothing shines
        # through: that takes a third of the time.
        drawn = [
            [QLineF(*ends) for ends in points[lines[::every]].reshape(-1, 4).tolist()] for lines in _LINES
        ]
        if every == 1:
            painter.setPen(_pen(QColor(0, 0, 0), _HALO))
            painter.drawLines([line for lines in drawn for line in lines])
        for region, lines in zip(REGIONS, drawn, strict=True):
            colour = colour_of(known.get(region.title))
            colour.setAlphaF(_FAINTEST + (1.0 - _FAINTEST) * min(sure / _SURE, 1.0))
            painter.setPen(_pen(colour, _LINE))
            painter.drawLines(lines)

    def _paint_words(self, painter: QPainter, room: QRectF, sure: float) -> None:
        """What the colours mean, in numbers: for the regions of the clip, and for this frame; in as many
        rows as the room needs."""
        words = [*self._legend(), (f"frame {sure:.2f}", _UNKNOWN)]
        metrics = QFontMetricsF(painter.font())
        rows: list[list[tuple[str, QColor, float]]] = [[]]
        left = room.width() - 2 * _GRID
        for text, colour in words:
            wide = metrics.horizontalAdvance(text)
            if rows[-1] and wide > left:
                rows.append([])
                left = room.width() - 2 * _GRID
            rows[-1].append((text, colour, wide))
            left -= wide + _GAP
        width = max(sum(wide + _GAP for *_, wide in row) for row in rows) - _GAP + 2 * _GRID
        height = metrics.height()
        plate = QRectF(0.0, 0.0, width, height * len(rows) + _GRID)
        plate.moveBottomRight(room.bottomRight())
        painter.fillRect(plate, QColor(DARK.panel))
        baseline = plate.top() + _GRID / 2 + metrics.ascent()
        for row in rows:
            x = plate.left() + _GRID
            for text, colour, wide in row:
                painter.setPen(colour)
                painter.drawText(QPointF(x, baseline), text)
                x += wide + _GAP
            baseline += height

    def _legend(self) -> list[tuple[str, QColor]]:
        known = self._landmarks.known.reliability
        words = []
        for title, regions in _LEGEND:
            told = [value for value in map(known.get, regions) if value is not None]
            if told:
                mean = sum(told) / len(told)
                words.append((f"{title} {mean:.2f}", colour_of(mean)))
        return words


_LEGEND = (
    ("brows", ("left brow", "right brow")),
    ("eyes", ("left eye", "right eye")),
    ("lips", ("lips",)),
    ("jaw", ("jaw",)),
    ("head", ("head",)),
)


def _pen(colour: QColor, width: float) -> QPen:
    pen = QPen(colour, width)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    return pen


def colour_of(reliability: float | None) -> QColor:
    """Red over yellow to green for 0 to 1; plain where nothing is known."""
    if reliability is None:
        return QColor(_UNKNOWN)
    below = reliability < 0.5
    first, second = (_LOW, _MIDDLE) if below else (_MIDDLE, _HIGH)
    part = min(max(2 * reliability - (0 if below else 1), 0.0), 1.0)
    return QColor(
        round(first.red() + (second.red() - first.red()) * part),
        round(first.green() + (second.green() - first.green()) * part),
        round(first.blue() + (second.blue() - first.blue()) * part),
    )
