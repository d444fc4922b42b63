"""The session: what is open and what is selected.

It knows no feature: controllers and panels listen to its signals.  All methods run on the main
thread; reading files, decoding and generating run as jobs.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import Signal

from annotator.core.colours import emotion_colours
from annotator.core.document import Change
from annotator.core.edit import Edit
from annotator.core.faults.details import is_bug
from annotator.core.findings import Finding
from annotator.core.model import ClipState
from annotator.core.names import safe_name, told_otherwise
from annotator.core.storage.annotators import respelled
from annotator.core.storage.clip_pose import pose_of_clip
from annotator.core.storage.dataset import ClipEntry, Dataset, Library, LooseClip, open_library
from annotator.core.storage.dataset_settings import DatasetSettings
from annotator.core.storage.journal import Journal, JournalText, unsaved_work
from annotator.core.storage.media_roots import MediaRoots
from annotator.core.storage.moved_journals import lies_below
from annotator.core.storage.same_place import DatasetGoneError
from annotator.session.clip_row import ClipRow, clip_row
from annotator.session.elsewhere import Versions
from annotator.session.histories import Histories
from annotator.session.keeping import Keeping
from annotator.session.left_off import LeftOff
from annotator.session.messages import Message, sentence
from annotator.session.open_clip import (
    ClipFiles,
    OpenClip,
    check_readable,
    read_clip_files,
    read_tracks,
)
from annotator.session.open_work import OpenWork
from annotator.session.playback import Playback
from annotator.session.settings import Settings, save_settings
from viewer.core.cancel import CancelToken
from viewer.core.errors import DatasetError, StudioError
from viewer.core.progress import Progress
from viewer.core.track import Track
from viewer.palette import DARK, Palette

log = logging.getLogger(__name__)


class Session(OpenWork):
    """What is open, with its playback, its history and what is selected."""

    clips_changed = Signal()
    clip_row_changed = Signal(object)
    clip_opening = Signal(str)
    clip_opened = Signal()
    clip_closing = Signal()
    clip_closed = Signal()
    changed = Signal(object)
    recording_changed = Signal()
    """The recording has changed, or is read in another way."""
    notes_changed = Signal()
    """What there is to know of the open clip's files has changed."""
    vocabulary_changed = Signal()
    selection_changed = Signal()
    channel_shown = Signal(str)
    channel_isolated = Signal(str)
    take_outdated = Signal(object)
    """A take whose track must be derived anew, which takes too long to do it at once."""

    def __init__(self, settings: Settings, palette: Palette = DARK) -> None:
        super().__init__(settings)
        self.palette = palette
        self.playback = Playback(self.jobs, self)
        self.keeping = Keeping(self)
        self.versions = Versions(self)
        self.histories = Histories(self)
        self.histories.changed.connect(self.history_changed)
        self.opened_path = Path()
        """What was opened, as it was named."""
        self.left_off = LeftOff(self, self.playback)
        self.clip_opened.connect(lambda: self.left_off.opened(self.opened_path))
        self.clip_closing.connect(lambda: self.left_off.note(self.opened_path))
        self.clip_files_lock = threading.Lock()
        """Held while a clip is read, and while a batch writes into the files of one: so what the
        window opens is never older than what is written."""
        self.selection: tuple[str, str] = ("", "")
        self.report: tuple[Finding, ...] = ()
        """What the last work on many files at once left to be read."""
        self._opening: object = None
        self._clip_request: object = None
        self.playback.video_opened.connect(self._video_opened)
        self.playback.video_failed.connect(
            lambda text: self.show_message(Message(text, "", "error", cause=_about(self.clip_id)))
        )

    # ---- what is open --------------------------------------------------------------------

    def clip_rows(self) -> list[ClipRow]:
        """The clips of what is open, as the clip list shows them; empty while nothing is open."""
        return [clip_row(entry) for entry in self.library.clips] if self.library is not None else []

    def use_settings(self, settings: DatasetSettings) -> None:
        """Go on with these labels and this reading of rotations; the clip list stays as it is."""
        library = self.library
        if library is None:
            return
        before = DatasetSettings(library.vocabulary, library.pose, library.roots.declared)
        library.vocabulary, library.pose = settings.vocabulary, settings.pose
        library.roots = MediaRoots(settings.media_roots)
        if settings.vocabulary != before.vocabulary:
            self.vocabulary_changed.emit()
        if settings.pose != before.pose:
            self._read_tracks_again()

    def _read_tracks_again(self) -> None:
        """Read the tracks of the open clip as its dataset says now; its document stays."""
        library, clip = self.library, self.current
        if clip is None or not isinstance(library, Dataset):
            return
        takes = clip.document.state.takes
        pose = pose_of_clip(library.pose, clip.document.state.clip.extra.get("pose"), clip.id, [])
        loaded = replace(clip.loaded, pose=pose, state=clip.document.state)

        def work(token: CancelToken, _progress: Progress) -> tuple[Track | None, dict[str, Track]]:
            recording, tracks, *_told = read_tracks(loaded, takes, token)
            return recording, tracks

        def done(found: tuple[Track | None, dict[str, Track]]) -> None:
            clip.read_as(loaded, *found)
            self.recording_changed.emit()
            self.notes_changed.emit()

        self.jobs.run(
            "Read the tracks again",
            work,
            done=done,
            failed=self.show_error,
            valid=lambda: self.current is clip and clip.loaded.pose != pose,
        )

    # ---- opening -------------------------------------------------------------------------

    def open_path(self, path: Path, clip_id: str = "") -> None:
        """Open a dataset, a clip, a video or a track; a fault is told and what was open stays."""
        annotator_id = self.own_name
        self._opening = opening = object()

        def work(_token: CancelToken, _progress: Progress) -> tuple[Library, str | None]:
            library, clip = open_library(path, annotator_id)
            if isinstance(library, LooseClip):
                # What cannot be shown at all must not close what is open.
                check_readable(library.path)
            return library, clip

        self.jobs.run(
            "Open",
            work,
            done=lambda found: self._library_opened(path, found, clip_id),
            failed=lambda fault: self.show_error(fault, "opening"),
            valid=lambda: self._opening is opening,
        )

    def _library_opened(self, path: Path, found: tuple[Library, str | None], clip_id: str) -> None:
        library, clip = found
        if not self.keeping.may_leave(f"{library.name} is not opened"):
            return
        self.close_clip()
        self._use_library(path, library)
        wanted = clip_id or clip or ""
        if isinstance(library, LooseClip) or not wanted:
            wanted = self.left_off.go_on(path, {e.id for e in library.clips if e.fault is None}) or wanted
        wanted = wanted or next((e.id for e in library.clips if e.fault is None), "")
        if wanted:
            self.open_clip(wanted)
        elif not library.clips:
            self.show_message(Message("This dataset has no clip yet", "add one with {add_clip}"))

    def _use_library(self, path: Path, library: Library) -> None:
        self.cause_over.emit("opening")
        self.library, self.opened_path = library, path
        self.keeping.set_gone(False)
        self.settings.remember(path)
        self.save_settings()
        self.clips_changed.emit()
        for finding in library.findings:
            self.show_message(Message(finding.what, finding.todo, "warning"))
        spelled = respelled(self.own_name, library.annotator_id)
        if spelled:
            self.show_message(Message(spelled))
        self._tell_unsaved(library)

    def _tell_unsaved(self, library: Library) -> None:
        """Say which other clips a crash left edits for; each is recovered when it is opened."""
        root = library.root.resolve()

        def work(_token: CancelToken, _progress: Progress) -> list[str]:
            return [left.clip for left in unsaved_work() if lies_below(left, root)]

        def told(clips: list[str]) -> None:
            others = sorted({clip for clip in clips if clip != self._wanted_clip})
            if others:
                text = f"Edits of {', '.join(others[:5])} were not saved yet when the studio closed"
                about = f"unsaved {others[0]}" if len(others) == 1 else "unsaved work"
                self.show_message(Message(text, "open the clip to get them back", "warning", about))

        self.jobs.run("Look for unsaved work", work, done=told, failed=self.show_error)

    def open_clip(self, id: str) -> None:
        """Load a clip in the background; the newest request wins.  The clip that is open stays as it
        is: it is newer than its files."""
        library = self.library
        if library is None:
            return
        self._wanted_clip = id
        self._clip_request = request = object()
        self.clip_opening.emit(id)
        if id == self.clip_id:
            return

        def work(token: CancelToken, _progress: Progress) -> ClipFiles:
            with self.clip_files_lock:
                return read_clip_files(library, id, token)

        self.jobs.run(
            f"Open {id}",
            work,
            done=self._clip_loaded,
            failed=partial(self._clip_failed, id),
            valid=lambda: self._clip_request is request and self.library is library,
        )

    def _clip_loaded(self, files: ClipFiles) -> None:
        if not self.keeping.may_leave(f"{files.loaded.place.id} is not opened"):
            self._wanted_clip = self.clip_id
            return
        self.close_clip()
        if files.loaded.outdated:
            self.open_clip(files.loaded.place.id)
            return
        clip = self._opened(files, self.histories.state_of(files.loaded.place))
        if clip is not None:
            self._work_on(clip)

    def _opened(
        self, files: ClipFiles, left: ClipState | None, carried: Sequence[JournalText] = ()
    ) -> OpenClip | None:
        """The clip, ready for work; None, with a message, when nothing could be saved of it."""
        try:
            return OpenClip(files, self.annotator_id, carried, left)
        except StudioError as fault:
            self.show_error(fault, "opening")
            return None

    def _work_on(self, clip: OpenClip) -> None:
        self.cause_over.emit("opening")
        self.cause_over.emit(f"unsaved {clip.id}")
        clip.use_history(self.histories.take(clip.loaded.place, clip.document))
        clip.changed.connect(self._document_changed)
        clip.stale.connect(self.take_outdated)
        clip.refused.connect(self.show_error)
        self.keeping.follow(clip)
        self.versions.follow(clip)
        self._wanted_clip = clip.id
        self.current = clip
        self.selection = ("", "")
        self.playback.open(clip.loaded.video_path, clip.duration, clip.step_times())
        self.clip_opened.emit()
        self.recording_changed.emit()
        self.notes_changed.emit()
        self.set_saved("saved")
        for message in clip.messages:
            self.show_message(replace(message, cause=message.cause or _about(clip.id)))
        self.versions.look()
        if clip.changed_since_left:
            text = f"{clip.id} was changed elsewhere since you left it"
            self.show_message(Message(text, "what no longer fits cannot be undone"))

    def find_dataset(self, path: Path) -> None:
        """Go on with the dataset, or the file, where it lies now; what could not be saved is saved
        there."""
        self.keeping.find(path, partial(self._go_on_with, path))

    def _go_on_with(self, path: Path, library: Library, files: ClipFiles) -> None:
        """Go on with a library that lies at ``path`` now, and with one of its clips; unsaved edits of
        the open clip are made there."""
        self.commit_wanted.emit()
        before, old = self.library, self.current
        if old is not None and old.id == files.loaded.place.id:
            clip = self._opened(files, old.document.state, old.saver.unsaved_edits())
        elif not self.keeping.may_leave(f"{library.name} is not opened"):
            return
        else:
            old = None
            clip = self._opened(files, self.histories.state_of(files.loaded.place))
        if clip is None:
            return
        journals: list[Journal] = []
        self._leave_clip(OpenClip.close if old is None else lambda open: journals.extend(open.abandon()))
        if before is not None:
            self.histories.move(before.root, library.root)
        clip.saver.inherit(journals)
        self._use_library(path, library)
        self._work_on(clip)

    def _clip_failed(self, id: str, fault: Exception) -> None:
        """What was open stays; the list shows that this clip is broken."""
        if isinstance(fault, DatasetGoneError):
            self.keeping.tell_gone(fault)
            return
        self._refresh_row(id)
        self.show_error(fault, "opening", "restore_backup" if isinstance(fault, DatasetError) else "")

    def close_clip(self) -> None:
        """Save and close the open clip."""
        self._leave_clip(OpenClip.close)

    def _leave_clip(self, let_go: Callable[[OpenClip], object]) -> None:
        clip = self.current
        if clip is None:
            return
        self.clip_closing.emit()
        self.playback.close()
        let_go(clip)
        self.histories.leave(clip.loaded.place, clip.history)
        clip.deleteLater()
        self.current = None
        self.selection = ("", "")
        if self.library is not None:
            self._refresh_row(clip.id)
        self.keeping.left(clip)
        self.cause_over.emit(_about(clip.id))
        self.versions.left()
        self.clip_closed.emit()
        self.recording_changed.emit()
        self.notes_changed.emit()

    def shut_down(self) -> None:
        """Save everything and end all threads; called once."""
        self.close_clip()
        self.left_off.stop()
        self.jobs.close()
        self.playback.shut_down()
        self.save_settings()

    def _video_opened(self, facts: Any) -> None:
        clip = self.current
        if clip is not None:
            clip.frame_times = self.playback.frame_times
            clip.video_facts = facts
            told = "; ".join(facts.damage if facts.exact else facts.notes)
            if told:
                todo = "copy it again from where it was recorded" if facts.damage else ""
                text = told[:1].upper() + told[1:]
                self.show_message(Message(text, todo, "warning", cause=_about(clip.id)))
            self.notes_changed.emit()

    # ---- changing ------------------------------------------------------------------------

    def apply(self, edit: Edit) -> bool:
        """Apply an edit through the undo history; False, with a message, when it does not fit."""
        if self.current is None:
            return False
        try:
            self.current.history.push(edit)
        except Exception as fault:
            if is_bug(fault):
                log.error("An edit failed", exc_info=True)
            self.show_error(fault)
            return False
        return True

    def undo(self) -> None:
        """Take back the last edit of the open clip, if there is one."""
        if self.current is not None:
            self.current.history.undo()

    def redo(self) -> None:
        """Do the last edit that was taken back again, if there is one."""
        if self.current is not None:
            self.current.history.redo()

    def save_now(self) -> None:
        """Write what is not yet on disk; edits save themselves, this only waits for it.  A failure
        is told by the saver."""
        if self.current is not None and self.current.saver.flush():
            self.show_message(Message("Everything is saved", level="success"))

    def _document_changed(self, change: Change) -> None:
        clip = self.current
        if clip is None:
            return
        if self.selection[1] in change.ids and self.selection[1] not in self._mark_ids():
            self.select("", "")
        self.changed.emit(change)
        if "keyframe" in change.kinds:
            self.recording_changed.emit()
        if "clip" in change.kinds:
            self.notes_changed.emit()
        if "status" in change.kinds or "clip" in change.kinds:
            self.clip_row_changed.emit(self._current_row())

    def _mark_ids(self) -> set[str]:
        state = self.state
        if state is None:
            return set()
        return {k.id for k in state.keyframes} | {s.id for s in state.spans}

    @property
    def label_colours(self) -> Mapping[str, str]:
        """sRGB hex of each label of the dataset, in the colours of the theme."""
        hues = self.library.vocabulary.hues if self.library is not None else {}
        return emotion_colours(self.vocabulary, self.palette, hues)

    # ---- selecting -----------------------------------------------------------------------

    def select(self, kind: str, id: str, move: bool = False) -> None:
        """Select a keyframe or a span (``""``: nothing); ``move`` puts the playhead there."""
        if (kind, id) != self.selection:
            self.selection = (kind, id)
            self.selection_changed.emit()
        state = self.state
        if move and state is not None:
            times = {k.id: k.time for k in state.keyframes} | {s.id: s.start for s in state.spans}
            if id in times:
                self.playback.seek(times[id])

    def show_channel(self, name: str) -> None:
        """Have the curves show a channel as well; emits :attr:`channel_shown`."""
        self.channel_shown.emit(name)

    def isolate_channel(self, name: str) -> None:
        """Play one channel alone on the first face."""
        self.channel_isolated.emit(name)

    # ---- datasets --------------------------------------------------------------------------

    def set_annotator(self, annotator_id: str) -> None:
        """Work as somebody else: what is open is opened again with that person's files."""
        self.settings.annotator = annotator_id
        self.save_settings()
        told = told_otherwise(annotator_id, safe_name(annotator_id), "your file")
        if told:
            self.show_message(Message(sentence(told)))
        if self.library is not None:
            self.open_path(self.opened_path, self.clip_id)

    # ---- the clip list -------------------------------------------------------------------

    def _refresh_row(self, id: str) -> None:
        if self.library is not None:
            self.clip_row_changed.emit(clip_row(self.library.refresh(id)))

    def _current_row(self) -> ClipRow:
        state = self.state
        assert state is not None
        return clip_row(ClipEntry(state.clip.id, state.clip, None, state.status))

    def save_settings(self) -> None:
        """Write the settings now; a failure is logged, never raised."""
        save_settings(self.settings)


def _about(clip_id: str) -> str:
    """The cause of what is told of a clip while it is open."""
    return f"clip {clip_id}"
