"""What a newer version wrote into the shared files, and this one does not know, outlives every way in which
this one writes them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from annotator.core import edits as e
from annotator.core.comparison.votes import new_vote
from annotator.core.storage.clip_writer import ClipWriter, record_vote
from annotator.core.storage.dataset import Dataset
from annotator.core.storage.dataset_settings import change_settings, read_settings
from annotator.core.storage.media_roots import new_root
from annotator.core.storage.relabelling import rename_labels
from annotator.core.sync.clip import save_offset
from viewer.core.pose import PoseConvention

LATER = {"deep": [1, {"x": None}], "text": "é", "number": 1.5}

KEY = {"time": 0.5, "values": {"JawOpen": 0.5}, "manual": {}, "ease": "smooth"}
TAKE: dict[str, Any] = {
    "version": 1,
    "name": "One",
    "created": "2026-01-01T00:00:00+00:00",
    "request": {"background": "b", "emotion": "e", "script": "s", "descriptions": ["d"], "seed": 3},
    "answers": [{"time": 0.5, "description": "d", "notes": []}],
    "provenance": {"backend": "facs", "planner": {"backend": "server"}},
    "performance": {
        "keys": [KEY, {**KEY, "time": 1.5}],
        "duration": 2.0,
        "layers": {"blinks": True, "seed": 1},
        "locks": [{"channels": ["JawOpen"], "keys": [KEY]}],
    },
    "votes": [],
}
FILES: dict[str, dict[str, Any]] = {
    "dataset.json": {
        "format": "keyframeface-studio",
        "version": 1,
        "vocabulary": [{"label": "joy", "key": 1}, {"label": "fear"}],
        "pose": {"unit": "radians"},
        "media_roots": [{"name": "NAS", "note": "n", "id": "00ff"}],
    },
    "clips/c/clip.json": {"script": "Hello.", "background": "", "emotion": "", "video": "", "tags": ["a"]},
    "clips/c/annotations/anna.json": {
        "version": 1,
        "status": "in progress",
        "keyframes": [
            {
                "id": "k1",
                "time": 0.5,
                "emotion": "joy",
                "perspectives": {"image": {"text": "t", "model": "m"}},
            },
            {"id": "k2", "time": 1.5, "description": "d"},
        ],
        "emotions": [{"id": "e1", "start": 0.5, "end": 1.5, "label": "joy"}],
        "begun_emotion": {"id": "e2", "start": 1.7, "label": "joy"},
    },
    "clips/c/takes/t1.json": TAKE,
}
_FREE = frozenset(("values", "manual", "perspectives", "later"))
"""Objects whose keys are names of something, not fields."""


def fields_of(value: Any, name: str = "") -> Iterator[dict[str, Any]]:
    """Every object in it that has fields, in order."""
    if isinstance(value, dict):
        if name not in _FREE:
            yield value
        for key, inner in value.items():
            if key != "later":
                yield from fields_of(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from fields_of(inner, name)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A dataset in which every object has a field that this version does not know, before the others."""
    monkeypatch.setenv("KFSTUDIO_STATE_DIR", str(tmp_path / "state"))
    for name, data in FILES.items():
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(_marked(data)), "utf-8")
    return tmp_path / "data"


def _marked(value: Any, name: str = "") -> Any:
    if isinstance(value, list):
        return [_marked(inner, name) for inner in value]
    if not isinstance(value, dict):
        return value
    inside = {key: _marked(inner, key) for key, inner in value.items()}
    return inside if name in _FREE else {"later": LATER, **inside}


def read(root: Path) -> dict[str, Any]:
    return {name: json.loads((root / name).read_text("utf-8")) for name in FILES}


def edit_all(root: Path) -> None:
    """The window's way: every part of the clip is changed and saved."""
    loaded = Dataset.open(root, "anna").load_clip("c")
    state = loaded.state
    take = state.takes[0]
    performance = take.performance
    assert performance is not None
    key = replace(performance.keys[0], manual={"JawOpen": 0.25})
    keys = (key, *performance.keys[1:])
    for make in (
        lambda state: e.change_keyframe(state, "k1", note="n", emotion="fear"),
        lambda state: e.change_span(state, "e1", end=1.6),
        lambda state: e.set_status(state, "done"),
        lambda state: e.change_clip(state, script="Bye.", emotion="x"),
        lambda state: e.change_take(state, "t1", name="Two", performance=replace(performance, keys=keys)),
    ):
        edit = make(state)
        edit.validate(state)
        state = edit.apply(state)
    ClipWriter(loaded).save(state)


def vote(root: Path) -> None:
    place = Dataset.open(root, "anna").place("c")
    record_vote(place, new_vote(("t1", "recording"), "t1", voter="anna", criterion="?", seed=1))


def set_offset(root: Path) -> None:
    save_offset(Dataset.open(root, "anna"), "c", 0.25)


def change_dataset(root: Path) -> None:
    file = root / "dataset.json"
    before = read_settings(file)
    vocabulary = before.vocabulary.added("awe").with_synonyms("joy", ["glad"])
    roots = (*before.media_roots, new_root("More"))
    pose = PoseConvention(unit="degrees")
    change_settings(file, before, replace(before, vocabulary=vocabulary, media_roots=roots, pose=pose))


def rename(root: Path) -> None:
    dataset = Dataset.open(root, "anna")
    before = read_settings(root / "dataset.json")
    after = replace(before, vocabulary=before.vocabulary.renamed("joy", "glad"))
    assert rename_labels(dataset, {"joy": "glad"}, before, after).marks["joy"] == 3


@pytest.mark.parametrize(
    ("way", "new"), [(edit_all, 0), (vote, 1), (set_offset, 0), (change_dataset, 2), (rename, 0)]
)
def test_what_a_newer_version_wrote_stays(root: Path, way: Callable[[Path], None], new: int) -> None:
    before = read(root)
    way(root)
    after = read(root)
    assert after != before
    for name, data in before.items():
        was, now = list(fields_of(data)), list(fields_of(after[name]))
        now = [object_ for object_ in now if object_]
        lost = [object_ for object_ in now if object_.get("later") != LATER]
        # New things have nothing of the kind.
        assert len(lost) <= new and len(now) == len(was) + len(lost), f"{name}: {lost}"
        for object_, again in zip(was, [each for each in now if each not in lost], strict=True):
            known = [key for key in again if key in object_]
            assert known == [key for key in object_ if key in again], f"{name}: the order of {known}"
