"""Ctrl+K: type a few letters of any command and run it."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QListWidgetItem, QWidget

from annotator.widgets.search_popup import REASON, RIGHT, SearchPopup, matches
from viewer.key_names import native

_ACTION = Qt.ItemDataRole.UserRole


class CommandPalette(SearchPopup):
    """Lists the window's actions with their keys; Enter runs the chosen one."""

    def __init__(self, actions: Iterable[QAction], parent: QWidget) -> None:
        super().__init__("Type a command", parent)
        self._actions = [a for a in actions if a.objectName() != "palette"]
        self.show_matching("")

    def fill(self, words: str) -> None:
        """Commands whose titles match; those that can act come first, the rest says why it cannot."""
        for action in sorted(self._actions, key=lambda action: not action.isEnabled()):
            if matches(words, action.text()):
                keys = native(action.shortcut())
                item = QListWidgetItem(action.text())
                item.setData(RIGHT, keys)
                item.setData(_ACTION, action)
                if not action.isEnabled():
                    item.setData(REASON, action.toolTip().removeprefix(f"{action.text()}: "))
                    item.setData(Qt.ItemDataRole.AccessibleTextRole, action.toolTip())
                    item.setToolTip(action.toolTip())
                    item.setFlags(Qt.ItemFlag.NoItemFlags)
                self.list.addItem(item)

    def take(self, item: QListWidgetItem, shift: bool) -> None:
        """Run the chosen command."""
        item.data(_ACTION).trigger()
