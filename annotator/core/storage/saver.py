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
from annotator.core.storage.journal import Journal
from annotator.core.storage.loading import LoadedClip
from viewer.core.errors import DatasetError, StudioError
from viewer.core.pose import PoseReading

_log = logging.getLogger(__name__)

DELAY = 0.3
"""Seconds to wait for more edits before a save."""
LONGEST = 1.0
"""Seconds after which a save comes even while edits keep coming."""
RETRIES = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds between attempts when saving fails; the last one repeats."""


def _ignore(*_: Any) -> None:
    return None


class Saver:
    """Saves one open clip until :meth:`close`.

    The callbacks come from the saver's thread: ``on_saving()`` as edits wait to be saved,
    ``on_saved(result)``, and ``on_failed(fault)`` at each failed attempt, after which the edits
    stay in memory and in the journal and saving goes on by itself.
    """

    def __init__(
        self,
        loaded: LoadedClip,
        *,
        on_saving: Callable[[], None] = _ignore,
        on_saved: Callable[[SaveResult], None] = _ignore,
        on_failed: Callable[[StudioError], None] = _ignore,
        delay: float = DELAY,
    ) -> None:
        self._journal = Journal.acquire(loaded.place)
        self._writer = ClipWriter(loaded)
        self._file = loaded.place.annotation_file
        self._on_saving, self._on_saved, self._on_failed = on_saving, on_saved, on_failed
        self._delay = delay
        self._wake = threading.Condition()
        self._state = loaded.state
        self._wanted = 0
        self._saved = 0
        self._attempts = 0
        self._failures = 0
        self._urgent = False
        self._closing = False
        self._last_submit = self._first_unsaved = self._failed_at = 0.0
        self._inherited: list[Journal] = []
        self._thread = threading.Thread(target=self._run, name=f"save {loaded.place.id}", daemon=True)
        self._thread.start()

    # ---- for the window's thread -------------------------------------------------------------

    @property
    def unsaved(self) -> bool:
        """Whether edits wait to be saved."""
        with self._wake:
            return self._saved < self._wanted

    def holds(self, state: ClipState) -> bool:
        """Whether ``state`` is what was submitted last."""
        with self._wake:
            return self._state is state

    @property
    def slot(self) -> int:
        """How many journals of this annotation file, of other windows or left by a crash, there
        were when this one began."""
        return self._journal.slot

    @property
    def journal_path(self) -> Path:
        """The file that holds the edits which are not saved yet."""
        return self._journal.path

    def submit(self, state: ClipState, edit: Edit | None = None) -> None:
        """Save ``state``, the clip after ``edit``.  Quick; never raises: a journal that cannot be
        written is reported as failed, and the save itself goes on."""
        fault: OSError | None = None
        with self._wake:
            if edit is not None:
                try:
                    self._journal.append(edit)
                except OSError as error:
                    fault = error
            now = time.monotonic()
            if self._saved == self._wanted:
                self._first_unsaved = now
            self._last_submit = now
            self._wanted += 1
            self._state = state
            self._wake.notify_all()
        if fault is not None:
            self._tell(self._on_failed, self._fault(fault))

    def accept_video(self, fingerprint: Mapping[str, Any]) -> None:
        """From the next save on, the annotations belong to the video with this fingerprint."""
        with self._wake:
            self._writer.accept_video(fingerprint)
            state = self._state
        self.submit(state)

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
        for journal in (self._journal, *self._inherited):
            journal.close()
        return done

    def inherit(self, journals: Iterable[Journal]) -> None:
        """Take over what a crash left, to be removed once a save holds it."""
        with self._wake:
            self._inherited += journals

    # ---- the saver's thread ------------------------------------------------------------------

    def _run(self) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._saved < self._wanted or self._closing)
                if self._saved == self._wanted:
                    return
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
            if self._closing and self._failures:
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
            return True

    def _attempt(self) -> None:
        with self._wake:
            state, wanted, seq = self._state, self._wanted, self._journal.seq
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
        self._journal.clear(seq)
        inherited, self._inherited = self._inherited, []
        for journal in inherited:
            journal.clear(journal.seq)
            journal.close()
        with self._wake:
            self._failures = 0
            self._attempts += 1
            self._saved = wanted
            self._first_unsaved = time.monotonic()
            self._wake.notify_all()
        self._tell(self._on_saved, result)

    def _fault(self, error: Exception) -> StudioError:
        todo = "make space or check the folder's permissions; they are kept and saving is tried again"
        if isinstance(error, StudioError):
            # A disk fault advises another place, but this file has only one.
            reason = error.what if isinstance(error, OSError) else error.line()
            path = error.path or self._file
        else:
            reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
            path = self._file
        return DatasetError(f"the last edits could not be saved: {reason}", todo, path)

    def _tell(self, callback: Callable[..., None], *what: Any) -> None:
        try:
            callback(*what)
        except Exception:
            # A window that is being torn down must not stop the saving.
            _log.exception("a listener of the saver failed")
