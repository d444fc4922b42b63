"""Several real writers on the files of one clip: nothing of anybody is lost, and one file is left."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from annotator.core import edits as e
from annotator.core.model import ClipState, Keyframe, Layers, Performance, TakeInfo, TakeKey
from annotator.core.storage import shared_file
from annotator.core.storage.backups import Backups
from annotator.core.storage.clashes import still_open, undecided
from annotator.core.storage.clip_parts import merge_states
from annotator.core.storage.clip_writer import ClipWriter, SaveResult
from annotator.core.storage.dataset import Dataset
from annotator.core.storage.loading import LoadedClip
from annotator.core.storage.recovery import open_clip
from viewer.core.errors import DatasetError
from viewer.core.files import atomic_write


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    made = Dataset.create(tmp_path / "data", annotator_id="anna")
    folder = made.root / "clips" / "c1"
    folder.mkdir()
    (folder / "clip.json").write_text('{"script": "first", "ours": {"deep": [1, null]}}')
    loaded = load(made)
    keys = tuple(TakeKey(float(time), {"JawOpen": 0.5}) for time in range(1, 4))
    state = e.add_take(loaded.state, TakeInfo("t-1", "one", "2026", performance=Performance(keys))).apply(
        loaded.state
    )
    state = e.KeyframeEdit(None, Keyframe("k-1", 1.0, 30, "as it was")).apply(state)
    ClipWriter(loaded).save(state)
    made.reload()
    return made


def load(dataset: Dataset) -> LoadedClip:
    return dataset.load_clip("c1")


class Writer:
    """A window without a window: edits, saves and takes in what others did."""

    def __init__(self, dataset: Dataset) -> None:
        self.loaded = load(dataset)
        self.writer, self.state = ClipWriter(self.loaded), self.loaded.state

    def edit(self, make: Any, *what: Any, **fields: Any) -> Writer:
        self.state = make(self.state, *what, **fields).apply(self.state)
        return self

    def perform(self, **fields: Any) -> Writer:
        take = self.state.takes[0]
        assert take.performance is not None
        return self.edit(e.change_take, take.id, performance=replace(take.performance, **fields))

    def save(self, look: bool = False) -> SaveResult:
        result = self.writer.save(self.state, look)
        if result.merged is not None:
            assert result.saved is not None
            self.state, clashes = merge_states(self.loaded, result.saved, self.state, result.merged)
            assert not clashes
            self.writer.adopt(result.version)
        return result

    @property
    def take(self) -> Performance:
        found = self.state.takes[0].performance
        assert found is not None
        return found


def pair(dataset: Dataset) -> tuple[Writer, Writer]:
    return Writer(dataset), Writer(dataset)


def files(dataset: Dataset) -> list[str]:
    folder = dataset.root / "clips" / "c1"
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_two_who_change_one_take_both_have_their_way(dataset: Dataset) -> None:
    one, two = pair(dataset)
    keys = one.take.keys
    one.perform(keys=(keys[0], replace(keys[1], manual={"JawOpen": 0.9}), keys[2]), strength={"jaw": 0.5})
    two.perform(keys=(replace(keys[0], ease="hold"), *keys[1:]), layers=Layers(True), strength={"brows": 2.0})
    two.edit(e.change_take, "t-1", name="renamed")
    for writer in (one, two, one):
        assert not writer.save(look=True).clashes
    assert one.state.takes == two.state.takes == load(dataset).state.takes
    assert one.take.strength == {"jaw": 0.5, "brows": 2.0} and one.take.layers.blinks
    assert (one.take.keys[0].ease, one.take.keys[1].manual) == ("hold", {"JawOpen": 0.9})
    assert one.state.takes[0].name == "renamed"


def test_renaming_a_take_keeps_what_git_pulled(dataset: Dataset) -> None:
    one, two = pair(dataset)
    path = one.loaded.place.take_file("t-1")
    pulled = json.loads(path.read_text())
    pulled["performance"]["strength"] = {"jaw": 0.25}
    pulled["of a plugin"] = 1
    path.write_text(json.dumps(pulled))
    one.edit(e.change_take, "t-1", name="mine").save()
    after = json.loads(path.read_text())
    assert (after["name"], after["performance"]["strength"], after["of a plugin"]) == (
        "mine",
        {"jaw": 0.25},
        1,
    )
    assert one.take.strength == {"jaw": 0.25}
    two.save(look=True)
    assert two.state == one.state


def test_a_clash_keeps_mine_in_the_file_and_theirs_to_choose_from(dataset: Dataset) -> None:
    one, two = pair(dataset)
    one.edit(e.change_keyframe, "k-1", description="one's", note="one's note").save()
    two.edit(e.change_keyframe, "k-1", description="two's")
    (clash,) = two.save().clashes
    assert (clash.path, clash.mine, clash.theirs) == (("keyframes", "k-1", "description"), "two's", "one's")
    assert still_open(two.state, two.loaded) == [clash]
    (keyframe,) = two.state.keyframes
    assert (keyframe.description, keyframe.note) == ("two's", "one's note")
    assert load(dataset).state == two.state
    kept = [backup.path.read_text() for backup in Backups(two.loaded.place).all("anna.json")]
    assert any("one's" in text for text in kept)
    one.save(look=True)
    assert one.state == two.state
    assert files(dataset) == ["annotations/anna.json", "clip.json", "takes/t-1.csv", "takes/t-1.json"]


def test_the_same_field_of_clip_json(dataset: Dataset) -> None:
    one, two = pair(dataset)
    one.edit(e.change_clip, script="one's", emotion="joy", tags=("a",)).save()
    two.edit(e.change_clip, script="two's", background="a room", tags=("b",))
    (clash,) = two.save().clashes
    assert (clash.part, clash.path, clash.theirs) == ("clip", ("script",), "one's")
    clip = load(dataset).state.clip
    assert (clip.script, clip.emotion, clip.background, clip.tags) == ("two's", "joy", "a room", ("b", "a"))
    assert json.loads(two.loaded.place.clip_file.read_text())["ours"] == {"deep": [1, None]}  # type: ignore[union-attr]


@pytest.mark.parametrize("deleter_first", [True, False])
def test_deleting_what_the_other_changes_is_a_clash(dataset: Dataset, deleter_first: bool) -> None:
    deleter, changer = pair(dataset)
    deleter.edit(e.delete_keyframe, "k-1").edit(e.change_take, "t-1", deleted=True)
    changer.edit(e.change_keyframe, "k-1", description="new").perform(strength={"jaw": 0.5})
    first, second = (deleter, changer) if deleter_first else (changer, deleter)
    first.save()
    clashes = second.save().clashes
    assert [(clash.part, clash.path[-1]) for clash in clashes] == [
        ("annotation", "k-1"),
        ("take t-1", "deleted"),
    ]
    assert second.take.strength == {"jaw": 0.5}
    assert bool(second.state.keyframes) is deleter_first
    assert second.state.takes[0].deleted is not deleter_first


def test_what_others_did_can_be_undone_here(dataset: Dataset) -> None:
    one, two = pair(dataset)
    before = two.state
    one.edit(e.add_keyframe, 3.0).edit(e.change_keyframe, "k-1", note="one's").save()
    two.save(look=True)
    assert two.state == one.state
    two.state = before
    two.save()
    assert load(dataset).state.keyframes == before.keyframes


def test_a_take_of_others_comes_in_and_goes_nowhere(dataset: Dataset) -> None:
    one, two = pair(dataset)
    one.edit(e.add_take, TakeInfo("t-2", "two", "2027", performance=one.take)).save()
    two.edit(e.add_keyframe, 9.0).save()
    assert [take.id for take in load(dataset).state.takes if not take.deleted] == ["t-1", "t-2"]
    two.save(look=True)
    assert two.state.takes == one.state.takes
    assert not two.save(look=True).written


def test_edits_between_a_save_and_taking_in_are_no_answer_to_it(dataset: Dataset) -> None:
    one, two = pair(dataset)
    one.edit(e.add_keyframe, 3.0, description="one's").save()
    two.edit(e.add_keyframe, 4.0)
    first = two.writer.save(two.state)
    assert first.merged is not None
    two.edit(e.add_keyframe, 5.0)
    second = two.writer.save(two.state)
    assert second.merged is None, "one after the other"
    assert [k.time for k in load(dataset).state.keyframes] == [1.0, 3.0, 4.0, 5.0]
    # What was met first is taken in late, after the second save.
    two.state, clashes = merge_states(two.loaded, first.saved, two.state, first.merged)
    two.writer.adopt(first.version)
    two.save()
    assert not clashes and two.state == load(dataset).state
    assert [k.time for k in two.state.keyframes] == [1.0, 3.0, 4.0, 5.0]


def test_what_others_change_again_while_it_is_taken_in_is_no_clash(dataset: Dataset) -> None:
    one, two = pair(dataset)
    met = []
    for number in range(4):
        one.edit(e.change_keyframe, "k-1", note=f"one's {number}").save()
        two.edit(e.add_keyframe, 10.0 + number)
        met.append(two.writer.save(two.state))
    for result in met:
        assert not result.clashes
        if result.merged is not None:
            two.state, clashes = merge_states(two.loaded, result.saved, two.state, result.merged)
            assert not clashes
            two.writer.adopt(result.version)
    for writer in (two, one, two):
        assert not writer.save(look=True).clashes
    assert two.state == one.state == load(dataset).state
    assert two.state.keyframes[0].note == "one's 3"
    assert [k.time for k in two.state.keyframes] == [1.0, 10.0, 11.0, 12.0, 13.0]


def test_unknown_keys_of_others_stay(dataset: Dataset) -> None:
    (one, _two), path = pair(dataset), load(dataset).place.annotation_file
    data = json.loads(path.read_text())
    path.write_text(json.dumps({**data, "of a plugin": {"a": 1}}))
    for time in (2.0, 3.0):
        one.edit(e.add_keyframe, time).save()
    after = json.loads(path.read_text())
    assert after["of a plugin"] == {"a": 1} and len(after["keyframes"]) == 3


def test_a_file_that_is_gone_takes_nothing_with_it(dataset: Dataset) -> None:
    one, _two = pair(dataset)
    before = one.state
    for path in (one.loaded.place.annotation_file, one.loaded.place.take_file("t-1")):
        path.unlink()
    assert one.save(look=True).merged is None and one.state == before
    one.edit(e.add_keyframe, 2.0).save()
    assert len(load(dataset).state.keyframes) == 2


@pytest.mark.slow
@pytest.mark.parametrize("broken", [b"", b"{ broken", b"\0" * 100, b"[1]", b"\xff\xfe{"])
def test_a_file_that_others_broke_is_kept_and_replaced(dataset: Dataset, broken: bytes) -> None:
    one, _two = pair(dataset)
    path = one.loaded.place.annotation_file
    path.write_bytes(broken)
    assert one.save(look=True).merged is None
    one.edit(e.add_keyframe, 2.0).save()
    assert len(load(dataset).state.keyframes) == 2
    assert broken in [backup.path.read_bytes() for backup in Backups(one.loaded.place).all("anna.json")]


def test_a_file_of_a_newer_version_is_never_replaced(dataset: Dataset) -> None:
    one, _two = pair(dataset)
    path = one.loaded.place.annotation_file
    path.write_text('{"version": 9}')
    one.save(look=True)
    with pytest.raises(DatasetError, match="newer version"):
        one.edit(e.add_keyframe, 2.0).save()
    assert path.read_text() == '{"version": 9}'


def test_who_does_not_take_turns_and_saves_what_was_before_undoes_nothing(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _two = pair(dataset)
    path = one.loaded.place.annotation_file
    old = json.loads(path.read_text())
    one.edit(e.add_keyframe, 2.0, description="one's").save()
    # Another machine had read the file before that save, and writes after it.
    old["keyframes"].append({"id": "k-far", "time": 5.0, "description": "far away"})
    path.write_text(json.dumps(old))
    one.save(look=True)
    one.edit(e.add_keyframe, 7.0).save()
    assert [k.time for k in load(dataset).state.keyframes] == [1.0, 2.0, 5.0, 7.0]


def test_without_locks_a_file_is_looked_at_last_before_it_is_replaced(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = pair(dataset)
    replace_now = atomic_write

    def late(path: Path, data: bytes, before_replacing: Any) -> None:
        if path.name == "anna.json" and two.writer is not None:
            monkeypatch.setattr(shared_file, "atomic_write", replace_now)
            two.edit(e.add_keyframe, 4.0).save()
        replace_now(path, data, before_replacing)

    monkeypatch.setenv("KFSTUDIO_STATE_DIR", "/dev/null/none")
    monkeypatch.setattr(shared_file, "atomic_write", late)
    one.edit(e.add_keyframe, 2.0).save()
    assert [k.time for k in load(dataset).state.keyframes] == [1.0, 2.0, 4.0]


def test_no_lock_is_left_in_the_dataset(dataset: Dataset, own_folders: Path) -> None:
    one, two = pair(dataset)
    for number in range(5):
        one.edit(e.add_keyframe, 10.0 + number).save()
        two.edit(e.change_clip, script=str(number)).save()
    assert not [name for name in files(dataset) if "lock" in name or name.startswith(".")]
    assert undecided(one.loaded.place) == []


def test_marks_of_git_in_a_file_are_read_from_both_sides(dataset: Dataset) -> None:
    one, _two = pair(dataset)
    path = one.loaded.place.annotation_file
    text = path.read_text()
    sides = [text.replace("as it was", words) for words in ("ours", "theirs")]
    path.write_text(marked(*sides))
    loaded = load(dataset)
    assert [k.description for k in loaded.state.keyframes] == ["ours"]
    assert any("git" in finding.what for finding in loaded.findings)
    opened = open_clip(loaded)
    assert opened.saver.close()
    assert "<<<<" not in path.read_text() and len(load(dataset).state.keyframes) == 1
    (clash,) = still_open(loaded.state, loaded)
    assert (clash.mine, clash.theirs) == ("ours", "theirs")
    assert any("<<<<" in b.path.read_text() for b in Backups(loaded.place).all("anna.json"))


@pytest.mark.parametrize("kind", ["clip", "take"])
def test_marks_of_git_in_words_and_takes(dataset: Dataset, kind: str) -> None:
    place = load(dataset).place
    path = place.take_file("t-1") if kind == "take" else place.clip_file
    assert path is not None
    old = '"one"' if kind == "take" else '"first"'
    text = json.dumps(json.loads(path.read_text()), indent=1)
    path.write_text(marked(text.replace(old, '"ours"'), text.replace(old, '"theirs"')))
    dataset.reload()
    assert dataset.clips[0].fault is None
    opened = open_clip(load(dataset))
    assert opened.saver.close()
    (clash,) = still_open(opened.loaded.state, opened.loaded)
    assert (clash.mine, clash.theirs) == ("ours", "theirs")
    assert "<<<<" not in path.read_text()


def test_marks_of_git_that_part_no_two_files_are_told_as_what_they_are(dataset: Dataset) -> None:
    path = load(dataset).place.annotation_file
    path.write_text("{\n<<<<<<< HEAD\n'a': 1\n=======\n>>>>>>> colleague\n}\n")
    with pytest.raises(DatasetError, match="git left the marks of an unfinished merge"):
        load(dataset)


def test_marks_of_git_that_come_under_an_open_clip(dataset: Dataset) -> None:
    one, _two = pair(dataset)
    path = one.loaded.place.annotation_file
    text = path.read_text()
    one.edit(e.add_keyframe, 8.0, description="mine").save()
    path.write_text(marked(text.replace("as it was", "ours"), text.replace("as it was", "theirs")))
    one.edit(e.add_keyframe, 9.0).save()
    state = load(dataset).state
    assert {"mine", "ours", ""} == {k.description for k in state.keyframes}
    assert [clash.theirs for clash in still_open(one.state, one.loaded)] == ["theirs"]


def marked(ours: str, theirs: str) -> str:
    """As git writes a line on which two branches differ."""
    lines = []
    for mine, other in zip(ours.splitlines(), theirs.splitlines(), strict=True):
        if mine == other:
            lines.append(mine)
        else:
            lines += ["<<<<<<< HEAD", mine, "=======", other, ">>>>>>> colleague"]
    return "\n".join(lines) + "\n"


def test_states_merge_as_their_files_do(dataset: Dataset) -> None:
    loaded = load(dataset)
    base = loaded.state
    mine = e.add_keyframe(base, 2.0).apply(base)
    theirs = e.set_status(base, "done").apply(e.add_span(base, 0, 1, "joy").apply(base))
    merged, clashes = merge_states(loaded, base, mine, theirs)
    assert not clashes and isinstance(merged, ClipState)
    assert (merged.status, len(merged.spans), merged.keyframes) == ("done", 1, mine.keyframes)
    assert merge_states(loaded, base, base, base) == (base, [])
