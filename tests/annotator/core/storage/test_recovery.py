"""What is left after the process was killed, the disk was full, or two windows were at work."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from annotator.core import edits as e
from annotator.core.document import Document
from annotator.core.model import ClipState, TakeInfo
from annotator.core.performance import (
    Layers,
    Performance,
    TakeKey,
    derive,
    derived_track,
    with_performance,
)
from annotator.core.storage.backups import Backups
from annotator.core.storage.clashes import still_open
from annotator.core.storage.clip_writer import SaveResult
from annotator.core.storage.dataset import Dataset
from annotator.core.storage.journal import journals_of, read_journal, unsaved_work
from annotator.core.storage.loading import LoadedClip
from annotator.core.storage.recovery import OpenClip, open_clip
from tests.systems import file_size_limit
from viewer.core.errors import StudioError
from viewer.core.formats import read

PROJECT = Path(__file__).resolve().parents[4]


@pytest.fixture(autouse=True)
def state_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "state"
    monkeypatch.setenv("KFSTUDIO_STATE_DIR", str(folder))
    return folder


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    made = Dataset.create(tmp_path / "data", annotator_id="anna")
    folder = made.root / "clips" / "c1"
    folder.mkdir()
    (folder / "clip.json").write_text('{"script": "first", "ours": {"deep": [1, null]}}')
    made.reload()
    return made


class Window:
    """What the session does with an open clip, without a window."""

    def __init__(self, loaded: LoadedClip, delay: float = 60.0) -> None:
        self.failed: list[StudioError] = []
        self.saved: list[SaveResult] = []
        self.opened: OpenClip = open_clip(
            loaded, on_failed=self.failed.append, on_saved=self.saved.append, delay=delay
        )
        self.saver = self.opened.saver
        self.document = Document(self.opened.loaded.state, "anna")
        self.document.subscribe(lambda c: self.saver.submit(self.document.state, c.edit))

    @property
    def state(self) -> ClipState:
        return self.document.state

    def add(self, time: float, **fields: Any) -> str:
        edit = e.add_keyframe(self.state, time, **fields)
        self.document.apply(edit)
        return edit.id


def as_after_a_crash(window: Window) -> None:
    """Give the journal back as a killed process does, its edits unsaved."""
    journal = window.saver.journal_path.read_bytes()
    window.saver.close()
    window.saver.journal_path.write_bytes(journal)


@pytest.mark.slow
def test_killed_again_and_again_nothing_told_as_done_is_lost(dataset: Dataset) -> None:
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    chance = random.Random(5)
    keyframes: dict[str, str] = {}
    script = "first"
    for seed in range(8):
        script_file = PROJECT / "tests" / "annotator" / "core" / "storage" / "crash_worker.py"
        command = [sys.executable, str(script_file), str(dataset.root), "c1"]
        worker = subprocess.Popen([*command, str(seed)], stdout=subprocess.PIPE, env=environment, text=True)
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
        lines = [worker.stdout.readline() for _ in range(chance.randrange(1, 200))]
        worker.kill()
        lines += worker.stdout.readlines()
        worker.wait()
        worker.stdout.close()
        for line in lines:
            if not line.endswith("\n"):
                continue
            kind, id, what = line.rstrip("\n").split("\t")
            if kind == "clip":
                script = what
            elif what:
                keyframes[id] = what
            else:
                keyframes.pop(id)

        for file in dataset.root.rglob("*.json"):
            json.loads(file.read_bytes())
        window = Window(dataset.load_clip("c1"))
        found = {k.id: repr(k.time) for k in window.state.keyframes}
        # The very last edit may have been made but not been told before the kill.
        differing = set(found.items()) ^ set(keyframes.items())
        assert len({id for id, _ in differing}) <= 1
        assert window.state.clip.script == script or not differing
        keyframes, script = found, window.state.clip.script
        assert window.saver.close()
        assert not journals_of(window.opened.loaded.place)
        saved = dataset.load_clip("c1").state
        assert saved == window.state
    assert not list(dataset.root.rglob("*.conflict-*"))
    clip_json = json.loads((dataset.root / "clips/c1/clip.json").read_bytes())
    assert clip_json["ours"] == {"deep": [1, None]}


def test_the_next_start_says_what_came_back(dataset: Dataset) -> None:
    window = Window(dataset.load_clip("c1"))
    for time in (1.0, 2.0, 3.0):
        window.add(time)
    assert not dataset.load_clip("c1").state.keyframes
    as_after_a_crash(window)
    dataset.load_clip("c1").place.annotation_file.unlink()

    (work,) = unsaved_work()
    assert (work.clip, work.annotator_id, len(work.edits)) == ("c1", "anna", 3)
    again = Window(dataset.load_clip("c1"))
    assert again.state == window.state
    assert again.opened.recovered.startswith("Recovered 3 edits made ")
    again.saver.close()
    third = Window(dataset.load_clip("c1"))
    assert (third.opened.recovered, third.state) == ("", window.state)
    assert not third.opened.loaded.findings and third.saver.slot == 0
    third.saver.close()


def test_only_what_was_not_saved_counts_as_recovered(dataset: Dataset) -> None:
    window = Window(dataset.load_clip("c1"))
    window.add(1.0)
    journal = window.saver.journal_path.read_bytes()
    assert window.saver.flush()
    window.add(2.0)
    last = window.saver.journal_path.read_bytes()
    file = window.opened.loaded.place.annotation_file
    saved_once = file.read_bytes()
    window.saver.close()
    file.write_bytes(saved_once)
    window.saver.journal_path.write_bytes(journal + last)
    again = Window(dataset.load_clip("c1"))
    assert len(again.state.keyframes) == 2
    again.saver.close()


def test_a_torn_last_line_costs_only_that_edit(dataset: Dataset) -> None:
    window = Window(dataset.load_clip("c1"))
    window.add(1.0)
    window.add(2.0)
    as_after_a_crash(window)
    dataset.load_clip("c1").place.annotation_file.unlink()
    path = window.saver.journal_path
    path.write_bytes(path.read_bytes()[:-40])
    assert read_journal(path).torn == 1
    again = Window(dataset.load_clip("c1"))
    assert [k.time for k in again.state.keyframes] == [1.0]
    again.saver.close()


@pytest.mark.parametrize("garbage", [b"", b"\0" * 5000, b"{", b"[]\n1\n\xff\xfe\n", b'{"items": 3}\n'])
def test_a_broken_journal_never_keeps_a_clip_from_opening(dataset: Dataset, garbage: bytes) -> None:
    window = Window(dataset.load_clip("c1"))
    window.saver.close()
    window.saver.journal_path.write_bytes(garbage)
    again = Window(dataset.load_clip("c1"))
    assert (again.opened.recovered, again.state.keyframes) == ("", ())
    assert unsaved_work() == []
    assert again.saver.close()


def test_work_changed_elsewhere_after_the_crash_is_kept_and_so_is_ours(dataset: Dataset) -> None:
    window = Window(dataset.load_clip("c1"))
    id = window.add(1.0, description="as saved")
    window.saver.flush()
    window.document.apply(e.change_keyframe(window.state, id, description="mine"))
    window.add(5.0)
    journal = window.saver.journal_path.read_bytes()
    file = window.opened.loaded.place.annotation_file
    theirs = file.read_text().replace("as saved", "theirs")
    window.saver.close()
    file.write_text(theirs)
    window.saver.journal_path.write_bytes(journal)

    again = Window(dataset.load_clip("c1"))
    assert {k.description for k in again.state.keyframes} == {"mine", ""}
    assert "made elsewhere since" in again.opened.recovered
    (clash,) = still_open(again.state, again.opened.loaded)
    assert (clash.path, clash.mine, clash.theirs) == (("keyframes", id, "description"), "mine", "theirs")
    again.saver.close()
    assert [path.name for path in file.parent.iterdir()] == ["anna.json"]
    assert "theirs" in Backups(again.opened.loaded.place).all()[0].path.read_text()


def test_what_was_saved_of_a_journal_is_no_clash_with_what_others_did_then(dataset: Dataset) -> None:
    window = Window(dataset.load_clip("c1"))
    id = window.add(1.0, description="first")
    window.document.apply(e.change_keyframe(window.state, id, description="second"))
    journal = window.saver.journal_path.read_bytes()
    assert window.saver.flush()
    window.document.apply(e.change_keyframe(window.state, id, description="third"))
    journal += window.saver.journal_path.read_bytes()
    window.saver.close()
    file = window.opened.loaded.place.annotation_file
    data = json.loads(file.read_text())
    data["keyframes"][0] |= {"description": "second", "note": "theirs"}
    file.write_text(json.dumps(data))
    window.saver.journal_path.write_bytes(journal)
    again = Window(dataset.load_clip("c1"))
    (found,) = again.state.keyframes
    assert (found.description, found.note) == ("third", "theirs")
    assert still_open(again.state, again.opened.loaded) == []
    again.saver.close()


def test_two_windows_on_one_file_end_with_one_version(dataset: Dataset) -> None:
    one, two = Window(dataset.load_clip("c1")), Window(dataset.load_clip("c1"))
    assert not one.opened.loaded.findings
    assert any("another window" in finding.what for finding in two.opened.loaded.findings)
    one.add(1.0, description="from one")
    two.add(2.0, description="from two")
    two.document.apply(e.change_clip(two.state, background="from two"))
    one.document.apply(e.change_clip(one.state, emotion="from one"))
    assert one.saver.flush() and two.saver.flush()
    two.add(3.0)
    assert two.saver.flush()
    folder = one.opened.loaded.place.annotation_file.parent
    assert [path.name for path in folder.iterdir()] == ["anna.json"]
    state = dataset.load_clip("c1").state
    assert [k.description for k in state.keyframes] == ["from one", "from two", ""]
    assert (state.clip.script, state.clip.background, state.clip.emotion) == ("first", "from two", "from one")
    one.saver.close()
    two.saver.close()
    assert unsaved_work() == []


def test_a_full_disk_loses_nothing_and_saving_goes_on(dataset: Dataset) -> None:
    window = Window(dataset.load_clip("c1"))
    for time in range(40):
        window.add(float(time), description="x" * 200)
    assert window.saver.flush()
    file = window.opened.loaded.place.annotation_file
    before = file.read_bytes()
    with file_size_limit(len(before) // 2):
        window.add(100.0)
        assert not window.saver.flush()
        assert file.read_bytes() == before
        assert window.saver.unsaved
        assert sorted(path.name for path in file.parent.iterdir()) == ["anna.json"]
        assert window.failed and "could not be saved" in window.failed[0].what
        assert len(read_journal(window.saver.journal_path).edits) == 1
    # Now not even the journal has room.
    with file_size_limit(10):
        window.add(101.0)
        assert not window.saver.flush()
    window.add(102.0)
    assert [edit.title for edit in read_journal(window.saver.journal_path).edits] == ["Add keyframe"] * 3
    assert window.saver.flush()
    assert dataset.load_clip("c1").state == window.state
    assert window.saver.close()
    assert not journals_of(window.opened.loaded.place)


def test_unsaved_edits_stay_in_the_journal_when_a_window_closes_on_a_full_disk(dataset: Dataset) -> None:
    window = Window(dataset.load_clip("c1"))
    window.add(1.0, description="y" * 3000)
    window.saver.flush()
    with file_size_limit(2000):
        window.add(2.0)
        assert not window.saver.close()
    again = Window(dataset.load_clip("c1"))
    assert again.state == window.state and "Recovered 1 edit" in again.opened.recovered
    again.saver.close()


def test_takes_and_status_come_back_too(dataset: Dataset) -> None:
    window = Window(dataset.load_clip("c1"))
    take = TakeInfo("t-1", "facs 1", "2026-01-01T00:00:00", extra={"model": "facs"})
    window.document.apply(e.add_take(window.state, take))
    window.document.apply(e.set_status(window.state, "needs review"))
    window.document.apply(e.add_span(window.state, 1, 2, "awe", intensity=5))
    as_after_a_crash(window)
    place = window.opened.loaded.place
    place.annotation_file.unlink()
    place.take_file("t-1").unlink()
    again = Window(dataset.load_clip("c1"))
    assert again.state == window.state
    assert again.saver.flush()
    again.document.apply(e.TakeEdit(take, None))
    again.saver.close()
    assert [t.deleted for t in dataset.load_clip("c1").state.takes] == [True]
    assert replace(dataset.load_clip("c1").state.takes[0], deleted=False) == take


def test_a_changed_take_comes_back_with_its_track(dataset: Dataset) -> None:
    keys = TakeKey(1.0, {"JawOpen": 0.5}), TakeKey(2.0, {"MouthSmileLeft": 0.6})
    made = TakeInfo("facs-01-abc", "Built-in 1", "2026-01-01", extra={"theirs": 7})
    first = Window(dataset.load_clip("c1"))
    first.document.apply(e.add_take(first.state, with_performance(made, Performance(keys, 3.0))))
    assert first.saver.close()

    window = Window(dataset.load_clip("c1"))
    for strength in (0.9, 0.7, 0.5):
        performance = Performance(keys, 3.0, strength={"jaw": strength}, layers=Layers(True, True, 3))
        window.document.apply(e.change_take(window.state, made.id, "slide", performance=performance))
    as_after_a_crash(window)

    again = Window(dataset.load_clip("c1"))
    (take,) = again.state.takes
    assert take.performance == performance and take.extra["theirs"] == 7
    assert again.saver.close()
    track = read(again.opened.loaded.place.take_track(made.id))
    assert np.allclose(track.values, derive(performance).values, atol=1e-5)


@pytest.mark.parametrize(
    "broken",
    [
        {"keys": "none"},
        {"keys": [{"time": 1.0, "values": {"JawOpen": "wide"}}]},
        ["keys"],
        7,
        {"keys": [{"time": 1e9}]},
        {"keys": [{"time": 900000.0}], "fps": 1000},
    ],
)
def test_a_take_with_a_broken_performance_keeps_its_track_and_its_file(
    dataset: Dataset, broken: object
) -> None:
    made = TakeInfo("facs-01-abc", "Built-in 1", "2026-01-01")
    first = Window(dataset.load_clip("c1"))
    first.document.apply(
        e.add_take(first.state, with_performance(made, Performance((TakeKey(1.0, {"JawOpen": 0.5}),), 2.0)))
    )
    assert first.saver.close()
    place = first.opened.loaded.place
    track = place.take_track(made.id).read_bytes()
    data = json.loads(place.take_file(made.id).read_bytes())
    place.take_file(made.id).write_text(json.dumps({**data, "performance": broken}), "utf-8")

    window = Window(dataset.load_clip("c1"))
    (take,) = window.state.takes
    assert derived_track(take, 90.0) is None
    window.document.apply(e.change_take(window.state, take.id, name="mine"))
    assert window.saver.close()
    after = json.loads(place.take_file(made.id).read_bytes())
    assert (after["name"], after["performance"]) == ("mine", broken)
    assert place.take_track(made.id).read_bytes() == track


def left_by_a_crash(dataset: Dataset) -> Window:
    """A window with one edit saved, killed with a second one in its journal alone."""
    window = Window(dataset.load_clip("c1"))
    window.add(1.0)
    assert window.saver.flush()
    window.add(2.0)
    journal = window.saver.journal_path.read_bytes()
    saved = window.opened.loaded.place.annotation_file.read_bytes()
    window.saver.close()
    window.opened.loaded.place.annotation_file.write_bytes(saved)
    window.saver.journal_path.write_bytes(journal)
    return window


@pytest.mark.parametrize("how", ["renamed", "copied and deleted"])
def test_edits_come_back_where_the_dataset_was_moved_to(dataset: Dataset, tmp_path: Path, how: str) -> None:
    window = left_by_a_crash(dataset)
    moved = tmp_path / "moved"
    if how == "renamed":
        dataset.root.rename(moved)
    else:
        shutil.copytree(dataset.root, moved)
        shutil.rmtree(dataset.root)
    again = Window(Dataset.open(moved, "anna").load_clip("c1"))
    assert again.state == window.state and "Recovered 1 edit" in again.opened.recovered
    assert again.saver.close() and not window.saver.journal_path.exists()
    assert Dataset.open(moved, "anna").load_clip("c1").state == window.state
    assert not dataset.root.exists()


def test_a_copy_or_another_dataset_gets_no_edits_of_the_first(dataset: Dataset, tmp_path: Path) -> None:
    window = left_by_a_crash(dataset)
    copy = shutil.copytree(dataset.root, tmp_path / "copy")
    other = Window(Dataset.open(copy, "anna").load_clip("c1"))
    assert (other.opened.recovered, len(other.state.keyframes)) == ("", 1)
    other.saver.close()
    dataset.root.rename(tmp_path / "away")
    theirs = Dataset.create(tmp_path / "theirs", annotator_id="anna")
    (theirs.root / "clips" / "c1").mkdir()
    (theirs.root / "clips" / "c1" / "clip.json").write_text("{}")
    stranger = Window(theirs.load_clip("c1"))
    assert (stranger.opened.recovered, stranger.state.keyframes) == ("", ())
    stranger.saver.close()
    assert window.saver.journal_path.exists()


def test_what_was_carried_from_another_place_is_saved_and_its_journal_removed(
    dataset: Dataset, tmp_path: Path
) -> None:
    window = Window(dataset.load_clip("c1"))
    window.add(1.0)
    moved = dataset.root.rename(tmp_path / "moved")
    assert not window.saver.flush()
    fault = window.saver.fault
    assert fault is not None and fault.gone and fault.kept
    loaded = Dataset.open(moved, "anna").load_clip("c1")
    here = open_clip(loaded, carried=window.saver.unsaved_edits(), delay=60.0)
    here.saver.inherit(window.saver.abandon())
    assert here.loaded.state == window.state
    assert here.saver.close() and unsaved_work() == [] and not dataset.root.exists()
    assert not list((tmp_path / "state" / "journals").iterdir())
