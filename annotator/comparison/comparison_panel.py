"""What was measured between the takes on the faces and the recording, as tables that lead to
the moment they tell of."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QColor, QFont, QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QButtonGroup,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QSizePolicy,
    QTableWidget,
    QTableWidgetItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from annotator.comparison.controller import Comparison, ComparisonController
from annotator.comparison.sparkline import CURVES, SparklineDelegate
from annotator.core.comparison.tables import Cell, Row, Sheet, as_csv, as_tsv
from annotator.session.messages import Message
from annotator.session.session import Session
from annotator.takes.controller import TakesController
from annotator.widgets.dots import dot_icon
from annotator.widgets.fields import ChoiceField, KeyKeeper
from annotator.widgets.plain_label import PlainLabel, plain_tip
from annotator.widgets.theme import wear
from annotator.widgets.when_shown import WhenShown
from viewer.core.cancel import CancelToken
from viewer.core.channels import BY_NAME, INDEX
from viewer.core.files import atomic_write
from viewer.core.progress import Progress

SHEETS = ("Regions", "Keyframes", "Channels", "Motion", "Moments")
_EMPTY = {
    "Keyframes": "No keyframe is marked. Press {mark_keyframe} to mark one.",
    "Channels": "The takes differ in no channel.",
    "Moments": "There is no moment at which they differ.",
}
_ALONE = "There is no recording and no second take to compare with. Generate another take."
_ITSELF = "Only what the takes are measured against is shown. Show another take."
_HELP = {
    "Regions": "Mean difference from {}; a click goes to the worst moment",
    "Keyframes": "Mean difference from {} at each keyframe",
    "Channels": "Where they differ most from {}; a click shows the curve",
    "Motion": "How the takes move beside {}",
    "Moments": "Where they differ most from {}; {{worst_moment}} goes to the next",
}
_NUMBERS = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_WORDS = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_ROW = 24


class ComparisonPanel(QWidget):
    """One table at a time.  Clicking a row, or Enter, goes to its moment and shows its curve."""

    def __init__(self, session: Session, takes: TakesController, comparison: ComparisonController) -> None:
        super().__init__()
        self._session, self._takes, self._controller = session, takes, comparison
        self._comparison: Comparison | None = None
        self._sheets: dict[str, Sheet] = {}
        self.against = ChoiceField()
        self.against.setAccessibleName("Measure against")
        self.against.setToolTip("What the takes are measured against")
        self.against.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.copy_button = self._tool("mdi6.content-copy", "Copy this table ({=Ctrl+C} in it)")
        self.save_button = self._tool("mdi6.tray-arrow-down", "Save all tables as CSV…")
        self.worst_button = self._tool("mdi6.target", "Next worst moment of the active take ({worst_moment})")
        self.group = QButtonGroup(self)
        self.table = QTableWidget()
        self._note = PlainLabel()
        self._note.setObjectName("Muted")
        self._note.setWordWrap(True)
        self._lay_out()
        self._dress_table()
        self.group.idClicked.connect(lambda _id: self._fill())
        self.against.activated.connect(self._choose_reference)
        self.copy_button.clicked.connect(self.copy)
        self.save_button.clicked.connect(self._choose_file)
        self.worst_button.clicked.connect(lambda: comparison.step_moment(1))
        self.table.cellClicked.connect(self._clicked)
        self._names_shown, self._table_shown = WhenShown(self, self._name), WhenShown(self, self._fill)
        comparison.changed.connect(self.show_comparison)
        takes.changed.connect(self.refresh)
        session.clip_closed.connect(self.refresh)
        self.show_comparison(None)

    # ---- building ----------------------------------------------------------------------------

    def _tool(self, sign: str, words: str) -> QToolButton:
        button = QToolButton()
        button.setObjectName("Flat")
        wear(button, sign)
        self._session.keys.tip(button, words)
        button.setAccessibleName(words.partition(" (")[0])
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def _lay_out(self) -> None:
        label = PlainLabel("Against")
        label.setObjectName("Muted")
        top = QHBoxLayout()
        top.setSpacing(6)
        top.addWidget(label)
        top.addWidget(self.against, 1)
        top.addSpacing(2)
        for button in (self.worst_button, self.copy_button, self.save_button):
            top.addWidget(button)
        tabs = QHBoxLayout()
        tabs.setSpacing(0)
        for number, name in enumerate(SHEETS):
            button = QToolButton()
            button.setObjectName("Segment")
            button.setText(name)
            button.setCheckable(True)
            button.setChecked(number == 0)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            # In a narrow panel all five give way a little.
            button.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
            button.setMinimumWidth(40)
            self.group.addButton(button, number)
            tabs.addWidget(button)
        tabs.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 2, 0, 0)
        column.setSpacing(4)
        column.addLayout(top)
        column.addLayout(tabs)
        column.addWidget(self.table, 1)
        column.addWidget(self._note)

    def _dress_table(self) -> None:
        table = self.table
        table.setAccessibleName("Comparison")
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(_ROW)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        table.setTabKeyNavigation(False)
        keys = Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_C, Qt.Key.Key_Left, Qt.Key.Key_Right
        table.installEventFilter(KeyKeeper(table, keys))
        table.installEventFilter(self)
        self._curves = SparklineDelegate(table)

    # ---- showing -----------------------------------------------------------------------------

    @property
    def sheet(self) -> str:
        """The name of the table that is shown."""
        return SHEETS[max(self.group.checkedId(), 0)]

    def show_sheet(self, name: str) -> None:
        """Show the table ``name``, one of :data:`SHEETS`.  Raises :class:`ValueError` for another name."""
        self.group.button(SHEETS.index(name)).setChecked(True)
        self._fill()

    def refresh(self) -> None:
        """Names and colours may have changed."""
        self.setVisible(bool(self._takes.all()))
        self._names_shown.ask()
        self._table_shown.ask()

    def show_comparison(self, comparison: Comparison | None) -> None:
        """Fill the tables; None leaves nothing to see."""
        self._comparison = comparison
        self._sheets = {} if comparison is None else {sheet.name: sheet for sheet in comparison.sheets}
        self.setVisible(bool(self._takes.all()))
        if comparison is None:
            # Its cells hold the curves of tracks that may be gone.
            self.table.setRowCount(0)
        self._table_shown.ask()

    def _name(self) -> None:
        self.against.clear()
        clip = self._session.current
        if clip is not None and clip.recording is not None:
            self.against.addItem("Recording", "")
        for take in self._takes.all():
            self.against.addItem(dot_icon(take.colour), take.name, take.id)
        at = self.against.findData(self._controller.against)
        self.against.setCurrentIndex(max(at, 0))

    def _fill(self) -> None:
        comparison = self._comparison
        for button in (self.copy_button, self.save_button, self.worst_button):
            button.setEnabled(comparison is not None)
        self.table.setVisible(comparison is not None)
        if comparison is None:
            self._note.setText(_ALONE if self.against.count() < 2 else _ITSELF)
            self._note.show()
            return
        sheet = self._sheets[self.sheet]
        self.table.clear()
        # Fitting to contents at each of them would ask every row for every cell.
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self._fill_head(sheet, comparison)
        self.table.setRowCount(len(sheet.rows))
        for place, row in enumerate(sheet.rows):
            self._fill_row(place, row, sheet, comparison)
        self._size_columns(sheet)
        self._note.setText(self._told(sheet, comparison))
        self._note.setVisible(bool(self._note.text()))
        self.table.setVisible(bool(sheet.rows))
        self._session.keys.tip(self.table, _HELP[sheet.name].format(comparison.measured.reference))

    def _fill_head(self, sheet: Sheet, comparison: Comparison) -> None:
        with_curves, words = sheet.name == "Channels", sheet.name == "Moments"
        head = [sheet.label, *([""] if with_curves else []), *sheet.head]
        self.table.setColumnCount(len(head))
        self.table.setItemDelegateForColumn(1, self._curves if with_curves else self.table.itemDelegate())
        for column, name in enumerate(head):
            cell = QTableWidgetItem()
            if isinstance(name, int):
                take = comparison.takes[name]
                cell.setIcon(dot_icon(take.colour))
                cell.setText("" if len(comparison.takes) > 2 else take.name)
                cell.setToolTip(plain_tip(take.name))
            elif name == comparison.measured.reference:
                cell.setIcon(dot_icon(comparison.reference_colour))
                cell.setToolTip(plain_tip(name))
            else:
                cell.setText(name)
            cell.setTextAlignment(_NUMBERS if column and not (words and name == "Channel") else _WORDS)
            self.table.setHorizontalHeaderItem(column, cell)

    def _fill_row(self, place: int, row: Row, sheet: Sheet, comparison: Comparison) -> None:
        first = QTableWidgetItem(_short(row.label) if row.label == row.channel else row.label)
        first.setToolTip(plain_tip(row.label))
        if row.take >= 0:
            first.setIcon(dot_icon(comparison.takes[row.take].colour))
        self.table.setItem(place, 0, first)
        start = 1
        if sheet.name == "Channels":
            curve = QTableWidgetItem()
            channel = INDEX[row.channel]
            colours = (comparison.reference_colour, *(take.colour for take in comparison.takes))
            most = BY_NAME[row.channel].most
            lines = [values[:, channel] / most for values in comparison.curves]
            curve.setData(CURVES, tuple(zip(colours, lines, strict=True)))
            self.table.setItem(place, 1, curve)
            start = 2
        for column, cell in enumerate(row.cells, start):
            words = cell.value is None and sheet.name == "Moments"
            self.table.setItem(place, column, self._item(cell, words))

    def _item(self, cell: Cell, words: bool) -> QTableWidgetItem:
        item = QTableWidgetItem(cell.text)
        item.setToolTip(plain_tip(cell.tip or cell.text))
        item.setTextAlignment(_WORDS if words else _NUMBERS)
        if cell.best:
            font = QFont(self.table.font())
            font.setWeight(QFont.Weight.Bold)
            item.setFont(font)
        if cell.text == "–":
            item.setForeground(QColor(self._session.palette.muted))
        return item

    def _size_columns(self, sheet: Sheet) -> None:
        header = self.table.horizontalHeader()
        count = self.table.columnCount()
        header.setMinimumSectionSize(36)
        wide = {"Channels": 1, "Moments": 1}.get(sheet.name, 0)
        header.setSectionResizeMode(wide, QHeaderView.ResizeMode.Stretch)
        for column in range(count):
            if sheet.name == "Channels" and column == 0:
                self.table.setColumnWidth(0, 124)
            elif column != wide:
                self.table.resizeColumnToContents(column)

    def _told(self, sheet: Sheet, comparison: Comparison) -> str:
        """What the table itself does not show: that it is empty, or lacks a take."""
        pairs = zip(comparison.measured.names, comparison.measured.found, strict=True)
        lost = [name for name, found in pairs if found is None]
        if lost:
            return f"{', '.join(lost)} cannot be compared with {comparison.measured.reference}."
        return "" if sheet.rows else self._session.keys.worded(_EMPTY.get(sheet.name, ""))

    # ---- doing -------------------------------------------------------------------------------

    def _choose_reference(self, _index: int) -> None:
        self._controller.measure_against(self.against.currentData() or "")

    def _clicked(self, row: int, column: int) -> None:
        sheet = self._sheets.get(self.sheet)
        if sheet is None or not 0 <= row < len(sheet.rows):
            return
        line = sheet.rows[row]
        start = 2 if sheet.name == "Channels" else 1
        cells = line.cells[column - start : column - start + 1] if column >= start else line.cells
        time = next((cell.time for cell in cells if cell.time is not None), line.time)
        self._controller.go_to(time, line.channel)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.matches(QKeySequence.StandardKey.Copy):
                self.copy()
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._clicked(self.table.currentRow(), max(self.table.currentColumn(), 0))
                return True
        return False

    def copy(self) -> None:
        """Put the shown table on the clipboard, for a spreadsheet."""
        if self._comparison is not None:
            text = as_tsv(self._sheets[self.sheet], self._comparison.measured)
            QGuiApplication.clipboard().setText(text)
            self._session.show_message(Message(f"Copied the table “{self.sheet}”", level="success"))

    def _choose_file(self) -> None:
        clip_id = self._session.clip_id
        chosen, _ = QFileDialog.getSaveFileName(
            self, "Save the comparison", f"{clip_id} comparison.csv", "Table (*.csv)"
        )
        if chosen:
            self.save(Path(chosen if chosen.lower().endswith(".csv") else chosen + ".csv"))

    def save(self, path: Path) -> None:
        """Write all tables as CSV in the background."""
        comparison = self._comparison
        if comparison is None:
            return

        def work(_token: CancelToken, _progress: Progress) -> None:
            atomic_write(path, as_csv(comparison.measured))

        told = Message(f"Saved the comparison to {path}", level="success")
        self._session.jobs.run(
            "Save the comparison",
            work,
            done=lambda _none: self._session.show_message(told),
            failed=self._session.show_error,
        )


def _short(channel: str) -> str:
    """A channel's name with its side in one letter, so that the side is the last to be cut off."""
    for side in ("Left", "Right"):
        if channel.endswith(side):
            return f"{channel.removesuffix(side)} {side[0]}"
    return channel
