"""Arrays without names: their order is told by what moves, said, or asked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from viewer.core import formats
from viewer.core.channels import INDEX, NAMES, STREAM_NAMES
from viewer.core.errors import TrackError
from viewer.core.formats.arrays import ORDERS, UnknownOrderError

BY_ALPHABET = sorted(NAMES[:52], key=str.lower)
WITHOUT_TONGUE = [name for name in BY_ALPHABET if name != "TongueOut"]
IN_ORDER = {
    "arkit": list(STREAM_NAMES[:52]),
    "mediapipe": ["", *WITHOUT_TONGUE],
    "alphabetical": BY_ALPHABET,
}


def face(rows: int = 90) -> dict[str, np.ndarray]:
    """Channels over time as a face moves them: both sides nearly alike."""
    rng = np.random.default_rng(5)
    t = np.arange(rows) / 30
    moved = {name: np.full(rows, 0.01) for name in NAMES}
    for name, speed in (("JawOpen", 2.0), ("MouthSmile", 0.7), ("EyeBlink", 3.0), ("BrowInnerUp", 0.9)):
        wave = 0.4 + 0.4 * np.sin(speed * t + speed)
        for side in ("", "Left", "Right"):
            if name + side in moved:
                moved[name + side] = wave * rng.uniform(0.9, 1.1)
    return moved


def array(names: list[str], rows: int = 90) -> np.ndarray:
    moved = face(rows)
    return np.stack([moved[name] if name else np.full(rows, 2e-6) for name in names], axis=1)


@pytest.mark.parametrize("order", IN_ORDER)
@pytest.mark.parametrize("given", [True, False])
def test_the_order_is_told_by_what_moves_or_said(tmp_path: Path, order: str, given: bool) -> None:
    names = IN_ORDER[order]
    np.save(tmp_path / "a.npy", array(names))
    track = formats.read(tmp_path / "a.npy", order=order if given else None)
    moved = face()
    for name in ("JawOpen", "MouthSmileLeft", "EyeBlinkRight", "BrowInnerUp"):
        np.testing.assert_allclose(track.values[:, INDEX[name]], moved[name], rtol=1e-5)
    assert any("as their movement shows" in note for note in track.notes) is not given


def test_real_recordings_are_told_apart_in_every_order(shared: Path, tmp_path: Path) -> None:
    for file in sorted((shared / "data" / "live_link_csv").glob("*.csv")):
        track = formats.read(file)
        values = track.values[track.valid][:300]
        for names in IN_ORDER.values():
            columns = [values[:, INDEX[name]] if name else np.zeros(len(values)) for name in names]
            np.save(tmp_path / "a.npy", np.stack(columns, axis=1))
            try:
                again = formats.read(tmp_path / "a.npy")
            except UnknownOrderError:
                continue
            np.testing.assert_array_equal(again.values[:, INDEX["JawOpen"]], values[:, INDEX["JawOpen"]])


@pytest.mark.parametrize("rows", [90, 5])
def test_where_nothing_tells_it_the_order_is_asked_for(tmp_path: Path, rows: int) -> None:
    values = np.zeros((rows, 52), np.float32) if rows > 20 else array(IN_ORDER["arkit"], rows)
    np.save(tmp_path / "a.npy", values)
    with pytest.raises(UnknownOrderError, match="order") as caught:
        formats.read(tmp_path / "a.npy")
    assert "--order" in caught.value.todo and set(caught.value.choices) <= set(ORDERS)


@pytest.mark.parametrize(
    ("names", "read"),
    [
        (WITHOUT_TONGUE, 51),
        ([name for name in STREAM_NAMES[:52] if name != "TongueOut"], 51),
        (["", *BY_ALPHABET], 52),
        (list(NAMES), 61),
    ],
    ids="51-mediapipe 51-arkit 53 61".split(),
)
def test_other_widths(tmp_path: Path, names: list[str], read: int) -> None:
    np.save(tmp_path / "a.npy", array(names))
    track = formats.read(tmp_path / "a.npy")
    assert track.present.sum() == read
    np.testing.assert_allclose(track.values[:, INDEX["JawOpen"]], face()["JawOpen"], rtol=1e-5)


@pytest.mark.parametrize("unit", [1.0, 1e3])
def test_a_first_column_of_times(tmp_path: Path, unit: float) -> None:
    times = np.arange(90) / 25 * unit
    np.save(tmp_path / "a.npy", np.column_stack([times, array(IN_ORDER["arkit"])]))
    track = formats.read(tmp_path / "a.npy")
    assert track.fps == pytest.approx(25) and not track.untimed
    np.testing.assert_allclose(track.values[:, INDEX["JawOpen"]], face()["JawOpen"], rtol=1e-5)


def test_shapes_that_mean_the_same(tmp_path: Path) -> None:
    plain = array(IN_ORDER["arkit"])
    np.save(tmp_path / "plain.npy", plain)
    wanted = formats.read(tmp_path / "plain.npy")
    for other in (plain[None], plain[:, None], plain[:, :, None], plain.T):
        np.save(tmp_path / "a.npy", other)
        np.testing.assert_array_equal(formats.read(tmp_path / "a.npy").values, wanted.values)


def test_archives_with_names_times_and_rates(tmp_path: Path) -> None:
    values = array(IN_ORDER["arkit"])
    np.savez(
        tmp_path / "a.npz", names=np.array(STREAM_NAMES[:52]), blendshapes=values, fps=25, more=np.eye(3)
    )
    named = formats.read(tmp_path / "a.npz")
    assert named.fps == pytest.approx(25) and named.present.sum() == 52 and not named.untimed
    np.savez_compressed(tmp_path / "b.npz", coeffs=values, timestamps=np.arange(90) * 40)
    timed = formats.read(tmp_path / "b.npz")
    assert timed.fps == pytest.approx(25)
    np.testing.assert_allclose(timed.values[:, INDEX["JawOpen"]], face()["JawOpen"], rtol=1e-5)


def test_archives_without_coefficients_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", vertices=np.zeros((10, 3)))
    with pytest.raises(TrackError, match="no array of coefficients"):
        formats.read(tmp_path / "a.npz")
    (tmp_path / "b.npz").write_bytes((tmp_path / "a.npz").read_bytes()[:200])
    with pytest.raises(TrackError, match="damaged"):
        formats.read(tmp_path / "b.npz")


def test_an_order_that_there_is_not(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", array(IN_ORDER["arkit"]))
    with pytest.raises(TrackError, match="no order 'blender'"):
        formats.read(tmp_path / "a.npy", order="blender")


def test_an_archive_states_its_unit_its_start_and_its_lost_frames(tmp_path: Path) -> None:
    values = np.stack(list(face(60).values())[:61], axis=1).astype(np.float32)
    values[:, INDEX["HeadPitch"]] = np.linspace(0, 0.5, 60)
    valid, present = np.arange(60) != 7, np.array([name != "TongueOut" for name in NAMES])
    said = {"names": np.array(NAMES), "times": np.arange(60) / 30, "valid": valid, "present": present}
    for unit, most in (("radians", np.degrees(0.5)), ("normalized", 45.0), ("degrees", 0.5)):
        np.savez(tmp_path / "a.npz", values=values, start=12.5, pose_unit=unit, **said)
        track = formats.read(tmp_path / "a.npz")
        assert (track.meta["pose_unit"], track.meta["pose_unit_from"]) == (unit, "file")
        assert np.nanmax(track.rotations_degrees) == pytest.approx(most, abs=1e-4)
        assert track.start == 12.5 and track.missing_channels == ["TongueOut"]
        np.testing.assert_array_equal(track.valid, valid)
    np.savez(tmp_path / "a.npz", values=values, pose_unit="turns", **said)
    assert any(
        "unknown unit of rotations: 'turns'" in note for note in formats.read(tmp_path / "a.npz").notes
    )


def test_a_sidecar_states_the_unit_of_an_array(tmp_path: Path) -> None:
    values = np.zeros((30, 61), np.float32)
    values[:, INDEX["HeadPitch"]] = np.linspace(0, 20, 30)
    np.save(tmp_path / "a.npy", values)
    (tmp_path / "a.npy.json").write_text('{"pose_unit": "degrees"}')
    track = formats.read(tmp_path / "a.npy")
    assert track.meta["pose_unit_from"] == "sidecar" and track.rotations_degrees.max() == pytest.approx(20)
