"""Rotations at the edge of files: who knows their unit, and that nothing is lost on the way."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from viewer.core.channels import CHANNEL_COUNT, INDEX, SHAPE_COUNT
from viewer.core.files import WriteError
from viewer.core.formats import describe_track, read, write
from viewer.core.pose import UNITS, PoseConvention, PoseReading, Unit, degree_rows, normalized_rows
from viewer.core.track import Track

PITCH = INDEX["HeadPitch"]
signs = st.sampled_from([1, -1])
conventions = st.builds(PoseConvention, st.sampled_from(UNITS), signs, signs, signs, st.floats(1, 360))


def turned(*degrees: float, step: float = 0.1) -> Track:
    """A frame for each pitch, the jaw open by a quarter."""
    values = np.zeros((len(degrees), CHANNEL_COUNT), np.float32)
    values[:, PITCH], values[:, INDEX["JawOpen"]] = degrees, 0.25
    return Track.build(step * np.arange(len(degrees)), values)


def beat(path: Path, value: float, **more: Any) -> Path:
    frames = [{"weights": [0.25, value], "time": float(time)} for time in range(2)]
    path.write_text(json.dumps({"names": ["jawOpen", "headPitch"], "frames": frames, **more}), "utf-8")
    return path


def said(path: Path, pose: PoseReading | None = None) -> tuple[object, str, str]:
    """Degrees of the head, the unit of the file, and who said so."""
    track = read(path, pose=pose)
    return float(track.values[0, PITCH]), track.meta["pose_unit"], track.meta["pose_unit_from"]


@settings(max_examples=60, deadline=None)
@given(convention=conventions, degrees=st.lists(st.floats(-180, 180), min_size=9, max_size=9))
def test_a_convention_goes_there_and_back(convention: PoseConvention, degrees: list[float]) -> None:
    again = convention.degrees(convention.numbers(degrees))
    np.testing.assert_allclose(again, degrees, atol=1e-6 * convention.full_scale)


@settings(max_examples=60, deadline=None)
@given(
    tenths=st.lists(st.integers(-10, 10), min_size=9, max_size=9), scale=st.sampled_from([45.0, 90.0, 180.0])
)
def test_a_models_round_numbers_stay_round_on_their_way_through_degrees(
    tenths: list[int], scale: float
) -> None:
    row = np.zeros(CHANNEL_COUNT, np.float32)
    row[SHAPE_COUNT:] = np.array(tenths, np.float32) / np.float32(10)
    again = normalized_rows(degree_rows(row, scale), scale)
    np.testing.assert_array_equal(again, np.round(row, 1))


def test_the_first_who_knows_the_unit_is_heard(tmp_path: Path) -> None:
    path = beat(tmp_path / "a.json", 0.5, poseUnit="normalized")
    dataset = PoseReading(PoseConvention("degrees", pitch_sign=-1, full_scale=60.0))
    assert said(path) == (45.0, "normalized", "file")
    assert said(path, dataset) == (-30.0, "normalized", "file"), "signs and scale of a dataset always count"
    clip = PoseReading(PoseConvention("radians"), "clip")
    assert said(path, clip) == (pytest.approx(np.degrees(0.5)), "radians", "clip")
    (tmp_path / "a.json.json").write_text(json.dumps({"pose_unit": "degrees"}))
    assert said(path) == (45.0, "normalized", "file")
    beat(path, 0.5)
    assert said(path, dataset) == (-0.5, "degrees", "sidecar")
    (tmp_path / "a.json.json").unlink()
    assert said(path, dataset) == (pytest.approx(-np.degrees(0.5)), "radians", "format")


@pytest.mark.parametrize(
    ("cell", "unit", "degrees"), [(0.5, "radians", 28.6479), (20.0, "degrees", 20.0)], ids=["small", "large"]
)
def test_a_table_of_no_known_unit_follows_its_dataset_or_is_guessed(
    tmp_path: Path, cell: float, unit: Unit, degrees: float
) -> None:
    names = "time,jawOpen,eyeBlinkLeft,eyeBlinkRight,mouthSmileLeft,mouthSmileRight,headPitch"
    rows = [f"{time / 30:.4f},0.1,0.2,0.2,0.3,0.3,{cell}" for time in range(4)]
    path = tmp_path / "t.csv"
    path.write_text("\n".join([names, *rows]) + "\n")
    assert said(path) == (pytest.approx(degrees, abs=1e-3), unit, "guess")
    assert any("does not state the unit" in note for note in read(path).meta["notes"])
    inside = said(path, PoseReading(PoseConvention("normalized")))
    assert inside == (pytest.approx(cell * 90), "normalized", "dataset")


@pytest.mark.parametrize("sidecar", ["[]", "{", '{"pose_unit": "turns", "full_scale": -1}'])
def test_a_sidecar_that_cannot_be_used_is_told(tmp_path: Path, sidecar: str) -> None:
    write(turned(10.0, 20.0), tmp_path / "a.csv")
    (tmp_path / "a.csv.json").write_text(sidecar)
    assert said(tmp_path / "a.csv")[1:] == ("radians", "format")
    assert any("sidecar" in note or "a.csv.json" in note for note in read(tmp_path / "a.csv").meta["notes"])


def test_another_file_under_the_name_of_a_sidecar_is_never_written_over(tmp_path: Path) -> None:
    beside = tmp_path / "a.csv.json"
    beside.write_text('{"mine": 1}')
    few = turned(10.0, 20.0)
    present = few.present.copy()
    present[PITCH] = False
    with pytest.raises(WriteError, match="another file"):
        write(few.replaced(present=present), tmp_path / "a.csv")
    write(few, tmp_path / "a.csv")
    assert beside.read_text() == '{"mine": 1}'


def test_radians_on_the_papers_grid_are_not_taken_for_normalised(tmp_path: Path) -> None:
    track = turned(np.degrees(0.5), np.degrees(0.2), step=1.0)
    values = track.values.copy()
    values[:, INDEX["JawOpen"]] = 0.5
    track = track.replaced(values=values)
    write(track, tmp_path / "a.csv")
    assert said(tmp_path / "a.csv") == (pytest.approx(np.degrees(0.5)), "radians", "sidecar")


def test_another_full_scale_is_told_beside_the_file(tmp_path: Path) -> None:
    write(turned(30.0, 15.0, step=1.0), tmp_path / "a.jsonl", full_scale=60.0)
    assert '"HeadPitch\\":0.5' in (tmp_path / "a.jsonl").read_text()
    assert said(tmp_path / "a.jsonl") == (pytest.approx(30.0), "normalized", "sidecar")


def test_audio2face_json_holds_what_the_format_has_no_word_for(tmp_path: Path) -> None:
    track = turned(10.0, 20.0, 30.0, 40.0, step=1 / 30)
    present = track.present.copy()
    present[INDEX["TongueOut"]] = False
    lost = track.replaced(valid=[True, False, False, True], present=present, start=3.5)
    write(lost, tmp_path / "a.json", "audio2face")
    document = json.loads((tmp_path / "a.json").read_text())
    assert document["exportFps"] == pytest.approx(30) and "tongueOut" not in document["facsNames"]
    assert document["facsNames"][0] == "eyeBlinkLeft" and document["numPoses"] == SHAPE_COUNT - 1
    assert document["kfstudio"]["poseUnit"] == "radians" and document["kfstudio"]["lost"] == [[1, 2]]
    again = read(tmp_path / "a.json")
    assert again.valid.tolist() == [True, False, False, True] and again.start == 3.5
    np.testing.assert_array_equal(again.present, present)
    np.testing.assert_allclose(again.rotations_degrees[[0, 3], 1], [10, 40], atol=1e-4)
    facts = describe_track(again)
    assert facts["pose_degrees"]["HeadPitch"] == pytest.approx([10, 40], abs=1e-3)
    assert len(facts["pose_degrees"]) == 9
    gap = Track.build([0, 0.1, 0.2, 0.7], track.values)
    assert "one rate" in write(gap, tmp_path / "b.json", "audio2face").notes[-1]
