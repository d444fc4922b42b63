"""Tracks: what they promise about frames, times, gaps and lost faces."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from viewer.core.channels import INDEX
from viewer.core.errors import TrackError
from viewer.core.track import Track


def ramp(frames: int = 5, fps: float = 10.0, **more: Any) -> Track:
    values = np.arange(frames, dtype=float)[:, None] * np.ones(61) / 10
    return Track.build(np.arange(frames) / fps, values, **more)


def test_times_start_at_zero_and_the_source_is_remembered() -> None:
    track = Track.build([100.0, 100.5], np.zeros((2, 61)), start=3.0)
    assert track.times.tolist() == [0, 0.5] and track.start == 103.0


def test_it_cannot_be_changed() -> None:
    track = ramp()
    for array in (track.times, track.values, track.valid, track.present):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def test_the_callers_arrays_are_not_touched() -> None:
    times, values = np.array([5.0, 6.0]), np.full((2, 61), np.nan, np.float32)
    Track.build(times, values)
    assert times[0] == 5.0 and times.flags.writeable and values.flags.writeable


@pytest.mark.parametrize(
    ("times", "shape"),
    [
        ([], (0, 61)),
        ([0.0], (1, 52)),
        ([0.0, 1.0], (1, 61)),
        ([0.0, 0.0], (2, 61)),
        ([1.0, 0.0], (2, 61)),
        ([0.0, np.nan], (2, 61)),
        ([0.0, np.inf], (2, 61)),
    ],
)
def test_what_is_no_track(times: list[float], shape: tuple[int, int]) -> None:
    with pytest.raises(TrackError):
        Track.build(times, np.zeros(shape))


def test_rows_with_anything_but_numbers_are_lost_as_a_whole() -> None:
    values = np.zeros((4, 61))
    values[1, 7], values[2, 3], values[3, 0] = np.nan, np.inf, 1e300
    track = Track.build(np.arange(4), values)
    assert track.valid.tolist() == [True, False, False, False]
    assert np.isnan(track.values[1:]).all() and track.invalid_frames == 3


def test_rate_length_and_gaps() -> None:
    track = Track.build([0, 0.1, 0.2, 0.5, 0.6], np.zeros((5, 61)))
    assert track.fps == pytest.approx(10) and track.duration == pytest.approx(0.7)
    (gap,) = track.gaps()
    assert gap == pytest.approx((0.2, 0.5))
    single = Track.build([4.0], np.zeros((1, 61)))
    assert single.fps == pytest.approx(60) and single.gaps() == []


def test_a_stretch_ends_where_the_next_frame_begins() -> None:
    track = Track.build([3.0, 3.1, 3.25, 3.3, 3.4], np.zeros((5, 61)), [True, False, False, True, False])
    inside, at_the_end = track.stretches(~track.valid)
    assert inside == pytest.approx((0.1, 0.3, 2)) and at_the_end == pytest.approx((0.4, track.duration, 1))
    assert track.stretches(np.zeros(5, bool)) == []


def test_lost_frames_show_the_last_known_face() -> None:
    track = ramp(4, valid=[False, True, False, True])
    assert np.isnan(track.row(0.25)).all()
    assert track.shown_row(0.25)[0] == np.float32(0.1)
    assert track.shown_row(0.0)[0] == 0.0


def test_resampling_keeps_what_is_lost() -> None:
    track = ramp(5, valid=[True, True, False, True, True])
    finer = track.resampled(20)
    assert len(finer) == 9 and finer.fps == pytest.approx(20)
    assert not finer.valid[4] and finer.valid[0]
    np.testing.assert_allclose(finer.values[1], 0.05, atol=1e-6)
    for fps in (0.0, -1.0, 1e6, float("nan")):
        with pytest.raises(TrackError):
            track.resampled(fps)


def test_a_gap_of_days_is_not_resampled_into_memory() -> None:
    with pytest.raises(TrackError, match="frames"):
        Track.build([0.0, 1e6], np.zeros((2, 61))).resampled(1000)


def test_missing_channels_have_names() -> None:
    present = np.ones(61, bool)
    present[INDEX["TongueOut"]] = False
    assert ramp(present=present).missing_channels == ["TongueOut"]


@settings(max_examples=60, deadline=None)
@given(
    steps=st.lists(st.floats(1e-3, 3), min_size=1, max_size=20),
    t=st.floats(-5, 70, allow_nan=False),
)
def test_the_frame_shown_is_the_last_that_began(steps: list[float], t: float) -> None:
    track = Track.build(np.cumsum(steps), np.zeros((len(steps), 61)))
    began = [i for i, time in enumerate(track.times) if time <= t + 1e-6]
    assert track.frame_at(t) == (began[-1] if began else 0)
    assert all(track.frame_at(float(time)) == i for i, time in enumerate(track.times))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(-1, 1, width=32), min_size=61, max_size=61), st.booleans())
def test_mirroring_twice_changes_nothing(cells: list[float], ok: bool) -> None:
    track = Track.build([0.0, 1.0], np.array([cells, cells]), [True, ok])
    np.testing.assert_array_equal(track.mirrored().mirrored().values, track.values)
    np.testing.assert_array_equal(track.mirrored().valid, track.valid)


def test_mirroring_swaps_sides_and_turns_yaw_and_roll() -> None:
    values = np.zeros((1, 61))
    for name, value in (("EyeBlinkLeft", 0.7), ("JawLeft", 0.3), ("HeadYaw", 0.2), ("HeadPitch", 0.1)):
        values[0, INDEX[name]] = value
    row = Track.build([0.0], values).mirrored().values[0]
    assert row[INDEX["EyeBlinkRight"]] == np.float32(0.7) and row[INDEX["EyeBlinkLeft"]] == 0
    assert row[INDEX["JawRight"]] == np.float32(0.3)
    assert row[INDEX["HeadYaw"]] == np.float32(-0.2) and row[INDEX["HeadPitch"]] == np.float32(0.1)


def test_mirroring_tells_which_channels_the_other_side_has() -> None:
    present = np.zeros(61, bool)
    present[INDEX["EyeBlinkLeft"]] = True
    mirrored = Track.build([0.0], np.zeros((1, 61)), present=present).mirrored()
    assert np.flatnonzero(mirrored.present).tolist() == [INDEX["EyeBlinkRight"]]
