"""*File ▸ Choose between versions…*: what was changed here and elsewhere, side by side, one click each."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from annotator.clips.version_words import choice_title, choice_words
from annotator.clips.versions import VersionsController
from annotator.core.storage.merge_rules import PartClash
from annotator.core.storage.other_versions import OtherVersion
from annotator.session.messages import Message
from annotator.session.session import Session
from annotator.widgets.plain_label import PlainLabel

_ABOUT = (
    "These parts were changed here and elsewhere, to different values. Yours are in the files now. "
    "Taking theirs is one step of the clip's history: {undo} undoes it. Nothing is deleted: "
    "the other version is in the backups."
)
_OTHERS = (
    "There is another version of your annotations beside them. Merging adds what only it has and asks about "
    "what differs; then its file moves to the backups."
)


class VersionsDialog(QDialog):
    """Shows every part of the open clip that has two versions, and whole second versions, until one is
    chosen of each."""

    def __init__(self, session: Session, versions: VersionsController, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(f"Two versions of {session.clip_id}")
        self.resize(820, 560)
        self._session, self._versions = session, versions
        self._clip_id = session.clip_id
        self._shown: list[PartClash] = []
        self.about = PlainLabel()
        self.about.setObjectName("Muted")
        self.about.setWordWrap(True)
        self.cards: list[ClashCard | OtherCard] = []
        self._column = QVBoxLayout()
        self._column.setContentsMargins(0, 0, 8, 0)
        self._column.setSpacing(8)
        self.keep_all = QPushButton("Keep all of mine")
        self.take_all = QPushButton("Take all of theirs")
        self.later = QPushButton("Later")
        self._lay_out()
        self.keep_all.clicked.connect(lambda: self._decide(self._versions.keep_mine, self._shown))
        self.take_all.clicked.connect(lambda: self._decide(self._versions.take_theirs, self._shown))
        self.later.clicked.connect(self.reject)
        session.clip_closing.connect(self.reject)
        session.changed.connect(self._fill)
        self._fill()

    def _lay_out(self) -> None:
        held = QWidget()
        held.setLayout(self._column)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(held)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.keep_all)
        row.addWidget(self.take_all)
        row.addStretch(1)
        row.addWidget(self.later)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        column.addWidget(self.about)
        column.addWidget(area, 1)
        column.addLayout(row)

    # ---- showing -----------------------------------------------------------------------------

    def _fill(self, *_changed: object) -> None:
        """Show what is still to be chosen; close when nothing is."""
        state = self._session.state
        if state is None or self._session.clip_id != self._clip_id:
            return
        choices, others = self._versions.choices(), self._versions.others()
        self._shown = [clash for choice in choices for clash in choice]
        self._clear()
        for other in others:
            self._add(OtherCard(other, self._versions.summary(other), self._merge_in, self._leave_out))
        for choice in choices:
            self._add(ClashCard(choice, choice_title(choice, state), self._keep_mine, self._take_theirs))
        self._column.addStretch(1)
        self.about.setText(self._session.keys.worded(_ABOUT) if self._shown else _OTHERS)
        for button in (self.keep_all, self.take_all):
            button.setVisible(len(choices) > 1)
        if not self.cards and self.isVisible():
            self._session.show_message(Message("Nothing is left to choose", level="success"))
            self.accept()

    def _add(self, card: ClashCard | OtherCard) -> None:
        self.cards.append(card)
        self._column.addWidget(card)

    def _clear(self) -> None:
        self.cards.clear()
        while (item := self._column.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()

    # ---- choosing ----------------------------------------------------------------------------

    def _keep_mine(self, clashes: Sequence[PartClash]) -> None:
        self._decide(self._versions.keep_mine, clashes)

    def _take_theirs(self, clashes: Sequence[PartClash]) -> None:
        self._decide(self._versions.take_theirs, clashes)

    def _decide(self, choose: Callable[[list[PartClash]], bool], clashes: Sequence[PartClash]) -> None:
        choose(list(clashes))
        self._fill()

    def _merge_in(self, other: OtherVersion) -> None:
        self._versions.merge_in(other)
        self._fill()

    def _leave_out(self, other: OtherVersion) -> None:
        self._versions.leave_out(other)
        self._fill()


class ClashCard(QFrame):
    """One choice: what it is about, both values, and a button below each."""

    def __init__(
        self,
        clashes: Sequence[PartClash],
        title: str,
        keep: Callable[[Sequence[PartClash]], None],
        take: Callable[[Sequence[PartClash]], None],
    ) -> None:
        super().__init__()
        self.setObjectName("Card")
        self.mine = _value(choice_words(clashes, "mine"))
        self.theirs = _value(choice_words(clashes, "theirs"))
        self.keep_button = QPushButton("Keep mine")
        self.take_button = QPushButton("Take theirs")
        for button, side in ((self.keep_button, "mine"), (self.take_button, "theirs")):
            button.setAccessibleName(f"{button.text()}: {title}")
            button.setToolTip(f"{title}: {side}")
        self.keep_button.clicked.connect(lambda: keep(clashes))
        self.take_button.clicked.connect(lambda: take(clashes))
        grid = QGridLayout(self)
        grid.setContentsMargins(12, 8, 12, 12)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(4)
        grid.addWidget(_title(title), 0, 0, 1, 2)
        for column, (name, value, button) in enumerate(
            (
                ("Mine, in the file", self.mine, self.keep_button),
                ("Theirs, from elsewhere", self.theirs, self.take_button),
            )
        ):
            grid.setColumnStretch(column, 1)
            grid.addWidget(_muted(name), 1, column)
            grid.addWidget(value, 2, column, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(button, 3, column, Qt.AlignmentFlag.AlignLeft)


class OtherCard(QFrame):
    """A whole second version: what it would bring, and what to do with it."""

    def __init__(
        self,
        other: OtherVersion,
        summary: str,
        merge: Callable[[OtherVersion], None],
        leave_out: Callable[[OtherVersion], None],
    ) -> None:
        super().__init__()
        self.setObjectName("Card")
        self.summary = _value(summary[:1].upper() + summary[1:])
        self.merge_button = QPushButton("Merge it")
        self.leave_button = QPushButton("Move it to the backups")
        self.merge_button.setObjectName("Primary")
        self.merge_button.setEnabled(other.state is not None)
        self.merge_button.clicked.connect(lambda: merge(other))
        self.leave_button.clicked.connect(lambda: leave_out(other))
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.merge_button)
        buttons.addWidget(self.leave_button)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 12)
        column.setSpacing(4)
        column.addWidget(_title(f"Another version of {other.made:%d %B %Y, %H:%M}"))
        column.addWidget(_muted(other.path.name))
        column.addWidget(self.summary)
        column.addLayout(buttons)


def _title(text: str) -> PlainLabel:
    label = PlainLabel()
    label.setObjectName("PaneTitle")
    label.setIndent(0)
    label.setText(text)
    label.setWordWrap(True)
    return label


def _muted(text: str) -> PlainLabel:
    label = PlainLabel()
    label.setObjectName("Muted")
    label.setText(text)
    return label


def _value(text: str) -> PlainLabel:
    label = PlainLabel()
    label.setText(text)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
    return label
