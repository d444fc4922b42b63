"""Generate for the dataset: which clips, what it will take, how far it is, and what failed."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFormLayout,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from annotator.core.generation.profiles import Profile
from annotator.core.model import STATUSES
from annotator.core.storage.dataset import ClipEntry
from annotator.generation.dataset_batch import DatasetBatchController, report_words
from annotator.generation.models import ModelsController
from annotator.session.session import Session
from annotator.widgets.fields import ChoiceField
from annotator.widgets.plain_label import PlainLabel, plain_tip
from annotator.widgets.work_progress import WorkProgress

if TYPE_CHECKING:
    from annotator.core.batch.dataset_run import Report
    from annotator.core.batch.selection import Chosen, Estimate, Selection

_ANY = "Any"
_UNKNOWN = "–"
_LOOK_MS = 200
_CLIP = Qt.ItemDataRole.UserRole


class BatchDialog(QDialog):
    """Stands beside the window, which goes on working; closing it stops nothing."""

    def __init__(
        self, session: Session, models: ModelsController, batch: DatasetBatchController, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Generate for the dataset")
        self.setMinimumWidth(560)
        self._models, self._batch = models, batch
        self._session = session
        self._look_soon = QTimer(self)
        self._look_soon.setSingleShot(True)
        self._look_soon.setInterval(_LOOK_MS)
        self._look_soon.timeout.connect(self._look)
        self._make_fields()
        self._lay_out()
        self._connect()
        self._show_profiles()
        self._show_running()
        self._show_report(batch.report)

    def _make_fields(self) -> None:
        infos = [entry.info for entry in self._dataset_clips() if entry.info is not None]
        self.profile = ChoiceField()
        self.statuses = {status: QCheckBox(status.capitalize()) for status in STATUSES}
        self.split = ChoiceField([_ANY, *sorted({info.split for info in infos if info.split})])
        self.tag = ChoiceField([_ANY, *sorted({tag for info in infos for tag in info.tags})])
        self.missing = QCheckBox("Only clips without a take of this profile")
        self.missing.setChecked(True)
        for box in self.statuses.values():
            box.setChecked(True)
        self.count = _note()
        self.figures = {name: PlainLabel(_UNKNOWN) for name in ("Requests", "Tokens", "Time", "Cost")}
        self._work = WorkProgress(spacing=16)
        self.doing = self._work.doing
        self.failures = QListWidget()
        self.failures.setAccessibleName("Clips that failed")
        self.failures.setWordWrap(True)
        self.failures.setToolTip("A double click opens the clip")
        self.failures.setMinimumHeight(120)
        self.estimate = _button("Estimate", "Ask for one keyframe, and estimate what the rest will take")
        self.go = _button("Generate", "Make a take for every chosen clip")
        self.go.setObjectName("Primary")
        self.go.setMinimumWidth(104)  # of its longest title
        self.shut = _button("Close", "Close this; the work continues")

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setVerticalSpacing(8)
        form.setHorizontalSpacing(16)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        form.addRow("Profile", self.profile)
        boxes = QHBoxLayout()
        boxes.setSpacing(16)
        for box in self.statuses.values():
            boxes.addWidget(box)
        boxes.addStretch(1)
        form.addRow("Status", boxes)
        form.addRow("Split", self.split)
        form.addRow("Tag", self.tag)
        form.addRow("", self.missing)
        form.addRow("", self.count)
        self._choices = QWidget()
        self._choices.setLayout(form)
        form.setContentsMargins(0, 0, 0, 0)
        table = QGridLayout()
        table.setHorizontalSpacing(24)
        table.setVerticalSpacing(2)
        for column, (name, value) in enumerate(self.figures.items()):
            title = _note(name)
            table.addWidget(title, 0, column)
            table.addWidget(value, 1, column)
            table.setColumnStretch(column, 1)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self.estimate)
        foot.addStretch(1)
        foot.addWidget(self.go)
        foot.addWidget(self.shut)
        column_ = QVBoxLayout(self)
        column_.setContentsMargins(16, 16, 16, 16)
        column_.setSpacing(16)
        column_.addWidget(self._choices)
        column_.addLayout(table)
        for widget in (self._work, self.failures):
            column_.addWidget(widget)
        column_.addStretch(1)
        column_.addLayout(foot)

    def _connect(self) -> None:
        session, batching = self._session, self._batch
        for box in (*self.statuses.values(), self.missing):
            box.toggled.connect(self._choose_again)
        for choice in (self.profile, self.split, self.tag):
            choice.chosen.connect(self._choose_again)
        self.estimate.clicked.connect(lambda: batching.estimate(self.selection(), self.chosen_profile))
        self.go.clicked.connect(self._press_go)
        self.shut.clicked.connect(self.close)
        self.failures.itemDoubleClicked.connect(lambda item: session.open_clip(item.data(_CLIP)))
        batching.changed.connect(self._show_running)
        batching.progress.connect(self._show_progress)
        batching.estimated.connect(self._show_estimate)
        batching.reported.connect(self._show_report)
        batching.stopped.connect(self._work.tell)
        self._models.changed.connect(self._show_profiles)
        session.clips_changed.connect(self.close)

    # ---- what is chosen ----------------------------------------------------------------------

    @property
    def chosen_profile(self) -> Profile:
        """The profile that is asked when the batch is started now."""
        return self._models.profiles.get(self.profile.currentText())

    def selection(self) -> Selection:
        """Which clips the batch would take now; read from the fields, nothing is looked up."""
        from annotator.core.batch.selection import Selection

        return Selection(
            frozenset(status for status, box in self.statuses.items() if box.isChecked()),
            frozenset() if self.tag.currentText() == _ANY else frozenset({self.tag.currentText()}),
            frozenset() if self.split.currentText() == _ANY else frozenset({self.split.currentText()}),
            self.missing.isChecked(),
        )

    def _dataset_clips(self) -> tuple[ClipEntry, ...]:
        dataset = self._batch.dataset
        return dataset.clips if dataset is not None else ()

    def _show_profiles(self) -> None:
        models = self._models
        blocked = self.profile.blockSignals(True)
        shown = self.profile.currentText()
        self.profile.clear()
        self.profile.addItems(list(models.profiles.names))
        self.profile.show_choice(shown if shown in models.profiles.names else models.chosen.name)
        self.profile.blockSignals(blocked)
        self._choose_again()

    def _choose_again(self) -> None:
        """The choice changed: what was reckoned no longer holds."""
        for label in self.figures.values():
            label.setText(_UNKNOWN)
        self._look_soon.start()

    def _look(self) -> None:
        if not self._batch.running:
            self._batch.look(self.selection(), self.chosen_profile, self._show_count)

    def _show_count(self, chosen: Chosen) -> None:
        clips, total = chosen.clips, len(self._dataset_clips())
        words = f"{clips} of {total} clips"
        if len(chosen.clip_requests) != clips:
            words += f", {len(chosen.clip_requests)} takes"
        if chosen.skipped:
            words += f"; {len(chosen.skipped)} cannot be used"
        requests = sum(wanted_clip.answers for wanted_clip in chosen.clip_requests)
        planned = any(not wanted_clip.request.descriptions for wanted_clip in chosen.clip_requests)
        if self.figures["Tokens"].text() == _UNKNOWN:
            self.figures["Requests"].setText(f"about {requests:,}" if planned else f"{requests:,}")
        self.count.setText(words)
        self.count.setToolTip(plain_tip("\n".join(f"{clip}: {why}" for clip, why in chosen.skipped[:20])))
        self.go.setEnabled(bool(clips) or self._batch.running)
        self.estimate.setEnabled(bool(clips) and not self._batch.running)

    # ---- the work ----------------------------------------------------------------------------

    def _press_go(self) -> None:
        batching = self._batch
        if batching.running:
            batching.cancel()
            self.go.setEnabled(False)
            self._work.tell("Stopping …")
            return
        self._show_report(None)
        batching.start(self.selection(), self.chosen_profile)

    def _show_running(self) -> None:
        batching = self._batch
        running = batching.running
        self._choices.setEnabled(not running)
        self.estimate.setEnabled(not running)
        self._work.show_running(running)
        self.go.setEnabled(True)
        unfinished = batching.report is not None and not batching.report.whole
        self.go.setText("Stop" if running else "Continue" if unfinished else "Generate")
        if running:
            self._show_progress(*batching.latest)
        else:
            self._look_soon.start()

    def _show_progress(self, done: int, total: int, what: str) -> None:
        self._work.show_progress(done, total, what[:1].upper() + what[1:])

    def _show_estimate(self, found: Estimate) -> None:
        from annotator.core.batch.dataset_run import duration_words

        tokens = found.prompt_tokens + found.answer_tokens
        self.figures["Requests"].setText(f"{found.requests:,}")
        self.figures["Tokens"].setText(f"about {_rounded(tokens)}" if found.answer_tokens else "none")
        self.figures["Time"].setText(duration_words(found.seconds))
        self.figures["Cost"].setText(_cost_words(found.cost, found.currency))
        words = f"One answer took {found.answer_seconds:.2g} s."
        if found.reused:
            words += f" {found.reused} answers of an earlier run are used again."
        self._work.tell(words)

    def _show_report(self, report: Report | None) -> None:
        self.failures.clear()
        failed = Counter(() if report is None else report.failed)
        for (clip, why), count in failed.items():
            takes = f" ({count} takes)" if count > 1 else ""
            item = QListWidgetItem(f"{clip}{takes}: {why}")
            item.setData(_CLIP, clip)
            self.failures.addItem(item)
        self.failures.setVisible(bool(failed))
        if report is not None:
            self._work.tell(report_words(report))
        elif not self._batch.running:
            self._work.tell("")


def _cost_words(cost: float | None, currency: str) -> str:
    if cost is None:
        return "no price given"
    return f"about {cost:,.2f} {currency}" if cost >= 0.01 else f"under 0.01 {currency}"


def _rounded(count: int) -> str:
    """A count of tokens for people: 12,300; 1.4 million."""
    if count >= 1_000_000:
        return f"{count / 1e6:.1f} million"
    return f"{round(count, -2 if count >= 10_000 else -1):,}"


def _button(title: str, tip: str) -> QPushButton:
    button = QPushButton(title)
    button.setToolTip(tip)
    button.setAutoDefault(False)
    return button


def _note(text: str = "") -> QLabel:
    label = PlainLabel(text)
    label.setObjectName("Muted")
    label.setWordWrap(True)
    return label
