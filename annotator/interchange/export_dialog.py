"""Which annotations go where, in which format, and what that loses: told before anything is written."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from annotator.core.change_summary import counted
from annotator.core.interchange.exporting import Exported
from annotator.core.interchange.formats import FORMATS
from annotator.interchange.controller import InterchangeController
from annotator.session.jobs import Job
from annotator.session.messages import explain
from annotator.session.session import Session
from annotator.widgets.fields import ChoiceField
from annotator.widgets.plain_label import PlainLabel
from annotator.widgets.work_progress import WorkProgress

_MOST = 500
"""Lines of what is lost that are listed."""

_EVERYBODY = "Everybody's work"


class ExportAnnotationsDialog(QDialog):
    """Tells what an export would hold as soon as something is chosen.  ``listed`` are the clips that the
    list shows."""

    def __init__(
        self, session: Session, interchange: InterchangeController, listed: list[str], parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Export annotations")
        self.resize(720, 560)
        self._session, self._interchange = session, interchange
        dataset = interchange.dataset
        assert dataset is not None
        self._dataset = dataset
        self._job: Job | None = None
        self._writing = False
        self._clips: dict[str, tuple[str, ...]] = {f"All clips ({len(dataset.clips)})": ()}
        if session.clip_id:
            self._clips[f"The open clip ({session.clip_id})"] = (session.clip_id,)
        if 0 < len(listed) < len(dataset.clips):
            self._clips[f"The {counted(len(listed), 'clip')} in the list"] = tuple(listed)
        self.form = ChoiceField([form.title for form in FORMATS.values()])
        self.form.setAccessibleName("Format")
        self.clips = ChoiceField(list(self._clips))
        self.clips.setAccessibleName("Clips")
        self.people = ChoiceField([_EVERYBODY, f"Only mine ({session.annotator_id})"])
        self.people.setAccessibleName("Whose work")
        self.out = QLineEdit(str(dataset.root.with_name(f"{dataset.name} annotations")))
        self.out.setAccessibleName("Folder")
        self.choose_out = QPushButton("Browse…")
        self.choose_out.setToolTip("Choose the folder")
        self.choose_out.setAccessibleName("Choose the folder")
        self.choose_out.setAutoDefault(False)
        self.summary = PlainLabel()
        self.summary.setWordWrap(True)
        self.lost = QListWidget()
        self.lost.setAccessibleName("What gets lost")
        self.lost.setWordWrap(True)
        self.lost.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._work = WorkProgress(spacing=8)
        self.doing = self._work.doing
        self.go = QPushButton("Export")
        self.go.setObjectName("Primary")
        self.go.setDefault(True)
        self.shut = QPushButton("Close")
        self.shut.setAutoDefault(False)
        self._lay_out()
        for field in (self.form, self.clips, self.people):
            field.chosen.connect(self.look)
        self.choose_out.clicked.connect(self._choose_out)
        self.go.clicked.connect(self.write)
        self.shut.clicked.connect(self._press_shut)
        self.look()

    def _lay_out(self) -> None:
        where = QHBoxLayout()
        where.setSpacing(8)
        where.addWidget(self.out, 1)
        where.addWidget(self.choose_out)
        form = QFormLayout()
        form.setSpacing(8)
        form.addRow("Format", self.form)
        form.addRow("Clips", self.clips)
        form.addRow("Work", self.people)
        form.addRow("Folder", where)
        heading = PlainLabel("What gets lost")
        heading.setObjectName("PaneTitle")
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        column.addLayout(form)
        column.addWidget(self.summary)
        column.addWidget(heading)
        column.addWidget(self.lost, 1)
        column.addLayout(self._work.beside(self.go, self.shut))

    @property
    def format_name(self) -> str:
        """The chosen format, as the command line calls it."""
        return list(FORMATS)[self.form.currentIndex()]

    def look(self) -> None:
        """Find out what an export would hold and lose."""
        self._start(dry_run=True)

    def write(self) -> None:
        """Write it."""
        if self.out.text().strip() and not self._writing:
            self._start(dry_run=False)

    def _start(self, *, dry_run: bool) -> None:
        self._let_go()
        people = (self._session.annotator_id,) if self.people.currentIndex() else ()
        out = Path(self.out.text().strip() or ".").expanduser()
        clips = self._clips[self.clips.currentText()]
        job = self._interchange.export(self._dataset, out, self.format_name, clips, people, dry_run=dry_run)
        self._job, self._writing = job, not dry_run
        job.progress.connect(self._work.show_progress)
        job.done.connect(partial(self._show, dry_run))
        job.failed.connect(self._show_fault)
        job.ended.connect(partial(self._ended, job))
        self._work.show_running(True)
        self._show_state()

    def _show(self, dry_run: bool, found: Exported) -> None:
        marks = f"{counted(found.keyframes, 'keyframe')} and {counted(found.emotions, 'emotion span')}"
        count = f"{marks} of {counted(found.clips, 'clip')}"
        files = counted(len(found.files), "file")
        if dry_run:
            self.summary.setText(
                f"{count}, in {files}." if found.clips else "Nobody has annotated these clips."
            )
        else:
            self.summary.setText(f"Wrote {count} into {files}.")
        self.lost.clear()
        for each in found.lost[:_MOST]:
            who = f"{each.clip}, {each.annotator}" if each.annotator else each.clip
            self.lost.addItem(f"{who}: {each.what} – {each.why}")
        if len(found.lost) > _MOST:
            self.lost.addItem(f"… and {len(found.lost) - _MOST:,} more")
        if not found.lost:
            self.lost.addItem("Nothing that is in these annotations.")
        self._work.tell("")

    def _show_fault(self, fault: Exception) -> None:
        self.lost.clear()
        self.summary.setText("")
        self._work.tell(explain(fault).line())

    def _ended(self, job: Job) -> None:
        if self._job is not job:
            return
        self._job, self._writing = None, False
        self._work.show_running(False)
        self._show_state()

    def _show_state(self) -> None:
        self.go.setEnabled(not self._writing)
        for widget in (self.form, self.clips, self.people, self.out, self.choose_out):
            widget.setEnabled(not self._writing)
        self.shut.setText("Stop" if self._writing else "Close")

    def _press_shut(self) -> None:
        if self._writing and self._job is not None:
            self._job.cancel()
            self._work.tell("Stopped; files that were written until then stay.")
            return
        self.reject()

    def _choose_out(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, "Choose a folder", self.out.text())
        if chosen:
            self.out.setText(chosen)

    def _let_go(self) -> None:
        """End what runs; what it would say is not heard any more."""
        job, self._job = self._job, None
        if job is None or not job.running:
            return
        for signal in (job.done, job.failed):
            signal.disconnect()
        job.progress.disconnect(self._work.show_progress)
        job.cancel()

    def done(self, result: int) -> None:
        """Escape, Close and the cross come here: what runs is ended."""
        self._let_go()
        super().done(result)
