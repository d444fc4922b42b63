"""``?``: every key, and changing them."""

from __future__ import annotations

import sys

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QKeySequenceEdit,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from annotator.widgets.plain_label import PlainLabel
from annotator.window.actions import ACTIONS, BY_ID, GROUPS, conflicts, keys_of
from annotator.window.system_keys import taken_by_macos
from viewer.key_names import native

_ID = Qt.ItemDataRole.UserRole


class KeysDialog(QDialog):
    """Shows the keys by group; the chosen one can be given another key sequence.

    ``remapped`` is the settings' map and is changed only by Save."""

    def __init__(self, remapped: dict[str, list[str]], vocabulary: dict[int, str], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keys")
        self.resize(640, 640)
        self.remapped = {id: list(keys) for id, keys in remapped.items()}
        self._vocabulary = vocabulary
        self._search = QLineEdit()
        self._search.setPlaceholderText("Find a command or a key")
        self._tree = QTreeWidget()
        self._tree.setHeaderLabels(["Command", "Keys"])
        self._tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self._tree.setRootIsDecorated(False)
        self._edit = QKeySequenceEdit()
        self._edit.setMaximumSequenceLength(1)
        self._edit.setEnabled(False)
        reset = QPushButton("Default")
        self._clash = PlainLabel()
        self._clash.setObjectName("Muted")
        self._clash.setWordWrap(True)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Close
        )
        buttons.button(QDialogButtonBox.StandardButton.Save).setObjectName("Primary")
        change = QHBoxLayout()
        change.setSpacing(8)
        change.addWidget(PlainLabel("New key"))
        change.addWidget(self._edit, 1)
        change.addWidget(reset)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(8)
        column.addWidget(self._search)
        column.addWidget(self._tree, 1)
        column.addLayout(change)
        column.addWidget(self._clash)
        column.addWidget(buttons)
        self._search.textChanged.connect(self._fill)
        self._tree.currentItemChanged.connect(self._chosen)
        self._edit.editingFinished.connect(self._set_key)
        reset.clicked.connect(self._reset)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self._fill("")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter in the search field must not save and close."""
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)

    def _title(self, id: str) -> str:
        if id.startswith("vocabulary_"):
            label = self._vocabulary.get(int(id.rsplit("_", 1)[1]))
            if label is not None:
                return f"Label: {label}"
        return BY_ID[id].title

    def _fill(self, words: str) -> None:
        current = self._tree.currentItem()
        chosen = current.data(0, _ID) if current is not None else None
        self._tree.clear()
        bold = QFont(self._tree.font())
        bold.setWeight(QFont.Weight.DemiBold)
        for group in GROUPS:
            top = QTreeWidgetItem([group])
            top.setFont(0, bold)
            for spec in (s for s in ACTIONS if s.group == group):
                given = keys_of(spec, self.remapped)
                keys = ", ".join(map(native, given))
                title = self._title(spec.id)
                known_by = " ".join((title, keys, *(key.toString() for key in given)))
                if words.lower() not in known_by.lower():
                    continue
                row = QTreeWidgetItem([title, keys])
                row.setData(0, _ID, spec.id)
                top.addChild(row)
                if spec.id == chosen:
                    chosen = row
            if top.childCount():
                top.setFlags(Qt.ItemFlag.ItemIsEnabled)
                self._tree.addTopLevelItem(top)
        self._tree.expandAll()
        if isinstance(chosen, QTreeWidgetItem):
            self._tree.setCurrentItem(chosen)
        self._show_clash()

    def _chosen(self, item: QTreeWidgetItem | None) -> None:
        id = item.data(0, _ID) if item is not None else None
        self._edit.setEnabled(bool(id))
        if id:
            keys = keys_of(BY_ID[id], self.remapped)
            self._edit.setKeySequence(keys[0] if keys else QKeySequence())

    def _set_key(self) -> None:
        item = self._tree.currentItem()
        id = item.data(0, _ID) if item is not None else None
        key = self._edit.keySequence().toString()
        if id and key != (self.remapped.get(id, list(BY_ID[id].keys)) or [""])[0]:
            self.remapped[id] = [key] if key else []
            self._fill(self._search.text())

    def _reset(self) -> None:
        item = self._tree.currentItem()
        id = item.data(0, _ID) if item is not None else None
        if id:
            self.remapped.pop(id, None)
            self._fill(self._search.text())

    def _show_clash(self) -> None:
        clashes = conflicts(self.remapped)
        lines = [
            f"{native(key)} runs nothing: {' and '.join(self._title(i) for i in ids)} both claim it"
            for key, ids in clashes.items()
        ]
        if sys.platform == "darwin":
            lines += [
                f"{native(key)} {taken} on macOS: choose another key for {self._title(spec.id)}"
                for spec in ACTIONS
                for key in keys_of(spec, self.remapped)
                if (taken := taken_by_macos(key.toString(), spec.id))
            ]
        self._clash.setText("\n".join(lines))
        self._clash.setVisible(bool(lines))
