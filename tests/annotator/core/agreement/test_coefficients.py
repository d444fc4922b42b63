"""α and κ against published examples, and against the krippendorff library on random data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from annotator.core.agreement.coefficients import (
    alpha_interval,
    alpha_nominal,
    alpha_ordinal,
    cohen_kappa,
    fleiss_kappa,
)
from annotator.core.agreement.grid import Grid
from annotator.core.agreement.on_grid import Units

LEVELS = ("nominal", "ordinal", "interval")


@pytest.fixture(scope="module")
def worked(shared: Path) -> dict[str, Any]:
    file = shared / "benchmarks" / "agreement" / "worked.json"
    if not file.is_file():
        pytest.skip("needs the worked examples")
    found: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return found


def units(data: list[list[Any]]) -> tuple[Units, NDArray[np.float64]]:
    """Observers by units, None where one has no value, as one clip with a point a unit."""
    levels = sorted({value for row in data for value in row if value is not None})
    codes = np.array([[-1 if value is None else levels.index(value) for value in row] for row in data])
    count = codes.shape[1]
    grid = Grid(
        codes,
        np.full(codes.shape, np.nan),
        np.ones(count, np.int64),
        np.arange(count),
        np.zeros(count, np.int64),
        (),
    )
    numbers = [float(level) if isinstance(level, int | float) else n for n, level in enumerate(levels)]
    return Units(grid, codes, 1), np.array(numbers)


def alpha(data: list[list[Any]], level: str) -> float:
    found, levels = units(data)
    marginals = found.marginals.toarray()
    if level == "nominal":
        squares = (marginals**2).sum(axis=1)
        return float(alpha_nominal(found.unequal, marginals.sum(axis=1), squares)[0])
    meetings, pairs = found.meetings(len(levels))
    if level == "ordinal":
        return float(alpha_ordinal(meetings.toarray(), pairs, marginals)[0])
    if level == "ratio":
        # No figure of ours; the coincidences give it all the same.
        ratio = ((levels[:, None] - levels) / np.maximum(levels[:, None] + levels, 1e-9)) ** 2
        observed = (meetings.toarray()[0] * ratio[pairs[:, 0], pairs[:, 1]]).sum()
        expected = (marginals[0][:, None] * marginals[0] * ratio).sum()
        return float(1 - observed * (marginals.sum() - 1) / expected)
    return float(alpha_interval(meetings.toarray(), pairs, marginals, levels)[0])


def test_alpha_is_that_of_the_published_examples(worked: dict[str, Any]) -> None:
    for case in worked["krippendorff_alpha"]:
        found = alpha(case["data"], case["level"])
        if case["value"] is None:
            assert np.isnan(found), case["source"]
        else:
            assert round(found, 3) == case["value"], (case["source"], case["level"])


def test_fleiss_kappa_is_that_of_the_published_examples(worked: dict[str, Any]) -> None:
    for case in worked["fleiss_kappa"]:
        counts = np.array(case["counts"], float)
        annotators = int(counts[0].sum())
        equal = (counts * (counts - 1) / 2).sum()
        found = fleiss_kappa(np.array([equal]), counts.sum(axis=0)[None], annotators)[0]
        assert round(float(found), 2) == round(case["value"], 2), case["source"]


def test_cohens_kappa_is_that_of_the_published_examples(worked: dict[str, Any]) -> None:
    for case in worked["cohen_kappa"]:
        table = np.array(case["table"], float)
        equal, first, second = np.trace(table), table.sum(axis=1), table.sum(axis=0)
        found = float(cohen_kappa(np.array([equal]), first[None], second[None])[0])
        assert round(found, 3) == case["value"], case["source"]


@pytest.mark.parametrize("level", LEVELS)
def test_alpha_is_that_of_the_krippendorff_library_on_random_data(level: str) -> None:
    krippendorff = pytest.importorskip("krippendorff")
    dice = np.random.default_rng(7)
    for _ in range(60):
        shape = dice.integers(2, 7), dice.integers(2, 30)
        kinds = int(dice.integers(2, 8))
        values = dice.integers(0, kinds, shape) * (1 if level != "interval" else 0.37) - 1
        data = np.where(dice.random(shape) < dice.uniform(0, 0.6), np.nan, values)
        mine = alpha([[None if np.isnan(v) else float(v) for v in row] for row in data], level)
        paired = (~np.isnan(data)).sum(axis=0) >= 2
        if len(np.unique(data[:, paired][~np.isnan(data[:, paired])])) < 2:
            assert np.isnan(mine)
            continue
        theirs = krippendorff.alpha(data, level_of_measurement=level)
        assert mine == pytest.approx(theirs, abs=1e-9)
