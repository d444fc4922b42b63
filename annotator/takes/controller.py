"""The takes of the open clip, and which one is shown beside the recording."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from annotator.core.document import Change
from annotator.core.edits import BulkEdit, add_take, change_take
from annotator.core.model import TakeInfo
from annotator.core.performance import derived_track
from annotator.core.storage.same_place import SamePlace
from annotator.session.jobs import Job
from annotator.session.messages import Message
from annotator.session.open_clip import Take
from annotator.session.session import Session
from viewer.core.cancel import CancelToken
from viewer.core.files import existing_folders_only
from viewer.core.formats import write
from viewer.core.progress import Progress
from viewer.core.track import Track

MOST_FACES = 4
"""Faces side by side, the recording among them."""


class TakesController(QObject):
    """Some takes are ``visible`` the recording; one of them is ``active``, the active one, which
    keys, measures and curves' emphasis refer to.  ``changed`` says that there are others, or that
    others are seen."""

    changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self.active_id = ""
        self._beside: list[str] = []
        self._seen: dict[str, tuple[str, list[str]]] = {}
        self._arriving: list[str] = []
        self._deriving: dict[str, Job] = {}
        self._clip_id = ""
        session.clip_opened.connect(self._clip_opened)
        session.clip_closed.connect(self._clip_closed)
        session.changed.connect(self._document_changed)
        session.take_outdated.connect(self._derive_again)

    def all(self) -> list[Take]:
        """The takes that are not deleted and whose track could be read, oldest first."""
        clip, state = self._session.current, self._session.state
        if clip is None or state is None:
            return []
        known = [info for info in state.takes if info.id in clip.tracks]
        return [
            Take(info, clip.tracks[info.id], self._session.palette.take(i))
            for i, info in enumerate(known)
            if not info.deleted
        ]

    def find(self, id: str) -> Take | None:
        """The take of :meth:`all` with this id; None for one that is deleted or has no track."""
        return next((take for take in self.all() if take.id == id), None)

    @property
    def active(self) -> Take | None:
        """The active take."""
        return self.find(self.active_id)

    @property
    def visible(self) -> list[Take]:
        """The takes on the faces, oldest first; the active one is among them."""
        return [take for take in self.all() if take.id in self._beside][: self.room]

    @property
    def active_place(self) -> int:
        """The place of the active take among the visible ones; -1 where it is not one of them."""
        return next((i for i, take in enumerate(self.visible) if take.id == self.active_id), -1)

    @property
    def room(self) -> int:
        """How many takes can be seen at once."""
        clip = self._session.current
        return MOST_FACES - (clip is not None and clip.recording is not None)

    def activate(self, id: str) -> None:
        """Make a take the active one; if it is not seen yet, it takes the place of the last."""
        if id != self.active_id:
            self._make_active(id)
            self.changed.emit()

    def activate_next(self) -> None:
        """The next take in the place of the active one."""
        ids = [take.id for take in self.all()]
        others = [id for id in ids if id == self.active_id or id not in self._beside] or ids
        if len(others) < 2:
            others = ids
        if others:
            at = others.index(self.active_id) if self.active_id in others else -1
            self.activate(others[(at + 1) % len(others)])

    def toggle_visible(self, id: str) -> None:
        """Put a take beside the others, or take it away; the last one stays."""
        seen = [take.id for take in self.visible]
        if id in seen:
            if len(seen) == 1:
                return
            seen.remove(id)
            self._beside = seen
            if self.active_id == id:
                self.active_id = seen[-1]
        elif len(seen) >= self.room:
            text = f"{MOST_FACES} faces are the most that fit"
            self._session.show_message(Message(text, "hide one first"))
            return
        else:
            self._beside = [*seen, id]
            self.active_id = id
        self.changed.emit()

    def add_visible(self) -> None:
        """One more take beside the others; when there is none left or no room, only the active
        one stays."""
        seen = [take.id for take in self.visible]
        more = [take.id for take in self.all() if take.id not in seen]
        if more and len(seen) < self.room:
            self.toggle_visible(more[-1])
        elif len(seen) > 1:
            self._beside = [self.active_id]
            self.changed.emit()
        else:
            self._session.show_message(
                Message("There is no other take to add", "generate one with {generate}")
            )

    def _clip_opened(self) -> None:
        """What was seen of the clip last, else its newest take."""
        self._clip_id = self._session.clip_id
        active, seen = self._seen.get(self._clip_id, ("", []))
        known = [take.id for take in self.all()]
        self._beside = [id for id in seen if id in known]
        self.active_id = active if active in self._beside else ""
        if not self.active_id and known:
            self._make_active(known[-1])
        self.changed.emit()

    def _clip_closed(self) -> None:
        """Nothing is shown any more; what was seen is kept for the next time."""
        self._seen[self._clip_id] = self.active_id, list(self._beside)
        self.active_id, self._beside = "", []
        self.changed.emit()

    def _document_changed(self, change: Change) -> None:
        """A take may have been added, renamed, changed or deleted."""
        if "take" not in change.kinds:
            return
        known = [take.id for take in self.all()]
        self._beside = [id for id in self._beside if id in known]
        if self._arriving and set(self._arriving) <= set(known):
            self._make_room_for(self._arriving)
            self._arriving = []
        if self.active_id not in known:
            self.active_id = ""
            last = self._beside or known
            if last:
                self._make_active(last[-1])
        self.changed.emit()

    def _make_active(self, id: str) -> None:
        """Make ``id`` the active take, in the place of the one before where it is not seen yet."""
        seen = [take.id for take in self.visible]
        if id not in seen:
            if self.active_id in seen:
                seen[seen.index(self.active_id)] = id
            else:
                seen = [*seen[: self.room - 1], id]
        self._beside, self.active_id = seen, id

    def _make_room_for(self, new: Sequence[str]) -> None:
        """Put new takes beside those that are seen, and the last of them is the active one.  Where there
        is no room for all, the first of those seen stays: it is what the others are compared with."""
        old = [take.id for take in self.visible if take.id not in new]
        new = new[-self.room :] if not old else new[-max(self.room - 1, 1) :]
        self._beside = [*old[: max(self.room - len(new), 0)], *new]
        self.active_id = self._beside[-1]

    def delete(self, id: str) -> None:
        """Hide a take; its files stay, so that undo brings it back."""
        state = self._session.state
        if state is not None:
            self._session.apply(change_take(state, id, deleted=True))

    def rename(self, id: str, name: str, gesture: str = "") -> None:
        """Give a take another name, an empty one changes nothing; names of one ``gesture`` are undone as
        one."""
        state = self._session.state
        if state is not None and name.strip():
            self._session.apply(change_take(state, id, gesture, name=name.strip()))

    def add(self, made: Sequence[tuple[TakeInfo, Track]]) -> None:
        """Let new takes join the clip, as one step; they are shown, the last of them as the active one.
        The track of a take without a performance is written first; others are with the clip, as often as
        it is tried."""
        session = self._session
        clip = session.current
        if clip is None:
            return
        place = clip.loaded.place

        def work(_token: CancelToken, _progress: Progress) -> None:
            alone = [(info, track) for info, track in made if info.performance is None]
            if alone:
                SamePlace(place).make_folder(place.takes_folder)
            with existing_folders_only():
                for info, track in alone:
                    write(track, place.take_track(info.id), "livelink", sidecar=False)

        def written(_nothing: None) -> None:
            clip.tracks.update({info.id: track for info, track in made})
            self._arriving = [info.id for info, _track in made]
            session.playback.extend(clip.duration, clip.step_times())
            edits = tuple(add_take(clip.document.state, info) for info, _track in made)
            if session.apply(edits[0] if len(edits) == 1 else BulkEdit(edits, "Add takes")):
                text = f"{made[0][0].name} is ready" if len(made) == 1 else f"{len(made)} takes are ready"
                session.show_message(Message(text, level="success"))

        session.jobs.run(
            "Save the take",
            work,
            done=written,
            failed=session.show_error,
            valid=lambda: session.current is clip,
        )

    def _derive_again(self, take: TakeInfo) -> None:
        """Derive a long track in the background; a newer change of the take gives up an older one."""
        session, clip = self._session, self._session.current
        if clip is None:
            return
        full_scale = session.full_scale
        before = self._deriving.pop(take.id, None)
        if before is not None:
            before.cancel()

        def derived(track: Track | None) -> None:
            if track is not None:
                clip.tracks[take.id] = track
                self.changed.emit()

        job = self._deriving[take.id] = session.jobs.run(
            f"Change {take.name}",
            lambda _token, _progress: derived_track(take, full_scale),
            done=derived,
            failed=session.show_error,
            valid=lambda: session.current is clip,
        )
        job.ended.connect(
            lambda: self._deriving.pop(take.id, None) if self._deriving.get(take.id) is job else None
        )

    def join(self, info: TakeInfo, track: Track) -> bool:
        """Let a take of another origin join the open clip, beside what is seen now; it is written
        with the clip."""
        session, clip = self._session, self._session.current
        if clip is None:
            return False
        clip.tracks[info.id] = track
        session.playback.extend(clip.duration, clip.step_times())
        return session.apply(add_take(clip.document.state, info))
