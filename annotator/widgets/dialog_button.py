"""The buttons of dialogs."""

from __future__ import annotations

from PySide6.QtWidgets import QPushButton


def dialog_button(title: str, tip: str = "") -> QPushButton:
    """A button that Enter presses only while it has the focus, or is made the default."""
    button = QPushButton(title)
    button.setToolTip(tip)
    button.setAutoDefault(False)
    return button
