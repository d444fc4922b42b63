"""The panel of the channels: search, what a drag would do, and the rows."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import (
    QShowEvent,
)
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from annotator.keyframes.channel_rows import ChannelRows
from annotator.keyframes.controller import KeyframesController
from annotator.session.session import Session
from annotator.takes.controller import TakesController
from annotator.takes.performance import PerformanceController
from annotator.widgets.fields import guard, press_by_key
from annotator.widgets.plain_label import PlainLabel
from annotator.widgets.when_shown import WhenShown


class ChannelsPanel(QWidget):
    """Search, a line of what a drag would do, and the rows; ``shown`` asks for values."""

    shown = Signal()

    def __init__(
        self,
        session: Session,
        keyframes: KeyframesController,
        takes: TakesController,
        performance: PerformanceController,
    ) -> None:
        super().__init__()
        self._session, self._keyframes, self._performance = session, keyframes, performance
        self.rows = ChannelRows(session, keyframes, takes, performance)
        self.rows.setAccessibleName("Channels")
        search = QLineEdit()
        search.setAccessibleName("Find a channel or a region")
        search.setPlaceholderText("Find a channel or a region")
        search.setClearButtonEnabled(True)
        guard(search)
        self._hint = PlainLabel()
        self._hint.setObjectName("Muted")
        self._hint.setWordWrap(True)
        self._reset = QPushButton("Reset all")
        self._reset.setToolTip("Remove every value set by hand at this keyframe")
        self._recording, self._take = QPushButton("Edit recording"), QPushButton("Edit take")
        for half in (self._recording, self._take):
            half.setObjectName("Segment")
            half.setCheckable(True)
        press_by_key(self._reset, self._recording, self._take)
        self._switch = QWidget()
        halves = QHBoxLayout(self._switch)
        halves.setContentsMargins(0, 0, 0, 0)
        halves.setSpacing(0)
        halves.addWidget(self._recording)
        halves.addWidget(self._take)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(self.rows)
        line = QHBoxLayout()
        line.addWidget(self._hint, 1)
        line.addWidget(self._reset)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 8)
        column.setSpacing(8)
        column.addWidget(self._switch)
        column.addWidget(search)
        column.addLayout(line)
        column.addWidget(area, 1)
        search.textChanged.connect(self.rows.search)
        self._reset.clicked.connect(self._take_all_back)
        WhenShown(self, self.refresh).after(
            session.selection_changed,
            session.clip_opened,
            session.clip_closed,
            performance.changed,
            session.changed,
        )
        self._recording.clicked.connect(lambda: self.edit_take(False))
        self._take.clicked.connect(lambda: self.edit_take(True))
        self.refresh()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.shown.emit()

    def edit_take(self, on: bool) -> None:
        """Choose whether drags change the active take or the recording."""
        self.rows.edit_take(on)
        self.refresh()

    def refresh(self) -> None:
        """Show what can be changed now: the recording at the selected keyframe, or the active take at a
        key."""
        performing = self._performance
        able = performing.performance is not None
        if not able and self.rows.on_take:
            self.rows.edit_take(False)
        on_take = self.rows.on_take
        self._switch.setVisible(able)
        self._recording.setChecked(not on_take)
        self._take.setChecked(on_take)
        keyframe = self._keyframes.selected_keyframe()
        if on_take:
            self._show_take_hint()
            return
        self._reset.setVisible(keyframe is not None and bool(keyframe.values))
        if self._session.state is None:
            self._hint.setText("No clip is open.")
        elif keyframe is None:
            self._hint.setText("Values at the playhead. Select a keyframe to correct them.")
        else:
            self._hint.setText("Drag a bar to correct it at the keyframe; double-click resets it.")
        self.rows.update()

    def _show_take_hint(self) -> None:
        performing = self._performance
        performance, at = performing.performance, performing.key
        on_key = performance is not None and at >= 0
        self._reset.setVisible(performance is not None and on_key and bool(performance.keys[at].manual))
        self._hint.setText(
            f"Drag a bar to set it at key {at + 1} of the take; double-click resets it."
            if on_key
            else self._session.keys.worded(
                "Values of the take at the playhead. "
                "{previous_take_key} and {next_take_key} go to a key to set them."
            )
        )
        self.rows.update()

    def _take_all_back(self) -> None:
        if self.rows.on_take:
            self._performance.release_key(self._performance.key)
            return
        keyframe = self._keyframes.selected_keyframe()
        if keyframe is not None:
            self._keyframes.change_keyframe(keyframe, values={})
