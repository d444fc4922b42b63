"""The emotion labels of a dataset: added, removed, renamed, moved, and put on digit keys."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QCheckBox,
    QFormLayout,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from annotator.core.colours import emotion_colours
from annotator.core.vocabulary import PRESETS, Vocabulary, Word
from annotator.widgets.dots import dot_icon
from annotator.widgets.fields import ChoiceField, LineField
from annotator.widgets.plain_label import PlainLabel, plain_title
from annotator.widgets.row_table import row_table
from viewer.core.errors import EditError
from viewer.key_names import fixed_keys
from viewer.palette import Palette

_NO_KEY = "none"
_NEW = "new label"
_KEY, _LABEL, _USES = range(3)
_COLOURS: Mapping[str, int | None] = {
    "As usual": None,
    "Red": 4,
    "Orange": 28,
    "Yellow": 48,
    "Lime": 80,
    "Green": 125,
    "Teal": 165,
    "Cyan": 192,
    "Blue": 220,
    "Violet": 265,
    "Magenta": 300,
    "Pink": 335,
}
"""Degrees; lightness is the theme's, so that each can be read in both."""
_TOLD = 3
"""Lines about what becomes of labels."""


class VocabularyForm(QWidget):
    """Works on a copy: ``vocabulary`` is what the labels are to be.

    Parameters
    ----------
    uses
        How many marks of the open clip carry a label, by label; None without a clip.
    palette
        The colours of the theme that labels are shown in.
    """

    def __init__(self, uses: Mapping[str, int] | None, palette: Palette) -> None:
        super().__init__()
        self.vocabulary = Vocabulary()
        self._before = Vocabulary()
        self._uses, self._palette = uses, palette
        self._was: dict[str, str] = {}
        self._merged: dict[str, str] = {}
        self._current = ""
        self._hues: list[int | None] = [None]
        self._make_table()
        self.add = _button("Add", "Add a label on the first free key ({=Insert})")
        self.remove = _button("Remove", "Remove the label from the list; marks keep it ({=Delete})")
        self.up, self.down = (
            _button("Up", "Further up ({=Alt+Up})"),
            _button("Down", "Further down ({=Alt+Down})"),
        )
        self.merge = _button("Merge into", "Make all its marks another label's, and remove it from the list")
        self.presets = _button("Presets", "Add the labels of a list that are missing; none is removed")
        self._targets, self._lists = QMenu(self), QMenu(self)
        self._targets.aboutToShow.connect(self._list_targets)
        for title, words in PRESETS.items():
            self._lists.addAction(title).triggered.connect(
                lambda _on=False, words=words: self._add_all(words)
            )
        self.merge.setMenu(self._targets)
        self.presets.setMenu(self._lists)
        self.synonyms = LineField()
        self.synonyms.setAccessibleName("Other words for the label")
        self.synonyms.setPlaceholderText("Other words, with commas between")
        self.synonyms.setToolTip("The label is found by them, too")
        self.label = LineField()
        self.label.setAccessibleName("Label")
        self.key = ChoiceField()
        self.key.setAccessibleName("Key of the label")
        self.colour = ChoiceField()
        self.colour.setAccessibleName("Colour of the label")
        self.mixed = QCheckBox("Mixed or social emotion")
        self.mixed.setToolTip("As opposed to a basic one")
        self.told = PlainLabel()
        self.told.setAccessibleName("What becomes of the labels")
        self.told.setWordWrap(True)
        self.told.setMinimumHeight(3 * self.told.fontMetrics().lineSpacing())
        self.told.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._lay_out()
        self._connect()

    def _make_table(self) -> None:
        table = self.table = row_table("Emotion labels", ("Key", "Label", "In this clip"), wide=_LABEL)
        table.setColumnHidden(_USES, self._uses is None)
        table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        table.setToolTip("1 to 9 put the label on a key, 0 takes its key, F2 renames it")

    def _lay_out(self) -> None:
        tools = QHBoxLayout()
        tools.setSpacing(8)
        for button in (self.add, self.remove, self.up, self.down, self.merge, self.presets):
            tools.addWidget(button, 1)
        form = QFormLayout()
        form.setSpacing(8)
        form.addRow("Label", self.label)
        form.addRow("Synonyms", self.synonyms)
        form.addRow("Key", self.key)
        form.addRow("Colour", self.colour)
        form.addRow("", self.mixed)
        note = PlainLabel(
            "A label that is renamed or merged can be so in everybody's annotations, too: you are asked when "
            "you save. Removing changes this list only."
        )
        note.setObjectName("Muted")
        note.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.table, 1)
        column.addLayout(tools)
        column.addLayout(form)
        column.addWidget(note)
        column.addWidget(self.told)

    def _connect(self) -> None:
        self.table.currentCellChanged.connect(lambda row, *_rest: self._row_chosen(row))
        self.add.clicked.connect(self._add)
        self.remove.clicked.connect(self._remove)
        self.up.clicked.connect(lambda: self._move(-1))
        self.down.clicked.connect(lambda: self._move(1))
        self.label.edited.connect(self._rename)
        self.synonyms.edited.connect(self._set_synonyms)
        self.colour.activated.connect(lambda index: self._set_hue(self._hues[index]))
        self.key.activated.connect(lambda index: self._set_key(index or None))
        self.mixed.toggled.connect(self._set_mixed)
        for keys, act in (
            ("Ins", self._add),
            ("Del", self._remove),
            ("F2", self._write),
            ("Alt+Up", lambda: self._move(-1)),
            ("Alt+Down", lambda: self._move(1)),
            *((str(n), lambda n=n: self._set_key(n or None)) for n in range(10)),
        ):
            QShortcut(QKeySequence(keys), self.table, act, context=Qt.ShortcutContext.WidgetShortcut)

    def show_vocabulary(self, vocabulary: Vocabulary) -> None:
        """Begin with these labels; what was changed before is dropped."""
        self.vocabulary = self._before = vocabulary
        self._was = {label: label for label in vocabulary.labels}
        self._merged = {}
        self._fill(vocabulary.labels[0] if vocabulary.labels else "")

    @property
    def renames(self) -> dict[str, str]:
        """What labels are to be called that were renamed or merged, by what they were called."""
        renamed = {was: label for label, was in self._was.items() if was != label}
        merged = {was: into for was, into in self._merged.items() if into in self.vocabulary}
        return {**renamed, **merged}

    def commit(self) -> bool:
        """Take over a label that is still being typed; False, with the reason shown, when it is none."""
        return not self._current or self._rename(self.label.text())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter in the label's field goes back to the list and does not save."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.label.hasFocus():
            if self.commit():
                self.table.setFocus()
            return
        super().keyPressEvent(event)

    # ---- showing ---------------------------------------------------------------------------

    def _word(self) -> Word | None:
        return next((word for word in self.vocabulary.words if word.label == self._current), None)

    def _fill(self, current: str) -> None:
        """Show all labels, ``current`` chosen."""
        words, uses = self.vocabulary.words, self._uses or {}
        colours = emotion_colours(self.vocabulary.labels, self._palette, self.vocabulary.hues)
        blocked = self.table.blockSignals(True)
        self.table.setRowCount(len(words))
        for row, word in enumerate(words):
            count = uses.get(word.label, "")
            for column, text in ((_KEY, word.key or ""), (_LABEL, word.label), (_USES, count)):
                self.table.setItem(row, column, QTableWidgetItem(str(text)))
            marked = self.table.item(row, _LABEL)
            if marked is not None:
                marked.setIcon(dot_icon(colours[word.label]))
        labels = self.vocabulary.labels
        if current in labels:
            self.table.setCurrentCell(labels.index(current), _LABEL)
        self.table.blockSignals(blocked)
        self._show_word(current)

    def _row_chosen(self, row: int) -> None:
        labels = self.vocabulary.labels
        self._show_word(labels[row] if 0 <= row < len(labels) else "")

    def _show_word(self, label: str) -> None:
        self._current = label
        word, labels = self._word(), self.vocabulary.labels
        self.label.show_text(label)
        self.synonyms.show_text(", ".join(word.synonyms) if word is not None else "")
        owners = self.vocabulary.keys
        blocked = self.key.blockSignals(True)
        self.key.clear()
        self.key.addItem(_NO_KEY)
        for digit in range(1, 10):
            owner = owners.get(digit, "")
            self.key.addItem(f"{digit}, now {owner}" if owner not in ("", label) else str(digit))
        self.key.setCurrentIndex(0 if word is None or word.key is None else word.key)
        self.key.blockSignals(blocked)
        self._show_colours(word)
        blocked = self.mixed.blockSignals(True)
        self.mixed.setChecked(word is not None and word.complex)
        self.mixed.blockSignals(blocked)
        for part in (self.label, self.synonyms, self.key, self.colour, self.mixed, self.remove):
            part.setEnabled(word is not None)
        self.merge.setEnabled(word is not None and len(labels) > 1)
        self.up.setEnabled(word is not None and labels[0] != label)
        self.down.setEnabled(word is not None and labels[-1] != label)
        self._tell()

    def _show_colours(self, word: Word | None) -> None:
        """The hues that can be chosen, and that of the chosen label where it is another one."""
        hue = None if word is None else word.hue
        named = dict(_COLOURS)
        if hue not in named.values():
            named[f"Hue {hue}°"] = hue
        self._hues = list(named.values())
        blocked = self.colour.blockSignals(True)
        self.colour.clear()
        for title, each in named.items():
            if each is None:
                self.colour.addItem(title)
            else:
                colour = emotion_colours((title,), self._palette, {title: each})[title]
                self.colour.addItem(dot_icon(colour), title)
        self.colour.setCurrentIndex(self._hues.index(hue))
        self.colour.blockSignals(blocked)

    def _tell(self, problem: str = "") -> None:
        """What becomes of labels that marks carry, or what is wrong."""
        now, merged = {was: label for label, was in self._was.items()}, self.renames
        lines = []
        for was in self._before.labels:
            if was in self.vocabulary:
                continue
            change = f"becomes “{now[was]}”" if was in now else "is removed"
            if was in merged and was not in now:
                change = f"is merged into “{merged[was]}”"
            lines.append(f"“{was}” {change}{'' if was in merged else self._kept(was)}.")
        if len(lines) > _TOLD:
            lines[_TOLD - 1 :] = [f"{len(lines) - _TOLD + 1} more labels are removed, renamed or merged."]
        self.told.setText("\n".join(filter(None, (problem, *lines))))

    def _kept(self, label: str) -> str:
        count = (self._uses or {}).get(label, 0)
        if not count:
            return ""
        return f"; {count} mark{'' if count == 1 else 's'} of this clip keep{'s' if count == 1 else ''} it"

    # ---- changing --------------------------------------------------------------------------

    def _add(self) -> None:
        if not self.commit():
            return
        label, number = _NEW, 2
        while label in self.vocabulary:
            label, number = f"{_NEW} {number}", number + 1
        self.vocabulary = self.vocabulary.added(label)
        self._fill(label)
        self._write()

    def _write(self) -> None:
        self.label.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.label.selectAll()

    def _remove(self) -> None:
        if self._word() is None:
            return
        at = self.vocabulary.labels.index(self._current)
        self.vocabulary = self.vocabulary.removed(self._current)
        self._was.pop(self._current, None)
        labels = self.vocabulary.labels
        self._fill(labels[min(at, len(labels) - 1)] if labels else "")

    def _list_targets(self) -> None:
        self._targets.clear()
        for label in self.vocabulary.labels:
            if label != self._current:
                action = self._targets.addAction(plain_title(label))
                action.triggered.connect(lambda _on=False, label=label: self._merge(label))

    def _merge(self, into: str) -> None:
        if self._word() is None or into not in self.vocabulary:
            return
        gone = self._current
        self._merged = {was: into if to == gone else to for was, to in self._merged.items()}
        was = self._was.pop(gone, None)
        if was is not None:
            self._merged[was] = into
        self.vocabulary = self.vocabulary.removed(gone)
        self._fill(into)

    def _add_all(self, words: tuple[Word, ...]) -> None:
        if self.commit():
            self.vocabulary = self.vocabulary.with_all(words)
            self._fill(self._current or next(iter(self.vocabulary.labels), ""))

    def _set_synonyms(self, text: str) -> None:
        if self._word() is not None:
            self.vocabulary = self.vocabulary.with_synonyms(self._current, text.split(","))
            self._fill(self._current)

    def _move(self, by: int) -> None:
        labels = self.vocabulary.labels
        if self._current in labels and 0 <= labels.index(self._current) + by < len(labels):
            self.vocabulary = self.vocabulary.moved(self._current, labels.index(self._current) + by)
            self._fill(self._current)

    def _rename(self, text: str) -> bool:
        before, label = self._current, " ".join(text.split())
        if label == before:
            self.label.show_text(before)
            return True
        try:
            self.vocabulary = self.vocabulary.renamed(before, label)
        except EditError as fault:
            self._tell(f"{fault.what[:1].upper()}{fault.what[1:]}: {fault.todo}.")
            return False
        if before in self._was:
            self._was[label] = self._was.pop(before)
        self._merged = {was: label if into == before else into for was, into in self._merged.items()}
        self._fill(label)
        return True

    def _set_key(self, digit: int | None) -> None:
        if self._word() is not None:
            self.vocabulary = self.vocabulary.with_key(self._current, digit)
            self._fill(self._current)

    def _set_hue(self, hue: int | None) -> None:
        if self._word() is not None:
            self.vocabulary = self.vocabulary.with_hue(self._current, hue)
            self._fill(self._current)

    def _set_mixed(self, on: bool) -> None:
        if self._word() is not None:
            self.vocabulary = self.vocabulary.marked_complex(self._current, on)


def _button(title: str, tip: str) -> QPushButton:
    button = QPushButton(title)
    button.setToolTip(fixed_keys(tip))
    button.setAutoDefault(False)
    return button
