"""Making a take for every clip that was chosen: asked at once, written one by one, never twice."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from annotator.core.batch.engine import Summary
from annotator.core.batch.log import BatchLog
from annotator.core.batch.selection import Chosen, ClipRequest
from annotator.core.edits import add_take
from annotator.core.generation.many import Outcome, Watcher, generate_many
from annotator.core.generation.profiles import Profile
from annotator.core.generation.protocol import Backend, GenerationResult
from annotator.core.generation.takes import take_info
from annotator.core.model import TakeInfo
from annotator.core.performance import Performance, compose, derive
from annotator.core.storage.clip_writer import ClipWriter
from annotator.core.storage.dataset import Dataset
from annotator.core.storage.recorded import clip_duration
from viewer.core.cancel import CancelToken
from viewer.core.errors import StudioError
from viewer.core.progress import Progress, no_progress
from viewer.core.track import Track

log = logging.getLogger(__name__)

_WRITERS = 2
_WAITING_TAKES = 32
_ASK_SECONDS = 0.05
_ENOUGH_TO_TELL = 5


@dataclass(frozen=True)
class Report:
    """What a batch did.  ``asked`` answers came from the model, ``reused`` ones from an earlier run;
    ``failed`` names each clip and what went wrong with it; ``gave_up`` says why it stopped before
    all was asked, if it did; ``keyframes_of`` says how many clips went by whose keyframes, ``notes``
    whose were used in the place of the annotator's, and whose were not."""

    clips: int
    takes: int
    asked: int
    reused: int
    failed: tuple[tuple[str, str], ...]
    skipped: tuple[tuple[str, str], ...]
    prompt_tokens: int
    answer_tokens: int
    seconds: float
    gave_up: str = ""
    keyframes_of: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Nothing is left to do."""
        return not (self.failed or self.gave_up)


@dataclass(frozen=True)
class MadeTake:
    """A take that is to join its clip; its track is written with it.  A normalized 1 of its keys is
    ``full_scale`` degrees."""

    clip: str
    info: TakeInfo
    performance: Performance
    full_scale: float

    @property
    def track(self) -> Track:
        """Derived when it is asked for, in some milliseconds."""
        return derive(self.performance, full_scale=self.full_scale)


Join = Callable[[MadeTake, CancelToken], bool]
"""Called from a worker: takes the record over (True), or leaves it to be saved to the clip's files;
once it is cancelled, at once."""


def nobody_joins(made: MadeTake, cancel: CancelToken) -> bool:
    """No clip is open."""
    return False


def generate_dataset(
    dataset: Dataset,
    chosen: Chosen,
    profile: Profile,
    backend: Backend,
    log: BatchLog,
    *,
    join: Join = nobody_joins,
    progress: Progress = no_progress,
    cancel: CancelToken | None = None,
) -> Report:
    """Make the takes of ``chosen`` with as many answers at once as the profile allows; each take is
    written when its keyframes are answered.  A clip that fails is in the report and the others go
    on; what was answered for it is kept in ``log`` for another run.  When one answer after the
    other fails, it gives up.

    Raises :class:`~viewer.core.errors.Cancelled`; what was finished is then written and kept.
    """
    token = cancel or CancelToken()
    clip_requests = [
        wanted_clip
        for wanted_clip in chosen.clip_requests
        if not log.has_take(wanted_clip.clip, wanted_clip.request)
    ]
    run = _Run(dataset, clip_requests, profile, log, join, progress, token)
    try:
        summary = generate_many(
            backend,
            (wanted_clip.request for wanted_clip in clip_requests),
            jobs=profile.jobs,
            watcher=run,
            # The built-in model answers faster than a file.
            memory=None if profile.backend == "facs" else log,
            gives_up=True,
            cancel=token,
        )
    finally:
        run.end()
    return run.report(chosen, summary)


class _Run(Watcher):
    """Hears of every answer, writes finished takes in threads of its own, and counts."""

    def __init__(
        self,
        dataset: Dataset,
        clip_requests: Sequence[ClipRequest],
        profile: Profile,
        log: BatchLog,
        join: Join,
        progress: Progress,
        cancel: CancelToken,
    ) -> None:
        self._dataset, self._clip_requests, self._profile = dataset, clip_requests, profile
        self._log, self._join, self._progress, self._cancel = log, join, progress, cancel
        self._writer = ThreadPoolExecutor(_WRITERS, "write takes")
        self._clips: dict[str, threading.Lock] = {}
        self._room = threading.Semaphore(_WAITING_TAKES)
        self._began = time.monotonic()
        self._expected = sum(wanted_clip.answers for wanted_clip in clip_requests)
        self._done = self._fresh = self._takes = self._prompt_tokens = self._answer_tokens = 0
        self._waits = ""
        self._failed: list[tuple[str, str]] = []
        self._counting = threading.Lock()

    # ---- answers -----------------------------------------------------------------------------

    def finished(self, number: int, outcome: Outcome) -> None:
        wanted_clip = self._clip_requests[number]
        if not isinstance(outcome, GenerationResult):
            self._fail(wanted_clip, outcome.line())
            return
        self._prompt_tokens += sum(keyframe.prompt_tokens for keyframe in outcome.keyframes)
        self._answer_tokens += sum(keyframe.answer_tokens for keyframe in outcome.keyframes)
        if outcome.errors:
            # A take with holes would pass for whole; the answers that came are kept for another run.
            self._fail(wanted_clip, outcome.errors[0])
            return
        while not self._room.acquire(timeout=_ASK_SECONDS):
            self._cancel.check()
        self._writer.submit(self._write, wanted_clip, outcome)

    def answered(self, number: int, target: int) -> None:
        self._fresh += 1
        self._waits = ""

    def moved(self, done: int, known: int) -> None:
        self._done = done
        self._tell()

    def on_progress(self, number: int, target: int, news: str) -> None:
        if news.startswith("waits"):
            self._waits = f", the server {news}"
            self._tell()

    def _tell(self) -> None:
        done, total = self._done, max(self._expected, self._done)
        seconds = (time.monotonic() - self._began) / max(1, self._fresh) * (total - done)
        left = f", {duration_words(seconds)} left" if self._fresh >= _ENOUGH_TO_TELL and seconds >= 1 else ""
        self._progress(done, total, f"{done} of {total} answers{self._waits or left}")

    # ---- takes -------------------------------------------------------------------------------

    def _write(self, wanted_clip: ClipRequest, result: GenerationResult) -> None:
        """Time, interpolate and write one take; runs in a writer."""
        with self._counting:
            alone = self._clips.setdefault(wanted_clip.clip, threading.Lock())
        try:
            # Takes of one clip are told apart by the names of those before.
            with alone:
                self._make_take(wanted_clip, result)
        except StudioError as fault:
            self._fail(wanted_clip, fault.line())
        except OSError as error:
            self._fail(
                wanted_clip,
                f"its take cannot be written ({error.strerror}) – free some space, then run it again",
            )
        except Exception as fault:  # whatever it is, the clip is named and the others go on
            log.exception("The take of %s could not be made", wanted_clip.clip)
            self._fail(wanted_clip, f"its take could not be made ({type(fault).__name__}) – run it again")
        else:
            with self._counting:
                self._takes += 1
        finally:
            self._room.release()

    def _make_take(self, wanted_clip: ClipRequest, result: GenerationResult) -> None:
        loaded = self._dataset.load_clip(wanted_clip.clip)
        performance = compose(
            result, times=wanted_clip.times, eases=wanted_clip.eases, duration=clip_duration(loaded)
        )
        info = take_info(result, performance, [take.name for take in loaded.state.takes], self._profile.name)
        if not self._join(MadeTake(wanted_clip.clip, info, performance, loaded.full_scale), self._cancel):
            edit = add_take(loaded.state, info)
            edit.validate(loaded.state)
            # Derives and writes the track, too.
            ClipWriter(loaded).save(edit.apply(loaded.state))
        self._log.keep_take(wanted_clip.clip, wanted_clip.request, info.id)

    def _fail(self, wanted_clip: ClipRequest, why: str) -> None:
        with self._counting:
            self._failed.append((wanted_clip.clip, why))

    # ---- the end -----------------------------------------------------------------------------

    def end(self) -> None:
        """Wait for the takes that are being written."""
        self._writer.shutdown()

    def report(self, chosen: Chosen, summary: Summary) -> Report:
        return Report(
            clips=len({wanted_clip.clip for wanted_clip in self._clip_requests}),
            takes=self._takes,
            asked=summary.made + summary.failed,
            reused=summary.skipped,
            failed=tuple(self._failed),
            skipped=chosen.skipped,
            prompt_tokens=self._prompt_tokens,
            answer_tokens=self._answer_tokens,
            seconds=round(time.monotonic() - self._began, 3),
            gave_up=summary.gave_up,
            keyframes_of=chosen.keyframes_of,
            notes=(*chosen.notes, *self._alike()),
        )

    def _alike(self) -> tuple[str, ...]:
        alike = self._profile.samples_alike and self._takes > 1
        return ("the takes of a clip are the same: this model does not sample",) if alike else ()


def duration_words(seconds: float) -> str:
    """``about 3 min``."""
    if seconds < 90:
        return f"about {max(1, round(seconds))} s"
    if seconds < 5400:
        return f"about {round(seconds / 60)} min"
    return f"about {seconds / 3600:.1f} h"
