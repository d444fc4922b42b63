"""The menu under the right mouse button on the timeline."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from PySide6.QtCore import QPoint
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from annotator.keyframes.controller import KeyframesController
from annotator.session.session import Session
from annotator.widgets.plain_label import plain_title

_ACTIONS = {
    "mark": ("describe_keyframe", "nudge_back", "nudge_forward", "confidence_cycle", "delete"),
    "span": (
        "span_start_here",
        "span_end_here",
        "intensity_up",
        "intensity_down",
        "confidence_cycle",
        "delete",
    ),
    "keyframes": ("mark_keyframe",),
    "emotions": ("toggle_span",),
}
_ANYWHERE = ("loop_in", "loop_out", "loop_clear", "zoom_fit")


def timeline_menu(
    session: Session,
    keyframes: KeyframesController,
    actions: Mapping[str, QAction],
    kind: str,
    id: str,
    parent: QWidget,
) -> QMenu:
    """What can be done with a keyframe (``mark``), a span or a lane; the thing is selected."""
    if kind in ("mark", "span"):
        keyframes.select_shown("keyframe" if kind == "mark" else "span", id)
    menu = QMenu(parent)
    for name in _ACTIONS.get(kind, ()):
        menu.addAction(actions[name])
    if kind in _ACTIONS:
        menu.addSeparator()
    if kind in ("mark", "span"):
        labels = menu.addMenu("Emotion")
        for label in session.vocabulary:
            labels.addAction(plain_title(label), partial(keyframes.set_label, label))
        menu.addSeparator()
    for name in _ANYWHERE:
        menu.addAction(actions[name])
    return menu


def open_menu(
    session: Session,
    keyframes: KeyframesController,
    actions: Mapping[str, QAction],
    kind: str,
    id: str,
    at: QPoint,
    parent: QWidget,
) -> None:
    """Show the menu at ``at`` on the screen; it goes away by itself."""
    menu = timeline_menu(session, keyframes, actions, kind, id, parent)
    menu.aboutToHide.connect(menu.deleteLater)
    menu.popup(at)
