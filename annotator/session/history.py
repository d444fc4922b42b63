"""Undo and redo of one clip: a Qt undo stack whose only command wraps an edit."""

from __future__ import annotations

from weakref import ref

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from annotator.core.document import Document
from annotator.core.edit import Edit, changes_nothing
from viewer.core.errors import EditError

MOST_STEPS = 200
"""Steps of a clip that can be undone.  An hour's work is some thousand; each holds what was before it."""

_MERGEABLE = 1
_SINGLE = -1


class History(QObject):
    """Every change of a document goes through :meth:`push`, so that it can be undone.

    One per clip: undo never crosses into another clip, and reaches back :data:`MOST_STEPS` steps.
    ``stack`` gives the window its undo and redo actions with their titles.
    """

    refused = Signal(object)
    """An :class:`EditError`: an undo or redo no longer fitted the document and was given up."""

    changed = Signal()
    """A step was done, undone or given up."""

    def __init__(self, document: Document, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.document = document
        self.stack = QUndoStack(self)
        self.stack.setUndoLimit(MOST_STEPS)
        self.stack.indexChanged.connect(self._index_changed)

    def _index_changed(self, _index: int) -> None:
        self.changed.emit()

    def push(self, edit: Edit, initiator: str = "") -> None:
        """Apply ``edit`` and remember it; the steps of one drag become one entry.

        Raises :class:`EditError`, with nothing changed, when it does not fit.
        """
        edit.validate(self.document.state)
        if changes_nothing(edit):
            return
        self.stack.push(_Command(self, edit, initiator))

    def undo(self) -> None:
        """Take the last edit back; nothing without one.  One that no longer fits is given up by
        :attr:`refused`."""
        self.stack.undo()

    def redo(self) -> None:
        """Do the last edit taken back again; nothing without one.  As :meth:`undo` where it no longer
        fits."""
        self.stack.redo()

    def _apply(self, edit: Edit, initiator: str) -> bool:
        """Apply; never raise, because Qt keeps a command whose redo raised."""
        try:
            self.document.apply(edit, initiator)
        except EditError as fault:
            self.refused.emit(fault)
            return False
        return True


class _Command(QUndoCommand):
    def __init__(self, history: History, edit: Edit, initiator: str) -> None:
        super().__init__(edit.title)
        # PySide never frees a command that was merged into another; nothing dear may hang on it.
        self._history = ref(history)
        self._edit = edit
        self._initiator = initiator

    def redo(self) -> None:
        self._apply(self._edit, self._initiator)
        self._initiator = "redo"

    def undo(self) -> None:
        self._apply(self._edit.inverse(), "undo")

    def _apply(self, edit: Edit, initiator: str) -> None:
        history = self._history()
        if history is None or not history._apply(edit, initiator):
            self.setObsolete(True)

    def id(self) -> int:
        return _MERGEABLE if self._edit.gesture else _SINGLE

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, _Command):
            return False
        merged = self._edit.merge(other._edit)
        if merged is None:
            return False
        self._edit = merged
        self.setText(merged.title)
        self.setObsolete(changes_nothing(merged))
        del other._edit
        return True
