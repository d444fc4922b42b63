"""The list of marks: all keyframes and emotion spans of the clip, in the order of their times."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from annotator.keyframes.controller import KeyframesController
from annotator.keyframes.marks_model import Index, MarksModel, rows_of
from annotator.session.session import Session
from annotator.widgets.plain_label import PlainLabel
from annotator.widgets.when_shown import WhenShown

_EMOTION_FROM = 380
"""Pixels: in a narrower list the emotion stands under the time, not beside it."""
_LINES = 2
"""Lines of words a row has room for."""
_AROUND = 8
"""Pixels above and below them: one more, and half of another line would be drawn."""
_DOT = 12
"""Pixels of the dot in the colour of an emotion that stands under the time."""
_FOR_DOT = 4 * "\N{NO-BREAK SPACE}"
"""The room for it before the label."""


class MarksPanel(QWidget):
    """Follows the selection of the timeline, and chooses there what is chosen here.  ``counted`` brings
    how many marks there are, in words."""

    counted = Signal(str)

    def __init__(self, session: Session, keyframes: KeyframesController) -> None:
        super().__init__()
        self._session, self._keyframes = session, keyframes
        self.model = MarksModel()
        self.table = self._make_table()
        self._following = False
        self._empty = PlainLabel(
            session.keys.worded(
                "No mark yet.\n{mark_keyframe} marks a keyframe,\n{toggle_span} starts an emotion span."
            )
        )
        self._empty.setObjectName("Muted")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 0, 2, 4)
        column.setSpacing(0)
        column.addWidget(self.table, 1)
        column.addWidget(self._empty, 1)
        self.table.selectionModel().selectionChanged.connect(self._row_selected)
        # One that is selected already has its moment shown, too.
        self.table.clicked.connect(lambda _index: self._keyframes.show_selected())
        WhenShown(self, self.refresh).after(
            session.clip_opened,
            session.clip_closed,
            session.selection_changed,
            session.vocabulary_changed,
            session.changed,
        )
        self.refresh()

    def _make_table(self) -> QTableView:
        table = QTableView()
        table.setObjectName("Marks")
        table.setModel(self.model)
        table.setItemDelegate(_MarkRow(table, self._session))
        table.setAccessibleName("Keyframes and emotion spans")
        table.horizontalHeader().hide()
        table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        table.horizontalHeader().setStretchLastSection(True)
        rows = table.verticalHeader()
        rows.hide()
        # Rows of one height: fitting each to its words would ask all of them at every change.
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        table.setShowGrid(False)
        table.setWordWrap(True)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        table.setTabKeyNavigation(False)
        return table

    def refresh(self) -> None:
        """Show the marks there are now, and the selected one."""
        rows = rows_of(self._session.state, frozenset(self._session.vocabulary))
        self._following = True
        self.model.use_colours(self._session.label_colours)
        self.model.show_rows(rows)
        chosen = self.model.row_of(self._session.selection[1])
        if chosen < 0:
            self.table.clearSelection()
        elif not self.table.selectionModel().isRowSelected(chosen):
            self.table.selectRow(chosen)
        self._following = False
        if rows:
            self._fit()
        self.table.setVisible(bool(rows))
        self._empty.setVisible(not rows and self._session.state is not None)
        keyframes = sum(row.kind == "keyframe" for row in rows)
        self.counted.emit(f"{keyframes} ◆  {len(rows) - keyframes} ▬" if rows else "")

    def _fit(self) -> None:
        """As wide as the last keyframe and the last span: hours are written once there are some."""
        last = {row.kind: place for place, row in enumerate(self.model.rows)}
        metrics = self.table.fontMetrics()
        wide = max(metrics.horizontalAdvance(self.model.rows[place].text(0)) for place in last.values()) + 16
        if wide != self.table.columnWidth(0):
            self.table.setColumnWidth(0, wide)
        self.table.setColumnHidden(1, self.width() < _EMOTION_FROM)
        tall = _LINES * metrics.lineSpacing() + _AROUND
        if tall != self.table.verticalHeader().defaultSectionSize():
            self.table.verticalHeader().setDefaultSectionSize(tall)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.table.setColumnHidden(1, self.width() < _EMOTION_FROM)

    def _row_selected(self) -> None:
        chosen = self.table.selectionModel().selectedRows()
        if chosen and not self._following:
            row = self.model.rows[chosen[0].row()]
            self._session.select(row.kind, row.id, move=True)


class _MarkRow(QStyledItemDelegate):
    """Two lines a row: the words are wrapped, and the emotion stands under the time where it has no column.
    The selected row has a bar in the accent colour."""

    def __init__(self, table: QTableView, session: Session) -> None:
        super().__init__(table)
        self._table, self._session = table, session

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        super().initStyleOption(option, index)
        narrow, flag = self._table.isColumnHidden(1), Qt.AlignmentFlag
        # A line alone stands in the middle of its row, beside two of them at the first.
        option.displayAlignment = flag.AlignLeft | (flag.AlignTop if narrow else flag.AlignVCenter)
        option.decorationAlignment = option.displayAlignment
        if index.column() == 0 and narrow:
            label = str(index.sibling(index.row(), 1).data())
            room = self._table.columnWidth(0) - 12 - option.fontMetrics.horizontalAdvance(_FOR_DOT)
            label = option.fontMetrics.elidedText(label, Qt.TextElideMode.ElideRight, room)
            option.text += f"\n{_FOR_DOT}{label}"

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        super().paint(painter, option, index)
        dot = index.sibling(index.row(), 1).data(Qt.ItemDataRole.DecorationRole)
        if index.column() == 0 and dot is not None and self._table.isColumnHidden(1):
            below = option.rect.top() + _AROUND // 2 + option.fontMetrics.lineSpacing()
            dot.paint(painter, option.rect.left() + 4, below, _DOT, option.fontMetrics.lineSpacing())
        if index.column() == 0 and option.state & QStyle.StateFlag.State_Selected:
            area = option.rect
            painter.fillRect(area.left(), area.top(), 3, area.height(), QColor(self._session.palette.accent))
