"""A take for every clip of a dataset: which clips, what is asked for each, and what it will take."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from annotator.core.batch.log import BatchLog
from annotator.core.generation.answering import answer
from annotator.core.generation.profiles import Profile
from annotator.core.generation.prompts import plan_messages, request_messages
from annotator.core.generation.protocol import Backend, GenerationRequest
from annotator.core.model import STATUSES, ClipState, Status
from annotator.core.names import identity, safe_name
from annotator.core.storage.dataset import ClipEntry, Dataset
from annotator.core.storage.loading import load
from viewer.core.cancel import CancelToken
from viewer.core.errors import GenerationError, StudioError
from viewer.core.progress import Progress, no_progress

PLANNED = 4
"""Keyframes that a clip without descriptions is reckoned to get."""

PLANNED_KEYFRAMES = "planned"
"""Stands for whoever described keyframes, where nobody did."""

_TOKENS_A_LETTER = 0.25
_PLAN_TOKENS = 250


@dataclass(frozen=True)
class Selection:
    """Which clips: of these statuses, with one of these tags, of one of these splits (empty: any);
    ``missing``: only those without a take of the profile."""

    statuses: frozenset[Status] = frozenset(STATUSES)
    tags: frozenset[str] = frozenset()
    splits: frozenset[str] = frozenset()
    missing: bool = True

    def takes(self, entry: ClipEntry) -> bool:
        """Whether a clip of the list belongs to it, as far as the list knows."""
        if entry.info is None or entry.status not in self.statuses:
            return False
        if self.splits and entry.info.split not in self.splits:
            return False
        return not self.tags or bool(self.tags & set(entry.info.tags))


@dataclass(frozen=True)
class ClipRequest:
    """A take to be made: what is asked for a clip, when its keyframes are (None: planned), and who
    described them (empty: they are planned)."""

    clip: str
    request: GenerationRequest
    times: tuple[float, ...] | None
    eases: tuple[str, ...] | None
    keyframes_of: str = ""

    @property
    def answers(self) -> int:
        """How many there will be, a plan and its keyframes where it is not described."""
        return len(self.request.descriptions) or 1 + PLANNED


@dataclass(frozen=True)
class Chosen:
    """The takes that a selection asks for, and the clips that get none, each with the reason.

    ``undecided`` are those of the latter that several others described, and not the annotator;
    ``passed_over`` clips that are planned though others described them: of both the clip and who.
    """

    clip_requests: tuple[ClipRequest, ...]
    skipped: tuple[tuple[str, str], ...]
    undecided: tuple[tuple[str, tuple[str, ...]], ...] = ()
    passed_over: tuple[tuple[str, tuple[str, ...]], ...] = ()
    annotator_id: str = ""

    @property
    def clips(self) -> int:
        """How many clips are asked for; one with several requests counts once."""
        return len({wanted_clip.clip for wanted_clip in self.clip_requests})

    @property
    def keyframes_of(self) -> dict[str, int]:
        """How many clips go by whose keyframes; ``planned``: by none."""
        whose = {wanted_clip.clip: wanted_clip.keyframes_of for wanted_clip in self.clip_requests}
        return dict(sorted(Counter(name or PLANNED_KEYFRAMES for name in whose.values()).items()))

    @property
    def notes(self) -> tuple[str, ...]:
        """Whose keyframes are used in the place of the annotator's, and whose are not."""
        own = (self.annotator_id, PLANNED_KEYFRAMES)
        used = [
            f"the keyframes of {name} are used for {_clips(count)}, where {self.annotator_id} described none"
            for name, count in self.keyframes_of.items()
            if name not in own
        ]
        not_used = [
            f"{clip} is planned, though {_names(names)} described it and {self.annotator_id} did not"
            for clip, names in self.passed_over
        ]
        return (*used, *not_used)


@dataclass(frozen=True)
class Estimate:
    """What a batch will take, from one answer that was measured.  ``reused`` answers of an earlier
    run need not be asked; ``cost`` is None where no price is known; ``keyframes_of`` and ``notes`` as
    :class:`Chosen` has them."""

    clips: int
    takes: int
    requests: int
    reused: int
    prompt_tokens: int
    answer_tokens: int
    seconds: float
    answer_seconds: float
    cost: float | None
    currency: str
    keyframes_of: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


# ---- choosing --------------------------------------------------------------------------------


