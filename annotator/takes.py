"""The takes of the open clip, and which one is shown beside the recording."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from annotator.core.edits import BulkEdit, add_take
from annotator.core.model import TakeInfo
from annotator.messages import Message
from annotator.open_clip import Take
from viewer.core.cancel import CancelToken
from viewer.core.formats import write
from viewer.core.track import Track

if TYPE_CHECKING:
    from annotator.jobs import Progress
    from annotator.session import Session


class Takes(QObject):
    """``changed`` says that there are others, or that another one is shown."""

    changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self.shown_id = ""

    def all(self) -> list[Take]:
        """The takes that are not deleted and whose track could be read, oldest first."""
        clip, state = self._session.current, self._session.state
        if clip is None or state is None:
            return []
        known = [info for info in state.takes if info.id in clip.tracks]
        return [
            Take(info, clip.tracks[info.id], self._session.palette.take(i))
            for i, info in enumerate(known) if not info.deleted
        ]

    def find(self, id: str) -> Take | None:
        return next((take for take in self.all() if take.id == id), None)

    @property
    def shown(self) -> Take | None:
        return self.find(self.shown_id)

    def show(self, id: str) -> None:
        """Put a take on the second face."""
        if id != self.shown_id:
            self.shown_id = id
            self.changed.emit()

    def show_next(self) -> None:
        ids = [take.id for take in self.all()]
        if ids:
            at = ids.index(self.shown_id) if self.shown_id in ids else -1
            self.show(ids[(at + 1) % len(ids)])

    def show_last(self) -> None:
        """Show the newest take, or none; the listeners hear of it with what opened the clip."""
        ids = [take.id for take in self.all()]
        self.shown_id = ids[-1] if ids else ""

    def document_changed(self) -> None:
        """A take was added, renamed or deleted."""
        if self.shown is None:
            self.show_last()
        self.changed.emit()

    def add(self, made: Sequence[tuple[TakeInfo, Track]]) -> None:
        """Write the tracks of new takes and let them join the clip, as one step; the last is shown."""
        session = self._session
        clip = session.current
        if clip is None:
            return
        place = clip.loaded.place

        def work(_token: CancelToken, _progress: Progress) -> None:
            place.takes_folder.mkdir(parents=True, exist_ok=True)
            for info, track in made:
                write(track, place.take_track(info.id), "livelink")

        def written(_nothing: None) -> None:
            clip.tracks.update({info.id: track for info, track in made})
            self.shown_id = made[-1][0].id
            session.playback.extend(clip.duration)
            edits = tuple(add_take(clip.document.state, info) for info, _track in made)
            if session.apply(edits[0] if len(edits) == 1 else BulkEdit(edits, "Add takes")):
                text = f"{made[0][0].name} is ready" if len(made) == 1 else f"{len(made)} takes are ready"
                session.tell(Message(text, level="success"))

        session.jobs.run("Save the take", work, done=written, failed=session.tell_fault,
                         valid=lambda: session.current is clip)
