"""The room of the faces: one row of panes, or a square of four where that shows them larger."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, QSize, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from annotator.widgets.pane_frame import HEADER, PaneFrame

GAP = 8
_FACE_SHAPE = 0.74
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

    def __init__(self, frames: Sequence[PaneFrame]) -> None:
        super().__init__()
        self._frames = tuple(frames)
        self._wanted: tuple[PaneFrame, ...] = ()
        self._large: PaneFrame | None = None
        for frame in self._frames:
            frame.setParent(self)
            frame.enlarge_requested.connect(lambda frame=frame: self.enlarge(frame))
        self.show_frames(self._frames[:1])

    def minimumSizeHint(self) -> QSize:
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

    def show_frames(self, frames: Sequence[PaneFrame]) -> None:
        """Show these, in this order, and no others.  Idempotent."""
        if tuple(frames) == self._wanted:
            return
        more = len(frames) != len(self._wanted)
        self._wanted = tuple(frames)
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

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        shown = self._wanted if self._large is None else (self._large,)
        rows, columns = arranged(len(shown), self.width(), self.height())
        for frame in self._frames:
            if frame not in shown:
                frame.hide()
        for place, frame in enumerate(shown):
            frame.setGeometry(self._cell(*divmod(place, columns), rows, columns, len(shown)))
            frame.show()

    def _cell(self, row: int, column: int, rows: int, columns: int, count: int) -> QRect:
        """The rectangle of a cell; a last row that is not full shares its width."""
        here = columns if row < rows - 1 else count - columns * (rows - 1)
        left, right = (round((self.width() + GAP) * at / here) for at in (column, column + 1))
        top, bottom = (round((self.height() + GAP) * at / rows) for at in (row, row + 1))
        return QRect(left, top, right - left - GAP, bottom - top - GAP)
