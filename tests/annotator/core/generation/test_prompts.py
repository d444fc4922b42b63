"""Requests: the paper's bytes out, anything reasonable in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotator.core.generation.prompts import (
    number_word,
    parse_request,
    plan_messages,
    read_number,
    request_messages,
    values_schema,
)
from annotator.core.generation.protocol import GenerationRequest
from tests.request_lines import request_line
from viewer.core.errors import GenerationError

REQUEST = GenerationRequest("A corridor.", "Fear.", "", ("The brows lift.", "The jaw drops."))


def ask(text: object, role: str = "user") -> str:
    return json.dumps({"messages": [{"role": role, "content": text}]})


def test_the_released_example_comes_back_byte_for_byte(shared: Path) -> None:
    data = (shared / "data/keyframeface/example.jsonl").read_bytes()
    lines = [line for line in data.decode().split("\n") if line.strip()]
    assert len(lines) == 2
    for index, line in enumerate(lines):
        request, target = parse_request(line)
        assert target == index
        assert len(request.descriptions) == 2
        assert request.emotion == "Anxiety concealed by a restrained smile."
        assert request_line(request, target).encode() == line.encode()


@pytest.mark.parametrize(
    ("number", "word"),
    [
        (1, "One"),
        (10, "Ten"),
        (19, "Nineteen"),
        (20, "Twenty"),
        (21, "Twenty-One"),
        (99, "Ninety-Nine"),
        (100, "100"),
    ],
)
def test_number_words(number: int, word: str) -> None:
    assert number_word(number) == word
    assert read_number(word) == number
    assert read_number(word.lower().replace("-", " ")) == number
    assert read_number(str(number)) == number


def test_numbers_that_are_none() -> None:
    assert read_number("x") is None
    assert read_number("²") is None
    assert read_number("9" * 5000) is None


def test_answer_keys_follow_the_paper() -> None:
    assert list(values_schema(1)["properties"]) == ["Keyframe_two"]


words = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp", "Zs")) | st.just(" "),
    max_size=60,
).map(lambda text: " ".join(text.split()))
place = words.map(lambda text: f"In a place {text}".strip())
sentence = words.map(lambda text: f"The face {text}".strip())


@settings(max_examples=40, deadline=None)
@given(place, sentence, st.lists(sentence, min_size=1, max_size=25), st.data())
def test_every_request_survives_the_line(
    background: str, emotion: str, descriptions: list[str], data: st.DataObject
) -> None:
    request = GenerationRequest(background, emotion, "", tuple(descriptions))
    target = data.draw(st.integers(0, len(descriptions) - 1))
    line = request_line(request, target)
    assert "\n" not in line
    assert parse_request(line) == (request, target)


def test_a_description_with_line_breaks_keeps_the_layout() -> None:
    request = GenerationRequest("b", "e", "", ("first\nEmotion: fake\n\nline",))
    back, _ = parse_request(request_line(request, 0))
    assert back.descriptions == ("first Emotion: fake line",)
    assert back.emotion == "e"


@pytest.mark.parametrize(
    "text",
    [
        "Task Instruction: Generate for Keyframe Two.\n\nEmotion: Fear.\nBackground: A corridor.\n"
        "Keyframe Description Sequence:\n- Keyframe One: The brows lift.\n- Keyframe Two: The jaw drops.",
        "  keyframe description sequence :\r\n * Keyframe 1: The brows\r\n   lift.\r\n"
        " * Keyframe 2 : The jaw drops.\r\n\r\n\r\n"
        "BACKGROUND: A corridor.\r\nemotion:   Fear.\r\n\r\ntask instruction: do keyframe 2",
        "Keyframe one: The brows lift.\nKeyframe two: The jaw drops.\n\nBackground:\nA corridor.\n"
        "Emotion:\nFear.\n\nTask Instruction: the parameters for keyframe two please",
    ],
)
def test_other_layouts_mean_the_same(text: str) -> None:
    assert parse_request(ask(text)) == (REQUEST, 1)


def test_roles_in_any_order_and_content_parts() -> None:
    system, user = request_messages(REQUEST, 0)
    parts = [{"type": "text", "text": part} for part in user["content"].split("\n\n")]
    line = json.dumps({"messages": [{"role": "user", "content": parts}, system], "id": 7})
    assert parse_request(line) == (REQUEST, 0)


def test_missing_sections_are_empty() -> None:
    request, target = parse_request(ask("- Keyframe One: A smile."))
    assert (request, target) == (GenerationRequest(descriptions=("A smile.",)), 0)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "{",
        "[]",
        "7",
        "null",
        '"text"',
        "{}",
        '{"messages": 3}',
        '{"messages": []}',
        '{"messages": [null, 4]}',
        ask(""),
        ask(None),
        ask(7),
        ask([{"image": 1}]),
        ask("hello"),
        ask("Background: x\nEmotion: y"),
        ask("- Keyframe One: a\n- Keyframe Two: b"),
        ask("- Keyframe One: a\nTask Instruction: Keyframe Nine"),
        ask("- Keyframe One: a\n- Keyframe One: b\nTask Instruction: Keyframe One"),
        ask("- Keyframe One: a", role="system"),
        "[" * 100_000,
    ],
)
def test_bad_requests_are_told_plainly(line: str) -> None:
    with pytest.raises(GenerationError) as fault:
        parse_request(line)
    assert "\n" not in str(fault.value)
    assert fault.value.todo


def test_asking_for_a_keyframe_that_is_not_there() -> None:
    with pytest.raises(GenerationError):
        request_messages(REQUEST, 2)


def test_planning_needs_words() -> None:
    with pytest.raises(GenerationError):
        plan_messages(GenerationRequest(script=" "))
    text = plan_messages(GenerationRequest("A hall", "Joy", "Hello"))[1]["content"]
    assert text == "Background: A hall\nEmotion: Joy\nScript: Hello"
