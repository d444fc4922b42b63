"""All tracks of a dataset in one table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from annotator.cli.work.files import convert_track
from viewer.core.channels import NAMES, SHAPE_COUNT
from viewer.core.errors import StudioError
from viewer.core.files import WriteError
from viewer.core.formats import read

pd = pytest.importorskip("pandas")
pytest.importorskip("pyarrow")


@pytest.fixture
def dataset(demo_checkout: Path) -> Path:
    return demo_checkout / "resources" / "demo" / "dataset"


def test_a_dataset_becomes_one_table(dataset: Path, tmp_path: Path) -> None:
    broken = dataset / "clips" / "03-birthday" / "track.csv"
    broken.write_text("no track")
    told = convert_track(dataset, tmp_path / "all.parquet", None, None, None)
    frame = pd.read_parquet(tmp_path / "all.parquet")
    assert (told["frames"], told["clips"], told["takes"]) == (len(frame), 2, 0)
    assert told["lost"] == int((~frame["valid"]).sum())
    assert [note for note in told["notes"] if "03-birthday" in note]
    one = frame[frame["clip"] == "02-letter"]
    track = read(dataset / "clips" / "02-letter" / "track.csv")
    values = one[list(NAMES)].to_numpy(np.float32)
    np.testing.assert_array_equal(values[:, :SHAPE_COUNT], track.values[:, :SHAPE_COUNT])
    np.testing.assert_allclose(np.degrees(values[:, SHAPE_COUNT:]), track.rotations_degrees, atol=1e-3)
    np.testing.assert_array_equal(one["time"], track.times)
    with pytest.raises(StudioError, match="holds 2 tracks"):
        read(tmp_path / "all.parquet")


def test_only_a_table_holds_a_dataset_and_nothing_is_written_of_none(dataset: Path, tmp_path: Path) -> None:
    with pytest.raises(WriteError, match=r"only a Parquet table holds several"):
        convert_track(dataset, tmp_path / "all.csv", None, None, None)
    for track in dataset.glob("clips/*/track.csv"):
        track.unlink()
    with pytest.raises(StudioError, match="none of its clips has a track"):
        convert_track(dataset, tmp_path / "all.parquet", None, None, None)
    assert not list(tmp_path.glob("*.parquet")) and not list(tmp_path.glob("all*"))


def test_no_recording_is_written_over_by_the_table(dataset: Path, tmp_path: Path) -> None:
    recording = dataset / "clips" / "02-letter" / "track.csv"
    before = recording.read_bytes()
    (tmp_path / "link.parquet").symlink_to(recording)
    for target in (recording, tmp_path / "link.parquet", recording.with_name("new.parquet")):
        with pytest.raises(WriteError, match="lies among the clips"):
            convert_track(dataset, target, None, "parquet", None)
    assert recording.read_bytes() == before
