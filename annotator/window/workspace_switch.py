"""The part of the top bar that says which workspace is shown, and puts the side columns away."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QHBoxLayout, QToolButton, QWidget

from annotator.widgets.action_button import stand_for
from annotator.widgets.theme import wear
from annotator.window.arrangement import Arrangement
from annotator.window.workspaces import WORKSPACES

_LEAST = 28
"""The least width of a button."""


class WorkspaceSwitch(QWidget):
    """A button for each workspace, one for each column that can be put away, and one that ends that a pane
    has all the room; each triggers the action of the same id."""

    def __init__(self, actions: Mapping[str, QAction]) -> None:
        super().__init__()
        self._actions = actions
        self.columns = {
            "clips": self._button("clip_list", "mdi6.dock-left"),
            "marks": self._button("mark_list", "mdi6.dock-right"),
        }
        self.back = self._button("maximise", "mdi6.arrow-collapse")
        self.back.setObjectName("Flat")
        self.back.hide()
        box = self._box = QFrame()
        box.setObjectName("Workspaces")
        inner = QHBoxLayout(box)
        inner.setContentsMargins(1, 1, 1, 1)
        inner.setSpacing(1)
        self.workspaces: dict[str, QToolButton] = {}
        for workspace in WORKSPACES:
            button = self._button(workspace.id, workspace.icon, workspace.tip)
            button.setText(workspace.title)
            inner.addWidget(button)
            self.workspaces[workspace.id] = button
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        for button in self.columns.values():
            button.setObjectName("Column")
        for widget in (self.columns["clips"], box, self.columns["marks"], self.back):
            row.addWidget(widget)

    def _button(self, id: str, sign: str, more: str = "") -> QToolButton:
        button = QToolButton()
        button.setCheckable(id != "maximise")
        button.setMinimumWidth(_LEAST)
        stand_for(button, self._actions[id], more)
        wear(button, sign)
        return button

    def show_words(self, on: bool) -> None:
        """Say words beside the signs of the workspaces, or leave them out."""
        style = Qt.ToolButtonStyle
        for button in self.workspaces.values():
            button.setToolButtonStyle(style.ToolButtonTextBesideIcon if on else style.ToolButtonIconOnly)
            # With a word cut off it says less than without.
            button.setMinimumWidth(button.sizeHint().width() if on else _LEAST)
        # Asked for its width before the next event, a layout around layouts gives an old one.
        for part in (self._box, self):
            part.updateGeometry()

    @property
    def width_of_words(self) -> int:
        """The pixels that it would need less without its words."""
        return sum(button.minimumWidth() - _LEAST for button in self.workspaces.values())

    def follow(self, arrangement: Arrangement) -> None:
        """Mark which workspace it shows and which columns are in sight, from now on."""

        def show() -> None:
            for id, button in self.workspaces.items():
                button.setChecked(id == arrangement.workspace.id)
            for name, button in self.columns.items():
                button.setChecked(arrangement.in_sight(name))
                button.setVisible(not arrangement.maximised)
            self.back.setVisible(bool(arrangement.maximised))

        arrangement.shown.connect(show)
        show()
