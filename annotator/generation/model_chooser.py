"""Which model generates: a profile, what it is, and whether it answers."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from annotator.generation.models import ModelsController
from annotator.session.jobs import Job
from annotator.session.messages import explain
from annotator.session.session import Session
from annotator.widgets.fields import ChoiceField, press_by_key
from annotator.widgets.plain_label import PlainLabel
from annotator.widgets.theme import wear


class ModelChooser(QWidget):
    """The profile of the Generate tab."""

    def __init__(self, session: Session, models: ModelsController) -> None:
        super().__init__()
        self._models = models
        self._session = session
        self._job: Job | None = None
        self.profile = ChoiceField()
        self.profile.setToolTip("The model that generates, as its profile says")
        self._edit = QToolButton()
        wear(self._edit, "mdi6.tune")
        self._edit.setToolTip("Profiles: models, prompts, sampling, limits")
        self._edit.setAccessibleName("Profiles")
        self._edit.setFixedSize(30, 30)
        self._summary = _note()
        self._test = QPushButton("Test connection")
        self._test.setToolTip("Ask the model what it is and how fast it answers")
        self._found = _note()
        press_by_key(self._edit, self._test)
        self._lay_out()
        self.profile.chosen.connect(models.choose)
        self._edit.clicked.connect(self.edit_profiles)
        self._test.clicked.connect(self._press_test)
        models.changed.connect(self._show)
        self._show()

    def _lay_out(self) -> None:
        title = PlainLabel("Model")
        title.setObjectName("SectionTitle")
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.profile, 1)
        row.addWidget(self._edit)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(title)
        column.addLayout(row)
        column.addWidget(self._summary)
        column.addWidget(self._test)
        column.addWidget(self._found)

    def edit_profiles(self) -> None:
        """Open the profiles over the window."""
        from annotator.generation.profiles_dialog import ProfilesDialog

        dialog = ProfilesDialog(self._session, self._models, self.window())
        # Without a window manager nobody else gives the keys back to the window.
        dialog.finished.connect(self.window().activateWindow)
        dialog.open()

    def _show(self) -> None:
        models = self._models
        chosen = models.chosen
        blocked = self.profile.blockSignals(True)
        self.profile.clear()
        self.profile.addItems(list(models.profiles.names))
        self.profile.blockSignals(blocked)
        self.profile.show_choice(chosen.name)
        planner = models.profiles.planner_of(chosen)
        lines = [chosen.summary()]
        if planner != chosen:
            lines.append(f"Plans by {planner.name}")
        if chosen.samples_alike:
            lines.append("At temperature 0 all takes are the same")
        self._summary.setText("\n".join(lines))
        self._test.setVisible(chosen.backend != "facs")
        self._stop_test()
        self._tell("")

    def _press_test(self) -> None:
        if self._job is not None:
            self._stop_test()
            self._tell("Stopped")
            return
        self._test.setText("Stop the test")
        self._tell("Asking …")
        job = self._job = self._models.test(
            self._models.chosen,
            lambda facts: self._told(job, facts.line()),
            lambda fault: self._told(job, explain(fault).line()),
            lambda _done, _total, news: self._tell(f"{news} …") if job is self._job else None,
        )

    def _told(self, job: Job, words: str) -> None:
        if job is self._job:
            self._stop_test()
            self._tell(words)

    def _stop_test(self) -> None:
        if self._job is not None:
            self._job.cancel()
        self._job = None
        self._test.setText("Test connection")

    def _tell(self, words: str) -> None:
        self._found.setText(words[:1].upper() + words[1:])
        self._found.setVisible(bool(words))


def _note() -> QLabel:
    label = PlainLabel()
    label.setObjectName("Muted")
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
