"""The contours of the face over the video: coloured by reliability, fainter where the frame is unsure."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPolygonF

from annotator.capture.landmarks import LandmarksController
from annotator.core.capture.contours import POINTS, REGIONS
from viewer.palette import DARK
from viewer.video_decoder import VideoDecoder
from viewer.video_pane import VideoPane

_LINE, _HALO = 1.5, 3.5
"""Pixels; the halo parts the line from skin of any colour."""
_UNSURE = 0.5
"""Frames that are less sure than this have broken lines."""
_GRID = 8
_AT = {point: at for at, point in enumerate(POINTS)}
_LINES = tuple(tuple([_AT[point] for point in line] for line in region.lines) for region in REGIONS)
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
        sure = float(face.sureness[row])
        sure = sure if sure == sure else 0.0
        xs = (place.x() + shares[:, 0] * place.width()).tolist()
        ys = (place.y() + shares[:, 1] * place.height()).tolist()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        reliability = self._landmarks.known.reliability
        drawn = [
            (QPolygonF([QPointF(xs[at], ys[at]) for at in line]), colour_of(reliability.get(region.title)))
            for region, lines in zip(REGIONS, _LINES, strict=True)
            for line in lines
        ]
        painter.setOpacity(0.35 + 0.65 * sure)
        halo = QPen(QColor(0, 0, 0, 120), _HALO)
        halo.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(halo)
        for line, _ in drawn:
            painter.drawPolyline(line)
        for line, colour in drawn:
            pen = QPen(colour, _LINE)
            pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
            if sure < _UNSURE:
                pen.setDashPattern([3.0, 3.0])
            painter.setPen(pen)
            painter.drawPolyline(line)
        painter.setOpacity(1.0)
        self._paint_words(painter, room, sure)
        painter.restore()

    def _paint_words(self, painter: QPainter, room: QRectF, sure: float) -> None:
        """What the colours mean, in numbers: for the regions of the clip, and for this frame."""
        known = self._landmarks.known.reliability
        words: list[tuple[str, QColor]] = []
        for title, regions in _LEGEND:
            told = [value for value in (known.get(region) for region in regions) if value is not None]
            if told:
                mean = sum(told) / len(told)
                words.append((f"{title} {mean:.2f}", colour_of(mean)))
        words.append((f"frame {sure:.2f}", _UNKNOWN))
        metrics = QFontMetricsF(painter.font())
        widths = [metrics.horizontalAdvance(text) for text, _ in words]
        while len(words) > 1 and sum(widths) + 1.5 * _GRID * (len(words) + 1) > room.width():
            words.pop(0)
            widths.pop(0)
        width, height = sum(widths) + 1.5 * _GRID * (len(words) + 1) - _GRID, metrics.height() + _GRID
        plate = QRectF(room.right() - width, room.bottom() - height, width, height)
        ground = QColor(DARK.panel)
        ground.setAlphaF(0.86)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        painter.drawRoundedRect(plate, 4, 4)
        x = plate.left() + _GRID
        for (text, colour), wide in zip(words, widths, strict=True):
            painter.setPen(colour)
            painter.drawText(
                QRectF(x, plate.top(), wide + 1, height), Qt.AlignmentFlag.AlignVCenter.value, text
            )
            x += wide + 1.5 * _GRID


_LEGEND = (
    ("brows", ("left brow", "right brow")),
    ("eyes", ("left eye", "right eye")),
    ("lips", ("lips",)),
    ("jaw", ("jaw",)),
    ("head", ("head",)),
)


def colour_of(reliability: float | None) -> QColor:
    """Red over yellow to green for 0 to 1; plain where nothing is known."""
    if reliability is None:
        return _UNKNOWN
    below = reliability < 0.5
    first, second = (_LOW, _MIDDLE) if below else (_MIDDLE, _HIGH)
    part = min(max(2 * reliability - (0 if below else 1), 0.0), 1.0)
    return QColor(
        *(
            round(a + (b - a) * part)
            for a, b in zip(first.getRgb()[:3], second.getRgb()[:3], strict=True)  # type: ignore[index]
        )
    )
