"""Opening and finding clips."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from pathlib import Path

from PySide6.QtCore import Qt, SignalInstance
from PySide6.QtWidgets import QAbstractButton, QFileDialog, QMessageBox

from annotator.clips.clips_panel import ClipsPanel
from annotator.clips.controller import ClipsController
from annotator.clips.versions import VersionsController
from annotator.core.change_summary import counted
from annotator.core.storage.dataset import Dataset, LooseClip
from annotator.core.storage.dataset_settings import DatasetSettings
from annotator.core.storage.media_roots import MediaRoot, MissingRootError
from annotator.core.storage.places import OPENED_FILES, ClipPlace
from annotator.core.storage.untold import order_of
from annotator.session.action import CLIP_OPEN, LIBRARY_OPEN, Action, Condition
from annotator.session.keeping import FIND
from annotator.session.messages import Message
from annotator.session.open_clip import FIND_ROOT
from annotator.session.session import Session
from annotator.widgets.host import Host, start_folder
from viewer.core.errors import StudioError
from viewer.core.face_model import FaceModel
from viewer.core.formats.arrays import ORDERS, UnknownOrderError


class ClipsCommands:
    """What a person can do with datasets, files and the clip list.  ``face_model`` gives the head that
    is shown now, ``face_model_changed`` brings another one."""

    def __init__(
        self,
        session: Session,
        clips: ClipsController,
        panel: ClipsPanel,
        face_model: Callable[[], FaceModel | None],
        face_model_changed: SignalInstance,
        host: Host,
    ) -> None:
        self.session, self._clips, self._panel, self._host = session, clips, panel, host
        self._face_model, self._face_model_changed = face_model, face_model_changed

    def open_folder(self) -> None:
        """Ask for a dataset folder and open it; cancelling changes nothing."""
        chosen = QFileDialog.getExistingDirectory(
            self._host.widget(), "Open a dataset folder", start_folder(self.session.settings)
        )
        if chosen:
            self.session.open_path(Path(chosen))

    def open_file(self) -> None:
        """Ask for a video or a track and open it; cancelling changes nothing."""
        chosen, _ = QFileDialog.getOpenFileName(
            self._host.widget(),
            "Open a video or a track",
            start_folder(self.session.settings),
            f"{OPENED_FILES};;All files (*)",
        )
        if chosen:
            self.session.open_path(Path(chosen))

    def open_demo(self) -> None:
        """Open a copy of the bundled demo that may be changed."""
        from annotator.clips.demo import demo_copy

        session = self.session
        session.jobs.run(
            "Copy the demo",
            lambda _token, _progress: demo_copy(),
            done=session.open_path,
            failed=session.show_error,
        )

    def new_dataset(self) -> None:
        """Ask for a folder and make a dataset there, which is then open."""
        chosen = QFileDialog.getExistingDirectory(self._host.widget(), "Choose a folder for the new dataset")
        if chosen:
            self._clips.create_dataset(Path(chosen))

    def dataset_settings(self) -> None:
        """Edit the labels and the pose of the dataset, as they are on disk now."""
        job = self._clips.read_settings()
        if job is not None:
            job.done.connect(self._edit_settings)
            job.failed.connect(self.session.show_error)

    def _edit_settings(self, settings: DatasetSettings) -> None:
        from annotator.clips.dataset_dialog import DatasetDialog

        self._host.commit_pending_edits()
        dialog = DatasetDialog(self.session, self._clips, settings, self._face_model(), self._host.widget())
        self._face_model_changed.connect(dialog.show_model)
        self._host.open_dialog(dialog)

    def undo_renaming(self) -> None:
        """Say what was renamed last in everybody's annotations, and let the person take it back, or finish
        what was broken off."""
        record = self._clips.last_renaming()
        if record is None:
            self.session.show_message(Message("No label of this dataset was renamed here"))
            return
        marks = sum(map(len, record.marks.values()))
        question = QMessageBox(self._host.widget())
        question.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        question.setWindowTitle("Undo the renaming of labels")
        question.setTextFormat(Qt.TextFormat.PlainText)
        done = "" if record.finished else ", which was broken off"
        question.setText(
            f"The last renaming was {record.words}{done}: {counted(marks, 'mark')} in "
            f"{counted(len(record.marks), 'file')}."
        )
        question.setInformativeText("Marks that were labelled otherwise since then stay as they are.")
        undo = question.addButton("Undo the renaming", QMessageBox.ButtonRole.AcceptRole)
        finish = None
        if not record.finished:
            finish = question.addButton("Finish it", QMessageBox.ButtonRole.ActionRole)
        question.addButton(QMessageBox.StandardButton.Cancel)

        def chosen(button: QAbstractButton) -> None:
            if button is undo:
                self._clips.undo_renaming(record)
            elif button is finish:
                self._clips.finish_renaming(record)

        question.buttonClicked.connect(chosen)
        self._host.open_dialog(question)

    def media_roots(self) -> None:
        """Show the media roots of the dataset, as they are on disk now."""
        job = self._clips.read_settings()
        if job is not None:
            job.done.connect(self._edit_roots)
            job.failed.connect(self.session.show_error)

    def _edit_roots(self, settings: DatasetSettings) -> None:
        from annotator.clips.media_roots_dialog import MediaRootsDialog

        self._host.commit_pending_edits()
        parent = self._host.widget()
        self._host.open_dialog(
            MediaRootsDialog(self.session, self._clips, settings, self._ask_for_root, parent)
        )

    @property
    def missing_root(self) -> MediaRoot | None:
        """The media root that files of the open clip lie in and that is not here; None where all are."""
        clip = self.session.current
        faults = clip.loaded.faults if clip is not None else ()
        return next((fault.root for fault in faults if isinstance(fault, MissingRootError)), None)

    def find_root(self) -> None:
        """Ask where the media root lies that files of the open clip are in."""
        if self.missing_root is not None:
            self._ask_for_root(self.missing_root)

    def _ask_for_root(self, root: MediaRoot) -> None:
        note = f" ({root.note})" if root.note else ""
        chosen = QFileDialog.getExistingDirectory(
            self._host.widget(), f"Where is “{root.name}”{note}?", start_folder(self.session.settings)
        )
        if chosen:
            self._clips.find_root(root, Path(chosen))

    def import_track(self) -> None:
        """Ask for a track and make it the recording of the open clip."""
        chosen, _ = QFileDialog.getOpenFileName(
            self._host.widget(), "Choose a track", start_folder(self.session.settings), OPENED_FILES
        )
        if chosen:
            self.use_track(Path(chosen))

    def use_track(self, path: Path, order: str = "") -> None:
        """Make a file the recording of the open clip; where it names no columns, ask for their order."""

        def ask(fault: UnknownOrderError) -> None:
            self._ask_order(path.name, fault.choices, None, lambda order: self.use_track(path, order))

        self._clips.use_track(path, ask, order)

    def choose_order(self) -> None:
        """Ask in which order the columns of the recording are, which names none."""
        clip = self.session.current
        if clip is None:
            return
        choices = clip.order_asked.choices if clip.order_asked else dict.fromkeys(ORDERS, ())
        name, stated = clip.document.state.clip.track, order_of(clip.document.state.clip)
        self._ask_order(name, choices, stated, self._clips.set_order)

    def _ask_order(
        self,
        name: str,
        choices: Mapping[str, tuple[str, ...]],
        stated: str | None,
        answered: Callable[[str], None],
    ) -> None:
        from annotator.clips.order_dialog import OrderDialog

        dialog = OrderDialog(name, choices, stated, self._host.widget())
        dialog.accepted.connect(lambda: answered(dialog.order))
        self._host.open_dialog(dialog)

    def show_notes(self) -> None:
        """List what there is to know of the files of the open clip."""
        from annotator.widgets.findings_dialog import FindingsDialog

        clip = self.session.current
        if clip is not None:
            about = "What was assumed when the files of this clip were read, and what was found in them."
            dialog = FindingsDialog(
                f"Notes on {clip.id}", about, clip.notes, self.session.palette, self._host.widget()
            )
            self._host.open_dialog(dialog)

    @property
    def has_nameless_track(self) -> bool:
        """Whether the recording of the open clip is an array, which names no columns."""
        clip = self.session.current
        if clip is None:
            return False
        return clip.order_asked is not None or (clip.raw is not None and clip.raw.format == "array")

    def backups_place(self) -> ClipPlace | None:
        """Whose backups can be restored: the clip that could not be opened, else the open one."""
        session, library = self.session, self.session.library
        wanted = session.wanted_clip_id
        if library is not None and wanted != session.clip_id:
            broken = [entry for entry in library.clips if entry.id == wanted and entry.fault is not None]
            # Its folder may be gone with everything else.
            with contextlib.suppress(StudioError):
                if broken and isinstance(library, Dataset):
                    return library.place(wanted)
                if broken and isinstance(library, LooseClip):
                    return library.place()
        return session.current.loaded.place if session.current is not None else None

    def restore_backup(self) -> None:
        """Show the earlier versions of the clip that :meth:`backups_place` names; does nothing without
        one."""
        from annotator.clips.backups_dialog import BackupsDialog

        place = self.backups_place()
        if place is not None:
            self._host.commit_pending_edits()
            self._host.open_dialog(BackupsDialog(self.session, place, self._host.widget()))

    def find_dataset(self) -> None:
        """Ask where the dataset, or the single file, lies now, and go on there."""
        library, folder = self.session.library, start_folder(self.session.settings)
        if isinstance(library, Dataset):
            chosen = QFileDialog.getExistingDirectory(
                self._host.widget(), f"Where is {library.name} now?", folder
            )
        else:
            chosen, _ = QFileDialog.getOpenFileName(
                self._host.widget(), "Where is the file now?", folder, f"{OPENED_FILES};;All files (*)"
            )
        if chosen:
            self.session.find_dataset(Path(chosen))

    def choose_versions(self) -> None:
        """Show what was changed here and elsewhere in the open clip; does nothing without one."""
        from annotator.clips.versions_dialog import VersionsDialog

        if self.session.current is not None:
            self._host.commit_pending_edits()
            versions = VersionsController(self.session)
            self._host.open_dialog(VersionsDialog(self.session, versions, self._host.widget()))

    def find_clip(self) -> None:
        """Put the keys into the clip list's search field."""
        self._panel.focus_search()

    def neighbour(self, direction: int) -> str | None:
        """The clip after (1) or before (-1) the one that is open or being opened, in the list."""
        return self._panel.neighbour(self.session.wanted_clip_id, direction)

    def walk(self, direction: int) -> None:
        """Open the next (1) or the previous (-1) clip of the list."""
        id = self.neighbour(direction)
        if id is not None:
            self._host.commit_pending_edits()
            self.session.open_clip(id)


