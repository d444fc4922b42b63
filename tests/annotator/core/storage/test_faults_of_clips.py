"""Whatever is wrong with one clip: the dataset opens, the clip says so, and nothing of it vanishes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from annotator.core import edits as e
from annotator.core.model import Performance, TakeInfo, TakeKey
from annotator.core.storage.clip_writer import ClipWriter
from annotator.core.storage.dataset import Dataset, dataset_facts
from annotator.core.storage.journal import Journal, read_journal
from annotator.core.storage.recovery import open_clip
from annotator.core.storage.validate import validate
from tests.systems import make_link, needs_permissions
from viewer.core.errors import StudioError

DEEP = b'{"a":' * 5000 + b"1" + b"}" * 5000
QUITE_DEEP = b'{"a":' * 500 + b"1" + b"}" * 500
Break = Callable[[Path], None]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = Dataset.create(tmp_path / "data", annotator_id="anna")
    for id in ("a", "broken", "c"):
        folder = made.root / "clips" / id
        folder.mkdir()
        (folder / "clip.json").write_text('{"script": "words"}')
        made.reload()
        loaded = made.load_clip(id)
        state = e.add_keyframe(loaded.state, 1.0, description="here").apply(loaded.state)
        take = TakeInfo("t-1", "one", "2026", performance=Performance((TakeKey(1.0, {"JawOpen": 0.5}),)))
        ClipWriter(loaded).save(e.add_take(state, take).apply(state))
    return made.root


def _looped(name: str) -> Break:
    def break_it(folder: Path) -> None:
        path = folder / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
        make_link(path, path)

    return break_it


def _written(name: str, data: bytes) -> Break:
    def break_it(folder: Path) -> None:
        (folder / name).write_bytes(data)

    return break_it


ANNOTATION, TAKE = "annotations/anna.json", "takes/t-1.json"
HARMFUL: dict[str, Break] = {
    "the clip leads to itself": _looped(""),
    "its words lead to themselves": _looped("clip.json"),
    "the annotation leads to itself": _looped(ANNOTATION),
    "the annotations lead to themselves": _looped("annotations"),
    "the takes lead to themselves": _looped("takes"),
    "a take leads to itself": _looped(TAKE),
    "deep words": _written("clip.json", DEEP),
    "quite deep words": _written("clip.json", QUITE_DEEP),
    "a deep annotation": _written(ANNOTATION, DEEP),
    "a quite deep annotation": _written(ANNOTATION, QUITE_DEEP),
    "a deep take": _written(TAKE, DEEP),
    "a cut take": _written(TAKE, b'{"name": "on'),
    "a number past all digits": _written(ANNOTATION, b'{"keyframes": [' + b"9" * 6000 + b"]}"),
}


@pytest.mark.parametrize("break_it", HARMFUL.values(), ids=list(HARMFUL))
def test_a_fault_stays_in_its_clip_and_is_said(root: Path, break_it: Break) -> None:
    break_it(root / "clips" / "broken")
    _check_said(root)


@needs_permissions
@pytest.mark.parametrize("name", ["", "clip.json", "annotations", ANNOTATION, "takes", TAKE])
def test_what_may_not_be_read_stays_in_its_clip(root: Path, name: str) -> None:
    path = root / "clips" / "broken" / name
    mode = path.stat().st_mode
    path.chmod(0)
    try:
        _check_said(root)
    finally:
        path.chmod(mode)


def _check_said(root: Path) -> None:
    dataset = Dataset.open(root, "anna")
    entries = {entry.id: entry for entry in dataset.clips}
    assert list(entries) == ["a", "broken", "c"]
    for id in ("a", "c"):
        assert entries[id].fault is None
        assert len(dataset.load_clip(id).state.keyframes) == 1
    fault = entries["broken"].fault
    if fault is None:
        try:
            faults = dataset.load_clip("broken").faults
        except StudioError as raised:
            faults = (raised,)
        assert faults, "it opens as if nothing were wrong"
    found = [finding for finding in validate(root).findings if finding.level == "error"]
    assert found and all(finding.where.startswith("broken") for finding in found)
    facts = dataset_facts(root)
    assert facts["clips"] == 3 and isinstance(facts["faults"], list)
    if fault is not None:
        assert facts["broken"] == 1 and facts["faults"][0].startswith("broken: ")


@pytest.mark.parametrize(
    "data",
    [
        b'\xef\xbb\xbf{"status": "done"}',
        '{"status": "done"}'.encode("utf-16"),
        '{"status": "done"}'.encode("utf-16-le"),
        '{"status": "done", "x": "\ud800"}'.encode("utf-8", "surrogatepass"),
        b'{"status": "done", "x": "\\ud800"}',
        b'{"status": "done", "x": NaN, "y": 1e999, "z": ' + b"9" * 400 + b"}",
        b'{"status": "done", "keyframes": null, "emotions": {"a": 1}, "clip": 3}',
        b'{"status": "new", "status": "done"}',
    ],
)
def test_odd_json_is_read_or_refused_and_written_again(root: Path, data: bytes) -> None:
    dataset = Dataset.open(root, "anna")
    path = root / "clips" / "broken" / "annotations" / "anna.json"
    path.write_bytes(data)
    assert {entry.id for entry in Dataset.open(root, "anna").clips} == {"a", "broken", "c"}
    try:
        loaded = dataset.load_clip("broken")
    except StudioError:
        assert "\ud800".encode("utf-8", "surrogatepass") in data
        return
    assert loaded.state.status == "done"
    ClipWriter(loaded).save(e.add_keyframe(loaded.state, 3.0).apply(loaded.state))
    assert json.loads(path.read_bytes())["status"] == "done"
    assert len(dataset.load_clip("broken").state.keyframes) == 1


LINE = {"seq": 1, "at": "2026-01-01T00:00:00", "title": "x"}


@pytest.mark.parametrize(
    "items",
    [
        3,
        "text",
        [3],
        [["keyframe", "k"]],
        [{"kind": "keyframe", "id": 3, "before": None, "after": {}}],
        [{"kind": "keyframe", "id": "k", "before": None, "after": 7}],
        [{"kind": "keyframe", "id": "k", "before": None, "after": {"id": "other", "time": 1}}],
        [{"kind": "keyframe", "id": "k", "before": {"id": "k", "time": 1.0}, "after": {"time": "soon"}}],
        [{"kind": "span", "id": "e", "before": None, "after": []}],
        [{"kind": "take", "id": "../t", "before": None, "after": {}}],
        [{"kind": "take", "id": "t", "before": None, "after": [1]}],
        [{"kind": "clip", "id": "c", "before": None, "after": {}}],
        [{"kind": "status", "id": "status", "before": "new", "after": 5}],
        [{"kind": "status", "id": "status", "before": "new", "after": None}],
        [{"kind": "begun", "id": "begun", "before": None, "after": {"start": "x"}}],
        [{"kind": "nothing", "id": "x", "before": None, "after": None}],
    ],
)
def test_a_journal_line_of_another_type_keeps_no_clip_from_opening(root: Path, items: object) -> None:
    loaded = Dataset.open(root, "anna").load_clip("broken")
    journal = Journal.acquire(loaded.place)
    edit = e.add_keyframe(loaded.state, 5.0, description="good")
    journal.append(edit)
    journal.close()
    with journal.path.open("ab") as file:
        file.write(json.dumps({**LINE, "items": items}).encode() + b"\n")
        file.write(json.dumps({**LINE, "seq": 1e400, "items": []}).encode() + b"\n")
    assert read_journal(journal.path).torn == 2
    opened = open_clip(Dataset.open(root, "anna").load_clip("broken"))
    assert [k.description for k in opened.loaded.state.keyframes] == ["here", "good"]
    assert opened.loaded.state.status == "new"
    assert opened.saver.close()
