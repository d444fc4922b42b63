"""Curves between keys never overshoot; corrections touch only what they should."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotator.core.curves import Corrected, corrected, interpolate, with_corrections
from annotator.core.model import EASES, Ease, Keyframe
from viewer.core.channels import CHANNEL_COUNT, INDEX
from viewer.core.errors import TrackError
from viewer.core.track import Track

SMILE = INDEX["MouthSmileLeft"]
JAW = INDEX["JawOpen"]


@st.composite
def keys(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, list[Ease]]:
    count = draw(st.integers(1, 8))
    steps = draw(st.lists(st.floats(1e-3, 20), min_size=count, max_size=count))
    value = st.floats(-1, 1.25, width=32)
    rows = draw(st.lists(st.lists(value, min_size=3, max_size=3), min_size=count, max_size=count))
    eases = draw(st.lists(st.sampled_from(EASES), min_size=count, max_size=count))
    return np.cumsum(steps), np.array(rows), eases


@settings(max_examples=60, deadline=None)
@given(keys())
def test_keys_are_met_and_nothing_overshoots(case: tuple[np.ndarray, np.ndarray, list[Ease]]) -> None:
    times, values, eases = case
    assert np.array_equal(interpolate(times, values, eases, times), values)
    at = np.linspace(times[0] - 1, times[-1] + 1, 400)
    out = interpolate(times, values, eases, at)
    left = np.clip(np.searchsorted(times, at, side="right") - 1, 0, times.size - 1)
    right = np.clip(left + 1, 0, times.size - 1)
    assert (out >= np.minimum(values[left], values[right])).all()
    assert (out <= np.maximum(values[left], values[right])).all()
    assert np.array_equal(out[at < times[0]], np.repeat(values[:1], (at < times[0]).sum(), axis=0))
    assert np.array_equal(out[at > times[-1]], np.repeat(values[-1:], (at > times[-1]).sum(), axis=0))


@pytest.mark.parametrize(
    ("ease", "quarter"), [("linear", 0.25), ("hold", 0.0), ("minimum-jerk", 0.103515625), ("pchip", 0.25)]
)
def test_each_ease_has_its_shape(ease: Ease, quarter: float) -> None:
    out = interpolate([0, 1], [[0.0], [1.0]], ease, [0, 0.25, 1])
    assert out[:, 0] == pytest.approx([0, quarter, 1])


def test_pchip_rests_at_an_extremum() -> None:
    out = interpolate([0, 1, 2], [[0.0], [1.0], [0.0]], "pchip", [0.99, 1.0, 1.01])[:, 0]
    assert out[1] == 1.0
    assert (1.0 - out[[0, 2]] < 1e-3).all()


def test_each_segment_takes_the_ease_of_its_first_key() -> None:
    out = interpolate([0, 1, 2], [[0.0], [1.0], [0.0]], ["hold", "linear"], [0.5, 1.0, 1.5])
    assert out[:, 0].tolist() == [0.0, 1.0, 0.5]


def test_a_missing_value_leaves_the_channel_to_the_other_keys() -> None:
    nan = np.nan
    out = interpolate([0, 1, 2], [[0.0, nan, nan], [nan, 0.5, nan], [1.0, nan, nan]], "linear", [0, 1, 2])
    assert out[:, 0].tolist() == [0.0, 0.5, 1.0]
    assert out[:, 1].tolist() == [0.5, 0.5, 0.5]
    assert np.isnan(out[:, 2]).all()


def test_an_unknown_moment_is_unknown() -> None:
    assert np.isnan(interpolate([0.0], [[1.0]], "pchip", [np.nan])).all()


@pytest.mark.parametrize(
    ("times", "values"),
    [
        ([], np.zeros((0, 2))),
        ([0, 0], np.zeros((2, 2))),
        ([1, 0], np.zeros((2, 2))),
        ([0, np.nan], np.zeros((2, 2))),
        ([0, 1], np.zeros((3, 2))),
        ([0], [np.inf]),
        ([0], [[np.inf]]),
    ],
)
def test_impossible_keys_are_told(times: list[float], values: Any) -> None:
    with pytest.raises(TrackError):
        interpolate(times, values, "pchip", [0.0])


def test_an_unknown_ease_is_told() -> None:
    with pytest.raises(TrackError):
        interpolate([0, 1], [[0.0], [1.0]], "bounce", [0.5])  # type: ignore[arg-type]
    with pytest.raises(TrackError):
        interpolate([0, 1, 2], [[0.0], [1.0], [2.0]], ["linear"], [0.5])


def recording(frames: int = 301, lost: tuple[int, ...] = ()) -> Track:
    rng = np.random.default_rng(7)
    values = rng.uniform(0.1, 0.4, (frames, CHANNEL_COUNT)).astype(np.float32)
    values[list(lost)] = np.nan
    return Track.build(np.arange(frames) / 60, values)


def key(time: float, **values: float) -> Keyframe:
    return Keyframe(id=f"k{time}", time=time, values=values)


def test_a_correction_is_met_and_fades_within_half_a_second() -> None:
    track = recording(lost=(10, 130))
    out = corrected(track, [key(2.0, MouthSmileLeft=0.9)])
    assert out.values[120, SMILE] == np.float32(0.9)
    changed = (out.values != track.values) & track.valid[:, None]
    assert set(np.flatnonzero(changed.any(axis=0))) == {SMILE}
    assert set(np.flatnonzero(changed[:, SMILE])) <= set(range(91, 150))
    assert np.array_equal(out.valid, track.valid)
    assert np.isnan(out.values[130]).all()


def test_a_nearer_neighbour_ends_the_correction() -> None:
    track = recording()
    out = corrected(track, [key(1.9), key(2.0, JawOpen=0.0), key(2.2, MouthSmileLeft=0.2)])
    changed = np.flatnonzero(out.values[:, JAW] != track.values[:, JAW])
    assert changed.min() > 1.9 * 60 - 1e-6
    assert changed.max() < 2.2 * 60 + 1e-6
    assert out.values[120, JAW] == 0.0


def test_corrections_of_one_channel_join() -> None:
    track = Track.build(np.arange(301) / 60, np.full((301, CHANNEL_COUNT), 0.2))
    out = corrected(track, [key(1.0, JawOpen=0.5), key(3.0, JawOpen=0.5)])
    assert np.allclose(out.values[60:181, JAW], 0.5, atol=1e-6)


def test_the_recording_without_corrections_is_the_same_object() -> None:
    track = recording()
    assert corrected(track, [key(1.0), key(2.0, NoSuchChannel=1.0), key(3.0, JawOpen=float("nan"))]) is track
    lost = recording(3, lost=(0, 1, 2))
    assert corrected(lost, [key(0.0, JawOpen=0.5)]) is lost


def test_a_clip_offset_moves_corrections_onto_the_track() -> None:
    track = recording()
    out = corrected(track, [key(3.0, JawOpen=0.9)], offset=1.0)
    assert out.values[120, JAW] == np.float32(0.9)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.floats(-1, 7), st.none() | st.floats(0, 1, width=32)), max_size=8))
def test_corrections_never_leave_the_range_and_meet_their_frames(
    found: list[tuple[float, float | None]],
) -> None:
    track = recording(lost=(0, 77, 300))
    keyframes = [key(time, **({} if value is None else {"JawOpen": value})) for time, value in found]
    out = corrected(track, keyframes)
    assert np.array_equal(out.valid, track.valid)
    kept = out.values[track.valid]
    assert kept.min() >= 0
    assert kept.max() <= 1
    others = np.delete(out.values, JAW, axis=1)
    assert np.array_equal(others, np.delete(track.values, JAW, axis=1), equal_nan=True)


CORRECTED = st.dictionaries(
    st.sampled_from(["JawOpen", "MouthSmileLeft", "HeadYaw"]), st.floats(-0.25, 1.125, width=32), max_size=3
)
MARKED = st.dictionaries(st.integers(-20, 320), CORRECTED, max_size=14)


def marked(found: dict[int, dict[str, float]]) -> list[Keyframe]:
    """Keyframes by their frames, some of them between two frames."""
    return [key((frame + (0.3 if frame % 5 == 0 else 0.0)) / 60, **values) for frame, values in found.items()]


@pytest.mark.slow
@settings(max_examples=120, deadline=None)
@given(MARKED, st.lists(st.tuples(st.integers(-20, 320), st.none() | CORRECTED), min_size=1, max_size=6))
def test_corrections_changed_one_by_one_are_those_laid_over_at_once(
    found: dict[int, dict[str, float]], changes: list[tuple[int, dict[str, float] | None]]
) -> None:
    track = recording(lost=(0, 77, 300))
    made = with_corrections(track, marked(found))
    for frame, values in changes:
        found = {place: own for place, own in found.items() if place != frame}
        if values is not None:
            found[frame] = values
        made = with_corrections(track, marked(found), before=made)
        assert np.array_equal(made.track.values, corrected(track, marked(found)).values, equal_nan=True)


def test_a_change_is_felt_no_further_than_two_keyframes_away() -> None:
    track = recording(601)
    marks = [key(second, JawOpen=0.5 + second / 100) for second in range(10)]
    before = with_corrections(track, marks)
    # What was made before is taken over as it is, unless it lies near the change.
    mark = before.track.values.copy()
    mark[:, JAW] = 0.123
    spoilt = Corrected(track, before.keys, before.track.replaced(values=mark))
    after = with_corrections(track, [*marks[:5], key(5.0, JawOpen=0.9), *marks[6:]], before=spoilt)
    made_again = np.flatnonzero(after.track.values[:, JAW] != np.float32(0.123))
    assert (made_again.min(), made_again.max()) == (3 * 60, 7 * 60)
    others = np.delete(after.track.values, JAW, axis=1)
    assert np.array_equal(others, np.delete(track.values, JAW, axis=1))


def test_nothing_is_made_where_corrections_stay_as_they_are() -> None:
    track = recording()
    made = with_corrections(track, [key(1.0, JawOpen=0.5), key(2.0)])
    described = [Keyframe("a", 1.0, description="Her jaw drops.", values={"JawOpen": 0.5}), key(2.0)]
    assert with_corrections(track, described, before=made) is made
    other = recording(200)
    assert with_corrections(other, described, before=made).track.values.shape[0] == 200
    assert with_corrections(track, [], before=made).track is track
