"""The one clip that is open: its document, its tracks and its takes."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication

from annotator.core.curves import Corrected, with_corrections
from annotator.core.document import Change, Document
from annotator.core.edit import Edit
from annotator.core.findings import Finding
from annotator.core.model import ClipState, TakeInfo
from annotator.core.performance import derived_track, read_take, takes_long
from annotator.core.storage.clashes import keep_with_files
from annotator.core.storage.clip_parts import difference, merge_states
from annotator.core.storage.clip_writer import SaveResult
from annotator.core.storage.dataset import Library
from annotator.core.storage.journal import Journal, JournalText
from annotator.core.storage.leftovers import remove_leftovers
from annotator.core.storage.loading import LoadedClip
from annotator.core.storage.media_roots import MissingRootError
from annotator.core.storage.merge_rules import PartClash
from annotator.core.storage.other_versions import other_version_files
from annotator.core.storage.places import VIDEO_SUFFIXES, ClipPlace
from annotator.core.storage.recorded import read_recorded
from annotator.core.storage.recording_findings import length_findings, track_findings, video_findings
from annotator.core.storage.recovery import open_clip
from annotator.core.storage.saver import Saver
from annotator.core.storage.saving_now import wait_until_saved
from annotator.session.histories import same_work
from annotator.session.history import History
from annotator.session.messages import Message, explain
from annotator.session.settings import settings_path
from viewer.core.cancel import CancelToken
from viewer.core.errors import DatasetError, EditError, StudioError
from viewer.core.formats import sniff
from viewer.core.formats.arrays import UnknownOrderError
from viewer.core.track import Track
from viewer.core.video import VideoFile
from viewer.core.video_facts import VideoFacts

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Take:
    """A generated track with what made it and its colour on screen."""

    info: TakeInfo
    track: Track
    colour: str

    @property
    def id(self) -> str:
        """Its id in the clip, which its files are named by."""
        return self.info.id

    @property
    def name(self) -> str:
        """What the annotator called it, else its id; never empty."""
        return self.info.name or self.info.id


@dataclass(frozen=True)
class ClipFiles:
    """A clip as read from disk, before work on it begins: made off the main thread."""

    loaded: LoadedClip
    recording: Track | None
    tracks: dict[str, Track]
    messages: tuple[Message, ...]
    order_asked: UnknownOrderError | None = None
    """Why the recording is not there: in which order its columns are has to be said."""


@dataclass(frozen=True)
class Elsewhere:
    """What others changed in the files of the open clip: the ``edit`` that brought it in, None where
    all of it clashes with what was done here."""

    edit: Edit | None


@dataclass(frozen=True)
class _Found:
    """A save that met changes of others, with the tracks of takes that are new."""

    result: SaveResult
    tracks: dict[str, Track]


LOOK_MS = 2000
"""Milliseconds between looks at whether others changed the clip's files."""


def check_readable(path: Path) -> None:
    """Raise :class:`StudioError` unless ``path`` is a video that opens or a track of a known
    format."""
    if path.suffix.lower() in VIDEO_SUFFIXES:
        VideoFile.open(path).close()
    else:
        sniff(path)


def read_clip_files(library: Library, id: str, cancel: CancelToken) -> ClipFiles:
    """Read a clip, its recording and its takes; a broken track is a message, not a fault.  What
    this process is still saving of it is waited for.

    Raises :class:`StudioError` when the clip itself cannot be read,
    :class:`~viewer.core.errors.Cancelled`.
    """
    wait_until_saved(library.root, id, cancel)
    library.check_there()
    loaded = library.load_clip(id)
    messages = _about_roots(loaded)
    messages += [_explained(f, loaded.place) for f in loaded.faults if not isinstance(f, MissingRootError)]
    # Other versions have a message of their own, with a way to merge them.
    others = {path.name for path in other_version_files(loaded.place)}
    messages += [_told(finding) for finding in loaded.findings if finding.where not in others]
    recording, tracks, more, asked = read_tracks(loaded, loaded.state.takes, cancel)
    remove_leftovers(loaded.place, settings_path().parent)
    return ClipFiles(loaded, recording, tracks, (*messages, *more), asked)


