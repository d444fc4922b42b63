"""Blind votes: which of two takes somebody preferred, kept in a take's file.

A take's file holds a list ``votes`` that only grows.  Each entry says against what the take
stood, which was preferred, who voted when, by which criterion, and in which order the two were
shown.  A later vote of the same person on the same pair and criterion replaces the earlier one in
every count, and both stay in the file.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import random
import secrets
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from annotator.core.comparison.models import RECORDING
from annotator.core.model import TakeInfo
from annotator.core.model import Vote as Vote
from annotator.core.names import identity
from annotator.core.performance import derived_values
from viewer.core.channels import SHAPE_COUNT
from viewer.core.errors import StudioError
from viewer.core.pose import FULL_SCALE
from viewer.core.track import Track

NO_PREFERENCE = ""


def holder_of(pair: Iterable[str]) -> str:
    """The take of a pair whose file keeps the votes on it."""
    return min(id for id in pair if id != RECORDING)


def track_digest(track: Track, take: TakeInfo | None = None) -> str:
    """What tells one version of a track from another: the same for the same frames and values, to
    a ten-thousandth, rotations in KeyframeFace's unit, as earlier versions held them.  That of a ``take``
    is of its performance, whatever a normalized 1 is in degrees."""
    times, values = track.times, track.values.astype(np.float64)
    values[:, SHAPE_COUNT:] /= FULL_SCALE
    if take is not None and take.performance is not None:
        with contextlib.suppress(StudioError):
            values = derived_values(take.performance)[1].astype(np.float32).astype(np.float64)
            times = np.arange(len(values)) / take.performance.fps
    times, rounded = np.round(times, 4), np.round(np.nan_to_num(values, nan=9.0), 4)
    # Adding 0 makes a negative zero a plain one.
    data = (times.astype("<f8") + 0.0).tobytes() + (rounded.astype("<f4") + 0.0).tobytes()
    return hashlib.blake2s(data, digest_size=8).hexdigest()


def new_vote(
    order: tuple[str, str],
    preferred: str,
    *,
    voter: str,
    criterion: str,
    seed: int,
    tracks: tuple[str, ...] = (),
) -> Vote:
    """A vote made now."""
    take = holder_of(order)
    against = next(id for id in order if id != take)
    now = dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds")
    id = f"v-{secrets.token_hex(5)}"
    return Vote(id, take, against, preferred, voter, now, criterion, order, seed, tracks)


def votes_of(takes: Iterable[TakeInfo]) -> list[Vote]:
    """All votes in the files of a clip's takes, oldest first; those on deleted takes too."""
    found = [vote for take in takes for vote in take.votes if isinstance(vote, Vote)]
    return sorted(found, key=lambda vote: (vote.time, vote.id))


def with_vote(take: TakeInfo, vote: Vote) -> TakeInfo:
    """The take with one more vote at the end of its list."""
    if vote.take != take.id:
        raise ValueError(f"a vote on {vote.take} does not go into the file of {take.id}")
    return replace(take, votes=(*take.votes, vote))


def counted(votes: Iterable[Vote]) -> list[Vote]:
    """The votes that count: the last of each person on each pair and criterion."""
    last: dict[tuple[str, str, frozenset[str]], Vote] = {}
    for vote in sorted(votes, key=lambda v: (v.time, v.id)):
        last[identity(vote.voter), vote.criterion, vote.pair] = vote
    return list(last.values())


# ---- the order of a session --------------------------------------------------------------------


@dataclass(frozen=True)
class Contender:
    """One side of a comparison: a take's id or the recording, and the model it stands for."""

    id: str
    model: str


@dataclass(frozen=True)
class Ballot:
    """Two to be judged, in the order in which they are shown."""

    clip: str
    a: Contender
    b: Contender

    @property
    def order(self) -> tuple[str, str]:
        """The ids of both sides, the one shown as A first."""
        return self.a.id, self.b.id


def ballots(pairs: Sequence[tuple[str, Contender, Contender]], seed: int, mix: bool = True) -> list[Ballot]:
    """Each ``(clip, one, other)`` with sides chosen so that each of two models stands on either
    side equally often (to within one), in shuffled order unless ``mix`` is False.  The same pairs
    and seed give the same ballots, so a session that was stopped goes on as it began."""
    chance = random.Random(seed)
    by_models: dict[tuple[str, str], list[Ballot]] = defaultdict(list)
    for clip, one, other in sorted(pairs, key=lambda p: (p[0], *sorted((p[1].id, p[2].id)))):
        first, second = sorted((one, other), key=lambda c: (c.model, c.id))
        by_models[first.model, second.model].append(Ballot(clip, first, second))
    found: list[Ballot] = []
    for models in sorted(by_models):
        group = by_models[models]
        chance.shuffle(group)
        swap_first = chance.random() < 0.5
        for place, ballot in enumerate(group):
            swapped = (place % 2 == 0) == swap_first
            found.append(replace(ballot, a=ballot.b, b=ballot.a) if swapped else ballot)
    if mix:
        chance.shuffle(found)
        return found
    return sorted(found, key=lambda ballot: ballot.clip)


def open_ballots(
    schedule: Iterable[Ballot], votes: Mapping[str, Iterable[Vote]], voter: str, criterion: str
) -> list[Ballot]:
    """The ballots that ``voter`` has not yet voted on by ``criterion``; ``votes`` by clip."""
    done = {
        (clip, vote.pair)
        for clip, found in votes.items()
        for vote in found
        if identity(vote.voter) == identity(voter) and vote.criterion == criterion
    }
    return [ballot for ballot in schedule if (ballot.clip, frozenset(ballot.order)) not in done]
