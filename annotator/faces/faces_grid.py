"""The room of the faces: one row of panes, or a square of four where that shows them larger, and the
legend of their colours below."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, QSize, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from annotator.widgets.pane_frame import HEADER, PaneFrame
from viewer.heat_legend import HeatLegend
from viewer.key_names import KeyNames

GAP = 8
_WAITING = 196
"""Pixels in which the buttons that bring a face can be read."""
_FACE_SHAPE = 0.62
"""Width over height of a head with a little room; what is wider or higher shows no more of it."""


def arranged(count: int, width: int, height: int, header: int = HEADER) -> tuple[int, int]:
    """Rows and columns in which ``count`` faces are as large as they can be."""

    def size(rows: int) -> float:
        columns = -(-count // rows)
        wide = (width - GAP * (columns - 1)) / columns
        high = (height - GAP * (rows - 1)) / rows - header
        return min(wide / _FACE_SHAPE, high)

    rows = max(range(1, max(count, 1) + 1), key=lambda n: (size(n), -n)) if count else 1
    return rows, -(-count // rows) if count else 1


class FacesGrid(QWidget):
    """Lays out the frames that are wanted; one of them may be ``enlarged`` over the others."""

    count_changed = Signal()
    """Another number of faces is to be looked at."""

    count = 1
    """How many faces are to be looked at; 0 while the only frame waits for one."""

    def __init__(self, frames: Sequence[PaneFrame], keys: KeyNames) -> None:
        super().__init__()
        self._frames = tuple(frames)
        self._wanted: tuple[PaneFrame, ...] = ()
        self._large: PaneFrame | None = None
        self.legend = HeatLegend(keys)
        self.legend.setParent(self)
        for frame in self._frames:
            frame.setParent(self)
            frame.enlarge_requested.connect(lambda frame=frame: self.enlarge(frame))
        self.show_frames(self._frames[:1])

    def minimumSizeHint(self) -> QSize:
        if self.count == 0:
            return QSize(_WAITING, 150)
        return QSize(150 if len(self._wanted) < 2 else 240, 150)

    def sizeHint(self) -> QSize:
        return QSize(260 * max(min(len(self._wanted), 2), 1), 420)

    @property
    def wanted(self) -> tuple[PaneFrame, ...]:
        """The frames there are now, whether or not one is enlarged over them."""
        return self._wanted

    @property
    def enlarged(self) -> PaneFrame | None:
        """The pane that has all the room; None while all panes share it."""
        return self._large

    def show_frames(self, frames: Sequence[PaneFrame], filled: bool = True) -> None:
        """Show these, in this order, and no others; unless they are ``filled`` there is no face in them to be
        looked at yet.  Idempotent."""
        count = len(frames) if filled else 0
        if tuple(frames) == self._wanted and count == self.count:
            return
        more = count != self.count
        self._wanted, self.count = tuple(frames), count
        if self._large not in self._wanted or len(self._wanted) < 2:
            self._large = None
        self.updateGeometry()
        self._arrange()
        if more:
            self.count_changed.emit()

    def enlarge(self, frame: PaneFrame | None) -> None:
        """Give one frame all the room; the same again, or None, brings the others back."""
        alone = frame is None or frame is self._large or len(self._wanted) < 2
        self._large = None if alone else frame
        self._arrange()

    def show_legend(self, on: bool) -> None:
        """Give the legend its room, or take it back; idempotent."""
        if on == self.legend.isHidden():
            self.legend.setVisible(on)
            self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        shown = self._wanted if self._large is None else (self._large,)
        below = 0 if self.legend.isHidden() else self.legend.height()
        room = self.rect().adjusted(0, 0, 0, -below)
        self.legend.setGeometry(0, room.height(), self.width(), below)
        rows, columns = arranged(len(shown), room.width(), room.height())
        for frame in self._frames:
            if frame not in shown:
                frame.hide()
        for place, frame in enumerate(shown):
            frame.setGeometry(_cell(*divmod(place, columns), rows, columns, room.size()))
            frame.show()


def _cell(row: int, column: int, rows: int, columns: int, room: QSize) -> QRect:
    """The rectangle of a cell; all are of one size, so that heads are."""
    left, right = (round((room.width() + GAP) * at / columns) for at in (column, column + 1))
    top, bottom = (round((room.height() + GAP) * at / rows) for at in (row, row + 1))
    return QRect(left, top, right - left - GAP, bottom - top - GAP)
