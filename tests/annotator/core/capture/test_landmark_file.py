"""Landmarks beside a track: kept as they were, and nothing else is taken for them."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from annotator.core.capture.contours import POINTS, REGIONS, region_reliability
from annotator.core.capture.landmark_file import (
    FaceLandmarks,
    captured_report,
    landmark_path,
    read_landmarks,
    write_landmarks,
)
from viewer.core.channels import NAMES
from viewer.core.errors import FileError


def some(rows: int, seed: int = 0, lost: tuple[int, ...] = ()) -> tuple[FaceLandmarks, NDArray[np.float32]]:
    rng = np.random.default_rng(seed)
    shares = rng.uniform(-0.3, 1.3, (rows, 478, 3)).astype(np.float32)
    shares[list(lost)] = np.nan
    frames = [3 * at for at in range(rows)]
    return FaceLandmarks.of(frames, np.arange(rows) / 10, shares, rng.uniform(0, 1, rows)), shares


@settings(max_examples=10, deadline=None)
@given(st.integers(1, 6), st.integers(0, 99), st.sets(st.integers(0, 5)))
def test_they_are_read_as_they_were_kept(
    tmp_path_factory: pytest.TempPathFactory, rows: int, seed: int, lost: set[int]
) -> None:
    path = tmp_path_factory.mktemp("kept") / "take.csv.landmarks"
    made, shares = some(rows, seed, tuple(at for at in lost if at < rows))
    write_landmarks(path, made)
    again, few = read_landmarks(path), read_landmarks(path, POINTS)
    for row in range(rows):
        assert again.row_of(3 * row, row / 10 + 0.001) == row
        found, there = again.shares(row), np.isfinite(shares[row]).all()
        assert (found is not None) == there == bool(np.isfinite(again.sureness[row]))
        if found is not None:
            # A tenth of a pixel of a picture of 1920.
            np.testing.assert_allclose(found, shares[row], atol=0.1 / 1920)
            np.testing.assert_array_equal(few.shares(row), found[list(POINTS)])
    assert again.row_of(1, 0.033) == again.row_of(3 * rows, rows / 10) == -1
    assert again.row_of(0, 0.5) == -1, "a frame of that number, but of another video"


def packed(**changed: object) -> bytes:
    arrays: dict[str, object] = {
        "frames": np.arange(2),
        "times": np.arange(2.0),
        "points": np.zeros((2, 478, 3), np.uint16),
        "sureness": np.ones(2, np.float32),
        **changed,
    }
    out = io.BytesIO()
    np.savez_compressed(out, **{name: array for name, array in arrays.items() if array is not None})  # type: ignore[arg-type]
    return out.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK\x03\x04 cut off",
        packed()[:-40],
        packed(points=None),
        packed(points=np.zeros((2, 477, 3), np.uint16)),
        packed(points=np.zeros((2, 478, 3), np.float32)),
        packed(points=np.array([{}, {}], object)),
        packed(frames=np.array([4, 4])),
        packed(frames=np.array([-1, 4])),
        packed(frames=np.array([1, 2**64 - 1], np.uint64)),
        packed(frames=np.array(3)),
        packed(times=np.array([0.0, np.nan])),
        packed(sureness=np.array([0.0, np.inf], np.float32)),
        packed(sureness=np.array([0.0, 1.0, 1.0], np.float32)),
    ],
)
def test_what_is_no_file_of_landmarks_is_said_in_a_sentence(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "take.csv.landmarks"
    path.write_bytes(data)
    with pytest.raises(FileError, match="holds no landmarks that can be used"):
        read_landmarks(path)


@pytest.mark.parametrize(
    "told", ["", "[", "[" * 5000, "[]", "7", '{"backend": 1, "video": "a"}', '{"pose_unit": "degrees"}']
)
def test_a_sidecar_of_another_kind_says_nothing_of_a_capture(tmp_path: Path, told: str) -> None:
    (tmp_path / "take.csv.json").write_text(told, "utf-8")
    assert captured_report(tmp_path / "take.csv") == {}
    assert captured_report(tmp_path / "none.csv") == {}
    assert landmark_path(tmp_path / "take.csv").name == "take.csv.landmarks"


def test_each_region_has_channels_and_strange_numbers_count_for_none() -> None:
    channels = {name: {"reliability": 0.5, "state": "weak"} for name in NAMES}
    assert region_reliability({"channels": channels}) == {region.title: 0.5 for region in REGIONS}
    hostile = {"EyeBlinkLeft": {"reliability": "much"}, "JawOpen": [], "MouthClose": {"reliability": 9e9}}
    found = region_reliability(json.loads(json.dumps({"channels": hostile})))
    assert found["left eye"] is None and found["jaw"] is None and found["lips"] == 1.0
    assert set(region_reliability({"channels": None}).values()) == {None}
