"""The page for notebooks: every Python block of it runs, from top to bottom, beside a demo."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from viewer.core.formats import read

PROJECT = Path(__file__).resolve().parents[1]
PAGE = PROJECT / "docs" / "how-to" / "use-from-python.md"
_BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def program() -> str:
    """The blocks as one program, each line where the page has it, so that a traceback names it."""
    text = PAGE.read_text("utf-8")
    lines = [""] * text.count("\n")
    for block in _BLOCK.finditer(text):
        first = text[: block.start(1)].count("\n")
        code = block[1].splitlines()
        lines[first : first + len(code)] = code
    return "\n".join(lines)


@pytest.fixture
def ran(demo_checkout: Path) -> str:
    """What the page's program prints; it needs neither Qt nor a network."""
    (demo_checkout / "notebooks.py").write_text(program(), "utf-8")
    block = "import socket, sys\nsocket.socket.connect = None\n"
    call = "import runpy\nrunpy.run_path('notebooks.py')\nassert 'PySide6' not in sys.modules\n"
    environment = {
        **os.environ,
        "PYTHONPATH": str(PROJECT),
        "PYTHONUTF8": "1",
        "QT_QPA_PLATFORM": "offscreen",
    }
    done = subprocess.run(
        [sys.executable, "-c", block + call],
        cwd=demo_checkout,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_block_runs_and_shows_what_the_page_says(ran: str, demo_checkout: Path) -> None:
    before = {
        file: file.read_bytes() for file in (PROJECT / "resources" / "demo" / "dataset").rglob("*.json")
    }
    assert "02-letter in progress ('maria',)" in ran
    assert "3.175 s  Inner brows high" in ran
    assert re.search(r"mean error 0\.\d{3}, r -?\d\.\d\d", ran)
    assert re.search(r"^\d+\.\d mm at most from the resting face$", ran, re.MULTILINE)
    assert "99 s is outside the track – choose a time from 0 to 7.000" in ran
    assert read(demo_checkout / "take.csv").fps == pytest.approx(60, abs=0.1)
    assert read(demo_checkout / "recording-30.json").meta["pose_unit"] == "radians"
    with Image.open(demo_checkout / "keyframe.png") as picture:
        assert picture.size == (448, 448)
    for file, data in before.items():
        assert (demo_checkout / file.relative_to(PROJECT)).read_bytes() == data


def test_the_table_of_names_is_whole() -> None:
    import annotator
    import viewer

    named = set(re.findall(r"^\| `((?:viewer|annotator)\.\w+)\(", PAGE.read_text("utf-8"), re.MULTILINE))
    functions = {
        f"{package.__name__}.{name}"
        for package in (viewer, annotator)
        for name in package.__all__
        if name.islower()
    }
    assert named == functions
