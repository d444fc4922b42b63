"""Rates are those of the recording, however its times were rounded."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer.core.frame_rate import STANDARD_RATES, grid_of, rate_of, varies

MILLISECOND = 0.001


def rounded(rate: float, count: int, grid: float, time_base: float) -> npt.NDArray[np.float64]:
    """Times of ``count`` frames, rounded to ``grid`` and kept in units of ``time_base``."""
    times = np.round(np.arange(count) / rate / grid) * grid
    return np.asarray(np.round(times / time_base) * time_base)


def told(times: npt.NDArray[np.float64], time_base: float, said: float | None = None) -> tuple[float, bool]:
    grid = grid_of(times, time_base)
    return rate_of(times, grid, said=said), varies(times, grid)


@pytest.mark.parametrize("time_base", [MILLISECOND, 1 / 16000, 1 / 90000, 1 / 15360])
@pytest.mark.parametrize("rate", [rate for rate in STANDARD_RATES if rate >= 15])
def test_times_in_milliseconds_keep_their_rate(rate: float, time_base: float) -> None:
    found, vfr = told(rounded(rate, 400, MILLISECOND, time_base), time_base)
    assert found == pytest.approx(rate) and vfr is False


@pytest.mark.parametrize("rate", [24000 / 1001, 30000 / 1001, 60000 / 1001, 27.3])
def test_exact_times_keep_their_rate(rate: float) -> None:
    times = np.arange(50) / rate
    found, vfr = told(times, 1 / 90000)
    assert found == pytest.approx(rate, rel=1e-9) and vfr is False


def test_one_missing_frame_changes_the_usual_rate_of_none() -> None:
    times = np.delete(rounded(60, 180, MILLISECOND, MILLISECOND), 70)
    assert told(times, MILLISECOND) == (60.0, True)
    # A time base as long as a frame rounds nothing.
    times = np.delete(np.arange(90) / 30, [40, 41])
    found, vfr = told(times, 1 / 30)
    assert found == pytest.approx(30.0) and vfr is True


def test_the_file_is_believed_where_rounding_leaves_two_rates() -> None:
    times = rounded(30, 18, MILLISECOND, MILLISECOND)
    assert told(times, MILLISECOND, 30.0)[0] == 30.0
    assert told(times, MILLISECOND, 25.0)[0] == pytest.approx(30.0, rel=0.002)


def test_few_frames() -> None:
    assert rate_of(np.zeros(1), MILLISECOND) == 0.0
    assert rate_of(np.zeros(1), MILLISECOND, 0.5) == 2.0
    found, vfr = told(np.array([0.0, 0.04]), MILLISECOND)
    assert found == pytest.approx(25.0) and vfr is False


@given(st.floats(5, 200), st.integers(20, 300), st.sampled_from([MILLISECOND, 0.01]))
def test_any_rate_is_told_to_within_the_rounding(rate: float, count: int, grid: float) -> None:
    if 1 / rate < 2 * grid:
        return
    found, _ = told(rounded(rate, count, grid, grid), grid)
    assert abs(1 / found - 1 / rate) <= 2 * grid / (count - 1) + 1e-9
