"""All actions of all features in one table: for menus, keys, palette and help.

Keys are remappable: the settings map an action's id to other key sequences.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from annotator.agreement.actions import ACTIONS as AGREEMENT
from annotator.capture.actions import ACTIONS as CAPTURE
from annotator.clips.actions import ACTIONS as CLIPS
from annotator.comparison.actions import ACTIONS as COMPARISON
from annotator.description.actions import ACTIONS as DESCRIPTION
from annotator.export.actions import ACTIONS as EXPORT
from annotator.faces.actions import ACTIONS as FACES
from annotator.generation.actions import ACTIONS as GENERATION
from annotator.importing.actions import ACTIONS as IMPORTING
from annotator.interchange.actions import ACTIONS as INTERCHANGE
from annotator.keyframes.actions import ACTIONS as KEYFRAMES
from annotator.session.action import Action, Condition
from annotator.session.actions import ACTIONS as SESSION
from annotator.session.messages import Message
from annotator.session.session import Session
from annotator.suggestions.actions import ACTIONS as SUGGESTIONS
from annotator.sync.actions import ACTIONS as SYNC
from annotator.takes.actions import ACTIONS as TAKES
from annotator.widgets.plain_label import plain_tip
from annotator.window.commands import ACTIONS as WINDOW
from viewer.key_names import Command, native

GROUPS: tuple[str, ...] = ("File", "Edit", "Playback", "Go", "Model", "View", "Help", "Labels")

ACTIONS: tuple[Action[Any], ...] = (
    *CLIPS,
    *AGREEMENT,
    *IMPORTING,
    *INTERCHANGE,
    *CAPTURE,
    *EXPORT,
    *KEYFRAMES,
    *SUGGESTIONS,
    *SYNC,
    *DESCRIPTION,
    *SESSION,
    *GENERATION,
    *TAKES,
    *COMPARISON,
    *FACES,
    *WINDOW,
)
BY_ID: dict[str, Action[Any]] = {action.id: action for action in ACTIONS}


def keys_of(action: Action[Any], remapped: Mapping[str, list[str]]) -> list[QKeySequence]:
    """The key sequences of an action after the user's changes."""
    return [QKeySequence(text) for text in remapped.get(action.id, action.keys) if text]


def conflicts(remapped: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Key sequences that more than one action claims: text -> action ids."""
    owners: dict[str, list[str]] = {}
    for action in ACTIONS:
        for key in keys_of(action, remapped):
            owners.setdefault(key.toString(), []).append(action.id)
    return {key: ids for key, ids in owners.items() if len(ids) > 1}


def named_commands(remapped: Mapping[str, list[str]]) -> dict[str, Command]:
    """All actions as words on screen name them, by their ids."""
    firsts = {action.id: (keys_of(action, remapped) or [QKeySequence()])[0] for action in ACTIONS}
    return {id: Command(BY_ID[id].title, native(key)) for id, key in firsts.items()}


class ActionTable(QObject):
    """A QAction for every action of the table, enabled exactly when it can act.

    Parameters
    ----------
    owner
        The window: keys work while it is active.
    targets
        What carries out the actions of each feature, with the feature's literal.
    session
        Its settings have the user's key sequences by action id; it says what keys are called.

    Raises
    ------
    LookupError
        When nobody carries out an action of the table: a programming error, found at start.
    """

    def __init__(
        self,
        owner: QWidget,
        targets: Sequence[tuple[tuple[Action[Any], ...], object]],
        session: Session,
    ) -> None:
        super().__init__(owner)
        self._names = session.keys
        self._targets = {action.id: target for actions, target in targets for action in actions}
        missing = set(BY_ID) - set(self._targets)
        if missing:
            raise LookupError(f"nothing carries out {sorted(missing)}")
        self._by_id: dict[str, QAction] = {}
        self._unmet: dict[str, Condition[Any]] = {}
        self._reasons: dict[str, Message] = {}
        self._later = QTimer(self, singleShot=True, interval=0)
        self._later.timeout.connect(self.refresh)
        for action in ACTIONS:
            self._by_id[action.id] = self._made(owner, action, session.settings.keys)
        self.refresh()

    def _made(self, owner: QWidget, action: Action[Any], remapped: Mapping[str, list[str]]) -> QAction:
        made = QAction(action.title, owner)
        made.setObjectName(action.id)
        made.setShortcuts(keys_of(action, remapped))
        made.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        made.setAutoRepeat(action.repeats)
        made.triggered.connect(lambda _checked=False: self._carry_out(action))
        owner.addAction(made)
        return made

    def _carry_out(self, action: Action[Any]) -> None:
        target = self._targets[action.id]
        if action.unmet(target) is None:
            action.handler(target)
        else:  # a second click, made before the first one's change was seen
            self.refresh()

    def remap(self, remapped: Mapping[str, list[str]]) -> None:
        """Give the actions the user's keys."""
        for action in ACTIONS:
            self._by_id[action.id].setShortcuts(keys_of(action, remapped))
        self._names.show(named_commands(remapped))
        self.refresh()
        for id, unmet in tuple(self._unmet.items()):
            self._show(id, unmet)  # the reasons name keys

    @property
    def by_id(self) -> Mapping[str, QAction]:
        """The actions as things stand, whatever has not been looked at yet."""
        self._settle()
        return self._by_id

    def refresh_soon(self) -> None:
        """Look again once this turn of the event loop is over; one change is told by many signals."""
        if not self._later.isActive():
            self._later.start()

    def refresh(self) -> None:
        """Enable the actions that can act now; the others say in their tooltip why they cannot."""
        self._later.stop()
        for action in ACTIONS:
            if not action.enabled_when:
                continue
            unmet = action.unmet(self._targets[action.id])
            # Looked at after every change, and mostly as before: the same condition has the same words.
            if unmet is not self._unmet.get(action.id):
                self._show(action.id, unmet)

    def _settle(self) -> None:
        if self._later.isActive():
            self.refresh()

    def _show(self, id: str, unmet: Condition[Any] | None) -> None:
        made = self._by_id[id]
        made.setEnabled(unmet is None)
        if unmet is None:
            self._unmet.pop(id, None)
            self._reasons.pop(id, None)
            made.setToolTip(made.text())
            return
        self._unmet[id] = unmet
        reason = self._reasons[id] = Message(unmet.otherwise, self._names.worded(unmet.todo))
        made.setToolTip(plain_tip(f"{made.text()}: {reason.line()}"))

    def reason(self, id: str) -> Message | None:
        """Why an action cannot act; None when it can."""
        self._settle()
        return self._reasons.get(id)

    def refused(self, pressed: QKeySequence) -> Message | None:
        """Why the action on these keys does nothing; None where no words are due."""
        self._settle()
        for action in ACTIONS:
            reason = self._reasons.get(action.id)
            if reason is not None and not action.quiet and pressed in self._by_id[action.id].shortcuts():
                return reason
        return None

    def show_title(self, id: str, title: str) -> None:
        """Call an action otherwise, e.g. undo by what it would undo."""
        made = self._by_id[id]
        if made.text() != title:
            made.setText(title)
            reason = self._reasons.get(id)
            made.setToolTip(title if reason is None else plain_tip(f"{title}: {reason.line()}"))
