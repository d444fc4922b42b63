"""Describing a dataset and taking training data out of it, from the command line."""

from __future__ import annotations

import base64
import io
import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.clips import EXACT_CLIPS, make, read_number
from tests.e2e.conftest import PROJECT, Studio, plain_environment
from tests.e2e.window_parts import demo_at
from tests.model_server import Handler, model_server
from viewer.core.formats import read

REPLY = json.dumps({"analysis": {"muscle_movements": "The lips part.", "expression_category": "surprise"}})


def annotations_in(root: Path) -> dict[str, list[dict[str, Any]]]:
    """The keyframes of each clip as the files have them."""
    return {
        path.parts[-3]: json.loads(path.read_bytes())["keyframes"]
        for path in sorted(root.glob("clips/*/annotations/maria.json"))
    }


def described(root: Path, perspective: str) -> int:
    return sum(perspective in key["perspectives"] for keys in annotations_in(root).values() for key in keys)


def test_a_dataset_is_described_and_only_once(quick_studio: Studio, tmp_path: Path) -> None:
    root = demo_at(tmp_path)
    told = quick_studio("describe", root, "--annotator", "maria").json
    assert told["described"] == {"coefficients": 12} and told["failed"] == 0
    respelled = quick_studio("describe", root, "--annotator", "Maria")
    assert respelled.err == (
        "note: “Maria” is spelled “maria” here, and the work continues in the files of that name\n"
    )
    again = json.loads(respelled.out)
    assert again["described"] == {"coefficients": 0} and again["kept"] == 12
    words = annotations_in(root)["02-letter"][1]["perspectives"]["coefficients"]
    moment = quick_studio("describe", root / "clips" / "02-letter" / "track.csv", "--time", "3.175")
    assert moment.out.decode().strip() == words["text"]


def test_one_clip_is_described_by_its_folder_or_its_id(quick_studio: Studio, tmp_path: Path) -> None:
    root = demo_at(tmp_path)
    folder = root / "clips" / "02-letter"
    assert quick_studio("describe", folder, "--annotator", "maria").json["clips"] == 1
    told = quick_studio("describe", root, "--annotator", "maria", "--clip", "01-waiting-room").json
    assert told["clips"] == 1 and described(root, "coefficients") == told["keyframes"] + 4
    assert "no clip" in quick_studio("describe", root, "--annotator", "maria", "--clip", "99").error


def test_who_has_no_keyframe_is_told_who_has(quick_studio: Studio, tmp_path: Path) -> None:
    assert "maria" in quick_studio("describe", demo_at(tmp_path), "--annotator", "nobody").error


@pytest.mark.parametrize(
    "words",
    [
        "--perspective image",
        "--crop 1,0,0,1",
        "--jobs 0",
        "--time 1 --clip 02-letter",
        "--profile mine --url http://localhost:1",
    ],
)
def test_wrong_calls_are_told(quick_studio: Studio, tmp_path: Path, words: str) -> None:
    assert quick_studio("describe", tmp_path, *words.split()).usage


def test_a_moment_of_a_video_is_described_from_its_frame(quick_studio: Studio, tmp_path: Path) -> None:
    clip = next(clip for clip in EXACT_CLIPS if clip.name == "open_gop.mp4")
    video = make(clip, tmp_path)
    with model_server(lambda handler, body: handler.stream(REPLY)) as server:
        said = quick_studio(
            "describe", video, "--time", str(clip.times[31]), "--perspective", "image", "--url", server.url
        )
        assert (said.out.decode().strip(), said.code) == ("The lips part.", 0)
        url = server.asked[0]["messages"][1]["content"][0]["image_url"]["url"]
    picture = np.array(Image.open(io.BytesIO(base64.b64decode(url.split(",")[1]))))
    assert read_number(picture) == 31


