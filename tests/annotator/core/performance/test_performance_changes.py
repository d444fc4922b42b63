"""A take can be changed afterwards: keys, strengths, layers, locks; its track follows."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotator.core.model import EASES, TakeInfo
from annotator.core.performance import (
    MAX_JUMP,
    Layers,
    Performance,
    TakeKey,
    compose,
    derive,
    with_locked,
)
from annotator.core.performance.keys import bound_together
from annotator.core.performance.layers import CLOSING, OPENING, SHUT, blink_times
from annotator.core.storage.take_file import take_from_json, take_to_json
from tests.annotator.core.generation.broken_limits import violations
from viewer.core.channels import CHANNEL_COUNT, CHANNELS, INDEX, NAMES, REGIONS
from viewer.core.pose import normalized_rows

BLINKS = [INDEX["EyeBlinkLeft"], INDEX["EyeBlinkRight"]]
OTHERS = [i for i in range(CHANNEL_COUNT) if i not in BLINKS]


@st.composite
def performances(draw: st.DrawFn, layers: bool = True) -> Performance:
    """Any keys a quarter of a second or more apart, with strengths, locks and layers."""
    count = draw(st.integers(1, 4))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rows = random.uniform(0, 1, (count, CHANNEL_COUNT)) * (random.random((count, CHANNEL_COUNT)) < 0.3)
    gaps = draw(st.lists(st.floats(0.25, 2), min_size=count, max_size=count))
    eases = draw(st.lists(st.sampled_from(EASES), min_size=count, max_size=count))
    made = compose(
        (np.cumsum(gaps), rows.astype(np.float32)),
        eases=eases,
        duration=draw(st.one_of(st.none(), st.floats(1, 8))),
    )
    by_hand = draw(st.dictionaries(st.sampled_from(NAMES[:52]), st.floats(0, 1, width=32), max_size=3))
    made = made.with_key(draw(st.integers(0, count - 1)), manual=by_hand)
    names = draw(st.lists(st.sampled_from(NAMES), max_size=4))
    if names:
        made = with_locked(made, names, True)
    regions: list[str] = list(REGIONS)
    strength = draw(st.dictionaries(st.sampled_from(regions), st.floats(0, 2), max_size=4))
    alive = Layers(draw(st.booleans()), draw(st.booleans()), draw(st.integers(0, 1000)))
    return replace(made, strength=strength, layers=alive if layers else Layers())


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(performances())
def test_whatever_is_asked_of_it_a_track_is_smooth_and_possible(made: Performance) -> None:
    track = derive(made)
    assert np.isfinite(track.values).all()
    values = normalized_rows(track.values, 90.0)
    assert not [broken for row in values for broken in violations(row)]
    steps = np.abs(np.diff(values, axis=0))
    closest = min([*np.diff([key.time for key in made.keys]), 1.0]) * made.fps
    most = max(MAX_JUMP, 2.0 / max(closest - 1, 1.0))
    assert steps[:, OTHERS].max() <= most * 1.001
    if not made.layers.blinks:
        assert steps.max() <= most * 1.001
    assert np.array_equal(derive(made).values, track.values), "the same performance, the same track"


def read_again(file: dict[str, Any]) -> Performance | None:
    """The performance in a take's file."""
    return take_from_json("t", json.loads(json.dumps(file)), []).performance


@settings(max_examples=40, deadline=None)
@given(performances())
def test_a_performance_survives_its_file(made: Performance) -> None:
    again = read_again(take_to_json(TakeInfo("t", "t", "", performance=made)))
    assert again == made and np.array_equal(derive(again).values, derive(made).values)


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(performances(layers=False), st.lists(st.sampled_from(NAMES), min_size=1, max_size=5), st.data())
def test_locked_channels_go_on_as_they_were(made: Performance, names: list[str], data: st.DataObject) -> None:
    before = derive(made)
    locked = with_locked(made, names, True)
    assert np.array_equal(derive(locked).values, before.values), "locking changes nothing"
    keys = tuple(
        replace(key, values={name: data.draw(st.floats(0, 1)) for name in NAMES[:52:3]}, manual={})
        for key in locked.keys
    )
    other = replace(locked, keys=keys, strength=dict.fromkeys(REGIONS, 0.3), layers=Layers(True, True, 5))
    after = derive(other)
    columns = [INDEX[name] for name in bound_together(names)]
    assert np.array_equal(after.values[: len(before), columns], before.values[:, columns])
    free = with_locked(other, names, False)
    assert free.locked == made.locked - set(bound_together(names))


