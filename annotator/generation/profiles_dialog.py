"""The profiles of generation models: new, copied, renamed, deleted, reset, tested and saved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QHBoxLayout,
    QInputDialog,
    QLineEdit,
    QListWidget,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from annotator.core.generation.keys import PlainHttpError
from annotator.core.generation.profiles import BUILT_IN, PRESETS, Profile, reset
from annotator.generation.models import ModelsController
from annotator.generation.plain_http_question import PlainHttpQuestion
from annotator.generation.profile_form import ProfileForm, is_open
from annotator.session.jobs import Job
from annotator.session.messages import explain
from annotator.session.session import Session
from annotator.widgets.plain_label import PlainLabel
from viewer.core.errors import GenerationError

if TYPE_CHECKING:
    from annotator.core.generation.server_facts import ServerFacts


class ProfilesDialog(QDialog):
    """Works on a copy of the profiles; *Save* keeps them, and the one in view is chosen."""

    def __init__(self, session: Session, models: ModelsController, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Profiles")
        self.resize(860, 600)
        self._models = models
        self._session = session
        self._job: Job | None = None
        self.profiles = models.profiles
        self.list = QListWidget()
        self.list.setAccessibleName("Profiles")
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.form = ProfileForm()
        self.new = self._button("New", "A profile for another model", self.add)
        self.copy = self._button("Duplicate", "A copy of this profile", self.duplicate)
        self.delete = self._button("Delete", "Remove this profile", self.remove)
        self.reset = self._button("Reset", "Restore its original settings; its model stays", self.start_over)
        self.test = self._button("Test connection", "Ask the model what it is and how fast", self.press_test)
        self.found = PlainLabel()
        self.found.setObjectName("Muted")
        self.found.setWordWrap(True)
        self.found.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Cancel | QDialogButtonBox.StandardButton.Save
        )
        self.buttons.button(QDialogButtonBox.StandardButton.Save).setObjectName("Primary")
        self._lay_out()
        self._connect()
        self._fill(models.chosen.name)

    def _button(self, title: str, tip: str, act: object) -> QPushButton:
        button = QPushButton(title)
        button.setToolTip(tip)
        button.setAutoDefault(False)
        button.clicked.connect(act)
        return button

    def _lay_out(self) -> None:
        tools = QGridLayout()
        tools.setSpacing(8)
        for place, button in enumerate((self.new, self.copy, self.reset, self.delete)):
            tools.addWidget(button, place // 2, place % 2)
        side = QWidget()
        side.setFixedWidth(232)
        left = QVBoxLayout(side)
        left.setContentsMargins(0, 0, 0, 0)
        left.setSpacing(8)
        left.addWidget(self.list, 1)
        left.addLayout(tools)
        right = QVBoxLayout()
        right.setSpacing(8)
        right.addWidget(self.form, 1)
        right.addWidget(self.found)
        middle = QHBoxLayout()
        middle.setSpacing(16)
        middle.addWidget(side)
        middle.addLayout(right, 1)
        foot = QHBoxLayout()
        foot.addSpacing(248)
        foot.addWidget(self.test)
        foot.addStretch(1)
        foot.addWidget(self.buttons)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(16)
        column.addLayout(middle, 1)
        column.addLayout(foot)

    def _connect(self) -> None:
        self.list.currentTextChanged.connect(self._show)
        self.form.edited.connect(self._change)
        self.form.renamed.connect(self._rename)
        self.form.key_wanted.connect(self._ask_key)
        self.buttons.accepted.connect(self._save)
        self.buttons.rejected.connect(self.reject)
        self.finished.connect(lambda _result: self._stop_test())

    @property
    def shown(self) -> Profile:
        """The profile in view."""
        item = self.list.currentItem()
        found = self.profiles.find(item.text()) if item is not None else None
        return found or self.profiles.all[0]

    # ---- the list --------------------------------------------------------------------------

    def add(self) -> None:
        """Add a new profile under a free name and show it; nothing is saved before the dialog is
        accepted."""
        preset = PRESETS[2]
        made = msgspec.structs.replace(preset, name=self.profiles.free_name("New profile"), url="")
        self._keep_new(made)

    def duplicate(self) -> None:
        """Add a copy of the profile that is shown, and show it."""
        shown = self.shown
        self._keep_new(msgspec.structs.replace(shown, name=self.profiles.free_name(f"{shown.name} copy")))

    def remove(self) -> None:
        """Take the profile that is shown off the list and show its neighbour."""
        names = self.profiles.names
        at = names.index(self.shown.name)
        self.profiles = self.profiles.without(self.shown.name)
        self._fill(self.profiles.names[min(at, len(self.profiles.names) - 1)])

    def start_over(self) -> None:
        """Set the profile that is shown back to how it was delivered."""
        self.profiles = self.profiles.changed(reset(self.shown))
        self._show(self.shown.name)

    def _keep_new(self, profile: Profile) -> None:
        self.profiles = self.profiles.changed(profile)
        self._fill(profile.name)
        self.form.setCurrentIndex(0)
        self.form.name.setFocus()
        self.form.name.selectAll()

    def _fill(self, name: str) -> None:
        blocked = self.list.blockSignals(True)
        self.list.clear()
        self.list.addItems(list(self.profiles.names))
        self.list.setCurrentRow(self.profiles.names.index(name) if name in self.profiles.names else 0)
        self.list.blockSignals(blocked)
        self._show(self.shown.name)

    def _show(self, _name: str) -> None:
        shown = self.shown
        self._stop_test()
        self._tell("")
        self.form.show_profile(shown, self.profiles)
        own = shown.name == BUILT_IN
        for button in (self.copy, self.delete, self.reset, self.test):
            button.setEnabled(not own)

    # ---- the profile -----------------------------------------------------------------------

    def _change(self, profile: Profile) -> None:
        before = self.shown
        self.profiles = self.profiles.changed(profile)
        kept = self.profiles.get(profile.name)
        if kept.url != profile.url:
            self._tell("A key or a password does not belong in the address; press Key… to keep it safe.")
        if _shape(kept) != _shape(before) or kept != profile:
            self.form.show_profile(kept, self.profiles)

    def _rename(self, name: str) -> None:
        before = self.shown.name
        try:
            self.profiles = self.profiles.renamed(before, name)
        except GenerationError as fault:
            self._tell(f"{fault.what}; {fault.todo}")
            self.form.name.show_text(before)
            return
        self._fill(" ".join(name.split()))

    def _ask_key(self) -> None:
        key, ok = QInputDialog.getText(
            self,
            "Key of the server",
            "Saved in your keyring; leave it empty to remove it.",
            QLineEdit.EchoMode.Password,
        )
        if ok:
            self._models.keep_key(self.shown.url, key)

    def _save(self) -> None:
        self.setFocus()  # hands on what is being typed
        self._models.keep(self.profiles, self.shown.name)
        self.accept()

    # ---- the test --------------------------------------------------------------------------

    def press_test(self) -> None:
        """Ask the model of the profile in view, or stop asking."""
        if self._job is not None:
            self._stop_test()
            self._tell("Stopped")
            return
        self.setFocus()
        self.test.setText("Stop the test")
        self._tell("Asking …")
        job = self._job = self._models.test(
            self.shown,
            lambda facts: self._told(job, facts),
            lambda fault: self._failed(job, fault),
            lambda _done, _total, news: self._tell(f"{news} …") if job is self._job else None,
        )

    def _told(self, job: Job, facts: ServerFacts) -> None:
        if job is self._job:
            self._stop_test()
            self.form.show_models(facts.models)
            self._tell(facts.line())

    def _failed(self, job: Job, fault: Exception) -> None:
        if job is self._job:
            self._stop_test()
            self._tell(explain(fault).line())
            if isinstance(fault, PlainHttpError):
                PlainHttpQuestion(fault.host, self._allow_plain_http, self).open()

    def _allow_plain_http(self) -> None:
        self.form.plain_http.setChecked(True)
        self.press_test()

    def _stop_test(self) -> None:
        if self._job is not None:
            self._job.cancel()
        self._job = None
        self.test.setText("Test connection")

    def _tell(self, words: str) -> None:
        self.found.setText(words[:1].upper() + words[1:])


def _shape(profile: Profile) -> tuple[object, ...]:
    """What decides which fields there are, and what those that were not touched show."""
    return (
        profile.backend,
        profile.style,
        profile.sparse,
        profile.planner,
        profile.model,
        profile.samples_alike,
        is_open(profile.url),
    )
