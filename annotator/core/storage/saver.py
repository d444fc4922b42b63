"""Saving by itself: each edit goes into the journal at once and into its file a moment later, on a
thread of its own."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from annotator.core.edit import Edit
from annotator.core.model import ClipState
from annotator.core.storage.clip_writer import ClipWriter, SaveResult
from annotator.core.storage.journal import (
    Journal,
    JournalEdit,
    JournalText,
    digest,
    journal_edit,
    read_journal,
)
from annotator.core.storage.json_files import read_bytes
from annotator.core.storage.loading import LoadedClip
from annotator.core.storage.same_place import DatasetGoneError
from annotator.core.storage.saving_now import begin_saving, end_saving, note_save
from viewer.core.errors import DatasetError, StudioError
from viewer.core.pose import PoseReading

_log = logging.getLogger(__name__)

DELAY = 0.3
"""Seconds to wait for more edits before a save."""
LONGEST = 1.0
"""Seconds after which a save comes even while edits keep coming."""
RETRIES = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds between attempts when saving fails; the last one repeats."""


_IN_JOURNAL = "they are kept on this computer, and saving is tried again"
_IN_MEMORY = "they are only in memory: leave the studio open until it says “Saved”"


def _ignore(*_: Any) -> None:
    return None


class SaveError(DatasetError):
    """Edits that could not be saved.  ``gone``: the dataset is not there any more.  ``kept``: the
    journal on this computer holds all of them; else they are in memory only."""

    def __init__(self, error: Exception, path: Path, kept: bool) -> None:
        self.gone, self.kept = isinstance(error, DatasetGoneError), kept
        where = _IN_JOURNAL if kept else _IN_MEMORY
        if isinstance(error, DatasetGoneError):
            what = f"{error.what}, and the last edits are not saved"
            super().__init__(what, f"{error.todo}; {where}", error.path)
            return
        if isinstance(error, StudioError):
            # A disk fault advises another place, but this file has only one.
            reason = error.what if isinstance(error, OSError) else error.line()
            path = error.path or path
        else:
            reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        todo = f"free some space or check the folder's permissions; {where}"
        super().__init__(f"the last edits could not be saved: {reason}", todo, path)


