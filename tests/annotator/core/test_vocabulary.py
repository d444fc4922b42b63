"""The dataset's emotion labels."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from annotator.core.findings import Finding
from annotator.core.vocabulary import DEFAULT, Vocabulary, vocabulary_from_json, vocabulary_to_json
from viewer.core.errors import EditError


def test_the_default_has_a_label_on_every_digit() -> None:
    assert sorted(DEFAULT.keys) == list(range(1, 10))
    assert len(set(DEFAULT.labels)) == len(DEFAULT.words) > 20


def test_a_digit_belongs_to_one_label() -> None:
    words = Vocabulary().added("awe").added("hope").added("envy", key=1)
    assert words.keys == {2: "hope", 1: "envy"}
    assert words.with_key("awe", 2).label_for(2) == "awe"
    assert words.renamed("hope", "long hope").label_for(2) == "long hope"
    assert words.moved("envy", 0).labels == ("envy", "awe", "hope")
    assert "awe" not in words.removed("awe")
    refused: tuple[Callable[[], Vocabulary], ...] = (
        lambda: words.added("awe"),
        lambda: words.added("  "),
        lambda: words.with_key("awe", 0),
        lambda: words.removed("joy"),
        lambda: words.renamed("awe", "hope"),
    )
    for wrong in refused:
        with pytest.raises(EditError):
            wrong()


def test_reading_keeps_what_it_can_and_says_what_it_cannot() -> None:
    findings: list[Finding] = []
    raw = [
        "joy",
        {"label": "awe", "key": 3, "complex": True, "colour": "red"},
        5,
        {"key": 1},
        {"label": "joy"},
        {"label": "hope", "key": 3},
        {"label": "envy", "key": True},
    ]
    words = vocabulary_from_json(raw, "dataset.json", findings)
    assert words.labels == ("joy", "awe", "hope", "envy")
    assert words.keys == {3: "awe"} and len(findings) == 5
    again: list[Finding] = []
    assert vocabulary_from_json(vocabulary_to_json(words), "dataset.json", again) == words
    assert not again
    assert vocabulary_from_json(None, "", again) == DEFAULT
    assert vocabulary_from_json("joy", "", again) == DEFAULT and again
    assert vocabulary_from_json(vocabulary_to_json(DEFAULT), "", []) == DEFAULT


def test_a_label_without_end_is_quoted_in_part() -> None:
    findings: list[Finding] = []
    vocabulary_from_json(
        ["x" * 5000, "x" * 5000, {"label": "y", "key": "5" * 5000}], "dataset.json", findings
    )
    assert len(findings) == 2 and all(len(found.what) < 200 for found in findings)
