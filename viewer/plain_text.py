"""Text that the studio did not write itself, shown as it is: names, faults, models' answers."""

from __future__ import annotations

import textwrap

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import Qt as GuiQt
from PySide6.QtWidgets import QLabel

_JOINER = "\N{WORD JOINER}"
_LONGEST, _WIDTH = 1200, 110
"""Characters of a tooltip, and of one of its lines."""

_LEAST = 240
"""Pixels that a label asks for at least, whatever is in it."""


def plain_tip(text: str) -> str:
    """A tooltip that shows ``text`` as it is, whatever tags somebody put into it; the end of a very long
    one is left out, and long lines are folded."""
    if len(text) > _LONGEST:
        text = f"{text[:_LONGEST]}…"
    if any(len(line) > _WIDTH for line in text.split("\n")):
        text = "\n".join(_folded(line) for line in text.split("\n"))
    if GuiQt.mightBeRichText(text):
        # Nothing that begins so is a tag, and nobody sees the joiner.
        text = text.replace("<", f"<{_JOINER}").replace("&", f"&{_JOINER}")
    return text


def _folded(line: str) -> str:
    return "\n".join(
        textwrap.wrap(line, _WIDTH, replace_whitespace=False, drop_whitespace=False, break_on_hyphens=False)
    )


def plain_title(text: str) -> str:
    """The title of a button or of an entry in a menu that shows ``text`` as it is: its ampersands are no
    sign for a key."""
    return text.replace("&", "&&")


def window_title(text: str) -> str:
    """The title of a window that shows ``text`` as it is: Qt has a sign for unsaved changes in it."""
    return text.replace("[*]", "[*][*]")


class PlainLabel(QLabel):
    """A label that shows its text as it is: Qt would read tags in it as markup, and load pictures that
    they name."""

    def __init__(self, text: str = "") -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(text)

    def minimumSizeHint(self) -> QSize:
        """No more than a short line: a name without an end must not widen the window."""
        hint = super().minimumSizeHint()
        return QSize(min(hint.width(), _LEAST), hint.height())