class Saver:
    """Saves one open clip until :meth:`close`.

    The callbacks come from the saver's thread: ``on_saving()`` as edits wait to be saved,
    ``on_saved(result)``, and ``on_failed(fault)`` with a :class:`SaveError` at each failed attempt,
    after which the edits stay in memory, and in the journal where that has room, and saving goes on
    by itself.
    """

    def __init__(
        self,
        loaded: LoadedClip,
        *,
        on_saving: Callable[[], None] = _ignore,
        on_saved: Callable[[SaveResult], None] = _ignore,
        on_failed: Callable[[SaveError], None] = _ignore,
        delay: float = DELAY,
    ) -> None:
        self._journal = Journal.acquire(loaded.place)
        self._writer = ClipWriter(loaded)
        self._journal.held = digest(loaded.on_disk.get(loaded.place.annotation_file))
        self.place = loaded.place
        self._on_saving, self._on_saved, self._on_failed = on_saving, on_saved, on_failed
        self._delay = delay
        self._wake = threading.Condition()
        self._state = loaded.state
        self._wanted = 0
        self._saved = 0
        self._attempts = 0
        self._failures = 0
        self._last_fault: SaveError | None = None
        self._urgent = False
        self._closing = False
        self._abandoned = False
        self._looking = False
        self._adopted = 0
        self._edits: list[JournalEdit] = []
        self._last_submit = self._first_unsaved = self._failed_at = 0.0
        self._inherited: list[Journal] = []
        self._thread = threading.Thread(target=self._run, name=f"save {loaded.place.id}", daemon=True)
        begin_saving(self)
        self._thread.start()

    # ---- for the window's thread -------------------------------------------------------------

    @property
    def unsaved(self) -> bool:
        """Whether edits wait to be saved."""
        with self._wake:
            return self._saved < self._wanted

    @property
    def failing(self) -> bool:
        """Whether the last attempt to save failed, or nobody is there any more to make one."""
        with self._wake:
            return self._failures > 0 or not self._thread.is_alive()

    @property
    def kept(self) -> bool:
        """Whether what is not saved yet would outlive this process: the journal has all of it."""
        return not self.unsaved or self._journal.whole

    @property
    def abandoned(self) -> bool:
        """Whether the clip is worked on elsewhere since."""
        with self._wake:
            return self._abandoned

    @property
    def fault(self) -> SaveError | None:
        """Why the last attempt to save failed; None when it went well."""
        with self._wake:
            return self._last_fault if self._failures else None

    def holds(self, state: ClipState) -> bool:
        """Whether ``state`` is what was submitted last."""
        with self._wake:
            return self._state is state

    def hold(self, state: ClipState) -> None:
        """``state`` is what was submitted last, as another value of the same work."""
        with self._wake:
            self._state = state

    @property
    def slot(self) -> int:
        """How many journals of this annotation file, of other windows or left by a crash, there
        were when this one began."""
        return self._journal.slot

    @property
    def journal_path(self) -> Path:
        """The file that holds the edits which are not saved yet."""
        return self._journal.path

    def submit(self, state: ClipState, edit: Edit | None = None, adopted: int = 0) -> None:
        """Save ``state``, the clip after ``edit``; ``adopted`` is the version of the
        :attr:`SaveResult.merged` that it has become.  Quick; never raises: what the journal has no room
        for is saved without delay."""
        with self._wake:
            if edit is not None:
                try:
                    self._journal.append(edit)
                except OSError as error:
                    _log.warning("the journal cannot be written: %s", error)
                    self._urgent = True
                self._edits.append(journal_edit(edit, self._journal.seq))
            now = time.monotonic()
            if self._saved == self._wanted:
                self._first_unsaved = now
            self._last_submit = now
            self._wanted += 1
            self._state = state
            self._adopted = adopted or self._adopted
            self._wake.notify_all()

    def accept_video(self, fingerprint: Mapping[str, Any]) -> None:
        """From the next save on, the annotations belong to the video with this fingerprint."""
        with self._wake:
            self._writer.accept_video(fingerprint)
            state = self._state
        self.submit(state)

    def look(self) -> None:
        """See whether others changed the clip's files; ``on_saved`` tells when they did."""
        with self._wake:
            self._looking = True
            self._wake.notify_all()

    def read_as(self, pose: PoseReading | None) -> None:
        """From the next save on, tracks are made with rotations read so."""
        with self._wake:
            self._writer.read_as(pose)

    def flush(self, timeout: float = 10.0) -> bool:
        """Save now and wait for it; False when it failed or took longer."""
        with self._wake:
            wanted, attempts = self._wanted, self._attempts
            self._urgent = self._saved < wanted
            self._wake.notify_all()
            self._wake.wait_for(
                lambda: (
                    self._saved >= wanted
                    or self._attempts > attempts + 1
                    or (self._attempts > attempts and self._failures > 0)
                ),
                timeout,
            )
            return self._saved >= wanted

    def close(self, timeout: float = 10.0) -> bool:
        """Save what waits and end the thread; False when edits remain in the journal only."""
        done = self.flush(timeout)
        with self._wake:
            self._closing = True
            self._wake.notify_all()
        self._thread.join(timeout)
        return done

    def inherit(self, journals: Iterable[Journal]) -> None:
        """Take over what a crash or another place left, and is in the state by now; it is removed
        once a save holds it."""
        taken = list(journals)
        with self._wake:
            self._inherited += taken
            state = self._state
        if taken:
            self.submit(state)

    def unsaved_edits(self) -> list[JournalText]:
        """What is not saved yet, as journals: what a crash left, and what was edited since."""
        with self._wake:
            inherited, edits = list(self._inherited), tuple(self._edits)
        texts = []
        for journal in inherited:
            with contextlib.suppress(StudioError):
                texts.append(read_journal(journal.path))
        place = self.place
        return [*texts, JournalText(place.annotation_file, place.id, place.annotator_id, edits, {}, 0)]

    def abandon(self, timeout: float = 10.0) -> list[Journal]:
        """End without saving: the clip is worked on elsewhere.  The journals, still held, are for the
        saver there to :meth:`inherit`."""
        with self._wake:
            self._abandoned = self._closing = True
            self._wake.notify_all()
        self._thread.join(timeout)
        return [self._journal, *self._inherited]

    # ---- the saver's thread ------------------------------------------------------------------

    def _run(self) -> None:
        try:
            self._save_until_closed()
        finally:
            # Not before: who waited no longer for a slow disk must not take the journal over.
            with contextlib.suppress(OSError):
                self._journal.sync()
            for journal in self._ours():
                journal.close()
            end_saving(self)

    def _ours(self) -> list[Journal]:
        with self._wake:
            return [] if self._abandoned else [self._journal, *self._inherited]

    def _save_until_closed(self) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._saved < self._wanted or self._closing or self._looking)
                idle, self._looking = self._saved == self._wanted, False
                if self._abandoned or (idle and self._closing):
                    return
            if idle:
                self._look()
                continue
            if not self.failing:
                self._tell(self._on_saving)
            with contextlib.suppress(OSError):
                self._journal.sync()
            if not self._wait_until_due():
                return
            self._attempt()

    def _wait_until_due(self) -> bool:
        """Wait for quiet, or after a failure for the next try; False when closing is all there is
        left to do."""
        with self._wake:
            if self._abandoned or (self._closing and self._failures):
                return False
            while not self._urgent and not self._closing:
                now = time.monotonic()
                if self._failures:
                    due = self._failed_at + RETRIES[min(self._failures, len(RETRIES)) - 1]
                else:
                    due = min(self._last_submit + self._delay, self._first_unsaved + LONGEST)
                if now >= due:
                    break
                self._wake.wait(due - now)
            self._urgent = False
            return not self._abandoned

    def _look(self) -> None:
        with self._wake:
            state = self._state
        try:
            result = self._writer.save(state, look=True)
        except Exception as error:
            _log.info("others' changes cannot be read: %s", error)
            return
        self._note_held()
        if result.merged is not None or result.clashes:
            self._tell(self._on_saved, result)

    def _attempt(self) -> None:
        with self._wake:
            state, wanted, seq, adopted = self._state, self._wanted, self._journal.seq, self._adopted
        self._writer.adopt(adopted)
        try:
            with contextlib.suppress(OSError):
                self._journal.about_to_save(self._writer.encode(state), seq)
                self._journal.sync()
            result = self._writer.save(state)
        except Exception as error:
            with self._wake:
                self._failures += 1
                self._attempts += 1
                self._failed_at = time.monotonic()
                self._wake.notify_all()
            self._tell(self._on_failed, self._fault(error))
            return
        note_save(self.place)
        self._note_held()
        self._journal.clear(seq)
        inherited, self._inherited = self._inherited, []
        for journal in inherited:
            journal.clear(journal.seq)
            journal.close()
        with self._wake:
            self._failures = 0
            self._attempts += 1
            self._saved = wanted
            self._edits = [edit for edit in self._edits if edit.seq > seq]
            self._first_unsaved = time.monotonic()
            self._wake.notify_all()
        self._tell(self._on_saved, result)

    def _note_held(self) -> None:
        with contextlib.suppress(StudioError):
            self._journal.held = digest(read_bytes(self.place.annotation_file))

    def _fault(self, error: Exception) -> SaveError:
        fault = SaveError(error, self.place.annotation_file, self.kept)
        with self._wake:
            self._last_fault = fault
        return fault

    def _tell(self, callback: Callable[..., None], *what: Any) -> None:
        try:
            callback(*what)
        except Exception:
            # A window that is being torn down must not stop the saving.
            _log.exception("a listener of the saver failed")
