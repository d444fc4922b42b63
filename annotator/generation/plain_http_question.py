"""The question whether a key may be sent over plain http."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QWidget


class PlainHttpQuestion(QMessageBox):
    """Asks once for a host; ``allowed`` is called when the key may be sent to it.

    Not to send it is what Enter and Escape mean.
    """

    def __init__(self, host: str, allowed: Callable[[], object], parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Key of a server")
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(f"Send the key to {host} over plain http?")
        self.setInformativeText(
            "Everyone on the network path can read it. The profile remembers your answer. Use https "
            "if the server supports it."
        )
        self.send = self.addButton("Send the key", QMessageBox.ButtonRole.AcceptRole)
        self.keep = self.addButton("Do not send it", QMessageBox.ButtonRole.RejectRole)
        self.setDefaultButton(self.keep)
        self.setEscapeButton(self.keep)
        self.send.clicked.connect(lambda: allowed())
