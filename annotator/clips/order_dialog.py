"""The question in which order the columns of a nameless array are."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QButtonGroup,
    QDialog,
    QDialogButtonBox,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from annotator.widgets.plain_label import PlainLabel
from viewer.core.formats.arrays import ORDERS


class OrderDialog(QDialog):
    """Asks for one of the orders in ``choices``, each with the channels that would move most in it.
    :attr:`order` is the chosen one."""

    def __init__(
        self, name: str, choices: Mapping[str, tuple[str, ...]], chosen: str | None, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Order of the columns")
        about = PlainLabel()
        about.setWordWrap(True)
        about.setText(
            f"{name} does not name its columns. In which order did its program write them? "
            "Each order shows what would move most."
        )
        self.group = QButtonGroup(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(8)
        column.addWidget(about)
        self._orders = list(choices)
        for number, (order, moving) in enumerate(choices.items()):
            button = QRadioButton(ORDERS[order])
            button.setChecked(order == chosen or (chosen not in choices and number == 0))
            self.group.addButton(button, number)
            column.addWidget(button)
            most = PlainLabel()
            most.setObjectName("Muted")
            most.setContentsMargins(24, 0, 0, 4)
            most.setText(", ".join(moving) if moving else "nothing moves")
            column.addWidget(most)
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setObjectName("Primary")
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        column.addWidget(self.buttons)
        self.setMinimumWidth(460)

    @property
    def order(self) -> str:
        """The order that is chosen now."""
        return self._orders[self.group.checkedId()]
