"""What goes into training data: whose words, which clips, how they are dealt into sets."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtGui import QIntValidator
from PySide6.QtWidgets import QFormLayout, QHBoxLayout, QLabel, QWidget

from annotator.core.export.training import TrainingChoice, TrainingSummary
from annotator.core.model import PERSPECTIVES, STATUSES, Status
from annotator.widgets.fields import ChoiceField, LineField
from viewer.core.errors import ExportError

_WORDS: Mapping[str, tuple[str, ...]] = {
    "Yours, else coefficients, else picture": PERSPECTIVES,
    "Yours only": ("annotator",),
    "Coefficients, else yours": ("coefficients", "annotator"),
    "Coefficients only": ("coefficients",),
    "Picture, else yours": ("image", "annotator"),
    "Picture only": ("image",),
}
_STATUSES: Mapping[str, tuple[Status, ...]] = {
    "Of any status": STATUSES,
    "Done": ("done",),
    "Done or needs review": ("done", "needs review"),
}
_CONFIDENCES = {"Any confidence": 0.0, "Likely or sure": 0.6, "Sure": 0.9}
_DECIMALS = {
    "Exactly as recorded": None,
    "Three decimals": 3,
    "Two decimals": 2,
    "One decimal, as the paper's": 1,
}
_BY_CLIP = "By the clips' splits, the rest distributed"
_SHUFFLED = "Distribute all clips"
_EVERYONE = "Everybody's work"


class TrainingPage(QWidget):
    """The choices of :class:`TrainingChoice`."""

    def __init__(self, annotator_id: str) -> None:
        super().__init__()
        self._who = annotator_id
        self.words = ChoiceField(list(_WORDS))
        self.words.setToolTip("The first that a keyframe has; a keyframe without any is left out")
        self.status = ChoiceField(list(_STATUSES))
        self.people = ChoiceField([_EVERYONE, f"Only mine ({annotator_id})"])
        self.confidence = ChoiceField(list(_CONFIDENCES))
        self.confidence.setToolTip("A keyframe whose confidence is not said passes")
        self.tags = LineField("any tag; several with commas")
        self.sets = ChoiceField([_BY_CLIP, _SHUFFLED])
        self.sets.setToolTip("A clip is never in two sets; its split is train, val or test")
        self.ratio = LineField("train, val, test")
        self.ratio.show_text("80, 10, 10")
        self.ratio.setToolTip("Shares of train, val and test among the clips that are distributed")
        self.seed = LineField("0")
        self.seed.setValidator(QIntValidator(0, 999_999, self.seed))
        self.seed.show_text("0")
        self.seed.setToolTip("Another seed distributes the clips differently")
        self.decimals = ChoiceField(list(_DECIMALS))
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.setSpacing(8)
        form.addRow("Descriptions", self.words)
        form.addRow("Clips", _row(self.status, self.people))
        form.addRow("Keyframes", self.confidence)
        form.addRow("Tags", self.tags)
        form.addRow("Sets", self.sets)
        form.addRow("Shares", self.ratio)
        form.addRow("Seed", self.seed)
        form.addRow("Values", self.decimals)

    @property
    def label_width(self) -> int:
        """Pixels of the widest name of a row, for the rows above to stand in line."""
        return max(label.sizeHint().width() for label in self.findChildren(QLabel))

    def choice(self) -> TrainingChoice:
        """What is chosen.  Raises :class:`ExportError` for shares that are none."""
        try:
            shares = [float(word) for word in self.ratio.text().replace("/", ",").split(",")]
        except ValueError:
            shares = []
        if len(shares) != 3:
            raise ExportError("the shares of the sets cannot be used", "give three numbers: 80, 10, 10")
        made = TrainingChoice(
            words=_WORDS[self.words.currentText()],
            statuses=frozenset(_STATUSES[self.status.currentText()]),
            annotators=(self._who,) if self.people.currentIndex() else (),
            tags=frozenset(word.strip() for word in self.tags.text().split(",") if word.strip()),
            confidence=_CONFIDENCES[self.confidence.currentText()],
            by_clip=self.sets.currentText() == _BY_CLIP,
            ratio=(shares[0], shares[1], shares[2]),
            seed=int(self.seed.text() or 0),
            decimals=_DECIMALS[self.decimals.currentText()],
        )
        made.check()
        return made


def _row(*fields: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(8)
    for field in fields:
        row.addWidget(field, 1)
    return row


def told_of(summary: TrainingSummary) -> str:
    """What an export wrote, in a sentence."""
    counts = {name: one.lines for name, one in summary.sets.items() if one.lines}
    told = ", ".join(f"{name} {count}" for name, count in counts.items())
    left = sum(summary.skipped_why.values())
    more = f"; {left} left out, see summary.json" if left else ""
    lines = "1 line" if summary.lines == 1 else f"{summary.lines} lines"
    return f"Wrote {lines} ({told}){more}"
