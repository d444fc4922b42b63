"""The figures of a whole dataset in one row, each with its interval."""

from __future__ import annotations

from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from annotator.agreement.sheets import figure_words, interval_words, shown_tolerance
from annotator.core.agreement.report import Agreement, Figure
from annotator.widgets.plain_label import PlainLabel, plain_tip


class Headline(QWidget):
    """Says who was compared, and how far they agree."""

    def __init__(self) -> None:
        super().__init__()
        self.about = PlainLabel()
        self.about.setObjectName("Muted")
        self.about.setWordWrap(True)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(24)
        self._grid.setVerticalSpacing(0)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addLayout(self._grid)
        column.addWidget(self.about)

    def tell(self, words: str) -> None:
        """Say something else below the figures."""
        self.about.setText(words)

    def show_report(self, found: Agreement) -> None:
        """Show the figures over all clips."""
        keyframes = shown_tolerance(found)
        figures = (
            ("Labels, α", found.labels.alpha_nominal, "whether there is an emotion, and which"),
            (
                "Which label, α",
                found.labels.alpha_nominal_labelled,
                "which emotion, where two people see one",
            ),
            ("Labels, Fleiss’ κ", found.labels.fleiss_kappa, "where everybody has a value"),
            ("Intensity, α", found.intensity.alpha_interval, "on the interval scale"),
            ("Spans, F1", found.spans.overall.f1, f"same label, overlap {found.settings['iou']:g} or more"),
            (
                f"Keyframes, F1 ({keyframes.tolerance_ms:g} ms)",
                keyframes.overall.f1,
                "matched one to one within the tolerance",
            ),
        )
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        for place, (name, figure, tip) in enumerate(figures):
            self._add(place, name, figure, tip)
        self.about.setText(_about(found))

    def _add(self, place: int, name: str, figure: Figure, tip: str) -> None:
        title, value, interval = PlainLabel(name), PlainLabel(figure_words(figure)), PlainLabel()
        title.setObjectName("Muted")
        interval.setObjectName("Muted")
        value.setObjectName("Headline")
        if figure.value is None:
            interval.setText("undefined")
            tip = f"{tip}: {figure.reason}"
        else:
            interval.setText(interval_words(figure))
            tip = f"{tip}; from {figure.n:,}, with its 95 % interval"
        for row, label in enumerate((title, value, interval)):
            label.setToolTip(plain_tip(tip))
            self._grid.addWidget(label, row, place)
        value.setAccessibleName(f"{name} {figure_words(figure)}")
        self._grid.setColumnStretch(place, 1)


def _about(found: Agreement) -> str:
    clips, people = found.clips, ", ".join(found.annotators)
    left = len(clips.left_out)
    more = f"; {left} annotation{'' if left == 1 else 's'} left out" if left else ""
    return f"{people}: {clips.compared} of {clips.in_dataset} clips compared{more}."
