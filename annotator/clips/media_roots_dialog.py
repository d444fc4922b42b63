"""The media roots of a dataset: folders elsewhere in which its recordings stay."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from annotator.clips.controller import ClipsController
from annotator.core.storage.dataset_settings import DatasetSettings
from annotator.core.storage.media_roots import MediaRoot, MediaRoots, new_root, referenced
from annotator.session.messages import explain, sentence
from annotator.session.session import Session
from annotator.widgets.plain_label import PlainLabel, plain_tip
from annotator.widgets.row_table import row_table
from viewer.core.errors import StudioError

_HEADINGS = ("Name", "Note", "Files", "On this computer")
_WIDE = 3
_HIGH = 380
"""Pixels, where there are roots to list."""
_ABOUT = (
    "Recordings in a media root stay where they are, for example on a NAS. The dataset stores only the name "
    "of the root. Where its folder is on this computer is stored in your settings."
)


class MediaRootsDialog(QDialog):
    """Each change is made at once; ``find`` asks where a root lies on this machine."""

    def __init__(
        self,
        session: Session,
        clips: ClipsController,
        settings: DatasetSettings,
        find: Callable[[MediaRoot], None],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Media roots")
        self.resize(760, _HIGH)
        self._listing: bool | None = None
        self._session, self._clips, self._settings, self._find = session, clips, settings, find
        entries = session.library.clips if session.library is not None else ()
        named = referenced([entry.info for entry in entries])
        self._uses = Counter(name.casefold() for name, _path in named)
        about = PlainLabel(_ABOUT)
        about.setObjectName("Muted")
        about.setWordWrap(True)
        self._make_table()
        self.where, self.remove = QPushButton("Where is it?…"), QPushButton("Remove")
        self.name, self.note, self.add = QLineEdit(), QLineEdit(), QPushButton("Add")
        self.name.setPlaceholderText("Name, e.g. NAS")
        self.name.setAccessibleName("Name of the new root")
        self.note.setPlaceholderText("What the folder is, for colleagues")
        self.note.setAccessibleName("Note of the new root")
        self.problem = PlainLabel()
        self.problem.setAccessibleName("What could not be done")
        self.problem.setWordWrap(True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        close = buttons.button(QDialogButtonBox.StandardButton.Close)
        # Enter in a field adds, and closes nothing.
        for button in (self.where, self.remove, self.add, close):
            button.setAutoDefault(False)
        below = QHBoxLayout()
        below.setSpacing(8)
        for part, stretch in ((self.name, 1), (self.note, 2), (self.add, 0)):
            below.addWidget(part, stretch)
        beside = QHBoxLayout()
        beside.setSpacing(8)
        beside.addWidget(self.where)
        beside.addWidget(self.remove)
        beside.addStretch(1)
        column = self._column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        column.addWidget(about)
        column.addWidget(self.table, 1)
        column.addLayout(beside)
        column.addLayout(below)
        column.addWidget(self.problem)
        column.addWidget(buttons)
        self.table.currentCellChanged.connect(lambda *_cells: self._show_chosen())
        self.where.clicked.connect(self._ask_where)
        self.remove.clicked.connect(self._remove)
        self.add.clicked.connect(self._add)
        for field in (self.name, self.note):
            field.returnPressed.connect(self._add)
        session.clip_opened.connect(self._fill)
        self._fill()
        (self.table if settings.media_roots else self.name).setFocus()

    def _make_table(self) -> None:
        table = self.table = row_table("Media roots", _HEADINGS, wide=_WIDE)
        table.horizontalHeader().setMinimumSectionSize(72)

    def _fill(self) -> None:
        roots = self._settings.media_roots
        row = min(max(self.table.currentRow(), 0), len(roots) - 1)
        self.table.setRowCount(len(roots))
        for at, root in enumerate(roots):
            # Whether it is there is not asked for here: a drive may not answer.
            folder = str(root.folder) if root.folder is not None else "nobody has said where"
            uses = self._uses[root.name.casefold()]
            for column, text in enumerate((root.name, root.note, str(uses), folder)):
                item = QTableWidgetItem(text)
                item.setToolTip(plain_tip(text))
                self.table.setItem(at, column, item)
        self._show_list(bool(roots))
        if roots:
            self.table.setCurrentCell(row, 0)
        self._show_chosen()

    def _show_list(self, on: bool) -> None:
        """Show the list and what is done with its rows, or keep no room for them."""
        if self._listing == on:
            return
        self._listing = on
        for part in (self.table, self.where, self.remove):
            part.setVisible(on)
        self._column.activate()
        self.resize(self.width(), _HIGH if on else self._column.totalHeightForWidth(self.width()))

    def _chosen(self) -> MediaRoot | None:
        roots, row = self._settings.media_roots, self.table.currentRow()
        return roots[row] if 0 <= row < len(roots) else None

    def _show_chosen(self) -> None:
        root = self._chosen()
        uses = 0 if root is None else self._uses[root.name.casefold()]
        self.where.setEnabled(root is not None)
        self.where.setText(f"Where is “{root.name}”?…" if root is not None else "Where is it?…")
        self.remove.setEnabled(root is not None and not uses)
        self.remove.setToolTip(
            f"{uses} files of clips lie in it" if uses else "Take it out of the dataset; no file is touched"
        )

    def _ask_where(self) -> None:
        root = self._chosen()
        if root is not None:
            self._find(root)

    def _add(self) -> None:
        name = self.name.text().strip()
        try:
            root = new_root(name, self.note.text())
        except StudioError as fault:
            self._tell(fault)
            return
        if MediaRoots(self._settings.media_roots).named(name) is not None:
            self.problem.setText(f"There is a media root “{name}” already: choose another name.")
            return
        self._change((*self._settings.media_roots, root))

    def _remove(self) -> None:
        root = self._chosen()
        self._change(tuple(other for other in self._settings.media_roots if other is not root))

    def _change(self, roots: tuple[MediaRoot, ...]) -> None:
        job = self._clips.change_settings(self._settings, replace(self._settings, media_roots=roots))
        if job is not None:
            job.done.connect(self._changed)
            job.failed.connect(self._tell)

    def _changed(self, settings: DatasetSettings) -> None:
        self._settings = settings
        for field in (self.name, self.note):
            field.clear()
        self.problem.clear()
        self._fill()
        self.table.setCurrentCell(len(settings.media_roots) - 1, 0)

    def _tell(self, fault: Exception) -> None:
        self.problem.setText(sentence(explain(fault).line()))
