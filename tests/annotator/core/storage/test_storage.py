"""Backups, and a saver that keeps going."""

from __future__ import annotations

import os
import threading
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotator.core import edits as e
from annotator.core.storage.backups import Backup, Backups, restore_backup, thinned
from annotator.core.storage.clip_writer import ClipWriter
from annotator.core.storage.dataset import Dataset
from annotator.core.storage.journal import journals_of
from annotator.core.storage.leftovers import remove_leftovers
from annotator.core.storage.recovery import open_clip
from annotator.core.storage.state_folder import state_folder


@pytest.fixture
def dataset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Dataset:
    monkeypatch.setenv("KFSTUDIO_STATE_DIR", str(tmp_path / "state"))
    made = Dataset.create(tmp_path / "data", annotator_id="anna")
    (made.root / "clips/c1").mkdir()
    (made.root / "clips/c1/clip.json").write_text("{}")
    made.reload()
    return made


@given(st.lists(st.integers(0, 60 * 60 * 24 * 90), min_size=0, max_size=200, unique=True))
@settings(max_examples=50, deadline=None)
def test_thinning_keeps_the_newest_and_some_old_ones(ages: list[int]) -> None:
    now = datetime(2026, 6, 1, 12, 0, 0)
    backups = [Backup(Path(str(age)), now - timedelta(seconds=age), "x") for age in ages]
    gone = thinned(backups, now)
    kept = sorted((b for b in backups if b not in gone), key=lambda b: b.made, reverse=True)
    newest = sorted(backups, key=lambda b: b.made, reverse=True)
    assert kept[:10] == newest[:10]
    assert len(kept) <= 20
    assert thinned(kept, now) == []
    if len({b.made.date() for b in backups}) > 12:
        assert len(kept) > 10


def test_the_version_before_is_kept_and_can_come_back(dataset: Dataset) -> None:
    loaded = dataset.load_clip("c1")
    writer = ClipWriter(loaded)
    first = e.add_keyframe(loaded.state, 1.0).apply(loaded.state)
    writer.save(first)
    assert Backups(loaded.place).all() == []
    second = e.add_keyframe(first, 2.0).apply(first)
    writer.save(second)
    (backup,) = Backups(loaded.place).all("anna.json")
    loaded.place.annotation_file.write_bytes(b"")
    restore_backup(loaded.place, backup)
    assert dataset.load_clip("c1").state == first
    assert len(Backups(loaded.place).all()) == 2, "the broken file is kept too"


