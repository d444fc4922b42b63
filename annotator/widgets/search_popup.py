"""A field to type in over a list of what matches: Enter takes the chosen row, Escape leaves."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QKeyEvent, QPainter, QPalette
from PySide6.QtWidgets import (
    QDialog,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

RIGHT = Qt.ItemDataRole.UserRole + 1
"""The role of what a row shows at its right, muted."""
REASON = Qt.ItemDataRole.UserRole + 2
"""The role of why a row cannot be taken; such a row is muted."""

_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_AT_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_PAGE = 10


def matches(words: str, title: str) -> bool:
    """Whether every typed word begins a word of ``title`` or lies in it."""
    return all(word in title.casefold() for word in words.casefold().split())


class _Row(QStyledItemDelegate):
    """Draws a row, muted and with the reason where it cannot be taken, and what stands at its right."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        row = QStyleOptionViewItem(option)
        self.initStyleOption(row, index)
        title, right, reason = row.text, index.data(RIGHT) or "", index.data(REASON) or ""
        style, picture = row.widget.style(), row.rect.left() + 8
        row.text = ""
        style.drawControl(QStyle.ControlElement.CE_ItemViewItem, row, painter, row.widget)
        painter.save()
        place, metrics = row.rect.adjusted(8, 0, -12, 0), row.fontMetrics
        if not row.icon.isNull():
            place.setLeft(picture + row.decorationSize.width() + 8)
        muted = row.palette.color(QPalette.ColorGroup.Active, QPalette.ColorRole.PlaceholderText)
        painter.setPen(muted)
        painter.drawText(place, _AT_RIGHT, right)
        place.setRight(place.right() - metrics.horizontalAdvance(right) - 16)
        painter.setPen(
            muted if reason else row.palette.color(QPalette.ColorGroup.Active, QPalette.ColorRole.Text)
        )
        words = f"{title}  ·  {reason}" if reason else title
        painter.drawText(place, _LEFT, metrics.elidedText(words, Qt.TextElideMode.ElideRight, place.width()))
        painter.restore()


class SearchPopup(QDialog):
    """What a subclass lists in :meth:`fill` is taken by :meth:`take`."""

    def __init__(self, ask: str, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("Popup")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.search = QLineEdit()
        self.search.setPlaceholderText(ask)
        self.search.setAccessibleName(ask)
        self.list = QListWidget()
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setItemDelegate(_Row(self.list))
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(8, 8, 8, 8)
        self.column.addWidget(self.search)
        self.column.addWidget(self.list)
        self.resize(560, 400)
        self.search.textChanged.connect(self.show_matching)
        self.search.installEventFilter(self)
        self.list.itemClicked.connect(lambda _item: self._take())

    def fill(self, words: str) -> None:
        """Add the rows that match the typed ``words`` to the empty list."""
        raise NotImplementedError

    def take(self, item: QListWidgetItem, shift: bool) -> None:
        """Do what the row stands for; ``shift`` is held or not.  The popup is closed by then."""
        raise NotImplementedError

    def open_over(self, window: QWidget) -> None:
        """Show it at the top middle of ``window``."""
        self._cut_no_row()
        corner = window.mapToGlobal(window.rect().topLeft())
        self.move(corner.x() + (window.width() - self.width()) // 2, corner.y() + 80)
        self.show()
        self.search.setFocus()

    def _cut_no_row(self) -> None:
        """Give the list the height of whole rows, at most what there is room for."""
        self.column.activate()
        row, edges = self.list.sizeHintForRow(0), 2 * self.list.frameWidth()
        if row > 0:
            rows = min((self.list.height() - edges) // row, self.list.count())
            self.list.setFixedHeight(rows * row + edges)
            self.resize(self.width(), self.column.totalMinimumSize().height())

    def show_matching(self, words: str) -> None:
        """List what matches, the first row chosen."""
        self.list.clear()
        self.fill(words)
        self.list.setCurrentRow(0)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            key = Qt.Key
            steps = {key.Key_Down: 1, key.Key_Up: -1, key.Key_PageDown: _PAGE, key.Key_PageUp: -_PAGE}
            step = steps.get(Qt.Key(event.key()))
            if step is not None:
                row = self.list.currentRow() + step
                self.list.setCurrentRow(min(max(row, 0), self.list.count() - 1))
                return True
            if event.key() in (key.Key_Return, key.Key_Enter):
                self._take(bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
                return True
        return super().eventFilter(watched, event)

    def _take(self, shift: bool = False) -> None:
        item = self.list.takeItem(self.list.currentRow())
        self.close()
        if item is not None:
            self.take(item, shift)