def clip_request(state: ClipState, seed: int | None = None, keyframes_of: str = "") -> ClipRequest | None:
    """What is asked for a clip: its keyframes that ``keyframes_of`` described, else a plan from its
    words; None where there is nothing to go by."""
    clip = state.clip
    described = [keyframe for keyframe in state.keyframes if keyframe.description.strip()]
    if not described and not any(words.strip() for words in (clip.background, clip.emotion, clip.script)):
        return None
    marks = tuple(keyframe.time for keyframe in described or state.keyframes)
    request = GenerationRequest(
        clip.background,
        clip.emotion,
        clip.script,
        tuple(keyframe.description.strip() for keyframe in described),
        seed,
    )
    # One mark without words says nothing about where the others belong.
    times = marks if described or len(marks) > 1 else None
    eases = tuple(k.ease for k in described) if described else None
    return ClipRequest(clip.id, request, times, eases, keyframes_of if described else "")


def choose(
    dataset: Dataset,
    selection: Selection,
    profile: Profile,
    seeds: Sequence[int | None],
    progress: Progress = no_progress,
    cancel: CancelToken | None = None,
    *,
    others: bool = True,
) -> Chosen:
    """Look through the clips of a selection.  Where the dataset's annotator described no keyframe, those
    of the one other person who did are taken, if ``others`` may be; a clip that several others described
    is left undecided.  Raises :class:`~viewer.core.errors.Cancelled`."""
    clip_requests: list[ClipRequest] = []
    skipped: list[tuple[str, str]] = []
    undecided: list[tuple[str, tuple[str, ...]]] = []
    passed_over: list[tuple[str, tuple[str, ...]]] = []
    entries = [entry for entry in dataset.clips if selection.takes(entry)]
    broken = [entry for entry in dataset.clips if entry.info is None and entry.fault is not None]
    skipped += [(entry.id, entry.fault.line()) for entry in broken if entry.fault is not None]
    for number, entry in enumerate(entries):
        if cancel is not None:
            cancel.check()
        progress(number, len(entries), f"looking at {entry.id}")
        try:
            state = load(dataset.place(entry.id), look_at_files=False).state
            whose, described = dataset.annotator_id, dict[str, ClipState]()
            if not _describes(state):
                described = _described_by_others(dataset, entry.id)
        except StudioError as fault:
            skipped.append((entry.id, fault.line()))
            continue
        if selection.missing and _takes_of(state, profile) >= len(seeds):
            continue
        if described and not others:
            passed_over.append((entry.id, tuple(described)))
        elif len(described) > 1:
            undecided.append((entry.id, tuple(described)))
            skipped.append((entry.id, f"{_names(described)} described it; choose whose keyframes are meant"))
            continue
        elif described:
            ((whose, state),) = described.items()
        wanted_clip = clip_request(state, keyframes_of=whose)
        if wanted_clip is None:
            skipped.append((entry.id, "it has no descriptions, and no words to plan from"))
            continue
        clip_requests += [
            replace(wanted_clip, request=replace(wanted_clip.request, seed=seed)) for seed in seeds
        ]
    return Chosen(
        tuple(clip_requests), tuple(skipped), tuple(undecided), tuple(passed_over), dataset.annotator_id
    )


def _describes(state: ClipState) -> bool:
    return any(keyframe.description.strip() for keyframe in state.keyframes)


def _described_by_others(dataset: Dataset, clip: str) -> dict[str, ClipState]:
    """A clip as everybody else sees it who described a keyframe of it."""
    own = identity(safe_name(dataset.annotator_id))
    others = (name for name in dataset.annotators(clip) if identity(name) != own)
    states = {name: load(dataset.place(clip, name), look_at_files=False).state for name in others}
    return {name: state for name, state in states.items() if _describes(state)}


