"""The bar over the timeline while the track is put in step."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QLineEdit, QPushButton, QToolButton, QWidget

from annotator.session.messages import Message
from annotator.session.session import Session
from annotator.sync.controller import FINE, SyncController
from annotator.widgets.fields import guard, leave, number_in, press_by_key
from annotator.widgets.plain_label import PlainLabel
from annotator.widgets.theme import wear

_HINT_FROM = 1080


class StepBar(QWidget):
    """Hidden unless the track can be dragged.  ``estimate_button`` opens what the window connects."""

    def __init__(self, session: Session, sync: SyncController) -> None:
        super().__init__()
        self.setObjectName("StepBar")
        self._session, self._sync = session, sync
        self.field = QLineEdit()
        self.field.setObjectName("Compact")
        self.field.setAccessibleName("Offset of the track in seconds")
        self.field.setToolTip("Seconds of the video at which the track begins")
        self.field.setFixedWidth(92)
        self.field.setAlignment(Qt.AlignmentFlag.AlignRight)
        guard(self.field)
        self.timecode_button = QPushButton("From timecodes")
        self.estimate_button = QPushButton("Estimate…")
        self.close_button = QToolButton()
        self._hint = PlainLabel()
        self._lay_out()
        self.field.editingFinished.connect(self._typed)
        self.timecode_button.clicked.connect(sync.use_timecodes)
        self.close_button.clicked.connect(lambda: sync.set_dragging(False))
        sync.mode_changed.connect(self._show_mode)
        sync.offset_changed.connect(self._show_offset)
        sync.timecodes_read.connect(self._show_timecodes)
        session.playback.sound_loaded.connect(lambda peaks, _rate: self._show_hint(peaks is not None))
        session.clip_opened.connect(lambda: self._show_hint(False))
        self._show_hint(False)
        self._show_mode()

    def _lay_out(self) -> None:
        title = PlainLabel("Put track in step")
        title.setObjectName("PaneTitle")
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 4, 8, 4)
        row.setSpacing(8)
        row.addWidget(title)
        for icon, words, action, move in (
            ("mdi6.chevron-double-left", "One frame earlier", "track_earlier_frame", -1.0),
            ("mdi6.chevron-left", "10 ms earlier", "track_earlier", -FINE),
        ):
            row.addWidget(self._nudge(icon, words, action, move))
        row.addWidget(self.field)
        for icon, words, action, move in (
            ("mdi6.chevron-right", "10 ms later", "track_later", FINE),
            ("mdi6.chevron-double-right", "One frame later", "track_later_frame", 1.0),
        ):
            row.addWidget(self._nudge(icon, words, action, move))
        for button in (self.timecode_button, self.estimate_button):
            button.setObjectName("Small")
            row.addWidget(button)
        self._session.keys.tip(self.estimate_button, "From sound and pictures ({estimate_offset})")
        self._hint.setObjectName("Muted")
        row.addSpacing(8)
        row.addWidget(self._hint, 1)
        row.addStretch()
        wear(self.close_button, "mdi6.close")
        self.close_button.setObjectName("Flat")
        self.close_button.setAccessibleName("Done")
        self._session.keys.tip(self.close_button, "Done ({track_in_step})")
        row.addWidget(self.close_button)
        press_by_key(self.timecode_button, self.estimate_button, self.close_button)

    def _nudge(self, icon: str, words: str, action: str, move: float) -> QAbstractButton:
        button = QToolButton()
        button.setObjectName("Flat")
        button.setAccessibleName(words)
        wear(button, icon)
        self._session.keys.tip(button, f"{words} ({{{action}}})")
        sync = self._sync
        button.clicked.connect(lambda: sync.nudge_frames(int(move)) if abs(move) >= 1 else sync.nudge(move))
        press_by_key(button)
        return button

    # ---- showing -----------------------------------------------------------------------------

    def _show_mode(self) -> None:
        self.setVisible(self._sync.dragging)
        self._show_offset()

    def _show_offset(self) -> None:
        self.field.setText(f"{self._sync.offset:+.3f} s")

    def _show_timecodes(self) -> None:
        codes = self._sync.timecodes
        known = codes is not None and codes.offset is not None
        self.timecode_button.setEnabled(known)
        if codes is None:
            self.timecode_button.setToolTip("")
        elif codes.offset is not None:
            note = f"; {codes.note}" if codes.note else ""
            self.timecode_button.setToolTip(f"They say {codes.offset:+.3f} s{note}")
        else:
            self.timecode_button.setToolTip(f"{codes.note[:1].upper()}{codes.note[1:]}")

    def _show_hint(self, sound: bool) -> None:
        against = "onto the sound" if sound else "until face and picture move together"
        self._hint.setText(f"Drag the mouth's curve {against}")

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._hint.setVisible(self.width() >= _HINT_FROM)

    # ---- typing ------------------------------------------------------------------------------

    def _typed(self) -> None:
        text = self.field.text().strip().removesuffix("s").strip()
        seconds = number_in(text)
        if seconds is None:
            self._session.show_message(
                Message(f"“{text}” is not a number of seconds", "type the offset, e.g. 0.25 or -0.4")
            )
        else:
            self._sync.set_offset(seconds)
        self._show_offset()
        if self.field.hasFocus():
            leave(self.field)