def test_a_saved_profile_describes(quick_studio: Studio, tmp_path: Path, home: Path) -> None:
    root = demo_at(tmp_path)
    config = home / ".config" / "kfstudio" / "settings.json"
    config.parent.mkdir(parents=True, exist_ok=True)
    words = ["describe", root, "--annotator", "maria", "--clip", "02-letter", "--perspective", "image"]
    with model_server(lambda handler, body: handler.stream(REPLY)) as server:
        mine = {"name": "Eyes", "backend": "server", "url": server.url, "jobs": 2}
        config.write_text(json.dumps({"profiles": [mine]}), "utf-8")
        try:
            told = quick_studio(*words, "--profile", "Eyes", "--crop", "0.25,0,0.75,1").json
        finally:
            config.unlink()
        assert told["described"] == {"image": 4} and server.most_in_flight <= 2
        picture = server.asked[0]["messages"][1]["content"][0]["image_url"]["url"].split(",")[1]
    assert Image.open(io.BytesIO(base64.b64decode(picture))).size == (224, 448)
    assert "no profile" in quick_studio(*words, "--profile", "Gone").error


def test_a_killed_run_goes_on_without_asking_twice(studio: Studio, tmp_path: Path, home: Path) -> None:
    root = demo_at(tmp_path)
    answered = threading.Semaphore(0)
    told: list[str] = []
    lock = threading.Lock()

    def slow_after_five(handler: Handler, body: dict[str, Any]) -> None:
        picture = body["messages"][1]["content"][0]["image_url"]["url"]
        with lock:
            number = len(told)
            told.append(picture)
        if number >= 5 and not handler.server.release.is_set():
            answered.release()
            handler.server.release.wait(30)
            return
        handler.stream(REPLY)

    with model_server(slow_after_five) as server:
        words = [
            "describe",
            str(root),
            "--annotator",
            "maria",
            "--perspective",
            "image",
            "--url",
            server.url,
            "--jobs",
            "1",
        ]
        child = subprocess.Popen(
            [sys.executable, str(PROJECT / "main.py"), *words],
            env=plain_environment(home),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        assert answered.acquire(timeout=60)
        child.kill()
        child.wait(10)
        assert described(root, "image") == 5
        server.release.set()
        finished = studio(*words).json
    assert finished["described"] == {"image": 7} and finished["kept"] == 5
    assert described(root, "image") == 12
    # The answered five were shown once, the one under way at the kill twice.
    assert sorted(told.count(picture) for picture in set(told)) == [1] * 11 + [2]


def test_failures_are_counted_and_asked_for_again(quick_studio: Studio, tmp_path: Path) -> None:
    root = demo_at(tmp_path)
    count = 0

    def sometimes(handler: Handler, body: dict[str, Any]) -> None:
        nonlocal count
        count += 1
        handler.stream(REPLY if count % 2 or count > 8 else "I'm sorry, I cannot help with faces.")

    words = ["describe", root, "--annotator", "maria", "--perspective", "image", "--jobs", "1", "--url"]
    with model_server(lambda handler, body: handler.stream("I'm sorry, I can't.")) as server:
        failed = quick_studio(*words, server.url)
        assert failed.code == 1 and json.loads(failed.out)["failed"] >= 10 and "refused" in failed.error
        server.behave = sometimes
        assert quick_studio(*words, server.url).json["described"] == {"image": 12}


def test_training_data_is_read_back_as_the_recorded_values(quick_studio: Studio, tmp_path: Path) -> None:
    root = demo_at(tmp_path)
    quick_studio("describe", root, "--annotator", "maria")
    out = tmp_path / "training"
    told = quick_studio("export", "training", root, "--out", out, "--words", "coefficients").json
    assert told["lines"] == 12 and told["sets"]["train"]["words"] == {"coefficients": 12}
    back = read(out / "train.jsonl")
    keys = [(clip, key["time"]) for clip, found in annotations_in(root).items() for key in found]
    assert len(back) == len(keys)
    for row, (clip, time) in zip(back.values, keys, strict=True):
        track = read(root / "clips" / clip / "track.csv")
        assert row[:52] == pytest.approx(np.clip(track.row(time)[:52], 0, 1), abs=1e-7)
    assert quick_studio("export", "training", root, "--out", out, "--ratio", "1,2").usage
    assert "no keyframe" in quick_studio("export", "training", root, "--out", out, "--tag", "none").error
