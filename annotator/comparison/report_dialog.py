"""Choosing what goes into a report, and watching it being made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from annotator.comparison.report import MOST_CLIPS, MadeReport, make_report
from annotator.core.comparison.models import model_of
from annotator.core.comparison.study import Wanted
from annotator.session.jobs import Job
from annotator.session.messages import Message, explain
from annotator.session.session import Session
from annotator.widgets.fields import ChoiceField
from annotator.widgets.plain_label import PlainLabel
from viewer.core.cancel import CancelToken
from viewer.core.errors import StudioError
from viewer.core.face_model import FaceModel
from viewer.core.progress import Progress

ALL, LISTED, OPEN = "All clips", "The clips in the list now", "This clip only"


class ReportDialog(QDialog):
    """Runs one report at a time; closing the dialog gives up what is still being made."""

    def __init__(
        self, session: Session, listed: list[str], face: FaceModel | None, folder: str, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Comparison report")
        self.setMinimumWidth(520)
        self._session, self._listed, self._face = session, listed, face
        self._job: Job | None = None
        self._written: Path | None = None
        self.scope = ChoiceField((ALL, LISTED, *((OPEN,) if session.current is not None else ())))
        self.models = QListWidget()
        self.models.setObjectName("Checks")
        self.models.setAccessibleName("Models")
        self.pictures = QCheckBox(f"Pictures of the faces (of up to {MOST_CLIPS} clips)")
        self.pictures.setChecked(True)
        name = session.library.name if session.library is not None else "clips"
        self.path = QLineEdit(str(Path(folder) / f"{name} report.html"))
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.doing = PlainLabel("Looking for the models …")
        self.doing.setObjectName("Muted")
        self.doing.setWordWrap(True)
        self.make_button, self.close_button = QPushButton("Make the report"), QPushButton("Close")
        self.open_button = QPushButton("Open it")
        self._lay_out()
        self._find_models()

    def _lay_out(self) -> None:
        self.make_button.setObjectName("Primary")
        self.make_button.setDefault(True)
        for button in (self.close_button, self.open_button):
            button.setAutoDefault(False)
        self.bar.hide()
        self.open_button.hide()
        self.models.setFixedHeight(112)
        browse = QPushButton("Browse…")
        browse.setAccessibleName("Choose the file")
        browse.setAutoDefault(False)
        place = QHBoxLayout()
        place.setSpacing(8)
        place.addWidget(self.path, 1)
        place.addWidget(browse)
        form = QFormLayout()
        form.setVerticalSpacing(8)
        form.setHorizontalSpacing(16)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        form.addRow("Clips", self.scope)
        form.addRow("Models", self.models)
        form.addRow("", self.pictures)
        form.addRow("File", place)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self.bar, 1)
        foot.addStretch(1)
        for button in (self.open_button, self.make_button, self.close_button):
            foot.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        column.addLayout(form)
        column.addWidget(self.doing)
        column.addLayout(foot)
        browse.clicked.connect(self._choose_file)
        self.make_button.clicked.connect(self.make)
        self.close_button.clicked.connect(self.reject)
        self.open_button.clicked.connect(self._open)

    # ---- what there is -----------------------------------------------------------------------

    def _find_models(self) -> None:
        """List the models of the whole dataset; reading thousands of clips takes a moment."""
        library = self._session.library
        if library is None:
            return

        def work(token: CancelToken, progress: Progress) -> list[tuple[str, int]]:
            found: dict[str, int] = {}
            entries = library.clips
            for number, entry in enumerate(entries):
                token.check()
                progress(number, len(entries), "Looking for the models")
                try:
                    takes = library.load_clip(entry.id).state.takes if entry.fault is None else ()
                except StudioError:
                    continue
                for model in {model_of(take) for take in takes if not take.deleted}:
                    found[model] = found.get(model, 0) + 1
            return sorted(found.items())

        self._run("Look for models", work, self._show_models)

    def _show_models(self, found: list[tuple[str, int]]) -> None:
        for model, clips in found:
            item = QListWidgetItem(f"{model}  ·  {clips} clip{'' if clips == 1 else 's'}", self.models)
            item.setData(Qt.ItemDataRole.UserRole, model)
            item.setFlags(
                Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsUserCheckable | Qt.ItemFlag.ItemIsSelectable
            )
            item.setCheckState(Qt.CheckState.Checked)
        self.doing.setText("" if found else "No clip has a take yet. Generate some first.")
        self.make_button.setEnabled(bool(found))

    def wanted(self) -> Wanted:
        """What is chosen here."""
        scope = self.scope.currentText()
        clips = {LISTED: tuple(self._listed), OPEN: (self._session.clip_id,)}.get(scope, ())
        items = [self.models.item(i) for i in range(self.models.count())]
        chosen = [i.data(Qt.ItemDataRole.UserRole) for i in items if i.checkState() == Qt.CheckState.Checked]
        return Wanted(clips=clips, models=() if len(chosen) == len(items) else tuple(chosen))

    # ---- making ------------------------------------------------------------------------------

    def make(self) -> None:
        """Make the report in the background."""
        session, library = self._session, self._session.library
        out, wanted, face = Path(self.path.text()).expanduser(), self.wanted(), self._face
        if library is None or self._job is not None:
            return
        items = [self.models.item(i).checkState() for i in range(self.models.count())]
        if Qt.CheckState.Checked not in items:
            self.doing.setText("Choose at least one model.")
            return
        current, count = session.current, MOST_CLIPS if self.pictures.isChecked() else 0

        def work(token: CancelToken, progress: Progress) -> MadeReport:
            if current is not None:
                current.saver.flush()
            return make_report(
                library, out, wanted, picture_clips=count, model=face, progress=progress, cancel=token
            )

        self.open_button.hide()
        self._run("Make a report", work, self._made)

    def _run(self, title: str, work: Any, done: Any) -> None:
        self.make_button.setEnabled(False)
        self.bar.setRange(0, 0)
        self.bar.show()
        job = self._session.jobs.run(title, work, done=done, failed=self._failed)
        job.progress.connect(self._show_progress)
        job.ended.connect(self._ended)
        self._job = job

    def _show_progress(self, done: int, total: int, what: str) -> None:
        self.bar.setRange(0, total)
        self.bar.setValue(done)
        self.doing.setText(f"{what} …")

    def _ended(self) -> None:
        self._job = None
        self.bar.hide()
        self.make_button.setEnabled(self.models.count() > 0)

    def _made(self, made: MadeReport) -> None:
        self._written = Path(made.written)
        left = len(made.left_out)
        note = f"; {left} left out, listed in it" if left else ""
        self.doing.setText(f"{made.clips} clips, {made.takes} takes, {made.votes} votes{note}.")
        self.open_button.show()
        self._session.show_message(Message(f"Wrote the report to {self._written}", level="success"))

    def _failed(self, fault: Exception) -> None:
        self.doing.setText(explain(fault).line())

    def _choose_file(self) -> None:
        chosen, _ = QFileDialog.getSaveFileName(self, "Save the report", self.path.text(), "Page (*.html)")
        if chosen:
            self.path.setText(chosen if chosen.lower().endswith((".html", ".htm")) else chosen + ".html")

    def _open(self) -> None:
        if self._written is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._written)))

    def done(self, result: int) -> None:
        """Escape, Close and the cross come here: what is still being made is given up."""
        job, self._job = self._job, None
        if job is not None and job.running:
            for signal in (job.done, job.failed):
                signal.disconnect()
            # Others listen to these as well.
            job.ended.disconnect(self._ended)
            job.progress.disconnect(self._show_progress)
            job.cancel()
        super().done(result)
