"""What a folder holds, what would become of it, and the import itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QButtonGroup,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QPushButton,
    QStackedWidget,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from annotator.core.importing.plan import Left, Plan
from annotator.core.importing.scripts import ScriptsReport, with_words
from annotator.core.importing.tables import TABLES, Table
from annotator.core.importing.writing import Manner
from annotator.importing.clips_model import CLIP, LENGTH, SCRIPT, TRACK, VIDEO, FileDelegate, PlannedClips
from annotator.importing.controller import COMPARING, Fits, ImportController, Target
from annotator.importing.scripts_dialog import ScriptsDialog
from annotator.session.jobs import Job
from annotator.session.messages import explain
from annotator.session.session import Session
from annotator.widgets.dialog_button import dialog_button
from annotator.widgets.fields import ChoiceField
from annotator.widgets.pane_frame import ElidedLabel
from annotator.widgets.plain_label import PlainLabel, plain_tip
from annotator.widgets.work_progress import WorkProgress

COPY, LINK = "Copy the files", "Link the files (no second copy on this disk)"
STAY = "Leave the files in "
NEW = "A new dataset in"
_NAMES = ("Clips", "Without a partner", "Other files")
_NOTHING = "There is no video and no track here. Choose another folder."
Index = QModelIndex | QPersistentModelIndex


class LeftFiles(QAbstractTableModel):
    """Files that go into no clip, and why."""

    def __init__(self) -> None:
        super().__init__()
        self.files: Sequence[Left] = ()

    def show_files(self, files: Sequence[Left]) -> None:
        """Show other files; where they are the same, what is chosen stays chosen."""
        if files == self.files:
            return
        self.beginResetModel()
        self.files = files
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self.files)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else 2

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return ("File", "Why")[section]
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        left = self.files[index.row()]
        text = left.why if index.column() else left.file
        if role == Qt.ItemDataRole.DisplayRole:
            return text
        return plain_tip(text) if role == Qt.ItemDataRole.ToolTipRole else None


class ImportDialog(QDialog):
    """Looks at ``what``, a folder or files, at once.  Closing it ends what runs; clips that were made
    stay."""

    def __init__(
        self, session: Session, importing: ImportController, what: Path | Sequence[Path], parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Import recordings")
        self.resize(960, 640)
        self._session, self._importing, self._what = session, importing, what
        self._job: Job | None = None
        self._making = False
        self._scripts = ScriptsReport()
        self._make_parts()
        self._lay_out()
        self._connect()
        self._show_plan()
        self.tables[0].setFocus()
        self.look(what)

    # ---- building ------------------------------------------------------------------------------

    def _make_parts(self) -> None:
        self.place = ElidedLabel("")
        self.place.setObjectName("PaneTitle")
        self.browse = dialog_button("Another folder…", "Choose another folder of recordings")
        self.clips = PlannedClips(self._session.palette)
        self.unpaired, self.others = LeftFiles(), LeftFiles()
        self.tables = [_table(self.clips), _table(self.unpaired), _table(self.others)]
        self.pages, self.tabs = QStackedWidget(), [_segment() for _ in self.tables]
        self._group = QButtonGroup(self)
        for at, (tab, table) in enumerate(zip(self.tabs, self.tables, strict=True)):
            self._group.addButton(tab, at)
            self.pages.addWidget(table)
        self.tabs[0].setChecked(True)
        self._delegate = FileDelegate(self)
        clips = self.tables[0]
        clips.setObjectName("Checks")
        for table, name in zip(self.tables, _NAMES, strict=True):
            table.setAccessibleName(name)
        for column in (VIDEO, TRACK):
            clips.setItemDelegateForColumn(column, self._delegate)
        header = clips.horizontalHeader()
        header.setStretchLastSection(False)
        for column, width in ((CLIP, 300), (VIDEO, 180), (TRACK, 180), (LENGTH, 110)):
            clips.setColumnWidth(column, width)
        header.setSectionResizeMode(SCRIPT, QHeaderView.ResizeMode.Stretch)
        for table in self.tables[1:]:
            table.setColumnWidth(0, 380)
        self.pair = dialog_button("Make a clip", "Make a clip of the chosen files")
        self.hint = PlainLabel("")
        self.hint.setObjectName("Muted")
        self.hint.setWordWrap(True)
        self.words = dialog_button(
            "Words from a table…", "Take scripts, emotions, offsets, splits and tags from a table"
        )
        self.words_line = PlainLabel("")
        self.words_line.setObjectName("Muted")
        self.target = ChoiceField([NEW])
        self.target.setAccessibleName("Where the clips go")
        self.out = QLineEdit()
        self.out.setAccessibleName("Folder of the new dataset")
        self.choose_out = dialog_button("…", "Choose the folder of the new dataset")
        self.how = ChoiceField([COPY, LINK])
        self.how.setAccessibleName("Copy or link")
        self._work = WorkProgress(spacing=8)
        self.doing = self._work.doing
        self.shut = dialog_button("Close", "Close this")
        self.go = dialog_button("Import", "Make these clips")
        self.go.setObjectName("Primary")
        self.go.setDefault(True)
        dataset = self._importing.dataset
        if dataset is not None:
            self.target.addItem(f"The open dataset {dataset.name}")
            self.target.setCurrentIndex(1)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self.place, 1)
        head.addWidget(self.browse)
        tabs = QHBoxLayout()
        tabs.setSpacing(0)
        for tab in self.tabs:
            tabs.addWidget(tab)
        tabs.addStretch(1)
        tabs.addWidget(self.pair)
        words = QHBoxLayout()
        words.setSpacing(12)
        words.addWidget(self.words)
        words.addWidget(self.words_line, 1)
        where = QHBoxLayout()
        where.setSpacing(8)
        where.addWidget(self.target)
        where.addWidget(self.out, 1)
        where.addWidget(self.choose_out)
        where.addStretch(0)
        where.addWidget(self.how)
        self.target.setMinimumContentsLength(22)
        self.how.setMinimumContentsLength(24)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        column.addLayout(head)
        column.addLayout(tabs)
        column.addWidget(self.pages, 1)
        column.addWidget(self.hint)
        column.addLayout(words)
        column.addLayout(where)
        column.addLayout(self._work.beside(self.go, self.shut))

    def _connect(self) -> None:
        self._group.idClicked.connect(self._show_page)
        self.browse.clicked.connect(self._choose_folder)
        self.choose_out.clicked.connect(self._choose_out)
        self.clips.changed.connect(self._corrected)
        self.pair.clicked.connect(self.make_clips_of_chosen)
        self.tables[1].doubleClicked.connect(lambda _index: self.make_clips_of_chosen())
        selection = self.tables[1].selectionModel()
        selection.selectionChanged.connect(lambda *_change: self._show_pair_button())
        self.words.clicked.connect(self._choose_table)
        self.target.currentIndexChanged.connect(self._retarget)
        self.out.textChanged.connect(self._show_plan)
        self.shut.clicked.connect(self._press_shut)
        self.go.clicked.connect(self.make)

    # ---- looking -------------------------------------------------------------------------------

    def look(self, what: Path | Sequence[Path]) -> None:
        """Find out what is in a folder, or among files, and show it."""
        self._what = what
        folder = what if isinstance(what, Path) else what[0].parent
        self.place.setText(str(folder))
        self.out.setText(str(folder.with_name(f"{folder.name} dataset")))
        self.clips.show_plan(None)
        self._show_plan()
        self._run(self._importing.look(what), self._looked)

    def _looked(self, plan: Plan) -> None:
        self.clips.show_plan(plan)
        self._offer_to_leave(plan)
        if not plan.clips and plan.unpaired:
            self._show_page(1)
        self._compare()

    def _offer_to_leave(self, plan: Plan) -> None:
        """Files in a media root of the open dataset may stay there."""
        root = self._importing.media_root_of(plan.root / "file")
        choices = [COPY, LINK, *([f"{STAY}“{root}”"] if root and self.target.currentIndex() == 1 else [])]
        if [self.how.itemText(at) for at in range(self.how.count())] != choices:
            self.how.clear()
            self.how.addItems(choices)
            self.how.setCurrentIndex(len(choices) - 1 if len(choices) > 2 else 0)

    def _compare(self) -> None:
        plan = self.clips.plan
        if plan is None:
            return
        unknown = tuple(clip for clip in plan.clips if clip.files not in self.clips.fits)
        if unknown:
            self._run(self._importing.compare(replace(plan, clips=unknown)), self._compared)
        else:
            self._show_plan()

    def _compared(self, fits: Fits) -> None:
        self.clips.show_fits(fits)

    def _choose_folder(self) -> None:
        start = self._what if isinstance(self._what, Path) else self._what[0].parent
        chosen = QFileDialog.getExistingDirectory(self, "Choose a folder of recordings", str(start))
        if chosen:
            self.look(Path(chosen))

    def _choose_out(self) -> None:
        chosen = QFileDialog.getExistingDirectory(
            self, "Choose a folder for the new dataset", self.out.text()
        )
        if chosen:
            self.out.setText(chosen)

    # ---- correcting ----------------------------------------------------------------------------

    def _corrected(self) -> None:
        self._show_plan()
        if not self._busy:
            self._compare()

    def chosen_files(self) -> list[str]:
        """The files without a partner that are chosen."""
        rows = sorted({index.row() for index in self.tables[1].selectionModel().selectedIndexes()})
        return [self.unpaired.files[row].file for row in rows]

    def _meant_files(self) -> list[str]:
        """Those that are chosen; all where none is."""
        return self.chosen_files() or [left.file for left in self.unpaired.files]

    def make_clips_of_chosen(self) -> None:
        """Make one clip of a video and a track that are chosen, else a clip of each file; without a choice
        all are meant."""
        plan, files = self.clips.plan, self._meant_files()
        if plan is None or not files:
            return
        if self._is_pair(files):
            kinds = plan.kinds
            video, track = sorted(files, key=lambda file: kinds[file] == "track")
            plan = plan.made_of(video, track)
        else:
            for file in files:
                own = (file, None) if plan.kinds[file] == "video" else (None, file)
                plan = plan.made_of(*own)
        self.clips.show_plan(plan)
        self._corrected()
        if not plan.unpaired:
            self._show_page(0)

    def _is_pair(self, files: Sequence[str]) -> bool:
        plan = self.clips.plan
        return plan is not None and sorted(plan.kinds[file] for file in files) == ["track", "video"]

    def _show_pair_button(self) -> None:
        files = self._meant_files()
        all_of = "" if self.chosen_files() else f" of the {len(files):,}"
        title = "Make one clip of both" if self._is_pair(files) else f"Make a clip of each{all_of}"
        self.pair.setText(title if len(files) > 1 else "Make a clip")
        self.pair.setEnabled(bool(files) and not self._making)

    # ---- words ---------------------------------------------------------------------------------

    def _choose_table(self) -> None:
        start = self._what if isinstance(self._what, Path) else self._what[0].parent
        chosen, _ = QFileDialog.getOpenFileName(self, "Choose a table", str(start), TABLES)
        if chosen:
            self.read_words(Path(chosen))

    def read_words(self, path: Path) -> None:
        """Read a table and ask what its columns are."""
        self._run(self._importing.read_table(path), self._ask_columns)

    def _ask_columns(self, table: Table) -> None:
        if self.clips.plan is None:
            return
        dialog = ScriptsDialog(self._session, table, self.clips.plan, self)
        dialog.accepted.connect(lambda: self._take_words(table, dialog.mapped))
        dialog.open()

    def _take_words(self, table: Table, mapped: dict[str, str]) -> None:
        plan = self.clips.plan
        if plan is None:
            return
        plan, self._scripts = with_words(plan, table, mapped)
        self.clips.show_plan(plan)
        text = f"{table.path.name}: {self._scripts.matched} of {self._scripts.rows} rows fit a clip"
        self.words_line.setText(text)
        told = "\n".join(f"Row {each.row}: {each.why}" for each in self._scripts.unmatched[:20])
        self.words_line.setToolTip(plain_tip(told))

    # ---- the import ----------------------------------------------------------------------------

    @property
    def destination(self) -> Target:
        """Where the clips go."""
        dataset = self._importing.dataset
        if dataset is not None and self.target.currentIndex() == 1:
            return Target(dataset.root, dataset)
        return Target(Path(self.out.text().strip()).expanduser())

    def make(self) -> None:
        """Make the clips that are not left out."""
        wanted = self.clips.wanted
        if wanted is None or not wanted.clips or self._making:
            return
        if self._job is not None:
            # What is not compared yet is compared on the way.
            self._let_go()
        chosen = self.how.currentText()
        manner: Manner = "link" if chosen == LINK else "reference" if chosen.startswith(STAY) else "copy"
        job = self._importing.make(wanted, self.destination, manner, self._scripts, self.clips.fits)
        self._making = True
        job.cancelled.connect(partial(self._work.tell, "Cancelled; the clips made until then stay."))
        self._run(job, lambda _made: self.accept())

    @property
    def _busy(self) -> bool:
        return self._job is not None

    def _run(self, job: Job, done: Any) -> None:
        self._let_go()
        self._job = job
        job.progress.connect(self._work.show_progress)
        job.done.connect(done)
        job.failed.connect(lambda fault: self._work.tell(explain(fault).line()))
        job.ended.connect(partial(self._ended, job))
        self._work.tell("")
        self._work.show_running(True)
        self._show_plan()

    def _ended(self, job: Job) -> None:
        if self._job is not job:
            return
        self._job, self._making = None, False
        said = self.doing.text()
        self._work.show_running(False)
        if said.startswith(("Comparing", "Looking at")):
            self._work.tell("")
        self._show_plan()
        if job.title == COMPARING and not job.token.cancelled:
            # What was corrected meanwhile.
            self._compare()

    def _let_go(self) -> None:
        """End what runs; what it would say is not heard any more."""
        job, self._job = self._job, None
        if job is None or not job.running:
            return
        for signal in (job.done, job.failed):
            signal.disconnect()
        job.progress.disconnect(self._work.show_progress)
        job.cancel()

    def _press_shut(self) -> None:
        if self._making and self._job is not None:
            self._job.cancel()
            self._work.tell("Stopping …")
            return
        self.reject()

    def done(self, result: int) -> None:
        """Escape, Close and the cross come here: what runs is ended."""
        self._let_go()
        super().done(result)

    def _retarget(self) -> None:
        if self.clips.plan is not None:
            self._offer_to_leave(self.clips.plan)
        self._show_plan()

    # ---- showing -------------------------------------------------------------------------------

    def _show_page(self, at: int) -> None:
        self.tabs[at].setChecked(True)
        self.pages.setCurrentIndex(at)
        self._show_plan()

    def _show_plan(self) -> None:
        plan, wanted = self.clips.plan, self.clips.wanted
        self.unpaired.show_files(() if plan is None else plan.unpaired)
        self.others.show_files(() if plan is None else plan.ignored)
        counts = [0, 0, 0] if plan is None else [len(plan.clips), len(plan.unpaired), len(plan.ignored)]
        for tab, title, count in zip(self.tabs, _NAMES, counts, strict=True):
            tab.setText(f"{title} ({count})")
            # The chosen one is bold.
            tab.setMinimumWidth(tab.fontMetrics().horizontalAdvance(tab.text()) * 9 // 8 + 24)
        page = self.pages.currentIndex()
        hints = (
            "A double click renames a clip or gives it another video or track; without its check mark it is "
            "left out.",
            "These are not imported unless you make clips of them: choose a video and a track for one clip, "
            "or any for a clip of each. The face in a video without a track can be captured afterwards.",
            "These are neither videos nor tracks, or another file of the same recording is better.",
        )
        nothing = plan is not None and not (counts[0] or counts[1])
        self.hint.setText(_NOTHING if nothing else hints[page])
        self.pair.setVisible(page == 1)
        self._show_pair_button()
        fresh = self.target.currentIndex() == 0
        self.out.setVisible(fresh)
        self.choose_out.setVisible(fresh)
        count = 0 if wanted is None else len(wanted.clips)
        self.go.setText("Import" if not count else f"Import {count} clip{'' if count == 1 else 's'}")
        self.go.setEnabled(bool(count) and not self._making and bool(not fresh or self.out.text().strip()))
        for widget in (*self.tables, self.browse, self.target, self.out, self.choose_out, self.how):
            widget.setEnabled(not self._making)
        self.words.setEnabled(bool(counts[0]) and not self._busy)
        self.shut.setText("Stop" if self._making else "Close")


def _table(model: QAbstractTableModel) -> QTableView:
    view = QTableView()
    view.setModel(model)
    view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    view.setWordWrap(False)
    view.setTextElideMode(Qt.TextElideMode.ElideMiddle)
    view.verticalHeader().hide()
    view.verticalHeader().setDefaultSectionSize(30)
    view.horizontalHeader().setStretchLastSection(True)
    view.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    view.horizontalHeader().setHighlightSections(False)
    return view


def _segment() -> QPushButton:
    button = QPushButton()
    button.setObjectName("Segment")
    button.setCheckable(True)
    button.setAutoDefault(False)
    return button
