"""What models say of a face, made into words, an analysis and values."""

import json

import numpy as np
import pytest

from annotator.core.description.wording import MOST_LETTERS, read_wording
from tests.present import present
from viewer.core.channels import INDEX, NAMES
from viewer.core.errors import GenerationError

PARTS = {
    "expression_category": "restrained smile",
    "muscle_movements": "The lip corners pull up slightly. The inner brows lift.",
    "emotional_implication": "She hides her worry.",
    "symmetry": "The left corner is higher than the right.",
}
WORDS = "The lip corners pull up slightly. The inner brows lift. The left corner is higher than the right."


def values(**channels: float) -> dict[str, float]:
    return {name: channels.get(name, 0.0) for name in NAMES}


def semanticface(pairs: dict[str, float], analysis: dict[str, str] | None = None) -> str:
    """A reply as that model writes it: Markdown, then a bare object."""
    heads = "\n\n".join(f"**{name}**: {text}" for name, text in (analysis or PARTS).items())
    return f"### Analysis\n\n{heads}\n\n{json.dumps(pairs)}"


@pytest.mark.parametrize(
    "reply",
    [
        json.dumps({"analysis": PARTS}),
        json.dumps(PARTS),
        "Sure! Here it is:\n```json\n" + json.dumps({"analysis": PARTS}, indent=2) + "\n```\nAnything else?",
        '<think>{"analysis": 1}</think>' + json.dumps({"analysis": PARTS}),
        semanticface(values(MouthSmileLeft=0.3)),
        "\n".join(f"- **{name.replace('_', ' ').title()}:** {text}" for name, text in PARTS.items()),
        "\n".join(f"## {name}\n{text}" for name, text in PARTS.items()),
        json.dumps({"analysis": {**PARTS, "muscle_movements": PARTS["muscle_movements"].split(". ")}}),
    ],
    ids=["json", "bare", "fenced", "thought", "semanticface", "list", "headings", "texts in a list"],
)
def test_an_analysis_is_read_in_every_shape(reply: str) -> None:
    found = read_wording(reply)
    assert found.text == WORDS
    assert found.analysis["expression_category"] == "restrained smile"
    assert found.analysis["emotional_implication"].startswith("She hides her worry")


def test_values_come_with_the_eyes_turned_as_keyframeface_has_them() -> None:
    pairs = values(EyeLookDownLeft=0.4, EyeLookDownRight=0.4, LeftEyePitch=0.3, HeadPitch=-0.1)
    found = present(read_wording(semanticface(pairs)).values)
    assert found[INDEX["LeftEyePitch"]] == pytest.approx(-0.3)
    assert found[INDEX["HeadPitch"]] == pytest.approx(-0.1)
    # A general model that answers in the other sign is understood by its looks.
    agreeing = values(EyeLookUpLeft=0.4, EyeLookUpRight=0.4, LeftEyePitch=0.3)
    assert present(read_wording(json.dumps(agreeing)).values)[INDEX["LeftEyePitch"]] == pytest.approx(0.3)


def test_both_sides_alike_adds_no_sentence() -> None:
    for told in ("The face is symmetrical.", "No asymmetry between left and right."):
        assert read_wording(json.dumps({**PARTS, "symmetry": told})).text == PARTS["muscle_movements"]


def test_a_description_and_plain_prose_are_words() -> None:
    assert read_wording('{"description": "the brows lift"}').text == "The brows lift."
    assert read_wording("The **brows** lift strongly.").text == "The brows lift strongly."
    assert read_wording("Certainly, here you go:\n\nThe mouth opens").text == "The mouth opens."


def test_values_alone_get_the_studios_words() -> None:
    found = read_wording(json.dumps(values(MouthSmileLeft=0.5, MouthSmileRight=0.5)))
    assert found.text.startswith("The lip corners pull up moderately")
    assert "studio's" in found.notes[0]


def test_values_that_are_no_numbers_are_left_out_and_the_words_stay() -> None:
    text = semanticface(values()).replace('"JawOpen": 0.0', '"JawOpen": NaN')
    found = read_wording(text)
    assert found.values is None and found.text == WORDS
    assert "JawOpen" in found.notes[0]


def test_values_outside_their_range_are_brought_back() -> None:
    found = read_wording(semanticface(values(JawOpen=7.0, HeadYaw=-3.0)))
    assert found.values is not None
    assert found.values[INDEX["JawOpen"]] == 1 and found.values[INDEX["HeadYaw"]] == -1
    assert np.isfinite(found.values).all() and found.notes


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        ("", "nothing"),
        ("<think>the face is", "nothing"),
        ("I'm sorry, but I can't help with identifying people.", "refused"),
        ("I cannot analyze this image.", "refused"),
        ('{"analysis": {"muscle_movements": "The bro', "stops in the middle"),
        ('```json\n{"description": "The bro', "stops in the middle"),
        ('{"answer": 42}', "no description"),
        ('{"description": ["", null, 3]}', "no description"),
        ("42", "not a description"),
        ("ok.", "not a description"),
        ("x" * 300_000, "far too long"),
        ("The lips part. " * 5, "repeats itself"),
        (json.dumps({"description": "The lips part. EyeSquint is a trace. " * 9}), "repeats itself"),
        ("[" * 100_000, "stops in the middle"),
    ],
)
def test_what_holds_no_words_is_told_plainly(reply: str, told: str) -> None:
    with pytest.raises(GenerationError, match=told) as fault:
        read_wording(reply)
    assert len(fault.value.line()) < 250


def test_an_endless_answer_is_cut_at_a_sentence() -> None:
    found = read_wording(" ".join(f"The brows lift {number} times." for number in range(400)))
    assert len(found.text) <= MOST_LETTERS and found.text.endswith("times.")
    assert "shortened" in found.notes[0]
