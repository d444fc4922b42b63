"""Everything a report tells, measured: clips, their takes against the recordings, and the votes."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from annotator.core.comparison.measures import Moment, TrackComparison
from annotator.core.comparison.metrics import compare
from annotator.core.comparison.models import RECORDING, model_of
from annotator.core.comparison.statistics import (
    Mean,
    Outcome,
    Preference,
    Strength,
    bradley_terry,
    mean_of,
    preference,
)
from annotator.core.comparison.votes import Vote, counted, track_digest, votes_of
from annotator.core.model import ClipInfo, Keyframe, TakeInfo
from annotator.core.names import identity
from annotator.core.performance import read_take
from annotator.core.storage.dataset import ClipEntry
from annotator.core.storage.loading import LoadedClip
from annotator.core.storage.recorded import read_corrected
from viewer.core.cancel import CancelToken
from viewer.core.errors import StudioError
from viewer.core.progress import Progress
from viewer.core.track import Track

RECORDED = "Recording"
WORST_OF_A_MODEL = 6


class Source(Protocol):
    """A library that a study reads: a dataset, or a single file like one."""

    name: str

    @property
    def clips(self) -> tuple[ClipEntry, ...]:
        """All clips in the order of the library, broken ones included."""

    def load_clip(self, id: str, annotator_id: str | None = None) -> LoadedClip:
        """Read a clip with the work of ``annotator_id``, by default the library's own annotator.

        Raises as :func:`annotator.core.storage.loading.load`.
        """


@dataclass(frozen=True)
class Wanted:
    """What of a dataset is looked at; an empty collection means all.  ``annotator`` says whose
    keyframes are used, empty for those of the first one who set some."""

    clips: Collection[str] = ()
    takes: Collection[str] = ()
    models: Collection[str] = ()
    annotator: str = ""


@dataclass(frozen=True)
class StudiedTake:
    """A take, its track, and how far it is from the recording (None without a recording)."""

    info: TakeInfo
    model: str
    track: Track
    measures: TrackComparison | None

    @property
    def name(self) -> str:
        """What the annotator called it, else its id; never empty."""
        return self.info.name or self.info.id


@dataclass(frozen=True)
class StudiedClip:
    """A clip and its studied takes; the recording's times plus ``offset`` are the clip's."""

    info: ClipInfo
    recording: Track | None
    keyframes: tuple[Keyframe, ...]
    takes: tuple[StudiedTake, ...]

    @property
    def offset(self) -> float:
        """Seconds of the clip's time at which its track begins."""
        return self.info.offset


@dataclass(frozen=True)
class LeftOut:
    """A clip or a take that could not be looked at, and why."""

    what: str
    why: str


@dataclass(frozen=True)
class Contest:
    """The votes between two models by one criterion; ``shown_first`` are those for the one that
    stood at A, out of all decided ones; ``changed`` those on takes that have been changed since."""

    criterion: str
    first: str
    second: str
    result: Preference
    voters: int
    clips: int
    shown_first: int
    changed: int


@dataclass(frozen=True)
class Ranking:
    """The strengths of all models by the votes on one criterion."""

    criterion: str
    strengths: tuple[Strength, ...]


@dataclass
class Study:
    """``models`` are sorted by name; every model keeps its place, and so its colour."""

    name: str
    clips: list[StudiedClip] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    contests: list[Contest] = field(default_factory=list)
    rankings: list[Ranking] = field(default_factory=list)
    votes: int = 0

    @property
    def models(self) -> list[str]:
        """Every model that made a take, by name."""
        return sorted({take.model for clip in self.clips for take in clip.takes})

    def by_clip(self, model: str, value: Callable[[TrackComparison], float | None]) -> dict[str, float]:
        """A measure of a model on each clip: the mean over its takes there, so that a clip with
        many takes counts once."""
        found: dict[str, float] = {}
        for clip in self.clips:
            values = [
                number
                for take in clip.takes
                if take.model == model
                and take.measures is not None
                and (number := value(take.measures)) is not None
            ]
            if values:
                found[clip.info.id] = math.fsum(values) / len(values)
        return found

    def mean(self, model: str, value: Callable[[TrackComparison], float | None]) -> Mean:
        """The mean over clips of what ``value`` takes from each comparison of a model's takes; clips for
        which it is None are left out."""
        return mean_of(list(self.by_clip(model, value).values()))

    def difference(self, one: str, other: str, value: Callable[[TrackComparison], float | None]) -> Mean:
        """Of the clips that both have: mean of ``other`` minus ``one``, with its interval."""
        mine, theirs = self.by_clip(one, value), self.by_clip(other, value)
        return mean_of([theirs[id] - mine[id] for id in mine if id in theirs])


def study(
    source: Source, wanted: Wanted, progress: Progress | None = None, cancel: CancelToken | None = None
) -> Study:
    """Read and measure.  A clip or take that cannot be read is listed in ``left_out``.

    Raises :class:`~viewer.core.errors.Cancelled`.
    """
    token = cancel or CancelToken()
    found = Study(source.name)
    entries = [entry for entry in source.clips if not wanted.clips or entry.id in wanted.clips]
    known = {entry.id for entry in entries}
    found.left_out += [LeftOut(id, "there is no such clip") for id in wanted.clips if id not in known]
    votes: dict[str, list[Vote]] = {}
    sides: dict[str, dict[str, str]] = {}
    for number, entry in enumerate(entries):
        token.check()
        if progress is not None:
            progress(number, len(entries), f"Measuring {entry.id}")
        try:
            if entry.fault is not None:
                raise entry.fault
            clip, loaded = _study_clip(source, entry.id, wanted, found.left_out, token)
        except StudioError as fault:
            found.left_out.append(LeftOut(entry.id, fault.line()))
            continue
        if not clip.takes:
            if not any(left.what.startswith(f"{entry.id}, ") for left in found.left_out):
                found.left_out.append(LeftOut(entry.id, "it has no take to compare"))
            continue
        found.clips.append(clip)
        votes[entry.id] = counted(votes_of(loaded.state.takes))
        sides[entry.id] = {take.id: model_of(take) for take in loaded.state.takes} | {RECORDING: RECORDED}
    _count_votes(found, votes, sides, wanted)
    return found


