"""What to do next where a clip has no face to show: over the empty pane, gone when there is a track."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from annotator.core.media_names import file_name
from annotator.core.storage.media_roots import MissingRootError
from annotator.session.open_clip import FIND_ROOT
from annotator.session.session import Session
from annotator.widgets.fields import press_by_key
from annotator.widgets.plain_label import PlainLabel
from annotator.window.actions import ActionTable
from viewer.key_names import with_key

_STEPS = (
    (FIND_ROOT, ""),
    ("capture", "Capture the face…"),
    ("import_track", "Add a track…"),
)
"""Actions in the order in which they help, with the words of their buttons; empty is the action's title."""
_WIDE, _LOW, _GAP = 320, 150, 8
"""Pixels: in a pane that is lower the explaining words have no room."""


class FirstSteps(QWidget):
    """Words and buttons at the foot of the ``pane`` of the recorded face."""

    def __init__(self, session: Session, table: ActionTable, pane: QWidget) -> None:
        super().__init__(pane)
        self.setObjectName("FirstSteps")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._session, self._pane, self._table = session, pane, table
        actions = table.by_id
        self._about = PlainLabel()
        self._about.setWordWrap(True)
        self._about.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 12)
        column.setSpacing(8)
        column.addWidget(self._about)
        self._buttons: list[tuple[QPushButton, QAction, str]] = []
        for id, words in _STEPS:
            if id not in actions:
                continue
            button = QPushButton()
            button.clicked.connect(actions[id].trigger)
            press_by_key(button)
            column.addWidget(button)
            self._buttons.append((button, actions[id], words))
            actions[id].changed.connect(self.refresh)
        pane.installEventFilter(self)
        for signal in (session.clip_opened, session.clip_closed, session.recording_changed):
            signal.connect(self.refresh)
        session.playback.video_opened.connect(lambda _facts: self.refresh())
        self.hide()

    def refresh(self) -> None:
        """Show what can be done for the open clip; nothing where its face is there."""
        clip = self._session.current
        faults = clip.loaded.faults if clip is not None else ()
        away = next((fault.root.name for fault in faults if isinstance(fault, MissingRootError)), None)
        title = "Where is the media root?…" if away is None else f"Where is “{away}”?…"
        self._table.show_title(FIND_ROOT, title)
        if clip is None or clip.raw is not None or clip.loaded.track_path is not None:
            self.hide()
            return
        has_video = clip.loaded.video_path is not None
        named = file_name(clip.document.state.clip.track)
        if named:
            self._about.setText(f"The track of this clip, {named}, is not here.")
        elif has_video:
            self._about.setText(
                "No face coefficients yet. Keyframes and emotions can be marked without them."
            )
        else:
            self._about.setText("This clip has no recording yet.")
        first = True
        for button, action, words in self._buttons:
            able = action.isEnabled() and (action.objectName() != "capture" or has_video)
            button.setVisible(able)
            button.setText(words or action.text())
            button.setToolTip(with_key(action))
            button.setObjectName("Primary" if able and first else "")
            button.style().unpolish(button)
            button.style().polish(button)
            first = first and not able
        self._place()
        self.show()
        self.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._pane and event.type() == QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        self._about.setVisible(self._pane.height() >= _LOW)
        width = min(self._pane.width() - 2 * _GAP, _WIDE)
        height = self.heightForWidth(width) if self.hasHeightForWidth() else self.sizeHint().height()
        # At the foot: what is above is the neutral face.
        top = max(self._pane.height() - height - _GAP, 0)
        self.setGeometry((self._pane.width() - width) // 2, top, width, height)
