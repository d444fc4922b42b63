"""Buttons that stand for an action."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractButton

from annotator.widgets.plain_label import plain_tip
from viewer.key_names import with_key


def stand_for(button: QAbstractButton, action: QAction, more: str = "") -> None:
    """Let a click on ``button`` trigger ``action``, and enable it as that is.  Its tooltip says the action
    with its key and ``more``, or why it cannot act."""
    button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    button.clicked.connect(action.trigger)

    def show() -> None:
        said = with_key(action) if action.isEnabled() else action.toolTip()
        button.setToolTip(plain_tip("\n".join(filter(None, (said, more)))))
        button.setAccessibleName(action.text())
        button.setEnabled(action.isEnabled())

    action.changed.connect(show)
    show()
