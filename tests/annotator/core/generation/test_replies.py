"""Replies of models: any reasonable shape is read, anything else is told."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotator.core.generation.replies import read_plan, read_values
from viewer.core.channels import CHANNELS, INDEX, NAMES
from viewer.core.errors import GenerationError
from viewer.core.formats.keyframeface import reply_text

values_of_a_face = st.lists(st.floats(-1, 1, width=32), min_size=61, max_size=61).map(
    lambda row: np.array([max(v, channel.low) for v, channel in zip(row, CHANNELS, strict=True)], np.float32)
)


def test_the_papers_result_is_read_and_written_alike(shared: Path) -> None:
    lines = (shared / "data/keyframeface/example_result.jsonl").read_text().splitlines()
    texts = [json.loads(line)["response"] for line in lines if line.strip()]
    for number, text in enumerate(texts, start=1):
        values, notes = read_values(text)
        assert notes == ()
        assert reply_text(values, number) == text
    assert read_values(texts[0])[0][INDEX["LeftEyePitch"]] == np.float32(-0.2)


@settings(max_examples=40, deadline=None)
@given(values_of_a_face, st.text(st.characters(exclude_characters="{}[]<>"), max_size=40))
def test_values_survive_their_text_within_prose(values: np.ndarray, prose: str) -> None:
    text = f"{prose}\n```json\n{reply_text(values, 1)}\n```{prose}"
    back, notes = read_values(text)
    assert np.abs(back - values).max() < 1e-6
    assert notes == ()


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(
    st.text(max_size=200)
    | st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=5) | st.sampled_from(NAMES),
        lambda inner: (
            st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=5), inner)
        ),
    ).map(json.dumps)
)
def test_no_reply_does_more_than_fault(text: str) -> None:
    for read in (read_plan, read_values):
        try:
            read(text)
        except GenerationError as fault:
            assert "\n" not in str(fault)


@pytest.mark.parametrize(
    "text",
    [
        '{"MouthSmileLeft": 0.5}',
        '<think>maybe {"JawOpen": 1}</think>{"mouthSmile_L": "0.5"}',
        '## Analysis\n{"symmetry": "left"}\n\n{"arkit": {"mouthSmileLeft": 0.5}, "analysis": {}}',
        '[{"channel": "MouthSmileLeft", "value": 0.5}]',
        '{"values": [{"name": "mouthSmileLeft", "value": 0.5}]}',
        '{"unfinished": {"MouthSmileLeft": 0.5}',
    ],
)
def test_shapes_of_sparse_replies(text: str) -> None:
    values, _ = read_values(text, sparse=True)
    assert values[INDEX["MouthSmileLeft"]] == 0.5
    assert np.count_nonzero(values) == 1


def test_what_was_mended_is_noted() -> None:
    text = '{"JawOpen": 1.7, "HeadYaw": -3, "EyeWideLeft": -0.0, "Unknown": 4}'
    values, notes = read_values(text, sparse=True)
    assert values[INDEX["JawOpen"]] == 1
    assert values[INDEX["HeadYaw"]] == -1
    assert not np.signbit(values[INDEX["EyeWideLeft"]])
    assert any(note.startswith("it names 3 channels; the others are 0") for note in notes)
    assert "outside its range: JawOpen 1.7, HeadYaw -3" in notes
    assert "unknown: Unknown" in notes


def test_plans_in_many_shapes() -> None:
    steps = [("0.4 s", "One."), (None, "Two."), (0.1, "Three.")]
    rows = [{"time": time, "description": words} for time, words in steps]
    for text in (json.dumps(rows), f"Sure!\n{json.dumps({'title': 'x', 'keyframes': rows})}"):
        plan = read_plan(text)
        assert [step.description for step in plan] == ["One.", "Two.", "Three."]
        assert [step.time for step in plan] == [0.4, 1.6, 1.7]
    assert [step.time for step in read_plan('["One.", "Two."]')] == [0.5, 1.7]


@pytest.mark.parametrize(
    ("times", "read"),
    [
        ([{"time": "0:01.5"}, {"time": "00:00:03"}], [1.5, 3.0]),
        ([{"time_ms": 500}, {"time_ms": 1500}], [0.5, 1.5]),
        ([{"time": "500 ms"}, {"time": "1500ms"}], [0.5, 1.5]),
        ([{"time": 0}, {"time": 1500}, {"time": 2600}], [0.0, 1.5, 2.6]),
        ([{"timestamp": 1.0}, {"timestamp": 2.5}], [1.0, 2.5]),
        ([{"time": 7200.0}, {"time": 7201.0}], [0.5, 1.7]),
    ],
)
def test_times_of_plans_in_many_shapes(times: list[dict[str, object]], read: list[float]) -> None:
    plan = read_plan(json.dumps([{**row, "description": "A smile."} for row in times]))
    assert [step.time for step in plan] == read


def test_a_plan_is_in_the_order_of_its_times() -> None:
    rows = [{"time": 3, "description": "Later."}, {"time": 1, "description": "Before."}]
    assert [(step.time, step.description) for step in read_plan(json.dumps(rows))] == [
        (1.0, "Before."),
        (3.0, "Later."),
    ]


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", "no plan", '{"keyframes": []}', '{"keyframes": [1, {"a": 2}]}']
)
def test_no_plan_is_told(text: str) -> None:
    with pytest.raises(GenerationError):
        read_plan(text)


@pytest.mark.parametrize(
    "text",
    [
        "{'values': [{'channel': 'JawOpen', 'value': .5,},]}",
        "Sure!\n```json\n{values: [{channel: JawOpen, value: 0.5}]}\n```",
        '{"values":[{"channel":"JawOpen" "value":0.5}]} // as asked',
        '{"values":[{"channel":"JawOpen","value":50%}]}',
        "{'JawOpen': 0.5}",
        '<think>{"JawOpen": 0.1}</think>{"JawOpen": 0.5,}',
    ],
)
def test_nearly_json_is_mended(text: str) -> None:
    values, _notes = read_values(text, sparse=True)
    assert values[INDEX["JawOpen"]] == np.float32(0.5) and np.count_nonzero(values) == 1


@pytest.mark.parametrize(
    "text",
    [
        '{"values":[{"channel":"JawOpen","value":0.5},{"channel":"Mouth',
        "{'values': [{'channel': 'JawOpen', 'value': 0.5}",
        "[" * 10_000,
        "{'a':" * 3000 + "}" * 3000,
        "JawOpen 0.5",
    ],
)
def test_what_was_cut_off_is_not_made_up(text: str) -> None:
    with pytest.raises(GenerationError):
        read_values(text, sparse=True)


def test_a_plan_that_is_nearly_json_is_mended() -> None:
    steps = "{'time': '0.5s', 'description': 'The brows lift.',}, {description: A smile.}"
    plan = read_plan(f"{{'keyframes': [{steps}]}}")
    assert [step.description for step in plan] == ["The brows lift.", "A smile."]
    assert plan[0].time == 0.5 and plan[1].time > 0.5
