"""What features may ask of the window they are shown in."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from PySide6.QtWidgets import QDialog, QWidget

from annotator.session.settings import Settings


class Host(Protocol):
    """The window, as features know it."""

    def widget(self) -> QWidget:
        """What dialogs belong to."""
        ...

    def open_dialog(self, dialog: QDialog) -> None:
        """Show a dialog over the window; the keys come back to the window when it closes."""
        ...

    def show_tab(self, tab: str) -> None:
        """Show a tab of the inspector: ``story``, ``keyframe``, ``channels``, ``generate`` or
        ``takes``."""
        ...

    @property
    def message_shown(self) -> bool:
        """Whether a warning or a fault is shown that stays until it is closed."""
        ...

    def close_message(self) -> None:
        """Close the message that is shown; the next one waiting is shown then."""
        ...

    def commit_pending_edits(self) -> None:
        """Hand on what is being typed in any panel, and let keys run commands again."""
        ...

    def listed_clips(self) -> list[str]:
        """The ids of the clips that the clip list shows, in its order."""
        ...

    def set_blind(self, blind: bool) -> None:
        """Show nothing of the window while something blind is shown over it."""
        ...


def start_folder(settings: Settings) -> str:
    """Where a dialog for files begins: beside what was opened last."""
    return str(Path(settings.recent[0]).parent) if settings.recent else str(Path.home())
