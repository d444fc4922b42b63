"""What keys are called on this system, in words on screen.

Nobody writes down what a key is called: a person may have given a command another one, and macOS writes ⌘G
for what is Ctrl+G elsewhere.  Words name the key of a command by its id, as in ``press {mark_keyframe}``,
and a key that is always the same by Qt's name for it, as in ``{=Ctrl+C} copies it``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from viewer.plain_text import plain_tip

_NAMED = re.compile(r"\{(=)?([^{}\s]+)\}")
_IN_BRACKETS = re.compile(r" \(\{(\w+)\}\)")


@dataclass(frozen=True)
class Command:
    """A command as words on screen name it: its title, and its key in the system's spelling, empty where
    it has none."""

    title: str
    key: str


def native(key: QKeySequence | str) -> str:
    """A key as the system spells it, as in its menus."""
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)


def with_key(action: QAction) -> str:
    """What a command is called, with its key in brackets where it has one."""
    key = native(action.shortcut())
    return f"{action.text()} ({key})" if key else action.text()


def fixed_keys(words: str) -> str:
    """``words`` with the keys that are always the same, as in ``{=Ctrl+C}``, as the system spells them."""
    return _NAMED.sub(lambda found: native(found[2]) if found[1] else found[0], words)


class KeyNames(QObject):
    """The keys of all commands, for whoever names one in words; tooltips follow when they change."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._commands: dict[str, Command] = {}
        self._tips: WeakKeyDictionary[QWidget, str] = WeakKeyDictionary()

    def show(self, commands: Mapping[str, Command]) -> None:
        """Name the keys of ``commands``, by their ids, from now on."""
        self._commands = dict(commands)
        for widget, words in list(self._tips.items()):
            if isValid(widget):
                widget.setToolTip(plain_tip(self.worded(words)))

    def worded(self, words: str) -> str:
        """``words`` with the keys they name; a command without a key is named by its title, or, where its
        key would stand in brackets, not at all."""
        if "{" not in words:
            return words

        def named(found: re.Match[str]) -> str:
            command = self._commands.get(found[2])
            return found[0] if command is None else command.key or f"“{command.title}”"

        def in_brackets(found: re.Match[str]) -> str:
            command = self._commands.get(found[1])
            return found[0] if command is None else f" ({command.key})" if command.key else ""

        return _NAMED.sub(named, _IN_BRACKETS.sub(in_brackets, fixed_keys(words)))

    def tip(self, widget: QWidget, words: str) -> None:
        """Give ``widget`` a tooltip that names keys; idempotent."""
        if words != self._tips.get(widget):
            self._tips[widget] = words
            widget.setToolTip(plain_tip(self.worded(words)))
