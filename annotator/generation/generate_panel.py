"""Text to animation: the story, the keyframe descriptions, the model, and the takes it made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from annotator.core.edits import change_clip
from annotator.core.generation.protocol import PlannedKeyframe
from annotator.core.model import EASE_TITLES, EASES
from annotator.generation.controller import Draft, Finished, GenerationController
from annotator.generation.description_row import AskedKeyframe, DescriptionRow
from annotator.generation.explanation_view import ExplanationDialog
from annotator.generation.model_chooser import ModelChooser
from annotator.generation.models import ModelsController
from annotator.generation.performance_view import PerformanceView
from annotator.generation.plain_http_question import PlainHttpQuestion
from annotator.session.session import Session
from annotator.widgets.card_column import CardColumn
from annotator.widgets.fields import ChoiceField, TextField, press_by_key
from annotator.widgets.fold import Fold
from annotator.widgets.plain_label import PlainLabel

_CLEAR, _RESTORE = "Clear", "Restore"


class GeneratePanel(QScrollArea):
    """The researcher's panel.  Ctrl+G (or Ctrl+Enter in a row) generates."""

    def __init__(
        self,
        session: Session,
        models: ModelsController,
        generation: GenerationController,
        performance: PerformanceView,
    ) -> None:
        super().__init__()
        self._session, self._models, self._generation = session, models, generation
        self.performance = performance
        self._taken: list[tuple[str, float | None, str]] = []
        self._clip = ""
        self._asked: dict[str, list[AskedKeyframe]] = {}
        self._built_in = False
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._make_fields()
        self._lay_out()
        self._connect()
        self.refresh()
        self._show_model()

    def _make_fields(self) -> None:
        self._ask, self._change = QPushButton("Request"), QPushButton("Performance")
        self._ask.setToolTip("What the model is asked")
        self._change.setToolTip("How the active take is performed: its keys, strength, layers and locks")
        for half in (self._ask, self._change):
            half.setObjectName("Segment")
            half.setCheckable(True)
        press_by_key(self._ask, self._change)
        self._background = TextField("The situation: who, where, what just happened", 3)
        self._emotion = TextField("The emotion, in full", 2)
        self.model_chooser = ModelChooser(self._session, self._models)
        self._ease = ChoiceField([EASE_TITLES[ease] for ease in EASES])
        self._ease.setToolTip(
            "How the face goes from one keyframe to the next, unless a keyframe has its own easing"
        )
        self._plan = QPushButton("Plan")
        self._plan.setToolTip("Write keyframe descriptions from the background and the emotion")
        self._from_marks = QPushButton("From keyframes")
        self._from_marks.setToolTip("Use the descriptions and times of the annotated keyframes")
        self._add = QPushButton("Add")
        self._add.setToolTip("Add an empty row")
        self._clear = QPushButton(_CLEAR)
        self._cleared: list[AskedKeyframe] = []
        """What was cleared last, as long as nothing else is asked for."""
        self.rows = CardColumn(
            self._make_row,
            self._fill_row,
            lambda asked: asked.shape,
            DescriptionRow.stops,
            tab_after=self._clear,
        )
        self._go = QPushButton("Generate")
        self._go.setObjectName("Primary")
        self._session.keys.tip(self._go, "Generate a take ({generate})")
        self._cancel = QPushButton("Cancel")
        for button in (self._plan, self._from_marks, self._add, self._clear):
            button.setObjectName("Small")
        press_by_key(self._plan, self._from_marks, self._add, self._clear, self._go, self._cancel)
        self._progress = QProgressBar()
        self._progress.setTextVisible(False)
        self._doing = PlainLabel()
        self._doing.setObjectName("Muted")
        self._doing.setWordWrap(True)
        self._hint = PlainLabel(
            "No descriptions: the model plans keyframes from the background and the emotion. "
            "Add some to say what each keyframe shows."
        )
        self._hint.setObjectName("Muted")
        self._hint.setWordWrap(True)

    def _lay_out(self) -> None:
        story = QWidget()
        column = _column(story, 4)
        for text, field in (("Background", self._background), ("Emotion", self._emotion)):
            column.addWidget(_title(text))
            column.addWidget(field)
        self.story = Fold("Story", story)
        self.story.set_open(True)
        chosen = QWidget()
        column = _column(chosen, 6)
        form = QFormLayout()
        form.setSpacing(8)
        form.addRow("Between keys", self._ease)
        column.addLayout(form)
        column.addWidget(self.model_chooser)
        self.model = Fold("Model", chosen)
        self._request = QWidget()
        column = _column(self._request, 4)
        column.addWidget(self.story)
        column.addWidget(self.model)
        tools = QHBoxLayout()
        tools.setSpacing(4)
        for button in (self._plan, self._from_marks, self._add, self._clear):
            tools.addWidget(button, 1)
        column.addLayout(tools)
        column.addWidget(self._hint)
        column.addWidget(self.rows)
        column.addStretch(1)
        body = QWidget()
        whole = QVBoxLayout(body)
        whole.setContentsMargins(12, 4, 12, 4)
        whole.setSpacing(4)
        switch = QHBoxLayout()
        switch.setSpacing(0)
        switch.addWidget(self._ask)
        switch.addWidget(self._change)
        whole.addLayout(switch)
        whole.addWidget(self._request)
        whole.addWidget(self.performance)
        self.setWidget(body)
        self._lay_out_foot()
        self.show_performance(False)

    def _lay_out_foot(self) -> None:
        """What acts stands under the rows, in sight however many there are."""
        self._foot = QWidget(self)
        buttons = QHBoxLayout()
        buttons.addWidget(self._go, 1)
        buttons.addWidget(self._cancel)
        column = QVBoxLayout(self._foot)
        column.setContentsMargins(12, 4, 12, 8)
        column.setSpacing(4)
        column.addWidget(self._doing)
        column.addWidget(self._progress)
        column.addLayout(buttons)

    def _connect(self) -> None:
        session, generation = self._session, self._generation
        self._background.edited.connect(lambda text, gesture: self._change_clip(gesture, background=text))
        self._emotion.edited.connect(lambda text, gesture: self._change_clip(gesture, emotion=text))
        self._ask.clicked.connect(lambda: self.show_performance(False))
        self._change.clicked.connect(lambda: self.show_performance(True))
        self._plan.clicked.connect(lambda: generation.plan(self.draft()))
        self._from_marks.clicked.connect(self.take_keyframes)
        self._add.clicked.connect(self._add_row)
        self._clear.clicked.connect(self._clear_rows)
        self._ease.currentIndexChanged.connect(lambda _at: self._show_model())
        self._models.changed.connect(self._show_model)
        self._go.clicked.connect(self.generate)
        self._cancel.clicked.connect(generation.cancel)
        session.clip_opened.connect(self.refresh)
        session.clip_closed.connect(self.refresh)
        session.changed.connect(lambda change: self.refresh() if "clip" in change.kinds else None)
        generation.changed.connect(self._show_running)
        generation.progress.connect(self._show_progress)
        generation.planned.connect(self._show_plan)
        generation.explained.connect(self._show_explained)
        generation.answer_progressed.connect(self._show_news)
        generation.key_withheld.connect(self._ask_plain_http)

    def _ask_plain_http(self, host: str) -> None:
        def allowed() -> None:
            self._models.allow_plain_http(host)
            self._generation.again()

        PlainHttpQuestion(host, allowed, self).open()

    # ---- what is asked -------------------------------------------------------------------

    def draft(self) -> Draft:
        """The panel's contents as a request; rows without words are left out."""
        rows = list(self._worded())
        times = [row.time for row in rows]
        state = self._session.state
        marked = [k.time for k in state.keyframes] if state else []
        if len(marked) == 1 != len(rows):
            marked = []  # one place says nothing about where the others belong
        ease = EASES[self._ease.currentIndex()]
        return Draft(
            background=self._background.toPlainText().strip(),
            emotion=self._emotion.toPlainText().strip(),
            script=state.clip.script if state else "",
            descriptions=tuple(row.words.strip() for row in rows),
            times=tuple(times if any(time is not None for time in times) else marked) or None,
            eases=tuple(row.ease or ease for row in rows) if rows else ease,
        )

    def generate(self) -> None:
        """Keep what is typed and generate it; without any words the panel says what is missing."""
        self.show_performance(False)
        self.commit()
        self._follow_keyframes()
        draft = self.draft()
        if not (draft.descriptions or draft.emotion or draft.background):
            self.story.set_open(True)
            self._emotion.setFocus()
            self._tell("Say what to generate: an emotion, a background, or a description.")
            return
        self._generation.generate(draft)
        if self._generation.running:
            for asked in self.rows.items:
                asked.answer, asked.news = None, "waiting" if asked.words.strip() else ""
            self.rows.refresh()

    def commit(self) -> None:
        """Hand on what is still being typed."""
        self._background.commit()
        self._emotion.commit()

    def take_keyframes(self) -> None:
        """Fill the rows from the annotated keyframes that have a description."""
        self._taken = self._described()
        self.show_rows(self._taken)

    def _described(self) -> list[tuple[str, float | None, str]]:
        state = self._session.state
        described = [k for k in state.keyframes if k.description.strip()] if state else []
        return [(k.description, k.time, str(k.ease)) for k in described]

    def _follow_keyframes(self) -> None:
        """Take the annotated keyframes anew, unless the rows were changed here."""
        if not self._changed_here() and self._taken != self._described():
            self.take_keyframes()

    def _changed_here(self) -> bool:
        return self._taken != [(asked.words, asked.time, asked.ease) for asked in self.rows.items]

    def _keep_rows(self) -> None:
        """What was written for a clip is there again when the clip is."""
        if self._clip and self._changed_here():
            self._asked[self._clip] = list(self.rows.items)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._fit_foot()
        self._follow_keyframes()

    # ---- showing -------------------------------------------------------------------------

    def refresh(self) -> None:
        """Show the story of the open clip; the rows are kept unless another clip's are due."""
        state = self._session.state
        self._background.show_text(state.clip.background if state else "")
        self._emotion.show_text(state.clip.emotion if state else "")
        self.story.show_summary(f"{state.clip.emotion}  {state.clip.background}" if state else "")
        current = self._session.current
        clip = "" if current is None else str(current.loaded.place.annotation_file)
        if clip != self._clip:
            self._keep_rows()
            self._clip = clip
            # What is written already is a line; what is missing waits to be written.
            self.story.set_open(state is None or not (state.clip.background or state.clip.emotion))
            self.take_keyframes()
            kept = self._asked.pop(clip, None)
            if kept is not None:
                self._show(kept)
        self._show_running()

    def show_performance(self, on: bool) -> None:
        """Show how the active take is performed instead of what is asked for."""
        self._ask.setChecked(not on)
        self._change.setChecked(on)
        self._request.setVisible(not on)
        self.performance.setVisible(on)
        self._go.setVisible(not on)
        self._fit_foot()

    def show_rows(self, rows: Sequence[tuple[str, float | None, str]]) -> None:
        """Ask for these descriptions, each with its time and easing (``""``: as chosen for all)."""
        self._show([AskedKeyframe(words, time, ease) for words, time, ease in rows])

    def _show(self, asked: Sequence[AskedKeyframe], cleared: Sequence[AskedKeyframe] = ()) -> None:
        self.rows.show_items(asked)
        self.rows.setVisible(bool(asked))
        self._hint.setVisible(not asked)
        self._cleared = list(cleared)
        self._clear.setText(_RESTORE if self._cleared else _CLEAR)
        self._clear.setToolTip("Bring back what was cleared" if self._cleared else "Remove all rows")
        self._show_running()

    def _clear_rows(self) -> None:
        """Remove all rows, or bring back those removed so."""
        if self._cleared:
            self._show(self._cleared)
        else:
            self._show((), self.rows.items)

    def _show_model(self) -> None:
        self.model.show_summary(
            f"{self._models.chosen.name} · {self._ease.currentText().lower()} between keys"
        )

    def _worded(self) -> Iterator[AskedKeyframe]:
        """The rows that ask for something."""
        return (asked for asked in self.rows.items if asked.words.strip())

    def _make_row(self) -> DescriptionRow:
        row = DescriptionRow()
        row.removed.connect(lambda gone: self._show([each for each in self.rows.items if each is not gone]))
        row.submitted.connect(self.generate)
        row.timed.connect(self._sort_rows)
        row.why_asked.connect(self._explain)
        return row

    def _fill_row(self, row: DescriptionRow, asked: AskedKeyframe, place: int) -> None:
        row.show_row(asked, place + 1)

    def _add_row(self) -> None:
        """One more row, ready to be typed into."""
        asked = AskedKeyframe("", None, "")
        self._show([*self.rows.items, asked])
        row = self.rows.reveal(asked)
        if row is not None:
            row.words.setFocus()

    def _sort_rows(self) -> None:
        """Rows stand in the order of their times; those without one keep their place."""
        shown = self.rows.items
        in_time = iter(sorted((asked for asked in shown if asked.time is not None), key=_time_of))
        in_order = [asked if asked.time is None else next(in_time) for asked in shown]
        if in_order != shown:
            self._show(in_order)

    def _show_plan(self, plan: tuple[PlannedKeyframe, ...]) -> None:
        self.show_rows([(step.description, step.time, "") for step in plan])

    def _show_explained(self, finished: Finished) -> None:
        """What the model read in each description, under its row."""
        keyframes = finished.result.keyframes
        rows = list(self._worded())
        if len(keyframes) != len(rows):
            steps = zip(keyframes, finished.key_times, strict=False)
            rows = [AskedKeyframe(k.description, time, "") for k, time in steps]
            self._show(rows)
        for asked in self.rows.items:
            asked.answer, asked.news = None, ""
        for asked, answer in zip(rows, keyframes, strict=False):
            asked.answer = answer
        self.rows.refresh()
        self._built_in = finished.result.provenance.backend == "facs"

    def _explain(self, asked: AskedKeyframe) -> None:
        """Why the face of a row's last answer is as it is."""
        answered = [each for each in self.rows.items if each.answer is not None]
        answers = [each.answer for each in answered if each.answer is not None]
        ExplanationDialog(
            answers,
            answered.index(asked),
            self._session.palette,
            self._built_in,
            self.window(),
            self._session.full_scale,
        ).exec()

    def _show_news(self, target: int, news: str) -> None:
        """How far the answer for a row is."""
        asked = next(islice(self._worded(), max(target, 0), None), None)
        if target >= 0 and asked is not None and self._generation.running:
            asked.answer, asked.news = None, news
            self.rows.refresh(asked)

    def _show_running(self) -> None:
        running = self._generation.running
        ready = self._session.state is not None
        for widget in (self._go, self._plan, self._from_marks, self._add, self._background, self._emotion):
            widget.setEnabled(ready and not running)
        self._cancel.setVisible(running)
        self._progress.setVisible(running)
        self._fit_foot()
        if running:
            self._clear.setEnabled(False)
            self._progress.setRange(0, 0)
            return
        self._clear.setEnabled(ready and bool(self.rows.items or self._cleared))
        self._tell("")
        waiting = [asked for asked in self.rows.items if asked.news]
        for asked in waiting:
            asked.news = ""  # cancelled, or failed as a whole
        if waiting:
            self.rows.refresh()

    def _show_progress(self, done: int, total: int, what: str) -> None:
        self._progress.setRange(0, total)
        self._progress.setValue(done)
        self._tell(what)

    def _tell(self, words: str) -> None:
        self._doing.setText(words)
        self._doing.setVisible(bool(words))
        self._fit_foot()

    # ---- the foot ------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_foot()

    def _fit_foot(self) -> None:
        layout = self._foot.layout()
        shown = not self._go.isHidden() or not self._progress.isHidden() or bool(self._doing.text())
        high = 0
        if layout is not None and shown:
            layout.activate()
            high = max(layout.heightForWidth(self.width()), layout.minimumSize().height())
        self._foot.setVisible(shown)
        self._foot.setGeometry(0, self.height() - high, self.width(), high)
        self.setViewportMargins(0, 0, 0, high)

    def _change_clip(self, gesture: str, **fields: str) -> None:
        state = self._session.state
        if state is not None and any(getattr(state.clip, name) != text for name, text in fields.items()):
            self._session.apply(change_clip(state, gesture, **fields))


def _time_of(asked: AskedKeyframe) -> float:
    return asked.time or 0.0


def _column(widget: QWidget, spacing: int) -> QVBoxLayout:
    column = QVBoxLayout(widget)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(spacing)
    return column


def _title(text: str) -> QLabel:
    label = PlainLabel(text)
    label.setObjectName("SectionTitle")
    return label
