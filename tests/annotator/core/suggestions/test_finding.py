"""Suggestions against what people marked, and what must not be suggested."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from annotator.core.storage.track_files import read_track
from annotator.core.suggestions.finding import find_suggestions
from annotator.core.suggestions.suggestion import Suggestion
from viewer.core.channels import CHANNEL_COUNT, INDEX
from viewer.core.track import Track

MARKS = Path(__file__).with_name("hand_marks.toml")
DEMO = Path(__file__).resolve().parents[4] / "resources" / "demo" / "dataset" / "clips"
FPS = 60.0
AT = np.arange(int(6 * FPS)) / FPS


def hits(marks: list[float], found: list[Suggestion], within: float = 0.1) -> int:
    """How many marks have a suggestion of their own so near (s)."""
    times = np.array([each.time_in_clip for each in found])
    near = np.abs(np.subtract.outer(np.array(marks), times)) <= within + 1e-9
    rows, columns = linear_sum_assignment(~near)
    return int(near[rows, columns].sum())


def face(valid: np.ndarray | None = None, **channels: np.ndarray) -> Track:
    """Six seconds at rest but for these channels."""
    values = np.zeros((AT.size, CHANNEL_COUNT), np.float32)
    for name, column in channels.items():
        values[:, INDEX[name]] = column
    return Track.build(AT, values, valid)


def bump(peak: float, width: float, height: float = 1.0) -> np.ndarray:
    return np.asarray(height * np.exp(-0.5 * ((AT - peak) / width) ** 2))


def blink(at: float) -> np.ndarray:
    return np.asarray(np.clip(1.0 - np.abs(AT - at) / 0.12, 0.0, 1.0))


def test_most_of_the_demo_annotator_s_keyframes_are_suggested() -> None:
    hit = marked = 0
    for clip in sorted(DEMO.iterdir()):
        keyframes = json.loads((clip / "annotations" / "maria.json").read_text("utf-8"))["keyframes"]
        marks = [keyframe["time"] for keyframe in keyframes]
        found = find_suggestions(read_track(clip / "track.csv"))
        assert len(found) <= 2 * len(marks)
        hit, marked = hit + hits(marks, found), marked + len(marks)
    assert marked == 12 and hit >= 0.8 * marked


def test_most_apexes_of_real_recordings_are_suggested(shared: Path) -> None:
    hit = marked = 0
    for name, told in tomllib.loads(MARKS.read_text("utf-8")).items():
        if name.endswith(".mp4"):
            # Capturing takes a minute.
            continue
        track, until = read_track(shared / "data" / name), told.get("until", np.inf)
        kept = track.times <= until
        track = track.replaced(times=track.times[kept], values=track.values[kept], valid=track.valid[kept])
        found, marks = find_suggestions(track), told["apexes"]
        assert len(found) <= 2 * len(marks), name
        assert hits(marks, found) >= 0.7 * len(marks), name
        hit, marked = hit + hits(marks, found), marked + len(marks)
    assert marked == 25 and hit >= 0.8 * marked


def test_a_smile_is_an_apex_and_says_so() -> None:
    smile = bump(3.0, 0.3, 0.7)
    found = find_suggestions(face(MouthSmileLeft=smile, MouthSmileRight=smile))
    assert found[0].kind == "apex" and found[0].reason == "apex of MouthSmile"
    assert found[0].channels == ("MouthSmileLeft", "MouthSmileRight")
    assert abs(found[0].time_in_clip - 3.0) < 0.02 and found[0].frame == round(found[0].time_in_clip * FPS)
    assert {each.kind for each in found} <= {"apex", "onset", "offset"}


def test_a_held_pose_is_marked_where_it_is_reached() -> None:
    held = np.clip((AT - 2.0) / 0.3, 0.0, 1.0) * np.clip((5.0 - AT) / 0.3, 0.0, 1.0)
    found = find_suggestions(face(BrowInnerUp=held))
    assert found[0].kind == "plateau" and abs(found[0].time_in_clip - 2.3) < 0.1
    assert [each.kind for each in found[1:]] == ["offset", "onset"]


def test_gaze_and_head_are_told_in_the_person_s_own_directions() -> None:
    turned = np.clip((AT - 3.0) / 0.3, 0.0, 1.0)
    head = find_suggestions(face(HeadYaw=30 * turned))
    assert (head[0].kind, head[0].reason) == ("head turn", "head turned to the own left")
    gaze = find_suggestions(face(EyeLookInLeft=turned, EyeLookOutRight=turned))
    assert (gaze[0].kind, gaze[0].reason) == ("gaze shift", "gaze to the own right")


def test_blinks_are_no_keyframes_and_shut_eyes_are() -> None:
    blinks = sum((blink(at) for at in (1.0, 2.5, 4.0)), np.zeros(AT.size))
    down = {"EyeLookDownLeft": 0.4 * blinks, "EyeLookDownRight": 0.4 * blinks}
    assert find_suggestions(face(EyeBlinkLeft=blinks, EyeBlinkRight=blinks, **down)) == []
    shut = np.clip(np.minimum(AT - 2.0, 4.0 - AT) / 0.15, 0.0, 1.0)
    assert "shut eyes" in find_suggestions(face(EyeBlinkLeft=shut, EyeBlinkRight=shut))[0].reason


def test_nothing_is_suggested_where_the_face_is_lost() -> None:
    valid = (AT < 2.0) | (AT > 4.0)
    jaw = bump(3.0, 0.4) + bump(5.2, 0.15, 0.6)
    found = find_suggestions(face(valid, JawOpen=jaw))
    assert found and all(valid[round(each.time_in_clip * FPS)] for each in found)
    assert find_suggestions(face(np.zeros(AT.size, bool), JawOpen=jaw)) == []


@pytest.mark.parametrize("smooth", [0.0, 0.05])
def test_noise_yields_few(smooth: float) -> None:
    from scipy.ndimage import gaussian_filter1d

    noise = np.random.default_rng(3).normal(0.0, 0.02, (AT.size, CHANNEL_COUNT))
    if smooth:
        noise = gaussian_filter1d(noise, smooth * FPS, axis=0) * 3.0
    noise[:, 52:] *= 30.0
    assert len(find_suggestions(Track.build(AT, np.abs(noise)))) <= 2
    still = Track.build(AT, np.zeros((AT.size, CHANNEL_COUNT)))
    assert find_suggestions(still) == []


def test_times_are_those_of_the_video_s_frames_and_few_can_be_asked_for() -> None:
    track = face(JawOpen=bump(1.5, 0.2) + bump(3.0, 0.2) + bump(4.5, 0.2))
    frames = np.arange(200) / 25.0 + 0.003
    found = find_suggestions(track, offset=0.5, frame_times=frames, most=2)
    assert len(found) == 2
    assert all(each.time_in_clip == frames[each.frame] for each in found)
    assert min(abs(found[0].time_in_clip - at) for at in (2.0, 3.5, 5.0)) <= 0.02
    assert find_suggestions(track, frame_times=frames[:10]) == []
