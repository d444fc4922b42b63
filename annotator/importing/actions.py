"""Bringing recordings into datasets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtWidgets import QFileDialog

from annotator.core.importing.plan import Plan
from annotator.core.storage.places import OPENED_FILES, TRACK_SUFFIXES
from annotator.importing.controller import ImportController
from annotator.session.action import Action, Condition
from annotator.session.session import Session
from annotator.widgets.host import Host, start_folder


class ImportingCommands:
    """``use_track`` makes a file the recording of the open clip."""

    def __init__(
        self,
        session: Session,
        importing: ImportController,
        use_track: Callable[[Path], None],
        host: Host,
    ) -> None:
        self.session, self.importing, self._use_track, self._host = session, importing, use_track, host

    def import_folder(self) -> None:
        """Ask for a folder of recordings and show what would become of it; a dataset is opened."""
        chosen = QFileDialog.getExistingDirectory(
            self._host.widget(), "Choose a folder of recordings", start_folder(self.session.settings)
        )
        if chosen and (Path(chosen) / "dataset.json").exists():
            self.session.open_path(Path(chosen))
        elif chosen:
            self.show(Path(chosen))

    def show(self, what: Path | Sequence[Path]) -> None:
        """Show what would become of a folder, or of files."""
        from annotator.importing.import_dialog import ImportDialog

        self._host.commit_pending_edits()
        self._host.open_dialog(ImportDialog(self.session, self.importing, what, self._host.widget()))

    def add_clip(self) -> None:
        """Ask for a video, a track or both, and add them to the open dataset as one clip."""
        chosen, _ = QFileDialog.getOpenFileNames(
            self._host.widget(),
            "Choose a video, a track, or both",
            start_folder(self.session.settings),
            OPENED_FILES,
        )
        if chosen:
            self.add_files([Path(name) for name in chosen])

    def add_files(self, files: Sequence[Path]) -> None:
        """Add files to the open dataset: as one clip where they are of one name, else after a look at
        what would become of them."""

        def several(_plan: Plan) -> None:
            self.show(files)

        self.importing.add_clip(files, several)

    def take_dropped(self, paths: Sequence[Path]) -> None:
        """Do with files that were dropped what is meant: open them, import a folder, add several to the
        open dataset, or give the open clip a track."""
        first = paths[0]
        if first.is_dir():
            self.importing.look_whether_it_opens(
                first, lambda opens: self.session.open_path(first) if opens else self.show(first)
            )
        elif len(paths) > 1 and self.importing.dataset is not None:
            self.add_files(paths)
        elif self.session.current is not None and first.suffix.lower() in TRACK_SUFFIXES:
            self._offer_track(first)
        else:
            self.session.open_path(first)

    def _offer_track(self, path: Path) -> None:
        assert self.session.current is not None
        from annotator.importing.track_question import TrackQuestion

        dialog = TrackQuestion(path, self.session.current.id, self._host.widget())
        dialog.track_wanted.connect(lambda: self._use_track(path))
        dialog.opening_wanted.connect(lambda: self.session.open_path(path))
        self._host.open_dialog(dialog)

    def show_report(self) -> None:
        """List what became of the files of the last import, or what else was left to be read."""
        from annotator.widgets.findings_dialog import FindingsDialog

        about = "What became of the files that were left out, and what there is to know of the others."
        report, palette = self.session.report, self.session.palette
        self._host.open_dialog(FindingsDialog("Last report", about, report, palette, self._host.widget()))


_DATASET_OPEN = Condition[ImportingCommands](
    lambda on: on.importing.dataset is not None,
    "No dataset is open",
    "make one with {new_dataset} or open one with {open_folder}",
)

ACTIONS: tuple[Action[ImportingCommands], ...] = (
    Action("import_folder", "Import a folder…", "File", (), ImportingCommands.import_folder),
    Action(
        "add_clip",
        "Add clip to the dataset…",
        "File",
        ("Ctrl+Shift+N",),
        ImportingCommands.add_clip,
        (_DATASET_OPEN,),
    ),
    Action(
        "import_report",
        "Last report…",
        "View",
        (),
        ImportingCommands.show_report,
        (
            Condition(
                lambda on: bool(on.session.report),
                "There is no report yet",
                "import a folder of recordings first",
            ),
        ),
    ),
)
