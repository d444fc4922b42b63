"""Moving annotations to other tools and back."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog

from annotator.core.interchange.formats import IMPORTED_FILES
from annotator.interchange.controller import InterchangeController
from annotator.session.action import Action, Condition
from annotator.session.session import Session
from annotator.widgets.host import Host, start_folder


class InterchangeCommands:
    """Opens the two dialogs."""

    def __init__(self, session: Session, interchange: InterchangeController, host: Host) -> None:
        self.session, self.interchange, self._host = session, interchange, host

    def export(self) -> None:
        """Show what would be written for another tool."""
        from annotator.interchange.export_dialog import ExportAnnotationsDialog

        if self.interchange.dataset is None:
            return
        self._host.commit_pending_edits()
        listed = self._host.listed_clips()
        self._host.open_dialog(
            ExportAnnotationsDialog(self.session, self.interchange, listed, self._host.widget())
        )

    def import_(self) -> None:
        """Ask for a file of another tool and show what would be taken of it."""
        chosen, _ = QFileDialog.getOpenFileName(
            self._host.widget(),
            "Choose a file of annotations",
            start_folder(self.session.settings),
            f"{IMPORTED_FILES};;All files (*)",
        )
        if chosen:
            self.show(Path(chosen))

    def show(self, path: Path) -> None:
        """Show what would be taken of a file."""
        from annotator.interchange.import_dialog import ImportAnnotationsDialog

        self._host.commit_pending_edits()
        self._host.open_dialog(
            ImportAnnotationsDialog(self.session, self.interchange, path, self._host.widget())
        )


_DATASET_OPEN = Condition[InterchangeCommands](
    lambda on: on.interchange.dataset is not None,
    "No dataset is open",
    "make one with {new_dataset} or open one with {open_folder}",
)

ACTIONS: tuple[Action[InterchangeCommands], ...] = (
    Action(
        "import_annotations",
        "Import annotations…",
        "File",
        (),
        InterchangeCommands.import_,
        (_DATASET_OPEN,),
    ),
    Action(
        "export_annotations",
        "Export annotations…",
        "File",
        (),
        InterchangeCommands.export,
        (_DATASET_OPEN,),
    ),
)
