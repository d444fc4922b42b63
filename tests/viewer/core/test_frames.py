"""Which frame a time belongs to, also where frames come at uneven times."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from viewer.core.frames import DEFAULT_STEP, Frames

STEPS = st.lists(st.floats(0.005, 0.2), min_size=1, max_size=60)


@given(STEPS, st.floats(-1.0, 15.0))
def test_the_frame_shown_is_the_last_that_began_and_the_nearest_is_no_farther(
    steps: list[float], t: float
) -> None:
    times = np.cumsum([0.0, *steps])
    frames = Frames(times, float(times[-1]) + 0.03)
    begun = times[times <= t + 1e-9]
    assert frames.shown(t) == (begun[-1] if begun.size else 0.0)
    assert times[frames.number(t)] == frames.shown(t)
    assert abs(frames.nearest(t) - t) == np.abs(times - t).min()
    assert frames.nearest_or_end(t) in {*times.tolist(), frames.duration}


@given(STEPS, st.integers(0, 60), st.integers(-70, 70))
def test_steps_go_from_frame_to_frame_and_stop_at_the_ends(
    steps: list[float], start: int, count: int
) -> None:
    times = np.cumsum([0.0, *steps])
    start = min(start, times.size - 1)
    wanted = min(max(start + count, 0), times.size - 1)
    assert Frames(times, 20.0).moved(float(times[start]), count) == times[wanted]


def test_without_a_video_every_time_of_the_clip_is_a_frame() -> None:
    frames = Frames((), 2.0)
    assert frames.step == DEFAULT_STEP
    assert (frames.shown(1.23), frames.nearest(1.23), frames.nearest_or_end(1.23)) == (1.23, 1.23, 1.23)
    assert (frames.nearest(-1.0), frames.nearest(5.0), frames.moved(1.99, 3)) == (0.0, 2.0, 2.0)
    assert frames.moved(1.0, 1) == 1.0 + DEFAULT_STEP
