"""The settings of a dataset: its emotion labels, and how its rotations are to be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QAbstractButton,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QMessageBox,
    QVBoxLayout,
    QWidget,
)

from annotator.clips.controller import ClipsController
from annotator.clips.pose_form import PoseForm, Seen
from annotator.clips.vocabulary_form import VocabularyForm
from annotator.core.change_summary import counted
from annotator.core.model import ClipState
from annotator.core.storage.clip_pose import pose_of_clip
from annotator.core.storage.dataset import Dataset
from annotator.core.storage.dataset_settings import ChangedElsewhereError, DatasetSettings
from annotator.core.storage.pose_effects import pose_effects
from annotator.core.storage.relabelling import Relabelled
from annotator.session.jobs import Job
from annotator.session.messages import explain
from annotator.session.session import Session
from annotator.widgets.plain_label import PlainLabel
from viewer.core.channels import SHAPE_COUNT
from viewer.core.face_model import FaceModel
from viewer.core.pose import PoseConvention, PoseReading

_NAMED = 4
"""Annotators that are named; others are there, too."""
_HEAD = slice(SHAPE_COUNT, SHAPE_COUNT + 3)


class DatasetDialog(QDialog):
    """Works on a copy of the settings; *Save* writes what was changed, at once."""

    def __init__(
        self,
        session: Session,
        clips: ClipsController,
        settings: DatasetSettings,
        model: FaceModel | None,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Dataset settings")
        self.resize(880, 600)
        self._session, self._clips = session, clips
        self._before = settings
        self._job: Job | None = None
        state = session.state
        self.labels = VocabularyForm(None if state is None else _uses(state), session.palette)
        self.rotations = PoseForm(self._seen())
        self.rotations.face.set_theme(session.palette)
        self.show_model(model)
        self.problem = PlainLabel()
        self.problem.setAccessibleName("Why it could not be saved")
        self.problem.setWordWrap(True)
        self.problem.hide()
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Cancel | QDialogButtonBox.StandardButton.Save
        )
        self.save = self.buttons.button(QDialogButtonBox.StandardButton.Save)
        self.save.setObjectName("Primary")
        self.save.setDefault(True)
        self.reread = self.buttons.addButton("Show it as it is now", QDialogButtonBox.ButtonRole.ResetRole)
        self.reread.setToolTip("Read dataset.json again; your changes here are discarded")
        self.reread.setAutoDefault(False)
        self.reread.hide()
        self._lay_out()
        self._connect()
        self._show(settings)
        self._look_at_recordings()
        self.labels.table.setFocus()

    def _lay_out(self) -> None:
        halves = QHBoxLayout()
        halves.setSpacing(24)
        for title, form, stretch in (
            ("Emotion labels", self.labels, 6),
            ("Rotations of head and eyes", self.rotations, 5),
        ):
            heading = PlainLabel(title)
            heading.setObjectName("PaneTitle")
            column = QVBoxLayout()
            column.setSpacing(8)
            column.addWidget(heading)
            column.addWidget(form, 1)
            halves.addLayout(column, stretch)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(16, 16, 16, 16)
        whole.setSpacing(12)
        whole.addLayout(halves, 1)
        whole.addWidget(self.problem)
        whole.addWidget(self.buttons)

    def _connect(self) -> None:
        self.buttons.accepted.connect(self._save)
        self.buttons.rejected.connect(self.reject)
        self.reread.clicked.connect(self._read_again)
        self._session.playback.time_changed.connect(self._show_moment)
        self._session.recording_changed.connect(self._show_moment)

    def _show(self, settings: DatasetSettings) -> None:
        self._before = settings
        self.labels.show_vocabulary(settings.vocabulary)
        self.rotations.show_pose(settings.pose)
        self._show_moment()
        self._show_problem("")

    def show_model(self, model: FaceModel | None) -> None:
        """Show what the rotations make of another head."""
        self.rotations.face.set_model(model)

    # ---- the open clip ---------------------------------------------------------------------

    def _seen(self) -> Seen | None:
        """The open clip's recording, where it has one with a head that was seen."""
        clip = self._session.current
        if clip is None or clip.raw is None or not np.isfinite(clip.raw.values[:, _HEAD]).any():
            return None
        own, unit = clip.document.state.clip.extra.get("pose"), clip.raw.meta.get("pose_unit")
        follows = clip.raw.meta.get("pose_unit_from") == "dataset"

        def reading(pose: PoseConvention) -> PoseConvention:
            known = pose_of_clip(pose, own, clip.id, []) or PoseReading(pose)
            return known.convention if follows else replace(known.convention, unit=unit or pose.unit)

        def now() -> PoseConvention:
            known = clip.loaded.pose or PoseReading()
            return replace(known.convention, unit=unit or known.convention.unit)

        largest = np.nanmax(np.abs(clip.raw.values[:, _HEAD]), axis=0)
        return Seen(reading, now, np.abs(now().numbers(largest)))

    def _look_at_recordings(self) -> None:
        dataset = self._session.library
        if not isinstance(dataset, Dataset):
            return
        job = self._session.jobs.run(
            "Look at the recordings",
            lambda token, progress: pose_effects(dataset, progress, token),
            done=self.rotations.show_effects,
            failed=self._session.show_error,
        )
        self.finished.connect(job.cancel)

    def _show_moment(self, *_changed: object) -> None:
        clip = self._session.current
        recording = clip.recording if clip is not None else None
        if clip is None or recording is None:
            self.rotations.show_moment(None)
            return
        row = recording.row(self._session.playback.time - clip.offset)
        self.rotations.show_moment(row)

    # ---- saving ----------------------------------------------------------------------------

    def _save(self) -> None:
        if self._job is not None:
            return
        if not self.labels.commit():
            self.labels.label.setFocus()
            return
        after = replace(self._before, vocabulary=self.labels.vocabulary, pose=self.rotations.pose)
        if after == self._before:
            self.accept()
            return
        renames = self.labels.renames
        job = self._clips.count_labels(renames) if renames else None
        if job is None:
            self._write(after)
            return
        self._follow(job)
        job.done.connect(lambda found: self._ask(renames, after, found))

    def _write(self, after: DatasetSettings, renames: Mapping[str, str] | None = None) -> None:
        """Save, and rename the marks of these labels."""
        clips = self._clips
        if renames:
            job = clips.rename_labels(renames, self._before, after)
        else:
            job = clips.change_settings(self._before, after)
        if job is not None:
            self._follow(job)
            job.done.connect(self.accept)

    def _ask(self, renames: Mapping[str, str], after: DatasetSettings, found: Relabelled) -> None:
        """Show what renaming in everybody's annotations would do, and let the person choose."""
        if not found.marks and not found.left_out:
            # The job that counted has not ended yet.
            QTimer.singleShot(0, self, lambda: self._write(after))
            return
        question = QMessageBox(self)
        question.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        question.setIcon(QMessageBox.Icon.Question)
        question.setWindowTitle("Rename labels")
        question.setTextFormat(Qt.TextFormat.PlainText)
        question.setText(rename_words(renames, found))
        question.setInformativeText(
            "Renaming everywhere can be taken back as a whole, also after a restart: "
            "File ▸ Undo the renaming of labels."
        )
        everywhere = question.addButton("Rename everywhere", QMessageBox.ButtonRole.AcceptRole)
        only = question.addButton("Only in the list", QMessageBox.ButtonRole.ActionRole)
        question.addButton(QMessageBox.StandardButton.Cancel)

        def chosen(button: QAbstractButton) -> None:
            if button is everywhere:
                self._write(after, renames)
            elif button is only:
                self._write(after)

        question.buttonClicked.connect(chosen)
        question.open()

    def _read_again(self) -> None:
        job = self._clips.read_settings() if self._job is None else None
        if job is not None:
            self._follow(job)
            job.done.connect(self._show)

    def _follow(self, job: Job) -> None:
        self._job = job
        self._show_problem("")
        job.failed.connect(self._failed)
        job.ended.connect(self._ended)

    def _ended(self) -> None:
        self._job = None
        # Qt takes Enter from it when a button that had the focus goes.
        self.save.setDefault(True)

    def _failed(self, fault: Exception) -> None:
        self._show_problem(explain(fault).line())
        self.reread.setVisible(isinstance(fault, ChangedElsewhereError))

    def _show_problem(self, words: str) -> None:
        self.problem.setText(words)
        self.problem.setVisible(bool(words))
        self.reread.hide()

    def done(self, result: int) -> None:
        """Closed while it saves: a failure is told by the window."""
        if self._job is not None:
            self._job.failed.connect(self._session.show_error)
        super().done(result)


def rename_words(renames: Mapping[str, str], found: Relabelled) -> str:
    """What renaming in everybody's annotations would do."""
    lines = [
        f"“{old}” becomes “{new}” on {counted(found.marks[old], 'mark')}." for old, new in renames.items()
    ]
    if found.files:
        who = ", ".join(found.people[:_NAMED]) + (" …" if len(found.people) > _NAMED else "")
        lines.append(f"That changes {counted(found.files, 'annotation file')} of {who}.")
    if found.left_out:
        first = found.left_out[0]
        left = counted(len(found.left_out), "file")
        lines.append(f"{left} cannot be read and would keep the label, first {first.where}: {first.what}.")
    return "\n".join(lines)


def _uses(state: ClipState) -> Counter[str]:
    """How many marks carry each label."""
    return Counter([k.emotion for k in state.keyframes] + [s.label for s in state.spans])