def _study_clip(
    source: Source, id: str, wanted: Wanted, left_out: list[LeftOut], token: CancelToken
) -> tuple[StudiedClip, LoadedClip]:
    loaded = _with_keyframes(source, id, wanted.annotator)
    state = loaded.state
    for fault in loaded.faults:
        left_out.append(LeftOut(id, fault.line()))
    recording = None
    if loaded.track_path is not None:
        try:
            recording = read_corrected(loaded, token)
        except StudioError as fault:
            left_out.append(LeftOut(f"{id}, its recording", fault.line()))
    times_in_track = [keyframe.time - state.clip.offset for keyframe in state.keyframes]
    takes: list[StudiedTake] = []
    for info in state.takes:
        token.check()
        model = model_of(info)
        chosen = (not wanted.takes or {info.id, info.name} & set(wanted.takes)) and (
            not wanted.models or model in wanted.models
        )
        if info.deleted or not chosen:
            continue
        try:
            track = read_take(info, loaded.place.take_track(info.id), loaded.full_scale, token)
            measures = None
            if recording is not None:
                measures = compare(recording, track, times_in_track, token, offset=state.clip.offset)
        except StudioError as fault:
            left_out.append(LeftOut(f"{id}, take {info.name or info.id}", fault.line()))
            continue
        takes.append(StudiedTake(info, model, track, measures))
    return StudiedClip(state.clip, recording, state.keyframes, tuple(takes)), loaded


def _with_keyframes(source: Source, id: str, annotator_id: str) -> LoadedClip:
    people: Sequence[str] = (
        (annotator_id,) if annotator_id else getattr(source, "annotators", lambda _id: ())(id)
    )
    for person in people:
        loaded = source.load_clip(id, person)
        if loaded.state.keyframes or annotator_id:
            return loaded
    return source.load_clip(id)


# ---- votes -------------------------------------------------------------------------------------


def _count_votes(
    found: Study, votes: Mapping[str, Sequence[Vote]], sides: Mapping[str, Mapping[str, str]], wanted: Wanted
) -> None:
    models = {*found.models, RECORDED}
    grouped: dict[tuple[str, str, str], list[tuple[str, Vote, str]]] = defaultdict(list)
    for clip, cast in votes.items():
        for vote in cast:
            names = {id: sides[clip].get(id, "") for id in (vote.take, vote.against)}
            first, second = sorted(names.values())
            # Two takes of one model say nothing of which model is better.
            if first == second or not {first, second} <= models:
                continue
            winner = names[vote.preferred] if vote.preferred else ""
            grouped[vote.criterion, first, second].append((clip, vote, winner))
    digests = (
        {
            clip.info.id: {take.info.id: track_digest(take.track, take.info) for take in clip.takes}
            for clip in found.clips
        }
        if grouped
        else {}
    )
    outcomes: dict[str, dict[str, list[Outcome]]] = defaultdict(lambda: defaultdict(list))
    for (criterion, first, second), cast_here in sorted(grouped.items()):
        wins = Counter(winner for _, _, winner in cast_here)
        found.votes += len(cast_here)
        found.contests.append(
            Contest(
                criterion,
                first,
                second,
                preference(wins[first], wins[second], wins[""]),
                len({identity(vote.voter) for _, vote, _ in cast_here}),
                len({clip for clip, _, _ in cast_here}),
                sum(vote.preferred == vote.order[0] for _, vote, winner in cast_here if winner),
                sum(_changed(vote, digests.get(clip, {})) for clip, vote, _ in cast_here),
            )
        )
        for clip, _vote, winner in cast_here:
            score = 0.5 if not winner else float(winner == first)
            outcomes[criterion][clip].append((first, second, score))
    for criterion, by_clip in outcomes.items():
        strengths = bradley_terry(by_clip)
        if strengths is not None:
            found.rankings.append(Ranking(criterion, tuple(strengths)))


def _changed(vote: Vote, now: Mapping[str, str]) -> bool:
    """Whether a take of the vote is another one now than the one that was shown."""
    return any(id in now and now[id] != shown for id, shown in zip(vote.order, vote.tracks, strict=False))


WorstMoment = tuple[StudiedClip, StudiedTake, Moment]


def worst_of(clips: Iterable[StudiedClip], most: int) -> list[WorstMoment]:
    """The worst moments of all takes, worst first, at most two of one take and
    :data:`WORST_OF_A_MODEL` of one model."""
    found = [
        (clip, take, moment)
        for clip in clips
        for take in clip.takes
        if take.measures is not None
        for moment in take.measures.moments[:2]
    ]
    of_models: Counter[str] = Counter()
    kept = []
    for entry in sorted(found, key=lambda entry: -entry[2].error):
        of_models[entry[1].model] += 1
        if of_models[entry[1].model] <= WORST_OF_A_MODEL:
            kept.append(entry)
    return kept[:most]
