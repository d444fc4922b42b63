"""Keyframes become a performance: timed, exact at the keys, within limits, never jerky."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotator.core.generation.protocol import (
    GenerationRequest,
    GenerationResult,
    KeyframeResult,
    PlannedKeyframe,
)
from annotator.core.model import EASES
from annotator.core.performance import MAX_JUMP, natural_times, perform
from annotator.core.performance.timing import completed
from tests.annotator.core.generation.broken_limits import violations
from viewer.core.channels import CHANNEL_COUNT, INDEX
from viewer.core.errors import GenerationError
from viewer.core.pose import normalized_rows

SMILE = [INDEX["MouthSmileLeft"], INDEX["MouthSmileRight"]]
PLAN = (PlannedKeyframe(1.0, "a"), PlannedKeyframe(2.5, "b"), PlannedKeyframe(4.0, "c"))


def pose(**values: float) -> np.ndarray:
    row = np.zeros(CHANNEL_COUNT, np.float32)
    for name, value in values.items():
        row[INDEX[name]] = value
    return row


def smile(value: float) -> np.ndarray:
    return pose(MouthSmileLeft=value, MouthSmileRight=value)


def result(
    *rows: np.ndarray, plan: tuple[PlannedKeyframe, ...] = (), failed: tuple[int, ...] = ()
) -> GenerationResult:
    keyframes = tuple(
        KeyframeResult(i, "x", row, error="the model server failed – try again" if i in failed else "")
        for i, row in enumerate(rows)
    )
    return GenerationResult(GenerationRequest(descriptions=("x",) * len(rows)), plan, keyframes)


THREE = (smile(0.2), smile(0.6), smile(0.3))


def test_annotated_times_are_taken_one_to_one() -> None:
    track = perform(result(*THREE, plan=PLAN), times=[0.7, 1.1, 3.0], duration=5.0)
    assert track.meta["key_times"] == [0.7, 1.1, 3.0]
    for time, row in zip([0.7, 1.1, 3.0], THREE, strict=True):
        assert np.array_equal(track.row(time), row)
    assert np.array_equal(track.row(5.0), THREE[-1])
    assert len(track) == 300
    assert track.fps == pytest.approx(60)


def test_other_counts_spread_along_the_annotated_times() -> None:
    assert perform(result(*THREE), times=[1.0, 4.0]).meta["key_times"] == [1.0, 2.5, 4.0]
    assert perform(result(*THREE[:2]), times=[1.0, 2.0, 5.0]).meta["key_times"] == [1.0, 5.0]
    one = perform(result(*THREE), times=[2.0]).meta["key_times"]
    assert one[0] == 2.0
    assert (np.diff(one) >= 0.5).all()


def test_planned_times_are_kept_and_fit_into_the_clip() -> None:
    assert perform(result(*THREE, plan=PLAN)).meta["key_times"] == [1.0, 2.5, 4.0]
    squeezed = perform(result(*THREE, plan=PLAN), duration=3.0)
    assert squeezed.meta["key_times"][-1] < 3.0
    assert len(squeezed) == 180


def test_untimed_keys_get_natural_durations() -> None:
    times = natural_times([smile(0.2), smile(0.8), smile(0.2)])
    gaps = np.diff(times)
    assert ((gaps >= 0.5) & (gaps <= 4.0)).all()
    assert gaps[1] > gaps[0], "letting go is slower than coming up"


def test_the_face_is_neutral_before_and_can_relax_after() -> None:
    track = perform(result(smile(0.6)), times=[2.0], rest_after=1.0)
    assert not track.row(0.0).any()
    assert not track.row(1.45).any()
    assert track.row(1.8).any()
    assert not track.values[-1].any()
    held = perform(result(smile(0.6)), times=[2.0], duration=4.0)
    assert np.array_equal(held.values[-1], smile(0.6))
    no_room = perform(result(smile(0.6)), times=[0.0], duration=1.0)
    assert np.array_equal(no_room.values[0], smile(0.6))


def test_failed_keyframes_are_left_out() -> None:
    track = perform(result(*THREE, plan=PLAN, failed=(1,)), eases="linear")
    assert track.meta["key_times"] == [1.0, 2.5, 4.0]
    assert np.allclose(track.row(2.5), smile(0.25), atol=1e-6)


def test_nothing_to_perform_is_told() -> None:
    with pytest.raises(GenerationError, match="the model server failed – try again"):
        perform(result(*THREE, failed=(0, 1, 2)))
    nan = np.full((1, 61), np.nan)
    empties: list[Any] = [result(), ([], []), ([0.0], np.zeros((1, 3))), ([0.0], nan)]
    for empty in empties:
        with pytest.raises(GenerationError):
            perform(empty)
    with pytest.raises(GenerationError):
        perform(result(*THREE), fps=0)
    with pytest.raises(GenerationError):
        perform(result(*THREE), times=[1e9])


def test_looking_across_passes_through_the_middle() -> None:
    left = pose(EyeLookOutLeft=0.6, EyeLookInRight=0.6)
    right = pose(EyeLookInLeft=0.6, EyeLookOutRight=0.6)
    track = perform(([1.0, 2.0], [left, right]))
    both = np.minimum(track.values[:, INDEX["EyeLookOutLeft"]], track.values[:, INDEX["EyeLookInLeft"]])
    assert not both.any()
    assert np.array_equal(track.row(2.0), right)


def test_eases_shape_the_way_between_keys() -> None:
    keys = ([1.0, 2.0], [smile(0.0), smile(0.8)])
    held = perform(keys, eases="hold").values[:, SMILE[0]]
    assert held[60] == held[100] == 0.0
    assert held[120] == np.float32(0.8)
    assert np.abs(np.diff(held)).max() <= MAX_JUMP
    assert perform(keys, eases="linear").row(1.5)[SMILE[0]] == pytest.approx(0.4)
    assert perform(keys, eases=["no such ease"]).meta["eases"] == ["pchip", "pchip"]


def test_a_broad_smile_falls_into_a_frown_in_an_eighth_of_a_second_without_a_jump() -> None:
    smiling, frowning = pose(MouthSmileLeft=0.99), pose(MouthSmileLeft=0.2, MouthFrownLeft=0.74)
    track = perform(([1.0, 1.125], [smiling, frowning]), fps=120.0)
    assert np.abs(np.diff(track.values, axis=0)).max() <= MAX_JUMP / 2
    assert not [broken for row in track.values for broken in violations(row)]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.one_of(st.none(), st.floats(0.0, 20.0)), min_size=1, max_size=6), st.integers(0, 99))
def test_missing_times_are_found_around_the_given_ones(times: list[float | None], seed: int) -> None:
    given_ones = iter(sorted(time for time in times if time is not None))
    times = [None if time is None else next(given_ones) for time in times]
    rows = np.random.default_rng(seed).uniform(0, 1, (len(times), CHANNEL_COUNT))
    found = completed(times, rows)
    assert found == sorted(found) and min(found) >= 0.0
    assert all(time is None or time == own for time, own in zip(times, found, strict=True))
    if all(time is None for time in times):
        assert found == natural_times(rows)


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(st.data())
def test_no_jump_and_exact_keys_whatever_is_asked(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 5))
    seed = data.draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    rows = (rng.uniform(0, 1, (count, CHANNEL_COUNT)) * (rng.random((count, CHANNEL_COUNT)) < 0.3)).astype(
        np.float32
    )
    gaps = data.draw(st.lists(st.floats(0.12, 3), min_size=count, max_size=count))
    eases = data.draw(st.lists(st.sampled_from(EASES), min_size=count, max_size=count))
    fps = data.draw(st.sampled_from([24.0, 29.97, 60.0, 120.0]))
    track = perform((np.cumsum(gaps), rows), eases=eases, fps=fps)
    assert np.isfinite(track.values).all()
    # Two keys that are too close for it are met all the same, at an even pace.
    closest = np.diff([0.0, *track.meta["key_times"]]).min() * fps
    most = max(MAX_JUMP * 60 / fps, 2.0 / max(closest, 1.0))
    values = normalized_rows(track.values, 90.0)
    assert np.abs(np.diff(values, axis=0)).max() <= most * 1.001
    assert not [broken for row in values for broken in violations(row)]
    alone = [perform(([0.0], [row]), rest_before=0).values[0] for row in rows]
    for time, row in zip(track.meta["key_times"], alone, strict=True):
        assert np.array_equal(track.values[round(time * fps)], row)
