"""The view of agreement: the figures of ``kfstudio agreement``, and none of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import msgspec
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QPushButton,
    QStackedWidget,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from annotator.agreement.controller import AgreementController
from annotator.agreement.headline import Headline
from annotator.agreement.pictures import ConfusionView, CurveView
from annotator.agreement.sheets import Row, Sheet
from annotator.agreement.tables import SheetView
from annotator.core.agreement.report import Agreement, to_json
from annotator.core.agreement.settings import FINISHED
from annotator.core.model import STATUSES
from annotator.session.messages import Message
from annotator.session.session import Session
from annotator.widgets.plain_label import PlainLabel, window_title
from annotator.widgets.work_progress import WorkProgress
from viewer.core.errors import StudioError
from viewer.core.files import atomic_write

_UNFINISHED = tuple(status for status in STATUSES if status != "new" or status in FINISHED)
_MEASURING = "Comparing what annotators have marked …"


class AgreementDialog(QDialog):
    """Measures when it opens for the first time; later it comes back as it was left."""

    def __init__(
        self, session: Session, agreement: AgreementController, folder: str, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dataset = agreement.dataset
        name = dataset.name if dataset is not None else ""
        self.setWindowTitle(window_title(f"Agreement in {name}"))
        # As much as there is of the window, as tables are wide.
        self.resize(min(1240, parent.width() - 48), min(820, parent.height() - 48))
        self._session, self._agreement, self._folder, self._name = session, agreement, folder, name
        self._makers: list[Callable[[], QWidget]] = []
        self._holders: list[QWidget] = []
        self._views: dict[int, QWidget] = {}
        self.headline = Headline()
        self.empty = PlainLabel()
        self.empty.setWordWrap(True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.tabBar().setDrawBase(False)
        self.body = QStackedWidget()
        self.unfinished = QCheckBox("Count unfinished work too")
        self.basic = QCheckBox("Basic emotions only")
        self.progress = WorkProgress(spacing=8)
        self.open_button = QPushButton("Open the clip there")
        self.save_button = QPushButton("Save as JSON…")
        self.measure_button = QPushButton("Measure again")
        self.close_button = QPushButton("Close")
        self._lay_out()
        self._connect()
        self.unfinished.setChecked(agreement.settings.statuses != FINISHED)
        self.basic.setChecked(agreement.settings.label_level == "basic")
        if agreement.found is not None:
            self._show(agreement.found)
            self._follow()
        else:
            self.measure()

    def _lay_out(self) -> None:
        self.unfinished.setToolTip(
            "Compare work in progress as well; what is not marked yet counts as no label"
        )
        self.basic.setToolTip("Take each label for the basic emotion that the vocabulary names for it")
        self.open_button.setObjectName("Primary")
        for button in (self.open_button, self.save_button, self.measure_button, self.close_button):
            button.setAutoDefault(False)
        self.body.addWidget(self.empty)
        self.body.addWidget(self.tabs)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self.unfinished)
        foot.addSpacing(8)
        foot.addWidget(self.basic)
        foot.addStretch(1)
        for button in (self.measure_button, self.save_button, self.open_button, self.close_button):
            foot.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        column.addWidget(self.headline)
        column.addWidget(self.body, 1)
        column.addWidget(self.progress)
        column.addLayout(foot)

    def _connect(self) -> None:
        agreement = self._agreement
        agreement.measured.connect(self._show)
        agreement.progress.connect(self.progress.show_progress)
        agreement.stopped.connect(self._tell_why)
        agreement.changed.connect(self._follow)
        self.tabs.currentChanged.connect(lambda _page: self._follow())
        self.unfinished.clicked.connect(self.measure)
        self.basic.clicked.connect(self.measure)
        self.measure_button.clicked.connect(self._measure_or_cancel)
        self.save_button.clicked.connect(self._choose_file)
        self.open_button.clicked.connect(self._open_chosen)
        self.close_button.clicked.connect(self.reject)

    # ---- measuring ---------------------------------------------------------------------------

    def measure(self) -> None:
        """Measure anew, with what is chosen below."""
        self._agreement.measure(
            replace(
                self._agreement.settings,
                statuses=_UNFINISHED if self.unfinished.isChecked() else FINISHED,
                label_level="basic" if self.basic.isChecked() else "exact",
            )
        )
        if self._agreement.found is None:
            self._say(_MEASURING)

    def _measure_or_cancel(self) -> None:
        if self._agreement.running:
            self._agreement.cancel()
        else:
            self.measure()

    def _follow(self) -> None:
        running = self._agreement.running
        self.progress.show_running(running)
        if not running:
            self.progress.tell("")
        self.measure_button.setText("Cancel" if running else "Measure again")
        for choice in (self.unfinished, self.basic):
            choice.setEnabled(not running)
        shown = self.body.currentWidget() is self.tabs
        self.save_button.setEnabled(shown and not running)
        row = self._chosen()
        self.open_button.setVisible(shown)
        self.open_button.setEnabled(row is not None and bool(row.clip))

    def _tell_why(self, why: str) -> None:
        if self._agreement.found is None:
            self._say(why)
        else:
            self.headline.tell(why)

    def _say(self, words: str) -> None:
        self.headline.hide()
        self.empty.setText(words)
        self.body.setCurrentWidget(self.empty)
        self._follow()

    # ---- showing -----------------------------------------------------------------------------

    def _show(self, found: Agreement) -> None:
        if not found.clips.compared:
            self._say(self._nothing(found))
            return
        page, row = self._agreement.page, self._agreement.row
        old = self._holders
        self._views, self._makers, self._holders = {}, [], []
        for holder in old:
            self.tabs.removeTab(0)
            holder.deleteLater()
        palette = self._session.palette
        pages: list[tuple[str, Callable[[], QWidget]]] = [
            (sheet.title, partial(self._sheet_view, sheet)) for sheet in self._agreement.sheets
        ]
        pages.append(("Confusion", partial(ConfusionView, found, palette)))
        pages.append(("Tolerance", partial(CurveView, found, palette)))
        for title, make in pages:
            self._makers.append(make)
            self._holders.append(QWidget())
            self.tabs.addTab(self._holders[-1], title)
        self.headline.show_report(found)
        self.headline.show()
        self.body.setCurrentWidget(self.tabs)
        self.tabs.setCurrentIndex(page)
        now = self.page(page)
        if isinstance(now, SheetView):
            now.table.selectRow(min(row, len(now.model.rows) - 1))
            now.table.setFocus()
        self._follow()

    def page(self, number: int) -> QWidget:
        """A page of the view, which is made when it is first looked at: all at once keep a window waiting."""
        view = self._views.get(number)
        if view is None:
            view = self._views[number] = self._makers[number]()
            column = QVBoxLayout(self._holders[number])
            column.setContentsMargins(0, 0, 0, 0)
            column.addWidget(view)
        return view

    def _sheet_view(self, sheet: Sheet) -> SheetView:
        view = SheetView(sheet)
        view.opened.connect(self._open)
        view.table.selectionModel().currentChanged.connect(lambda _now, _before: self._follow())
        return view

    def _page_now(self) -> QWidget | None:
        number = self.tabs.currentIndex()
        return self.page(number) if 0 <= number < len(self._makers) else None

    def _nothing(self, found: Agreement) -> str:
        people = ", ".join(found.annotators)
        if self.unfinished.isChecked():
            return f"{people} have no clip in common yet. Have two of them annotate the same clips."
        return (
            f"{people} have finished no clip in common yet. Set clips to “done” when you are through with "
            "them, or count unfinished work too."
        )

    def _chosen(self) -> Row | None:
        now = self._page_now()
        return now.chosen() if isinstance(now, SheetView) else None

    def _open_chosen(self) -> None:
        row = self._chosen()
        if row is not None:
            self._open(row)

    def _open(self, row: Row) -> None:
        """Close the view and go there; it comes back at the same place."""
        now = self._page_now()
        if not row.clip or not isinstance(now, SheetView):
            return
        self._agreement.page, self._agreement.row = self.tabs.currentIndex(), now.model.rows.index(row)
        self._agreement.go_to(row.clip, row.time_in_clip)
        self.accept()

    # ---- saving ------------------------------------------------------------------------------

    def _choose_file(self) -> None:
        start = str(Path(self._folder) / f"{self._name} agreement.json")
        chosen, _ = QFileDialog.getSaveFileName(self, "Save the figures", start, "JSON (*.json)")
        if chosen:
            self.save(Path(chosen if chosen.lower().endswith(".json") else f"{chosen}.json"))

    def save(self, path: Path) -> None:
        """Write what the command line prints."""
        found = self._agreement.found
        if found is None:
            return
        try:
            atomic_write(path, msgspec.json.format(msgspec.json.encode(to_json(found)), indent=2) + b"\n")
        except StudioError as fault:
            self.headline.tell(fault.line())
            return
        self._session.show_message(Message(f"Wrote the figures to {path}", level="success"))
        self.headline.tell(f"Written to {path}.")

    def done(self, result: int) -> None:
        """Escape, Close and the cross come here: what still runs is given up."""
        agreement = self._agreement
        for signal, slot in (
            (agreement.measured, self._show),
            (agreement.progress, self.progress.show_progress),
            (agreement.stopped, self._tell_why),
            (agreement.changed, self._follow),
        ):
            signal.disconnect(slot)
        if agreement.running:
            agreement.cancel()
        super().done(result)
