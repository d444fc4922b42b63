"""Votes: kept through files, other programs, other voters and crashes; fair in their order."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.core.comparison.models import RECORDING, model_of, newest_of_each_model
from annotator.core.comparison.votes import (
    Contender,
    Vote,
    ballots,
    counted,
    holder_of,
    new_vote,
    open_ballots,
    track_digest,
    votes_of,
    with_vote,
)
from annotator.core.document import Document
from annotator.core.edits import add_vote
from annotator.core.model import Provenance, TakeInfo
from annotator.core.storage.clip_writer import ClipWriter, record_vote
from annotator.core.storage.dataset import Dataset
from annotator.core.storage.recovery import open_clip
from annotator.core.storage.take_file import take_from_json, take_to_json
from viewer.core.errors import StudioError
from viewer.core.track import Track

WORDS = st.text(max_size=8)


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    made = Dataset.create(tmp_path / "d", annotator_id="anna")
    folder = made.root / "clips" / "c1"
    (folder / "takes").mkdir(parents=True)
    (folder / "clip.json").write_text("{}")
    for id in ("one", "two"):
        take = {"name": id, "created": "2026-01-01", "provenance": {"model": id}, "of a plugin": [1]}
        (folder / "takes" / f"{id}.json").write_text(json.dumps(take))
    made.reload()
    return made


def file_of(dataset: Dataset, take: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(dataset.place("c1").take_file(take).read_bytes())
    return found


def vote(preferred: str = "one", voter: str = "anna", against: str = "two") -> Vote:
    return new_vote((against, "one"), preferred, voter=voter, criterion="Which is better?", seed=7)


def test_a_digest_tells_one_version_of_a_track_from_another() -> None:
    values = np.zeros((3, 61), np.float32)
    values[1] = np.nan
    one = Track.build([0.0, 0.1, 0.2], values)
    assert track_digest(one) == track_digest(one.replaced(values=values - 0.0))
    values[2, 7] = 0.001
    assert track_digest(one.replaced(values=values)) != track_digest(one)
    assert track_digest(one.replaced(times=[0.0, 0.1, 0.3])) != track_digest(one)


@given(WORDS, WORDS, st.sampled_from(["one", "two", ""]), st.integers(0, 2**32))
def test_a_vote_is_the_same_after_its_file(voter: str, criterion: str, preferred: str, seed: int) -> None:
    made = new_vote(
        ("two", "one"), preferred, voter=voter, criterion=criterion, seed=seed, tracks=("a1", "b2")
    )
    take = with_vote(TakeInfo("one", "One", ""), made)
    assert take_from_json("one", json.loads(json.dumps(take_to_json(take))), []) == take
    assert made.take == holder_of(("two", "one")) == "one" and made.against == "two"


def test_what_is_no_vote_is_not_counted_but_kept(dataset: Dataset) -> None:
    path = dataset.place("c1").take_file("one")
    odd: list[Any] = [
        17,
        {"against": "one"},
        {"against": "two", "preferred": "three"},
        {"against": 3},
        {"against": "two", "preferred": "two", "order": "BA", "seed": None, "mood": "calm"},
    ]
    path.write_text(json.dumps({**file_of(dataset, "one"), "votes": odd}))
    state = dataset.load_clip("c1").state
    found = votes_of(state.takes)
    assert [(v.preferred, v.order, v.seed, v.extra) for v in found] == [
        ("two", ("one", "two"), 0, {"order": "BA", "seed": None, "mood": "calm"})
    ]
    record_vote(dataset.place("c1"), vote())
    assert file_of(dataset, "one")["votes"][:5] == odd and len(file_of(dataset, "one")["votes"]) == 6
    path.write_text(json.dumps({"votes": "many"}))
    record_vote(dataset.place("c1"), vote())
    assert file_of(dataset, "one")["votes"][0] == "many"
    assert len(votes_of(dataset.load_clip("c1").state.takes)) == 1


def test_a_vote_is_an_edit_that_is_saved_and_undone_and_spares_unknown_keys(dataset: Dataset) -> None:
    loaded = dataset.load_clip("c1")
    document, writer = Document(loaded.state, "anna"), ClipWriter(loaded)
    edit = add_vote(document.state, vote("two"))
    assert edit.title == "Vote"
    document.apply(edit)
    writer.save(document.state)
    kept = file_of(dataset, "one")
    assert kept["of a plugin"] == [1] and kept["votes"][0]["preferred"] == "two"
    assert kept["votes"][0]["order"] == ["two", "one"] and kept["votes"][0]["seed"] == 7
    assert "votes" not in file_of(dataset, "two")
    document.apply(edit.inverse())
    writer.save(document.state)
    assert not file_of(dataset, "one").get("votes")


def test_two_people_who_vote_at_once_lose_nothing(dataset: Dataset) -> None:
    sessions = []
    for annotator_id in ("anna", "ben"):
        loaded = dataset.load_clip("c1", annotator_id)
        sessions.append((annotator_id, Document(loaded.state, annotator_id), ClipWriter(loaded)))
    for _ in range(2):
        for annotator_id, document, writer in sessions:
            document.apply(add_vote(document.state, vote(voter=annotator_id)))
            writer.save(document.state)
    record_vote(dataset.place("c1"), vote(voter="cleo"))
    _who, document, writer = sessions[0]
    taken_back = add_vote(document.state, vote("two"))
    document.apply(taken_back)
    writer.save(document.state)
    document.apply(taken_back.inverse())
    writer.save(document.state)
    voters = Counter(v.voter for v in votes_of(dataset.load_clip("c1").state.takes))
    assert voters == {"anna": 2, "ben": 2, "cleo": 1}


def test_votes_outlive_a_crash_also_when_others_voted_since(dataset: Dataset) -> None:
    opened = open_clip(dataset.load_clip("c1"), delay=60.0)
    document = Document(opened.loaded.state, "anna")
    edit = add_vote(document.state, vote())
    document.apply(edit)
    opened.saver.submit(document.state, edit)
    # The process ends here: its journal is all there is, and its lock is free again.
    opened.saver._journal._lock.release()
    record_vote(dataset.place("c1"), vote("", "ben"))
    again = open_clip(dataset.load_clip("c1"))
    assert "Recovered 1 edit" in again.recovered
    assert again.saver.flush()
    assert sorted(v["voter"] for v in file_of(dataset, "one")["votes"]) == ["anna", "ben"]
    assert not list(dataset.place("c1").annotation_file.parent.glob("*conflict*"))
    again.saver.close()
    opened.saver._closing = True
    opened.saver.close(0.1)


def test_a_vote_on_a_take_that_is_gone_is_refused_plainly(dataset: Dataset) -> None:
    dataset.place("c1").take_file("one").unlink()
    with pytest.raises(StudioError, match="no such file"):
        record_vote(dataset.place("c1"), vote())
    state = dataset.load_clip("c1").state
    with pytest.raises(StudioError, match="no longer there"):
        add_vote(state, vote())


def test_only_the_last_vote_of_a_person_on_a_pair_counts() -> None:
    first, second = vote("one"), replace(vote("two"), time="2999")
    other_person, other_pair = vote(voter="ben"), vote(against=RECORDING)
    found = counted([second, first, other_person, other_pair])
    assert {v.id for v in found} == {second.id, other_person.id, other_pair.id}


def pairs(clips: int, models: str = "xyz") -> list[tuple[str, Contender, Contender]]:
    found = []
    for clip in range(clips):
        sides = [Contender(f"{model}-{clip}", model) for model in models]
        found += [(f"c{clip}", one, other) for i, one in enumerate(sides) for other in sides[i + 1 :]]
    return found


@given(st.integers(0, 12), st.integers(0, 2**31), st.booleans())
def test_each_model_stands_on_each_side_equally_often(clips: int, seed: int, mix: bool) -> None:
    asked = pairs(clips)
    found = ballots(asked, seed, mix)
    assert Counter((b.clip, frozenset(b.order)) for b in found) == Counter(
        (clip, frozenset((one.id, other.id))) for clip, one, other in asked
    )
    sides = Counter((b.a.model, b.b.model) for b in found)
    for one, other in ("xy", "xz", "yz"):
        assert abs(sides[one, other] - sides[other, one]) <= 1
    assert ballots(list(reversed(asked)), seed, mix) == found


def test_a_stopped_session_goes_on_with_what_is_left() -> None:
    schedule = ballots(pairs(4), 3)
    votes: dict[str, list[Vote]] = {}
    for ballot in schedule[:5]:
        cast = new_vote(ballot.order, ballot.a.id, voter="anna", criterion="?", seed=3)
        votes.setdefault(ballot.clip, []).append(cast)
    assert open_ballots(schedule, votes, "anna", "?") == schedule[5:]
    assert open_ballots(schedule, votes, "ben", "?") == schedule
    assert open_ballots(schedule, votes, "anna", "another criterion") == schedule


def test_takes_are_grouped_by_what_made_them() -> None:
    def take(id: str, created: str, deleted: bool = False, **provenance: Any) -> TakeInfo:
        return TakeInfo(id, id, created, provenance=Provenance(**provenance), deleted=deleted)

    takes = [
        take("a", "1", backend="facs", model="FACS lexicon 3"),
        take("b", "2", backend="facs", model="FACS lexicon 4"),
        take("c", "3", backend="server", model="keyframeface"),
        take("d", "4", backend="local", model="/home/x/smol.gguf"),
        take("e", "5", deleted=True, backend="server", model="keyframeface"),
        take_from_json("f", {"name": "By hand", "created": "6", "provenance": "?"}, []),
        take("g", "7", backend="server", model="keyframeface", profile="keyframeface, warm"),
    ]
    assert model_of(takes[6]) == "keyframeface, warm"
    assert [model_of(t) for t in takes[:4]] == ["Built-in", "Built-in", "keyframeface", "smol.gguf"]
    assert [t.id for t in newest_of_each_model(takes[:6])] == ["b", "f", "c", "d"]
