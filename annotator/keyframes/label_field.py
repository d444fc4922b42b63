"""Choosing the emotion of a mark: a label of the vocabulary, or on purpose a new one."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtWidgets import QInputDialog

from annotator.core.vocabulary import unlisted
from annotator.widgets.dots import dot_icon
from annotator.widgets.fields import ChoiceField
from annotator.widgets.theme import icon
from viewer.palette import Palette

NO_LABEL, NEW_LABEL = "no emotion", "New label…"


class LabelField(ChoiceField):
    """The labels of a vocabulary.  ``chosen`` brings one, or an empty text for none.

    Nothing can be typed here, so that no key meant for the window becomes a label; *New label…* asks for
    one that the vocabulary does not have.  Such a label has a sign.
    """

    def __init__(self) -> None:
        super().__init__()
        self._label = ""
        self._labels: tuple[str, ...] = ()
        self._colours: Mapping[str, str] = {}
        self.setPlaceholderText("Emotion")

    def show_label(
        self, label: str, labels: tuple[str, ...], colours: Mapping[str, str], palette: Palette
    ) -> None:
        """Show the label of a mark, and offer those of the vocabulary in their colours; emits nothing."""
        self._label, self._labels = label, labels
        own = (label,) if unlisted(label, labels) else ()
        entries = [*labels, *own, NO_LABEL, NEW_LABEL]
        blocked = self.blockSignals(True)
        if [self.itemText(place) for place in range(self.count())] != entries:
            self.clear()
            self.addItems(entries)
            self._colours = {}
        if colours is not self._colours:
            self._colours = colours
            for place, each in enumerate(labels):
                self.setItemIcon(place, dot_icon(colours[each]))
        if own:
            self.setItemIcon(len(labels), icon("mdi6.alert-outline", palette.warning))
        self.setCurrentIndex(entries.index(label) if label.strip() else -1)
        self.blockSignals(blocked)
        self.setToolTip("Not in the dataset's list of labels" if own else "Emotion (1–9)")

    def choose(self, index: int) -> None:
        """Bring the label at a place of the list, none, or ask for a new one."""
        if index == self.count() - 1:
            self._show_again()
            self._ask()
        else:
            self.chosen.emit("" if index == self.count() - 2 else self.itemText(index))

    def _show_again(self) -> None:
        blocked = self.blockSignals(True)
        self.setCurrentIndex(self.findText(self._label) if self._label.strip() else -1)
        self.blockSignals(blocked)

    def _ask(self) -> None:
        dialog = QInputDialog(self.window())
        dialog.setWindowTitle("New label")
        dialog.setLabelText("A label that is not in the dataset's list:")
        dialog.textValueSelected.connect(self._name)
        # Without a window manager nobody else gives the keys back to the window.
        dialog.finished.connect(self.window().activateWindow)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _name(self, text: str) -> None:
        label = " ".join(text.split())
        known = next((known for known in self._labels if known.casefold() == label.casefold()), label)
        if known:
            self.chosen.emit(known)
