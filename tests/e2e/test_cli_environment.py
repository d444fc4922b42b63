"""Where the command line runs: odd terminals, closed pipes, no home, no display, quick starts."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.e2e.conftest import PROJECT, Studio, plain_environment

CLIP = PROJECT / "resources" / "demo" / "dataset" / "clips" / "01-waiting-room"
TRACK, VIDEO = CLIP / "track.csv", CLIP / "video.mp4"
posix = pytest.mark.skipif(os.name != "posix", reason="needs a POSIX shell")


def _shell(line: str, folder: Path, **names: str) -> subprocess.CompletedProcess[bytes]:
    """A line of shell in which ``kfstudio`` is the real main.py."""
    tool = f'kfstudio() {{ "{sys.executable}" "{PROJECT / "main.py"}" "$@"; }}\n'
    environment = {**plain_environment(folder), "TRACK": str(TRACK), "VIDEO": str(VIDEO), **names}
    return subprocess.run(
        ["bash", "-c", tool + line], env=environment, cwd=folder, capture_output=True, timeout=60, check=False
    )


def test_a_python_without_the_packages_is_told_in_one_line() -> None:
    # -S: without what is installed, as another Python than that of .venv sees it.
    bare = [sys.executable, "-S", str(PROJECT / "main.py"), "info", str(TRACK)]
    ran = subprocess.run(bare, capture_output=True, encoding="utf-8", timeout=60, check=False)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith("error: this Python lacks the package ") and ran.stderr.count("\n") == 1


@posix
def test_closed_and_full_streams(tmp_path: Path) -> None:
    broken = _shell("kfstudio compare $TRACK $TRACK | head -c 9; exit ${PIPESTATUS[0]}", tmp_path)
    assert (broken.returncode, broken.stderr) == (0, b"")
    help_ = _shell("kfstudio --help | head -c 9; exit ${PIPESTATUS[0]}", tmp_path)
    assert (help_.returncode, help_.stderr) == (0, b"")
    closed = _shell("kfstudio info $TRACK <&- >&-", tmp_path)
    assert (closed.returncode, closed.stderr) == (0, b"")
    deaf = _shell("kfstudio info missing 2>&-", tmp_path)
    assert (deaf.returncode, deaf.stdout) == (1, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_told(tmp_path: Path) -> None:
    full = _shell("kfstudio info $TRACK > /dev/full", tmp_path)
    assert full.returncode == 1
    assert full.stderr.startswith(b"error: ") and full.stderr.count(b"\n") == 1
    onto = _shell("kfstudio convert $TRACK /dev/full --to livelink", tmp_path)
    assert onto.returncode == 1 and b"disk is full" in onto.stderr
    assert Path("/dev/full").is_char_device()


@posix
def test_any_terminal_and_any_name(tmp_path: Path) -> None:
    odd = os.fsdecode(b"\xff odd.csv")
    (tmp_path / odd).write_bytes(TRACK.read_bytes())
    plain = {"PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
    narrow = _shell("kfstudio convert *odd.csv été.json", tmp_path, **plain)
    assert (narrow.returncode, narrow.stderr) == (0, b"")
    assert "été.json" in narrow.stdout.decode("utf-8")
    forced = {"LC_ALL": "C", "PYTHONUTF8": "0"}
    spelled = _shell("kfstudio info nö.csv", tmp_path, **forced).stderr.decode("utf-8")
    assert spelled == "error: nö.csv: there is no such file or folder – check the path\n"
    lines = _shell("kfstudio info $'no\\nsuch\\033[31mfile.csv'", tmp_path, **plain)
    assert lines.returncode == 1
    assert lines.stderr.count(b"\n") == 1 and b"\033" not in lines.stderr
    assert lines.stderr.startswith(b"error: ")


def test_no_home_and_a_state_folder_that_cannot_be_written(studio: Studio, tmp_path: Path) -> None:
    blocked = tmp_path / "a file"
    blocked.write_text("in the way", "utf-8")
    names = ("KFSTUDIO_STATE_DIR", "KFSTUDIO_CONFIG_DIR", "KFSTUDIO_DATA_DIR", "XDG_STATE_HOME")
    environment = plain_environment(blocked / "home", **dict.fromkeys(names, str(blocked / "state")))
    told = studio("animate", "--emotion", "joy", "--out", "here.csv", cwd=tmp_path, env=environment).json
    assert told["written"] == "here.csv" and (tmp_path / "here.csv").is_file()
    del environment["HOME"]
    assert studio("info", CLIP.parents[1], cwd=tmp_path, env=environment).json["clips"] == 3


def test_without_a_display_it_says_what_to_do(studio: Studio, home: Path) -> None:
    assert "xvfb-run" in studio().error
    dead = plain_environment(home, DISPLAY=":4242", WAYLAND_DISPLAY="nobody-there")
    assert "xvfb-run" in studio(TRACK, env=dead).error


@posix
def test_an_interrupted_film_leaves_nothing(home: Path, tmp_path: Path) -> None:
    words = ["render", str(TRACK), "--out", str(tmp_path / "film.mp4"), "--size", "128x160", "--fps", "120"]
    running = subprocess.Popen(
        [sys.executable, str(PROJECT / "main.py"), *words],
        env=plain_environment(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    end = time.monotonic() + 60
    try:
        while not any(tmp_path.iterdir()):
            with contextlib.suppress(subprocess.TimeoutExpired):
                running.wait(0.02)
            assert running.poll() is None and time.monotonic() < end
        running.terminate()
        out, err = running.communicate(timeout=60)
    finally:
        running.kill()
    assert (running.returncode, out) == (130, b"")
    assert err.startswith(b"error: interrupted") and err.count(b"\n") == 1
    assert list(tmp_path.iterdir()) == []


HEAVY = ("PySide6", "vtkmodules", "pyvista", "pyqtgraph", "openai", "scipy", "pandas")
LIGHT = {
    ("--version",): HEAVY,
    ("info", VIDEO): HEAVY,
    ("info", CLIP.parents[1]): HEAVY,
    ("frame", VIDEO, "--index", "3", "--out", "x.png"): HEAVY,
    ("info", TRACK): HEAVY[:-1],
    ("convert", TRACK, "x.json"): HEAVY[:-1],
}


@pytest.mark.parametrize("words", LIGHT, ids=lambda words: " ".join(Path(word).name for word in words))
def test_quick_commands_load_no_heavy_library(
    words: tuple[str | Path, ...], home: Path, tmp_path: Path
) -> None:
    asked = [sys.executable, "-X", "importtime", str(PROJECT / "main.py"), *map(str, words)]
    ran = subprocess.run(
        asked, env=plain_environment(home), cwd=tmp_path, capture_output=True, timeout=60, check=True
    )
    lines = ran.stderr.decode().splitlines()
    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in lines if "import time" in line}
    assert "annotator" in loaded
    assert not loaded & set(LIGHT[words])
