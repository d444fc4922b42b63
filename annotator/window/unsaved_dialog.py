"""Asked before the window closes over work that is in memory only."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QFileDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from annotator.core.storage.copy_elsewhere import copy_elsewhere
from annotator.session.open_clip import OpenClip
from annotator.session.session import Session
from annotator.widgets.host import start_folder
from annotator.widgets.plain_label import PlainLabel
from viewer.core.errors import StudioError


class UnsavedDialog(QDialog):
    """What to do with the last edits of a clip that neither its files nor the journal have room for.

    Parameters
    ----------
    session
        Its open clip is meant.
    leave
        Closes the window; called when nothing would be lost any more, or on purpose.
    parent
        The window.
    """

    def __init__(self, session: Session, leave: Callable[[], object], parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Not saved")
        self._session, self._leave = session, leave
        self.headline = PlainLabel()
        self.headline.setObjectName("Headline")
        self.headline.setText(f"The last edits of {session.clip_id} are only in memory")
        self.about = PlainLabel()
        self.about.setWordWrap(True)
        self.about.setMinimumWidth(440)
        self.elsewhere_button = QPushButton("Save elsewhere…")
        self.again_button = QPushButton("Try again")
        self.again_button.setObjectName("Primary")
        self.again_button.setDefault(True)
        self.discard_button = QPushButton("Discard")
        self.back_button = QPushButton("Back")
        self._lay_out()
        self.elsewhere_button.clicked.connect(self._save_elsewhere)
        self.again_button.clicked.connect(self._try_again)
        self.discard_button.clicked.connect(self._leave_now)
        self.back_button.clicked.connect(self.reject)
        self._say_why()

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.discard_button)
        row.addStretch(1)
        for button in (self.again_button, self.elsewhere_button, self.back_button):
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        column.addWidget(self.headline)
        column.addWidget(self.about)
        column.addSpacing(8)
        column.addLayout(row)

    @property
    def _clip(self) -> OpenClip | None:
        return self._session.current

    def _say_why(self, more: str = "") -> None:
        clip = self._clip
        fault = clip.saver.fault if clip is not None else None
        why = "They could not be saved." if fault is None else f"{fault.what[:1].upper()}{fault.what[1:]}."
        self.about.setText(
            f"{why} There is no room for them in the journal on this computer either: when the studio "
            f"ends, they are lost. Free some space and try again, or save the clip elsewhere. {more}".strip()
        )

    def _try_again(self) -> None:
        clip = self._clip
        if clip is None or clip.save() or clip.saver.kept:
            self._leave_now()
        else:
            self._say_why("It failed again just now.")

    def _save_elsewhere(self) -> None:
        clip = self._clip
        if clip is None:
            return
        chosen = QFileDialog.getExistingDirectory(
            self, f"Save {clip.id} elsewhere", start_folder(self._session.settings)
        )
        if not chosen:
            return
        try:
            copy_elsewhere(clip.document.state, clip.loaded, Path(chosen))
        except StudioError as fault:
            self._say_why(f"That place failed, too: {fault.line()}.")
        else:
            self._leave_now()

    def _leave_now(self) -> None:
        self.accept()
        self._leave()
