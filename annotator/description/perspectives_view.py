"""The perspectives of a keyframe in one view: who wrote what, and where they differ."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from annotator.core.description.understood import Movements, understood
from annotator.core.model import Keyframe, Perspective
from annotator.description.controller import DescriptionController
from annotator.description.movement_table import Column, MovementTable
from annotator.keyframes.keyframe_panel import KeyframeView
from annotator.session.jobs import Job
from annotator.session.session import Session
from annotator.widgets.fields import press_by_key
from annotator.widgets.plain_label import PlainLabel, plain_tip
from viewer.core.cancel import CancelToken
from viewer.core.progress import Progress
from viewer.key_names import KeyNames
from viewer.palette import Palette
from viewer.transport_bar import format_timecode

_TITLES = {"coefficients": "Coefficients", "image": "Picture", "annotator": "Your words before"}
_COMMANDS = {
    "coefficients": ("words_from_values", "use_words"),
    "image": ("words_from_picture", "use_picture_words"),
    "annotator": ("words_from_values", "use_own_words"),
}
_NOT_YET = {
    "coefficients": "Not in words yet; {words_from_values} describes them.",
    "image": "Not described yet; {words_from_picture} asks a model.",
}
_MOST_KNOWN = 400


def colour_of(perspective: str, palette: Palette) -> str:
    """The colour of a perspective: coefficients have the recording's, and none has a take's."""
    return {"coefficients": palette.recorded, "image": palette.muted}.get(perspective, palette.text)


class ElidedLabel(PlainLabel):
    """One muted line that ends in an ellipsis where there is no room."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("Muted")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(self.palette().windowText().color())
        words = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter, words)
        painter.end()


class PerspectiveRow(QWidget):
    """One perspective: its words, who they are from, and the buttons to get and to use them."""

    def __init__(self, description: DescriptionController, perspective: str, keys: KeyNames) -> None:
        super().__init__()
        self._keys = keys
        self.perspective = perspective
        self._dot = PlainLabel("●")
        self._title = PlainLabel(_TITLES[perspective])
        self._title.setObjectName("PaneTitle")
        describe, use = _COMMANDS[perspective]
        self.describe = self._button("Describe", f"Describe this keyframe again ({{{describe}}})")
        self.use = self._button("Use", f"Copy these words into the description ({{{use}}})")
        self._model = ElidedLabel()
        self._from = PlainLabel()
        self._from.setObjectName("Muted")
        self._from.setWordWrap(True)
        self.words = PlainLabel()
        self.words.setWordWrap(True)
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self._lay_out()
        asks = {"coefficients": description.words_from_values, "image": description.words_from_picture}
        self.describe.clicked.connect(asks.get(perspective, description.words_from_values))
        self.use.clicked.connect(lambda: description.use_words(perspective))

    def _button(self, text: str, tip: str) -> QToolButton:
        button = QToolButton()
        button.setText(text)
        self._keys.tip(button, tip)
        button.setAccessibleName(f"{text}: {_TITLES[self.perspective]}")
        press_by_key(button)
        return button

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(6)
        head.addWidget(self._dot)
        head.addWidget(self._title)
        head.addWidget(self._model, 1)
        head.addWidget(self.describe)
        head.addWidget(self.use)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(head)
        column.addWidget(self.words)
        column.addWidget(self._from)

    def show_keyframe(self, keyframe: Keyframe, palette: Palette) -> None:
        """Show this perspective's words at a keyframe and what can be done with them; emits nothing."""
        there = keyframe.perspectives.get(self.perspective)
        self._dot.setStyleSheet(f"color: {colour_of(self.perspective, palette)}")
        self.setVisible(there is not None or self.perspective != "annotator")
        self.describe.setVisible(self.perspective != "annotator")
        self.describe.setText("Describe" if there is None else "Again")
        used = there is not None and there.text == keyframe.description
        self.use.setVisible(there is not None)
        self.use.setEnabled(not used)
        self.use.setText("In use" if used else "Use")
        self.words.setObjectName("Muted" if there is None else "")
        self.words.style().polish(self.words)
        missing = self._keys.worded(_NOT_YET.get(self.perspective, ""))
        self.words.setText(missing if there is None else there.text)
        self._model.setText("" if there is None else there.model)
        self._model.setToolTip("" if there is None else plain_tip(f"{there.model} {there.made}".strip()))
        notes = [] if there is None else _notes(there, keyframe)
        self._from.setText(" · ".join(note[:1].upper() + note[1:] for note in notes))
        self._from.setVisible(bool(notes))


