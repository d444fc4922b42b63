"""The documents say what is true: links lead somewhere, tables match the program."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest
from PIL import Image

import annotator.cli  # noqa: F401 - registers the commands
from annotator.cli.app import app
from annotator.core.model import EASE_TITLES
from annotator.session.settings import Settings
from annotator.window.actions import ACTIONS
from viewer.core.channels import NAMES

PROJECT = Path(__file__).resolve().parents[1]
DOCS = PROJECT / "docs"
DOCUMENTS = sorted([*PROJECT.glob("*.md"), *DOCS.rglob("*.md")])
COMMANDS = sorted(name for name in app if not name.startswith("-"))

_LINK = re.compile(r"(!?)\[[^\]]*\]\(([^)\s]+)\)")
_FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#+\s+(.+?)\s*$", re.MULTILINE)
_MOST_BYTES = 650_000
_ALL_BYTES = 5_000_000


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


def script(name: str) -> ModuleType:
    """A script of docs/, which is no package."""
    spec = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
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
    pictures = list((DOCS / "pictures").rglob("*.png"))
    words = "".join(prose(document) for document in DOCUMENTS)
    assert [p.name for p in pictures if p.stat().st_size > _MOST_BYTES] == []
    assert sum(p.stat().st_size for p in pictures) <= _ALL_BYTES
    assert [p.name for p in pictures if f"/{p.name})" not in words] == []


def test_the_site_has_every_page_once() -> None:
    config = (PROJECT / "mkdocs.yml").read_text("utf-8")
    listed = re.findall(r"^ +- .+: (\S+\.md)$", config.partition("\nnav:\n")[2], re.MULTILINE)
    records = {str(path.relative_to(DOCS)) for path in (DOCS / "adr").glob("[0-9]*.md")}
    pages = {str(path.relative_to(DOCS)) for path in DOCS.rglob("*.md")} - records
    assert sorted(listed) == sorted(pages)


def test_pages_of_the_site_lead_to_no_file_outside_of_it() -> None:
    for document in DOCS.rglob("*.md"):
        for _, target in _LINK.findall(prose(document)):
            if "://" not in target:
                assert (document.parent / target.partition("#")[0]).resolve().is_relative_to(DOCS), document


def test_the_page_of_keys_is_current() -> None:
    made = script("make_key_table")
    text = made.PAGE.read_text("utf-8")
    assert made.with_table(text) == text, "run python docs/make_key_table.py"


def test_every_command_of_the_window_is_in_the_table_with_its_keys() -> None:
    table = script("make_key_table").key_table()
    for spec in ACTIONS:
        row = next(line for line in table.splitlines() if line.startswith(f"| {spec.title} |"))
        assert all(f"`{key}`" in row for key in spec.keys), spec.id


def test_the_reference_of_the_command_line_is_current() -> None:
    made = script("make_command_reference")
    text = made.PAGE.read_text("utf-8")
    assert made.with_usage(text) == text, "run python docs/make_command_reference.py"
    described = set(re.findall(r"^<!-- ([a-z -]+): written by", text, re.MULTILINE))
    in_groups = {f"{name} {each}" for name in COMMANDS for each in app[name] if not each.startswith("-")}
    # A group may also be a command by itself.
    groups = {each.partition(" ")[0] for each in in_groups}
    groups = {name for name in groups if app[name].default_command is None}
    assert described == set(COMMANDS) - groups | in_groups


def test_every_channel_is_explained_with_its_picture() -> None:
    text = (DOCS / "explanation" / "arkit-and-facs.md").read_text("utf-8")
    rows = re.findall(r"^\| !\[.+\]\(\.\./pictures/channels/(\w+)\.png\) \| `(\w+)` \|", text, re.MULTILINE)
    assert all(picture == name for picture, name in rows)
    assert sorted(name for _, name in rows) == sorted(NAMES)


def test_every_setting_is_described() -> None:
    text = (DOCS / "reference" / "settings.md").read_text("utf-8")
    table = text.partition("## settings.json")[2].partition("\n## ")[0]
    cells = re.findall(r"^\| (`.+?`) \|", table, re.MULTILINE)
    named = {key for cell in cells for key in re.findall(r"`(\w+)`", cell)}
    assert named == set(Settings.__struct_fields__)


def test_easings_have_one_name_in_the_window_and_in_the_guide() -> None:
    text = (DOCS / "how-to" / "annotate.md").read_text("utf-8")
    assert dict(re.findall(r"^\| ([\w ]+) \| `([\w-]+)` \|", text, re.MULTILINE)) == {
        title: ease for ease, title in EASE_TITLES.items()
    }


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_of_the_command_line_is_described(command: str) -> None:
    text = (DOCS / "reference" / "command-line.md").read_text("utf-8")
    section = re.search(rf"^## {command}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert section is not None, f"{command} has no section"
    assert re.search(rf"^```sh\nkfstudio {command}", section[1], re.MULTILINE), f"{command} has no example"
    assert f"kfstudio {command}" in (PROJECT / "README.md").read_text("utf-8")


def test_decision_records_are_numbered_without_a_gap_and_short() -> None:
    records = sorted((DOCS / "adr").glob("[0-9]*.md"))
    assert [int(record.name[:4]) for record in records] == list(range(1, len(records) + 1))
    listed = (DOCS / "adr" / "index.md").read_text("utf-8")
    assert re.findall(r"\((\d{4}-[\w-]+\.md)\)", listed) == [record.name for record in records]
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
