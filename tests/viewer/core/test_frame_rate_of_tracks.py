"""The usual step of times that were rounded, and of those that were not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from viewer.core.frame_rate import usual_step
from viewer.core.track import Track

quick = settings(max_examples=60, deadline=None)
RATES = [24000 / 1001, 24.0, 25.0, 30000 / 1001, 30.0, 48.0, 50.0, 60000 / 1001, 59.88, 60.0]


@quick
@given(
    rate=st.sampled_from(RATES),
    frames=st.integers(60, 900),
    decimals=st.sampled_from([3, 4, 5]),
    cut=st.booleans(),
    start=st.floats(0, 1000),
)
def test_rounded_times_hide_no_rate(rate: float, frames: int, decimals: int, cut: bool, start: float) -> None:
    times, grid = start + np.arange(frames) / rate, 10**decimals
    rounded = (np.floor(times * grid) if cut else np.round(times * grid)) / grid
    assert 1 / usual_step(rounded) == pytest.approx(rate, rel=4e-4), "29.97 stays apart from 30"


@quick
@given(rate=st.sampled_from(RATES), holes=st.sets(st.integers(1, 298), max_size=60))
def test_holes_do_not_slow_it(rate: float, holes: set[int]) -> None:
    kept = np.array([i for i in range(300) if i not in holes])
    rounded = np.round(kept / rate * 1000) / 1000
    assert 1 / usual_step(rounded) == pytest.approx(rate, rel=1e-3)


@pytest.mark.parametrize("rate", RATES)
def test_exact_times_keep_their_median(rate: float) -> None:
    assert 1 / usual_step(np.arange(100) / rate) == pytest.approx(rate, rel=1e-9)


def test_whole_sixtieths_tell_24() -> None:
    times = np.floor(np.arange(240) / 24 * 60 + 1e-9) / 60
    assert 1 / usual_step(times) == pytest.approx(24)


def test_uneven_times_are_not_taken_for_rounded_ones() -> None:
    times = np.cumsum(np.random.default_rng(1).uniform(0.01, 0.05, 400))
    assert usual_step(times) == pytest.approx(float(np.median(np.diff(times))))


def test_a_track_of_sixteen_and_seventeen_milliseconds_has_sixty_frames_and_no_gap() -> None:
    track = Track.build(np.round(np.arange(180) / 60, 3), np.zeros((180, 61)))
    assert track.fps == pytest.approx(60) and not track.gaps()
    assert track.duration == pytest.approx(3.0, abs=1e-3)
