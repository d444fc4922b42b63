"""The lexicon: anyone may extend it, and slips in it are told."""

import re
import shutil
from pathlib import Path

import pytest

from annotator.core.generation.facs.lexicon import FOLDER, inflections, lexicon, read_lexicon
from annotator.core.generation.facs.reading import read
from annotator.core.generation.facs.translation import languages, to_english
from viewer.core.errors import GenerationError

DOCS = Path(__file__).resolve().parents[4] / "docs"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return shutil.copytree(FOLDER, tmp_path / "facs")


def append(folder: Path, name: str, text: str) -> None:
    with (folder / name).open("a", encoding="utf-8") as target:
        target.write(text)


def test_a_new_saying_is_understood(copy: Path) -> None:
    append(copy, "words.toml", '\n[[say]]\nwords = "gurgleface"\ndo = ["nose_wrinkle:0.7"]\n')
    facts = read("She pulls a gurgleface.", read_lexicon(copy)).facts
    assert [f.action for f in facts] == ["nose_wrinkle"]


def test_a_new_action_and_feeling_are_understood(copy: Path) -> None:
    append(copy, "actions.toml", '\n[ear_wiggle]\ntitle = "ear wiggle"\npairs = { CheekSquint = 0.4 }\n')
    append(copy, "words.toml", '\n[[say]]\nwords = "wiggle ~ ears"\ndo = ["ear_wiggle"]\n')
    facts = read("He wiggles his ears.", read_lexicon(copy)).facts
    assert [f.action for f in facts] == ["ear_wiggle"]


def test_the_guides_example_of_new_words_works_as_it_is_written(copy: Path) -> None:
    guide = (DOCS / "how-to" / "teach-a-word.md").read_text("utf-8")
    examples = re.findall(r"```toml\n# at the end of (\w+\.toml).*?\n(.*?)```", guide, re.DOTALL)
    assert [name for name, _ in examples] == ["words.toml", "emotions.toml"]
    append(copy, *examples[0])
    text = (copy / "emotions.toml").read_text("utf-8")
    (copy / "emotions.toml").write_text(text.replace("[compounds]", examples[1][1] + "\n[compounds]"))
    words = read_lexicon(copy)
    goldfish = read("She gapes like a goldfish.", words).facts
    assert [f.action for f in goldfish] == ["pucker", "jaw_drop"]
    assert [f.action for f in read("Hangrily, she waits.", words).facts] == ["emotion:hangriness"]


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("words.toml", '\n[[say]]\nwords = "blip"\ndo = ["no_such_action"]\n', "no_such_action"),
        ("actions.toml", "\n[odd]\npairs = { MouthBanana = 1.0 }\n", "MouthBanana"),
        ("moves.toml", '\n[combine.elbow]\nup = "smile"\n', "elbow"),
        ("emotions.toml", "\n[broken\n", "broken"),
    ],
)
def test_a_slip_in_a_file_is_told_with_the_file(copy: Path, name: str, text: str, told: str) -> None:
    append(copy, name, text)
    with pytest.raises(GenerationError) as fault:
        read_lexicon(copy)
    assert name in str(fault.value) and told in str(fault.value)


def test_a_missing_or_foreign_file_is_told(copy: Path) -> None:
    (copy / "parts.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(GenerationError, match=r"parts\.toml"):
        read_lexicon(copy)
    (copy / "parts.toml").unlink()
    with pytest.raises(GenerationError, match=r"parts\.toml"):
        read_lexicon(copy)


def test_every_action_moves_or_stills_a_channel() -> None:
    for action in lexicon().actions.values():
        assert action.both or action.suppress or action.name == "neutral", action.name


def test_word_forms() -> None:
    assert {"raises", "raised", "raising"} <= inflections("raise")
    assert {"drops", "dropped", "dropping"} <= inflections("drop")
    assert {"cries", "cried", "crying"} <= inflections("cry")
    assert "smileed" not in inflections("smile")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Ella cierra los ojos.", "es"),
        ("Er hebt die Brauen.", "de"),
        ("Elle sourit doucement.", "fr"),
        ("Lei apre la bocca.", "it"),
        ("Ela levanta as sobrancelhas.", "pt"),
        ("Zij sluit haar ogen.", "nl"),
        ("Она улыбается.", "ru"),
        ("她闭上眼睛。", "zh"),
        ("彼女は目を閉じる。", "ja"),
        ("그는 웃는다.", "ko"),
    ],
)
def test_other_languages_are_recognised(text: str, language: str) -> None:
    english, found = to_english(text, lambda word: False)
    assert found == language and english.isascii()


def test_english_and_unknown_languages_are_left_as_they_are() -> None:
    assert to_english("She smiles.", lambda word: True) == ("She smiles.", "")
    text = "Xyzzy plugh quux frobnicates."
    assert to_english(text, lambda word: False) == (text, "")
    assert len({language.name for language in languages()}) == len(languages())
