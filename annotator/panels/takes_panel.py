"""The takes of the clip and how far the shown one lies from the recording."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QColor, QIcon, QKeyEvent, QPainter, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QInputDialog,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from annotator.panels.fields import KeyKeeper
from annotator.session import Session
from viewer.core.channels import REGIONS

_ID = Qt.ItemDataRole.UserRole
_DELETE = (Qt.Key.Key_Delete, Qt.Key.Key_Backspace)
_COLUMNS = (
    ("Region", "Part of the face"),
    ("Error", "Mean absolute difference"),
    ("Worst channel", "The channel that differs most"),
    ("r", "Correlation"),
)


class TakesPanel(QWidget):
    """A list of takes; the chosen one is on the second face and in the table."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        title = QLabel("Takes")
        title.setObjectName("SectionTitle")
        self._empty = QLabel("No take yet. Generate one to see it beside the recording.")
        self._empty.setObjectName("Muted")
        self._empty.setWordWrap(True)
        self._list = QListWidget()
        self._list.setAccessibleName("Takes")
        self._list.setMinimumHeight(76)
        self._list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self._list.installEventFilter(KeyKeeper(self._list, (Qt.Key.Key_F2, *_DELETE)))
        self._list.installEventFilter(self)
        self._summary = QLabel()
        self._summary.setObjectName("Muted")
        self._summary.setWordWrap(True)
        self._table = QTableWidget(0, len(_COLUMNS))
        for place, (name, meaning) in enumerate(_COLUMNS):
            title_cell = QTableWidgetItem(name)
            title_cell.setToolTip(meaning)
            self._table.setHorizontalHeaderItem(place, title_cell)
        self._table.verticalHeader().hide()
        self._table.verticalHeader().setDefaultSectionSize(24)
        self._table.setShowGrid(False)
        self._table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self._table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self._table.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        header = self._table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 8)
        column.setSpacing(4)
        column.addWidget(title)
        column.addWidget(self._empty)
        column.addWidget(self._list, 1)
        column.addWidget(self._summary)
        column.addWidget(self._table, 3)
        self._list.currentItemChanged.connect(self._chosen)
        self._list.customContextMenuRequested.connect(self._menu)
        session.takes.changed.connect(self.refresh)
        session.comparing.changed.connect(self.show_comparison)
        session.clip_closed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        takes = self._session.takes.all()
        blocked = self._list.blockSignals(True)
        self._list.clear()
        for take in takes:
            count = len(take.info.record.get("keyframes", ()))
            item = QListWidgetItem(_dot(take.colour), f"{take.name}  ·  {count} keyframes")
            item.setData(_ID, take.id)
            item.setToolTip(f"{take.id}, made {take.info.created}")
            self._list.addItem(item)
            if take.id == self._session.takes.shown_id:
                self._list.setCurrentItem(item)
        self._list.blockSignals(blocked)
        self._list.setVisible(bool(takes))
        self._empty.setVisible(not takes)
        if not takes:
            self.show_comparison(None)

    def show_comparison(self, comparison: dict[str, Any] | None) -> None:
        """Fill the table from :func:`annotator.core.comparing.metrics.compare`; None clears it."""
        self._table.setVisible(comparison is not None)
        self._summary.setVisible(comparison is not None)
        if comparison is None:
            return
        whole = comparison["overall"]
        self._summary.setText(
            f"Mean error against {comparison['reference']} {whole['mae']:.3f}, "
            f"{comparison['frames']} frames with a face"
        )
        channels = comparison["channels"]
        regions = comparison["regions"]
        rows = [region for region in REGIONS if regions.get(region, {}).get("mae")]
        self._table.setRowCount(len(rows))
        for i, region in enumerate(rows):
            found = regions[region]
            mine = {name: c for name, c in channels.items() if c.get("region") == region}
            worst = max(mine, key=lambda name: mine[name]["mae"], default="–")
            correlation = found.get("correlation")
            cells = (
                region,
                f"{found['mae']:.3f}",
                worst,
                "–" if correlation is None else f"{correlation:+.2f}",
            )
            for column, text in enumerate(cells):
                cell = QTableWidgetItem(text)
                if column == 2 and worst in mine:
                    cell.setToolTip(f"{worst}: mean error {mine[worst]['mae']:.3f}")
                self._table.setItem(i, column, cell)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        item = self._list.currentItem()
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and item is not None:
            if event.key() in _DELETE:
                self._session.generating.delete_take(item.data(_ID))
                return True
            if event.key() == Qt.Key.Key_F2:
                self._rename(item.data(_ID))
                return True
        return False

    def _chosen(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self._session.takes.show(item.data(_ID))

    def _menu(self, at: QPoint) -> None:
        item = self._list.itemAt(at)
        if item is None:
            return
        id = item.data(_ID)
        menu = QMenu(self)
        menu.addAction("Rename…", lambda: self._rename(id))
        menu.addAction("Export…", lambda: self._session.export_requested.emit(id))
        menu.addAction("Delete", lambda: self._session.generating.delete_take(id))
        menu.exec(self._list.mapToGlobal(at))

    def _rename(self, id: str) -> None:
        take = self._session.takes.find(id)
        if take is not None:
            name, ok = QInputDialog.getText(self, "Rename take", "Name", text=take.name)
            if ok:
                self._session.generating.rename_take(id, name)


def _dot(colour: str) -> QIcon:
    picture = QPixmap(24, 24)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colour))
    painter.drawEllipse(4, 4, 16, 16)
    painter.end()
    made = QIcon(picture)
    made.addPixmap(picture, QIcon.Mode.Selected)
    return made
