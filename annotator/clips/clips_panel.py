"""The clips of a dataset: status, filter, search, faults."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QPainter
from PySide6.QtWidgets import (
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from annotator.core.model import STATUSES
from annotator.session.clip_row import ClipRow
from annotator.session.session import Session
from annotator.widgets.dots import paint_status, status_icon
from annotator.widgets.fields import ChoiceField, KeyKeeper, guard
from annotator.widgets.plain_label import PlainLabel, plain_tip
from viewer.palette import Palette

_ROW = Qt.ItemDataRole.UserRole
Index = QModelIndex | QPersistentModelIndex


class ClipListModel(QAbstractListModel):
    """One row a clip; the row object is under ``Qt.UserRole``."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[ClipRow] = []
        self._places: dict[str, int] = {}

    def show_rows(self, rows: list[ClipRow]) -> None:
        """Replace all rows; what was selected in a view has to be selected anew."""
        self.beginResetModel()
        self._rows = rows
        self._places = {row.id: at for at, row in enumerate(rows)}
        self.endResetModel()

    def update_row(self, row: ClipRow) -> None:
        """Replace the row of the same clip."""
        at = self.row_of(row.id)
        if at >= 0:
            self._rows[at] = row
            self.dataChanged.emit(self.index(at), self.index(at))

    @property
    def done(self) -> int:
        """How many clips are done."""
        return sum(row.status == "done" for row in self._rows)

    def row_of(self, id: str) -> int:
        """The row of a clip, -1 for none."""
        return self._places.get(id, -1)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self._rows[index.row()]
        if role == _ROW:
            return row
        if role == Qt.ItemDataRole.DisplayRole:
            return row.id
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(row.fault or row.summary or row.id)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{row.id}, {'broken: ' + row.fault if row.fault else row.status}"
        return None


class ClipFilter(QSortFilterProxyModel):
    """Keeps rows whose id, words or tags hold every searched word, and of one status."""

    def __init__(self) -> None:
        super().__init__()
        self._words: list[str] = []
        self._status = ""

    def search(self, text: str) -> None:
        """Let through the clips that have all words of ``text``, in any case; empty lets all through."""
        self.beginFilterChange()
        self._words = text.lower().split()
        self.endFilterChange()

    def choose_status(self, status: str) -> None:
        """Let through the clips with this status; empty lets all through."""
        self.beginFilterChange()
        self._status = status
        self.endFilterChange()

    def filterAcceptsRow(self, source_row: int, source_parent: Index) -> bool:
        row: ClipRow = self.sourceModel().index(source_row, 0, source_parent).data(_ROW)
        if self._status == "broken" and not row.fault:
            return False
        if self._status not in ("", "broken") and (row.status != self._status or row.fault):
            return False
        return all(word in row.search_text for word in self._words)


class ClipDelegate(QStyledItemDelegate):
    """Draws a clip: a sign for its status, its id, and one line of what it is about."""

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self.palette = palette

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(120, 44)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row: ClipRow = index.data(_ROW)
        p = self.palette
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        rect: QRect = option.rect
        if selected or hovered:
            painter.fillRect(rect, QColor(p.chosen if selected else p.raised))
        if selected:
            painter.fillRect(rect.left(), rect.top(), 3, rect.height(), QColor(p.accent))
        sign = QRectF(rect.left() + 10, rect.top() + 8, 12, 12)
        paint_status(painter, sign, "broken" if row.fault else row.status, p)
        font = QFont(option.font)
        font.setBold(selected)
        painter.setFont(font)
        metrics = painter.fontMetrics()
        width = rect.width() - 36
        painter.setPen(QColor(p.text))
        title = metrics.elidedText(row.id, Qt.TextElideMode.ElideMiddle, width)
        painter.drawText(rect.left() + 28, rect.top() + 18, title)
        font.setBold(False)
        painter.setFont(font)
        painter.setPen(QColor(p.error if row.fault else p.muted))
        words = row.fault or row.summary or row.status
        line = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, width)
        painter.drawText(rect.left() + 28, rect.top() + 36, line)
        painter.restore()


