"""Capture: which clips, which face, what counts as rest, how far it is."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from annotator.capture.controller import CaptureController, report_words
from annotator.core.capture.capture import CaptureSettings
from annotator.core.capture.dataset_capture import Report
from annotator.core.capture.smoothing import DEFAULT
from annotator.core.capture.tracker_packages import CaptureError, find_packages
from annotator.session.session import Session
from annotator.widgets.dialog_button import dialog_button
from annotator.widgets.fields import ChoiceField
from annotator.widgets.plain_label import PlainLabel
from annotator.widgets.work_progress import WorkProgress

_CLIP = Qt.ItemDataRole.UserRole
_THIS = "This clip"
_FACES = {"The largest": "largest", "The leftmost": "0", "The second from the left": "1"}
_RESTS = {"A calm moment, found automatically": "auto", "Nothing is subtracted": "none"}
_HERE = "The face at the playhead, {:.3f} s"
_SMOOTHINGS = {"A little": DEFAULT, "More, in calm moments": "one-euro", "Not at all": "none"}


class CaptureDialog(QDialog):
    """Stands beside the window, which goes on working; closing it stops nothing."""

    def __init__(self, session: Session, capture: CaptureController, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Capture a track from the video")
        self.setMinimumWidth(520)
        self._session, self._capture = session, capture
        self._make_fields()
        self._lay_out()
        self._connect()
        self._show_running()
        self._show_report(capture.report if capture.running else None)

    def _make_fields(self) -> None:
        capture = self._capture
        waiting = len(capture.waiting())
        choices = [_THIS] if capture.open_clip_waits else []
        if waiting > len(choices):
            noun = "clip" if waiting == 1 else "clips"
            choices.append(
                f"All {waiting} {noun} without a track" if waiting > 1 else "The clip without a track"
            )
        self.clips = ChoiceField(choices)
        self.face = ChoiceField(tuple(_FACES))
        self._here = self._session.playback.time
        rests = [*_RESTS, _HERE.format(self._here)] if capture.open_clip_waits else [*_RESTS]
        self.rest = ChoiceField(rests)
        self.smooth = ChoiceField(tuple(_SMOOTHINGS))
        self.mirror = QCheckBox("Look at each frame in a mirror, too")
        self.mirror.setChecked(True)
        self.mirror.setToolTip("Better values, and a reliability that rests on more; takes twice as long")
        self.about = _note(
            "Makes coefficients and the rotation of the head from the pictures, on this machine. Frames "
            "without a face are lost, and what cannot be seen is missing. Values are estimates: each channel "
            "gets a reliability."
        )
        self.needs = PlainLabel()
        self.needs.setWordWrap(True)
        self.needs.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.copy = dialog_button("Copy the line", "Put the line that installs MediaPipe on the clipboard")
        self.work = WorkProgress(spacing=16)
        self.failures = QListWidget()
        self.failures.setAccessibleName("Clips that could not be captured")
        self.failures.setWordWrap(True)
        self.failures.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.failures.setToolTip("A double click opens the clip")
        self.failures.setMinimumHeight(96)
        self.go = dialog_button("Capture", "Make the tracks")
        self.go.setObjectName("Primary")
        self.go.setMinimumWidth(104)  # of its longest title
        self.shut = dialog_button("Close", "Close this; the work continues")

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setContentsMargins(0, 0, 0, 0)
        form.setVerticalSpacing(8)
        form.setHorizontalSpacing(16)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        form.addRow("Clips", self.clips)
        form.addRow("Face", self.face)
        form.addRow("At rest", self.rest)
        form.addRow("Smoothed", self.smooth)
        form.addRow("", self.mirror)
        self._choices = QWidget()
        self._choices.setLayout(form)
        self._lack = QWidget()
        lack = QVBoxLayout(self._lack)
        lack.setContentsMargins(0, 0, 0, 0)
        lack.setSpacing(8)
        lack.addWidget(self.needs)
        lack.addWidget(self.copy, 0, Qt.AlignmentFlag.AlignLeft)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.setSpacing(8)
        foot.addWidget(self.go)
        foot.addWidget(self.shut)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(16)
        for widget in (self.about, self._choices, self._lack, self.work, self.failures):
            column.addWidget(widget)
        column.addStretch(1)
        column.addLayout(foot)

    def _connect(self) -> None:
        capture = self._capture
        self.go.clicked.connect(self._press_go)
        self.shut.clicked.connect(self.close)
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self._line))
        self.failures.itemDoubleClicked.connect(lambda item: self._session.open_clip(item.data(_CLIP)))
        capture.changed.connect(self._show_running)
        capture.progress.connect(self._show_progress)
        capture.reported.connect(self._show_report)
        capture.stopped.connect(self.work.tell)

    def chosen(self) -> tuple[list[str], CaptureSettings]:
        """The clips and how they are captured, as the fields say."""
        only = self.clips.currentText() == _THIS
        ids = [self._session.clip_id] if only else self._capture.waiting()
        rest = _RESTS.get(self.rest.currentText(), f"{self._here:.6f}")
        return ids, CaptureSettings(
            neutral=rest,
            smooth=_SMOOTHINGS[self.smooth.currentText()],
            mirror_check=self.mirror.isChecked(),
            face=_FACES[self.face.currentText()],
        )

    def _press_go(self) -> None:
        if self._lacking() is not None:
            self._show_running()
            return
        if self._capture.running:
            self._capture.cancel()
            self.go.setEnabled(False)
            self.work.tell("Stopping …")
            return
        self._show_report(None)
        self._capture.start(*self.chosen())

    def _show_running(self) -> None:
        running = self._capture.running
        lack = self._lacking()
        self._lack.setVisible(lack is not None)
        if lack is not None:
            self.needs.setText(f"{lack.what}. Type this in a terminal, then try again:\n\n{lack.todo}")
        self._choices.setEnabled(not running and lack is None)
        self.work.show_running(running)
        self.go.setText("Stop" if running else "Capture" if lack is None else "Try again")
        self.go.setEnabled(running or bool(self._capture.waiting()))
        if running:
            self._show_progress(*self._capture.latest)
        self.adjustSize()

    def _lacking(self) -> CaptureError | None:
        try:
            find_packages()
        except CaptureError as fault:
            self._line = fault.todo
            return fault
        return None

    def _show_progress(self, done: int, total: int, what: str) -> None:
        self.work.show_progress(done, total, what[:1].upper() + what[1:])

    def _show_report(self, report: Report | None) -> None:
        self.failures.clear()
        failed = report.failed if report is not None else ()
        for done in failed:
            item = QListWidgetItem(f"{done.clip}: {done.why}")
            item.setData(_CLIP, done.clip)
            self.failures.addItem(item)
        self.failures.setVisible(bool(failed))
        if report is not None and not failed:
            self.accept()
            return
        self.work.tell(report_words(report).text if report is not None else "")
        self.adjustSize()


def _note(text: str) -> QLabel:
    label = PlainLabel(text)
    label.setObjectName("Muted")
    label.setWordWrap(True)
    return label
