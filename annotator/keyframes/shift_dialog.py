"""Shifting all marks of a clip at once, as when they were made on a video of another begin."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from annotator.core.shifting import Shift, ShiftPlan, ShiftUnit
from annotator.keyframes.controller import KeyframesController
from annotator.session.session import Session
from annotator.widgets.fields import ChoiceField, number_in
from annotator.widgets.plain_label import PlainLabel
from viewer.transport_bar import format_timecode

_UNITS: tuple[ShiftUnit, ...] = ("seconds", "frames")
_ASK = "Type how far: 0.5 shifts later, -0.5 earlier."


class ShiftDialog(QDialog):
    """Says what a shift would do while it is typed; *Shift* does it as one step of undo."""

    def __init__(self, session: Session, keyframes: KeyframesController, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Shift keyframes and spans")
        self.setMinimumWidth(440)
        self._session, self._keyframes = session, keyframes
        state = session.state
        has_keyframes = state is not None and bool(state.keyframes)
        has_spans = state is not None and bool(state.spans)
        self._start = session.playback.frame_time(session.playback.time)[0]
        self.amount = QLineEdit()
        self.amount.setPlaceholderText("0.5 or -12")
        self.amount.setAccessibleName("How far")
        self.unit = ChoiceField([unit.capitalize() for unit in _UNITS])
        self.unit.setAccessibleName("Unit")
        self.unit.setEnabled(session.playback.frames > 0)
        self.spans = QCheckBox("Emotion spans too")
        self.spans.setChecked(has_spans)
        self.spans.setEnabled(has_spans and has_keyframes)
        self.later = QCheckBox(f"Only from the playhead on ({format_timecode(self._start)})")
        self.preview = PlainLabel()
        self.preview.setAccessibleName("What it does")
        self.preview.setWordWrap(True)
        # Two lines, so that nothing jumps while one types.
        self.preview.setMinimumHeight(2 * self.preview.fontMetrics().lineSpacing())
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.go = self.buttons.addButton("Shift", QDialogButtonBox.ButtonRole.AcceptRole)
        self.go.setObjectName("Primary")
        self.go.setDefault(True)
        self._lay_out()
        self._connect()
        self._show_plan()

    def _lay_out(self) -> None:
        by = QHBoxLayout()
        by.setSpacing(8)
        by.addWidget(self.amount, 1)
        by.addWidget(self.unit, 1)
        form = QFormLayout()
        form.setSpacing(8)
        form.addRow("By", by)
        form.addRow("", self.spans)
        form.addRow("", self.later)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        column.addLayout(form)
        column.addWidget(self.preview)
        column.addWidget(self.buttons)

    def _connect(self) -> None:
        self.amount.textChanged.connect(self._show_plan)
        self.unit.currentIndexChanged.connect(self._show_plan)
        for box in (self.spans, self.later):
            box.toggled.connect(self._show_plan)
        self.buttons.accepted.connect(self._shift)
        self.buttons.rejected.connect(self.reject)
        self._session.changed.connect(self._show_plan)
        self._session.clip_closing.connect(self.reject)

    def _wanted(self) -> Shift | str:
        """The shift that was typed, or what is wrong with it."""
        text, unit = self.amount.text().strip(), _UNITS[self.unit.currentIndex()]
        amount = number_in(text)
        if not text or text in "+-−":
            return _ASK
        if amount is None:
            return f"“{text}” is not a number of {unit}."
        if unit == "frames" and amount != round(amount):
            return "A shift by frames needs a whole number."
        start = self._start if self.later.isChecked() else 0.0
        return Shift(amount, unit, self.spans.isChecked(), start)

    def _show_plan(self, *_changed: object) -> None:
        wanted = self._wanted()
        plan = self._keyframes.plan_shift(wanted) if isinstance(wanted, Shift) else None
        self.go.setEnabled(plan is not None and not plan.problem)
        self.preview.setText(plan_words(plan) if plan is not None else str(wanted))

    def _shift(self) -> None:
        wanted = self._wanted()
        if isinstance(wanted, Shift) and self._keyframes.shift(wanted):
            self.accept()


def plan_words(plan: ShiftPlan) -> str:
    """What a shift does, in a line."""
    counts = [(plan.keyframes, "keyframe"), (plan.spans, "span")]
    parts = [", ".join(f"{n} {name}{'' if n == 1 else 's'}" for n, name in counts if n)]
    if plan.first is not None:
        sign = "−" if plan.first < 0 else ""
        parts.append(f"the first to {sign}{format_timecode(abs(plan.first))}")
    words = "; ".join(filter(None, (*parts, plan.problem)))
    return f"{words[:1].upper()}{words[1:]}."
