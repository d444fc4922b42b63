"""Undo and redo of the clips that were worked on last, for as long as the program runs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from annotator.core.document import Document
from annotator.core.model import ClipState
from annotator.core.storage.places import ClipPlace
from annotator.session.history import History

MOST_CLIPS = 32
"""Closed clips whose histories are kept."""

_Key = tuple[Path, str, str]


@dataclass(frozen=True)
class _Left:
    """A history whose clip is closed, and the clip as it was then."""

    history: History
    state: ClipState


class Histories(QObject):
    """The histories of the last :data:`MOST_CLIPS` clips that were closed; each is taken again when its
    clip is opened.  Of a closed clip nothing is held but its steps and the state they lead to: no track,
    no picture, nobody who listened to its document.

    An edit checks what it changes, so a step that no longer fits, because somebody else changed the
    same thing meanwhile, is given up and told; nobody's work is overwritten by undoing.
    """

    changed = Signal()
    """A step was done, undone or given up, in whichever history."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._left: dict[_Key, _Left] = {}

    def state_of(self, place: ClipPlace) -> ClipState | None:
        """The clip as it was left; None where it has no history."""
        left = self._left.get(_key(place))
        return None if left is None else left.state

    def take(self, place: ClipPlace, document: Document) -> History:
        """The history of a clip that is being opened, for its ``document``; an empty one where there
        is none."""
        left = self._left.pop(_key(place), None)
        if left is None:
            history = History(document, self)
            history.changed.connect(self.changed)
            return history
        left.history.document = document
        return left.history

    def leave(self, place: ClipPlace, history: History) -> None:
        """Keep the history of a clip that is closed, if there is anything in it; that of the clip closed
        longest ago goes for it when there are too many."""
        if history.stack.count() == 0:
            history.deleteLater()
            return
        state = history.document.state
        # Who listens to the document of a closed clip holds its tracks.
        history.document = Document(state, history.document.annotator_id)
        self._left[_key(place)] = _Left(history, state)
        while len(self._left) > MOST_CLIPS:
            self._left.pop(next(iter(self._left))).history.deleteLater()

    def move(self, before: Path, after: Path) -> None:
        """The clips below ``before`` lie below ``after`` now."""
        self._left = {
            (after if root == before else root, clip, person): left
            for (root, clip, person), left in self._left.items()
        }


def same_work(loaded: ClipState, left: ClipState) -> bool:
    """Whether a clip as it was read is as it was left.  A take whose adding was undone stays on disk
    as a deleted one, so that redo finds it."""
    known = {take.id for take in left.takes}
    takes = tuple(take for take in loaded.takes if take.id in known or not take.deleted)
    return replace(loaded, takes=takes) == left


def _key(place: ClipPlace) -> _Key:
    return place.root, place.id, place.person
