"""Writes what each command takes into the reference of the command line, from the commands themselves.

``python docs/make_command_reference.py`` replaces what stands between the marks in
``docs/reference/command-line.md``; the tests fail while that is out of date.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import annotator.cli  # noqa: F401 - registers the commands
from annotator.cli.app import app
from viewer.core.files import atomic_write

PAGE = Path(__file__).resolve().parent / "reference" / "command-line.md"
_PART = re.compile(
    r"(<!-- (?P<command>[a-z][a-z -]*): written by docs/make_command_reference\.py -->\n)"
    r".*?(<!-- end of [a-z -]+ -->)",
    re.DOTALL,
)


def usages() -> dict[str, str]:
    """For each command (``export training`` for one in a group) its usage, help and options as Markdown
    without a heading."""
    parts = re.split(r"^#+ kfstudio (.+)\n", app.generate_docs("markdown"), flags=re.MULTILINE)
    return {command: _plain(text) for command, text in zip(parts[1::2], parts[2::2], strict=True)}


def _plain(text: str) -> str:
    # After `python -m something` Cyclopts takes that for a part of every call.
    text = re.sub(r"```console\n(kfstudio [a-z -]+?)(?: -m \w+)?(?= [\[A-Z-]|\n)", r"```\n\1", text)
    text = re.sub(r' \*\[default: (False|""|\(\))\]\*', "", text)
    # The headings of this page leave out the name of the program.
    text = text.replace("(#kfstudio-", "(#")
    # An option that needs two lines in the terminal is one line here.
    return re.sub(r"\n {4}(?=\S)", " ", text).strip()


def with_usage(text: str) -> str:
    """The page with every part made anew.  Raises KeyError for a command that does not exist."""
    told = usages()
    return _PART.sub(lambda part: f"{part[1]}\n{told[part['command']]}\n\n{part[3]}", text)


def main() -> None:
    """Write the page."""
    atomic_write(PAGE, with_usage(PAGE.read_text("utf-8")))


if __name__ == "__main__":
    main()
