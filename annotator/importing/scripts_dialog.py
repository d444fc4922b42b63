"""Which column of a table says what of the clips, with a look at what comes of it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from annotator.core.importing.plan import Plan
from annotator.core.importing.scripts import FIELDS, REFERENCES, by_name, with_words
from annotator.core.importing.tables import Table
from annotator.session.session import Session
from annotator.widgets.fields import ChoiceField
from annotator.widgets.plain_label import PlainLabel, plain_tip
from viewer.core.errors import StudioError

NOTHING = "–"
_TITLES = {
    "id": "Clip",
    "video": "Video",
    "track": "Track",
    "script": "Script",
    "background": "Background",
    "emotion": "Emotion",
    "offset": "Offset (s)",
    "split": "Split",
    "tags": "Tags (a;b)",
}
_ROWS = 6
_REMEMBERED = 24
_SEPARATOR = "\x1f"


class ScriptsDialog(QDialog):
    """Maps the columns of ``table`` to fields.  What is chosen is remembered for tables of the same
    columns."""

    def __init__(self, session: Session, table: Table, plan: Plan, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(f"What {table.path.name} says of the clips")
        self.resize(760, 520)
        self._session, self._table, self._plan = session, table, plan
        columns = [column for column in dict.fromkeys(table.columns) if column]
        remembered = session.settings.import_columns.get(_SEPARATOR.join(table.columns))
        before = remembered if remembered is not None else by_name(table.columns)
        self.fields: dict[str, ChoiceField] = {}
        for name in FIELDS:
            field = self.fields[name] = ChoiceField([NOTHING, *columns])
            field.setAccessibleName(_TITLES[name])
            field.show_choice(before.get(name, NOTHING))
            field.chosen.connect(self._show)
        self.preview = QTableWidget()
        self.preview.setAccessibleName("First rows of the table")
        self.preview.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.preview.verticalHeader().hide()
        self.preview.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        self.preview.horizontalHeader().setDefaultSectionSize(160)
        self.result_line = PlainLabel()
        self.result_line.setWordWrap(True)
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Cancel | QDialogButtonBox.StandardButton.Ok
        )
        self.use = self.buttons.button(QDialogButtonBox.StandardButton.Ok)
        self.use.setText("Take these words")
        self.use.setObjectName("Primary")
        self.buttons.accepted.connect(self._accept)
        self.buttons.rejected.connect(self.reject)
        self._lay_out()
        self._show()

    def _lay_out(self) -> None:
        about = PlainLabel(
            "Choose the column for each field. One of the first three says which clip a row is for: by its "
            "id, the name of a file, or a path below the folder."
        )
        about.setObjectName("Muted")
        about.setWordWrap(True)
        form = QGridLayout()
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(8)
        for at, (name, field) in enumerate(self.fields.items()):
            row, column = divmod(at, 3)
            form.addWidget(PlainLabel(_TITLES[name]), row, 2 * column)
            form.addWidget(field, row, 2 * column + 1)
            form.setColumnStretch(2 * column + 1, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(16, 16, 16, 16)
        whole.setSpacing(12)
        whole.addWidget(about)
        whole.addLayout(form)
        whole.addWidget(self.preview, 1)
        whole.addWidget(self.result_line)
        whole.addWidget(self.buttons)

    @property
    def mapped(self) -> dict[str, str]:
        """The column of each field that has one."""
        chosen = {name: field.currentText() for name, field in self.fields.items()}
        return {name: column for name, column in chosen.items() if column != NOTHING}

    def _show(self) -> None:
        table, mapped = self._table, self.mapped
        shown = list(mapped.items()) or [("", column) for column in table.columns]
        places = [table.columns.index(column) for _, column in shown]
        rows = table.rows[:_ROWS]
        self.preview.setColumnCount(len(shown))
        self.preview.setRowCount(len(rows))
        self.preview.setHorizontalHeaderLabels([_TITLES.get(name, column) for name, column in shown])
        for row, cells in enumerate(rows):
            for column, place in enumerate(places):
                self.preview.setItem(row, column, QTableWidgetItem(cells[place][:300]))
        self.preview.horizontalHeader().setStretchLastSection(True)
        self._show_result()

    def _show_result(self) -> None:
        if not any(name in self.mapped for name in REFERENCES):
            self.result_line.setText("Choose the column that says which clip a row is for.")
            self.use.setEnabled(False)
            return
        try:
            _, report = with_words(self._plan, self._table, self.mapped)
        except StudioError as fault:
            self.result_line.setText(fault.line())
            self.use.setEnabled(False)
            return
        text = f"{report.matched} of {report.rows} rows fit a clip."
        if report.unmatched:
            first = report.unmatched[0]
            text += f" Row {first.row}: {first.why}."
        self.result_line.setText(text)
        told = [f"Row {each.row}: {each.why}" for each in report.unmatched[:20]]
        self.result_line.setToolTip(plain_tip("\n".join(told)))
        self.use.setEnabled(True)

    def _accept(self) -> None:
        settings = self._session.settings
        key = _SEPARATOR.join(self._table.columns)
        kept = {name: mapped for name, mapped in settings.import_columns.items() if name != key}
        latest = dict(list(kept.items())[-_REMEMBERED + 1 :])
        settings.import_columns = {**latest, key: self.mapped}
        self._session.save_settings()
        self.accept()
