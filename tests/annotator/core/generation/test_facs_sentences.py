"""Hundreds of sentences, read one by one, against the channels a person would expect."""

import pytest

from tests.annotator.core.generation.phrasing import misread, sections

LINES = sections("facs_sentences.txt")


@pytest.mark.parametrize("section", LINES)
def test_sentences_read_as_a_person_would(section: str) -> None:
    wrong = [f"{line}: {'; '.join(bad)}" for line in LINES[section] if (bad := misread(line))]
    assert not wrong, "\n".join(wrong)
