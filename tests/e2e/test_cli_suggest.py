"""``kfstudio suggest``: what it tells, that it is repeatable, and what it refuses."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.e2e.conftest import Studio
from tests.e2e.window_parts import DEMO

pytestmark = pytest.mark.slow


def test_suggestions_are_told_for_clips_and_tracks(studio: Studio, tmp_path: Path) -> None:
    demo = tmp_path / "demo"
    shutil.copytree(DEMO, demo)
    ran = studio("suggest", demo, "--clip", "03-birthday", "--most", "2")
    (clip,) = ran.json["clips"]
    times = [each["time_in_clip"] for each in clip["suggestions"]]
    assert len(times) == 2 and times == sorted(times)
    first = next(each for each in clip["suggestions"] if each["rank"] == 1)
    assert (first["kind"], first["frame"]) == ("apex", 29) and "BrowInnerUp" in first["channels"]
    assert studio("suggest", demo, "--clip", "03-birthday", "--most", "2").out == ran.out
    (demo / "clips" / "01-waiting-room" / "track.csv").unlink()
    some = studio("suggest", demo, "--kind", "head-turn")
    assert "1 clip could not be looked at" in some.error
    clips = {clip["clip"]: clip for clip in json.loads(some.out)["clips"]}
    assert "error" in clips["01-waiting-room"]
    assert {each["kind"] for each in clips["02-letter"]["suggestions"]} == {"head turn"}
    assert "there is no clip" in studio("suggest", demo, "--clip", "nobody").error
    assert "--most takes" in studio("suggest", demo, "--most", "0").usage
