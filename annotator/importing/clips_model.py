"""The clips that an import would make, as a table in which each can be corrected."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QComboBox, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from annotator.core.importing.plan import Kind, Plan, PlannedClip
from annotator.importing.controller import Fits
from annotator.widgets.plain_label import plain_tip
from viewer.palette import Palette

COLUMNS = ("Clip", "Video", "Track", "Script", "Length")
CLIP, VIDEO, TRACK, SCRIPT, LENGTH = range(len(COLUMNS))
NONE = "none"
_KINDS: dict[int, Kind] = {VIDEO: "video", TRACK: "track"}
Index = QModelIndex | QPersistentModelIndex


class PlannedClips(QAbstractTableModel):
    """One row a clip.  ``changed`` says that a person has corrected the plan, or left a clip out."""

    changed = Signal()

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self._palette = palette
        self._fits: Fits = {}
        self.plan: Plan | None = None
        self.skipped: set[tuple[str, ...]] = set()
        """The clips that are left out, by their files."""

    def show_plan(self, plan: Plan | None) -> None:
        """Show another plan; what was left out stays so where it is still there."""
        self.beginResetModel()
        self.plan = plan
        self.endResetModel()

    def show_fits(self, fits: Fits) -> None:
        """Show how the files of the clips fit, and what is known already of others."""
        self._fits = {**self._fits, **fits}
        if self.rowCount():
            self.dataChanged.emit(self.index(0, LENGTH), self.index(self.rowCount() - 1, LENGTH))

    @property
    def fits(self) -> Fits:
        """What is known of how the files of clips fit."""
        return self._fits

    @property
    def wanted(self) -> Plan | None:
        """The plan without the clips that are left out."""
        if self.plan is None:
            return None
        return self.plan.without(clip.id for clip in self.plan.clips if clip.files in self.skipped)

    def clip_at(self, row: int) -> PlannedClip:
        """The clip in a row."""
        assert self.plan is not None
        return self.plan.clips[row]

    def choices(self, index: Index) -> list[str]:
        """The files that a cell may hold: the one it has, those without a partner, the nearest names
        first, and none at all."""
        from rapidfuzz import fuzz

        assert self.plan is not None
        clip, kind = self.clip_at(index.row()), _KINDS[index.column()]
        now = clip.video if kind == "video" else clip.track
        alone = [left.file for left in self.plan.unpaired if self.plan.kinds[left.file] == kind]
        alone.sort(key=lambda file: (-fuzz.ratio(file, clip.files[0]), file))
        other = clip.track if kind == "video" else clip.video
        return [*([now] if now else []), *alone, *([NONE] if other else [])]

    # ---- Qt ---------------------------------------------------------------------------------------

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() or self.plan is None else len(self.plan.clips)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section]
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        if index.column() == CLIP:
            flags |= Qt.ItemFlag.ItemIsUserCheckable
        if index.column() in (CLIP, VIDEO, TRACK):
            flags |= Qt.ItemFlag.ItemIsEditable
        return flags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        clip = self.clip_at(index.row())
        fit = self._fits.get(clip.files)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return self._text(clip, index.column())
        if role == Qt.ItemDataRole.CheckStateRole and index.column() == CLIP:
            return Qt.CheckState.Unchecked if clip.files in self.skipped else Qt.CheckState.Checked
        if role == Qt.ItemDataRole.ForegroundRole:
            if clip.files in self.skipped:
                return QColor(self._palette.muted)
            if index.column() == LENGTH and fit is not None and _is_grave(fit.findings):
                return QColor(self._palette.warning)
        if role == Qt.ItemDataRole.ToolTipRole:
            if index.column() == LENGTH and fit is not None and fit.findings:
                return plain_tip("\n".join(finding.line() for finding in fit.findings[:12]))
            return plain_tip(self._text(clip, index.column()))
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if self.plan is None:
            return False
        clip = self.clip_at(index.row())
        if role == Qt.ItemDataRole.CheckStateRole and index.column() == CLIP:
            self.skipped ^= {clip.files}
            row = index.row()
            self.dataChanged.emit(self.index(row, 0), self.index(row, len(COLUMNS) - 1))
            self.changed.emit()
            return True
        if role != Qt.ItemDataRole.EditRole or value == self._text(clip, index.column()):
            return False
        if index.column() == CLIP:
            if not str(value).strip():
                return False
            self.show_plan(self.plan.renamed(clip.id, str(value)))
        else:
            file = None if value == NONE else str(value)
            self.show_plan(self.plan.given(clip.id, _KINDS[index.column()], file))
        self.changed.emit()
        return True

    def _text(self, clip: PlannedClip, column: int) -> str:
        if column == CLIP:
            return clip.id
        if column == SCRIPT:
            return clip.words.script or clip.words.background or clip.words.emotion
        if column in _KINDS:
            return (clip.video if column == VIDEO else clip.track) or NONE
        fit = self._fits.get(clip.files)
        if fit is None:
            return "…"
        lengths = [f"{length:.2f} s" for length in (fit.video, fit.track) if length is not None]
        if not lengths:
            return "cannot be read"
        return lengths[0] if len(lengths) == 2 and not _is_grave(fit.findings) else " / ".join(lengths)


def _is_grave(findings: Any) -> bool:
    return any(finding.level != "note" for finding in findings)


class FileDelegate(QStyledItemDelegate):
    """Chooses a file of a clip among those without a partner."""

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        box = QComboBox(parent)
        model = index.model()
        assert isinstance(model, PlannedClips)
        box.addItems(model.choices(index))
        # One choice is all there is to do: the list opens at once, and the choice ends it.
        box.activated.connect(lambda _at: self._done(box))
        return box

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        assert isinstance(editor, QComboBox)
        editor.setCurrentText(str(index.data(Qt.ItemDataRole.EditRole)))
        editor.showPopup()

    def setModelData(self, editor: QWidget, model: Any, index: Index) -> None:
        assert isinstance(editor, QComboBox)
        model.setData(index, editor.currentText(), Qt.ItemDataRole.EditRole)

    def _done(self, box: QComboBox) -> None:
        self.commitData.emit(box)
        self.closeEditor.emit(box)
