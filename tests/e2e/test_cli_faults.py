"""Bad input of every kind: exit code 1 and one line that says what happened and what to do."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from annotator.core.faults.log_file import log_path, read_log
from tests.clips import Clip, make, x264
from tests.e2e.conftest import PROJECT, Studio

TRACK = PROJECT / "resources" / "demo" / "dataset" / "clips" / "01-waiting-room" / "track.csv"
GIGABYTES_20 = 20 * 2**30


def _sparse(path: Path, size: int = GIGABYTES_20) -> None:
    with path.open("wb") as file:
        file.truncate(size)


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of files that are not what they seem."""
    folder = tmp_path_factory.mktemp("bad")
    page = b"<!DOCTYPE html><html><body>404 Not Found</body></html>\n"
    junk = bytes(range(256)) * 64
    for suffix in ("csv", "mp4", "glb", "json", "jsonl"):
        (folder / f"empty.{suffix}").write_bytes(b"")
        (folder / f"page.{suffix}").write_bytes(page)
        (folder / f"junk.{suffix}").write_bytes(junk)
    for suffix in ("csv", "mp4", "json", "jsonl", "glb", "npz"):
        _sparse(folder / f"huge.{suffix}")
    good = TRACK.read_text("utf-8").splitlines(keepends=True)
    shutil.copyfile(TRACK, folder / "good.csv")
    (folder / "header_only.csv").write_text(good[0], "utf-8")
    cells = good[1].rstrip("\n").split(",")
    nans = ",".join([*cells[:2], *["NaN"] * 61]) + "\n"
    (folder / "all_nan.csv").write_text(good[0] + nans * 3, "utf-8")
    (folder / "lost.csv").write_text(good[0] + good[1] + "00:00:01:00.000,0\n00:00:01:01.000,0\n", "utf-8")
    (folder / "other.csv").write_text("name,age\nAda,36\n", "utf-8")
    (folder / "cut.json").write_text('{"names": ["JawOpen"], "frames": [{"weights": [0.1', "utf-8")
    (folder / "number.json").write_text("42", "utf-8")
    requests = [
        '{"messages": [',
        '{"messages": []}',
        "null",
        '{"messages": [{"role": "user", "content": "no keyframe here"}]}',
    ]
    (folder / "requests.jsonl").write_text("\n".join(requests) + "\n", "utf-8")
    (folder / "blank.jsonl").write_text("\n \n", "utf-8")
    video = make(Clip("good.mp4", range(20), options=x264(5, 0)), folder)
    (folder / "cut.mp4").write_bytes(video.read_bytes()[: video.stat().st_size // 2])
    (folder / "cut.glb").write_bytes(b"glTF\x02\x00\x00\x00\x40\x42\x0f\x00\x10\x00\x00\x00JSON{}")
    (folder / "one.obj").write_text("v 0 0 0\n", "utf-8")
    (folder / "folder.csv").mkdir()
    (folder / "nothing").mkdir()
    (folder / "broken dataset").mkdir()
    (folder / "broken dataset" / "dataset.json").write_text("{oops", "utf-8")
    (folder / "newer").mkdir()
    (folder / "newer" / "dataset.json").write_text(json.dumps({"version": 999}), "utf-8")
    (folder / "taken" / "dataset").mkdir(parents=True)
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder / "pipe.csv")
        (folder / "loop.csv").symlink_to("loop.csv")
    return folder


CASES = {
    "info missing.csv": "missing.csv: there is no such file",
    "info folder.csv": "folder",
    "info nothing": "neither a dataset nor a face model",
    "info empty.csv": "empty",
    "info empty.mp4": "empty",
    "info empty.glb": "empty",
    "info empty.json": "empty",
    "info page.csv": "page.csv",
    "info page.mp4": "page.mp4",
    "info page.glb": "web page",
    "info page.json": "page.json",
    "info junk.csv": "binary",
    "info junk.mp4": "junk.mp4",
    "info junk.glb": "junk.glb",
    "info cut.mp4": "cut off",
    "info cut.glb": "cut",
    "info cut.json": "cut.json",
    "info number.json": "JSON",
    "info other.csv": "not a track",
    "info header_only.csv": "header_only.csv",
    "info requests.jsonl": "requests.jsonl",
    "info 'broken dataset'": "dataset.json",
    "info newer": "newer",
    "info huge.csv": "huge.csv",
    "info huge.json": "huge.json",
    "info huge.mp4": "huge.mp4",
    "info huge.glb": "huge.glb",
    "info huge.npz": "huge.npz",
    "info pipe.csv": "plain file",
    "info loop.csv": "no such file",
    "validate loop.csv": "loop.csv",
    "convert loop.csv x.json": "loop.csv",
    "sync loop.csv": "no such file",
    "sync good.mp4 --track loop.csv": "loop.csv",
    f"info {'x' * 300}": "name too long",
    "frame missing.mp4 --index 0 --out x.png": "missing.mp4",
    "frame nothing --index 0 --out x.png": "folder",
    "frame good.csv --index 0 --out x.png": "good.csv",
    "frame pipe.csv --index 0 --out x.png": "plain file",
    "frame good.mp4 --index 3,20 --out frames": "from 0 to 19",
    "frame good.mp4 --index=-1 --out x.png": "no frame -1",
    "frame good.mp4 --index two --out x.png": "'two'",
    "frame good.mp4 --time=-1 --out x.png": "not a time",
    "frame good.mp4 --time nan --out x.png": "not a time",
    "frame good.mp4 --time 99 --out x.png": "after its end",
    "frame good.mp4 --index 1,2 --out x.png": "one picture",
    "frame good.mp4 --index 1 --out x.jpg": "PNG",
    "frame good.mp4 --index 1 --out good.csv": "not a folder",
    "convert folder.csv x.json": "is a folder",
    "convert . x.json": "is a folder",
    "convert good.csv ./good.csv --mirror": "the file that is read",
    "convert good.mp4 x.csv": "good.mp4",
    "convert good.csv x.csv --to fbx": "'fbx'",
    "convert good.csv x.txt --to facecap": "only be read",
    "convert good.csv x.fbx": "'.fbx'",
    "convert good.csv x.json --from beat": "good.csv",
    "convert good.csv x.csv --fps 0": "0 frames per second",
    "convert good.csv x.csv --fps nan": "nan frames",
    "convert good.csv good.csv/x.csv": "below a file",
    "convert good.csv folder.csv": "is a folder",
    "generate missing.jsonl --out x.jsonl": "missing.jsonl",
    "generate empty.jsonl --out x.jsonl": "no request",
    "generate blank.jsonl --out x.jsonl": "no request",
    "generate huge.jsonl --out x.jsonl": "endless",
    "generate requests.jsonl --out requests.jsonl": "replace the requests",
    "generate requests.jsonl --out good.csv/x": "below a file",
    "generate requests.jsonl --out nothing": "is a folder",
    "generate requests.jsonl --out x.jsonl --backend server": "server",
    "generate requests.jsonl --out x.jsonl --backend local --model no.gguf": "4 of 4",
    "animate --emotion sad --backend server --url 'not a url' --out x.csv": "address",
    "animate --keyframe smiles --backend server --url http://127.0.0.1:9/v1 --out x.csv": "127.0.0.1",
    "animate --emotion sad --backend local --model no.gguf --out x.csv": "no.gguf",
    "animate --emotion sad --fps 0 --out x.csv": "0 frames per second",
    "animate --emotion sad --out x.xyz": "'.xyz'",
    "animate --emotion sad --out x.json --plan ./x.json": "the track and for its plan",
    "describe lost.csv --time 1": "lost",
    "describe good.csv --time 99": "outside",
    "describe good.csv --time nan": "outside",
    "compare all_nan.csv good.csv": "share no frame",
    "compare good.csv good.csv --at soon": "'soon'",
    "compare good.csv good.csv --csv good.csv": "the file that is read",
    "render good.csv --out x.gif": "neither",
    "render good.csv --out x.png --size 12x0": "12x0",
    "render good.csv --out x.png --size big": "'big'",
    "render good.csv --out x.png --at 99": "after the end",
    "render good.csv --out x.png --at=-1": "no moment",
    "render good.csv --out x.mp4 --fps nan": "nan",
    "render good.csv --out x.mp4 --beside missing.csv": "missing.csv",
    "render good.csv --out x.mp4 --video cut.mp4": "cut.mp4",
    "render good.csv --out x.png --model page.glb": "web page",
    "face-model junk.glb --npz x.npz": "junk.glb",
    "face-model good.mp4 --npz x.npz": "not a model format",
    "face-model one.obj --npz x.npz": "folder",
    "face-model cut.glb --npz cut.glb": "the file that is read",
    "face-model nothing --npz x.npz": "nothing",
    "validate missing": "no such file",
    "demo --headless --out taken": "not made by the demo",
    "render --sheet sheet.jpg": "not a PNG",
    "open good.csv": "display",
    "": "display",
}
"""A call, and what its one line must speak of."""


@pytest.mark.parametrize("call", CASES)
def test_bad_input_gives_one_line_of_error(call: str, quick_studio: Studio, bad: Path) -> None:
    if "pipe.csv" in call and not (bad / "pipe.csv").exists():
        pytest.skip("this system has no named pipes")
    before = sorted(bad.rglob("*"))
    assert CASES[call] in quick_studio(*shlex.split(call), cwd=bad).error
    made = [path for path in sorted(bad.rglob("*")) if path not in before]
    for path in made:
        path.unlink()
    assert [path.name for path in made] == ([] if "no.gguf" not in call or "animate" in call else ["x.jsonl"])
    assert (bad / "good.csv").read_bytes() == TRACK.read_bytes()


def test_failed_requests_say_why_in_their_line(quick_studio: Studio, bad: Path, tmp_path: Path) -> None:
    results = tmp_path / "results.jsonl"
    assert "4 of 4 lines" in quick_studio("generate", bad / "requests.jsonl", "--out", results).error
    records = [json.loads(line) for line in results.read_text("utf-8").splitlines()]
    assert len(records) == 4
    assert all(record["response"] == "" and record["error"] for record in records)


WRONG_CALLS = {
    "info": "FILE is missing",
    "info a b": "one word too many: b",
    "convert a": "OUT is missing",
    "frame a.mp4 --out b.png": "no frame was asked for",
    "convert a b --fps": "--fps needs a value",
    "convert a b --fps many": "many",
    "generate a --out b --backend magic": "magic",
    "generate a --out b --jobs 0": "--jobs",
    "info a --colour": "--colour",
    "--nonsense": "--nonsense",
    "conver a b": "“convert”",
    "animate --out a.csv": "nothing to work from",
    "render a.csv --out b.mp4 --at 1": "--at",
    "render --sheet sheet.png --at 1": "--sheet goes with --model only",
    "render": "--sheet FILE",
    "face-model": "--npz is missing",
}


@pytest.mark.parametrize("call", WRONG_CALLS)
def test_a_wrong_call_is_told_from_bad_input(call: str, quick_studio: Studio) -> None:
    line = quick_studio(*shlex.split(call)).usage
    assert WRONG_CALLS[call] in line and "--help" in line


BROKEN = """
import sys, threading
from main import prepare_environment
prepare_environment()
import annotator.cli as cli
def broken(words):
    thread = threading.Thread(target=lambda: 1 / 0)
    thread.start()
    thread.join()
    raise KeyError("a fault of the program")
cli._refuse_unknown_command = broken
sys.exit(cli.run(sys.argv[1:]))
"""


def test_a_fault_of_the_program_is_one_line_and_its_details_are_in_the_log() -> None:
    def run(*words: str) -> tuple[int, str]:
        asked = [sys.executable, "-c", BROKEN, *words]
        done = subprocess.run(asked, capture_output=True, text=True, cwd=PROJECT, timeout=60, check=False)
        return done.returncode, done.stderr

    code, told = run("info", "x.csv")
    assert code == 1 and told.count("\n") == 1 and told.startswith("error: something unexpected")
    assert "--verbose" in told and "KeyError" in told
    kept = read_log()
    assert "ZeroDivisionError" in kept and "The command failed" in kept
    assert "KeyError: 'a fault of the program'" in kept
    log_path().unlink()
    code, told = run("info", "x.csv", "--verbose")
    assert code == 1 and "Traceback" in told and "error: something unexpected" in told
    assert "KeyError" in read_log()


def test_a_fault_a_person_can_mend_is_not_in_the_log() -> None:
    asked = [sys.executable, str(PROJECT / "main.py"), "info", "nothing.csv"]
    assert subprocess.run(asked, capture_output=True, timeout=60, check=False).returncode == 1
    assert read_log() == ""
