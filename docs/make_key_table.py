"""Writes the table of keys, from the one table of actions.

``python docs/make_key_table.py`` replaces what stands between the two marks in
``docs/reference/keys.md``; the tests fail while that is out of date.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from annotator.session.action import Action
from annotator.window.actions import ACTIONS, GROUPS
from viewer.core.files import atomic_write

PAGE = Path(__file__).resolve().parent / "reference" / "keys.md"
BEGIN = "<!-- keys: written by docs/make_key_table.py -->"
END = "<!-- end of keys -->"
MACOS = (
    "On macOS, `Ctrl` is ⌘, `Alt` is ⌥ and `Shift` is ⇧; the window shows keys as your system spells them."
)


def key_table() -> str:
    """A Markdown section for each group of actions, a row for each action."""
    parts = [MACOS, ""]
    for group in GROUPS:
        rows = [f"| {spec.title} | {_keys(spec)} |" for spec in ACTIONS if spec.group == group]
        parts += [f"## {group}", "", "| command | keys |", "|---|---|", *rows, ""]
    return "\n".join(parts)


def _keys(action: Action[Any]) -> str:
    return " or ".join(f"`{key}`" for key in action.keys) or "none; use the menu or `Ctrl+K`"


def with_table(text: str) -> str:
    """The page with its table made anew.  Raises ValueError where a mark is missing."""
    before, _, rest = text.partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        raise ValueError(f"the marks {BEGIN!r} and {END!r} are missing")
    return f"{before}{BEGIN}\n\n{key_table()}\n{END}{after}"


def main() -> None:
    """Write the table."""
    atomic_write(PAGE, with_table(PAGE.read_text("utf-8")))


if __name__ == "__main__":
    main()