class ClipsPanel(QWidget):
    """The list at the left.  Opening a clip goes through the session."""

    listed_changed = Signal()
    """Other clips are listed, or in another order."""
    search_wanted = Signal()
    """The keys go into the search field now: it should be in sight."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._search = QLineEdit()
        self._search.setAccessibleName("Find a clip")
        self._search.setPlaceholderText("Find a clip")
        session.keys.tip(
            self._search, "Words of the script, background or emotion, tags, or an id ({find_clip})"
        )
        self._search.setClearButtonEnabled(True)
        guard(self._search)
        self._status = ChoiceField()
        self._status.addItems(["All clips", *(s.capitalize() for s in STATUSES), "Broken"])
        self._list = QListView()
        self._list.setObjectName("Clips")
        self._list.setAccessibleName("Clips")
        self._status.setAccessibleName("Status of the clips shown")
        self._list.setMouseTracking(True)
        self._list.setUniformItemSizes(True)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._model = ClipListModel()
        self._filter = ClipFilter()
        self._filter.setSourceModel(self._model)
        self._delegate = ClipDelegate(session.palette)
        self._list.setModel(self._filter)
        self._list.setItemDelegate(self._delegate)
        self._empty = PlainLabel()
        self._empty.setObjectName("Muted")
        self._empty.setWordWrap(True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._count = PlainLabel()
        self._count.setObjectName("Muted")
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 4, 8, 8)
        column.setSpacing(8)
        for widget in (self._search, self._status, self._empty, self._list, self._count):
            column.addWidget(widget)
        self._connect()
        self.refresh()

    def _connect(self) -> None:
        self._search.textChanged.connect(self._filter.search)
        self._search.textChanged.connect(self._show_count)
        self._search.returnPressed.connect(self._open_first)
        self._status.currentIndexChanged.connect(self._choose_status)
        # Enter opens the clip here; elsewhere it describes a keyframe.
        self._list.installEventFilter(KeyKeeper(self._list, (Qt.Key.Key_Return, Qt.Key.Key_Enter)))
        self._list.clicked.connect(self._open_index)
        self._list.activated.connect(self._open_index)
        self._session.clips_changed.connect(self.refresh)
        self._session.clip_row_changed.connect(self._model.update_row)
        self._session.clip_opened.connect(self._select_current)

    def focus_search(self) -> None:
        """Put the keys into the search field, its text selected."""
        self.search_wanted.emit()
        self._search.setFocus()
        self._search.selectAll()

    def set_theme(self, palette: Palette) -> None:
        """Paint the rows in these colours from now on."""
        self._delegate.palette = palette
        for place, status in enumerate((*STATUSES, "broken"), 1):
            self._status.setItemIcon(place, status_icon(status, palette))
        self._list.viewport().update()

    def visible_ids(self) -> list[str]:
        """The ids of the clips the filter lets through, in order: what PgUp/PgDn walk."""
        return [self._filter.index(i, 0).data(_ROW).id for i in range(self._filter.rowCount())]

    def neighbour(self, id: str, direction: int) -> str | None:
        """The listed clip after (1) or before (-1) the clip ``id``; of one that is not listed, the first
        or the last.  Asked at every change, so it takes no longer for thousands of clips."""
        at = self._filter.mapFromSource(self._model.index(self._model.row_of(id))).row()
        if at < 0:
            at = -1 if direction > 0 else self._filter.rowCount()
        index = self._filter.index(at + direction, 0)
        return index.data(_ROW).id if index.isValid() else None

    def refresh(self) -> None:
        """List the clips as the session has them now; search, filter and the open clip stay chosen."""
        self._model.show_rows(self._session.clip_rows())
        self._select_current()
        self._show_count()

    def _choose_status(self, index: int) -> None:
        self._filter.choose_status(["", *STATUSES, "broken"][index])
        self._show_count()

    def _show_count(self) -> None:
        total, shown = self._model.rowCount(), self._filter.rowCount()
        keys = self._session.keys
        self._list.setVisible(shown > 0)
        self._empty.setVisible(shown == 0)
        if total:
            self._empty.setText("No clip matches the filter.")
        elif self._session.library is not None:
            self._empty.setText(keys.worded("No clip yet.\nAdd a video or a track with {add_clip}."))
        else:
            self._empty.setText(
                keys.worded("Open a dataset ({open_folder})\nor drop a video or a track here.")
            )
        self._count.setText(f"{shown} of {total} clips · {self._model.done} done" if total > 1 else "")
        self._select_current()
        self.listed_changed.emit()

    def _open_first(self) -> None:
        if self._filter.rowCount():
            self._open_index(self._filter.index(0, 0))

    def _open_index(self, index: QModelIndex) -> None:
        row: ClipRow = index.data(_ROW)
        if row.id != self._session.clip_id:
            self._session.open_clip(row.id)

    def _select_current(self) -> None:
        row = self._model.row_of(self._session.clip_id)
        index = self._filter.mapFromSource(self._model.index(row)) if row >= 0 else QModelIndex()
        if index.isValid():
            self._list.setCurrentIndex(index)
            self._list.scrollTo(index)
        else:
            self._list.clearSelection()
