"""The keyframes and emotion spans of a clip as the rows of a table."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from annotator.core.model import ClipState
from annotator.core.vocabulary import UNLISTED_SIGN, shown_label
from annotator.widgets.dots import dot_icon
from annotator.widgets.plain_label import plain_tip
from viewer.transport_bar import format_timecode

COLUMNS = ("Time", "Emotion", "Description")
Index = QModelIndex | QPersistentModelIndex
_SIGNS = {"keyframe": "◆", "span": "▬"}


@dataclass(frozen=True, order=True)
class MarkRow:
    """A keyframe or a span; rows are in the order of their times."""

    time_in_clip: float
    id: str
    kind: Literal["keyframe", "span"]
    label: str
    words: str
    emotion: str
    """The label without the sign of one that the vocabulary does not list."""

    def text(self, column: int) -> str:
        """What a column shows."""
        time = f"{_SIGNS[self.kind]} {format_timecode(self.time_in_clip)}"
        return (time, self.label, self.words)[column]

    def tip(self, column: int) -> str:
        """What a column tells under the mouse."""
        if column == 1 and self.label.startswith(UNLISTED_SIGN):
            return f"“{self.label[2:]}” is not in the dataset's list of labels"
        return self.words or self.label


def rows_of(state: ClipState | None, labels: Collection[str]) -> list[MarkRow]:
    """The rows of a clip, none without one; ``labels`` are those of the vocabulary."""
    if state is None:
        return []
    rows = [
        MarkRow(k.time, k.id, "keyframe", shown_label(k.emotion, labels), k.description, k.emotion)
        for k in state.keyframes
    ]
    rows += [
        MarkRow(
            s.start,
            s.id,
            "span",
            shown_label(s.label, labels),
            f"{s.end - s.start:.2f} s · intensity {s.intensity}",
            s.label,
        )
        for s in state.spans
    ]
    return sorted(rows)


class MarksModel(QAbstractTableModel):
    """Tells its views only of the rows that changed, so that what an edit costs does not grow with
    the clip."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[MarkRow] = []
        self._colours: Mapping[str, str] = {}

    def use_colours(self, colours: Mapping[str, str]) -> None:
        """Show emotions in these colours, sRGB hex by label; idempotent."""
        if colours is not self._colours:
            self._colours = colours
            if self._rows:
                self.dataChanged.emit(self.index(0, 1), self.index(len(self._rows) - 1, 1))

    @property
    def rows(self) -> Sequence[MarkRow]:
        """What the table shows, in its order."""
        return self._rows

    def show_rows(self, rows: list[MarkRow]) -> None:
        """Become ``rows``: those of the same id and place are changed, others come and go."""
        old = self._rows
        start = _alike(old, rows)
        left = min(len(old), len(rows)) - start
        end = _alike(old[::-1], rows[::-1], left)
        if gone := len(old) - start - end:
            self.beginRemoveRows(QModelIndex(), start, start + gone - 1)
            self._rows = old[:start] + old[len(old) - end :]
            self.endRemoveRows()
        if come := len(rows) - start - end:
            self.beginInsertRows(QModelIndex(), start, start + come - 1)
            self._rows = self._rows[:start] + rows[start : start + come] + self._rows[start:]
            self.endInsertRows()
        for place, row in enumerate(rows):
            if row != self._rows[place]:
                self._rows[place] = row
                self.dataChanged.emit(self.index(place, 0), self.index(place, len(COLUMNS) - 1))

    def row_of(self, id: str) -> int:
        """The row of a keyframe or a span, -1 for none."""
        return next((place for place, row in enumerate(self._rows) if row.id == id), -1)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(COLUMNS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self._rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return row.text(index.column())
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(row.tip(index.column()))
        if role == Qt.ItemDataRole.DecorationRole and index.column() == 1 and row.emotion in self._colours:
            return dot_icon(self._colours[row.emotion])
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return COLUMNS[section]
        return None


def _alike(one: Sequence[MarkRow], other: Sequence[MarkRow], most: int | None = None) -> int:
    """How many rows at the start are of the same marks, ``most`` at most."""
    count = 0
    for mine, theirs in zip(one, other, strict=False):
        if (mine.kind, mine.id) != (theirs.kind, theirs.id) or count == most:
            break
        count += 1
    return count
