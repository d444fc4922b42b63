"""What is measured between takes, by its properties: lag, blinks, limits, worst moments, channels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotator.core.comparison.differences import small_curves, sorted_differences
from annotator.core.comparison.events import blinks, broken_limits
from annotator.core.comparison.lag import lag
from annotator.core.comparison.measures import BrokenLimits, Lag
from annotator.core.comparison.metrics import compare
from viewer.core.channels import INDEX
from viewer.core.track import Track

JAW, SMILE, BROW = INDEX["JawOpen"], INDEX["MouthSmileLeft"], INDEX["BrowInnerUp"]
LIDS = [INDEX["EyeBlinkLeft"], INDEX["EyeBlinkRight"]]


def speaking(fps: float = 60.0, seconds: float = 5.0, later: float = 0.0, seed: int = 1) -> Track:
    """A mouth and brows that move without repeating themselves, ``later`` seconds late."""
    chance = np.random.default_rng(seed)
    tones = [(hertz, chance.uniform(0, 6.3)) for hertz in (0.31, 0.77, 1.3, 1.9)]
    times = np.arange(round(seconds * fps)) / fps
    values = np.zeros((times.size, 61), np.float32)
    for place, column in enumerate((JAW, SMILE, BROW), 1):
        wave = sum(np.sin(2 * np.pi * hertz * (times - later) + place * phase) for hertz, phase in tones)
        values[:, column] = 0.5 + 0.1 * wave
    return Track.build(times, values)


@settings(max_examples=25, deadline=None)
@given(st.floats(-0.6, 0.6), st.sampled_from([24.0, 30.0, 60.0]), st.sampled_from([25.0, 59.94]))
def test_a_known_lag_is_found_at_any_rates(seconds: float, fps_a: float, fps_b: float) -> None:
    found = lag(speaking(fps_a), speaking(fps_b, later=seconds))
    assert found.seconds == pytest.approx(seconds, abs=1.01 / max(fps_a, fps_b))
    assert found.correlation is not None and found.correlation > 0.98


def test_lag_counts_the_offset_of_the_recording_and_changes_sign_with_the_sides() -> None:
    a, b = speaking(), speaking(later=0.25)
    there, back = lag(a, b).seconds, lag(b, a).seconds
    assert there is not None and there == pytest.approx(0.25, abs=0.01)
    assert back == pytest.approx(-there)
    assert lag(a, b, offset=0.25).seconds == pytest.approx(0.0, abs=0.01)
    assert lag(a, a) == Lag(0.0, 1.0)


def test_no_lag_is_told_where_nothing_moves_alike() -> None:
    still = Track.build(np.arange(300) / 60, np.zeros((300, 61), np.float32))
    assert lag(speaking(), still).seconds is None
    assert lag(speaking(seconds=0.1), speaking(seconds=0.1)).seconds is None


def test_two_tracks_of_one_rate_are_as_far_from_each_other_either_way() -> None:
    one, other = speaking(seed=1), speaking(seed=2)
    there, back = compare(one, other, [1.0]), compare(other, one, [1.0])
    for part in ("overall", "keyframes"):
        pairs = zip(
            *(found.keyframes if part == "keyframes" else [found.overall] for found in (there, back)),
            strict=True,
        )
        for mine, theirs in pairs:
            assert mine.mae == pytest.approx(theirs.mae) and mine.max == pytest.approx(theirs.max)
    assert there.overall.correlation == pytest.approx(back.overall.correlation)
    assert there.channels["JawOpen"].bias == pytest.approx(-back.channels["JawOpen"].bias)
    assert there.blinks.a == back.blinks.b and there.limits.a == back.limits.b


def blinking(at: list[float], length: float, fps: float = 60.0) -> Track:
    times = np.arange(round(6 * fps)) / fps
    values = np.zeros((times.size, 61), np.float32)
    for time in at:
        away = np.abs(times - time) / (length / 2)
        values[:, LIDS] = np.maximum(values[:, LIDS], np.clip(1.4 - away, 0, 1)[:, None])
    return Track.build(times, values)


def test_blinks_are_counted_and_closed_eyes_are_none() -> None:
    assert blinks(blinking([1.0, 2.0, 4.5], 0.2)) == 3
    assert blinks(blinking([1.0, 2.0, 4.5], 0.2), 1.5, 3.0) == 1
    assert blinks(blinking([3.0], 2.0)) == 0
    track = blinking([1.0, 3.0], 0.2)
    values = track.values.copy()
    values[58:64] = np.nan
    assert blinks(track.replaced(values=values)) == 1
    trembling = np.zeros((120, 61), np.float32)
    trembling[:, LIDS] = np.where(np.arange(120) % 2, 0.45, 0.55)[:, None]
    assert blinks(Track.build(np.arange(120) / 60, trembling)) == 0


def test_frames_that_break_a_limit_are_counted_once_and_each_rule_by_itself() -> None:
    rows = np.zeros((10, 61), np.float32)
    rows[2:5, INDEX["MouthClose"]] = 0.5
    rows[4:6, INDEX["JawLeft"]] = rows[4:6, INDEX["JawRight"]] = 0.3
    found = broken_limits(rows)
    assert found.frames == 4
    assert list(found.rules.values()) == [3, 2]
    assert broken_limits(np.zeros((3, 61))) == BrokenLimits(0, {})


def test_the_worst_moments_are_where_the_difference_was_put() -> None:
    a = speaking()
    values = a.values.copy()
    values[60:66, BROW] += 0.3
    values[240:246, JAW] += 0.6
    found = compare(a, a.replaced(values=values))
    moments = found.moments
    assert [m.channel for m in moments] == ["JawOpen", "BrowInnerUp"]
    assert [m.time_in_track for m in moments] == pytest.approx([4.0, 1.0], abs=0.1)
    assert moments[0].difference == pytest.approx(0.6, abs=1e-4)
    worst = found.regions["brows"].worst
    assert worst is not None and worst.time_in_track == pytest.approx(1.0, abs=0.1)
    assert found.regions["nose"].worst is None
    assert compare(a, a).moments == ()


def test_channels_are_sorted_by_where_any_take_differs_most() -> None:
    a = speaking()
    one, other = a.values.copy(), a.values.copy()
    one[:, BROW] += 0.1
    other[:, JAW] += 0.3
    found = [compare(a, a.replaced(values=values)) for values in (one, other)]
    rows = sorted_differences([*found, None])
    assert [row.channel for row in rows[:2]] == ["JawOpen", "BrowInnerUp"]
    assert rows[0].errors[0] == 0.0 and rows[0].errors[2] is None
    assert rows[0].errors[1] == pytest.approx(0.3, abs=1e-5) and rows[0].correlations[1] == pytest.approx(1.0)
    assert sorted_differences([]) == []


def test_small_curves_keep_a_blink_and_leave_out_what_is_not_there() -> None:
    track = blinking([3.0], 0.12)
    curve = small_curves(track, 0.0, 12.0, offset=2.0)[:, LIDS[0]]
    assert np.isnan(curve[:15]).all() and np.isnan(curve[-30:]).all()
    assert np.nanmax(curve) == pytest.approx(1.0)
    assert 12.0 * np.nanargmax(curve) / curve.size == pytest.approx(5.0, abs=0.15)
