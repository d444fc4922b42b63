"""Rows under one another in a view that keeps its picture."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from viewer.palette import Palette
from viewer.scene.kept_view import Grip, KeptView
from viewer.scene.row import Row

_GRIP = 5
_LEAST_SHARED = 28


class RowStack(KeptView):
    """Lays out rows beside their gutters; the last two share what the others leave, parted by a grip."""

    def __init__(
        self, rows: Sequence[Row], parent: QWidget, *, gutter: int, left: int, right: int, grip_tip: str
    ) -> None:
        """``gutter``: its width; ``left`` and ``right``: pixels between it and the rows, and after
        them; ``grip_tip``: what the tooltip of the grip says."""
        super().__init__(parent)
        self._rows, self._gutter = tuple(rows), gutter
        layout = self.ci.layout
        layout.setContentsMargins(0, 0, right, 0)
        layout.setHorizontalSpacing(left)
        layout.setVerticalSpacing(0)
        layout.setColumnFixedWidth(0, gutter)
        self._share = 0.5
        self.grip = Grip(grip_tip, right)
        self.grip.moved.connect(self._share_out)
        last = len(self._rows) - 1
        self.addItem(self.grip, last, 0, 1, 2)
        for place, row in zip((*range(last), last + 1), self._rows, strict=True):
            self.addItem(row.gutter, place, 0)
            self.addItem(row, place, 1)
            row.row_changed.connect(self.place_rows)
        for border in self.ci.itemBorders.values():
            border.hide()
        # Under the widgets of the rows, which are older.
        self.lower()
        self.place_rows()

    def place_rows(self) -> None:
        """Give every row its height, hidden ones none."""
        fixed = [row.row_height * row.row_shown for row in self._rows[:-2]]
        rest = max(self.height() - sum(fixed) - _GRIP, 2 * _LEAST_SHARED)
        upper = min(max(round(self._share * rest), _LEAST_SHARED), rest - _LEAST_SHARED)
        self.setMinimumHeight(sum(fixed) + _GRIP + 2 * _LEAST_SHARED)
        for place, tall in enumerate((*fixed, upper, _GRIP, rest - upper)):
            self.ci.layout.setRowFixedHeight(place, tall)
        self.ci.layout.activate()
        for row in self._rows:
            for part in (row, row.gutter, row.keys):
                part.setVisible(row.row_shown)
            row.keys.setGeometry(0, round(row.scenePos().y()), self._gutter, row.height())
        self.prepare()

    @property
    def share(self) -> float:
        """How much of what the last two rows divide the upper one has, 0 to 1."""
        return self._share

    def set_share(self, share: float) -> None:
        """Give the upper one of the last two rows this :attr:`share`."""
        self._share = share
        self.place_rows()

    def _share_out(self, y: float) -> None:
        """Put the upper end of the last row at pixel ``y``."""
        above, below = self._rows[-2:]
        self._share = (y - above.scenePos().y()) / max(above.height() + below.height(), 1)
        self.place_rows()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        if event is not None:
            self.place_rows()

    def set_theme(self, palette: Palette) -> None:
        """Draw in these colours from now on."""
        self.setBackground(palette.field)
        self.grip.colours = palette
        for row in self._rows:
            row.set_theme(palette)
