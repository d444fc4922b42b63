"""Backups, and a saver that keeps going."""

from __future__ import annotations

import threading
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
from annotator.core.storage.recovery import open_clip


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
    gone = thinned(backups)
    kept = sorted((b for b in backups if b not in gone), key=lambda b: b.made, reverse=True)
    newest = sorted(backups, key=lambda b: b.made, reverse=True)
    assert kept[:10] == newest[:10]
    assert len(kept) <= 20
    assert thinned(kept) == []
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
    for time in (1.0, 2.0):
        edit = e.add_keyframe(state, time)
        state = edit.apply(state)
        opened.saver.submit(state, edit)
        assert opened.saver.flush()
    assert opened.saver.close()
    assert dataset.load_clip("c1").state == state
