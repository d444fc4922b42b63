"""The selected keyframe or emotion span in full."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QApplication,
    QFormLayout,
    QHBoxLayout,
    QScrollArea,
    QSizePolicy,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from annotator.core.model import EASE_TITLES, EASES, EmotionSpan, Keyframe
from annotator.keyframes.controller import CONFIDENCES, KeyframesController
from annotator.keyframes.label_field import LabelField
from annotator.session.session import Session
from annotator.widgets.fields import ChoiceField, LineField, TextField, leave, press_by_key
from annotator.widgets.plain_label import PlainLabel
from annotator.widgets.theme import wear
from annotator.widgets.when_shown import WhenShown
from viewer.core.channels import BY_NAME
from viewer.transport_bar import format_timecode

_CONFIDENCE_WORDS = dict(zip(("sure", "likely", "unsure"), CONFIDENCES, strict=True))
_NO_CONFIDENCE = "not said"
_NOTHING = (
    "{mark_keyframe} marks a keyframe at the playhead.\n"
    "{toggle_span} starts an emotion span, {toggle_span} again ends it.\n"
    "1–9 label it, {describe_keyframe} describes it."
)
_BEGUN = (
    "An emotion span was begun at @.\n"
    "{toggle_span} ends it at the playhead, {cancel} drops it.\n"
    "1–9 label it."
)
"""What the panel says while no mark is selected, and where a span is to be ended (@: since when)."""


def confidence_word(value: float | None) -> str:
    """The nearest of the words the panel offers."""
    if value is None:
        return _NO_CONFIDENCE
    return min(_CONFIDENCE_WORDS, key=lambda word: abs(_CONFIDENCE_WORDS[word] - value))


class KeyframeView(QWidget):
    """A widget that shows something of the selected keyframe."""

    def show_keyframe(self, keyframe: Keyframe) -> None:
        """Show this keyframe from now on."""
        raise NotImplementedError


class KeyframePanel(QWidget):
    """Follows the selection.  ``perspectives`` shows who else described the keyframe; ``describe_wanted``
    asks for the description of many."""

    describe_wanted = Signal()

    def __init__(self, session: Session, keyframes: KeyframesController, perspectives: KeyframeView) -> None:
        super().__init__()
        self._session, self._keyframes = session, keyframes
        self._keyframe = KeyframeEditor(session, keyframes, perspectives)
        self._keyframe.describe_wanted.connect(self.describe_wanted)
        self._span = SpanEditor(session, keyframes)
        self._hint = PlainLabel()
        self._hint.setObjectName("Muted")
        self._hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._hint.setWordWrap(True)
        self._stack = QStackedWidget()
        for page in (self._hint, self._keyframe, self._span):
            self._stack.addWidget(page)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 12)
        column.addWidget(self._stack)
        WhenShown(self, self.refresh).after(
            session.clip_opened,
            session.clip_closed,
            session.selection_changed,
            session.vocabulary_changed,
            session.changed,
            keyframes.pending_changed,
        )
        self.refresh()

    def describe(self) -> None:
        """Put the caret in the description of the selected keyframe (or the note of a span)."""
        editor = self._stack.currentWidget()
        if isinstance(editor, KeyframeEditor):
            editor.description.setFocus(Qt.FocusReason.ShortcutFocusReason)
        elif isinstance(editor, SpanEditor):
            editor.note.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def commit(self) -> None:
        """Hand on what is still being typed."""
        self._keyframe.commit()
        self._span.note.commit()

    def refresh(self) -> None:
        """Show the selected mark as it is now."""
        keyframe = self._keyframes.selected_keyframe()
        span = self._keyframes.selected_span()
        if keyframe is not None:
            self._keyframe.show_keyframe(keyframe)
            self._show_page(self._keyframe)
        elif span is not None:
            self._span.show_span(span)
            self._show_page(self._span)
        else:
            begun = self._keyframes.pending
            where = "" if begun is None else format_timecode(begun.start)
            self._hint.setText(self._session.keys.worded(_BEGUN if where else _NOTHING).replace("@", where))
            self._show_page(self._hint)

    def _show_page(self, page: QWidget) -> None:
        shown, held = self._stack.currentWidget(), QApplication.focusWidget()
        if page is not shown and shown and held and shown.isAncestorOf(held):
            # Qt would hand the focus to a field of the new page, and keys would type there.
            leave(held)
        self._stack.setCurrentWidget(page)


class KeyframeEditor(QScrollArea):
    """All fields of one keyframe."""

    describe_wanted = Signal()

    def __init__(self, session: Session, keyframes: KeyframesController, perspectives: KeyframeView) -> None:
        super().__init__()
        self._session, self._keyframes, self.perspectives = session, keyframes, perspectives
        self._shown: Keyframe | None = None
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._title = PlainLabel()
        self._title.setObjectName("PaneTitle")
        self._title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.description = TextField("What the face shows at this moment", 3)
        self.description.setAccessibleName("Description of the keyframe")
        self._models = QToolButton()
        self._models.setAutoRaise(True)
        wear(self._models, "mdi6.tune")
        session.keys.tip(self._models, "Which models describe; describe many clips ({describe_dataset})")
        self._models.setAccessibleName("Describe the dataset")
        press_by_key(self._models)
        self._emotion = LabelField()
        self._emotion.setToolTip("Emotion (1–9)")
        self._emotion.setAccessibleName("Emotion")
        self._confidence = ChoiceField([_NO_CONFIDENCE, *_CONFIDENCE_WORDS])
        session.keys.tip(self._confidence, "How sure you are of it ({confidence_cycle})")
        self._confidence.setAccessibleName("Confidence")
        self._ease = ChoiceField([EASE_TITLES[ease] for ease in EASES])
        self._ease.setToolTip("How a take continues from this keyframe to the next")
        self._note = LineField("A note for yourself or the reviewer", live=True)
        self._values = PlainLabel()
        self._values.setWordWrap(True)
        self._values.setObjectName("Muted")
        self._lay_out()
        self.description.edited.connect(lambda text, gesture: self._change(gesture, description=text))
        self._emotion.chosen.connect(lambda label: self._change(emotion=label))
        self._confidence.chosen.connect(lambda word: self._change(confidence=_CONFIDENCE_WORDS.get(word)))
        self._ease.chosen.connect(lambda _title: self._change(ease=EASES[self._ease.currentIndex()]))
        self._note.edited.connect(lambda text, gesture: self._change(gesture, note=text))
        self._models.clicked.connect(self.describe_wanted)

    def _lay_out(self) -> None:
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 4, 0)
        column.setSpacing(8)
        head = QHBoxLayout()
        head.addWidget(self._title, 1)
        head.addWidget(self._models)
        column.addLayout(head)
        column.addWidget(self.description)
        felt = QHBoxLayout()
        felt.setSpacing(8)
        felt.addWidget(self._emotion, 3)
        felt.addWidget(self._confidence, 2)
        column.addLayout(felt)
        column.addWidget(self.perspectives)
        form = QFormLayout()
        form.setSpacing(8)
        form.addRow("Easing", self._ease)
        form.addRow("Note", self._note)
        column.addLayout(form)
        column.addWidget(self._values)
        column.addStretch(1)
        self.setWidget(body)

    def commit(self) -> None:
        """Hand on the description and the note that are being typed; harmless when none is."""
        self.description.commit()
        self._note.commit()

    def show_keyframe(self, keyframe: Keyframe) -> None:
        """Show a keyframe as the document has it; what was typed for another one is handed on first."""
        if self._shown is not None and self._shown.id != keyframe.id:
            self.commit()
        self._shown = keyframe
        frame = "" if keyframe.frame is None else f" · frame {keyframe.frame}"
        self._title.setText(f"Keyframe at {format_timecode(keyframe.time)}{frame}")
        self.description.show_text(keyframe.description)
        self._emotion.show_label(
            keyframe.emotion, self._session.vocabulary, self._session.label_colours, self._session.palette
        )
        self._confidence.show_choice(confidence_word(keyframe.confidence))
        self._ease.show_choice(EASE_TITLES[keyframe.ease])
        self._note.show_text(keyframe.note)
        self.perspectives.show_keyframe(keyframe)
        values = ", ".join(f"{name} {BY_NAME[name].shown(value)}" for name, value in keyframe.values.items())
        self._values.setText(f"Corrected: {values}")
        self._values.setVisible(bool(values))

    def _change(self, gesture: str = "", **fields: object) -> None:
        keyframe = self._current()
        if keyframe is not None:
            self._keyframes.show_edited()
            self._keyframes.change_keyframe(keyframe, gesture, **fields)

    def _current(self) -> Keyframe | None:
        state = self._session.state
        if state is None or self._shown is None:
            return None
        return next((k for k in state.keyframes if k.id == self._shown.id), None)


class SpanEditor(QWidget):
    """All fields of one emotion span."""

    def __init__(self, session: Session, keyframes: KeyframesController) -> None:
        super().__init__()
        self._session, self._keyframes = session, keyframes
        self._shown: EmotionSpan | None = None
        self._title = PlainLabel()
        self._title.setObjectName("PaneTitle")
        self._label = LabelField()
        self._label.setAccessibleName("Label")
        self._intensity = ChoiceField(["1 trace", "2 slight", "3 marked", "4 strong", "5 extreme"])
        self._confidence = ChoiceField([_NO_CONFIDENCE, *_CONFIDENCE_WORDS])
        self.note = TextField("A note", 2)
        self.note.setAccessibleName("Note of the span")
        form = QFormLayout()
        form.setSpacing(8)
        form.addRow("Label", self._label)
        form.addRow("Intensity", self._intensity)
        form.addRow("Confidence", self._confidence)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 4, 0)
        column.setSpacing(8)
        column.addWidget(self._title)
        column.addLayout(form)
        column.addWidget(self.note)
        keys = QHBoxLayout()
        hint = PlainLabel("[ and ] move its ends to the playhead, − and = change the intensity")
        hint.setObjectName("Muted")
        hint.setWordWrap(True)
        keys.addWidget(hint)
        column.addLayout(keys)
        column.addStretch(1)
        self._label.chosen.connect(lambda label: self._change(label=label))
        self._intensity.chosen.connect(lambda text: self._change(intensity=int(text[0])))
        self._confidence.chosen.connect(lambda word: self._change(confidence=_CONFIDENCE_WORDS.get(word)))
        self.note.edited.connect(lambda text, gesture: self._change(gesture, note=text))

    def show_span(self, span: EmotionSpan) -> None:
        """Show an emotion span as the document has it; a note typed for another one is handed on first."""
        if self._shown is not None and self._shown.id != span.id:
            self.note.commit()
        self._shown = span
        self._title.setText(f"Emotion {format_timecode(span.start)} – {format_timecode(span.end)}")
        self._label.show_label(
            span.label, self._session.vocabulary, self._session.label_colours, self._session.palette
        )
        self._intensity.setCurrentIndex(span.intensity - 1)
        self._confidence.show_choice(confidence_word(span.confidence))
        self.note.show_text(span.note)

    def _change(self, gesture: str = "", **fields: object) -> None:
        state = self._session.state
        if state is None or self._shown is None:
            return
        span = next((s for s in state.spans if s.id == self._shown.id), None)
        if span is not None:
            self._keyframes.show_edited()
            self._keyframes.change_span(span, gesture, **fields)
