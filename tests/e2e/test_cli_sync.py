"""``kfstudio sync``: what it tells, what it writes, and what it refuses."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.e2e.conftest import Studio
from tests.e2e.window_parts import DEMO

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo, with one track half a second late and one that is gone."""
    folder = tmp_path_factory.mktemp("sync") / "demo"
    shutil.copytree(DEMO, folder)
    offset_in(folder, "03-birthday", 0.5)
    (folder / "clips" / "01-waiting-room" / "track.csv").unlink()
    return folder


def offset_in(folder: Path, clip: str, offset: float | None = None) -> float:
    file = folder / "clips" / clip / "clip.json"
    words = json.loads(file.read_text("utf-8"))
    if offset is not None:
        file.write_text(json.dumps(words | {"offset": offset}), "utf-8")
    return float(words["offset"])


def test_an_offset_is_told_and_written_only_when_asked(studio: Studio, demo: Path) -> None:
    clip = demo / "clips" / "03-birthday"
    told = studio("sync", clip, "--estimate").json
    only = told["clips"][0]
    assert only["offset"] == 0.5 and abs(only["found"]) < 1 / 30 and not only["applied"]
    assert only["estimate"]["confidence"] >= told["threshold"]
    assert only["timecodes"]["note"] == "the video has no timecode"
    assert offset_in(demo, "03-birthday") == 0.5
    assert studio("sync", clip, "--by", "-0.25", "--apply").json["clips"][0]["applied"]
    assert offset_in(demo, "03-birthday") == 0.25


def test_a_clip_that_cannot_be_read_does_not_stop_the_others(studio: Studio, demo: Path) -> None:
    ran = studio("sync", demo, "--set", "0.125", "--apply")
    assert "1 clip could not be looked at" in ran.error
    clips = {clip["clip"]: clip for clip in json.loads(ran.out)["clips"]}
    assert "error" in clips["01-waiting-room"] and clips["02-letter"]["applied"]
    assert offset_in(demo, "02-letter") == 0.125


def test_a_loose_pair_is_looked_at_and_wrong_calls_are_told(studio: Studio, demo: Path) -> None:
    clip = demo / "clips" / "02-letter"
    told = studio("sync", clip / "video.mp4", "--track", clip / "track.csv").json
    assert told["clips"][0]["track_seconds"] == pytest.approx(7.0) and told["clips"][0]["found"] is None
    assert "--apply needs an offset" in studio("sync", clip, "--apply").usage
