"""Recordings that stay outside of the dataset: found, fenced, missing, moved."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from annotator.core.model import ClipInfo
from annotator.core.rules import check_clip
from annotator.core.storage import root_places
from annotator.core.storage.clip_import import add_clip, bring_in
from annotator.core.storage.dataset import Dataset, dataset_facts
from annotator.core.storage.dataset_settings import DatasetSettings, change_settings, read_settings
from annotator.core.storage.media_roots import MediaRoots, MissingRootError, holds_files_of, new_root
from annotator.core.storage.recorded import missing_file, read_recorded
from annotator.core.storage.root_places import key_of, move_roots, remember_root, roots_file
from annotator.core.storage.track_files import read_track
from annotator.core.storage.validate import validate
from tests.systems import make_link
from viewer.core.channels import CHANNEL_COUNT
from viewer.core.errors import EditError, FileError, StudioError
from viewer.core.files import read_bytes
from viewer.core.formats import write
from viewer.core.track import Track


@pytest.fixture
def nas(tmp_path: Path) -> Path:
    """A folder elsewhere with a track in it."""
    folder = tmp_path / "nas" / "2025"
    (folder / "day 1").mkdir(parents=True)
    shown = np.ones(5, bool), np.ones(CHANNEL_COUNT, bool)
    track = Track(np.arange(5) / 30, np.zeros((5, CHANNEL_COUNT), np.float32), *shown)
    write(track, folder / "day 1" / "take.csv", "livelink")
    return folder


@pytest.fixture
def dataset(tmp_path: Path, nas: Path) -> Dataset:
    """A clip whose track lies in the root NAS, which is known here."""
    made = Dataset.create(tmp_path / "data", annotator_id="anna")
    file = made.root / "dataset.json"
    before = read_settings(file)
    root = new_root("NAS", "the lab's recordings")
    change_settings(file, before, replace(before, media_roots=(root,)))
    remember_root(root.name, root.id, nas)
    made = Dataset.open(made.root, "anna")
    assert add_clip(made, track=nas / "day 1" / "take.csv", how="reference").id == "take"
    return made


def name_track(dataset: Dataset, named: str) -> None:
    (dataset.root / "clips/take/clip.json").write_text(json.dumps({"track": named}))


def test_a_file_in_a_root_is_named_read_and_never_copied(dataset: Dataset, nas: Path) -> None:
    clip = dataset.root / "clips" / "take"
    assert [file.name for file in clip.iterdir()] == ["clip.json"]
    loaded = dataset.load_clip("take")
    assert loaded.state.clip.track == "NAS:day 1/take.csv" and not loaded.faults
    assert len(read_recorded(loaded)) == 5
    assert bring_in(loaded.place, nas / "day 1" / "take.csv") == "NAS:day 1/take.csv"
    name_track(dataset, r"nas:day 1\take.csv")
    assert dataset.load_clip("take").track_path == nas / "day 1" / "take.csv"
    facts = dataset_facts(dataset.root)["media_roots"]
    assert facts == [{"name": "NAS", "note": "the lab's recordings", "folder": str(nas), "there": True}]
    assert not [f for f in validate(dataset.root).findings if f.level == "error"]
    written = json.loads((dataset.root / "dataset.json").read_text())
    assert str(nas) not in json.dumps(written), "a dataset never says where a root lies"


@pytest.mark.parametrize(
    "path",
    [
        "../secret.csv",
        "day 1/../../secret.csv",
        "/etc/passwd",
        "C:/x.csv",
        r"C:x.csv",
        r"\\server\s\x.csv",
        "",
        "day 1",
        "no\0thing.csv",
        "link.csv",
        "away/secret.csv",
    ],
)
def test_nothing_outside_of_a_root_is_reached(dataset: Dataset, nas: Path, path: str) -> None:
    (nas.parent / "secret.csv").write_bytes((nas / "day 1" / "take.csv").read_bytes())
    make_link(nas / "link.csv", nas.parent / "secret.csv")
    make_link(nas / "away", nas.parent)
    name_track(dataset, f"NAS:{path}")
    loaded = dataset.load_clip("take")
    assert loaded.track_path is None and len(loaded.faults) == 1
    assert " – " in loaded.faults[0].line()


def test_a_link_that_is_put_there_later_is_not_followed(dataset: Dataset, nas: Path) -> None:
    loaded = dataset.load_clip("take")
    secret = nas.parent / "secret.csv"
    secret.write_text("mine")
    (nas / "day 1" / "take.csv").unlink()
    make_link(nas / "day 1" / "take.csv", secret)
    with pytest.raises(StudioError, match="leads out"):
        read_recorded(loaded)
    # Other files there stay the person's own affair.
    make_link(nas / "mine.csv", secret)
    assert read_bytes(nas / "mine.csv") == b"mine"


def test_only_the_person_says_where_a_root_lies(
    dataset: Dataset, nas: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A stranger's dataset of the same name has another id, or none, and may claim a folder.
    for claim in ({"name": "NAS"}, {"name": "NAS", "id": "0" * 16, "folder": str(nas), "path": str(nas)}):
        data = json.loads((dataset.root / "dataset.json").read_text())
        (dataset.root / "dataset.json").write_text(json.dumps({**data, "media_roots": [claim]}))
        loaded = Dataset.open(dataset.root).load_clip("take")
        (fault,) = loaded.faults
        assert isinstance(fault, MissingRootError) and fault.root.name == "NAS"
        assert "nobody has said" in fault.line()
        assert missing_file(loaded, "track") is fault
    # For one process it may be said for whatever dataset.
    monkeypatch.setenv(root_places.VARIABLE, f"nas={nas}{os.pathsep}nonsense")
    assert Dataset.open(dataset.root).load_clip("take").track_path is not None
    (dataset.root / "dataset.json").write_text(json.dumps({"media_roots": [1, "x", {"name": "Ok"}, "ok"]}))
    odd = Dataset.open(dataset.root)
    assert [root.name for root in odd.roots.declared] == ["Ok"] and len(odd.findings) >= 3
    assert "no media root" in odd.load_clip("take").faults[0].line()
    before = DatasetSettings(odd.vocabulary, odd.pose, odd.roots.declared)
    change_settings(dataset.root / "dataset.json", before, replace(before, media_roots=(new_root("New"),)))
    kept = json.loads((dataset.root / "dataset.json").read_text())["media_roots"]
    assert kept[0]["name"] == "New" and 1 in kept and "x" in kept


def test_moving_the_nas_is_one_change(dataset: Dataset, nas: Path, tmp_path: Path) -> None:
    other = new_root("DATA")
    remember_root(other.name, other.id, nas.parent / "data")
    nas.parent.rename(tmp_path / "moved")
    (fault,) = dataset.load_clip("take").faults
    assert isinstance(fault, MissingRootError) and "not there now" in fault.line()
    report = validate(dataset.root)
    assert report.errors == 0 and any("media root NAS" in f.where for f in report.findings)
    assert move_roots(tmp_path / "nas", tmp_path / "moved") == 2
    assert dataset.load_clip("take").track_path == tmp_path / "moved" / "2025" / "day 1" / "take.csv"
    root = dataset.roots.declared[0]
    clips = [entry.info for entry in dataset.clips]
    assert holds_files_of(tmp_path / "moved" / "2025", root, clips) == (True, "day 1/take.csv")
    assert holds_files_of(tmp_path, root, clips) == (False, "day 1/take.csv")
    remember_root(root.name, root.id, None)
    assert key_of(root.name, root.id) not in json.loads(roots_file().read_text())["media_roots"]
    for broken in (b"", b"[1]", b'{"media_roots": [1]}', b'{"media_roots": {"nas": 3, "x": "relative"}}'):
        roots_file().write_bytes(broken)
        assert root_places.known_roots() == {}


def test_a_name_with_a_colon_stays_a_file_where_no_root_has_it(dataset: Dataset, nas: Path) -> None:
    if os.name == "nt":
        pytest.skip("such a name cannot exist here")
    data = (nas / "day 1" / "take.csv").read_bytes()
    (dataset.root / "clips/take/take:1.csv").write_bytes(data)
    name_track(dataset, "take:1.csv")
    assert dataset.load_clip("take").track_path is not None
    assert len(read_track(dataset.root / "clips/take/take:1.csv")) == 5
    for name in ("C", "ü", "a b", "", "-x", "x" * 40):
        with pytest.raises(EditError):
            new_root(name)
    for path in ("NAS:/etc/x", r"NAS:C:\x", "/x"):
        with pytest.raises(EditError):
            check_clip(ClipInfo("x", track=path))
    check_clip(ClipInfo("x", track="NAS:x.csv"))
    assert MediaRoots().reference(nas) is None
    with pytest.raises(FileError):
        root_places.parse_root("NAS")
