"""100 clips of 4 keyframes each, answered by a server that takes 200 ms for every answer.

The baseline is the server's own time: 400 answers of 200 ms over as many requests at once.  What
is measured begins with looking through the clips and ends with the last take in its files.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from annotator.core.batch.dataset_run import generate_dataset
from annotator.core.batch.log import BatchLog
from annotator.core.batch.requests_file import run_jsonl
from annotator.core.batch.selection import Selection, choose, clip_request
from annotator.core.generation.backends import backend_for, close_backend
from annotator.core.generation.profiles import PRESETS, Profile, Profiles
from annotator.core.model import ClipInfo, Keyframe
from annotator.core.storage.clip_files import Annotation, annotation_to_json, clip_to_json
from annotator.core.storage.dataset import Dataset
from annotator.core.storage.json_files import encode_object
from tests.bench.measuring import figure
from tests.request_lines import request_line
from viewer.core.channels import CHANNEL_COUNT
from viewer.core.formats import write
from viewer.core.track import Track

SECONDS = 0.2
CLIPS, KEYFRAMES = 100, 4
HERE = Path(__file__).resolve().parents[2]


@contextmanager
def slow_server() -> Iterator[str]:
    """The address of a server in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.slow_server", str(SECONDS)]
    process = subprocess.Popen(command, cwd=HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None and process.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.stdin.close()
        process.wait(10)
        process.stdout.close()


def make(root: Path, clips: int) -> None:
    """A dataset whose clips have six seconds of recording and four described keyframes."""
    Dataset.create(root)
    values = np.zeros((360, CHANNEL_COUNT), np.float32)
    track = root / "track.csv"
    write(Track.build(np.arange(360) / 60.0, values), track, "livelink")
    for number in range(clips):
        folder = root / "clips" / f"clip_{number:04d}"
        (folder / "annotations").mkdir(parents=True)
        words = ClipInfo("", "She reads.", "A kitchen at night.", f"Anxiety {number}.", "", "track.csv")
        keyframes = tuple(
            Keyframe(f"k{n}", 1.0 + n, 60 * n, f"The brows lift, step {n} of clip {number}.")
            for n in range(KEYFRAMES)
        )
        (folder / "clip.json").write_bytes(encode_object(clip_to_json(words)))
        work = encode_object(annotation_to_json(Annotation("done", keyframes)))
        (folder / "annotations" / "annotator.json").write_bytes(work)
        shutil.copyfile(track, folder / "track.csv")


def whole_dataset(root: Path, profile: Profile) -> float:
    """Milliseconds for a take of every clip."""
    dataset = Dataset.open(root)
    backend = backend_for(profile, Profiles(PRESETS))
    seeds = profile.seeds()
    began = time.perf_counter()
    log = BatchLog(root, profile.name, backend, seeds)
    chosen = choose(dataset, Selection(), profile, seeds)
    report = generate_dataset(dataset, chosen, profile, backend, log)
    took = time.perf_counter() - began
    log.close(remove=True)
    close_backend(backend)
    assert report.whole and report.takes == len(dataset.clips), report
    return 1000.0 * took


def whole_file(requests: Path, profile: Profile) -> float:
    """Milliseconds for a file of requests."""
    backend = backend_for(profile, Profiles(PRESETS))
    began = time.perf_counter()
    summary = run_jsonl(requests, requests.with_suffix(".results"), backend, profile.jobs)
    took = time.perf_counter() - began
    close_backend(backend)
    assert not summary.failed and not summary.reused
    return 1000.0 * took


def run(quick: bool = False) -> list[dict[str, Any]]:
    """A dataset and a file of requests, with 8 and with 32 requests at once."""
    clips = CLIPS // 2 if quick else CLIPS
    found = []
    with slow_server() as url, tempfile.TemporaryDirectory() as folder:
        root, requests = Path(folder) / "dataset", Path(folder) / "requests.jsonl"
        warm = msgspec.structs.replace(PRESETS[1], url=url, timeout=30.0)
        make(root, 1)
        whole_dataset(root, warm)  # loads the libraries, as a window that works has
        shutil.rmtree(root)
        for jobs in (8, 32):
            profile = msgspec.structs.replace(warm, jobs=jobs, name=f"{jobs} at once")
            make(root, clips)
            states = [Dataset.open(root).load_clip(f"clip_{n:04d}").state for n in range(clips)]
            clip_requests = [clip_request(state) for state in states]
            asked = [wanted_clip.request for wanted_clip in clip_requests if wanted_clip is not None]
            lines = [request_line(request, target) for request in asked for target in range(KEYFRAMES)]
            requests.write_text("\n".join(lines), "utf-8")
            ideal = 1000.0 * clips * KEYFRAMES * SECONDS / jobs
            for what, took in (
                (f"{clips} clips × {KEYFRAMES} keyframes", whole_dataset(root, profile)),
                (f"file of {len(lines)} requests", whole_file(requests, profile)),
            ):
                found.append(
                    figure(
                        f"server: {what}, {jobs} at once",
                        took,
                        ideal,
                        clock="wall",
                        against="the answers' own time",
                        ratio_at_most=1.3,
                    )
                )
            shutil.rmtree(root)
    return found
