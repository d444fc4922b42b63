"""One to one, as many as there can be: worked examples, and what holds for any marks."""

from __future__ import annotations

import json
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotator.core.agreement.grid import make_grid
from annotator.core.agreement.labels import Labels
from annotator.core.agreement.matching import match_spans, match_times
from annotator.core.agreement.reading import ComparedClip, Moment, Span, Work
from annotator.core.agreement.settings import microseconds
from annotator.core.agreement.tallies import tally_keyframes, tally_spans
from annotator.core.storage.dataset import ClipEntry
from annotator.core.vocabulary import Vocabulary


@pytest.fixture(scope="module")
def worked(shared: Path) -> dict[str, Any]:
    file = shared / "benchmarks" / "agreement" / "worked.json"
    if not file.is_file():
        pytest.skip("needs the worked examples")
    found: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return found


def clip_of(*works: Work) -> ComparedClip:
    return ComparedClip(ClipEntry("c", None, None, "new"), dict(enumerate(works)))


def spans_of(rows: list[list[Any]], labels: Labels) -> Work:
    spans = [
        Span(microseconds(row[0]), microseconds(row[1]), labels.code(row[2]), row[3] if row[3:] else None)
        for row in rows
    ]
    return Work(tuple(sorted(spans, key=lambda span: span[:3])), ())


def test_keyframes_match_as_in_the_worked_examples(worked: dict[str, Any]) -> None:
    for case in worked["keyframe_matching"]:
        works = [Work((), tuple(Moment(microseconds(time), 0) for time in case[side])) for side in "ab"]
        tolerance = microseconds(case["tolerance_ms"] / 1000)
        first, second, matched, apart = tally_keyframes([clip_of(*works)], 2, tolerance).pairs[0, 0]
        assert matched == case["matched"], case["why"]
        assert (2 * matched / (first + second) if first + second else None) == (
            None if case["f1"] is None else pytest.approx(case["f1"], abs=1e-6)
        )
        if case["mean_abs_ms"] is not None:
            assert apart / matched / 1000 == pytest.approx(case["mean_abs_ms"])


def test_spans_match_as_in_the_worked_examples(worked: dict[str, Any]) -> None:
    for case in worked["span_matching"]:
        labels = Labels(Vocabulary(), "exact")
        works = [spans_of(case[side], labels) for side in "ab"]
        first, second, matched, iou = tally_spans([clip_of(*works)], 2, case["iou"]).pairs[0, 0][:4]
        assert matched == case["matched"], case["why"]
        assert 2 * matched / (first + second) == pytest.approx(case["f1"], abs=1e-6)
        if case["mean_iou"] is not None:
            assert iou / matched == pytest.approx(case["mean_iou"])


def test_points_have_the_labels_of_the_worked_examples(worked: dict[str, Any]) -> None:
    for case in worked["grid"]:
        labels = Labels(Vocabulary(), "exact")
        clip = clip_of(spans_of(case["spans"], labels), Work((), ()))
        length, step = microseconds(case["length_s"]), microseconds(case["step_ms"] / 1000)
        grid = make_grid([clip], [length], 2, step, labels)
        pairs = zip(grid.values[0], grid.points, strict=True)
        found = [labels.shown[value] for value, points in pairs for _ in range(points)]
        assert found == case["labels"], case["why"]
        assert (grid.values[1] == 0).all()


times = st.lists(st.integers(0, 4000), max_size=5).map(sorted)


@settings(max_examples=60, deadline=None)
@given(times, times, st.integers(0, 800))
def test_no_other_match_has_more_pairs_or_less_between_them(
    first: list[int], second: list[int], tolerance: int
) -> None:
    few, many = sorted((first, second), key=len)
    best = (0, 0)
    for others in permutations(range(len(many)), len(few)):
        apart = [abs(few[n] - many[k]) for n, k in enumerate(others)]
        fits = [distance for distance in apart if distance <= tolerance]
        best = max(best, (len(fits), -sum(fits)))
    found = match_times(first, second, tolerance)
    assert len({i for i, _ in found}) == len({j for _, j in found}) == len(found)
    assert (len(found), -sum(abs(first[i] - second[j]) for i, j in found)) == best


@settings(max_examples=60, deadline=None)
@given(times, times)
def test_a_wider_tolerance_never_loses_a_pair(first: list[int], second: list[int]) -> None:
    counts = [len(match_times(first, second, tolerance)) for tolerance in range(0, 1000, 50)]
    assert counts == sorted(counts)


spans = st.lists(
    st.tuples(st.integers(0, 60), st.integers(1, 60)).map(lambda pair: (pair[0], sum(pair))), max_size=4
).map(sorted)


@settings(max_examples=60, deadline=None)
@given(spans, spans, st.sampled_from([0.1, 0.5, 0.7, 1.0]))
def test_spans_match_the_most_and_then_the_closest(
    first: list[tuple[int, int]], second: list[tuple[int, int]], least: float
) -> None:
    def iou(a: tuple[int, int], b: tuple[int, int]) -> float:
        shared = max(0, min(a[1], b[1]) - max(a[0], b[0]))
        return shared / (a[1] - a[0] + b[1] - b[0] - shared)

    few, many = sorted((first, second), key=len)
    best = (0, 0.0)
    for others in permutations(range(len(many)), len(few)):
        fits = [value for n, k in enumerate(others) if (value := iou(few[n], many[k])) >= least]
        best = max(best, (len(fits), sum(fits)))
    found = match_spans(first, second, least)
    assert len(found) == best[0]
    assert sum(value for _, _, value in found) == pytest.approx(best[1])
