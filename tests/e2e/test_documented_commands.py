"""Every command that the documents show is run as it is written, on a copy of the demo."""

from __future__ import annotations

import hashlib
import json
import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest

from annotator.core.capture.tracker_packages import own_folder
from annotator.core.generation.profiles import PRESETS
from tests.e2e.conftest import PROJECT, Ran, Studio, plain_environment
from tests.e2e.window_parts import DEMO
from tests.model_server import Handler, ModelServer, model_server, paper_reply

PAGES = (PROJECT / "README.md", *sorted((PROJECT / "docs").rglob("*.md")))
_BLOCK = re.compile(r"^ *```sh\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_SERVER = re.compile(r"http://HOST:\d+")
ELSEWHERE = {"kfstudio demo --headless --out out/demo": "test_cli_commands.py"}
"""What takes long and is run as it is written by another test."""
WITH_TRACKER = ("kfstudio capture", "captured.csv")
"""What is in commands that need MediaPipe, which a development environment may lack."""
SEES = "The brows rise. The mouth is closed."


def commands() -> list[str]:
    """Every line of the shell blocks once, in the order of the documents.  README's come first: what it
    makes, others use."""
    blocks = [block for page in PAGES for block in _BLOCK.findall(page.read_text("utf-8"))]
    return list(
        dict.fromkeys(line.strip() for block in blocks for line in block.splitlines() if line.strip())
    )


def digests(folder: Path) -> dict[Path, str]:
    """What every file of a folder holds."""
    return {f: hashlib.sha256(f.read_bytes()).hexdigest() for f in folder.rglob("*") if f.is_file()}


def answer(handler: Handler, body: dict[str, Any]) -> None:
    """Values in the paper's format, or words for a picture."""
    sees = any(isinstance(each["content"], list) for each in body["messages"])
    handler.stream(SEES if sees else paper_reply())


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with model_server(answer) as running:
        yield running


@pytest.fixture
def environment(tmp_path: Path, server: ModelServer) -> dict[str, str]:
    """That of a person who has saved the address of a server, and whose windows close when painted."""
    (tmp_path / "config").mkdir()
    profiles = [{"name": each.name, "backend": each.backend} for each in PRESETS]
    for each in profiles:
        if each["backend"] == "server":
            each["url"] = f"{server.url}/v1"
    settings = {"theme": "dark", "profiles": profiles}
    (tmp_path / "config" / "settings.json").write_text(json.dumps(settings), "utf-8")
    folders = {f"KFSTUDIO_{kind}_DIR": str(tmp_path / kind.lower()) for kind in ("CONFIG", "STATE", "DATA")}
    return plain_environment(tmp_path, **folders, QT_QPA_PLATFORM="offscreen", KFSTUDIO_EXIT_AFTER_PAINT="1")


def run(line: str, studio: Studio, folder: Path, environment: dict[str, str], server: ModelServer) -> Ran:
    """Run one line as it is written, with the address of a server that is there."""
    program, *words = shlex.split(_SERVER.sub(server.url, line))
    assert program == "kfstudio", f"a block of commands holds something else: {line}"
    if ".mp4" in words[-1] and words[0] == "render":
        # A film as it is written takes a minute on two cores.
        words += ["--fps", "4", "--size", "320x160"]
    return studio(*words, cwd=folder, env=environment, seconds=100)


@contextmanager
def somebody_else_annotating(dataset: Path) -> Iterator[None]:
    """For a while, a second person has each clip as the first has it, each keyframe a little later."""
    for clip in (dataset / "clips").iterdir():
        theirs = clip / "annotations" / "maria.json"
        work = json.loads(theirs.read_text("utf-8"))
        for keyframe in work["keyframes"]:
            keyframe["time"] += 0.05
        theirs.with_name("ben.json").write_text(json.dumps(work | {"status": "done"}), "utf-8")
    yield
    for file in dataset.glob("clips/*/annotations/ben.json"):
        file.unlink()


@pytest.mark.release
@pytest.mark.slow
@pytest.mark.timeout(400)
def test_every_command_works_as_it_is_written(
    quick_studio: Studio, tmp_path: Path, environment: dict[str, str], server: ModelServer
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    demo = digests(DEMO)
    lines = commands()
    has_tracker = own_folder().is_dir()
    assert len(lines) > 25
    broken = []
    for line in lines:
        if line in ELSEWHERE:
            continue
        of_two = line.startswith("kfstudio agreement")
        with somebody_else_annotating(scratch / "practice") if of_two else nullcontext():
            ran = run(line, quick_studio, scratch, environment, server)
        if ran.code and (has_tracker or not any(words in line for words in WITH_TRACKER)):
            broken.append(f"{line}: {ran.code}, {ran.err.strip()}")
    assert broken == [], "\n".join(broken)
    assert digests(DEMO) == demo, "a command of the documents writes into the tracked demo"
