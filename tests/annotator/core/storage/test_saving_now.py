"""A clip is read after what this process still saves of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from annotator.core import edits as e
from annotator.core.document import Document
from annotator.core.storage.dataset import Dataset
from annotator.core.storage.recovery import open_clip
from annotator.core.storage.saving_now import wait_until_saved
from tests.systems import file_size_limit
from viewer.core.cancel import CancelToken
from viewer.core.errors import Cancelled


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    made = Dataset.create(tmp_path / "data", annotator_id="anna")
    folder = made.root / "clips" / "c1"
    folder.mkdir()
    (folder / "clip.json").write_text("{}")
    made.reload()
    return made


def test_reading_waits_for_the_saver_and_what_was_read_before_is_old(dataset: Dataset) -> None:
    before = dataset.load_clip("c1")
    opened = open_clip(before, delay=60)
    document = Document(opened.loaded.state, "anna")
    document.subscribe(lambda change: opened.saver.submit(document.state, change.edit))
    document.apply(e.add_keyframe(document.state, 1.0))
    assert not before.outdated and not dataset.load_clip("c1").state.keyframes
    wait_until_saved(dataset.root, "c1", CancelToken())
    now = dataset.load_clip("c1")
    assert now.state == document.state and before.outdated and not now.outdated
    opened.saver.close()
    assert not now.outdated


def test_a_saver_that_cannot_save_keeps_nobody_waiting(dataset: Dataset) -> None:
    opened = open_clip(dataset.load_clip("c1"), delay=60)
    document = Document(opened.loaded.state, "anna")
    document.subscribe(lambda change: opened.saver.submit(document.state, change.edit))
    document.apply(e.add_keyframe(document.state, 1.0, description="x" * 500))
    with file_size_limit(20):
        wait_until_saved(dataset.root, "c1", CancelToken())
    assert opened.saver.unsaved
    wait_until_saved(dataset.root, "c1", CancelToken())
    assert opened.saver.close()


def test_waiting_can_be_given_up(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = open_clip(dataset.load_clip("c1"), delay=60)
    monkeypatch.setattr(opened.saver, "flush", lambda timeout: False)
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        wait_until_saved(dataset.root, "c1", token)
    monkeypatch.undo()
    opened.saver.close()
