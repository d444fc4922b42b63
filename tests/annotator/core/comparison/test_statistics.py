"""Intervals and strengths, against published values and by their properties."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.core.comparison.statistics import bradley_terry, mean_of, preference, sign_test, wilson


def test_known_values() -> None:
    # Newcombe 1998, table I: 81 of 263 and 15 of 148, score interval.
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert sign_test(9, 1) == pytest.approx(22 / 1024)
    assert sign_test(5, 5) == 1.0
    t = mean_of([1.0, 2.0, 3.0, 4.0])
    assert (t.mean, t.deviation) == pytest.approx((2.5, math.sqrt(5 / 3)))
    assert t.high - t.mean == pytest.approx(3.182446 * t.deviation / 2, rel=1e-5)


@given(st.integers(0, 500), st.integers(0, 500), st.integers(0, 50))
def test_preference_is_the_same_from_either_side(first: int, second: int, undecided: int) -> None:
    one, other = preference(first, second, undecided), preference(second, first, undecided)
    assert one.total == other.total == first + second + undecided
    if first + second == 0:
        assert math.isnan(one.share) and math.isnan(one.p)
        return
    assert one.share == pytest.approx(1 - other.share)
    assert one.low == pytest.approx(1 - other.high) and one.p == pytest.approx(other.p)
    assert 0 <= one.low <= one.share <= one.high <= 1 and 0 < one.p <= 1


def test_few_numbers_claim_little() -> None:
    assert mean_of([]).count == 0 and math.isnan(mean_of([]).mean)
    alone = mean_of([0.2, math.nan])
    assert alone.count == 1 and alone.mean == 0.2 and math.isnan(alone.low)
    assert mean_of([0.2, 0.2]).low == pytest.approx(0.2)


def votes(**shares: int) -> dict[str, list[tuple[str, str, float]]]:
    """Ten votes on each of six clips between each two models; ``a_b=7`` of ten prefer a to b."""
    pairs = [(*pair.partition("_")[::2], wins) for pair, wins in shares.items()]
    return {
        str(clip): [(a, b, 1.0 if i < wins else 0.0) for a, b, wins in pairs for i in range(10)]
        for clip in range(6)
    }


@pytest.mark.slow
def test_strengths_order_the_models_and_hold_their_intervals() -> None:
    found = bradley_terry(votes(a_b=8, b_c=8, a_c=9))
    assert found is not None
    assert [s.name for s in found] == ["a", "b", "c"]
    assert all(s.low <= s.share <= s.high for s in found)
    assert found[0].share == pytest.approx(0.86, abs=0.03)
    assert sum(s.share for s in found) == pytest.approx(1.5)
    # One that always won has a finite strength, and the order of naming changes nothing.
    always = bradley_terry(votes(a_b=10, b_c=10, a_c=10))
    assert always is not None and 0.9 < always[0].share < 1
    given = votes(a_b=8, b_c=8, a_c=9)
    turned = {clip: [(b, a, 1 - score) for a, b, score in of] for clip, of in given.items()}
    again = bradley_terry(turned)
    assert again is not None and again[0].share == pytest.approx(found[0].share)
    tied = {"1": [("a", "b", 0.5), ("b", "c", 0.5), ("a", "c", 0.5)]}
    even = bradley_terry(tied)
    assert even is not None and all(s.share == pytest.approx(0.5) for s in even)


def test_strengths_are_not_made_up() -> None:
    assert bradley_terry({}) is None
    assert bradley_terry(votes(a_b=8)) is None
    assert bradley_terry(votes(a_b=8, c_d=8)) is None
