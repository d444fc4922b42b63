"""What backups hold, and getting it back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from annotator.core import edits as e
from annotator.core.comparison.votes import new_vote
from annotator.core.model import ClipInfo, ClipState, KeyAnswer, Performance, TakeInfo, TakeKey
from annotator.core.storage.backups import Backup, Backups, restore_backup
from annotator.core.storage.clip_files import Annotation
from annotator.core.storage.clip_writer import ClipWriter, annotation_bytes
from annotator.core.storage.dataset import Dataset
from annotator.core.storage.earlier_versions import EarlierVersion, read_versions, restoring_edit
from annotator.core.storage.json_files import encode_object
from annotator.core.storage.take_file import take_to_json
from tests.annotator.core.edit_strategies import states
from viewer.core.errors import StudioError


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    made = Dataset.create(tmp_path / "data", annotator_id="anna")
    (made.root / "clips/c1").mkdir()
    (made.root / "clips/c1/clip.json").write_text('{"script": "Hello."}')
    made.reload()
    return made


def version(contents: object) -> EarlierVersion:
    return EarlierVersion(Backup(Path("x"), datetime(2026, 6, 1, 12), "anna.json"), contents)  # type: ignore[arg-type]


def test_every_backup_is_read_and_says_what_it_holds(dataset: Dataset) -> None:
    loaded = dataset.load_clip("c1")
    writer = ClipWriter(loaded)
    first = e.add_keyframe(loaded.state, 1.0, description="She smiles.").apply(loaded.state)
    writer.save(first)
    second = e.add_span(first, 1.0, 2.0, "joy").apply(first)
    writer.save(e.change_clip(second, script="Goodbye.").apply(second))
    backups = Backups(loaded.place)
    backups.keep(loaded.place.annotation_file, b"{ broken", original=True)
    versions = read_versions(loaded.place)
    told = {v.title: v.summary for v in versions}
    assert told["Keyframes and spans"] == "1 keyframe, 0 spans, new"
    assert told["Story"] == "Hello."
    assert "broken JSON" in told["anna.json"]
    assert [v.backup for v in versions] == backups.all()
    marks = next(v for v in versions if isinstance(v.contents, Annotation))
    edit = restoring_edit(second, marks)
    edit.validate(second)
    assert edit.apply(second) == first and edit.inverse().apply(first) == second
    broken = next(v for v in versions if isinstance(v.contents, StudioError))
    assert restoring_edit(second, broken).edits == ()


@pytest.mark.slow
@given(states(), states())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_restoring_sets_just_what_the_backup_is_about(now: ClipState, then: ClipState) -> None:
    held = Annotation(then.status, then.keyframes, then.spans)
    edit = restoring_edit(now, version(held))
    if not edit.edits:
        assert (now.keyframes, now.spans, now.status) == (then.keyframes, then.spans, then.status)
        return
    edit.validate(now)
    after = edit.apply(now)
    assert after == replace(now, keyframes=then.keyframes, spans=then.spans, status=then.status)
    assert edit.inverse().apply(after) == now


def test_the_story_comes_back_without_another_video_or_track() -> None:
    now = ClipInfo("c1", script="new", video="b.mp4", track="b.csv", offset=2.0, tags=("x",))
    then = ClipInfo("c1", script="old", video="a.mp4", track="a.csv", offset=1.0, extra={"ours": 1})
    state = ClipState(now)
    after = restoring_edit(state, version(then)).apply(state).clip
    assert after == replace(now, script="old", tags=(), extra={"ours": 1})
    same_track = replace(then, track="b.csv")
    assert restoring_edit(state, version(same_track)).apply(state).clip.offset == 1.0


def test_a_take_comes_back_with_the_votes_of_today() -> None:
    one, two = (Performance((TakeKey(time),)) for time in (1.0, 2.0))
    vote = new_vote(("t1", "t2"), "t1", voter="anna", criterion="?", seed=1)
    now = TakeInfo("t1", "Now", "2026", performance=two, votes=(vote,), deleted=True)
    then = TakeInfo("t1", "Then", "2026", performance=one)
    state = ClipState(ClipInfo("c1"), takes=(now,))
    (after,) = restoring_edit(state, version(then)).apply(state).takes
    assert after == TakeInfo("t1", "Then", "2026", performance=one, votes=(vote,))
    (back,) = restoring_edit(ClipState(ClipInfo("c1")), version(then)).apply(ClipState(ClipInfo("c1"))).takes
    assert back == then


def test_the_backup_of_a_take_is_told_from_one_of_keyframes_although_it_has_some(dataset: Dataset) -> None:
    loaded = dataset.load_clip("c1")
    take = TakeInfo(
        "t1", "Mine", "2026", answers=(KeyAnswer(1.0, "Smiles."),), performance=Performance((TakeKey(1.0),))
    )
    Backups(loaded.place).keep(loaded.place.take_file("t1"), encode_object(take_to_json(take)))
    (held,) = read_versions(loaded.place)
    assert held.contents == take and (held.title, held.summary) == ("Take “Mine”", "1 key")


def test_any_file_of_a_clip_that_cannot_be_opened_comes_back(dataset: Dataset) -> None:
    loaded = dataset.load_clip("c1")
    place = loaded.place
    assert place.clip_file is not None
    Backups(place).keep(place.clip_file, place.clip_file.read_bytes())
    place.annotation_file.parent.mkdir()
    Backups(place).keep(place.annotation_file, annotation_bytes(loaded.state, loaded))
    for file in (place.clip_file, place.annotation_file):
        file.write_bytes(b"{ broken")
        with pytest.raises(StudioError):
            dataset.load_clip("c1")
        restore_backup(place, Backups(place).all(file.name)[0 if file == place.annotation_file else -1])
        assert dataset.load_clip("c1").state == loaded.state


def test_a_broken_take_comes_back_into_the_open_clip_and_what_lay_there_is_kept(dataset: Dataset) -> None:
    loaded = dataset.load_clip("c1")
    place = loaded.place
    take = TakeInfo("t1", "Mine", "2026", performance=Performance((TakeKey(1.0),), duration=2.0))
    Backups(place).keep(place.take_file("t1"), encode_object(take_to_json(take)))
    place.takes_folder.mkdir()
    place.take_file("t1").write_bytes(b"{ broken")
    loaded = dataset.load_clip("c1")
    assert loaded.state.takes == () and "broken JSON" in str(loaded.faults[0])
    (held,) = read_versions(place)
    edit = restoring_edit(loaded.state, held)
    edit.validate(loaded.state)
    ClipWriter(loaded).save(edit.apply(loaded.state))
    assert [each.name for each in dataset.load_clip("c1").state.takes] == ["Mine"]
    assert place.take_track("t1").is_file()
    kept = [each.path.read_bytes() for each in Backups(place).all("t1.json") if "original" in each.path.name]
    assert kept == [b"{ broken"]
    assert restoring_edit(loaded.state, held).inverse().apply(edit.apply(loaded.state)) == loaded.state
