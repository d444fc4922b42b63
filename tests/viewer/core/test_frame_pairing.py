"""Rows without times beside a video have the times of its frames."""

from __future__ import annotations

import numpy as np
import pytest

from viewer.core.frame_pairing import with_video_times
from viewer.core.track import Track

STEADY = np.arange(100) / 25
UNEVEN = np.cumsum(np.random.default_rng(2).uniform(0.02, 0.06, 100)) - 0.02


def track(numbers: np.ndarray) -> Track:
    values = np.zeros((numbers.size, 61), np.float32)
    values[:, 17] = numbers / 1000
    meta = {"notes": ["its times are not stated; 30 frames per second assumed", "other"], "untimed": True}
    return Track.build(numbers / 30, values, meta=meta)


@pytest.mark.parametrize("times", [STEADY, UNEVEN])
def test_row_k_belongs_to_frame_k(times: np.ndarray) -> None:
    paired = with_video_times(track(np.arange(100)), times, "clip.mp4")
    np.testing.assert_allclose(paired.times, times - times[0])
    assert not paired.untimed and "clip.mp4" in paired.notes[0] and "other" in paired.notes
    assert not any("30 frames" in note for note in paired.notes)


def test_rows_numbered_with_holes_and_a_late_begin() -> None:
    numbers = np.array([5, 6, 7, 40, 41, 99])
    paired = with_video_times(track(numbers), STEADY, "clip.mp4")
    assert len(paired) == 11 and paired.valid.tolist() == [False] * 5 + [True] * 6
    np.testing.assert_allclose(paired.times[5:], numbers / 25)
    np.testing.assert_allclose(paired.values[5:, 17], numbers / 1000, rtol=1e-6)


def test_rows_numbered_from_one() -> None:
    paired = with_video_times(track(np.arange(1, 101)), STEADY, "clip.mp4")
    np.testing.assert_allclose(paired.times, STEADY)
    assert paired.valid.all()


def test_a_row_for_every_second_frame() -> None:
    paired = with_video_times(track(np.arange(50)), STEADY, "clip.mp4")
    np.testing.assert_allclose(paired.times, STEADY[::2])
    assert "every second frame" in paired.notes[0]


def test_a_row_too_many_is_left_out() -> None:
    paired = with_video_times(track(np.arange(101)), STEADY, "clip.mp4")
    assert len(paired) == 100 and "1 at its end left out" in paired.notes[0]


def test_what_does_not_fit_keeps_its_rate_and_says_so() -> None:
    paired = with_video_times(track(np.arange(240)), STEADY, "clip.mp4")
    assert paired.fps == pytest.approx(30) and any("do not fit" in note for note in paired.notes)


def test_times_of_its_own_stay() -> None:
    own = Track.build(np.arange(100) / 30, np.zeros((100, 61)))
    assert with_video_times(own, STEADY, "clip.mp4") is own