def _notes(there: Perspective, keyframe: Keyframe) -> list[str]:
    """What else is to be known of a perspective."""
    notes = []
    if not there.fits(keyframe.time) and there.at is not None:
        notes.append(f"written for {format_timecode(there.at)}, where the keyframe was")
    category = there.analysis.get("expression_category", "")
    if category:
        notes.append(f"seen as “{category}”")
    if there.values:
        notes.append(f"with {len(there.values)} values")
    more = there.extra.get("notes")
    return notes + ([str(note) for note in more] if isinstance(more, list) else [])


class PerspectivesView(KeyframeView):
    """All perspectives of the selected keyframe, and a table of what the reader finds in each."""

    def __init__(self, session: Session, description: DescriptionController) -> None:
        super().__init__()
        self._session, self._description = session, description
        self._keyframe: Keyframe | None = None
        self._known: dict[str, Movements] = {}
        self._job: Job | None = None
        self.rows = {name: PerspectiveRow(description, name, session.keys) for name in _TITLES}
        self.table = MovementTable(session.palette)
        self._busy = PlainLabel()
        self._busy.setObjectName("Muted")
        self._busy.setWordWrap(True)
        self.values = QToolButton()
        self.values.setText("Values as corrections")
        self.values.setToolTip("Make the values that the model saw the corrections of this keyframe")
        press_by_key(self.values)
        self._lay_out()
        self.values.clicked.connect(description.use_values)
        description.progress.connect(self._show_progress)
        description.changed.connect(self._show_running)
        self._show_running()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        for row in self.rows.values():
            column.addWidget(row)
        column.addWidget(self.values, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self._busy)
        column.addWidget(self.table)

    def show_keyframe(self, keyframe: Keyframe) -> None:
        """Show all perspectives on a keyframe, and where they differ; emits nothing."""
        palette = self._session.palette
        self._keyframe = keyframe
        for row in self.rows.values():
            row.show_keyframe(keyframe, palette)
        seen = keyframe.perspectives.get("image")
        self.values.setVisible(seen is not None and bool(seen.values))
        self._show_table()

    # ---- the table -----------------------------------------------------------------------

    def _texts(self) -> list[tuple[str, str, str]]:
        """Title, colour and text of each column."""
        keyframe, palette = self._keyframe, self._session.palette
        if keyframe is None:
            return []
        texts = [("Yours", palette.text, keyframe.description)]
        for name, title in (("coefficients", "Coeff."), ("image", "Picture")):
            there = keyframe.perspectives.get(name)
            texts.append((title, colour_of(name, palette), "" if there is None else there.text))
        return texts

    def _show_table(self) -> None:
        """Show what is understood; what is not known yet is read in a job."""
        texts = self._texts()
        missing = [text for _, _, text in texts if text.strip() and text not in self._known]
        columns = [
            Column(title, colour, self._known.get(text) if text.strip() else None)
            for title, colour, text in texts
        ]
        described = [column for column in columns if column.movements is not None]
        self.table.show_columns(columns if len(described) > 1 else [], self._session.palette)
        self.table.setVisible(bool(self.table.rows))
        if missing and self._job is None:
            self._job = self._session.jobs.run(
                "Read the descriptions",
                lambda token, progress: _read_all(missing, token, progress),
                done=self._read,
            )
            self._job.ended.connect(self._read_ended)

    def _read(self, found: dict[str, Movements]) -> None:
        if len(self._known) > _MOST_KNOWN:
            self._known.clear()
        self._known |= found

    def _read_ended(self) -> None:
        job, self._job = self._job, None
        if job is not None and not job.token.cancelled:
            self._show_table()

    # ---- work under way --------------------------------------------------------------------

    def _show_progress(self, _done: int, _total: int, what: str) -> None:
        self._busy.setText(f"{what[:1].upper()}{what[1:]} …")

    def _show_running(self) -> None:
        running = self._description.running
        self._busy.setVisible(running)
        if not running:
            self._busy.clear()
        for row in self.rows.values():
            row.describe.setEnabled(not running)


def _read_all(texts: list[str], token: CancelToken, _progress: Progress) -> dict[str, Movements]:
    found: dict[str, Movements] = {}
    for text in texts:
        token.check()
        found[text] = understood(text)
    return found
