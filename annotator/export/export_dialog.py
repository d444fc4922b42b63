"""Ctrl+E: what to carry away, in which form, and where."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from annotator.core.export.film import write_png
from annotator.core.export.training import SUMMARY, export_training
from annotator.core.performance import track_with_layers
from annotator.core.storage.dataset import Dataset
from annotator.export.scene import FaceColumn, Scene, film, still
from annotator.export.training_page import TrainingPage, told_of
from annotator.session.jobs import Job
from annotator.session.messages import Message, explain
from annotator.session.open_clip import Take
from annotator.session.session import Session
from annotator.takes.controller import TakesController
from annotator.widgets.plain_label import PlainLabel
from viewer.core.camera import CameraView
from viewer.core.cancel import CancelToken
from viewer.core.errors import StudioError
from viewer.core.face_model import FaceModel
from viewer.core.formats import write
from viewer.core.progress import Progress
from viewer.core.track import Track

RECORDING = "recording"
_FORMATS = (
    ("Live Link Face CSV", "livelink", ".csv"),
    ("KeyframeFace results, one line per keyframe (JSONL)", "keyframeface", ".jsonl"),
    ("Film of video and faces (MP4)", "film", ".mp4"),
    ("Picture of this moment (PNG)", "still", ".png"),
)

_TRAINING = ("Training data of the dataset (JSONL)", "training", "")
_SIZES = ("Standard", "1280x720", "1920x1080")


class ExportDialog(QDialog):
    """Exports the recording (with edits) or a take; the work runs as a job with a progress bar."""

    def __init__(
        self,
        session: Session,
        takes: TakesController,
        take_id: str,
        view: CameraView,
        model: FaceModel | None,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Export")
        self.setMinimumWidth(520)
        self._takes = takes
        self._session = session
        self._view, self._model = view, model
        self._job: Job | None = None
        self.what = QComboBox()
        # A long name of a take must not push the labels out of the dialog.
        self.what.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._fill_tracks(take_id)
        self.format = QComboBox()
        self._formats = (*_FORMATS, _TRAINING) if isinstance(session.library, Dataset) else _FORMATS
        self.format.addItems([title for title, _name, _suffix in self._formats])
        self.training = TrainingPage(session.annotator_id)
        self.path = QLineEdit()
        browse = QPushButton("Browse…")
        self._size = QComboBox()
        self._size.addItems(list(_SIZES))
        self._fps = QComboBox()
        self._fps.addItems(["30", "60", "24", "25"])
        self._beside = QCheckBox("Recording and take side by side")
        self._with_video = QCheckBox("With the video and its sound")
        self._beside.setChecked(takes.active is not None)
        self._with_video.setChecked(True)
        self._blinks, self._micro = QCheckBox("Blinks"), QCheckBox("Micro-motion")
        self._blinks.setToolTip("Blinks between the keys of the take, about 17 per minute")
        self._micro.setToolTip("The small drift of a face that is held still, between the keys")
        self._progress = QProgressBar()
        self._progress.setTextVisible(False)
        self._doing = PlainLabel()
        self._doing.setObjectName("Muted")
        self._doing.setWordWrap(True)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.go = self.buttons.addButton("Export", QDialogButtonBox.ButtonRole.AcceptRole)
        self.go.setObjectName("Primary")
        self._lay_out(browse)
        browse.clicked.connect(self._browse)
        self.format.currentIndexChanged.connect(self._show_format)
        self.what.currentIndexChanged.connect(self._show_format)
        self._beside.toggled.connect(self._show_format)
        self.buttons.accepted.connect(self.export)
        self.buttons.rejected.connect(self.reject)
        self.path.textChanged.connect(self._show_place)
        self._show_format()

    def _lay_out(self, browse: QPushButton) -> None:
        self._form = QFormLayout()
        self._form.setSpacing(8)
        self._form.addRow("What", self.what)
        self._form.addRow("As", self.format)
        self._place = QHBoxLayout()
        self._place.addWidget(self.path, 1)
        self._place.addWidget(browse)
        self._form.addRow("File", self._place)
        self._form.addRow("Size", self._size)
        self._form.addRow("Frames per second", self._fps)
        self._form.addRow("", self._with_video)
        self._form.addRow("", self._beside)
        self._life = QWidget()
        life = QHBoxLayout(self._life)
        life.setContentsMargins(0, 0, 0, 0)
        life.setSpacing(16)
        life.addWidget(self._blinks)
        life.addWidget(self._micro)
        life.addStretch(1)
        self._form.addRow("Add to the take", self._life)
        self._form.addRow(self.training)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        column.addLayout(self._form)
        column.addWidget(self._progress)
        column.addWidget(self._doing)
        column.addWidget(self.buttons)
        self._progress.hide()
        self.go.setDefault(True)

    def _fill_tracks(self, take_id: str) -> None:
        clip = self._session.current
        if clip is not None and clip.recording is not None:
            edited = " (with edits)" if clip.recording is not clip.raw else ""
            self.what.addItem(f"Recording{edited}", RECORDING)
        for take in self._takes.all():
            self.what.addItem(take.name, take.id)
            if take.id == take_id:
                self.what.setCurrentIndex(self.what.count() - 1)

    # ---- choosing ------------------------------------------------------------------------

    @property
    def _kind(self) -> str:
        return self._formats[self.format.currentIndex()][1]

    def _show_format(self) -> None:
        training = self._kind == "training"
        self._form.setRowVisible(self.what, not training)
        self._form.setRowVisible(self.training, training)
        place = self._form.labelForField(self._place)
        assert isinstance(place, QLabel)
        place.setText("Folder" if training else "File")
        place.setMinimumWidth(self.training.label_width if training else 0)
        filmed = self._kind in ("film", "still")
        clip, take = self._session.current, self._takes.active
        has_video = clip is not None and clip.loaded.video_path is not None
        both = clip is not None and clip.recording is not None and take is not None
        self._with_video.setText("With the video" + (" and its sound" if self._kind == "film" else ""))
        self._form.setRowVisible(self._size, filmed)
        self._form.setRowVisible(self._fps, self._kind == "film")
        self._form.setRowVisible(self._with_video, filmed and has_video)
        self._form.setRowVisible(self._beside, filmed and both)
        carried = self._takes.find(self.what.currentData() or "")
        if filmed and both and self._beside.isChecked():
            carried = take
        keyed = carried is not None and carried.info.performance is not None
        lively = self._kind not in ("keyframeface", "training")
        self._form.setRowVisible(self._life, keyed and lively)
        self.go.setEnabled(self.what.count() > 0 or training)
        self._suggest_path()
        self.adjustSize()

    def _suggest_path(self) -> None:
        clip = self._session.current
        library = self._session.library
        if clip is None or library is None:
            return
        suffix = self._formats[self.format.currentIndex()][2]
        folder = Path(self.path.text()).parent if self.path.text() else library.root / "exports"
        if self._kind == "training":
            self.path.setText(str(folder / "training"))
            return
        self.path.setText(str(folder / f"{clip.id}_{self.what.currentData() or 'export'}{suffix}"))

    def _show_place(self, text: str) -> None:
        """Say beforehand that a file will be replaced."""
        path = Path(text).expanduser()
        training = self._kind == "training"
        ready = self.what.count() > 0 or training
        self.go.setEnabled(bool(text.strip()) and ready and self._job is None)
        there = training and (path / SUMMARY).is_file()
        doing = f"{path.name} exists and will be replaced." if path.is_file() else ""
        self._doing.setText("Its sets of an earlier export will be replaced." if there else doing)

    def _browse(self) -> None:
        title, _name, suffix = self._formats[self.format.currentIndex()]
        if self._kind == "training":
            folder = QFileDialog.getExistingDirectory(self, "Export to", self.path.text())
            if folder:
                self.path.setText(folder)
            return
        chosen, _ = QFileDialog.getSaveFileName(self, "Export to", self.path.text(), f"{title} (*{suffix})")
        if chosen:
            self.path.setText(chosen if chosen.lower().endswith(suffix) else chosen + suffix)

    # ---- exporting -----------------------------------------------------------------------

    def export(self) -> None:
        """Start the job; the dialog closes when it is done."""
        path = Path(self.path.text()).expanduser()
        work = self._work(path)
        if work is None or self._job is not None:
            return
        self._progress.setRange(0, 0)
        self._progress.show()
        self.go.setEnabled(False)
        self._doing.setText("Exporting…")
        self._job = self._session.jobs.run(
            f"Export {path.name}", work, done=lambda made: self._done(path, made), failed=self._failed
        )
        self._job.progress.connect(self._show_progress)
        self._job.cancelled.connect(self._stopped)

    def _work(self, path: Path) -> Callable[[CancelToken, Progress], Any] | None:
        if self._kind == "training":
            return self._training_work(path)
        chosen = self._chosen()
        if chosen is None:
            return None
        name, track, colour, offset = chosen
        if self._kind in ("film", "still"):
            return self._picture_work(path, FaceColumn(name, track, colour, offset))
        kind, full_scale = self._kind, self._session.full_scale
        keyed = track
        clip = self._session.current
        if kind == "keyframeface" and clip is not None:
            keyed = at_keyframes(track, [k.time - offset for k in clip.document.state.keyframes])

        def convert(_token: CancelToken, progress: Progress) -> None:
            progress(0, 0, f"Writing {path.name}")
            path.parent.mkdir(parents=True, exist_ok=True)
            write(keyed, path, kind, full_scale=full_scale)

        return convert

    def _training_work(self, path: Path) -> Callable[[CancelToken, Progress], Any] | None:
        dataset, clip = self._session.library, self._session.current
        assert isinstance(dataset, Dataset)
        try:
            choice = self.training.choice()
        except StudioError as fault:
            self._doing.setText(explain(fault).line())
            return None

        def write_sets(token: CancelToken, progress: Progress) -> str:
            if clip is not None:
                # What was edited just now belongs to it.
                clip.saver.flush()
            return told_of(export_training(dataset, path, choice, progress=progress, cancel=token))

        return write_sets

    def _picture_work(self, path: Path, face: FaceColumn) -> Callable[[CancelToken, Progress], Any] | None:
        clip, model = self._session.current, self._model
        if clip is None or model is None:
            self._doing.setText("The face model is still loading; try again in a moment.")
            return None
        faces = [face]
        take = self._takes.active
        if self._beside.isChecked() and take is not None and clip.recording is not None:
            p = self._session.palette
            faces = [
                FaceColumn("Recorded", clip.recording, p.recorded, clip.offset),
                FaceColumn(take.name, self._layered(take), take.colour),
            ]
        video = clip.loaded.video_path if self._with_video.isChecked() else None
        scene = Scene(tuple(faces), model, video, self._view, self._session.palette)
        size = None
        if self._size.currentIndex():
            width, height = self._size.currentText().split("x")
            size = int(width), int(height)
        if self._kind == "still":
            t = self._session.playback.time

            def picture(token: CancelToken, _progress: Progress) -> None:
                path.parent.mkdir(parents=True, exist_ok=True)
                write_png(path, still(scene, t, size, token))

            return picture
        fps = float(self._fps.currentText())

        def make_film(token: CancelToken, progress: Progress) -> None:
            path.parent.mkdir(parents=True, exist_ok=True)
            film(scene, path, size=size, fps=fps, progress=progress, cancel=token)

        return make_film

    def _chosen(self) -> tuple[str, Track, str, float] | None:
        """Title, track, colour and offset of what is exported."""
        clip, id = self._session.current, self.what.currentData()
        if clip is None or id is None:
            return None
        if id == RECORDING:
            recording = clip.recording
            return (
                None
                if recording is None
                else ("Recorded", recording, self._session.palette.recorded, clip.offset)
            )
        take = self._takes.find(id)
        return None if take is None else (take.name, self._layered(take), take.colour, 0.0)

    def _layered(self, take: Take) -> Track:
        """The take with the layers chosen here alone: what is on in the window may be for the eye."""
        blinks, micro = self._blinks.isChecked(), self._micro.isChecked()
        return track_with_layers(take.info, take.track, blinks, micro, self._session.full_scale)

    def _show_progress(self, done: int, total: int, what: str) -> None:
        self._progress.setRange(0, total)
        self._progress.setValue(done)
        self._doing.setText(what)

    def _done(self, path: Path, made: object) -> None:
        told = f"{made} to {path}" if isinstance(made, str) else f"Exported {path.name} to {path.parent}"
        self._session.show_message(Message(told, level="success"))
        self.accept()

    def _failed(self, fault: Exception) -> None:
        self._stopped()
        self._doing.setText(explain(fault).line())

    def _stopped(self) -> None:
        self._job = None
        self._progress.hide()
        self.go.setEnabled(True)
        self._doing.setText("Cancelled; nothing was written.")

    def reject(self) -> None:
        """Cancel the running export, else close; Escape and the title bar's cross come here too."""
        if self._job is not None:
            self._job.cancel()
        else:
            super().reject()


def at_keyframes(track: Track, times: list[float]) -> Track:
    """The track's values at the keyframes only, as KeyframeFace's results have them; the whole
    track when there is no keyframe inside it."""
    inside = sorted({t for t in times if 0 <= t <= track.duration})
    if not inside:
        return track
    sampled = track.sample(inside)
    return replace(track.replaced(times=inside, values=sampled), start=track.start)