def _names(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def _clips(count: int) -> str:
    return "1 clip" if count == 1 else f"{count} clips"


def _takes_of(state: ClipState, profile: Profile) -> int:
    return sum(not take.deleted and take.provenance.profile == profile.name for take in state.takes)


# ---- estimating ------------------------------------------------------------------------------


def estimate(
    chosen: Chosen, profile: Profile, planner: Profile, backend: Backend, log: BatchLog, cancel: CancelToken
) -> Estimate:
    """Ask for the first keyframe that is missing, whose answer counts for the batch, and reckon
    what the rest will take.

    Raises :class:`GenerationError` when that answer fails, :class:`~viewer.core.errors.Cancelled`.
    """
    takes = [
        wanted_clip
        for wanted_clip in chosen.clip_requests
        if not log.has_take(wanted_clip.clip, wanted_clip.request)
    ]
    left = [_left(wanted_clip, log) for wanted_clip in takes]
    first = next((rest for rest in left if rest.missing), None)
    spent = _Spent(0, 0, 0, 0.0) if first is None else _measured(first, profile, backend, log, cancel)
    per_letter = spent.prompt_tokens / spent.letters if spent.prompt_tokens else _TOKENS_A_LETTER
    letters = sum(len(rest.missing) * _letters(rest.request, profile) for rest in left)
    answers, plans = sum(len(rest.missing) for rest in left), [rest for rest in left if rest.plan]
    values = round(letters * per_letter), round(answers * spent.answer_tokens)
    planned = 0, 0
    if planner.backend != "facs":
        asked = sum(_plan_letters(rest.request, planner) for rest in plans)
        planned = round(asked * _TOKENS_A_LETTER), len(plans) * _PLAN_TOKENS
    requests = answers + len(plans)
    priced = any(each.prompt_price or each.answer_price for each in (profile, planner))
    return Estimate(
        clips=len({wanted_clip.clip for wanted_clip in takes}),
        takes=len(takes),
        requests=requests,
        reused=sum(rest.reused for rest in left),
        prompt_tokens=values[0] + planned[0],
        answer_tokens=values[1] + planned[1],
        seconds=requests * spent.seconds / max(1, min(profile.jobs, requests)),
        answer_seconds=spent.seconds,
        cost=round(_cost(profile, *values) + _cost(planner, *planned), 4) if priced else None,
        currency=profile.currency,
        keyframes_of=chosen.keyframes_of,
        notes=chosen.notes,
    )


@dataclass(frozen=True)
class _Left:
    """What is left to ask for a take: its keyframes that are ``missing`` (a usual number of them
    where they are yet to be planned) and perhaps the plan."""

    request: GenerationRequest
    missing: tuple[int, ...]
    plan: bool
    reused: int


def _left(wanted_clip: ClipRequest, log: BatchLog) -> _Left:
    request, reused = wanted_clip.request, 0
    if not request.descriptions:
        plan = log.plan(request)
        if plan is None:
            return _Left(request, tuple(range(PLANNED)), True, 0)
        reused = 1
        request = replace(request, descriptions=tuple(step.description for step in plan))
    every = range(len(request.descriptions))
    missing = tuple(target for target in every if log.keyframe(request, target) is None)
    return _Left(request, missing, False, reused + len(every) - len(missing))


@dataclass(frozen=True)
class _Spent:
    """What one answer took: letters and tokens of the question, tokens of the answer, seconds."""

    letters: int
    prompt_tokens: int
    answer_tokens: int
    seconds: float


def _measured(first: _Left, profile: Profile, backend: Backend, log: BatchLog, cancel: CancelToken) -> _Spent:
    request = first.request
    if first.plan:
        plan = backend.plan(request, cancel)
        log.keep_plan(request, plan)
        request = replace(request, descriptions=tuple(step.description for step in plan))
    began = time.monotonic()
    result = answer(backend, request, first.missing[0], cancel)
    took = time.monotonic() - began
    if result.error:
        what, _, todo = result.error.partition(" – ")
        raise GenerationError(what, todo or "test the connection of this profile")
    log.keep_keyframe(request, result)
    return _Spent(_letters(request, profile), result.prompt_tokens, result.answer_tokens, took)


def _letters(request: GenerationRequest, profile: Profile) -> int:
    """Of the question for one keyframe."""
    if profile.backend == "facs":
        return 0
    if not request.descriptions:
        request = replace(request, descriptions=("x" * 90,) * PLANNED)
    messages = request_messages(request, 0, profile.style, profile.system_prompt)
    return sum(len(message["content"]) for message in messages)


def _plan_letters(request: GenerationRequest, planner: Profile) -> int:
    return sum(len(message["content"]) for message in plan_messages(request, planner.plan_prompt))


def _cost(profile: Profile, prompt_tokens: int, answer_tokens: int) -> float:
    return (prompt_tokens * profile.prompt_price + answer_tokens * profile.answer_price) / 1e6
