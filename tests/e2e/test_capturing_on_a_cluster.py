"""Capturing a dataset through Dask: killed and begun again, and by a scheduler that runs already."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from annotator.core.capture.tracker_packages import CaptureError, find_packages
from annotator.core.storage.clip_import import add_clip
from annotator.core.storage.dataset import Dataset
from tests.e2e.conftest import PROJECT, plain_environment
from viewer.core.formats import read
from viewer.core.opencv import cv2
from viewer.core.video import VideoFile
from viewer.core.video_writer import VideoWriter

# Each process loads Dask and the tracker anew, some ten times: too dear for every change.
pytestmark = [pytest.mark.release, pytest.mark.timeout(300)]

CLIPS, FRAMES = 5, 3
Files = dict[str, tuple[int, bytes]]


@pytest.fixture(scope="module")
def pictures(shared: Path) -> list[Any]:
    """A face that begins to smile, small."""
    pytest.importorskip("distributed", reason="needs Dask (pip install distributed)")
    try:
        find_packages()
    except CaptureError:
        pytest.skip("needs MediaPipe (make capture)")
    with VideoFile.open(shared / "data/video/single_face_30fps_mp3.mp4") as video:
        return [cv2.resize(video.frame(number), (320, 180)) for number in range(0, 60, 3)]


@pytest.fixture
def dataset_of(pictures: list[Any], tmp_path: Path) -> Callable[[int], Path]:
    """Makes a dataset of so many clips of a few frames each, without tracks."""

    def make(count: int) -> Path:
        dataset = Dataset.create(tmp_path / "dataset", annotator_id="anna")
        for number in range(count):
            out = tmp_path / f"v{number}.mp4"
            with VideoWriter(out, 320, 180, fps=10) as film:
                for picture in pictures[number : number + FRAMES]:
                    film.add(picture)
            add_clip(dataset, out, id=out.stem)
        return dataset.root

    return make


def words(dataset: Path, *more: str) -> list[str]:
    return [sys.executable, str(PROJECT / "main.py"), "capture", str(dataset), "--mirror-check", "off", *more]


def tracks_of(dataset: Path) -> dict[str, str]:
    """The track that each clip names."""
    found = {file.parent.name: json.loads(file.read_bytes()) for file in dataset.glob("clips/*/clip.json")}
    return {id: told["track"] for id, told in found.items() if told.get("track")}


def captured_files(dataset: Path, clips: Iterable[str]) -> Files:
    """When each file of a capture was written, and what is in it."""
    files = [file for clip in clips for file in (dataset / "clips" / clip).glob("*-captured*")]
    return {str(file): (file.stat().st_mtime_ns, file.read_bytes()) for file in files}


@pytest.mark.skipif(sys.platform == "win32", reason="kills a process group")
def test_a_cluster_that_is_killed_goes_on_with_nothing_twice_and_nothing_lost(
    dataset_of: Callable[[int], Path], tmp_path: Path
) -> None:
    dataset = dataset_of(CLIPS)
    run: dict[str, Any] = {"env": plain_environment(tmp_path), "cwd": tmp_path, "stdout": subprocess.PIPE}
    asked = words(dataset, "--cluster", "local", "--jobs", "2")
    killed = subprocess.Popen(asked, start_new_session=True, **run)
    try:
        while not tracks_of(dataset) and killed.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                killed.wait(0.05)
    finally:
        os.killpg(killed.pid, signal.SIGKILL)
        killed.communicate()
    assert killed.returncode == -signal.SIGKILL, "it had ended before it could be killed"
    first = tracks_of(dataset)
    assert 0 < len(first) < CLIPS
    whole = captured_files(dataset, first)

    done = subprocess.run(asked, check=True, timeout=240, **run)
    report = json.loads(done.stdout)
    assert {each["clip"] for each in report["captured"]} == {f"v{n}" for n in range(CLIPS)} - set(first)
    assert (report["failed"], report["skipped"]) == ([], len(first))
    tracks = tracks_of(dataset)
    assert tracks == {f"v{n}": f"v{n}-captured.csv" for n in range(CLIPS)}
    assert captured_files(dataset, first) == whole, "what was finished was made again"
    assert len(captured_files(dataset, tracks)) == 3 * CLIPS, "a file of the killed run was left beside"
    for clip, track in tracks.items():
        assert len(read(dataset / "clips" / clip / track)) == FRAMES


def test_a_scheduler_that_runs_already_is_worked_on(
    dataset_of: Callable[[int], Path], tmp_path: Path
) -> None:
    dataset = dataset_of(1)
    env = plain_environment(tmp_path)
    nowhere = subprocess.run(
        words(dataset, "--cluster", "tcp://127.0.0.1:9"), env=env, capture_output=True, text=True, check=False
    )
    assert nowhere.returncode == 1
    assert nowhere.stderr.splitlines() == [
        "error: there is no scheduler at tcp://127.0.0.1:9 – check the address, or use --cluster local"
    ]
    told = tmp_path / "scheduler.json"
    with _running(env, "scheduler", "--port", "0", "--no-dashboard", "--scheduler-file", told) as scheduler:
        while not told.exists() and scheduler.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                scheduler.wait(0.05)
        address = json.loads(told.read_bytes())["address"]
        with _running(env, "worker", address, "--nthreads", "1", "--no-dashboard"):
            done = subprocess.run(
                words(dataset, "--cluster", address), env=env, capture_output=True, check=True, timeout=240
            )
    assert [each["clip"] for each in json.loads(done.stdout)["captured"]] == ["v0"]
    assert tracks_of(dataset) == {"v0": "v0-captured.csv"}


@contextlib.contextmanager
def _running(env: dict[str, str], *part: object) -> Iterator[subprocess.Popen[bytes]]:
    """A part of a cluster as an administrator starts it, on this machine only."""
    host = ("--host", "127.0.0.1")
    asked = [sys.executable, "-m", "distributed.cli.dask_" + str(part[0]), *map(str, part[1:]), *host]
    running = subprocess.Popen(
        asked, env={**env, "PYTHONPATH": str(PROJECT)}, cwd=PROJECT, stderr=subprocess.DEVNULL
    )
    try:
        yield running
    finally:
        running.terminate()
        running.wait(30)
