"""Where the values of a channel lie in a strip of pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from viewer.core.channels import FULL_DEGREES, Channel
from viewer.palette import Palette
from viewer.scene.painting import faded, write

_LEAST, _FEW = 19.0, 3
"""Pixels below which a row never goes, and how many rows are better low than cut."""


def rows_in(height: float, count: int, least: float, most: float) -> float:
    """How many of ``count`` rows a strip ``height`` pixels high shows, each ``least`` to ``most`` pixels: a
    whole number where there are more, so that none is cut.  A few that do not fit are lower than that."""
    least = min(least, max(height / _FEW, _LEAST))
    whole = max(int(height / least), 1)
    return height / min(height / min(max(count, 1), whole), most)


@dataclass(frozen=True)
class ValueRow:
    """A channel's strip, in pixels, and the values at its bottom and its top."""

    channel: Channel
    area: QRectF
    low: float
    high: float

    @property
    def scale(self) -> float:
        """Pixels of a unit."""
        return (self.area.height() - 6.0) / (self.high - self.low)

    @property
    def zero(self) -> float:
        """The pixel of the value 0."""
        return self.area.bottom() - 3.0 + self.low * self.scale

    def value_at(self, y: float) -> float:
        """What a drag to pixel ``y`` means.  Over the top of its row a value may grow on: the row
        then shows more."""
        return min(max((self.zero - y) / self.scale, self.channel.least), self.channel.most)

    def draw_ground(self, painter: QPainter, colours: Palette, left: float) -> None:
        """The line below the strip, from the pixel ``left`` on, and that of 0 where values go below it."""
        right = self.area.right()
        painter.setPen(QPen(QColor(colours.line), 1))
        bottom = round(self.area.bottom()) - 1
        painter.drawLine(QPointF(left, bottom), QPointF(right, bottom))
        if self.low < 0:
            zero = round(self.zero)
            painter.setPen(QPen(faded(colours.muted, 0.35), 1, Qt.PenStyle.DotLine))
            painter.drawLine(QPointF(left, zero), QPointF(right, zero))

    def draw_scale(self, painter: QPainter, colours: Palette, left: float, turned: bool) -> None:
        """Lines across the strip as the one axis of many channels, and what they stand for: a share of each
        channel's full value, and degrees where some of them turn something."""
        full = self.channel.full
        weight = self.scale * full
        step = next((step for step in (0.25, 0.5) if step * weight >= 24), 1.0)
        for value in np.arange(np.ceil(self.low / full / step), self.high / full / step + 1e-6) * step:
            y = round(self.zero - value * weight)
            painter.setPen(QPen(faded(colours.muted, 0.35), 1, Qt.PenStyle.DotLine))
            painter.drawLine(QPointF(left, y), QPointF(self.area.right(), y))
            said = f"{value:g}" + f" · {value * FULL_DEGREES:.3g}°" * turned
            above = y - 13 if y > 16 else y + 1
            write(painter, said, QRectF(left + 4, above, 80, 12), colours.muted, 9)