def _told(finding: Finding) -> Message:
    """Words for a finding of a clip that is opened."""
    return Message(f"{finding.where}: {finding.what}", finding.todo, "warning")


FIND_ROOT = "find_root"
"""The id of the action that asks where a media root lies."""


def _about_roots(loaded: LoadedClip) -> list[Message]:
    """One message for each media root that is not here, whatever lies in it."""
    away: dict[str, list[MissingRootError]] = {}
    for fault in loaded.faults:
        if isinstance(fault, MissingRootError):
            away.setdefault(fault.root.name, []).append(fault)
    messages = []
    for faults in away.values():
        names = " and ".join(fault.path.name for fault in faults if fault.path is not None)
        what = faults[0].what if len(faults) == 1 else faults[0].what.replace("it lies", "they lie", 1)
        messages.append(Message(f"{names}: {what}", faults[0].todo, "warning", action=FIND_ROOT))
    return messages


def _explained(fault: StudioError, place: ClipPlace) -> Message:
    """Words for a fault of a clip's file; of a take's with the way back."""
    of_take = fault.path is not None and fault.path.parent == place.takes_folder
    restorable = of_take and isinstance(fault, DatasetError)
    return replace(explain(fault), action="restore_backup" if restorable else "")


def read_tracks(
    loaded: LoadedClip, takes: Iterable[TakeInfo], cancel: CancelToken
) -> tuple[Track | None, dict[str, Track], list[Message], UnknownOrderError | None]:
    """A clip's recording and the tracks of ``takes`` by id; what cannot be read is told, and why the order
    of the recording's columns has to be asked for."""
    messages: list[Message] = []
    recording, asked = None, None
    if loaded.track_path is not None:
        try:
            recording = read_recorded(loaded, cancel)
        except UnknownOrderError as fault:
            asked = fault
            messages.append(replace(explain(fault), todo="choose it", level="warning", action="track_order"))
        except StudioError as fault:
            messages.append(explain(fault))
    tracks: dict[str, Track] = {}
    for info in takes:
        cancel.check()
        try:
            tracks[info.id] = read_take(info, loaded.place.take_track(info.id), loaded.full_scale, cancel)
        except StudioError as fault:
            if not info.deleted:
                messages.append(explain(fault))
    return recording, tracks, messages, asked


