"""What a file of another tool holds, what it becomes here, and what of it is left out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QListWidget,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from annotator.core.change_summary import counted
from annotator.core.interchange.bringing import Preview, Wanted
from annotator.core.interchange.choosing import clip_for, kinds_of, sets_for
from annotator.core.interchange.formats import FORMATS, IMPORTED_FILES
from annotator.core.interchange.marks import ForeignFile, ForeignMarks, Kind, count_marks
from annotator.core.media_names import file_name
from annotator.core.model import STATUSES
from annotator.interchange.controller import InterchangeController
from annotator.session.jobs import Job
from annotator.session.messages import explain, sentence
from annotator.session.session import Session
from annotator.widgets.dialog_button import dialog_button
from annotator.widgets.fields import ChoiceField
from annotator.widgets.plain_label import PlainLabel
from annotator.widgets.work_progress import WorkProgress
from viewer.core.errors import FileError

NOTHING, KEYFRAMES, EMOTIONS = "Nothing", "Keyframes", "Emotions"
_KINDS: dict[str, Kind | None] = {NOTHING: None, KEYFRAMES: "keyframes", EMOTIONS: "emotions"}
_TITLES = {kind: title for title, kind in _KINDS.items()}
ADD, REPLACE = "Add to it", "Replace it; the old one goes to the backups"
_CHOOSE = "Choose a clip"
_MOST_TIERS, _MOST_LINES, _SAMPLE = 200, 300, 80


class ImportAnnotationsDialog(QDialog):
    """Reads ``path`` at once.  Nothing is written before *Import*."""

    def __init__(
        self, session: Session, interchange: InterchangeController, path: Path, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Import annotations")
        self.resize(820, 640)
        self._session, self._interchange = session, interchange
        dataset = interchange.dataset
        assert dataset is not None
        self._dataset = dataset
        self._file: ForeignFile | None = None
        self._sets: tuple[ForeignMarks, ...] = ()
        self._preview: Preview | None = None
        self._job: Job | None = None
        self._writing = False
        self._make_parts()
        self._lay_out()
        self._connect()
        self.clip.setFocus()
        self.read(path)

    # ---- building ------------------------------------------------------------------------------

    def _make_parts(self) -> None:
        session = self._session
        self.place = PlainLabel()
        self.place.setObjectName("PaneTitle")
        self.browse = dialog_button("Another file…")
        self.clip = ChoiceField([_CHOOSE, *(entry.id for entry in self._dataset.clips)])
        self.clip.setAccessibleName("Clip")
        self.doubt = PlainLabel()
        self.doubt.setObjectName("Muted")
        self.doubt.setWordWrap(True)
        self.whose = ChoiceField()
        self.whose.setAccessibleName("Whose marks")
        self.annotator = QLineEdit(session.annotator_id)
        self.annotator.setAccessibleName("Whose annotation it becomes")
        self.status = ChoiceField(list(STATUSES))
        self.status.setAccessibleName("Status")
        self.status.show_choice("needs review")
        self.how = ChoiceField([ADD, REPLACE])
        self.how.setAccessibleName("What happens to the annotation that is there")
        self.how_line = PlainLabel("There is one already")
        self.tiers = QTableWidget(0, 4)
        self.tiers.setAccessibleName("Tiers of the file")
        for column, title in enumerate(("Tier, behaviour or label", "Marks", "Becomes", "Begins with")):
            item = QTableWidgetItem(title)
            side = Qt.AlignmentFlag.AlignRight if column == 1 else Qt.AlignmentFlag.AlignLeft
            item.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
            self.tiers.setHorizontalHeaderItem(column, item)
        self.tiers.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.tiers.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.tiers.verticalHeader().hide()
        self.tiers.verticalHeader().setDefaultSectionSize(34)
        self.tiers.setWordWrap(False)
        header = self.tiers.horizontalHeader()
        header.setSectionResizeMode(3, QHeaderView.ResizeMode.Stretch)
        header.setHighlightSections(False)
        for column, width in ((0, 210), (1, 64), (2, 140)):
            self.tiers.setColumnWidth(column, width)
        self.summary = PlainLabel()
        self.summary.setWordWrap(True)
        self.left_out = QListWidget()
        self.left_out.setAccessibleName("What is left out or changed")
        self.left_out.setWordWrap(True)
        self.left_out.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._work = WorkProgress(spacing=8)
        self.doing = self._work.doing
        self.go = dialog_button("Import")
        self.go.setObjectName("Primary")
        self.go.setDefault(True)
        self.shut = dialog_button("Close")

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self.place, 1)
        head.addWidget(self.browse)
        form = QFormLayout()
        form.setSpacing(8)
        form.addRow("Clip", self.clip)
        form.addRow("", self.doubt)
        self._form = form
        form.addRow("Whose marks", self.whose)
        become = QHBoxLayout()
        become.setSpacing(8)
        become.addWidget(self.annotator, 1)
        become.addWidget(PlainLabel("as"))
        become.addWidget(self.status, 1)
        form.addRow("Becomes the work of", become)
        form.addRow(self.how_line, self.how)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        column.addLayout(head)
        column.addLayout(form)
        column.addWidget(self.tiers, 3)
        column.addWidget(self.summary)
        heading = PlainLabel("What is left out or changed")
        heading.setObjectName("PaneTitle")
        column.addWidget(heading)
        column.addWidget(self.left_out, 2)
        column.addLayout(self._work.beside(self.go, self.shut))

    def _connect(self) -> None:
        self.browse.clicked.connect(self._choose_file)
        self.clip.chosen.connect(self._choose_clip)
        self.whose.chosen.connect(self._show_tiers)
        self.annotator.textChanged.connect(self._show_state)
        self.go.clicked.connect(self.take)
        self.shut.clicked.connect(self.reject)

    # ---- looking -------------------------------------------------------------------------------

    def read(self, path: Path) -> None:
        """Read a file and show what is in it."""
        self.place.setText(path.name)
        self._file, self._sets = None, ()
        self._show_doubt("")
        self._form.setRowVisible(self.whose, False)
        self._forget()
        self.tiers.setRowCount(0)
        self._run(self._interchange.read(path), self._was_read)

    def _was_read(self, file: ForeignFile) -> None:
        self._file = file
        self.place.setText(f"{file.path.name} – {FORMATS[file.format].title.partition(' (')[0]}")
        try:
            clip, doubt = clip_for(file, self._dataset.clips), ""
        except FileError as fault:
            clip = self._session.clip_id
            doubt = f"{sentence(fault.what)}. Check that this clip is the right one."
        self._show_doubt(doubt)
        self.clip.show_choice(clip or _CHOOSE)
        self._clip_chosen()

    def _choose_clip(self) -> None:
        self._show_doubt("")
        self._clip_chosen()

    def _show_doubt(self, words: str) -> None:
        """Say why it is not sure which clip the file is for."""
        self.doubt.setText(words)
        self._form.setRowVisible(self.doubt, bool(words))

    def _clip_chosen(self) -> None:
        file = self._file
        if file is None:
            return
        self._sets = sets_for(file, self._clip, self._video())
        names = [
            f"{each.annotator or 'the file'} ({counted(count_marks(each.tiers), 'mark')})"
            for each in self._sets
        ]
        self.whose.clear()
        self.whose.addItems(names)
        self._form.setRowVisible(self.whose, len(names) > 1)
        self._show_tiers()

    @property
    def _clip(self) -> str:
        return self.clip.currentText() if self.clip.currentIndex() else ""

    def _video(self) -> str:
        entry = next((each for each in self._dataset.clips if each.id == self._clip), None)
        return "" if entry is None or entry.info is None else file_name(entry.info.video)

    def _show_tiers(self) -> None:
        marks = self._marks
        tiers = () if marks is None else marks.tiers[:_MOST_TIERS]
        kinds = {} if marks is None else kinds_of(marks, {}, self._dataset.vocabulary.labels)
        self.tiers.setRowCount(len(tiers))
        for row, tier in enumerate(tiers):
            first = next((m for m in tier.marks if m.words or m.label), None)
            sample = "" if first is None else " ".join((first.words or first.label or "").split())[:_SAMPLE]
            for column, text in ((0, tier.name), (1, str(len(tier.marks))), (3, sample)):
                item = QTableWidgetItem(text)
                if column == 1:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.tiers.setItem(row, column, item)
            choice = ChoiceField(list(_KINDS))
            choice.setAccessibleName(f"What {tier.name} becomes")
            choice.show_choice(_TITLES[kinds[tier.name]])
            choice.chosen.connect(self._look)
            self.tiers.setCellWidget(row, 2, choice)
        self._look()

    @property
    def _marks(self) -> ForeignMarks | None:
        at = self.whose.currentIndex()
        return self._sets[at] if 0 <= at < len(self._sets) else None

    def choose(self, tier: str, becomes: str) -> None:
        """Say what a tier becomes."""
        for row in range(self.tiers.rowCount()):
            item, field = self.tiers.item(row, 0), self.tiers.cellWidget(row, 2)
            if item is not None and item.text() == tier and isinstance(field, ChoiceField):
                field.show_choice(becomes)
        self._look()

    def wanted(self) -> Wanted:
        """What is chosen."""
        marks = self._marks
        mapping: dict[str, Kind | None] = {}
        for row, tier in enumerate(() if marks is None else marks.tiers):
            field = self.tiers.cellWidget(row, 2)
            mapping[tier.name] = _KINDS[field.currentText()] if isinstance(field, ChoiceField) else None
        there = self._is_there()
        return Wanted(
            self.annotator.text().strip(),
            self._clip or None,
            None if marks is None else marks.annotator,
            None,
            mapping,
            next(each for each in STATUSES if each == self.status.currentText()),
            "new" if not there else "merge" if self.how.currentText() == ADD else "replace",
        )

    def _is_there(self) -> bool:
        name = self.annotator.text().strip()
        return bool(name and self._clip and self._interchange.has_annotation(self._dataset, self._clip, name))

    def _look(self) -> None:
        """Find out what would be taken."""
        self._forget()
        file, marks, wanted = self._file, self._marks, self.wanted()
        if file is None or marks is None or not self._clip:
            self.summary.setText(
                "Choose the clip that it is for." if file is not None and marks is not None else ""
            )
            self._show_state()
            return
        if marks.tiers and not any(wanted.mapping.values()):
            self.summary.setText("Say of each tier whether it holds keyframes or emotions.")
            self._show_state()
            return
        # Nobody has that annotation yet, for all that matters here.
        self._run(self._interchange.preview(self._dataset, file, replace(wanted, how="merge")), self._show)

    def _show(self, preview: Preview) -> None:
        self._preview = preview
        found = preview.taken
        text = f"{counted(len(found.keyframes), 'keyframe')} and {counted(len(found.spans), 'emotion span')}"
        rest = count_marks(found.unmapped)
        self.summary.setText(
            f"{text} will be taken." + (f" {counted(rest, 'mark')} on other tiers will not." if rest else "")
        )
        for each in found.left_out[:_MOST_LINES]:
            self.left_out.addItem(f"{each.what} – {each.why}")
        if not found.left_out:
            self.left_out.addItem("Nothing is left out or changed.")
        self._show_state()

    def _forget(self) -> None:
        self._preview = None
        self.left_out.clear()
        self.summary.setText("")
        self._work.tell("")

    # ---- taking --------------------------------------------------------------------------------

    def take(self) -> None:
        """Import what is shown."""
        preview = self._preview
        if preview is None or self._writing:
            return
        job = self._interchange.take(self._dataset, preview, self.wanted())
        if job is None:
            self.accept()
            return
        self._writing = True
        self._run(job, lambda _name: self.accept())

    def _run(self, job: Job, done: Callable[[Any], None]) -> None:
        self._let_go()
        self._job = job
        job.done.connect(done)
        job.failed.connect(self._show_fault)
        job.ended.connect(partial(self._ended, job))
        self._work.show_running(True)
        self._show_state()

    def _show_fault(self, fault: Exception) -> None:
        self._work.tell(explain(fault).line())

    def _ended(self, job: Job) -> None:
        if self._job is not job:
            return
        self._job, self._writing = None, False
        self._work.show_running(False)
        self._show_state()

    def _show_state(self) -> None:
        there = self._is_there()
        self._form.setRowVisible(self.how, there)
        self.go.setEnabled(
            self._preview is not None and not self._writing and bool(self.annotator.text().strip())
        )

    def _choose_file(self) -> None:
        folder = "" if self._file is None else str(self._file.path.parent)
        chosen, _ = QFileDialog.getOpenFileName(
            self, "Choose a file of annotations", folder, f"{IMPORTED_FILES};;All files (*)"
        )
        if chosen:
            self.read(Path(chosen))

    def _let_go(self) -> None:
        """End what runs; what it would say is not heard any more."""
        job, self._job = self._job, None
        if job is None or not job.running:
            return
        for signal in (job.done, job.failed):
            signal.disconnect()
        job.cancel()

    def done(self, result: int) -> None:
        """Escape, Close and the cross come here: what only looks is ended, what writes goes on."""
        if not self._writing:
            self._let_go()
        super().done(result)
