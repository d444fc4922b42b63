"""What there is to know of files, as a list: of the open clip, or of recordings that were just added."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from annotator.core.findings import Finding, Level
from annotator.widgets.plain_label import PlainLabel
from annotator.widgets.theme import icon
from viewer.palette import Palette

_SIGNS: dict[Level, str] = {
    "error": "mdi6.alert-circle-outline",
    "warning": "mdi6.alert-outline",
    "note": "mdi6.information-outline",
}
_GRAVEST_FIRST: tuple[Level, ...] = ("error", "warning", "note")


class FindingsDialog(QDialog):
    """Lists ``findings``, the gravest first, to read and to copy."""

    def __init__(
        self, title: str, about: str, findings: Sequence[Finding], palette: Palette, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        self.resize(640, 420)
        text = PlainLabel()
        text.setObjectName("Muted")
        text.setWordWrap(True)
        text.setText(about)
        self.list = QListWidget()
        self.list.setAccessibleName(title)
        self.list.setWordWrap(True)
        self.list.setSpacing(3)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        colours = {"error": palette.error, "warning": palette.warning, "note": palette.muted}
        for finding in sorted(findings, key=lambda each: _GRAVEST_FIRST.index(each.level)):
            item = QListWidgetItem(icon(_SIGNS[finding.level], colours[finding.level]), finding.line())
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{finding.level}: {finding.line()}")
            self.list.addItem(item)
        self.list.setCurrentRow(0)
        self.copy_button = QPushButton("Copy all")
        self.copy_button.clicked.connect(self._copy)
        close = QPushButton("Close")
        close.setDefault(True)
        close.clicked.connect(self.accept)
        row = QHBoxLayout()
        row.addWidget(self.copy_button)
        row.addStretch(1)
        row.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(8)
        column.addWidget(text)
        column.addWidget(self.list, 1)
        column.addLayout(row)

    @property
    def lines(self) -> list[str]:
        """What is listed, in order."""
        return [self.list.item(row).text() for row in range(self.list.count())]

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText("\n".join(self.lines))
        self.copy_button.setText("Copied")
