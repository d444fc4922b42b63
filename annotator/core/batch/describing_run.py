"""Describing the keyframes of a whole dataset: what is missing is asked, and each answer is written
as it comes, so that a run that was killed goes on where it ended.

What is written goes through the storage of annotation files into those of one annotator, while
their clip is held as a window holds it: never beside another writer.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

from annotator.core.description.builtin import Describer
from annotator.core.description.moments import ClipMoments, Found, with_perspectives
from annotator.core.model import Keyframe, Perspective
from annotator.core.storage.clip_writer import ClipWriter
from annotator.core.storage.dataset import Dataset, Library
from annotator.core.storage.journal import Journal
from annotator.core.storage.loading import LoadedClip
from viewer.core.cancel import CancelToken
from viewer.core.errors import StudioError
from viewer.core.progress import Progress, no_progress

Write = Callable[[str, Found], str]
"""Puts perspectives of a clip where they belong; says why not, or nothing when all is well."""

_MOST_TOLD = 50


@dataclass(frozen=True)
class Problem:
    """What could not be described, and why; ``time`` is None where it is about a whole clip."""

    clip: str
    time: float | None
    error: str


@dataclass(frozen=True)
class Summary:
    """What a run did.  ``described`` counts new perspectives by name, ``kept`` those that were there;
    ``failed`` keyframes could not be described, ``skipped`` clips not be opened or written.  Of both
    the first fifty are in ``problems``.  ``gave_up`` says why it ended early, if it did."""

    clips: int
    keyframes: int
    described: dict[str, int]
    kept: int
    failed: int
    skipped: int
    problems: tuple[Problem, ...]
    seconds: float
    gave_up: str = ""

    @property
    def whole(self) -> bool:
        """Nothing is left to do."""
        return not (self.failed or self.skipped or self.gave_up)


@dataclass
class _Unit:
    """Keyframes of a clip for one describer: one for a model, all for whom they cost nothing."""

    moments: ClipMoments
    describer: Describer
    keyframes: tuple[Keyframe, ...]


@dataclass
class _Done:
    """What became of a unit.  ``trouble`` says why what was found could not be written."""

    found: dict[str, dict[str, Perspective]] = field(default_factory=dict)
    faults: list[tuple[Keyframe, str]] = field(default_factory=list)
    trouble: str = ""


def is_missing(keyframe: Keyframe, perspective: str, *, replacing: str = "") -> bool:
    """Whether a keyframe needs this perspective: it has none, one of another moment, or, with
    ``replacing``, one by another model than that."""
    there = keyframe.perspectives.get(perspective)
    if there is None or not there.text.strip() or not there.fits(keyframe.time):
        return True
    return bool(replacing) and there.model != replacing


def save_perspectives(library: Library, clip: str, found: Found) -> str:
    """Write perspectives into the annotation file of the library's annotator, as it is now; says why
    it did not, or nothing.

    Raises OSError, :class:`StudioError`.
    """
    place = library.place(clip) if isinstance(library, Dataset) else library.load_clip(clip).place
    journal = Journal.acquire(place)
    try:
        if journal.slot:
            return "the clip is open in a window, or a window ended with unsaved work in it"
        # Nobody else writes now: what is read here is what is written over.
        loaded = library.load_clip(clip)
        edit, lost = with_perspectives(loaded.state, found)
        if edit is not None:
            edit.validate(loaded.state)
            ClipWriter(loaded).save(edit.apply(loaded.state))
    finally:
        journal.close()
    return "its keyframes were moved or deleted meanwhile" if lost else ""


def is_open_elsewhere(loaded: LoadedClip) -> bool:
    """Whether a window works on the clip, or one ended with unsaved work in it."""
    journal = Journal.acquire(loaded.place)
    try:
        return journal.slot > 0
    finally:
        journal.close()


def describe_keyframes(
    moments: ClipMoments,
    keyframes: Sequence[Keyframe],
    describers: Sequence[Describer],
    progress: Progress = no_progress,
    cancel: CancelToken | None = None,
) -> tuple[Found, list[str]]:
    """Describe keyframes of one clip, one after the other: what was found, and what went wrong.

    Raises :class:`~viewer.core.errors.Cancelled`.
    """
    token = cancel or CancelToken()
    found: dict[str, dict[str, Perspective]] = {}
    faults: list[str] = []
    total = len(keyframes) * len(describers)
    for done, (keyframe, describer) in enumerate((k, d) for k in keyframes for d in describers):
        token.check()
        what = f"{describer.perspective} at {keyframe.time:.2f} s"
        progress(done, total, what)

        def on_progress(news: str, done: int = done, what: str = what) -> None:
            progress(done, total, f"{what}: {news}")

        try:
            one = describer.describe(moments, keyframe, token, on_progress)
        except StudioError as fault:
            faults.append(fault.line())
        else:
            found.setdefault(keyframe.id, {})[describer.perspective] = one
    return found, faults


def describe_dataset(
    library: Library,
    describers: Sequence[Describer],
    *,
    clips: Sequence[str] | None = None,
    replace: bool = False,
    jobs: int = 4,
    write: Write | None = None,
    is_ours: Callable[[str], bool] = lambda clip: False,
    progress: Progress = no_progress,
    cancel: CancelToken | None = None,
) -> Summary:
    """Describe the keyframes of the library's annotator that are not yet described by each of
    ``describers``; with ``replace`` also those that another model described.

    ``clips`` are ids (None: all).  ``write`` is called from any thread, for a clip one after the other
    (default: into the files); clips that ``is_ours`` names are open in this very window, which then
    writes itself.  A keyframe that fails is told in the summary and the others go on; when one after
    the other fails, it gives up.  Raises :class:`~viewer.core.errors.Cancelled`; what was answered
    until then is written.
    """
    token = cancel or CancelToken()
    run = _Run(library, describers, replace, write or _into_files(library), is_ours, progress, token)
    return run.through(_ids(library) if clips is None else clips, max(1, jobs))


def _into_files(library: Library) -> Write:
    return lambda clip, found: save_perspectives(library, clip, found)


def _ids(library: Library) -> list[str]:
    return [entry.id for entry in library.clips]


class _Run:
    """One run over many clips: asks and writes in a pool, counts in the thread that called."""

    def __init__(
        self,
        library: Library,
        describers: Sequence[Describer],
        replace: bool,
        write: Write,
        is_ours: Callable[[str], bool],
        progress: Progress,
        cancel: CancelToken,
    ) -> None:
        self._library, self._describers, self._replace = library, describers, replace
        self._write, self._is_ours = write, is_ours
        self._progress, self._cancel = progress, cancel
        self._stop = CancelToken()
        self._writing: dict[str, threading.Lock] = {}
        self._began = time.monotonic()
        self._described: Counter[str] = Counter({d.perspective: 0 for d in describers})
        self._problems: list[Problem] = []
        self._kept = self._keyframes = self._failed = self._skipped = self._in_a_row = 0
        self._opened: dict[str, ClipMoments] = {}
        self._left: Counter[str] = Counter()
        self._waiting: dict[Future[_Done], _Unit] = {}
        self._gave_up = ""

    def through(self, clips: Sequence[str], jobs: int) -> Summary:
        for describer in self._describers:
            describer.prepare(self._cancel)
        patience = max(10, 2 * jobs)
        pool = ThreadPoolExecutor(jobs, "describe")
        try:
            for number, clip in enumerate(clips):
                self._progress(number, len(clips), f"{clip}: {self._so_far()}")
                for unit in self._units(clip):
                    self._cancel.check()
                    self._waiting[pool.submit(self._ask, unit)] = unit
                    self._collect(most=2 * jobs)
                    if self._in_a_row >= patience:
                        self._gave_up = self._problems[-1].error
                        break
                if self._gave_up:
                    break
            while self._waiting and not self._gave_up:
                self._progress(len(clips), len(clips), self._so_far())
                self._collect(most=len(self._waiting) - 1)
        finally:
            self._end(pool)
        return Summary(
            len(clips),
            self._keyframes,
            dict(self._described),
            self._kept,
            self._failed,
            self._skipped,
            tuple(self._problems[:_MOST_TOLD]),
            round(time.monotonic() - self._began, 3),
            self._gave_up,
        )

    def _so_far(self) -> str:
        done = sum(self._described.values())
        return f"{done} described" + (f", {self._failed} failed" if self._failed else "")

    # ---- asking ------------------------------------------------------------------------------

    def _units(self, clip: str) -> Iterator[_Unit]:
        """What is missing in a clip."""
        try:
            loaded = self._library.load_clip(clip)
            if not self._is_ours(clip) and is_open_elsewhere(loaded):
                self._skip(clip, "it is open in a window, or a window ended with unsaved work in it")
                return
        except StudioError as fault:
            self._skip(clip, fault.line())
            return
        self._keyframes += len(loaded.state.keyframes)
        units = []
        moments = ClipMoments(self._library, loaded)
        for describer in self._describers:
            other = describer.model if self._replace else ""
            missing = [
                k for k in loaded.state.keyframes if is_missing(k, describer.perspective, replacing=other)
            ]
            self._kept += len(loaded.state.keyframes) - len(missing)
            groups = [missing] if describer.quick and missing else [[keyframe] for keyframe in missing]
            units += [_Unit(moments, describer, tuple(group)) for group in groups]
        if units:
            self._opened[clip] = moments
            self._writing[clip] = threading.Lock()
            self._left[clip] = len(units)
        yield from units

    def _ask(self, unit: _Unit) -> _Done:
        """Runs in the pool."""
        done = _Done()
        for keyframe in unit.keyframes:
            try:
                perspective = unit.describer.describe(unit.moments, keyframe, self._stop)
            except StudioError as fault:
                done.faults.append((keyframe, fault.line()))
            else:
                done.found[keyframe.id] = {unit.describer.perspective: perspective}
        if done.found:
            # Before the next question, so that a kill costs no answer that had come.
            done.trouble = self._save(unit.moments.state.clip.id, done.found)
        return done

    def _save(self, clip: str, found: Found) -> str:
        try:
            with self._writing[clip]:
                return self._write(clip, found)
        except StudioError as fault:
            return fault.line()
        except OSError as error:
            return f"its annotations cannot be written ({error.strerror}) – make room, then run it again"

    # ---- counting ----------------------------------------------------------------------------

    def _collect(self, *, most: int) -> None:
        """Count what has come until at most ``most`` units are under way."""
        while len(self._waiting) > most:
            finished = wait(self._waiting, timeout=0.1, return_when=FIRST_COMPLETED).done
            self._cancel.check()
            for future in finished:
                self._take(self._waiting.pop(future), future)

    def _take(self, unit: _Unit, future: Future[_Done]) -> None:
        clip = unit.moments.state.clip.id
        done = future.result()
        for keyframe, error in done.faults:
            self._failed += 1
            self._in_a_row += not unit.describer.quick
            self._problems.append(Problem(clip, keyframe.time, error))
        if done.trouble:
            self._failed += len(done.found)
            self._problems.append(Problem(clip, None, done.trouble))
        elif done.found:
            self._in_a_row = 0
            self._described[unit.describer.perspective] += len(done.found)
        self._left[clip] -= 1
        if not self._left[clip]:
            self._opened.pop(clip).close()

    def _skip(self, clip: str, why: str) -> None:
        self._skipped += 1
        self._problems.append(Problem(clip, None, why))

    def _end(self, pool: ThreadPoolExecutor) -> None:
        """Drop what is not asked yet, and wait for what is being written."""
        # Also an interrupt from the keyboard must not wait for slow answers.
        self._stop.cancel()
        pool.shutdown(cancel_futures=True)
        for future, unit in self._waiting.items():
            if not future.cancelled() and future.exception() is None:
                self._take(unit, future)
        for moments in self._opened.values():
            moments.close()
