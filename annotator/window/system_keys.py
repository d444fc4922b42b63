"""Keys that macOS keeps for itself, so that a command on them would never run, or run instead of what
everybody expects.  Qt's Ctrl is ⌘ there, and its Meta is Control."""

from __future__ import annotations

MACOS_KEYS = {
    "Ctrl+H": "hides the program",
    "Ctrl+Alt+H": "hides all other programs",
    "Ctrl+M": "minimises the window",
    "Ctrl+Q": "quits the program",
    "Ctrl+Shift+Q": "logs you out",
    "Ctrl+Tab": "changes to another program",
    "Ctrl+`": "changes to another window",
    "Ctrl+Space": "opens Spotlight",
    "Ctrl+Alt+D": "hides the Dock",
    "Ctrl+Alt+Esc": "ends programs by force",
    "Ctrl+Shift+3": "takes a picture of the screen",
    "Ctrl+Shift+4": "takes a picture of the screen",
    "Ctrl+Shift+5": "takes a picture of the screen",
    "Meta+Up": "shows all windows",
    "Meta+Down": "shows the windows of the program",
    "Meta+Left": "changes to another desktop",
    "Meta+Right": "changes to another desktop",
    "F11": "shows the desktop",
}
"""What each does, by Qt's portable name."""


def taken_by_macos(key: str, action_id: str) -> str:
    """What macOS does on ``key``, in Qt's portable spelling, in the place of the action; empty where it
    does nothing else."""
    return "" if action_id == "quit" else MACOS_KEYS.get(key, "")