def test_a_clock_that_once_stood_in_the_future_stops_no_backup(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = dataset.load_clip("c1")
    writer = ClipWriter(loaded)
    kept = Backups(loaded.place)
    path = loaded.place.annotation_file
    kept.folder.mkdir(parents=True)
    for day in range(1, 29):
        (kept.folder / f"209901{day:02}-120000-000000_{path.name}").write_bytes(b"{}")
    state = e.add_keyframe(loaded.state, 1.0).apply(loaded.state)
    writer.save(state)
    for at in (2.0, 3.0):
        state = e.add_keyframe(state, at).apply(state)
        writer.save(state)
    now = datetime.now().astimezone()
    ours = [backup for backup in kept.all(path.name) if backup.made <= now]
    assert len(ours) == 1, "one per minute"
    assert len(kept.all(path.name)) <= 20


def test_what_killed_saves_left_is_removed_and_nothing_else(dataset: Dataset, tmp_path: Path) -> None:
    place = dataset.load_clip("c1").place
    state, hour = state_folder(), 3700.0
    folders = [place.annotation_file.parent, place.takes_folder, place.folder, dataset.root]
    settings = tmp_path / "settings"
    folders += [Backups(place).folder, state / "journals", state / "clashes", state, settings]
    now = time.time()

    def leave(folder: Path, name: str, age: float) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / name
        path.write_bytes(b"half")
        os.utime(path, (now - age, now - age))
        return path

    old = [leave(folder, f".kfstudio-{number:016x}.tmp", hour) for number, folder in enumerate(folders)]
    old.append(leave(place.folder, ".kfstudio-00000000000000aa.tmp", -5 * 86400))
    kept = [leave(folder, f".kfstudio-{number:016x}.tmp", 60) for number, folder in enumerate(folders, 50)]
    for name in (".kfstudio-abc.tmp", "kfstudio-0000000000000001.tmp", "notes.tmp", ".kfstudio-x.json"):
        kept.append(leave(place.folder, name, 10 * hour))
    kept.append(leave(tmp_path, ".kfstudio-0000000000000001.tmp", 10 * hour))
    folder = place.folder / ".kfstudio-00000000000000bb.tmp"
    folder.mkdir()
    os.utime(folder, (now - hour, now - hour))
    assert sorted(remove_leftovers(place, settings)) == sorted(old)
    assert not any(path.exists() for path in old) and folder.is_dir()
    assert all(path.exists() for path in kept)


def test_what_killed_imports_left_is_removed_and_no_import_that_goes_on(dataset: Dataset) -> None:
    place, clips = dataset.load_clip("c1").place, dataset.root / "clips"

    def leave(name: str, of_folder: float, of_file: float) -> Path:
        folder = clips / name
        folder.mkdir()
        (folder / "a.mp4").write_bytes(b"half")
        for path, age in ((folder / "a.mp4", of_file), (folder, of_folder)):
            os.utime(path, (time.time() - age, time.time() - age))
        return folder

    left = leave(".adding-0000beef", 3700, 3700)
    # A long copy: its folder is old, its file grows.  And one whose copied file keeps its own old time.
    kept = [leave(".adding-0000aaaa", 3700, 5), leave(".adding-0000bbbb", 5, 10**8)]
    kept += [leave(".adding-more", 3700, 3700), leave("adding-0000cccc", 3700, 3700)]
    assert remove_leftovers(place) == [left] and not left.exists()
    assert all((folder / "a.mp4").exists() for folder in kept)


def test_saving_writes_only_what_changed(dataset: Dataset) -> None:
    loaded = dataset.load_clip("c1")
    writer = ClipWriter(loaded)
    assert writer.save(loaded.state).written == ()
    words = e.change_clip(loaded.state, script="new").apply(loaded.state)
    assert [path.name for path in writer.save(words).written] == ["clip.json"]
    assert not loaded.place.annotation_file.exists()
    both = e.add_keyframe(words, 1.0).apply(words)
    assert [path.name for path in writer.save(both).written] == ["anna.json"]
    assert writer.save(both).written == ()


def test_a_burst_of_edits_is_one_save(dataset: Dataset) -> None:
    saves, done = [], threading.Event()

    def saved(result: object) -> None:
        saves.append(result)
        done.set()

    opened = open_clip(dataset.load_clip("c1"), on_saved=saved, delay=0.05)
    state = opened.loaded.state
    for number in range(100):
        edit = e.add_keyframe(state, float(number))
        state = edit.apply(state)
        opened.saver.submit(state, edit)
    assert done.wait(10)
    assert opened.saver.close()
    assert len(saves) < 10
    assert dataset.load_clip("c1").state == state
    assert not journals_of(opened.loaded.place)
    assert not [thread for thread in threading.enumerate() if thread.name == "save c1"]


def test_a_listener_that_breaks_does_not_stop_the_saving(dataset: Dataset) -> None:
    def broken(*_: object) -> None:
        raise ValueError("the window is gone")

    opened = open_clip(dataset.load_clip("c1"), on_saved=broken, on_saving=broken, on_failed=broken)
    state = opened.loaded.state
    for at in (1.0, 2.0):
        edit = e.add_keyframe(state, at)
        state = edit.apply(state)
        opened.saver.submit(state, edit)
        assert opened.saver.flush()
    assert opened.saver.close()
    assert dataset.load_clip("c1").state == state
