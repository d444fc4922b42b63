"""Importing a Live Link CSV against pandas reading the same file into a table."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tests.bench.measuring import figure, measure
from viewer.core.formats import livelink, read
from viewer.core.track import Track

FRAMES = 36_000
REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "live_link_csv" / "myslate_3_60fps.csv"


def long_track() -> Track:
    """Ten minutes at 60 frames a second, the face lost for half a second."""
    rng = np.random.default_rng(4)
    values = np.abs(np.sin(np.cumsum(rng.normal(0.0, 0.02, (FRAMES, 61)), axis=0))).astype(np.float32)
    valid = np.ones(FRAMES, bool)
    valid[9000:9030] = False
    return Track.build(np.arange(FRAMES) / 60.0, values, valid)


def _compare(name: str, path: Path, count: int) -> dict[str, Any]:
    ours, base = measure(lambda _: read(path), lambda _: pd.read_csv(path), count=count, warm=1)
    return figure(name, ours, base, against="pandas.read_csv", ratio_at_most=1.3)


def run(quick: bool = False) -> list[dict[str, Any]]:
    """A made file of 36,000 frames, and a recording of 328 where there is one."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "long.csv"
        livelink.write(long_track(), path)
        figures = [_compare("import Live Link CSV, 36,000 frames", path, 3 if quick else 7)]
    if REAL.is_file():
        figures.append(_compare("import Live Link CSV, a recording of 328", REAL, 20 if quick else 60))
    return figures