def test_strength_scales_a_region_and_leaves_what_was_set_by_hand() -> None:
    made = compose(([1.0], [[0.4 if c.region in ("mouth", "brows") else 0 for c in CHANNELS]]))
    half = replace(made, strength={"mouth": 0.5}).with_key(0, manual={"MouthPucker": 0.9})
    row = derive(half).row(1.0)
    assert row[INDEX["BrowInnerUp"]] == pytest.approx(0.4) and row[INDEX["MouthFunnel"]] == pytest.approx(0.2)
    assert row[INDEX["MouthPucker"]] == pytest.approx(0.9)


def test_keys_are_met_under_all_layers_and_the_layers_are_seen_between() -> None:
    keys = tuple(TakeKey(time, {"BrowInnerUp": 0.5, "MouthSmileLeft": 0.3}) for time in (2.0, 12.0, 22.0))
    plain = Performance(keys, 30.0)
    alive = replace(plain, layers=Layers(True, True, 11))
    still, moved = derive(plain), derive(alive)
    for key in keys:
        assert np.array_equal(moved.row(key.time), still.row(key.time))
    apart = np.abs(normalized_rows(moved.values, 90.0) - normalized_rows(still.values, 90.0))
    assert 0.9 <= apart[:, BLINKS].max() <= 1.0 and 0.003 < apart[:, OTHERS].max() < 0.06
    assert not np.array_equal(moved.values, derive(replace(plain, layers=Layers(True, True, 12))).values)


def test_blinks_come_at_the_rate_of_rest_and_never_over_a_key_or_a_shut_eye() -> None:
    fps, length = 60.0, CLOSING + SHUT + OPENING
    rest = np.zeros((int(600 * fps), CHANNEL_COUNT))
    rest[6000:9000, BLINKS] = 0.8
    keys = list(np.arange(5.0, 600.0, 7.0))
    counts = []
    for seed in range(6):
        starts = np.array(blink_times(rest, fps, keys, seed))
        counts.append(len(starts) / (600 - 50) * 60)
        assert np.diff(starts).min() >= 1.0
        assert not ((starts + length > 100) & (starts < 150)).any()
        assert not any(start <= key <= start + length for start in starts for key in keys)
    assert 12 < np.mean(counts) < 20


def test_a_blink_opens_slower_than_it_closes() -> None:
    lid = derive(Performance((TakeKey(0.5),), 20.0, layers=Layers(True, False, 3))).values[:, BLINKS[0]]
    peak = int(lid.argmax())
    start = peak - int((lid[peak::-1] < 0.02).argmax())
    end = peak + int((lid[peak:] < 0.02).argmax())
    assert peak - start < end - peak
    assert 3 <= peak - start <= 6 and 5 <= end - peak <= 10


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {},
        {"keys": []},
        {"keys": [{}]},
        {"keys": [{"time": "soon"}]},
        {"keys": [{"time": float("nan")}]},
        {"keys": [{"time": 1, "values": [1, 2]}]},
        {"keys": [{"time": 1}], "fps": 0},
        {"keys": [{"time": 1}], "strength": {"mouth": 99}},
        {"keys": [{"time": 1}], "locks": [7]},
        {"keys": [{"time": 1}], "layers": "yes"},
    ],
)
def test_what_is_no_performance_is_none_and_no_fault(data: object) -> None:
    assert read_again({"performance": data}) is None


def test_unknown_channels_and_easings_of_a_file_are_passed_over() -> None:
    made = read_again(
        {"performance": {"keys": [{"time": 1, "values": {"JawOpen": 0.5, "EarWiggle": 1}, "ease": "bouncy"}]}}
    )
    assert made is not None and made.keys[0].values == {"JawOpen": 0.5} and made.keys[0].ease == "pchip"
