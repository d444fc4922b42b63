"""No usable OpenGL: faces are missing, and nothing else is."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.conftest import PROJECT, Studio, plain_environment

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="takes EGL away as Linux finds it"),
]
DEMO = PROJECT / "resources" / "demo" / "dataset"
TRACK = DEMO / "clips" / "02-letter" / "track.csv"
NO_DRIVER = {"__EGL_VENDOR_LIBRARY_DIRS": "/nonexistent"}
SAYS = "faces cannot be drawn here: no OpenGL driver works – install Mesa"


def _faceless(home: Path) -> dict[str, str]:
    return plain_environment(home, **NO_DRIVER)


def test_what_needs_faces_says_so_in_one_line(studio: Studio, home: Path, tmp_path: Path) -> None:
    still = studio("render", TRACK, "--out", "still.png", cwd=tmp_path, env=_faceless(home))
    assert still.error.startswith(SAYS)
    assert list(tmp_path.iterdir()) == []
    demo = studio("demo", "--headless", "--out", "made", cwd=tmp_path, env=_faceless(home))
    assert demo.code == 1
    assert demo.err.splitlines()[-1].startswith(f"error: {SAYS}")
    # A report is its measures first.
    report = studio("report", "made/dataset", "--out", "report.html", cwd=tmp_path, env=_faceless(home))
    assert report.code == 0, report.err
    assert json.loads(report.out)["pictures"] == 0
    assert "no OpenGL driver works" in (tmp_path / "report.html").read_text("utf-8")


def test_the_window_says_so_in_the_face_pane_and_goes_on(home: Path, tmp_path: Path) -> None:
    dataset = tmp_path / "dataset"
    shutil.copytree(DEMO, dataset)
    worker = [sys.executable, str(Path(__file__).with_name("faceless_window.py")), str(dataset)]
    environment = {**_faceless(home), "QT_QPA_PLATFORM": "offscreen", "KFSTUDIO_ANNOTATOR": "anna"}
    ran = subprocess.run(worker, env=environment, capture_output=True, timeout=100, check=False)
    assert ran.returncode == 0, ran.stderr.decode()
    told = json.loads(ran.stdout)
    assert all(text.startswith("Faces cannot be drawn here") for text in told["said"] if text)
    work = json.loads(next((dataset / "clips").glob("*/annotations/anna.json")).read_text("utf-8"))
    assert set(told["keyframes"]) == {keyframe["id"] for keyframe in work["keyframes"]} != set()
