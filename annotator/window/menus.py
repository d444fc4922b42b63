"""All actions as menus: behind one button, and on macOS in the bar at the top of the screen."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMainWindow, QMenu, QMenuBar

from annotator.window.actions import ACTIONS, GROUPS

BAR_AT_THE_TOP = sys.platform == "darwin"
"""Whether programs of this system have their menus at the top of the screen."""


def fill_menus(into: QMenu | QMenuBar, actions: Mapping[str, QAction], recent: QMenu) -> None:
    """Add a menu for each group of actions; ``recent`` work follows what opens something."""
    for group in GROUPS:
        part = into.addMenu(group)
        for spec in ACTIONS:
            if spec.group == group:
                part.addAction(actions[spec.id])
                if spec.id == "open_demo":
                    part.addMenu(recent)


def make_menu_bar(window: QMainWindow, actions: Mapping[str, QAction], recent: QMenu) -> QMenuBar:
    """Give the window a menu bar with all actions.

    Qt would move to the program's own menu whatever reads like settings, those of a dataset among them;
    only quitting belongs there.
    """
    roles = QAction.MenuRole
    for id, action in actions.items():
        action.setMenuRole(roles.QuitRole if id == "quit" else roles.NoRole)
    bar = QMenuBar(window)
    fill_menus(bar, actions, recent)
    window.setMenuBar(bar)
    return bar
