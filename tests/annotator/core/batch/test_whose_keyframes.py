"""Whose described keyframes a batch goes by is a rule, and it is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from annotator.core.batch.dataset_run import generate_dataset
from annotator.core.batch.log import BatchLog
from annotator.core.batch.selection import Chosen, Selection, choose
from annotator.core.generation.backends import backend_for, close_backend
from annotator.core.generation.profiles import PRESETS, Profile, Profiles
from annotator.core.model import ClipInfo, Keyframe
from annotator.core.storage.clip_files import Annotation, annotation_to_json, clip_to_json
from annotator.core.storage.dataset import Dataset
from annotator.core.storage.json_files import encode_object

BUILT_IN = PRESETS[0]


def make(root: Path, clips: dict[str, dict[str, str]]) -> Dataset:
    """A dataset of anna's; each clip has the descriptions of several people, empty: only marks."""
    Dataset.create(root)
    for name, people in clips.items():
        folder = root / "clips" / name
        (folder / "annotations").mkdir(parents=True)
        info = ClipInfo("", "", "A corridor.", "Joy.")
        (folder / "clip.json").write_bytes(encode_object(clip_to_json(info)))
        for person, words in people.items():
            work = Annotation("done", (Keyframe("k1", 1.0, None, words), Keyframe("k2", 2.0, None, "")))
            path = folder / "annotations" / f"{person}.json"
            path.write_bytes(encode_object(annotation_to_json(work)))
    return Dataset.open(root, "anna")


def chosen_of(dataset: Dataset, *, others: bool = True) -> Chosen:
    return choose(dataset, Selection(), BUILT_IN, (None,), others=others)


def descriptions(chosen: Chosen) -> dict[str, tuple[str, ...]]:
    return {wanted.clip: wanted.request.descriptions for wanted in chosen.clip_requests}


def test_ones_own_keyframes_come_first(tmp_path: Path) -> None:
    chosen = chosen_of(make(tmp_path / "d", {"a": {"anna": "A smile.", "bo": "A frown.", "cy": "A gasp."}}))
    assert descriptions(chosen) == {"a": ("A smile.",)}
    assert chosen.keyframes_of == {"anna": 1} and chosen.notes == ()


@pytest.mark.parametrize("anna", [None, "", "  "])
def test_those_of_the_one_other_are_used_and_said(anna: str | None, tmp_path: Path) -> None:
    own = {} if anna is None else {"anna": anna}
    chosen = chosen_of(
        make(tmp_path / "d", {"a": {**own, "bo": "A frown.", "cy": ""}, "b": {"bo": "A gasp."}})
    )
    assert descriptions(chosen) == {"a": ("A frown.",), "b": ("A gasp.",)}
    assert [wanted.times for wanted in chosen.clip_requests] == [(1.0,), (1.0,)]
    assert chosen.keyframes_of == {"bo": 2}
    assert chosen.notes == ("the keyframes of bo are used for 2 clips, where anna described none",)


def test_of_several_others_none_is_picked(tmp_path: Path) -> None:
    clips = {"a": {"bo": "A frown.", "cy": "A gasp."}, "b": {"anna": "A smile."}}
    chosen = chosen_of(make(tmp_path / "d", clips))
    assert descriptions(chosen) == {"b": ("A smile.",)}
    assert chosen.undecided == (("a", ("bo", "cy")),)
    assert chosen.skipped == (("a", "bo and cy described it; choose whose keyframes are meant"),)


def test_whom_nobody_asked_for_is_passed_over_aloud(tmp_path: Path) -> None:
    dataset = make(tmp_path / "d", {"a": {"bo": "A frown.", "cy": "A gasp."}, "b": {"anna": "A smile."}})
    chosen = chosen_of(dataset, others=False)
    assert descriptions(chosen) == {"a": (), "b": ("A smile.",)}
    assert chosen.keyframes_of == {"anna": 1, "planned": 1}
    assert chosen.notes == ("a is planned, though bo and cy described it and anna did not",)


def test_nobody_described_anything(tmp_path: Path) -> None:
    chosen = chosen_of(make(tmp_path / "d", {"a": {"anna": "", "bo": ""}}))
    assert chosen.keyframes_of == {"planned": 1} and chosen.notes == ()


def test_a_file_of_somebody_else_that_is_broken_is_told(tmp_path: Path) -> None:
    dataset = make(tmp_path / "d", {"a": {"bo": "A frown."}})
    (tmp_path / "d/clips/a/annotations/bo.json").write_text("{", "utf-8")
    ((clip, why),) = chosen_of(dataset).skipped
    assert clip == "a" and "bo.json" in why


@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_built_in_model_makes_as_many_takes_as_are_wanted(count: int, tmp_path: Path) -> None:
    dataset = make(tmp_path / "d", {"a": {"bo": "A frown."}, "b": {}})
    profile = Profile(name="Built-in", takes=count, planner="")
    backend = backend_for(profile, Profiles(PRESETS))
    log = BatchLog(dataset.root, profile.name, backend, profile.seeds())
    chosen = choose(dataset, Selection(), profile, log.seeds)
    report = generate_dataset(dataset, chosen, profile, backend, log)
    log.close(remove=True)
    close_backend(backend)
    assert report.takes == 2 * count and report.keyframes_of == {"bo": 1, "planned": 1}
    names = [take.name for take in dataset.load_clip("a").state.takes]
    assert names == [f"Built-in {number}" for number in range(1, count + 1)]
    assert any("are the same" in note for note in report.notes) == (count > 1)
