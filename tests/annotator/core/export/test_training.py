"""Training data: KeyframeFace's requests with the recorded values as their answers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.core.export.training import (
    ChannelSummary,
    TrainingChoice,
    TrainingSummary,
    deal,
    export_training,
    named_set,
)
from annotator.core.generation.prompts import parse_request
from annotator.core.model import Keyframe, Perspective, Status
from annotator.core.storage.clip_files import Annotation, annotation_to_json
from annotator.core.storage.dataset import Dataset
from annotator.core.storage.json_files import encode_object
from viewer.core.cancel import CancelToken
from viewer.core.channels import INDEX
from viewer.core.errors import Cancelled, ExportError, FileError
from viewer.core.formats import read, write
from viewer.core.pose import PoseConvention
from viewer.core.track import Track

SMILE, YAW = INDEX["MouthSmileLeft"], INDEX["HeadYaw"]


def track(lost: Sequence[int] = ()) -> Track:
    """Two seconds at 10 fps: a smile that grows by 0.05 a frame and a yaw of 0.3 rad."""
    values = np.zeros((20, 61), np.float32)
    values[:, SMILE] = np.arange(20) * 0.05
    values[:, YAW] = np.degrees(0.3)
    values[list(lost)] = np.nan
    return Track.build(np.arange(20) / 10, values, name="track")


def add_clip(
    dataset: Dataset,
    id: str,
    keyframes: Sequence[Keyframe],
    annotator_id: str = "anna",
    status: Status = "done",
    recorded: Track | None = None,
    **clip: Any,
) -> None:
    folder = dataset.root / "clips" / id
    (folder / "annotations").mkdir(parents=True, exist_ok=True)
    words = {"background": f"Behind {id}.", "emotion": f"Feeling {id}.", "track": "track.csv", **clip}
    (folder / "clip.json").write_bytes(encode_object(words))
    write(track() if recorded is None else recorded, folder / "track.csv", "livelink")
    annotation = Annotation(status=status, keyframes=tuple(keyframes))
    file = folder / "annotations" / f"{annotator_id}.json"
    file.write_bytes(encode_object(annotation_to_json(annotation)))


def key(time: float, words: str = "The lips part.", **more: Any) -> Keyframe:
    return Keyframe(f"k{time}", time, description=words, **more)


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return Dataset.create(tmp_path / "data", pose=PoseConvention(unit="radians"))


def exported(dataset: Dataset, out: Path, **choice: Any) -> TrainingSummary:
    dataset.reload()
    return export_training(dataset, out, TrainingChoice(**choice))


def lines_of(path: Path) -> list[Any]:
    return [json.loads(line)["messages"] for line in path.read_text("utf-8").splitlines()]


def test_a_line_is_the_papers_request_with_the_recorded_values_as_its_answer(
    dataset: Dataset, tmp_path: Path, shared: Path
) -> None:
    paper = (shared / "data" / "keyframeface" / "example.jsonl").read_text("utf-8").splitlines()
    request, _ = parse_request(paper[0])
    add_clip(
        dataset,
        "c1",
        [key(0.5, request.descriptions[0]), key(1.2, request.descriptions[1])],
        background=request.background,
        emotion=request.emotion,
        split="train",
    )
    exported(dataset, tmp_path / "out")
    written = (tmp_path / "out" / "train.jsonl").read_text("utf-8").splitlines()
    for line, asked in zip(written, paper, strict=False):
        # Byte for byte what a fine-tuned model will be asked, up to the answer.
        assert line.startswith(asked.removesuffix("]}") + ',{"role":"assistant","content":"{\\"Keyframe_')
    roles = [message["role"] for message in lines_of(tmp_path / "out" / "train.jsonl")[0]]
    assert roles == ["system", "user", "assistant"]


def test_reading_it_back_gives_the_same_values(dataset: Dataset, tmp_path: Path) -> None:
    corrected = key(1.5, values={"JawOpen": 0.7})
    add_clip(dataset, "c1", [key(0.3), key(0.8), corrected], split="train")
    exported(dataset, tmp_path / "out")
    back = read(tmp_path / "out" / "train.jsonl")
    assert len(back) == 3
    assert back.values[:, SMILE].tolist() == track().values[[3, 8, 15], SMILE].tolist()
    assert back.values[2, INDEX["JawOpen"]] == np.float32(0.7)
    assert back.values[:, YAW] == pytest.approx(np.degrees(0.3), abs=1e-4)
    answer = json.loads(lines_of(tmp_path / "out" / "train.jsonl")[0][2]["content"])["Keyframe_one"]
    # KeyframeFace's unit: a share of a quarter turn, not the recording's radians.
    assert answer["HeadYaw"] == pytest.approx(0.3 / (np.pi / 2), abs=1e-6)


def test_values_are_brought_into_the_models_range_and_rounded_when_asked(
    dataset: Dataset, tmp_path: Path
) -> None:
    values = np.zeros((2, 61), np.float32)
    values[:, SMILE], values[:, INDEX["JawOpen"]] = 1.076, -0.024
    values[:, INDEX["BrowInnerUp"]] = 0.12345
    add_clip(dataset, "c1", [key(0.0)], recorded=Track.build([0, 0.1], values), split="train")
    exported(dataset, tmp_path / "out", decimals=2)
    answer = lines_of(tmp_path / "out" / "train.jsonl")[0][2]["content"]
    found = json.loads(answer)["Keyframe_one"]
    assert found["MouthSmileLeft"] == 1.0 and found["JawOpen"] == 0.0 and found["BrowInnerUp"] == 0.12
    assert "-0.0" not in answer


def test_the_whole_sequence_is_in_every_request_also_of_keyframes_without_a_line(
    dataset: Dataset, tmp_path: Path
) -> None:
    keys = [key(0.3, "First."), key(0.8, "Second.", confidence=0.2), key(1.2, ""), key(1.5, "Last.")]
    add_clip(dataset, "c1", keys, recorded=track(lost=[15]), split="train")
    summary = exported(dataset, tmp_path / "out", confidence=0.5)
    messages = lines_of(tmp_path / "out" / "train.jsonl")
    assert len(messages) == 1
    request, target = parse_request(json.dumps({"messages": messages[0][:2]}))
    assert request.descriptions == ("First.", "Second.", "Last.") and target == 0
    assert summary.skipped_why == {
        "it has no words": 1,
        "its confidence is too low": 1,
        "no face was detected": 1,
    }


def test_words_are_those_of_the_first_perspective_that_a_keyframe_has(
    dataset: Dataset, tmp_path: Path
) -> None:
    told = {
        "coefficients": Perspective("From values.", at=0.3),
        "image": Perspective("From the image.", at=0.3),
    }
    moved = {"coefficients": Perspective("Of another moment.", at=0.1)}
    add_clip(dataset, "c1", [key(0.3, "Own.", perspectives=told)], split="train")
    add_clip(dataset, "c2", [key(0.3, "", perspectives=told)], split="train")
    add_clip(dataset, "c3", [key(0.3, "Own.", perspectives=moved)], split="train")
    for order, first, second, third in (
        (("annotator", "coefficients"), "Own.", "From values.", "Own."),
        (("image", "annotator"), "From the image.", "From the image.", "Own."),
        (("coefficients", "annotator"), "From values.", "From values.", "Own."),
    ):
        summary = exported(dataset, tmp_path / "out", words=order)
        texts = [m[1]["content"].splitlines()[1] for m in lines_of(tmp_path / "out" / "train.jsonl")]
        assert texts == [f"- Keyframe One: {words}" for words in (first, second, third)]
    assert summary.sets["train"].words == {"coefficients": 2, "annotator": 1}


def test_clips_go_where_their_split_says_and_the_rest_is_dealt_whole(
    dataset: Dataset, tmp_path: Path
) -> None:
    for number in range(20):
        add_clip(dataset, f"c{number:02}", [key(0.3), key(0.9)])
    add_clip(dataset, "fixed", [key(0.3)], split="Validation")
    summary = exported(dataset, tmp_path / "out", ratio=(0.5, 0.25, 0.25), seed=3)
    lines = {name: lines_of(tmp_path / "out" / f"{name}.jsonl") for name in ("train", "val", "test")}
    clips = {
        name: {messages[1]["content"].split("Behind ")[1].split(".")[0] for messages in found}
        for name, found in lines.items()
    }
    assert [len(clips[name]) for name in lines] == [10, 6, 5] and "fixed" in clips["val"]
    assert not clips["train"] & clips["val"] and not clips["train"] & clips["test"]
    assert [summary.sets[name].lines for name in lines] == [20, 11, 10]
    again = exported(dataset, tmp_path / "again", ratio=(0.5, 0.25, 0.25), seed=3)
    other = exported(dataset, tmp_path / "other", ratio=(0.5, 0.25, 0.25), seed=4)
    assert again.sets == summary.sets
    assert (tmp_path / "out" / "test.jsonl").read_bytes() == (tmp_path / "again" / "test.jsonl").read_bytes()
    assert (tmp_path / "out" / "test.jsonl").read_bytes() != (tmp_path / "other" / "test.jsonl").read_bytes()
    assert other.lines == summary.lines


names = st.sets(st.text(min_size=1, max_size=4), max_size=40)


@given(names, st.tuples(*[st.floats(0, 10)] * 3), st.integers())
def test_dealing_gives_every_clip_one_set_and_keeps_the_shares(
    clips: set[str], ratio: tuple[float, float, float], seed: int
) -> None:
    if sum(ratio) < 1e-3:
        return
    dealt = deal(sorted(clips), ratio, seed)
    assert dealt.keys() == clips and dealt == deal(sorted(clips, reverse=True), ratio, seed)
    for name, share in zip(("train", "val", "test"), ratio, strict=True):
        assert abs(list(dealt.values()).count(name) - share / sum(ratio) * len(clips)) < 1


def test_statuses_annotators_and_tags_are_chosen(dataset: Dataset, tmp_path: Path) -> None:
    add_clip(dataset, "c1", [key(0.3)], split="train", tags=["calm"])
    add_clip(
        dataset, "c1", [key(0.4)], annotator_id="ben", status="in progress", split="train", tags=["calm"]
    )
    add_clip(dataset, "c2", [key(0.5)], split="train")
    for choice, lines in (
        ({}, 3),
        ({"statuses": frozenset({"done"})}, 2),
        ({"annotators": ("ben",)}, 1),
        ({"tags": frozenset({"calm"})}, 2),
        ({"tags": frozenset({"calm"}), "annotators": ("anna",)}, 1),
    ):
        assert exported(dataset, tmp_path / "out", **choice).lines == lines


def test_the_summary_counts_and_measures(dataset: Dataset, tmp_path: Path) -> None:
    add_clip(dataset, "c1", [key(0.4), key(1.6)], split="train")
    summary = exported(dataset, tmp_path / "out")
    assert json.loads((tmp_path / "out" / "summary.json").read_text("utf-8")) == summary.to_json()
    smile = summary.sets["train"].channels["MouthSmileLeft"]
    assert smile == ChannelSummary(mean=0.5, std=0.3, min=0.2, max=0.8, active=1.0)
    assert "JawOpen" not in summary.sets["train"].channels


def test_a_set_of_an_earlier_export_does_not_stay(dataset: Dataset, tmp_path: Path) -> None:
    add_clip(dataset, "c1", [key(0.4)], split="test")
    exported(dataset, tmp_path / "out")
    add_clip(dataset, "c1", [key(0.4)], split="train")
    exported(dataset, tmp_path / "out")
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["summary.json", "train.jsonl"]


def test_broken_clips_are_told_and_the_others_go_out(dataset: Dataset, tmp_path: Path) -> None:
    add_clip(dataset, "c1", [key(0.4)], split="train")
    add_clip(dataset, "c2", [key(0.4), key(9.0)], split="train")
    add_clip(dataset, "c3", [key(0.4)], split="train")
    (dataset.root / "clips" / "c2" / "track.csv").write_bytes(b"\0\1\2 no track")
    (dataset.root / "clips" / "c3" / "annotations" / "anna.json").write_text("{", "utf-8")
    summary = exported(dataset, tmp_path / "out")
    assert summary.lines == 1 and sum(summary.skipped_why.values()) == 3
    assert {row.clip for row in summary.skipped} == {"c2", "c3"}


def test_cancelling_and_nothing_to_write_leave_the_folder_as_it_was(dataset: Dataset, tmp_path: Path) -> None:
    add_clip(dataset, "c1", [key(0.4)], split="train")
    add_clip(dataset, "c2", [key(0.4)], split="train")
    exported(dataset, tmp_path / "out")
    before = {p.name: p.read_bytes() for p in (tmp_path / "out").iterdir()}
    token = CancelToken()

    def stop(done: int, total: int, what: str) -> None:
        if done == 1:
            token.cancel()

    with pytest.raises(Cancelled):
        export_training(dataset, tmp_path / "out", TrainingChoice(seed=9), progress=stop, cancel=token)
    with pytest.raises(ExportError, match="no keyframe to train on"):
        exported(dataset, tmp_path / "out", annotators=("nobody",))
    assert {p.name: p.read_bytes() for p in (tmp_path / "out").iterdir()} == before


@pytest.mark.parametrize(
    "wrong",
    [
        {"words": ("image", "me")},
        {"words": ()},
        {"ratio": (0, 0, 0)},
        {"ratio": (1, -1, 1)},
        {"confidence": 2},
        {"decimals": 0},
    ],
)
def test_an_impossible_choice_is_refused(dataset: Dataset, tmp_path: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(ExportError):
        export_training(dataset, tmp_path / "out", replace(TrainingChoice(), **wrong))
    assert not (tmp_path / "out").exists()


def test_a_place_that_cannot_be_written_is_told(dataset: Dataset, tmp_path: Path) -> None:
    add_clip(dataset, "c1", [key(0.4)], split="train")
    (tmp_path / "file").write_text("x", "utf-8")
    with pytest.raises(FileError, match="cannot be written"):
        exported(dataset, tmp_path / "file" / "out")


def test_usual_names_of_sets_are_known() -> None:
    assert [named_set(name) for name in ("Train", " dev ", "validation", "TEST", "", "mine")] == [
        "train",
        "val",
        "val",
        "test",
        None,
        None,
    ]
