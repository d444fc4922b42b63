"""Carries out the actions that need the window: its dialogs, tabs and panes; one method an action id."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QDialog, QFileDialog, QInputDialog

from annotator.faces.face_models_dialog import FaceModelsDialog
from annotator.session.messages import Message
from annotator.window.actions import BY_ID as ACTION_SPECS
from annotator.window.actions import keys_of
from annotator.window.command_palette import CommandPalette
from annotator.window.keys_dialog import KeysDialog
from viewer.face_pane import FacePane

if TYPE_CHECKING:
    from annotator.window.window import StudioWindow

_TRACK_FILTER = "Video or track (*.mp4 *.mov *.mkv *.webm *.avi *.ts *.m4v *.csv *.json *.jsonl *.txt *.npy)"


class WindowCommands:
    """Opens dialogs over the window and tells its parts what to show.  Its public methods are
    actions, and the few that parts of the window ask for."""

    def __init__(self, window: StudioWindow) -> None:
        self._window, self._session = window, window.session

    def find(self, id: str) -> Callable[[], object] | None:
        """What carries out the action, or None."""
        own = None if id.startswith("_") else getattr(self, id, None)
        return own if callable(own) else None

    def open_folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self._window, "Open a dataset folder", self._start_folder())
        if chosen:
            self._session.open_path(Path(chosen))

    def open_file(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(
            self._window, "Open a video or a track", self._start_folder(), f"{_TRACK_FILTER};;All files (*)"
        )
        if chosen:
            self._session.open_path(Path(chosen))

    def open_demo(self) -> None:
        from annotator.cli.demo import demo_copy

        self._session.open_path(demo_copy())

    def new_dataset(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self._window, "Choose a folder for the new dataset")
        if chosen:
            self._session.importing.create_dataset(Path(chosen))

    def add_clip(self) -> None:
        chosen, _ = QFileDialog.getOpenFileNames(
            self._window, "Choose a video, a track, or both", self._start_folder(), _TRACK_FILTER
        )
        if chosen:
            self._session.importing.add_clip([Path(name) for name in chosen])

    def import_track(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(
            self._window, "Choose a track", self._start_folder(), _TRACK_FILTER
        )
        if chosen:
            self._session.importing.use_track(Path(chosen))

    def export(self) -> None:
        self.open_export("")

    def choose_face(self, path: str = "") -> None:
        dialog = FaceModelsDialog(self._window.views.models, self._start_folder(), self._window)
        dialog.model_chosen.connect(self._window.views.use_model)
        if path:
            dialog.choose(path)
        self._open(dialog)

    def shape_sheet(self) -> None:
        from annotator.faces.shape_sheet_dialog import ShapeSheetDialog  # loads VTK

        model = self._window.views.model
        if model is None:
            self._session.tell(Message("The face model is still loading", "try again in a moment"))
            return
        self._open(ShapeSheetDialog(self._session, model, self._start_folder(), self._window))

    def report(self) -> None:
        from annotator.comparison.report_dialog import ReportDialog

        if self._session.library is None:
            self._session.tell(Message("There is nothing to report on", "open a dataset first"))
            return
        listed = self._window.clips_panel.visible_ids()
        self._open(ReportDialog(
            self._session, listed, self._window.views.model, self._start_folder(), self._window
        ))

    def vote(self) -> None:
        from annotator.comparison.vote_dialog import VoteDialog

        window, session = self._window, self._session
        if session.library is None:
            session.tell(Message("There is nothing to vote on", "open a dataset first"))
            return
        window.finish_typing()
        session.playback.pause()
        dialog = VoteDialog(session, window.clips_panel.visible_ids(), window.views.model, window)
        # Names and curves in the window would tell what the dialog hides.
        window.curtain(True)
        dialog.finished.connect(lambda _result: window.curtain(False))
        self._open(dialog)

    def quit(self) -> None:
        self._window.close()

    def describe_keyframe(self) -> None:
        if not self._session.selection[1]:
            self._session.annotating.select_nearest()
        self._window.show_tab("show_keyframe")
        self._window.keyframe_panel.describe()

    def describe_dataset(self) -> None:
        from annotator.description.describe_dialog import DescribeDialog

        if self._session.library is None:
            self._session.tell(Message("There is nothing to describe", "open a dataset first"))
            return
        self._window.finish_typing()
        self._open(DescribeDialog(self._session, self._window.clips_panel.visible_ids(), self._window))

    def find_clip(self) -> None:
        self._window.clips_panel.focus_search()

    def previous_clip(self) -> None:
        self._walk(-1)

    def next_clip(self) -> None:
        self._walk(1)

    def show_story(self) -> None:
        self._window.show_tab("show_story")

    def show_keyframe(self) -> None:
        self._window.show_tab("show_keyframe")

    def show_channels(self) -> None:
        self._window.show_tab("show_channels")

    def show_generate(self) -> None:
        self._window.show_tab("show_generate")

    def show_performance(self) -> None:
        self._window.show_tab("show_generate")
        self._window.generate_panel.show_performance(True)

    def show_takes(self) -> None:
        self._window.show_tab("show_takes")

    def generate(self) -> None:
        self._window.show_tab("show_generate")
        self._window.generate_panel.generate()

    def generate_dataset(self) -> None:
        if self._session.batching.dataset is None:
            self._session.tell(Message("No dataset is open", "open one with Ctrl+O"))
            return
        from annotator.generation.batch_dialog import BatchDialog

        self._window.finish_typing()
        dialog = BatchDialog(self._session, self._window)
        dialog.finished.connect(self._window.activateWindow)
        dialog.show()

    def edit_profiles(self) -> None:
        self._window.generate_panel.model_chooser.edit_profiles()

    def zoom_in(self) -> None:
        self._window.timeline.zoom_in()

    def zoom_out(self) -> None:
        self._window.timeline.zoom_out()

    def zoom_fit(self) -> None:
        self._window.timeline.fit_all()

    def link_cameras(self) -> None:
        settings = self._session.settings
        settings.linked_cameras = not settings.linked_cameras
        words = "linked" if settings.linked_cameras else "free"
        self._session.tell(Message(f"The cameras of the faces are {words}"))

    def enlarge_face(self) -> None:
        self._window.views.enlarge_face()

    def isolate_channel(self) -> None:
        self._window.channels_panel.rows.isolate()

    def theme(self) -> None:
        self._window.set_theme("light" if self._session.palette.name == "dark" else "dark")
        self._session.save_settings()

    def palette(self) -> None:
        palette = CommandPalette(self._window.actions_by_id.values(), self._window)
        palette.finished.connect(self._window.activateWindow)
        palette.open_over(self._window)

    def help_keys(self) -> None:
        library = self._session.library
        labels = library.vocabulary.keys if library is not None else {}
        dialog = KeysDialog(self._session.settings.keys, labels, self._window)
        dialog.finished.connect(self._window.activateWindow)
        if dialog.exec():
            self._session.settings.keys = dialog.remapped
            self._session.save_settings()
            for id, action in self._window.actions_by_id.items():
                action.setShortcuts(keys_of(ACTION_SPECS[id], dialog.remapped))
        dialog.deleteLater()

    def _open(self, dialog: QDialog) -> None:
        # Without a window manager nobody else gives the keys back to the window.
        dialog.finished.connect(self._window.activateWindow)
        dialog.open()

    def _walk(self, direction: int) -> None:
        ids = self._window.clips_panel.visible_ids()
        now = self._session.wanted_clip_id
        at = ids.index(now) if now in ids else (-1 if direction > 0 else len(ids))
        if 0 <= at + direction < len(ids):
            self._window.finish_typing()
            self._session.open_clip(ids[at + direction])

    def open_export(self, take_id: str) -> None:
        if self._session.current is None:
            self._session.tell(Message("There is nothing to export", "open a clip first"))
            return
        self._window.finish_typing()
        from annotator.export.export_dialog import ExportDialog  # loads VTK

        face = self._window.recorded_frame.content
        assert isinstance(face, FacePane)
        self._open(ExportDialog(self._session, take_id, face.camera, face.model, self._window))

    def choose_annotator(self) -> None:
        name, ok = QInputDialog.getText(
            self._window, "Annotator", "Your name; edits go into a file of this name:", text=self._session.who
        )
        if ok and name.strip():
            self._session.set_annotator(name.strip())

    def _start_folder(self) -> str:
        recent = self._session.settings.recent
        return str(Path(recent[0]).parent) if recent else str(Path.home())
