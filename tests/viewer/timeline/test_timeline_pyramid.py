"""No value may be lost between the recording and the screen."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import numpy.typing as npt
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.viewer.timeline.timeline_parts import a_track
from viewer.core.bands import bands
from viewer.core.columns import TrackShape, columns_mask, joined
from viewer.core.marks import Span, span_rows
from viewer.core.pyramid import MinMaxPyramid
from viewer.core.time_ticks import tick_step, tick_text

DataAndEdges = tuple[npt.NDArray[np.float32], npt.NDArray[Any]]


@st.composite
def data_and_edges(draw: st.DrawFn) -> DataAndEdges:
    count = draw(st.integers(1, 700))
    seed = draw(st.integers(0, 2**16))
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(count, 3)).astype(np.float32)
    values[rng.random(count) < draw(st.sampled_from((0.0, 0.3, 1.0)))] = np.nan
    edges = np.sort(rng.integers(0, count + 1, draw(st.integers(2, 90))))
    return values, edges


@given(data_and_edges())
@settings(max_examples=80, deadline=None)
def test_every_row_is_seen_in_its_column(case: DataAndEdges) -> None:
    values, edges = case
    low, high = MinMaxPyramid(values).columns(edges)
    for column, (a, b) in enumerate(itertools.pairwise(edges)):
        rows = values[a:b]
        for channel in range(3):
            known = rows[:, channel][~np.isnan(rows[:, channel])]
            if known.size:
                assert low[column, channel] <= known.min()
                assert high[column, channel] >= known.max()


@given(data_and_edges())
@settings(max_examples=40, deadline=None)
def test_extremes_of_the_whole_are_exact(case: DataAndEdges) -> None:
    values, _ = case
    pyramid = MinMaxPyramid(values)
    low, high = pyramid.extent()
    if np.isnan(values).all():
        assert np.isnan(low).all() and np.isnan(high).all()
    else:
        np.testing.assert_array_equal(low, np.nanmin(values, axis=0))
        np.testing.assert_array_equal(high, np.nanmax(values, axis=0))


def test_one_spike_among_36_000_frames_stays_visible() -> None:
    values = np.zeros((36_000, 61), np.float32)
    values[17_777, 5] = 1.0
    _, high = MinMaxPyramid(values).columns(np.linspace(0, 36_000, 1201).astype(int))
    assert high[:, 5].max() == 1.0
    assert (high[:, 5] > 0).sum() <= 2
    _, chosen = MinMaxPyramid(values).columns(np.linspace(0, 36_000, 1201).astype(int), (5, 7))
    assert chosen[:, 0].max() == 1.0 and chosen[:, 1].max() == 0.0


def test_empty_sound_gives_nothing() -> None:
    low, high = MinMaxPyramid(np.zeros(0, np.float32), 32).columns((0, 5, 9))
    assert np.isnan(low).all() and np.isnan(high).all()


def test_lost_frames_and_missing_rows_are_told_apart() -> None:
    track = a_track(seconds=10.0, lost=(3.0, 4.0), missing=(7.0, 8.0))
    times = np.linspace(-1.0, 11.0, 1201)
    columns = TrackShape(track).columns(0.0, times)
    middle = (times[:-1] + times[1:]) / 2
    assert columns.lost[(middle > 3.05) & (middle < 3.95)].all()
    assert not columns.lost[(middle < 2.9) | (middle > 4.1)].any()
    assert columns.gap[(middle > 7.1) & (middle < 7.9)].all()
    assert not columns.gap[(middle < 6.9) | (middle > 8.1)].any()
    assert not columns.inside[(middle < -0.05) | (middle > 10.1)].any()


def test_a_single_lost_frame_shows_even_when_zoomed_far_out() -> None:
    track = a_track(seconds=600.0, lost=(300.0, 300.02))
    columns = TrackShape(track).columns(0.0, np.linspace(0.0, 600.0, 301))
    assert 1 <= columns.lost.sum() <= 2


def test_an_offset_moves_the_track() -> None:
    track = a_track(seconds=2.0)
    columns = TrackShape(track).columns(5.0, np.linspace(0.0, 10.0, 101))
    assert not columns.inside[:49].any() and columns.inside[51:69].all() and not columns.inside[72:].any()


def test_mask_draws_each_curve_in_its_own_band_only() -> None:
    tops = np.array([[1.0, 2.0, np.nan], [-50.0, 14.0, 15.0]])
    bottoms = np.array([[3.0, 2.0, np.nan], [99.0, 14.4, 15.0]])
    mask = columns_mask(tops, bottoms, [(0, 10), (10, 20)], 20)
    assert mask[:10, 0].nonzero()[0].tolist() == [1, 2, 3]
    assert mask[:10, 1].nonzero()[0].tolist() == [2]
    assert not mask[:10, 2].any()
    assert mask[10:, 0].all()
    assert mask[10:, 1].nonzero()[0].tolist() == [4]


def test_neighbouring_columns_touch_but_not_across_nothing() -> None:
    up, down = joined(np.array([[10.0, 2.0, np.nan, 8.0]]), np.array([[12.0, 4.0, np.nan, 9.0]]))
    assert up[0].tolist()[:2] == [10.0, 2.0] and down[0].tolist()[:2] == [12.0, 10.0]
    assert up[0, 3] == 8.0 and down[0, 3] == 9.0


@given(st.lists(st.tuples(st.floats(0, 50), st.floats(0.01, 20)), max_size=25))
@settings(max_examples=60, deadline=None)
def test_overlapping_spans_never_share_a_row(parts: list[tuple[float, float]]) -> None:
    spans = [Span(str(i), a, a + length) for i, (a, length) in enumerate(parts)]
    rows = span_rows(spans)
    for i, a in enumerate(spans):
        for j in range(i):
            b = spans[j]
            if rows[i] == rows[j]:
                assert a.end <= b.start + 1e-6 or b.end <= a.start + 1e-6


@given(st.floats(40, 900))
@settings(max_examples=40, deadline=None)
def test_regions_fill_the_lane_without_overlap(height: float) -> None:
    stack = bands(height)
    assert stack[0].top == 0.0
    for above, below in itertools.pairwise(stack):
        assert abs(above.top + above.height - below.top) < 1e-6
    assert abs(stack[-1].top + stack[-1].height - height) < 1e-6
    assert sum(band.rows for band in stack) == 61


def test_tick_labels_have_as_many_decimals_as_their_step() -> None:
    assert tick_text(62.5, 0.5) == "1:02.5"
    assert tick_text(3.0, 1.0) == "0:03"
    assert tick_text(59.9999, 1.0) == "1:00"
    assert tick_text(3661.0, 60.0) == "1:01:01"
    assert tick_text(0.002, 0.002) == "0:00.002"
    for scale in (0.01, 1.0, 37.0, 500.0, 90_000.0):
        assert tick_step(scale) * scale >= 76.0 or tick_step(scale) == 3600.0
