"""Describing the keyframes of a whole dataset: what is missing is asked, and each answer is written
as it comes, so that a run that was killed goes on where it ended.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from annotator.core.batch.engine import Batch, Verdict
from annotator.core.description.builtin import Describer
from annotator.core.description.clip import is_missing, is_open_elsewhere, save_perspectives
from annotator.core.description.moments import ClipMoments, Found
from annotator.core.generation.keys import PlainHttpError
from annotator.core.generation.protocol import UnreachableError
from annotator.core.model import Keyframe, Perspective
from annotator.core.storage.dataset import Library
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


@dataclass(eq=False)
class _Clip:
    """A clip that is being described; ``left`` of its units are not taken yet."""

    moments: ClipMoments
    left: int = 0
    writing: threading.Lock = field(default_factory=threading.Lock)

    @property
    def id(self) -> str:
        return self.moments.state.clip.id


@dataclass(frozen=True)
class _Unit:
    """Keyframes of a clip for one describer: one for a model, all for whom they cost nothing."""

    clip: _Clip
    describer: Describer
    keyframes: tuple[Keyframe, ...]


@dataclass
class _Done:
    """What became of a unit.  ``trouble`` says why what was found could not be written."""

    found: dict[str, dict[str, Perspective]] = field(default_factory=dict)
    faults: list[tuple[Keyframe, StudioError]] = field(default_factory=list)
    trouble: str = ""


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
    for describer in describers:
        describer.prepare(token)

    def into_files(clip: str, found: Found) -> str:
        return save_perspectives(library, clip, found)

    ids = [entry.id for entry in library.clips] if clips is None else clips
    run = _Run(library, ids, describers, replace, write or into_files, is_ours, progress)
    return run.through(jobs, token)


class _Run:
    """One run over many clips: which keyframes are asked, and what becomes of each."""

    def __init__(
        self,
        library: Library,
        clips: Sequence[str],
        describers: Sequence[Describer],
        replace: bool,
        write: Write,
        is_ours: Callable[[str], bool],
        progress: Progress,
    ) -> None:
        self._library, self._clips, self._describers, self._replace = library, clips, describers, replace
        self._write, self._is_ours, self._progress = write, is_ours, progress
        self._described: Counter[str] = Counter({d.perspective: 0 for d in describers})
        self._problems: list[Problem] = []
        self._read = self._keyframes = self._kept = 0
        self._open: set[_Clip] = set()
        self._batch: Batch[_Unit, _Done]

    def through(self, jobs: int, cancel: CancelToken) -> Summary:
        self._batch = Batch(self._ask, self._take, jobs=jobs, cancel=cancel)
        try:
            done = self._batch.run(self._units(clip) for clip in self._clips)
        finally:
            for clip in self._open:
                clip.moments.close()
        return Summary(
            len(self._clips),
            self._keyframes,
            dict(self._described),
            self._kept,
            done.failed,
            done.skipped,
            tuple(self._problems),
            done.seconds,
            done.gave_up,
        )

    # ---- asking ------------------------------------------------------------------------------

    def _units(self, id: str) -> list[_Unit]:
        """What is missing in a clip."""
        self._tell(f"{id}: ")
        self._read += 1
        try:
            loaded = self._library.load_clip(id)
            if not self._is_ours(id) and is_open_elsewhere(loaded):
                return self._skip(id, "it is open in a window, or a window closed with unsaved work in it")
        except StudioError as fault:
            return self._skip(id, fault.line())
        keyframes = loaded.state.keyframes
        self._keyframes += len(keyframes)
        clip = _Clip(ClipMoments(loaded))
        units = []
        for describer in self._describers:
            other = describer.model if self._replace else ""
            missing = [k for k in keyframes if is_missing(k, describer.perspective, replacing=other)]
            self._kept += len(keyframes) - len(missing)
            groups = [missing] if describer.quick and missing else [[keyframe] for keyframe in missing]
            units += [_Unit(clip, describer, tuple(group)) for group in groups]
        clip.left = len(units)
        if units:
            self._open.add(clip)
        return units

    def _skip(self, id: str, why: str) -> list[_Unit]:
        self._batch.skip()
        self._note(Problem(id, None, why))
        return []

    def _ask(self, unit: _Unit, cancel: CancelToken) -> _Done:
        """Runs in the pool."""
        done = _Done()
        for keyframe in unit.keyframes:
            try:
                perspective = unit.describer.describe(unit.clip.moments, keyframe, cancel)
            except PlainHttpError:
                raise
            except StudioError as fault:
                done.faults.append((keyframe, fault))
            else:
                done.found[keyframe.id] = {unit.describer.perspective: perspective}
        if done.found:
            done.trouble = self._save(unit.clip, done.found)
        return done

    def _save(self, clip: _Clip, found: Found) -> str:
        try:
            with clip.writing:
                return self._write(clip.id, found)
        except StudioError as fault:
            return fault.line()
        except OSError as error:
            return (
                f"its annotations cannot be written ({error.strerror}) – free some space, then run it again"
            )

    # ---- counting ----------------------------------------------------------------------------

    def _take(self, unit: _Unit, done: _Done) -> Verdict:
        clip, describer = unit.clip, unit.describer
        clip.left -= 1
        if not clip.left:
            self._open.remove(clip)
            clip.moments.close()
        for keyframe, fault in done.faults:
            self._note(Problem(clip.id, keyframe.time, fault.line()))
        if done.trouble:
            self._note(Problem(clip.id, None, done.trouble))
        made = 0 if done.trouble else len(done.found)
        self._described[describer.perspective] += made
        self._tell()
        last = done.faults[-1][1] if done.faults else None
        error = None if describer.quick else last.line() if last is not None else ""
        unreachable = isinstance(last, UnreachableError)
        return Verdict(made, len(unit.keyframes) - made, error, describer.perspective, unreachable)

    def _note(self, problem: Problem) -> None:
        if len(self._problems) < _MOST_TOLD:
            self._problems.append(problem)

    def _tell(self, where: str = "") -> None:
        failed = f", {self._batch.failed} failed" if self._batch.failed else ""
        words = f"{where}{sum(self._described.values())} described{failed}"
        self._progress(self._read, len(self._clips), words)
