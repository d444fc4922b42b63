"""The line at the top: what is open, how far it is, who works on it, and the main commands."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QMenu, QPushButton, QToolButton

from annotator.core.colours import person_colour
from annotator.core.model import STATUSES
from annotator.keyframes.controller import KeyframesController
from annotator.session.session import Session
from annotator.widgets.action_button import stand_for
from annotator.widgets.dots import person_icon, status_icon
from annotator.widgets.pane_frame import ElidedLabel
from annotator.widgets.plain_label import plain_tip, plain_title
from annotator.widgets.theme import icon, wear
from annotator.window.actions import ActionTable
from annotator.window.menus import BAR_AT_THE_TOP, fill_menus
from annotator.window.workspace_switch import WorkspaceSwitch
from viewer.palette import Palette

_TOLD = 6
"""Notes that the tooltip of their button says."""
_FLAT = (("undo", "mdi6.undo", "Undo"), ("redo", "mdi6.redo", "Redo"))
_RIGHT = (
    ("theme", "mdi6.theme-light-dark", ""),
    ("palette", "mdi6.magnify", "Commands"),
    ("help_keys", "mdi6.keyboard-outline", ""),
)
"""Actions, their icons, and their words where the window is wide."""

WORDS_FROM = 1440
"""Pixels of the window from which on the buttons that are used most have their words beside them; so have
the workspaces, as far as there is room."""


class TopBar(QFrame):
    """Everything here is also an action with a key."""

    annotator_requested = Signal()

    def __init__(
        self, session: Session, keyframes: KeyframesController, table: ActionTable, recent: QMenu
    ) -> None:
        super().__init__()
        self.setObjectName("TopBar")
        self._session = session
        self._palette = session.palette
        self._actions = table.by_id
        self._menu = QToolButton()
        self._menu.setObjectName("Flat")
        wear(self._menu, "mdi6.menu")
        self._menu.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu.setToolTip("All commands")
        self._menu.setAccessibleName("All commands")
        self._worded: list[QToolButton] = []
        self._menu.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        menu = QMenu(self)
        fill_menus(menu, self._actions, recent)
        self._menu.setMenu(menu)
        self._menu.setVisible(not BAR_AT_THE_TOP)
        self._clip = ElidedLabel()
        self._clip.setObjectName("PaneTitle")
        self._clip.setMinimumWidth(72)
        self.notes = QToolButton()
        self.notes.setObjectName("Flat")
        self.notes.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.notes.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._status = QComboBox()
        self._status.addItems([s.capitalize() for s in STATUSES])
        session.keys.tip(self._status, "Status of this clip ({status_cycle}: next status)")
        self._status.setAccessibleName("Status of the clip")
        self._status.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self._status.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._who = QToolButton()
        self._who.setObjectName("Chip")
        self._who.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._who.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._who.setToolTip("Annotator: edits go into this person's file. Click to change")
        self._generate = self._main_button("generate", "Generate")
        self._generate.setObjectName("Primary")
        self._export = self._main_button("export", "Export")
        self.workspaces = WorkspaceSwitch(table.by_id)
        self._lay_out()
        self._status.activated.connect(lambda i: keyframes.set_status(STATUSES[i]))
        self._who.clicked.connect(self.annotator_requested)
        for signal in (session.clip_opened, session.clip_closed, session.clips_changed):
            signal.connect(self.refresh)
        session.changed.connect(lambda _change: self.refresh())
        session.notes_changed.connect(self.show_notes)
        self.notes.clicked.connect(table.by_id["clip_notes"].trigger)
        self.refresh()
        self.show_notes()

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 6, 8, 6)
        row.setSpacing(8)
        row.addWidget(self._menu)
        row.addWidget(self._clip)
        row.addWidget(self.notes)
        row.addWidget(self._status)
        row.addWidget(self._who)
        row.addStretch(1)
        row.addWidget(self.workspaces)
        row.addStretch(1)
        for id, sign, word in _FLAT:
            row.addWidget(self._flat_button(id, sign, word))
        row.addSpacing(8)
        row.addWidget(self._generate)
        row.addWidget(self._export)
        row.addSpacing(8)
        for id, sign, word in _RIGHT:
            row.addWidget(self._flat_button(id, sign, word))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Say as many words as there is room for."""
        wide = self.width() >= WORDS_FROM
        style = Qt.ToolButtonStyle
        for button in self._worded:
            button.setToolButtonStyle(style.ToolButtonTextBesideIcon if wide else style.ToolButtonIconOnly)
        self.workspaces.show_words(True)
        if self._least_width() > self.width():
            self.workspaces.show_words(False)

    def _least_width(self) -> int:
        row = self.layout()
        assert row is not None
        row.activate()
        return row.minimumSize().width()

    def minimumSizeHint(self) -> QSize:
        least = super().minimumSizeHint()
        return QSize(least.width() - self.workspaces.width_of_words, least.height())

    def _flat_button(self, id: str, sign: str, word: str) -> QToolButton:
        button = QToolButton()
        button.setObjectName("Flat")
        if word:
            button.setText(word)
            self._worded.append(button)
        stand_for(button, self._actions[id])
        wear(button, sign)
        return button

    def _main_button(self, id: str, text: str) -> QPushButton:
        button = QPushButton(text)
        stand_for(button, self._actions[id])
        return button

    def set_theme(self, palette: Palette) -> None:
        """Say how grave the notes are, how far the clip is and who works on it in these colours."""
        self._palette = palette
        self.show_notes()
        for place, status in enumerate(STATUSES):
            self._status.setItemIcon(place, status_icon(status, palette))
        self._show_who()

    def show_notes(self) -> None:
        """Show how much there is to know of the clip's files: what was assumed of them, and what is odd."""
        clip = self._session.current
        notes = clip.notes if clip is not None else []
        grave = any(note.level != "note" for note in notes)
        self.notes.setVisible(bool(notes))
        if notes:
            sign = "mdi6.alert-outline" if grave else "mdi6.information-outline"
            colour = self._palette.warning if grave else self._palette.muted
            self.notes.setIcon(icon(sign, colour))
            count = "1 note" if len(notes) == 1 else f"{len(notes)} notes"
            self.notes.setText(count)
            self.notes.setAccessibleName(f"{count} on the files of this clip")
            told = [f"{count} on this clip:", *(note.what for note in notes[:_TOLD])]
            self.notes.setToolTip(plain_tip("\n".join(told)))
        self._fit()

    def refresh(self) -> None:
        """Show which clip is open, its status and whose work it is."""
        state, library = self._session.state, self._session.library
        name = "KeyframeFace Studio" if library is None else library.name
        one_file = state is not None and name.startswith(state.clip.id)
        self._clip.short = state.clip.id if state is not None else ""
        self._clip.setText(f"{name}  ›  {state.clip.id}" if state and not one_file else name)
        self._clip.setToolTip(plain_tip(self._clip.text()))
        self._status.setVisible(state is not None)
        self._who.setVisible(library is not None)
        self._show_who()
        if state is not None:
            self._status.setCurrentIndex(STATUSES.index(state.status))
        self._fit()

    def _show_who(self) -> None:
        name = self._session.annotator_id
        self._who.setText(plain_title(name))
        self._who.setAccessibleName(f"Annotator {name}")
        self._who.setIcon(person_icon(name, person_colour(name, self._palette), self._palette))
