"""Every emotion of the vocabulary by its letters: for the open or selected span, for a keyframe, for a
span that begins."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QListWidgetItem, QWidget

from annotator.core.vocabulary import unlisted
from annotator.keyframes.controller import KeyframesController
from annotator.session.session import Session
from annotator.widgets.dots import dot_icon
from annotator.widgets.plain_label import PlainLabel
from annotator.widgets.search_popup import RIGHT, SearchPopup, matches
from annotator.widgets.theme import icon
from viewer.key_names import fixed_keys
from viewer.transport_bar import format_timecode

_LABEL = Qt.ItemDataRole.UserRole


class LabelPalette(SearchPopup):
    """Lists the labels with their digits; Enter takes the chosen one, and letters that no label has are
    offered as a new one."""

    def __init__(self, session: Session, keyframes: KeyframesController, parent: QWidget) -> None:
        super().__init__("Type an emotion", parent)
        self._session, self._keyframes = session, keyframes
        self._words = session.library.vocabulary.words if session.library is not None else ()
        about = PlainLabel(self._about())
        about.setObjectName("Muted")
        about.setAccessibleName("What the emotion is for")
        about.setWordWrap(True)
        self.column.addWidget(about)
        self.resize(440, 460)
        self.show_matching("")

    def _about(self) -> str:
        keyframes, span = self._keyframes, self._keyframes.pending or self._keyframes.selected_span()
        keyframe = keyframes.selected_keyframe()
        if keyframes.pending is not None and span is not None:
            ends = fixed_keys("{=Shift+Return} also ends it at the playhead.")
            return f"For the span that begins at {format_timecode(span.start)}. {ends}"
        if span is not None:
            return f"For the span from {format_timecode(span.start)} to {format_timecode(span.end)}."
        if keyframe is not None:
            return f"For the keyframe at {format_timecode(keyframe.time)}."
        return f"A span of this emotion begins at {format_timecode(keyframes.time_here())}."

    def fill(self, words: str) -> None:
        """The labels that match, those first whose words begin so; last what was typed, as a new one."""
        labels = tuple(word.label for word in self._words)
        colours = self._session.label_colours
        typed = " ".join(words.split())

        def rank(label: str) -> int:
            folded = label.casefold()
            begins = any(part.startswith(typed.casefold()) for part in folded.split())
            return 0 if folded.startswith(typed.casefold()) else 1 if begins else 2

        found = [word for word in self._words if matches(typed, " ".join((word.label, *word.synonyms)))]
        for word in sorted(found, key=lambda word: rank(word.label) if typed else 0):
            item = QListWidgetItem(dot_icon(colours[word.label]), word.label)
            item.setData(RIGHT, "" if word.key is None else str(word.key))
            item.setData(_LABEL, word.label)
            self.list.addItem(item)
        if typed and unlisted(typed, labels) and typed.casefold() not in map(str.casefold, labels):
            sign = icon("mdi6.alert-outline", self._session.palette.warning)
            item = QListWidgetItem(sign, f"New label “{typed}”")
            item.setData(RIGHT, "not in the list of labels")
            item.setData(_LABEL, typed)
            self.list.addItem(item)

    def take(self, item: QListWidgetItem, shift: bool) -> None:
        """Label what is begun or selected; without either, begin a span.  ``shift`` ends what is begun."""
        label, keyframes = str(item.data(_LABEL)), self._keyframes
        if keyframes.pending is None and not self._session.selection[1]:
            keyframes.toggle_span()
        begun = keyframes.pending is not None
        keyframes.set_label(label)
        if shift and begun:
            keyframes.toggle_span()
