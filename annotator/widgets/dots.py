"""Small signs as icons: a dot in a track's or an emotion's colour, how far a clip is, and who works."""

from __future__ import annotations

import itertools

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QIcon, QPainter, QPen, QPixmap

from viewer.palette import Palette


def dot_icon(colour: str) -> QIcon:
    """A round mark in one colour, the same when its line is selected."""
    picture, painter = _blank()
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colour))
    painter.drawEllipse(4, 4, 16, 16)
    return _made(picture, painter)


def status_icon(status: str, palette: Palette) -> QIcon:
    """The sign of a clip's status, see :func:`paint_status`."""
    picture, painter = _blank()
    paint_status(painter, QRectF(3, 3, 18, 18), status, palette)
    return _made(picture, painter)


def paint_status(painter: QPainter, area: QRectF, status: str, palette: Palette) -> None:
    """How far a clip is, told by shape and by colour: a ring (new), half a disc (in progress), a disc with a
    tick (done) or with a bar (needs review), a cross (broken)."""
    colour = QColor(
        {
            "in progress": palette.text,
            "done": palette.success,
            "needs review": palette.warning,
            "broken": palette.error,
        }.get(status, palette.muted)
    )
    side = area.width()
    ring = area.adjusted(side * 0.1, side * 0.1, -side * 0.1, -side * 0.1)
    line = QPen(colour, side * 0.14, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)
    within = QPen(QColor(palette.panel), side * 0.14, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)
    middle = area.center()

    def at(x: float, y: float) -> QPointF:
        return middle + QPointF(x, y) * side

    if status == "broken":
        painter.setPen(line)
        painter.drawLine(at(-0.26, -0.26), at(0.26, 0.26))
        painter.drawLine(at(-0.26, 0.26), at(0.26, -0.26))
        return
    whole = status in ("done", "needs review")
    painter.setPen(line)
    painter.setBrush(colour if whole else Qt.BrushStyle.NoBrush)
    painter.drawEllipse(ring)
    if status == "in progress":
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawPie(ring, -90 * 16, 180 * 16)
    elif whole:
        painter.setPen(within)
        ends = (
            (at(-0.2, 0.02), at(-0.05, 0.17), at(0.22, -0.14))
            if status == "done"
            else (at(0, -0.22), at(0, 0.22))
        )
        for one, other in itertools.pairwise(ends):
            painter.drawLine(one, other)


def person_icon(name: str, colour: str, palette: Palette) -> QIcon:
    """The first letter of a person's name on a disc in the person's colour."""
    picture, painter = _blank()
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colour))
    painter.drawEllipse(1, 1, 22, 22)
    font = QFont()
    font.setPixelSize(14)
    font.setWeight(QFont.Weight.Bold)
    painter.setFont(font)
    painter.setPen(QColor(palette.window))
    painter.drawText(QRectF(0, 0, 24, 24), Qt.AlignmentFlag.AlignCenter, name.strip()[:1].upper() or "?")
    return _made(picture, painter)


def _blank() -> tuple[QPixmap, QPainter]:
    picture = QPixmap(24, 24)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    return picture, painter


def _made(picture: QPixmap, painter: QPainter) -> QIcon:
    painter.end()
    made = QIcon(picture)
    made.addPixmap(picture, QIcon.Mode.Selected)
    return made
