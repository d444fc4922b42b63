"""Giving a take another name."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLineEdit, QVBoxLayout, QWidget

from annotator.session.open_clip import Take
from annotator.takes.controller import TakesController
from annotator.widgets.fields import Typing
from annotator.widgets.plain_label import PlainLabel


class RenameDialog(QDialog):
    """The take has its name while it is typed; Cancel gives it back the one before.  All of it is one
    step of undo."""

    def __init__(self, takes: TakesController, take: Take, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Rename take")
        self._takes, self._id, self._before = takes, take.id, take.name
        self.name = QLineEdit(take.name)
        self.name.setAccessibleName("Name of the take")
        self.name.selectAll()
        self._typing = Typing(self.name, self.name.text, self.name.setText)
        self._typing.show(take.name)
        self._typing.begin()
        self.name.textEdited.connect(self._typing.typed)
        self._typing.handed_on.connect(lambda text, gesture: takes.rename(self._id, text, gesture))
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Cancel | QDialogButtonBox.StandardButton.Ok
        )
        buttons.button(QDialogButtonBox.StandardButton.Ok).setObjectName("Primary")
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        column.addWidget(PlainLabel("Name"))
        column.addWidget(self.name)
        column.addWidget(buttons)
        self.setMinimumWidth(320)

    def accept(self) -> None:
        self._typing.commit()
        super().accept()

    def reject(self) -> None:
        self.name.setText(self._before)
        self._typing.hand_on()
        super().reject()
