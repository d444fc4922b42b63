"""A dataset from a stranger with links in it: no writer, no reader leaves the folder."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from annotator.core import edits as e
from annotator.core.comparison.votes import new_vote
from annotator.core.model import ClipState, Performance, TakeInfo, TakeKey
from annotator.core.storage.backups import Backups, restore_backup
from annotator.core.storage.clip_import import add_clip, bring_in
from annotator.core.storage.clip_writer import ClipWriter, record_vote
from annotator.core.storage.dataset import Dataset, LooseClip
from annotator.core.storage.dataset_settings import DatasetSettings, change_settings
from annotator.core.storage.leftovers import remove_leftovers
from annotator.core.storage.loading import LoadedClip
from annotator.core.vocabulary import DEFAULT
from tests.systems import make_link
from viewer.core.channels import CHANNEL_COUNT
from viewer.core.errors import StudioError
from viewer.core.formats import write
from viewer.core.pose import PoseConvention
from viewer.core.track import Track

Writer = Callable[[Dataset, LoadedClip], None]
SECRET = "# the user's own\n"


@pytest.fixture(autouse=True)
def state_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KFSTUDIO_STATE_DIR", str(tmp_path / "state"))


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    made = Dataset.create(tmp_path / "data", annotator_id="anna")
    clip = made.root / "clips/c1"
    (clip / "takes").mkdir(parents=True)
    (clip / "annotations").mkdir()
    (clip / "clip.json").write_text('{"script": "Hello."}')
    (clip / "annotations/anna.json").write_text('{"version": 1, "keyframes": []}')
    take = {"name": "One", "created": "2026", "performance": {"keys": [{"time": 1.0}]}}
    (clip / "takes/t1.json").write_text(json.dumps(take))
    (clip / "takes/t1.csv").write_text("")
    made.reload()
    return made


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / ".bashrc").write_text(SECRET)
    return folder


def contents(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def track() -> Track:
    return Track.build(
        np.arange(4) / 30, np.zeros((4, CHANNEL_COUNT), np.float32), name="t", format="livelink"
    )


def save(change: Callable[[ClipState], ClipState]) -> Writer:
    """Change the clip and save it, as it was loaded before a link was put in."""

    def act(_dataset: Dataset, loaded: LoadedClip) -> None:
        ClipWriter(loaded).save(change(loaded.state))

    return act


def _keyframe(state: ClipState) -> ClipState:
    return e.add_keyframe(state, 1.0).apply(state)


def _script(state: ClipState) -> ClipState:
    return e.change_clip(state, script="Bye.").apply(state)


def _performance(state: ClipState) -> ClipState:
    return e.change_take(state, "t1", performance=Performance((TakeKey(2.0),))).apply(state)


def _new_take(state: ClipState) -> ClipState:
    take = TakeInfo("t2", "Two", "2026", performance=Performance((TakeKey(1.0),)))
    return e.add_take(state, take).apply(state)


def _vote(dataset: Dataset, _loaded: LoadedClip) -> None:
    record_vote(dataset.place("c1"), new_vote(("t1", "t2"), "t1", voter="anna", criterion="?", seed=1))


def _restore(file: Callable[[Dataset], Path]) -> Writer:
    def act(dataset: Dataset, _loaded: LoadedClip) -> None:
        backups = Backups(dataset.place("c1"))
        backups.keep(file(dataset), b'{"version": 1}', original=True)
        restore_backup(dataset.place("c1"), backups.all()[0])

    return act


def _settings(dataset: Dataset, _loaded: LoadedClip) -> None:
    before = DatasetSettings(DEFAULT, PoseConvention())
    after = replace(before, pose=PoseConvention(unit="radians"))
    if after == before:
        after = replace(before, pose=PoseConvention(unit="degrees"))
    change_settings(dataset.root / "dataset.json", before, after)


def _add(dataset: Dataset, _loaded: LoadedClip) -> None:
    source = dataset.root.parent / "film.csv"
    write(track(), source, "livelink")
    add_clip(dataset, track=source)


def _bring(dataset: Dataset, _loaded: LoadedClip) -> None:
    source = dataset.root.parent / "film.csv"
    write(track(), source, "livelink")
    bring_in(dataset.place("c1"), source)


def _take_track(dataset: Dataset, _loaded: LoadedClip) -> None:
    write(track(), dataset.root / "clips/c1/takes/t1.csv", "livelink")


WRITERS: dict[str, tuple[str, Writer]] = {
    "annotation": ("clips/c1/annotations/anna.json", save(_keyframe)),
    "the clip's words": ("clips/c1/clip.json", save(_script)),
    "a take": ("clips/c1/takes/t1.json", save(_performance)),
    "a take's derived track": ("clips/c1/takes/t1.csv", save(_performance)),
    "a new take": ("clips/c1/takes/t2.json", save(_new_take)),
    "a new take's track": ("clips/c1/takes/t2.csv", save(_new_take)),
    "a track that arrives": ("clips/c1/takes/t1.csv", _take_track),
    "a vote": ("clips/c1/takes/t1.json", _vote),
    "a restored annotation": (
        "clips/c1/annotations/anna.json",
        _restore(lambda dataset: dataset.place("c1").annotation_file),
    ),
    "a restored take": (
        "clips/c1/takes/t1.json",
        _restore(lambda dataset: dataset.place("c1").take_file("t1")),
    ),
    "dataset.json": ("dataset.json", _settings),
    "an import": ("clips", _add),
    "an import into a clip": ("clips/c1", _bring),
}


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("above", [0, 1, 2])
def test_no_writer_leaves_the_dataset(dataset: Dataset, home: Path, writer: str, above: int) -> None:
    """The file itself, its folder, and the folder above it lead to copies of them outside."""
    name, act = WRITERS[writer]
    parts = Path(name).parts
    if above >= len(parts):
        pytest.skip("the folder itself may lie anywhere")
    loaded = dataset.load_clip("c1")
    at = dataset.root.joinpath(*parts[: len(parts) - above])
    elsewhere = home / "elsewhere"
    if at.exists():
        at.rename(elsewhere)
    make_link(at, elsewhere)
    before = contents(home)
    with pytest.raises(StudioError, match="leads out of the folder data") as told:
        act(dataset, loaded)
    assert told.value.path is not None and told.value.path.name == at.name
    assert contents(home) == before and at.is_symlink()


@pytest.mark.parametrize("writer", [name for name, (file, _) in WRITERS.items() if "." in file])
def test_a_link_that_stays_in_the_dataset_is_replaced_and_its_target_kept(
    dataset: Dataset, writer: str
) -> None:
    """As stores of large files lay them out: what a link leads to may be shared and is never changed."""
    name, act = WRITERS[writer]
    file, store = dataset.root / name, dataset.root / "store"
    if not file.exists():
        pytest.skip("it is a new file")
    loaded = dataset.load_clip("c1")
    store.mkdir()
    file.rename(store / "object")
    kept = (store / "object").read_bytes()
    make_link(file, store / "object")
    act(dataset, loaded)
    assert not file.is_symlink() and file.is_file()
    assert (store / "object").read_bytes() == kept


@pytest.mark.parametrize("link", ["clips/c1", "clips/c1/annotations", "clips/c1/clip.json"])
def test_a_clip_behind_a_link_is_a_fault_of_that_clip_alone(dataset: Dataset, home: Path, link: str) -> None:
    other = dataset.root / "clips/c2"
    other.mkdir()
    (other / "clip.json").write_text('{"script": "Fine."}')
    (dataset.root / link).rename(home / "elsewhere")
    make_link(dataset.root / link, home / "elsewhere")
    bad, good = Dataset.open(dataset.root, "anna").clips
    assert bad.fault is not None and "leads out" in bad.fault.what
    assert good.fault is None and good.info is not None and good.info.script == "Fine."


def test_a_dataset_json_behind_a_link_is_refused(dataset: Dataset, home: Path) -> None:
    (dataset.root / "dataset.json").rename(home / "dataset.json")
    make_link(dataset.root / "dataset.json", home / "dataset.json")
    with pytest.raises(StudioError, match="leads out"):
        Dataset.open(dataset.root)


def test_the_dataset_itself_may_be_reached_through_a_link(dataset: Dataset, tmp_path: Path) -> None:
    make_link(tmp_path / "alias", dataset.root)
    loaded = Dataset.open(tmp_path / "alias", "anna").load_clip("c1")
    ClipWriter(loaded).save(_keyframe(loaded.state))
    assert len(dataset.load_clip("c1").state.keyframes) == 1


@pytest.mark.parametrize("name", ["film.annotations", "film.annotations/anna.json", "film.annotations/takes"])
def test_work_on_a_single_file_is_fenced_too(tmp_path: Path, home: Path, name: str) -> None:
    folder = tmp_path / "loose"
    folder.mkdir()
    write(track(), folder / "film.csv", "livelink")
    clip = LooseClip(folder / "film.csv", "anna")
    loaded = clip.load_clip("film")
    (folder / name).parent.mkdir(exist_ok=True)
    make_link(folder / name, home / ".bashrc" if name.endswith("json") else home)
    before = contents(home)
    with pytest.raises(StudioError, match="leads out"):
        ClipWriter(loaded).save(_new_take(_keyframe(loaded.state)))
    assert contents(home) == before


def test_nothing_is_tidied_up_behind_a_link(dataset: Dataset, home: Path) -> None:
    place = dataset.place("c1")
    place.takes_folder.rename(home / "elsewhere")
    make_link(place.takes_folder, home / "elsewhere")
    left = [
        folder / f".kfstudio-{'0' * 16}.tmp" for folder in (home / "elsewhere", place.annotation_file.parent)
    ]
    for path in left:
        path.write_text("cut off")
        os.utime(path, (0, 0))
    assert remove_leftovers(place) == [left[1]] and left[0].exists()


def test_a_conflict_is_not_written_through_a_link(dataset: Dataset, home: Path) -> None:
    loaded = dataset.load_clip("c1")
    file = loaded.place.annotation_file
    file.write_text('{"version": 1, "status": "done"}')
    file.parent.rename(home / "elsewhere")
    make_link(file.parent, home / "elsewhere")
    before = contents(home)
    with pytest.raises(StudioError, match="leads out"):
        ClipWriter(loaded).save(_keyframe(loaded.state))
    assert contents(home) == before
