"""*File ▸ Restore a backup…*: what the backups of a clip hold, how they differ, and one of them back."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QPushButton,
    QSplitter,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from annotator.clips.backup_changes import change_lines
from annotator.core.change_summary import change_summary
from annotator.core.edits import BulkEdit
from annotator.core.model import ClipInfo, ClipState
from annotator.core.storage.backups import restore_backup
from annotator.core.storage.earlier_versions import EarlierVersion, read_versions, restoring_edit
from annotator.core.storage.places import ClipPlace
from annotator.session.messages import Message
from annotator.session.session import Session
from annotator.widgets.plain_label import PlainLabel, plain_tip, window_title
from viewer.core.cancel import CancelToken
from viewer.core.errors import StudioError
from viewer.core.progress import Progress

_EMPTY = (
    "There is no backup of this clip yet. When a save replaces a file of it, the version before is kept: "
    "at most one per minute, about twenty of each file, on this computer."
)
_OPEN = "Restoring is one step of the clip's history: {undo} undoes it."
_BROKEN = "The clip cannot be opened. The backup takes the place of its file, which is kept in the backups."

_NARROW = 480
"""Pixels, where there is nothing to list."""


class BackupsDialog(QDialog):
    """Lists the backups of ``place``, shows what one of them would change, and restores it: by an
    edit where the clip is open, else by putting the file back and opening the clip."""

    def __init__(self, session: Session, place: ClipPlace, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(window_title(f"Backups of {place.id}"))
        self.resize(860, 560)
        self._session, self._place = session, place
        self.versions: list[EarlierVersion] = []
        self.about = PlainLabel()
        self.about.setObjectName("Muted")
        self.about.setWordWrap(True)
        means = "Restoring it means" if self._is_open else "All in it"
        self.list = _table(("Kept", "What", "Holds", means), (150, 170, 230), "Backups, the newest first")
        self.preview = _table(("", "What", "How"), (90, 230), "What restoring the chosen backup changes")
        self.restore_button = QPushButton("Restore")
        self.restore_button.setObjectName("Primary")
        self.restore_button.setDefault(True)
        self.close_button = QPushButton("Close")
        self._lay_out()
        self.list.currentItemChanged.connect(self._show_chosen)
        self.restore_button.clicked.connect(self.restore)
        self.close_button.clicked.connect(self.reject)
        session.changed.connect(self._fill)
        session.clip_closing.connect(self.reject)
        self._show_chosen()
        self._begin()

    def _lay_out(self) -> None:
        parts = self._parts = QSplitter(Qt.Orientation.Vertical)
        parts.addWidget(self.list)
        parts.addWidget(self.preview)
        parts.setSizes([260, 240])
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.restore_button)
        row.addWidget(self.close_button)
        column = self._column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(8)
        column.addWidget(self.about)
        column.addWidget(parts, 1)
        column.addLayout(row)

    @property
    def _is_open(self) -> bool:
        clip = self._session.current
        return clip is not None and clip.loaded.place == self._place

    def _state(self) -> ClipState:
        state = self._session.state
        return state if self._is_open and state is not None else ClipState(ClipInfo(self._place.id))

    # ---- reading -----------------------------------------------------------------------------

    def _begin(self) -> None:
        place, clip = self._place, self._session.current
        earlier = clip.loaded.earlier_rotations() if clip is not None and self._is_open else None

        def work(token: CancelToken, progress: Progress) -> list[EarlierVersion]:
            return read_versions(place, token, progress, earlier)

        self.about.setText("Reading the backups …")
        job = self._session.jobs.run("Read the backups", work, done=self._read, failed=self._failed)
        self.finished.connect(job.cancel)

    def _failed(self, fault: Exception) -> None:
        self.reject()
        self._session.show_error(fault)

    def _read(self, versions: list[EarlierVersion]) -> None:
        self.versions = versions
        self._fill()
        if not versions:
            self.about.setText(_EMPTY)
            for nothing in (self._parts, self.restore_button):
                nothing.hide()
            self._column.activate()
            self.resize(_NARROW, self._column.totalHeightForWidth(_NARROW))
        else:
            self.about.setText(self._session.keys.worded(_OPEN) if self._is_open else _BROKEN)
            self._choose(0)

    def _fill(self, *_changed: object) -> None:
        """List what was read, and how it differs from the clip as it is now."""
        chosen = self._row
        self.list.clear()
        for version in self.versions:
            edit = self._edit(version)
            unreadable = isinstance(version.contents, StudioError)
            does = "it cannot be read" if unreadable else change_summary(edit)
            item = QTreeWidgetItem([_day(version.backup.made), version.title, version.summary, does])
            for column in range(self.list.columnCount()):
                item.setToolTip(column, plain_tip(item.text(column)))
            self.list.addTopLevelItem(item)
        self._choose(chosen)

    # ---- choosing ----------------------------------------------------------------------------

    @property
    def _row(self) -> int:
        item = self.list.currentItem()
        return -1 if item is None else self.list.indexOfTopLevelItem(item)

    def _choose(self, row: int) -> None:
        item = self.list.topLevelItem(row)
        if item is not None:
            self.list.setCurrentItem(item)

    @property
    def chosen(self) -> EarlierVersion | None:
        """The backup that is chosen in the list."""
        return None if self._row < 0 else self.versions[self._row]

    def _edit(self, version: EarlierVersion) -> BulkEdit:
        return restoring_edit(self._state(), version)

    def _show_chosen(self, *_items: object) -> None:
        version = self.chosen
        self.preview.clear()
        lines = [] if version is None else change_lines(self._edit(version))
        for line in lines:
            item = QTreeWidgetItem([line.verb, line.what, line.how])
            item.setToolTip(2, plain_tip(line.how))
            self.preview.addTopLevelItem(item)
        readable = version is not None and not isinstance(version.contents, StudioError)
        self.restore_button.setEnabled(bool(lines) if self._is_open else readable)

    def restore(self) -> None:
        """Get the chosen backup back and close."""
        version = self.chosen
        if version is None:
            return
        if not self._is_open:
            self._put_back(version)
        elif self._session.apply(self._edit(version)):
            when = f"{version.backup.made:%d %B, %H:%M}"
            text = f"The backup of {when} is restored"
            self._session.show_message(Message(text, "{undo} undoes it", "success"))
            self.accept()

    def _put_back(self, version: EarlierVersion) -> None:
        session, place = self._session, self._place

        def work(_token: CancelToken, _progress: Progress) -> None:
            restore_backup(place, version.backup)

        session.jobs.run(
            "Restore a backup",
            work,
            done=lambda _none: session.open_clip(place.id),
            failed=session.show_error,
        )
        self.accept()


def _table(titles: tuple[str, ...], widths: tuple[int, ...], name: str) -> QTreeWidget:
    table = QTreeWidget()
    table.setHeaderLabels(list(titles))
    table.setAccessibleName(name)
    table.setRootIsDecorated(False)
    table.setUniformRowHeights(True)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    header = table.header()
    header.setStretchLastSection(True)
    for column, width in enumerate(widths):
        header.resizeSection(column, width)
    return table


def _day(made: datetime) -> str:
    today = datetime.now().astimezone().date() == made.date()
    return f"today, {made:%H:%M:%S}" if today else f"{made:%d %B %Y, %H:%M}"
