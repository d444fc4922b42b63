"""The takes of the clip, and how far those on the faces lie from the recording."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QVBoxLayout, QWidget

from annotator.session.session import Session
from annotator.takes.controller import TakesController
from annotator.takes.rename_dialog import RenameDialog
from annotator.takes.takes_list import ID, TakesList
from annotator.widgets.fields import press_by_key
from annotator.widgets.plain_label import PlainLabel
from annotator.widgets.when_shown import WhenShown


class TakesPanel(QWidget):
    """A list of takes; those with an eye are on the faces.  ``vote_wanted`` and ``report_wanted`` come
    from its two buttons, ``reference_wanted`` and ``export_wanted`` bring the id of a take.
    ``below`` is shown under the list."""

    vote_wanted = Signal()
    report_wanted = Signal()
    reference_wanted = Signal(str)
    export_wanted = Signal(str)

    def __init__(self, session: Session, takes: TakesController, below: QWidget) -> None:
        super().__init__()
        self._session, self._takes = session, takes
        title = PlainLabel("Takes")
        title.setObjectName("PaneTitle")
        self._empty = PlainLabel("No take yet. Generate one to see it beside the recording.")
        self._empty.setObjectName("Muted")
        self._empty.setWordWrap(True)
        self.list = TakesList(session.palette)
        self.vote_button, self.report_button = QPushButton("Blind vote…"), QPushButton("Report…")
        for button in (self.vote_button, self.report_button):
            button.setObjectName("Small")
        session.keys.tip(self.vote_button, "Judge takes without knowing which is which ({vote})")
        session.keys.tip(self.report_button, "Write the results as a single HTML file ({report})")
        press_by_key(self.vote_button, self.report_button)
        head = QHBoxLayout()
        head.setSpacing(6)
        head.addWidget(title)
        head.addStretch(1)
        head.addWidget(self.vote_button)
        head.addWidget(self.report_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 6, 12, 6)
        column.setSpacing(4)
        column.addLayout(head)
        column.addWidget(self._empty)
        column.addWidget(self.list)
        column.addWidget(below, 1)
        column.addStretch(0)
        self._connect()
        self.refresh()

    def _connect(self) -> None:
        session, takes = self._session, self._takes
        self.list.chosen.connect(takes.activate)
        self.list.seen_toggled.connect(takes.toggle_visible)
        self.list.delete_wanted.connect(takes.delete)
        self.list.rename_wanted.connect(self._rename)
        self.list.customContextMenuRequested.connect(self._menu)
        self.vote_button.clicked.connect(self.vote_wanted)
        self.report_button.clicked.connect(self.report_wanted)
        WhenShown(self, self.refresh).after(takes.changed)
        session.clip_closed.connect(self.refresh)

    def refresh(self) -> None:
        """Show the takes there are, in the present colours."""
        takes = self._takes.all()
        self.list.colours = self._session.palette
        self.list.show_takes(takes, [take.id for take in self._takes.visible], self._takes.active_id)
        self.list.setFixedHeight(self.list.wanted_height())
        self.list.setVisible(bool(takes))
        self._empty.setVisible(not takes)

    def _menu(self, at: QPoint) -> None:
        item = self.list.itemAt(at)
        if item is None:
            return
        id = item.data(ID)
        takes = self._takes
        seen = id in [take.id for take in takes.visible]
        menu = QMenu(self)
        menu.addAction("Hide this take" if seen else "Show this take", lambda: takes.toggle_visible(id))
        menu.addAction("Measure the others against it", lambda: self.reference_wanted.emit(id))
        menu.addSeparator()
        menu.addAction("Rename…", lambda: self._rename(id))
        menu.addAction("Export…", lambda: self.export_wanted.emit(id))
        menu.addAction("Delete", lambda: takes.delete(id))
        menu.exec(self.list.mapToGlobal(at))

    def _rename(self, id: str) -> None:
        take = self._takes.find(id)
        if take is not None:
            dialog = RenameDialog(self._takes, take, self.window())
            # Without a window manager nobody else gives the keys back to the window.
            dialog.finished.connect(self.window().activateWindow)
            dialog.open()
