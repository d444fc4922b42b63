"""What can be voted on in a library, and a pair made ready to be seen."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Literal

import numpy as np

from annotator.core.comparison.models import RECORDING, model_of, newest_of_each_model
from annotator.core.comparison.study import RECORDED, Source
from annotator.core.comparison.votes import Ballot, Contender, Vote, track_digest, votes_of
from annotator.core.model import ClipInfo, ClipState, TakeInfo
from annotator.core.names import identity
from annotator.core.performance import read_take
from annotator.core.storage.recorded import read_recorded
from viewer.core.audio import Sound, read_audio
from viewer.core.cancel import CancelToken
from viewer.core.errors import StudioError, TrackError
from viewer.core.progress import Progress
from viewer.core.track import FloatArray, Track

How = Literal["newest", "every"]

RATE = 60.0
"""Rows a second: both sides move equally smoothly, whatever made them."""

_SHORTEST = 0.2
_LONGEST = 600.0


@dataclass(frozen=True)
class Candidate:
    """A clip with takes that may be voted on, and the votes there are."""

    id: str
    takes: tuple[TakeInfo, ...]
    has_recording: bool
    votes: tuple[Vote, ...]


@dataclass(frozen=True)
class LoadedBallot:
    """Both sides as rows (N, 61) at :data:`RATE`, equally long;
    ``digests`` tell which versions of the tracks they are."""

    ballot: Ballot
    info: ClipInfo
    rows: tuple[FloatArray, FloatArray]
    digests: tuple[str, str]
    video: Path | None = None
    sound: Sound | None = None

    @property
    def duration(self) -> float:
        """Seconds that each side lasts."""
        return len(self.rows[0]) / RATE

    def row(self, side: int, t: float) -> FloatArray:
        """The values (61,) of side 0 or 1 at ``t`` seconds; before its start the first row, after its end
        the last."""
        rows = self.rows[side]
        found: FloatArray = rows[min(max(round(t * RATE), 0), len(rows) - 1)]
        return found


def candidates_of(
    source: Source,
    current: ClipState | None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> list[Candidate]:
    """Every clip that has a take; the one that is open as it is now.  Clips that cannot be read are
    left out.  Raises :class:`~viewer.core.errors.Cancelled`."""
    token = cancel or CancelToken()
    found = []
    entries = source.clips
    for number, entry in enumerate(entries):
        token.check()
        if progress is not None:
            progress(number, len(entries), "Looking for takes")
        try:
            open_here = current is not None and current.clip.id == entry.id
            state = current if open_here and current is not None else source.load_clip(entry.id).state
        except StudioError:
            continue
        takes = tuple(take for take in state.takes if not take.deleted)
        if takes:
            votes = tuple(votes_of(state.takes))
            found.append(Candidate(entry.id, takes, bool(state.clip.track), votes))
    return found


def pairs_of(
    clips: Sequence[Candidate], how: How, with_recording: bool, only: Collection[str] | None = None
) -> list[tuple[str, Contender, Contender]]:
    """What is to be compared in each clip: the newest take of each model, or every two takes; with
    the recording as one more contender where there is one."""
    found = []
    for clip in clips:
        if only is not None and clip.id not in only:
            continue
        takes = newest_of_each_model(clip.takes) if how == "newest" else list(clip.takes)
        sides = [Contender(take.id, model_of(take)) for take in takes]
        if with_recording and clip.has_recording:
            sides.append(Contender(RECORDING, RECORDED))
        found += [(clip.id, one, other) for one, other in combinations(sides, 2)]
    return found


def votes_by_clip(clips: Sequence[Candidate]) -> Mapping[str, tuple[Vote, ...]]:
    """The votes of each clip, by its id."""
    return {clip.id: clip.votes for clip in clips}


def seed_for(clips: Sequence[Candidate], voter: str, criterion: str, otherwise: int) -> int:
    """The seed of the session that this voter began with this criterion, to go on with it."""
    person = identity(voter)
    every = (vote for clip in clips for vote in clip.votes)
    mine = [v for v in every if identity(v.voter) == person and v.criterion == criterion]
    return max(mine, key=lambda vote: vote.time).seed if mine else otherwise


def prepare(
    source: Source, ballot: Ballot, with_video: bool, cancel: CancelToken | None = None
) -> LoadedBallot:
    """Read both sides of a ballot.

    Raises :class:`StudioError` when one of them cannot be read or they share no moment,
    :class:`~viewer.core.errors.Cancelled`.
    """
    token = cancel or CancelToken()
    loaded = source.load_clip(ballot.clip)
    tracks: list[Track] = []
    digests: list[str] = []
    offsets: list[float] = []
    for side in (ballot.a, ballot.b):
        token.check()
        if side.id == RECORDING:
            if loaded.track_path is None:
                raise TrackError("its recording is missing", "choose its track again")
            tracks.append(read_recorded(loaded, token))
            digests.append(track_digest(tracks[-1]))
            offsets.append(loaded.state.clip.offset)
        else:
            info = next((take for take in loaded.state.takes if take.id == side.id), None)
            if info is None:
                raise TrackError(f"its take {side.id} is gone", "continue with the next pair")
            tracks.append(read_take(info, loaded.place.take_track(info.id), loaded.full_scale, token))
            digests.append(track_digest(tracks[-1], info))
            offsets.append(0.0)
    # One that stands still while the other goes on would tell which it is.
    end = min(track.duration + offset for track, offset in zip(tracks, offsets, strict=True))
    if end < _SHORTEST:
        raise TrackError("the two share no moment", "check the offset of the recording")
    times = np.arange(round(min(end, _LONGEST) * RATE)) / RATE
    one, other = (_filled(track.sample(times - off)) for track, off in zip(tracks, offsets, strict=True))
    video = loaded.video_path if with_video else None
    sound = None if video is None else _sound(video, token)
    return LoadedBallot(ballot, loaded.state.clip, (one, other), (digests[0], digests[1]), video, sound)


def _sound(video: Path, token: CancelToken) -> Sound | None:
    try:
        return read_audio(video, cancel=token)
    except StudioError:
        return None


def _filled(rows: FloatArray) -> FloatArray:
    """Rows without a face hold the one before: a word about a lost face would tell the recording."""
    known = np.asarray(np.isfinite(rows).all(axis=1), bool)
    if not known.any():
        raise TrackError("it shows no face", "continue with the next pair")
    places = np.where(known, np.arange(len(rows)), 0)
    np.maximum.accumulate(places, out=places)
    places[places < int(known.argmax())] = int(known.argmax())
    filled: FloatArray = rows[places]
    return filled