_DATASET_OPEN = Condition[ClipsCommands](
    lambda on: isinstance(on.session.library, Dataset),
    "No dataset is open",
    "make one with {new_dataset} or open one with {open_folder}",
)

ACTIONS: tuple[Action[ClipsCommands], ...] = (
    Action("open_folder", "Open dataset…", "File", ("Ctrl+O",), ClipsCommands.open_folder),
    Action("open_file", "Open video or track…", "File", ("Ctrl+Shift+O",), ClipsCommands.open_file),
    Action("open_demo", "Open the demo", "File", (), ClipsCommands.open_demo),
    Action("new_dataset", "New dataset…", "File", ("Ctrl+N",), ClipsCommands.new_dataset),
    Action(
        "dataset_settings", "Dataset settings…", "File", (), ClipsCommands.dataset_settings, (_DATASET_OPEN,)
    ),
    Action(
        "undo_renaming",
        "Undo the renaming of labels…",
        "File",
        (),
        ClipsCommands.undo_renaming,
        (_DATASET_OPEN,),
    ),
    Action("media_roots", "Media roots…", "File", (), ClipsCommands.media_roots, (_DATASET_OPEN,)),
    Action(
        FIND_ROOT,
        "Where is the media root?…",
        "File",
        (),
        ClipsCommands.find_root,
        (
            CLIP_OPEN,
            Condition(lambda on: on.missing_root is not None, "No file of the clip lies in a root elsewhere"),
        ),
    ),
    Action(
        FIND,
        "Find the dataset…",
        "File",
        (),
        ClipsCommands.find_dataset,
        (
            LIBRARY_OPEN,
            Condition(lambda on: on.session.keeping.gone, "The dataset has not moved"),
        ),
    ),
    Action(
        "import_track",
        "Use a track for this clip…",
        "File",
        ("Ctrl+I",),
        ClipsCommands.import_track,
        (CLIP_OPEN,),
    ),
    Action(
        "track_order",
        "Order of the track's columns…",
        "File",
        (),
        ClipsCommands.choose_order,
        (
            CLIP_OPEN,
            Condition(
                lambda on: on.has_nameless_track,
                "The clip's track names its channels",
                "only the columns of a NumPy array need an order",
            ),
        ),
    ),
    Action(
        "clip_notes",
        "Notes on this clip…",
        "View",
        (),
        ClipsCommands.show_notes,
        (
            CLIP_OPEN,
            Condition(
                lambda on: on.session.current is not None and bool(on.session.current.notes),
                "There are no notes on this clip's files",
            ),
        ),
    ),
    Action(
        "restore_backup",
        "Restore a backup…",
        "File",
        (),
        ClipsCommands.restore_backup,
        (
            Condition(
                lambda on: on.backups_place() is not None,
                "No clip is open",
                "open the clip whose backups you want to see",
            ),
        ),
    ),
    Action(
        "choose_versions",
        "Choose between versions…",
        "File",
        (),
        ClipsCommands.choose_versions,
        (
            CLIP_OPEN,
            Condition(lambda on: on.session.versions.waiting, "There is nothing to choose between"),
        ),
    ),
    Action(
        "previous_clip",
        "Previous clip",
        "Go",
        ("PgUp",),
        lambda on: on.walk(-1),
        (LIBRARY_OPEN, Condition(lambda on: on.neighbour(-1) is not None, "This is the first clip")),
        repeats=True,
    ),
    Action(
        "next_clip",
        "Next clip",
        "Go",
        ("PgDown",),
        lambda on: on.walk(1),
        (LIBRARY_OPEN, Condition(lambda on: on.neighbour(1) is not None, "This is the last clip")),
        repeats=True,
    ),
    Action("find_clip", "Find a clip", "Go", ("Ctrl+F",), ClipsCommands.find_clip, (LIBRARY_OPEN,)),
)
