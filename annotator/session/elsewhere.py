"""What others change in the files of the open clip: what is told of it, and what waits to be chosen."""

from __future__ import annotations

from PySide6.QtCore import QObject

from annotator.core.change_summary import change_summary, counted
from annotator.core.storage.clashes import choices, still_open
from annotator.core.storage.other_versions import other_version_files
from annotator.session.messages import Message
from annotator.session.open_clip import Elsewhere, OpenClip
from annotator.session.open_work import OpenWork

CHOOSE = "choose_versions"
"""The id of the action that shows two versions side by side."""

_CAUSE = "versions"


class Versions(QObject):
    """Follows the open clip of a session: what comes in from elsewhere is news, and what was changed on
    both sides is told until somebody chooses."""

    def __init__(self, session: OpenWork) -> None:
        super().__init__(session)
        self._session = session
        self._waiting = False

    @property
    def waiting(self) -> bool:
        """Whether something of the open clip has two versions."""
        return self._waiting

    def follow(self, clip: OpenClip) -> None:
        """Tell what others change of ``clip``."""
        clip.changed_elsewhere.connect(self._changed)

    def left(self) -> None:
        """The clip is closed: what is to be chosen is told again when it is opened."""
        self._waiting = False
        self._session.cause_over.emit(_CAUSE)

    def _changed(self, news: Elsewhere) -> None:
        if news.edit is not None:
            text = f"Changed elsewhere and merged: {change_summary(news.edit)}"
            self._session.show_message(Message(text, "{undo} undoes it"))
        self.look()

    def look(self) -> None:
        """See whether parts of the open clip have two versions, and say so."""
        session, clip = self._session, self._session.current
        if clip is None:
            return
        clashes = len(choices(still_open(clip.document.state, clip.loaded)))
        others = len(other_version_files(clip.loaded.place))
        self._waiting = bool(clashes or others)
        session.cause_over.emit(_CAUSE)
        parts = [f"{counted(clashes, 'part')} changed here and elsewhere; yours stand now"] if clashes else []
        if others:
            parts.append(f"{counted(others, 'other version')} of your annotations beside the file")
        if parts:
            todo = "choose what is to stay"
            session.show_message(Message("; ".join(parts), todo, "warning", _CAUSE, CHOOSE))
        session.history_changed.emit()
