"""Which names are one, and which a file can have on every system."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.core.names import flaw_of, identity, safe_name, spelling_of, told_otherwise, twins

NAMES = st.text(st.characters(codec="utf-8"), max_size=80)


@given(NAMES)
def test_a_name_is_one_with_its_other_spellings(name: str) -> None:
    spelled = [unicodedata.normalize(form, name) for form in ("NFC", "NFD")]
    assert {identity(each) for each in [*spelled, identity(name)]} == {identity(name)}
    assert len({identity(safe_name(each)) for each in spelled}) == 1


@given(NAMES)
def test_what_is_made_of_a_name_can_be_a_file_anywhere(name: str) -> None:
    safe = safe_name(name)
    assert not flaw_of(f"{safe}.json") and not flaw_of(safe)
    assert safe_name(safe) == safe
    assert spelling_of(name, [safe]) == safe


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ben", "bEN"),
        ("Zoë", "Zoe\u0308"),
        ("STRASSE", "straße"),
        ("BEN!", "ben!"),
        ("CON", "con"),
        ("a/B", "A/b"),
    ],
)
def test_two_spellings_lead_to_one_file(one: str, other: str) -> None:
    assert spelling_of(one, [safe_name(other)]) == safe_name(other)
    assert twins([safe_name(one), safe_name(other)]) or safe_name(one) == safe_name(other)


def test_the_exact_spelling_comes_first_and_a_name_made_by_an_earlier_version_is_known() -> None:
    assert spelling_of("ben", ["Ben", "ben"]) == "ben"
    assert spelling_of("BEN", ["ben", "Ben", "benno"]) == "Ben"
    assert spelling_of("Ben", ["benno"]) is None
    # The digest was of the name as it was spelled: SHA-256 of "Anna/B".
    assert spelling_of("Anna/B", ["Anna_B-7efc1c"]) == "Anna_B-7efc1c"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("CON", "Windows keeps the name CON"),
        ("nul .txt", "Windows keeps the name nul"),
        ("com1.csv", "Windows keeps the name com1"),
        ("what?", "Windows allows no ? in a name"),
        ("a\x07b", "control characters"),
        ("trailing.", "drops the dot"),
        ("trailing ", "drops the space"),
        ("ü" * 128, "256 bytes"),
    ],
)
def test_why_a_name_cannot_be_everywhere_is_said(name: str, why: str) -> None:
    assert why in flaw_of(name)
    assert not flaw_of(safe_name(name))


@pytest.mark.parametrize("name", ["Anna", "console", "com", "a.b", "ü" * 127, "名前 1"])
def test_nothing_is_wrong_with_other_names(name: str) -> None:
    assert flaw_of(name) == ""


def test_another_name_than_wanted_is_told_with_its_reason() -> None:
    assert told_otherwise("Scene", "Scene", "the clip") == ""
    assert told_otherwise("Zoe\u0308", "Zoë", "the clip") == ""
    assert told_otherwise("what?", "what_-1", "the clip") == (
        "the clip is called what_-1, because Windows allows no ? in a name"
    )
    assert "there is one of that name already" in told_otherwise("Scene", "Scene-2", "the clip")
    assert "cannot be called ©" in told_otherwise("©", safe_name("©"), "the clip")
