"""What is to become of a track that was dropped while a clip is open."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QVBoxLayout, QWidget

from annotator.widgets.plain_label import PlainLabel


class TrackQuestion(QDialog):
    """Offers the file ``path`` to the open clip as its track."""

    track_wanted = Signal()
    opening_wanted = Signal()

    def __init__(self, path: Path, clip: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("A track for this clip?")
        self.setMinimumWidth(440)
        words = PlainLabel(
            f"Use {path.name} as the track of {clip}? It is copied into the dataset, and undo brings back "
            "the track that the clip has now."
        )
        words.setWordWrap(True)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.use = self.buttons.addButton("Use it for this clip", QDialogButtonBox.ButtonRole.AcceptRole)
        self.use.setObjectName("Primary")
        self.use.setDefault(True)
        self.open_it = self.buttons.addButton("Open it by itself", QDialogButtonBox.ButtonRole.ActionRole)
        self.open_it.setAutoDefault(False)
        self.buttons.accepted.connect(self._use)
        self.buttons.rejected.connect(self.reject)
        self.open_it.clicked.connect(self._open)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(16)
        column.addWidget(words)
        column.addWidget(self.buttons)

    def _use(self) -> None:
        self.accept()
        self.track_wanted.emit()

    def _open(self) -> None:
        self.accept()
        self.opening_wanted.emit()
