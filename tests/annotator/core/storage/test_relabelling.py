"""Renaming labels in everybody's annotations: counted, done, broken off, undone."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from annotator.core.storage import relabelling
from annotator.core.storage.clip_import import add_clip
from annotator.core.storage.dataset import Dataset
from annotator.core.storage.dataset_settings import ChangedElsewhereError, change_settings, read_settings
from annotator.core.storage.relabelling import (
    count_labels,
    finish_renaming,
    last_renaming,
    rename_labels,
    undo_renaming,
)
from annotator.core.storage.shared_file import ReplacedError, replace_file
from tests.present import present
from viewer.core.cancel import CancelToken
from viewer.core.errors import Cancelled

RENAMES = {"anger": "rage", "hope": "awe"}
"""One is renamed, one merged into a label that is there."""


def work(*labels: str) -> dict[str, Any]:
    """An annotation file with a keyframe and a span of each label, and keys that nobody knows."""
    return {
        "version": 1,
        "mine": {"deep": [1]},
        "keyframes": [{"id": f"k{n}", "time": n, "emotion": label} for n, label in enumerate(labels)],
        "emotions": [
            {"id": f"e{n}", "start": n, "end": n + 1, "label": label, "odd": 1}
            for n, label in enumerate(labels)
        ],
    }


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    made = Dataset.create(tmp_path / "data", annotator_id="anna")
    for id, files in {
        "a": {"anna": work("anger", "awe"), "ben": work("hope")},
        "b": {"anna": work("sadness")},
        "c": {"ben": work("anger", " hope ")},
    }.items():
        add_clip(made, id=id)
        folder = made.root / "clips" / id / "annotations"
        folder.mkdir()
        for name, data in files.items():
            (folder / f"{name}.json").write_text(json.dumps(data))
    broken = made.root / "clips" / "b" / "annotations"
    (broken / "cut.json").write_text('{"version": 1, "keyfr')
    (broken / "newer.json").write_text(json.dumps({**work("anger"), "version": 99}))
    return made


def labels(dataset: Dataset, clip: str, name: str) -> list[str]:
    data = json.loads((dataset.root / "clips" / clip / "annotations" / f"{name}.json").read_text())
    return [k["emotion"] for k in data["keyframes"]] + [e["label"] for e in data["emotions"]]


def everything(dataset: Dataset) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in sorted(dataset.root.rglob("*.json"))}


def renamed(dataset: Dataset, cancel: CancelToken | None = None) -> relabelling.Relabelled:
    before = read_settings(dataset.root / "dataset.json")
    vocabulary = before.vocabulary.renamed("anger", "rage").removed("hope")
    return rename_labels(dataset, RENAMES, before, replace(before, vocabulary=vocabulary), cancel=cancel)


def test_all_files_are_renamed_as_one_step_and_back(dataset: Dataset) -> None:
    before = everything(dataset)
    counted = count_labels(dataset, RENAMES)
    assert everything(dataset) == before, "counting changes nothing"
    assert counted.marks == {"anger": 4, "hope": 4} and counted.files == 3
    assert counted.people == ("anna", "ben")
    assert sorted(f.where for f in counted.left_out) == ["b/annotations/cut.json", "b/annotations/newer.json"]

    done = renamed(dataset)
    assert (done.marks, done.files, done.left_out) == (counted.marks, 3, counted.left_out)
    assert labels(dataset, "a", "anna") == ["rage", "awe"] * 2
    assert labels(dataset, "c", "ben") == ["rage", "awe"] * 2
    assert labels(dataset, "b", "anna") == ["sadness"] * 2
    kept = json.loads((dataset.root / "clips/a/annotations/anna.json").read_text())
    assert kept["mine"] == {"deep": [1]} and kept["emotions"][0]["odd"] == 1
    vocabulary = read_settings(dataset.root / "dataset.json").vocabulary
    assert "rage" in vocabulary and "hope" not in vocabulary and vocabulary.label_for(4) == "rage"
    record = present(last_renaming(dataset))
    assert record.finished and record.words == "“anger” to “rage”, “hope” to “awe”"

    # Somebody works on before it is undone: what they chose stays, what was awe all along stays awe.
    file = dataset.root / "clips/a/annotations/ben.json"
    data = json.loads(file.read_text())
    data["keyframes"][0]["emotion"] = "pride"
    file.write_text(json.dumps(data))
    undone = undo_renaming(Dataset.open(dataset.root), record)
    assert sum(undone.marks.values()) == 7
    assert labels(dataset, "a", "anna") == ["anger", "awe"] * 2
    assert labels(dataset, "a", "ben") == ["pride", "hope"]
    assert labels(dataset, "c", "ben") == ["anger", " hope "] * 2
    assert last_renaming(dataset) is None
    assert read_settings(dataset.root / "dataset.json").vocabulary == dataset.vocabulary


def test_what_was_broken_off_is_finished_or_undone_after_a_restart(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = everything(dataset)
    written = replace_file

    def crash(path: Path, data: bytes, seen: bytes | None) -> None:
        if path.parent.parent.name == "c":
            raise KeyboardInterrupt
        written(path, data, seen)

    for way in (finish_renaming, undo_renaming):
        monkeypatch.setattr(relabelling, "replace_file", crash)
        with pytest.raises(KeyboardInterrupt):
            renamed(dataset)
        monkeypatch.setattr(relabelling, "replace_file", written)
        again = Dataset.open(dataset.root, "anna")
        record = present(last_renaming(again))
        assert not record.finished and labels(again, "a", "anna") == ["rage", "awe"] * 2
        with record.path.open("ab") as file:
            # What a machine that lost power may have made of the record.
            file.write(b'{"file": "../../x/annotations/a.json", "marks": [["span", "e1", "a", "b"]]}\n')
            file.write(b'{"file": "c/annotations/ben.json", "marks": [["span", ["e1"], "a", 7], 3]}\n')
            file.write(b'{"file": ' + b"[" * 5000 + b'\n{"file": "c/annot')
        way(again, present(last_renaming(again)))
        if way is finish_renaming:
            assert labels(again, "c", "ben") == ["rage", "awe"] * 2
            undo_renaming(again, present(last_renaming(again)))
        assert [labels(again, *file) for file in (("a", "anna"), ("a", "ben"), ("c", "ben"))] == [
            ["anger", "awe"] * 2,
            ["hope"] * 2,
            ["anger", " hope "] * 2,
        ]
        assert {p: json.loads(b) for p, b in everything(again).items() if p.stem != "cut"} == {
            p: json.loads(b) for p, b in before.items() if p.stem != "cut"
        }


def test_others_who_write_meanwhile_lose_nothing(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    written, raced = replace_file, list[Path]()

    def race(path: Path, data: bytes, seen: bytes | None) -> None:
        if not raced and path.name == "ben.json":
            raced.append(path)
            path.write_text(json.dumps(work("anger", "pride", "hope")))
            raise ReplacedError
        written(path, data, seen)

    monkeypatch.setattr(relabelling, "replace_file", race)
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        renamed(dataset, cancel)
    assert last_renaming(dataset) is None, "nothing was written"
    renamed(dataset)
    assert labels(dataset, "a", "ben") == ["rage", "pride", "awe"] * 2
    stale = read_settings(dataset.root / "dataset.json")
    change_settings(
        dataset.root / "dataset.json", stale, replace(stale, vocabulary=stale.vocabulary.added("calm"))
    )
    unchanged = everything(dataset)
    with pytest.raises(ChangedElsewhereError):
        rename_labels(
            dataset,
            {"awe": "wonder"},
            stale,
            replace(stale, vocabulary=stale.vocabulary.renamed("awe", "wonder")),
        )
    assert everything(dataset) == unchanged
    # The labels were worked on since: undoing puts back what it took, and keeps what is new.
    undo_renaming(dataset, present(last_renaming(dataset)))
    vocabulary = read_settings(dataset.root / "dataset.json").vocabulary
    assert {"calm", "anger", "hope", "rage"} <= set(vocabulary.labels)
