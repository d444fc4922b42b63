"""The documents say what is true: links lead somewhere, tables match the program."""

from __future__ import annotations

import importlib.util
import re
import shlex
from pathlib import Path
from types import ModuleType

import pytest
from PIL import Image

from annotator.cli.app import app
from annotator.window.actions import ACTIONS

PROJECT = Path(__file__).resolve().parents[1]
DOCS = PROJECT / "docs"
DOCUMENTS = sorted([*PROJECT.glob("*.md"), *DOCS.rglob("*.md")])
COMMANDS = sorted(name for name in app if not name.startswith("-"))

_LINK = re.compile(r"(!?)\[[^\]]*\]\(([^)\s]+)\)")
_FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#+\s+(.+?)\s*$", re.MULTILINE)
_MOST_BYTES = 650_000
_ALL_BYTES = 4_000_000


def prose(document: Path) -> str:
    """The document without its code blocks."""
    return _FENCED.sub("", document.read_text("utf-8"))


def anchors(document: Path) -> set[str]:
    """The names by which headings can be linked, as usual for Markdown on the web."""
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")
        for heading in _HEADING.findall(prose(document))
    }


def name_of(document: Path) -> str:
    return str(document.relative_to(PROJECT))


def examples() -> list[str]:
    """Every call of the studio in a code block of the documents, and in the README's table."""
    calls: set[str] = set()
    for document in DOCUMENTS:
        text = document.read_text("utf-8")
        calls.update(re.findall(r"^kfstudio .+$", text, re.MULTILINE))
        calls.update(re.findall(r"^\| `[a-z-]+` \| `(kfstudio [^`]+)` \|$", text, re.MULTILINE))
    return sorted(calls)


def key_tables() -> ModuleType:
    """docs/make_key_table.py, which is a script and no package."""
    spec = importlib.util.spec_from_file_location("make_key_table", DOCS / "make_key_table.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_links_lead_to_files_and_headings(document: Path) -> None:
    broken = []
    for _, target in _LINK.findall(prose(document)):
        if target.startswith(("https://", "mailto:")):
            continue
        path, _, anchor = target.partition("#")
        found = (document.parent / path).resolve() if path else document
        inside = found.is_relative_to(PROJECT)
        if not inside or not found.exists() or (anchor and anchor not in anchors(found)):
            broken.append(target)
    assert not broken


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_pictures_can_be_read_and_say_what_they_show(document: Path) -> None:
    for line in prose(document).splitlines():
        for sign, target in _LINK.findall(line):
            if sign:
                assert "![]" not in line, f"{target} has no words for those who cannot see it"
                with Image.open(document.parent / target) as picture:
                    assert min(picture.size) >= 100


def test_pictures_are_small_and_all_used() -> None:
    pictures = list((DOCS / "pictures").glob("*.png"))
    words = "".join(prose(document) for document in DOCUMENTS)
    assert [p.name for p in pictures if p.stat().st_size > _MOST_BYTES] == []
    assert sum(p.stat().st_size for p in pictures) <= _ALL_BYTES
    assert [p.name for p in pictures if f"pictures/{p.name})" not in words] == []


def test_the_pages_of_the_guide_lead_from_one_to_the_next_and_back() -> None:
    pages = sorted((DOCS / "guide").glob("*.md"))
    for number, page in enumerate(pages, 1):
        text = page.read_text("utf-8")
        assert text.startswith(f"# {number}. "), page.name
        before = [pages[number - 2].name] if number > 1 else []
        after = [pages[number].name] * 2 if number < len(pages) else []
        assert re.findall(r"\[Previous: [^\]]+\]\(([^)]+)\)", text) == before, page.name
        assert re.findall(r"\[Next: [^\]]+\]\(([^)]+)\)", text) == after, page.name


def test_the_guide_holds_the_present_table_of_keys() -> None:
    made = key_tables()
    text = made.GUIDE.read_text("utf-8")
    assert made.with_table(text) == text, "run python docs/make_key_table.py"


def test_every_command_of_the_window_is_in_the_table_with_its_keys() -> None:
    table = key_tables().key_table()
    for spec in ACTIONS:
        row = next(line for line in table.splitlines() if line.startswith(f"| {spec.title} |"))
        assert all(f"`{key}`" in row for key in spec.keys), spec.id


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_of_the_command_line_is_described(command: str) -> None:
    text = (DOCS / "guide" / "05-command-line.md").read_text("utf-8")
    section = re.search(rf"^## {command}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert section is not None, f"{command} has no section"
    assert "kfstudio" in section[1], f"{command} has no example"
    assert f"kfstudio {command}" in (PROJECT / "README.md").read_text("utf-8")


@pytest.mark.parametrize("line", examples())
def test_every_example_is_a_call_that_the_command_line_takes(line: str) -> None:
    words = shlex.split(line)[1:]
    if words[0] not in COMMANDS:
        words = ["open", *words]
    app.parse_args(words, exit_on_error=False, print_error=False)


def test_the_command_line_chapter_describes_no_command_that_is_gone() -> None:
    text = (DOCS / "guide" / "05-command-line.md").read_text("utf-8")
    called = set(re.findall(r"^kfstudio ([a-z][a-z-]*)(?= |$)", text, re.MULTILINE))
    assert called <= set(COMMANDS)


def test_decision_records_are_numbered_without_a_gap_and_short() -> None:
    records = sorted((DOCS / "adr").glob("*.md"))
    assert [int(record.name[:4]) for record in records] == list(range(1, len(records) + 1))
    for record in records:
        text = record.read_text("utf-8")
        assert len(text.splitlines()) <= 40
        assert all(f"**{part}.**" in text for part in ("Context", "Decision", "Consequences"))


def test_every_module_that_a_document_names_exists() -> None:
    named = [
        (document.name, path)
        for document in (*DOCS.rglob("*.md"), PROJECT / "CONTRIBUTING.md", PROJECT / "README.md")
        for path in re.findall(
            r"(?:annotator|viewer|resources|tests)/[\w/-]+\.(?:py|toml)", document.read_text("utf-8")
        )
    ]
    assert [each for each in named if not (PROJECT / each[1]).is_file()] == []


def test_ten_questions_of_a_newcomer_are_answered_by_one_path_each() -> None:
    text = (DOCS / "architecture.md").read_text("utf-8")
    section = text.partition("## Ten questions of a newcomer")[2].partition("\n## ")[0]
    answers = re.findall(r"^\| .+\? \| `([^`]+)` \|$", section, re.MULTILINE)
    assert len(answers) == 10
    assert all((PROJECT / path).is_file() for path in answers)
