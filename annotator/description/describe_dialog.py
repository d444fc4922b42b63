"""Ctrl+Shift+D: which models describe, and describing the keyframes of many clips."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from annotator.core.generation.profiles import BUILT_IN
from annotator.core.model import STATUSES
from annotator.description.controller import DescriptionController, Wanted
from annotator.generation.models import ModelsController
from annotator.session.session import Session
from annotator.widgets.fields import ChoiceField
from annotator.widgets.plain_label import PlainLabel
from annotator.widgets.work_progress import WorkProgress

if TYPE_CHECKING:
    from annotator.core.batch.describing_run import Summary

_BUILT_IN_WORDS = "Built-in words"
_NO_MODEL = "Choose a model that sees pictures"


class DescribeDialog(QDialog):
    """The choice of models is kept at once; a batch goes on when the dialog is closed."""

    def __init__(
        self,
        session: Session,
        models: ModelsController,
        description: DescriptionController,
        shown: Sequence[str],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Describe the dataset")
        self.setMinimumWidth(520)
        self._session, self._models, self._description = session, models, description
        self._shown = tuple(shown)
        self.coefficients = QCheckBox("Coefficients")
        self.coefficients.setChecked(True)
        self.words = ChoiceField()
        self.picture = QCheckBox("Picture")
        self.image = ChoiceField()
        self.values = QCheckBox("Ask for coefficients too")
        self.values.setToolTip("They can become a take, or a keyframe's corrections")
        self.middle = QCheckBox("Send only the middle of the frame")
        self.middle.setToolTip("The middle half of its width: the face fills more of what the model sees")
        self.clips = ChoiceField()
        self.replace = QCheckBox("Also replace words of other models")
        self._work = WorkProgress(spacing=12)
        self._doing = self._work.doing
        self.problems = QPlainTextEdit()
        self.problems.setReadOnly(True)
        self.problems.setAccessibleName("What could not be described")
        self.problems.setFixedHeight(110)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.profiles = self.buttons.addButton("Profiles…", QDialogButtonBox.ButtonRole.ResetRole)
        self.profiles.setAutoDefault(False)
        self.go = self.buttons.addButton("Describe", QDialogButtonBox.ButtonRole.ActionRole)
        self.go.setObjectName("Primary")
        self.go.setDefault(True)
        self._lay_out()
        self._fill()
        self._connect()
        self._show_state()

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setSpacing(8)
        for box in (self.coefficients, self.picture):
            # On the line of the words in the field beside it.
            box.setMinimumHeight(self.words.sizeHint().height())
        form.addRow(self.coefficients, self.words)
        form.addRow(self.picture, self.image)
        form.addRow("", self.values)
        form.addRow("", self.middle)
        form.addRow("Clips", self.clips)
        form.addRow("", self.replace)
        note = PlainLabel(
            "Keyframes that are already described are skipped, so a stopped batch continues where it ended. "
            "Your own descriptions stay as they are."
        )
        note.setObjectName("Muted")
        note.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        column.addLayout(form)
        column.addWidget(note)
        column.addWidget(self._work)
        column.addWidget(self.problems)
        column.addWidget(self.buttons)
        self.problems.hide()

    def _connect(self) -> None:
        describing = self._description
        self.words.chosen.connect(self._choose_words)
        self.image.chosen.connect(self._choose_image)
        self.values.toggled.connect(lambda on: describing.choose(values=on))
        self.middle.toggled.connect(lambda on: describing.choose(middle=on))
        for box in (self.coefficients, self.picture):
            box.toggled.connect(lambda _on: self._show_state())
        self.profiles.clicked.connect(self._edit_profiles)
        self.go.clicked.connect(self._press_go)
        self.buttons.rejected.connect(self.reject)
        self._models.changed.connect(self._fill)
        describing.changed.connect(self._show_state)
        describing.progress.connect(self._work.show_progress)
        describing.finished.connect(self._show_summary)
        describing.stopped.connect(self._work.tell)

    def _fill(self) -> None:
        """The profiles there are, and the clips."""
        models, choice = self._models, self._description.choice
        asked = [profile.name for profile in models.profiles.all if profile.backend != "facs"]
        for field, first, chosen in (
            (self.words, _BUILT_IN_WORDS, choice.words),
            (self.image, _NO_MODEL, choice.image),
        ):
            blocked = field.blockSignals(True)
            field.clear()
            field.addItems([first, *asked])
            field.blockSignals(blocked)
            field.show_choice(chosen if chosen in asked else first)
        self.values.setChecked(choice.values)
        self.middle.setChecked(choice.middle)
        self.picture.setChecked(choice.image in asked)
        rows = self._session.clip_rows()
        places: list[tuple[str, list[str]]] = [("All clips", [row.id for row in rows])]
        if self._session.clip_id:
            places.insert(0, ("This clip", [self._session.clip_id]))
        if 0 < len(self._shown) < len(rows):
            places.append(("Clips in the list", list(self._shown)))
        for status in STATUSES:
            ids = [row.id for row in rows if row.status == status]
            if 0 < len(ids) < len(rows):
                places.append((f"Clips that are {status}", ids))
        before = self.clips.currentIndex()
        self.clips.clear()
        for title, ids in places:
            count = f" ({len(ids)})" if len(ids) != 1 or title != "This clip" else ""
            self.clips.addItem(title + count, tuple(ids))
        self.clips.setCurrentIndex(max(0, before) if before >= 0 else min(1, len(places) - 1))

    # ---- choosing ------------------------------------------------------------------------

    def _choose_words(self, title: str) -> None:
        self._description.choose(words=BUILT_IN if title == _BUILT_IN_WORDS else title)

    def _choose_image(self, title: str) -> None:
        self._description.choose(image="" if title == _NO_MODEL else title)
        self.picture.setChecked(title != _NO_MODEL)

    def _edit_profiles(self) -> None:
        from annotator.generation.profiles_dialog import ProfilesDialog

        dialog = ProfilesDialog(self._session, self._models, self)
        dialog.finished.connect(self.activateWindow)
        dialog.open()

    def _perspectives(self) -> tuple[str, ...]:
        chosen = (("coefficients", self.coefficients), ("image", self.picture))
        return tuple(name for name, box in chosen if box.isChecked())

    # ---- working -------------------------------------------------------------------------

    def _press_go(self) -> None:
        describing = self._description
        if describing.running:
            describing.cancel()
            return
        self.problems.hide()
        self._work.tell("Looking for keyframes …")
        ids = self.clips.currentData() or ()
        describing.describe_library(Wanted(self._perspectives(), ids, self.replace.isChecked()))

    def _show_state(self) -> None:
        running = self._description.running
        picture = self.picture.isChecked() and not self._description.choice.image
        self.go.setText("Stop" if running else "Describe")
        self.go.setEnabled(running or (bool(self._perspectives()) and not picture))
        self._work.show_running(running)
        for field in (
            self.coefficients,
            self.words,
            self.picture,
            self.image,
            self.values,
            self.middle,
            self.clips,
            self.replace,
            self.profiles,
        ):
            field.setEnabled(not running)
        self.values.setEnabled(not running and self.picture.isChecked())
        self.middle.setEnabled(not running and self.picture.isChecked())
        if picture and not running:
            self._work.tell("Choose the profile of a model that sees pictures.")
        elif not running and self._doing.text().startswith("Choose the profile"):
            self._work.tell("")
        self.adjustSize()

    def _show_summary(self, summary: Summary) -> None:
        self._work.tell(summary_words(summary))
        lines = [
            f"{problem.clip}{'' if problem.time is None else f', {problem.time:.2f} s'}: {problem.error}"
            for problem in summary.problems
        ]
        self.problems.setPlainText("\n".join(lines))
        self.problems.setVisible(bool(lines))
        self.adjustSize()


def summary_words(summary: Summary) -> str:
    """What a batch did, in one or two sentences."""
    names = {"coefficients": "by their coefficients", "image": "by their pictures"}
    counts = [(name, count) for name, count in summary.described.items() if count]
    made = [f"{count} keyframes {names.get(name, name)}" for name, count in counts]
    told = "Described " + " and ".join(made) if made else "There was nothing new to describe"
    parts = [f"{told}; {summary.kept} were there." if summary.kept else f"{told}."]
    if summary.failed:
        parts.append(f"{summary.failed} failed.")
    if summary.skipped:
        one = summary.skipped == 1
        parts.append("1 clip was left out." if one else f"{summary.skipped} clips were left out.")
    if summary.gave_up:
        parts.append(f"It gave up: {summary.gave_up}.")
    return " ".join(parts)
