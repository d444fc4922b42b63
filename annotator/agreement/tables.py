"""The tables of a report on agreement, sorted by any column, and its confusion matrices."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from annotator.agreement.sheets import NO_LABEL, Row, Sheet
from annotator.core.agreement.report import Confusion
from annotator.widgets.plain_label import PlainLabel, plain_tip
from viewer.palette import Palette

Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_MEASURED = 40
"""Rows whose words decide how wide columns are."""
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class SheetModel(QAbstractTableModel):
    """Cells of one :class:`~annotator.agreement.sheets.Sheet`."""

    def __init__(self, sheet: Sheet) -> None:
        super().__init__()
        self._sheet = sheet
        self.rows = list(sheet.rows)

    def rowCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._sheet.headers)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        cell = self.rows[index.row()].cells[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return cell.text
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(cell.tip or cell.text)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if cell.is_number else _LEFT
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._sheet.headers[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            number = bool(self.rows) and self.rows[0].cells[section].is_number
            return _RIGHT if number else _LEFT
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """By what the column's cells are sorted by; -1 is the order of the report."""
        self.layoutAboutToBeChanged.emit()
        self.rows = list(self._sheet.rows)
        if column >= 0:
            down = order == Qt.SortOrder.DescendingOrder
            self.rows.sort(key=lambda row: row.cells[column].key, reverse=down)
        self.layoutChanged.emit()


class SheetView(QWidget):
    """A table with a line about it; ``opened`` brings the row that was chosen with Enter or a double
    click."""

    opened = Signal(object)

    def __init__(self, sheet: Sheet) -> None:
        super().__init__()
        self.sheet = sheet
        self.model = SheetModel(sheet)
        self.table = plain_table(sheet.title)
        header = self.table.horizontalHeader()
        header.setResizeContentsPrecision(_MEASURED)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.table.setModel(self.model)
        self.table.setSortingEnabled(True)
        self.table.resizeColumnsToContents()
        header.setSectionResizeMode(sheet.wide, QHeaderView.ResizeMode.Stretch)
        about = PlainLabel(sheet.about if sheet.rows else sheet.empty)
        about.setObjectName("Muted")
        about.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 12, 0, 0)
        column.setSpacing(8)
        column.addWidget(about)
        column.addWidget(self.table, 1)
        self.table.setVisible(bool(sheet.rows))
        if not sheet.rows:
            column.addStretch(1)
        self.table.activated.connect(lambda index: self.opened.emit(self.model.rows[index.row()]))
        if sheet.rows:
            self.table.selectRow(0)

    def chosen(self) -> Row | None:
        """The row that is chosen."""
        index = self.table.currentIndex()
        return self.model.rows[index.row()] if index.isValid() else None


def plain_table(name: str) -> QTableView:
    """A table of whole rows that is read and not edited."""
    table = QTableView()
    table.setAccessibleName(name)
    table.verticalHeader().hide()
    table.setShowGrid(False)
    table.setWordWrap(False)
    table.setTabKeyNavigation(False)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    return table


class TintDelegate(QStyledItemDelegate):
    """Paints the background that a model gives a cell, which a style sheet would leave out."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        tint = index.data(Qt.ItemDataRole.BackgroundRole)
        if tint is not None:
            painter.fillRect(option.rect.adjusted(1, 1, -1, -1), tint)
        super().paint(painter, option, index)


class ConfusionModel(QAbstractTableModel):
    """Points by the label of the first annotator (rows) and of the second (columns), the darker the larger
    their part of the row."""

    def __init__(self, confusion: Confusion, palette: Palette) -> None:
        super().__init__()
        self._found, self._palette = confusion, palette

    def rowCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._found.labels)

    def columnCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._found.labels)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self._found.counts[index.row()]
        count = row[index.column()]
        share = count / max(1, sum(row))
        if role == Qt.ItemDataRole.DisplayRole:
            return f"{count:,}" if count else "·"
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignCenter
        if role == Qt.ItemDataRole.ForegroundRole and not count:
            return QColor(self._palette.muted)
        if role == Qt.ItemDataRole.BackgroundRole and count:
            colour = QColor(self._palette.success if index.row() == index.column() else self._palette.warning)
            colour.setAlphaF(0.08 + 0.42 * share)
            return colour
        if role == Qt.ItemDataRole.ToolTipRole:
            first, second = self._name(index.row()), self._name(index.column())
            return plain_tip(f"{first} and {second}: {count:,} points, {100 * share:.0f} % of the row")
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return self._name(section)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignCenter if orientation == Qt.Orientation.Horizontal else _RIGHT
        return None

    def _name(self, place: int) -> str:
        return self._found.labels[place] or NO_LABEL