class OpenClip(QObject):
    """What the window works on.  ``raw`` is the track as recorded, ``tracks`` the takes' tracks
    by id; times of the clip are the recording's times plus the clip's offset.

    ``saver_said`` brings ``saving`` or ``saved`` to the main thread, ``save_failed`` a
    :class:`~annotator.core.storage.saver.SaveError`.

    Parameters
    ----------
    files : ClipFiles
        The clip as read.
    annotator_id : str
        Who works on it.
    carried : sequence of JournalText
        Edits that could not be saved where the clip lay before; they are made here, and saved.
    left : ClipState, optional
        The clip as it was left earlier, where its history is kept.

    Raises
    ------
    StudioError
        When nothing could be saved, or not all that was carried could be kept.
    """

    changed = Signal(object)
    stale = Signal(object)
    """A take whose track must be derived anew, which takes too long to do it at once."""
    refused = Signal(object)
    saver_said = Signal(str)
    save_failed = Signal(object)
    changed_elsewhere = Signal(object)
    """An :class:`Elsewhere`."""
    _from_saver = Signal(str)
    _fault_of_saver = Signal(object)
    _found_elsewhere = Signal(object)

    def __init__(
        self,
        files: ClipFiles,
        annotator_id: str,
        carried: Sequence[JournalText] = (),
        left: ClipState | None = None,
    ) -> None:
        super().__init__()
        self._from_saver.connect(self.saver_said)
        self._fault_of_saver.connect(self.save_failed)
        self._found_elsewhere.connect(self._take_in)
        self._adopting = 0
        opened = open_clip(
            files.loaded,
            on_saving=lambda: self._from_saver.emit("saving"),
            on_saved=self._saved,
            on_failed=self._fault_of_saver.emit,
            carried=carried,
        )
        self.loaded = opened.loaded
        self.saver: Saver = opened.saver
        state = self.loaded.state
        self.changed_since_left = left is not None and not same_work(state, left)
        if left is not None and not self.changed_since_left:
            state = left
            self.saver.hold(state)
        self.document = Document(state, annotator_id)
        self.history = History(self.document, self)
        self.raw = files.recording
        self.order_asked = files.order_asked
        self.tracks = dict(files.tracks)
        self.frame_times: npt.NDArray[np.float64] = np.zeros(0)
        self.video_facts: VideoFacts | None = None
        found = opened.loaded.findings[len(files.loaded.findings) :]
        self.messages = [*files.messages, *map(_told, found)]
        if opened.recovered:
            # It stays when the clip is closed: nobody has to be quick to read it.
            cause = f"recovering {self.loaded.place.id}"
            self.messages.insert(0, Message(opened.recovered, "no action is needed", "warning", cause))
        self._found: tuple[Track | None, list[Finding]] = None, []
        self._corrected: Corrected | None = None
        self._corrected_for: tuple[object, float] = (None, 0.0)
        self.history.refused.connect(self.refused)
        self.document.subscribe(self._document_changed)
        self._watch_files()

    def read_as(self, loaded: LoadedClip, recording: Track | None, tracks: Mapping[str, Track]) -> None:
        """Go on with tracks that were read anew, as ``loaded.pose`` says."""
        self.loaded = replace(self.loaded, pose=loaded.pose)
        self.saver.read_as(loaded.pose)
        self.raw, self._corrected = recording, None
        self.tracks.update(tracks)

    @property
    def saved(self) -> bool:
        """Whether the document as it is now is in the files."""
        return self.saver.holds(self.document.state) and not self.saver.unsaved

    def save_again(self) -> None:
        """Make sure that what the document holds is saved, also where a fault kept an edit from
        being handed on; ``saver_said`` tells how it went."""
        if not self.saver.holds(self.document.state):
            self.saver.submit(self.document.state)

    def use_history(self, history: History) -> None:
        """Go on with the history of an earlier time the clip was open."""
        self.history.deleteLater()
        self.history = history
        history.refused.connect(self.refused)

    def save(self) -> bool:
        """Save what waits, now; False when that failed or took too long."""
        if not self.saver.holds(self.document.state):
            self.saver.submit(self.document.state)
        return self.saver.flush()

    def close(self) -> None:
        """Save what waits, end the saver, and let go of the tracks."""
        self.saver.close()
        self._let_go()

    def abandon(self) -> list[Journal]:
        """Let go of the clip, which is worked on at another place from now on; what was not saved is
        in the journals."""
        journals = self.saver.abandon()
        self._let_go()
        return journals

    def _let_go(self) -> None:
        self.history.refused.disconnect(self.refused)
        # What is dear goes at once, whoever still knows the clip.
        self.raw = self._corrected = None
        self._found = None, []
        self.tracks.clear()

    @property
    def id(self) -> str:
        """Its id in the library."""
        return self.document.state.clip.id

    @property
    def offset(self) -> float:
        """Seconds of the clip's time at which its track begins."""
        return self.document.state.clip.offset

    @property
    def recording(self) -> Track | None:
        """The recording with the annotator's corrections; made again when they change."""
        if self.raw is None:
            return None
        # Asked for at every picture; a state's keyframes are the same as long as none is changed.
        asked = self.document.state.keyframes, self.offset
        known = self._corrected
        if (
            known is None
            or known.recording is not self.raw
            or asked[0] is not self._corrected_for[0]
            or (asked[1] != self._corrected_for[1])
        ):
            same_offset = asked[1] == self._corrected_for[1]
            self._corrected = known = with_corrections(
                self.raw, asked[0], offset=asked[1], before=known if same_offset else None
            )
            self._corrected_for = asked
        return known.track

    @property
    def video_duration(self) -> float:
        """Seconds of the video; 0 while none is open."""
        return self.video_facts.duration if self.video_facts is not None else 0.0

    @property
    def notes(self) -> list[Finding]:
        """What there is to know of its files: what was assumed when they were read, what is missing in
        them, and whether video and recording fit each other."""
        clip, notes = self.document.state.clip, list[Finding]()
        if self.video_facts is not None:
            notes += video_findings(self.video_facts, clip.video)
        if self.raw is not None:
            # Asked for often, and a long recording takes long to look through.
            if self._found[0] is not self.raw:
                self._found = self.raw, track_findings(self.raw, clip.track)
            notes += self._found[1]
            if self.video_facts is not None:
                video, track = self.video_facts.duration, self.raw.duration
                notes += length_findings(video, track, clip.offset, clip.id)
        return notes

    @property
    def duration(self) -> float:
        """Seconds: the end of the longest of video, recording and takes."""
        ends = [self.video_duration, *(track.duration for track in self.tracks.values())]
        if self.raw is not None:
            ends.append(self.raw.duration + self.offset)
        return max(ends)

    def step_times(self) -> npt.NDArray[np.float64]:
        """The times a frame step visits without a video: the recording's, else a take's."""
        if self.raw is not None:
            return np.asarray(self.raw.times + self.offset)
        return next((np.asarray(track.times) for track in self.tracks.values()), np.zeros(0))

    def _document_changed(self, change: Change) -> None:
        for item in change.edit.items:
            if item.kind == "take" and item.after is not None and item.after.id in self.tracks:
                self._derive_again(item.after, item.before)
        self.saver.submit(self.document.state, change.edit, self._adopting)
        self.changed.emit(change)

    def _derive_again(self, take: TakeInfo, before: TakeInfo | None) -> None:
        """The track follows the performance of its take, also when a change is undone."""
        if before is not None and before.performance == take.performance:
            return
        if takes_long(take):
            self.stale.emit(take)
            return
        track = derived_track(take, self.loaded.full_scale)
        if track is not None:
            self.tracks[take.id] = track

    # ---- what others write -------------------------------------------------------------------

    def _watch_files(self) -> None:
        """Look now and then, and when the window comes to the front: others may have worked.  Without an
        application, as on the command line, there is no time to look between one save and the next."""
        app = QGuiApplication.instance()
        if not isinstance(app, QGuiApplication):
            return
        app.applicationStateChanged.connect(self._application_changed)
        timer = QTimer(self)
        timer.timeout.connect(self.saver.look)
        timer.start(LOOK_MS)

    def _application_changed(self, state: Qt.ApplicationState) -> None:
        if state == Qt.ApplicationState.ApplicationActive:
            self.saver.look()

    def _saved(self, result: SaveResult) -> None:
        self._from_saver.emit("saved")
        if result.merged is not None or result.clashes:
            self._found_elsewhere.emit(_Found(result, self._new_tracks(result)))

    def _new_tracks(self, result: SaveResult) -> dict[str, Track]:
        if result.merged is None or result.saved is None:
            return {}
        known = {take.id for take in result.saved.takes}
        found = {}
        for take in result.merged.takes:
            if take.id not in known:
                with suppress(StudioError):
                    file = self.loaded.place.take_track(take.id)
                    found[take.id] = read_take(take, file, self.loaded.full_scale)
        return found

    def _take_in(self, found: _Found) -> None:
        """Make the clip what its files are, with what was edited since: one step that can be undone."""
        result, now = found.result, self.document.state
        edit = None
        if result.merged is not None and result.saved is not None:
            merged, more = merge_states(self.loaded, result.saved, now, result.merged)
            self._keep_clashes(more)
            edit = difference(now, merged, "Changes made elsewhere")
            self.tracks |= found.tracks
            if not self._adopted(edit, result.version):
                return
        self.changed_elsewhere.emit(Elsewhere(edit))

    def _keep_clashes(self, clashes: list[PartClash]) -> None:
        """What was edited here since the files were read stands; theirs is kept to choose from."""
        try:
            keep_with_files(self.loaded.place, clashes)
        except (OSError, StudioError) as fault:
            log.warning("Their version of %d parts could not be kept: %s", len(clashes), fault)

    def _adopted(self, edit: Edit | None, version: int) -> bool:
        if edit is None:
            self.saver.submit(self.document.state, adopted=version)
            return True
        self._adopting = version
        try:
            self.history.push(edit, "elsewhere")
        except EditError as fault:
            self.refused.emit(fault)
            return False
        finally:
            self._adopting = 0
        return True
