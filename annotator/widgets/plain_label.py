"""Labels and tooltips for text that the studio did not write itself."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel


def plain_tip(text: str) -> str:
    """A tooltip that shows a name as it is, whatever tags somebody put into it."""
    return f"<p style='white-space: pre-wrap'>{escape(text)}</p>" if "<" in text else text


class PlainLabel(QLabel):
    """Shows names, faults and models' answers as they are: Qt would read tags in them as markup."""

    def __init__(self) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
