"""Whether the place of an open clip is still the same, whatever is done inside it or to it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from annotator.core import edits as e
from annotator.core.model import TakeInfo
from annotator.core.performance import Performance, TakeKey, with_performance
from annotator.core.storage.clip_writer import ClipWriter
from annotator.core.storage.dataset import Dataset, LooseClip
from annotator.core.storage.loading import LoadedClip
from annotator.core.storage.same_place import DatasetGoneError, FolderNumber, SamePlace
from viewer.core.files import WriteError

ANNOTATION = "clips/c1/annotations/anna.json"


def make_dataset(root: Path, script: str = "first") -> Dataset:
    made = Dataset.create(root, annotator_id="anna")
    folder = made.root / "clips" / "c1"
    folder.mkdir()
    (folder / "clip.json").write_text(f'{{"script": "{script}", "video": "v.mp4"}}')
    (folder / "v.mp4").write_bytes(script.encode() * 10)
    made.reload()
    return made


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return make_dataset(tmp_path / "data")


def annotated(dataset: Dataset) -> LoadedClip:
    loaded = dataset.load_clip("c1")
    ClipWriter(loaded).save(e.add_keyframe(loaded.state, 1.0).apply(loaded.state))
    return dataset.load_clip("c1")


def place_of(loaded: LoadedClip) -> SamePlace:
    return SamePlace(loaded.place, (loaded.video_path, loaded.track_path))


def rewrite(path: Path, text: str) -> None:
    aside = path.with_name("aside")
    aside.write_text(text)
    aside.replace(path)


def settings(root: Path) -> None:
    rewrite(root / "dataset.json", '{"format": "keyframeface-studio dataset", "version": 1}')


def pulled(root: Path) -> None:
    """As version control does: files replaced, the clip's folder made again."""
    settings(root)
    shutil.copytree(root / "clips", root / "new")
    shutil.rmtree(root / "clips")
    (root / "new").rename(root / "clips")
    rewrite(root / "clips/c1/clip.json", '{"script": "theirs"}')
    rewrite(root / ANNOTATION, '{"version": 1}')


def back_from_a_copy(root: Path) -> None:
    """As a drive that comes back with other numbers."""
    shutil.copytree(root, root.with_name("copy"))
    shutil.rmtree(root)
    root.with_name("copy").rename(root)


@pytest.mark.parametrize("change", [lambda _root: None, settings, pulled, back_from_a_copy])
def test_it_is_the_same_whatever_is_changed_in_it(dataset: Dataset, change: Callable[[Path], None]) -> None:
    loaded = annotated(dataset)
    place = place_of(loaded)
    change(dataset.root)
    place.check(loaded.on_disk)


def remove(root: Path) -> None:
    shutil.rmtree(root)


def rename(root: Path) -> None:
    root.rename(root.with_name("renamed"))


def unmount(root: Path) -> None:
    rename(root)
    root.mkdir()


def become_a_file(root: Path) -> None:
    rename(root)
    root.write_text("no folder", "utf-8")


def replace_by_another(root: Path) -> None:
    rename(root)
    make_dataset(root, "other")


def replace_by_one_annotated_by_us(root: Path) -> None:
    rename(root)
    loaded = (other := make_dataset(root)).load_clip("c1")
    ClipWriter(loaded).save(e.add_keyframe(loaded.state, 2.0).apply(loaded.state))
    assert other.annotators("c1") == ("anna",)


def replace_by_the_same_before_our_work(root: Path) -> None:
    rename(root)
    make_dataset(root)


def lose_the_clip(root: Path) -> None:
    (root / "clips" / "c1").rename(root / "c1")


def other_contents_under_the_same_number(root: Path) -> None:
    """As when a dataset is deleted and another one made, which gets the number of the first."""
    clips = root / "clips"
    # The number of the clip's own folder stays in use.
    (clips / "c1").rename(clips / "c0")
    shutil.rmtree(clips / "c0" / "annotations")
    (root / "dataset.json").write_text("{}")
    (clips / "c1").mkdir()


@pytest.mark.parametrize(
    "change",
    [
        remove,
        rename,
        unmount,
        become_a_file,
        replace_by_another,
        replace_by_one_annotated_by_us,
        replace_by_the_same_before_our_work,
        lose_the_clip,
        other_contents_under_the_same_number,
    ],
)
def test_it_is_gone_or_another(dataset: Dataset, change: Callable[[Path], None]) -> None:
    loaded = annotated(dataset)
    writer = ClipWriter(loaded)
    change(dataset.root)
    before = sorted(dataset.root.rglob("*")) if dataset.root.is_dir() else None
    with pytest.raises(DatasetGoneError) as fault:
        writer.save(e.add_keyframe(loaded.state, 3.0).apply(loaded.state))
    assert "find it where it is now" in fault.value.todo
    assert (sorted(dataset.root.rglob("*")) if dataset.root.is_dir() else None) == before


def test_a_drive_that_numbers_nothing_is_known_by_its_contents(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FolderNumber, "of", staticmethod(lambda _folder: None))
    loaded = dataset.load_clip("c1")
    new = place_of(loaded)
    new.check(loaded.on_disk)
    loaded = annotated(dataset)
    place = place_of(loaded)
    place.check(loaded.on_disk)
    (dataset.root / ANNOTATION).unlink()
    with pytest.raises(DatasetGoneError):
        place.check(loaded.on_disk)


def test_missing_folders_of_a_clip_are_made_and_none_above(dataset: Dataset) -> None:
    take = with_performance(
        TakeInfo("t-1", "Built-in 1", "2026-01-01"), Performance((TakeKey(1.0, {"JawOpen": 0.5}),), 2.0)
    )
    loaded = dataset.load_clip("c1")
    state = e.add_take(loaded.state, take).apply(loaded.state)
    ClipWriter(loaded).save(e.add_keyframe(state, 1.0).apply(state))
    clip = dataset.root / "clips" / "c1"
    assert (clip / "takes/t-1.csv").exists() and (clip / "takes/t-1.json").exists()
    assert (dataset.root / ANNOTATION).exists()
    place = place_of(dataset.load_clip("c1"))
    shutil.rmtree(clip)
    place.make_folder(clip)
    with pytest.raises(WriteError):
        place.make_folder(clip / "takes")
    assert not clip.exists()


def test_a_file_without_a_dataset(tmp_path: Path) -> None:
    folder = tmp_path / "videos"
    folder.mkdir()
    (folder / "a.mp4").write_bytes(b"no video")
    library = LooseClip(folder / "a.mp4", "anna")
    loaded = library.load_clip("a")
    take = with_performance(
        TakeInfo("t-1", "Built-in 1", "2026-01-01"), Performance((TakeKey(1.0, {"JawOpen": 0.5}),), 2.0)
    )
    writer = ClipWriter(loaded)
    state = e.add_take(loaded.state, take).apply(loaded.state)
    writer.save(state)
    assert (folder / "a.annotations/takes/t-1.csv").exists()
    # The picture may be changed by others, and other files come and go.
    (folder / "a.mp4").write_bytes(b"another")
    writer.save(state := e.add_keyframe(state, 1.0).apply(state))
    assert (folder / "a.annotations/anna.json").exists()
    folder.rename(tmp_path / "moved")
    with pytest.raises(DatasetGoneError, match="its folder is not there any more"):
        writer.save(e.add_keyframe(state, 2.0).apply(state))
    assert not folder.exists()


def test_a_folder_of_an_impossible_name_is_not_there(tmp_path: Path) -> None:
    assert FolderNumber.of(tmp_path / "no\0name") is None
