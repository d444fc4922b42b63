"""Comparing two tracks."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest

from annotator.core.comparison.measures import Errors
from annotator.core.comparison.metrics import compare
from viewer.core.channels import INDEX, NAMES
from viewer.core.errors import TrackError
from viewer.core.formats import read
from viewer.core.track import Track

JAW, YAW = INDEX["JawOpen"], INDEX["HeadYaw"]


def wave(fps: float, seconds: float = 4.0, hertz: float = 0.5, scale: float = 0.5) -> Track:
    times = np.arange(round(seconds * fps)) / fps
    values = np.zeros((times.size, 61), np.float32)
    values[:, JAW] = scale * (1 - np.cos(2 * np.pi * hertz * times))
    values[:, YAW] = values[:, JAW] * 0.2
    return Track.build(times, values)


def test_a_track_is_no_distance_from_itself() -> None:
    track = wave(30)
    found = compare(track, track, [0.0, 1.0])
    assert found.overall == Errors("weight", 0.0, 0.0, 0.0, 1.0)
    assert found.channels["EyeBlinkLeft"].correlation is None
    assert set(found.channels) == set(NAMES)
    assert [k.mae for k in found.keyframes] == [0.0, 0.0]
    assert (found.frames, found.left_out) == (120, 0)


def test_errors_lie_in_their_channel_region_and_keyframe() -> None:
    a = wave(60)
    values = a.values.copy()
    values[:, JAW] += 0.25
    b = a.replaced(values=values)
    found = compare(a, b, [2.0])
    jaw = found.channels["JawOpen"]
    assert jaw.mae == pytest.approx(0.25, abs=1e-5) and jaw.bias == pytest.approx(0.25, abs=1e-5)
    assert jaw.correlation == pytest.approx(1.0)
    assert found.regions["jaw"].max == pytest.approx(0.25, abs=1e-5)
    assert found.regions["brows"].mae == 0.0
    assert found.overall.mae == pytest.approx(0.25 / 52, abs=1e-5)
    assert found.keyframes[0].worst == "JawOpen"


def test_peak_speed_and_jerk_are_those_of_the_curve() -> None:
    found = compare(wave(60), wave(60, scale=0.25))
    omega = 2 * np.pi * 0.5
    jaw = found.channels["JawOpen"]
    assert jaw.speed_a == pytest.approx(0.5 * omega, rel=0.01)
    assert jaw.jerk_a == pytest.approx(0.5 * omega**3, rel=0.05)
    assert found.speed.b == pytest.approx(found.speed.a / 2, rel=0.01)


def test_rates_and_lengths_may_differ() -> None:
    found = compare(wave(60, seconds=3.0), wave(25, seconds=10.0))
    assert found.frames == 180
    assert found.overall.max < 0.01
    assert compare(wave(25, seconds=10.0), wave(60, seconds=3.0)).left_out > 150


def test_frames_without_a_face_count_for_nothing() -> None:
    a = wave(30)
    values = a.values.copy()
    values[40:50] = np.nan
    lost = a.replaced(values=values)
    for found in (compare(a, lost, [1.5]), compare(lost, a, [1.5])):
        assert found.overall.max == pytest.approx(0.0, abs=1e-6)
        assert found.left_out == 10
        assert found.keyframes[0].mae is None
    # A jump across a gap is no movement.
    jump = np.zeros((60, 61), np.float32)
    jump[30:, JAW] = 1.0
    jump[25:35] = np.nan
    track = Track.build(np.arange(60) / 30, jump)
    assert compare(track, track).speed.a == 0.0


def test_tracks_that_share_nothing_are_refused() -> None:
    a = wave(30)
    empty = a.replaced(values=np.full((len(a), 61), np.nan, np.float32))
    with pytest.raises(TrackError, match="no frame"):
        compare(a, empty)
    half = np.arange(61) < 30
    one = Track.build(a.times, a.values, present=half)
    other = Track.build(a.times, a.values, present=~half)
    with pytest.raises(TrackError, match="no channel"):
        compare(one, other)
    found = compare(a, one)
    assert len(found.channels) == 30 and len(found.only_in_a) == 31


def test_single_frames_compare() -> None:
    one = Track.build([0.0], np.full((1, 61), 0.5, np.float32))
    found = compare(one, wave(30))
    assert found.frames == 1 and found.overall.correlation is None


def test_real_recordings_compare_and_give_json(shared: Path) -> None:
    folder = shared / "data" / "live_link_csv"
    a, b = (read(folder / name) for name in ("myslate_3_60fps.csv", "s88_30fps_face_lost.csv"))
    found = compare(a, b, [0.5])
    assert b"NaN" not in msgspec.json.encode(found)
    assert 0 < found.overall.mae < 1
