"""One open clip: its state, who edits it, and who wants to know."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from annotator.core.edit import Edit, Kind
from annotator.core.model import ClipState


@dataclass(frozen=True)
class Change:
    """What one edit changed.  ``initiator`` names who asked for it, so that a pane can leave out
    what it has already drawn."""

    kinds: frozenset[Kind]
    ids: frozenset[str]
    initiator: str
    edit: Edit


Listener = Callable[[Change], None]


class Document:
    """The state of one clip as annotator ``annotator_id`` sees it.  Only :meth:`apply` changes it."""

    def __init__(self, state: ClipState, annotator_id: str) -> None:
        self.annotator_id = annotator_id
        self._state = state
        self._listeners: list[Listener] = []

    @property
    def state(self) -> ClipState:
        """The clip as it is now; an immutable value that a later edit leaves as it is."""
        return self._state

    def apply(self, edit: Edit, initiator: str = "") -> Change:
        """Check and apply ``edit``, then tell every listener.

        Raises :class:`~viewer.core.errors.EditError`, with the document unchanged, when it does
        not fit.
        """
        edit.validate(self._state)
        self._state = edit.apply(self._state)
        items = edit.items
        change = Change(
            frozenset(item.kind for item in items),
            frozenset(item.id for item in items),
            initiator,
            edit,
        )
        for listener in tuple(self._listeners):
            listener(change)
        return change

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call ``listener`` after every change; the returned function ends that."""
        self._listeners.append(listener)

        def unsubscribe() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return unsubscribe
