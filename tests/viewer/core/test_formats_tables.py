"""Tables for notebooks: NumPy archives and Parquet."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from viewer.core import formats
from viewer.core.channels import CHANNEL_COUNT, NAMES, SHAPE_COUNT
from viewer.core.errors import FileError, StudioError, TrackError
from viewer.core.track import Track

pytest.importorskip("pyarrow")

quick = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
FORMS = ("npz", "parquet", "beat")


@st.composite
def tracks(draw: st.DrawFn) -> Track:
    """Any recording: gaps, lost frames, missing channels, weights a little out of range."""
    frames = draw(st.integers(1, 6))
    steps = draw(st.lists(st.floats(1 / 240, 3), min_size=frames, max_size=frames))
    cells = draw(st.lists(st.floats(-0.25, 1.125, width=32), min_size=7, max_size=7))
    degrees = draw(st.lists(st.floats(-180, 180, width=32), min_size=5, max_size=5))
    values = np.resize(np.array(cells, np.float32), (frames, CHANNEL_COUNT))
    values[:, SHAPE_COUNT:] = np.resize(np.array(degrees, np.float32), (frames, 9))
    present = np.ones(CHANNEL_COUNT, bool)
    present[draw(st.lists(st.integers(0, CHANNEL_COUNT - 1), max_size=9))] = False
    values[:, ~present] = 0
    valid = [True, *draw(st.lists(st.booleans(), min_size=frames - 1, max_size=frames - 1))]
    return Track.build(np.cumsum(steps), values, valid, present=present, start=draw(st.floats(0, 1e5)))


def same(again: Track, track: Track) -> None:
    """Weights to the bit, degrees within a thousandth, and nothing lost or missing is made up."""
    np.testing.assert_array_equal(again.values[:, :SHAPE_COUNT], track.values[:, :SHAPE_COUNT])
    np.testing.assert_allclose(again.rotations_degrees, track.rotations_degrees, atol=1e-3)
    np.testing.assert_array_equal(again.valid, track.valid)
    np.testing.assert_array_equal(again.present, track.present)
    np.testing.assert_allclose(again.times, track.times, atol=0.5 / 60_000)
    assert again.start == pytest.approx(track.start, abs=1e-6)


@quick
@given(track=tracks(), form=st.sampled_from(FORMS))
def test_round_trips(track: Track, form: str, tmp_path: Path) -> None:
    written = formats.write(track, tmp_path / "track", form)
    again = formats.read(tmp_path / "track")
    assert again.format == form
    same(again, track)
    assert (written.lost, written.missing) == (again.invalid_frames, tuple(again.missing_channels))


@pytest.fixture(scope="module")
def lost(shared: Path) -> Track:
    """A real recording with 277 frames without a face, and two channels nobody measured."""
    track = formats.read(shared / "data" / "live_link_csv" / "s88_30fps_face_lost.csv")
    present = np.ones(CHANNEL_COUNT, bool)
    present[[3, 55]] = False
    values = track.values.copy()
    values[:, ~present] = 0
    return track.replaced(values=values, valid=track.valid, present=present)


def test_an_archive_holds_what_a_notebook_expects(lost: Track, tmp_path: Path) -> None:
    formats.write(lost, tmp_path / "a.npz")
    with np.load(tmp_path / "a.npz", allow_pickle=False) as held:
        assert tuple(held["names"]) == NAMES
        kinds = {key: (held[key].dtype.str, held[key].shape) for key in held if held[key].dtype.kind != "U"}
        values, valid, told = held["values"], held["valid"], json.loads(str(held["source"]))
        assert str(held["pose_unit"]) == "radians" and held["fps"] == pytest.approx(30)
        np.testing.assert_array_equal(held["present"], lost.present)
    count = len(lost)
    assert kinds == {
        "fps": ("<f8", ()),
        "start": ("<f8", ()),
        "present": ("|b1", (61,)),
        "valid": ("|b1", (count,)),
        "times": ("<f8", (count,)),
        "values": ("<f4", (count, 61)),
    }
    assert np.isnan(values[~valid]).all() and np.isnan(values[:, ~lost.present]).all()
    assert np.isfinite(values[valid][:, lost.present]).all()
    degrees = np.degrees(values[valid][:, SHAPE_COUNT])
    np.testing.assert_allclose(degrees, lost.values[lost.valid][:, SHAPE_COUNT], atol=1e-3)
    assert told["format"] == "livelink" and told["file"] == "s88_30fps_face_lost"


def test_a_table_is_read_by_pandas(lost: Track, tmp_path: Path) -> None:
    import pandas as pd
    import pyarrow.parquet as pq

    formats.write(lost, tmp_path / "a.parquet")
    frame = pd.read_parquet(tmp_path / "a.parquet")
    assert list(frame) == ["frame", "time", "valid", *NAMES]
    assert [str(kind) for kind in frame.dtypes[:4]] == ["int32", "float64", "bool", "float32"]
    assert int((~frame["valid"]).sum()) == 277 and frame.loc[~frame["valid"], "JawOpen"].isna().all()
    assert frame[NAMES[3]].isna().all()
    schema = pq.read_schema(tmp_path / "a.parquet")
    told = json.loads(schema.metadata[b"kfstudio"])
    assert told["pose_unit"] == "radians" and told["missing"] == [NAMES[3], NAMES[55]]
    assert {"fps", "start", "source"} < told.keys()


def test_resampling_leaves_a_lost_stretch_lost(lost: Track, tmp_path: Path) -> None:
    for name in ("a.npz", "a.parquet"):
        written = formats.write(lost, tmp_path / name, fps=24)
        again = formats.read(tmp_path / name)
        assert written.fps == pytest.approx(24) and written.lost == again.invalid_frames > 100
        same(again, lost.resampled(24))


def test_further_arrays_and_columns_are_passed_over(lost: Track, tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = tmp_path / "a.npz"
    formats.write(lost, path)
    with np.load(path) as held:
        np.savez_compressed(path, **held, mine=np.arange(5), hidden=np.array([{}], object))
    same(formats.read(path, "npz"), lost)
    path = tmp_path / "a.parquet"
    formats.write(lost, path)
    table = pq.read_table(path)
    pq.write_table(table.append_column("mine", pa.array(["x"] * len(lost))), path)
    same(formats.read(path), lost)


def test_a_table_of_another_program(tmp_path: Path) -> None:
    import pandas as pd

    rows: dict[str, Any] = {
        "timestamp": np.arange(40) / 25,
        "jawOpen": np.linspace(0, 1, 40),
        "detected": [1] * 39 + [0],
    }
    pd.DataFrame(rows).to_parquet(tmp_path / "a.parquet")
    track = formats.read(tmp_path / "a.parquet")
    assert track.fps == pytest.approx(25) and track.invalid_frames == 1
    assert track.values[10, NAMES.index("JawOpen")] == np.float32(rows["jawOpen"][10])
    assert track.present.sum() == 1


def test_several_tracks_in_one_table_are_not_taken_for_one(lost: Track, tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = tmp_path / "a.parquet"
    formats.write(lost, path)
    table = pq.read_table(path)
    several = pa.concat_tables(
        table.append_column("clip", pa.array([clip] * len(lost))) for clip in ("a", "b")
    )
    pq.write_table(several.append_column("take", pa.nulls(2 * len(lost), pa.string())), path)
    with pytest.raises(TrackError, match="holds 2 tracks"):
        formats.read(path)
    one = table.append_column("clip", pa.array(["a"] * len(lost)))
    pq.write_table(one.append_column("take", pa.nulls(len(lost), pa.string())), path)
    same(formats.read(path), lost)


def _archive(**arrays: Any) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


_WHOLE: dict[str, Any] = {
    "names": np.array(NAMES),
    "pose_unit": np.array("radians"),
    "present": np.ones(61, bool),
    "valid": np.ones(3, bool),
    "times": np.arange(3) / 60,
    "values": np.zeros((3, 61), np.float32),
}


@pytest.mark.parametrize(
    "changed",
    [
        {"values": np.zeros((3, 60), np.float32)},
        {"values": np.zeros((0, 61), np.float32), "times": np.zeros(0), "valid": np.zeros(0, bool)},
        {"times": np.array([0.0, np.nan, 1.0])},
        {"times": np.array([0.0, 0.0, 0.0])},
        {"times": np.arange(4) / 60},
        {"valid": np.ones(2, bool)},
        {"present": np.ones(3, bool)},
        {"pose_unit": np.array("parsecs")},
        {"pose_unit": np.array([], "<U7")},
        {"names": np.array(["JawOpen"] * 61)},
        {"names": np.array(["spam"] * 61)},
        {"values": np.full((3, 61), np.inf, np.float64)},
        {"start": np.array(np.nan), "fps": np.array(-1.0)},
        {"names": np.array([{}] * 61, object)},
    ],
)
def test_archives_that_contradict_themselves(changed: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    path.write_bytes(_archive(**{**_WHOLE, **changed}))
    try:
        track = formats.read(path)
    except StudioError as fault:
        assert fault.path == path and fault.todo
    else:
        assert np.isfinite(track.times).all() and 0 < len(track) <= 4 and np.isfinite(track.start)


@quick
@given(at=st.integers(0, 10**6), scrap=st.binary(min_size=1, max_size=9), form=st.sampled_from(FORMS[:2]))
def test_damaged_tables(at: int, scrap: bytes, form: str, tmp_path: Path, tables: dict[str, bytes]) -> None:
    data = tables[form]
    at %= len(data)
    path = tmp_path / "a"
    for damaged in (data[:at], data[:at] + scrap + data[at + len(scrap) :]):
        path.write_bytes(damaged)
        try:
            formats.read(path, form)
        except StudioError as fault:
            assert "\n" not in str(fault)


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("tables")
    for form in FORMS[:2]:
        formats.write(Track.build(np.arange(3) / 60, np.full((3, 61), 0.25)), folder / form, form)
    return {form: (folder / form).read_bytes() for form in FORMS[:2]}


def test_without_the_extra_one_sentence_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tables: dict[str, bytes]
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    path = tmp_path / "a.parquet"
    path.write_bytes(tables["parquet"])
    with pytest.raises(FileError, match=r"pip install keyframeface-studio\[tables\]"):
        formats.read(path)
    with pytest.raises(FileError, match="pyarrow"):
        formats.write(Track.build([0.0], np.zeros((1, 61))), tmp_path / "b.parquet")
    assert not (tmp_path / "b.parquet").exists()
