"""What is made for a desktop: icons, the entry in the menu, kinds of files; and the bundle's inner door."""

from __future__ import annotations

import configparser
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from PIL import Image
from PIL.IcoImagePlugin import IcoImageFile

from tests.e2e.conftest import plain_environment
from tests.scripts import load_script

PROJECT = Path(__file__).resolve().parents[1]
RELEASE = PROJECT / "resources" / "release"
CLIP = PROJECT / "resources" / "demo" / "dataset" / "clips" / "01-waiting-room"

KINDS = """
import sys
from PySide6.QtCore import QMimeDatabase
kinds = QMimeDatabase()
print(*(kinds.mimeTypeForFile(path).name() for path in sys.argv[1:]))
"""
FROZEN = """
import sys
sys.frozen = True
from viewer.core.child_process import part_command
program, *words = part_command("annotator.core.generation.local_process")
assert program == sys.executable
sys.argv[1:] = words
import main, os
main.main()
assert (os.environ["LD_LIBRARY_PATH"], "LD_LIBRARY_PATH_ORIG" in os.environ) == ("theirs", False)
"""


def test_the_workflow_tests_every_python_that_the_package_names() -> None:
    workflow = (PROJECT / ".github" / "workflows" / "test.yml").read_text("utf-8")
    tested = re.search(r"python: \[(.+)\]", workflow)
    assert tested is not None
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]
    named = re.findall(r"Python :: (3\.\d+)", "\n".join(project["classifiers"]))
    assert re.findall(r"3\.\d+", tested[1]) == named
    assert project["requires-python"] == f">={named[0]}"


def test_the_icons_hold_every_size(tmp_path: Path) -> None:
    icons = load_script(RELEASE / "make_icons.py")
    ico, icns = icons.make(tmp_path)
    with Image.open(ico) as windows:
        assert {side for side, _ in windows.info["sizes"]} == set(icons.WINDOWS)
        assert isinstance(windows, IcoImageFile)
        # Each was drawn in its size, with clear corners.
        small = windows.ico.getimage((16, 16)).convert("RGBA")
        assert small.tobytes() == icons.drawn(16).tobytes() and small.getpixel((0, 0)) == (0, 0, 0, 0)
    with Image.open(icns) as macos:
        assert {size[0] * size[2] for size in macos.info["sizes"]} >= {32, 256, 512, 1024}


@pytest.mark.release
@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the desktops of Linux")
def test_the_desktop_knows_the_studio_and_its_files(tmp_path: Path) -> None:
    share = tmp_path / "share"
    environment = plain_environment(tmp_path, XDG_DATA_HOME=str(share))
    install = ["sh", str(RELEASE / "linux" / "install.sh")]
    program = tmp_path / "my $tudio 100%" / "kfstudio"
    subprocess.run([*install, str(program)], env=environment, check=True)
    entry = configparser.RawConfigParser()
    entry.optionxform = str  # type: ignore[assignment,method-assign]
    entry.read(share / "applications" / "kfstudio.desktop", "utf-8")
    quoted = str(program).replace("%", "%%").replace("$", "\\$")
    assert entry["Desktop Entry"]["Exec"] == f'"{quoted}" open %f'
    assert (share / "icons" / "hicolor" / "scalable" / "apps" / "kfstudio.svg").is_file()
    nameless = tmp_path / "recording"
    nameless.write_bytes((CLIP / "track.csv").read_bytes())
    files = [CLIP.parents[1] / "dataset.json", nameless, CLIP / "track.csv", CLIP / "clip.json"]
    asked = [sys.executable, "-c", KINDS, *map(str, files)]
    kinds = subprocess.run(asked, env=environment, capture_output=True, text=True, check=True).stdout.split()
    opened = entry["Desktop Entry"]["MimeType"].split(";")
    assert kinds[:3] == [opened[0], opened[1], "text/csv"] and kinds[2] in opened
    assert kinds[3] == "application/json"
    subprocess.run([*install, "--remove"], env=environment, check=True)
    left = {path.name for path in share.rglob("*") if path.is_file()}
    assert not left & {"kfstudio.desktop", "kfstudio.svg", "kfstudio-mime.xml"}


def test_the_bundle_starts_the_process_of_a_local_model_by_its_own_program(tmp_path: Path) -> None:
    settings = {"path": str(tmp_path / "no.gguf"), "name": "no", "key": "k"}
    asked = json.dumps({**settings, "context": 512, "slots": 1, "threads": 1}) + "\n"
    # What the loader of the bundle sets is not handed on to programs of others.
    set_by_loader = {"LD_LIBRARY_PATH": "ours", "LD_LIBRARY_PATH_ORIG": "theirs"}
    environment = {**os.environ, "PYTHONPATH": str(PROJECT), **set_by_loader}
    done = subprocess.run(
        [sys.executable, "-c", FROZEN],
        input=asked,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    # That it cannot load a file that is missing, it says as the process that loads models.
    assert json.loads(done.stdout).keys() == {"error"}
