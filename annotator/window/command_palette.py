"""Ctrl+K: type a few letters of any command and run it."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QAction, QKeyEvent, QPainter, QPalette
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

from viewer.key_names import native

_ACTION = Qt.ItemDataRole.UserRole
_KEYS = Qt.ItemDataRole.UserRole + 1
_REASON = Qt.ItemDataRole.UserRole + 2
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


def matches(words: str, title: str) -> bool:
    """Whether every typed word begins a word of ``title`` or lies in it."""
    return all(word in title.lower() for word in words.lower().split())


class _CommandRow(QStyledItemDelegate):
    """Draws a command, muted and with the reason where it cannot act, and its keys at the right."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        row = QStyleOptionViewItem(option)
        self.initStyleOption(row, index)
        title, keys, reason = row.text, index.data(_KEYS) or "", index.data(_REASON) or ""
        row.text = ""
        row.widget.style().drawControl(QStyle.ControlElement.CE_ItemViewItem, row, painter, row.widget)
        painter.save()
        place, metrics = row.rect.adjusted(8, 0, -12, 0), row.fontMetrics
        muted = row.palette.color(QPalette.ColorGroup.Active, QPalette.ColorRole.PlaceholderText)
        painter.setPen(muted)
        painter.drawText(place, _RIGHT, keys)
        place.setRight(place.right() - metrics.horizontalAdvance(keys) - 16)
        painter.setPen(
            muted if reason else row.palette.color(QPalette.ColorGroup.Active, QPalette.ColorRole.Text)
        )
        words = f"{title}  ·  {reason}" if reason else title
        painter.drawText(place, _LEFT, metrics.elidedText(words, Qt.TextElideMode.ElideRight, place.width()))
        painter.restore()


class CommandPalette(QDialog):
    """Lists the window's actions with their keys; Enter runs the chosen one."""

    def __init__(self, actions: Iterable[QAction], parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._actions = [a for a in actions if a.objectName() != "palette"]
        self._search = QLineEdit()
        self._search.setPlaceholderText("Type a command")
        self._list = QListWidget()
        self._list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.setItemDelegate(_CommandRow(self._list))
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.addWidget(self._search)
        column.addWidget(self._list)
        self.resize(560, 400)
        self._search.textChanged.connect(self._fill)
        self._search.installEventFilter(self)
        self._list.itemClicked.connect(lambda _item: self._run())
        self._fill("")

    def open_over(self, window: QWidget) -> None:
        """Show it at the top middle of ``window``."""
        corner = window.mapToGlobal(window.rect().topLeft())
        self.move(corner.x() + (window.width() - self.width()) // 2, corner.y() + 80)
        self.show()
        self._search.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
            if step is not None:
                row = self._list.currentRow() + step
                self._list.setCurrentRow(min(max(row, 0), self._list.count() - 1))
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._run()
                return True
        return super().eventFilter(watched, event)

    def _fill(self, words: str) -> None:
        self._list.clear()
        # What can act comes first; the rest says why it cannot.
        for action in sorted(self._actions, key=lambda action: not action.isEnabled()):
            if matches(words, action.text()):
                keys = native(action.shortcut())
                item = QListWidgetItem(action.text())
                item.setData(_KEYS, keys)
                item.setData(_ACTION, action)
                if not action.isEnabled():
                    item.setData(_REASON, action.toolTip().removeprefix(f"{action.text()}: "))
                    item.setData(Qt.ItemDataRole.AccessibleTextRole, action.toolTip())
                    item.setToolTip(action.toolTip())
                    item.setFlags(Qt.ItemFlag.NoItemFlags)
                self._list.addItem(item)
        self._list.setCurrentRow(0)

    def _run(self) -> None:
        item = self._list.currentItem()
        action = item.data(_ACTION) if item is not None else None
        self.close()
        if action is not None:
            action.trigger()
