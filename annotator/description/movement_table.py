"""What the reader finds in several descriptions, side by side: a row a movement, a bar a description."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from annotator.core.description.understood import APART, Movements
from annotator.widgets.plain_label import plain_tip
from viewer.palette import Palette

_ROW = 20
_HEAD = 20
_LABEL_SHARE = 0.42
_MOST_ROWS = 12
_BAR = 6


@dataclass(frozen=True)
class Column:
    """One description: its title, its hex colour and what was understood; None: not described."""

    title: str
    colour: str
    movements: Movements | None


@dataclass(frozen=True)
class Row:
    """A movement's strengths, one a column (None: that column is not described)."""

    title: str
    strengths: tuple[float | None, ...]

    @property
    def spread(self) -> float:
        """The largest difference of strength between two descriptions that name the movement; 0 with
        fewer than two."""
        known = [strength for strength in self.strengths if strength is not None]
        return max(known) - min(known) if len(known) > 1 else 0.0

    @property
    def apart(self) -> bool:
        """Whether the descriptions differ in it."""
        return self.spread > APART


def table_rows(columns: Sequence[Column]) -> list[Row]:
    """The movements of all columns, those in which they differ most first."""
    titles = dict.fromkeys(title for c in columns if c.movements for title in c.movements)
    rows = [
        Row(title, tuple(None if c.movements is None else c.movements.get(title, 0.0) for c in columns))
        for title in titles
    ]
    return sorted(rows, key=lambda row: (not row.apart, -row.spread, -max(s or 0.0 for s in row.strengths)))


class MovementTable(QWidget):
    """Paints :func:`table_rows`; rows in which the descriptions agree are muted."""

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self._palette = palette
        self._columns: tuple[Column, ...] = ()
        self.rows: list[Row] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("What the reader finds in each description")

    def show_columns(self, columns: Sequence[Column], palette: Palette) -> None:
        """Show one column for each description; idempotent.  Screen readers are told in what they differ."""
        self._palette, self._columns = palette, tuple(columns)
        self.rows = table_rows(columns)
        apart = [row.title for row in self.rows if row.apart]
        self.setAccessibleDescription(f"They differ in {', '.join(apart)}" if apart else "They agree")
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        shown = min(len(self.rows), _MOST_ROWS) + (len(self.rows) > _MOST_ROWS)
        return QSize(240, _HEAD + _ROW * shown if self.rows else 0)

    def _cells(self) -> list[tuple[float, float]]:
        """Left edge and width of each column's bar."""
        left = self.width() * _LABEL_SHARE
        each = (self.width() - left) / max(1, len(self._columns))
        return [(left + number * each, each - 10) for number in range(len(self._columns))]

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        small = painter.font()
        small.setPixelSize(11)
        painter.setFont(small)
        for column, (x, width) in zip(self._columns, self._cells(), strict=True):
            painter.setPen(QColor(column.colour))
            title = painter.fontMetrics().elidedText(column.title, Qt.TextElideMode.ElideRight, int(width))
            painter.drawText(QRectF(x, 0, width, _HEAD), Qt.AlignmentFlag.AlignVCenter, title)
        for number, row in enumerate(self.rows[:_MOST_ROWS]):
            self._paint_row(painter, row, _HEAD + number * _ROW)
        more = len(self.rows) - _MOST_ROWS
        if more > 0:
            painter.setPen(QColor(self._palette.muted))
            place = QRectF(0, _HEAD + _MOST_ROWS * _ROW, self.width(), _ROW)
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, f"and {more} more")
        painter.end()

    def _paint_row(self, painter: QPainter, row: Row, y: int) -> None:
        palette = self._palette
        painter.setPen(QColor(palette.text if row.apart else palette.muted))
        width = int(self.width() * _LABEL_SHARE) - 8
        title = painter.fontMetrics().elidedText(row.title, Qt.TextElideMode.ElideRight, width)
        painter.drawText(QRectF(0, y, width, _ROW), Qt.AlignmentFlag.AlignVCenter, title)
        painter.setPen(Qt.PenStyle.NoPen)
        top = y + (_ROW - _BAR) / 2
        for column, strength, (x, length) in zip(self._columns, row.strengths, self._cells(), strict=True):
            if strength is None:
                continue
            painter.setBrush(QColor(palette.line))
            painter.drawRoundedRect(QRectF(x, top, length, _BAR), 3, 3)
            if strength > 0:
                colour = QColor(column.colour)
                colour.setAlphaF(1.0 if row.apart else 0.55)
                painter.setBrush(colour)
                painter.drawRoundedRect(QRectF(x, top, max(_BAR, length * min(1.0, strength)), _BAR), 3, 3)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent):
            number = (event.pos().y() - _HEAD) // _ROW
            shown = self.rows[:_MOST_ROWS]
            words = self._words(shown[number]) if 0 <= number < len(shown) else ""
            QToolTip.showText(event.globalPos(), plain_tip(words))
            return True
        return super().event(event)

    def _words(self, row: Row) -> str:
        parts = [
            f"{column.title} {strength:.2f}"
            for column, strength in zip(self._columns, row.strengths, strict=True)
            if strength is not None
        ]
        return f"{row.title}: {', '.join(parts)}"
