"""Audio2Face, BEAT, MediaPipe and Face Cap files, sniffing, and the registry."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from viewer.core import formats
from viewer.core.channels import INDEX, NAMES, SHAPE_COUNT, STREAM_NAMES
from viewer.core.errors import FileError, TrackError
from viewer.core.formats import facecap
from viewer.core.track import Track

quick = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
finite32 = st.floats(width=32, allow_nan=False, allow_infinity=False)


@st.composite
def tracks(draw: st.DrawFn) -> Track:
    frames = draw(st.integers(1, 5))
    steps = draw(st.lists(st.floats(1e-3, 10), min_size=frames, max_size=frames))
    cells = draw(st.lists(finite32, min_size=9, max_size=9))
    valid = draw(st.lists(st.booleans(), min_size=frames - 1, max_size=frames - 1))
    values = np.resize(np.array(cells, np.float32), (frames, 61))
    values[:, SHAPE_COUNT:] = np.clip(values[:, SHAPE_COUNT:], -180, 180)
    return Track.build(np.cumsum(steps), values, [True, *valid], start=draw(st.floats(0, 1e5)))


def same(a: Track, b: Track, columns: int) -> None:
    """The same weights to the bit; rotations pass through radians, of which a bit may be lost."""
    np.testing.assert_array_equal(a.values[:, :SHAPE_COUNT], b.values[:, :SHAPE_COUNT])
    turned = [each.values[:, SHAPE_COUNT:columns] for each in (a, b)]
    np.testing.assert_allclose(turned[0], turned[1], rtol=1e-6, atol=1e-5)


@quick
@given(track=tracks(), form=st.sampled_from(["beat", "audio2face"]))
def test_round_trips(track: Track, form: str, tmp_path: Path) -> None:
    formats.write(track, tmp_path / "track", form)
    again = formats.read(tmp_path / "track")
    assert again.format == form
    columns = 61 if form == "beat" else 55
    same(again, track, columns)
    np.testing.assert_array_equal(again.valid, track.valid)
    np.testing.assert_allclose(again.times, track.times, atol=1e-9)
    assert again.start == pytest.approx(track.start)
    assert again.present[:columns].all() and not again.present[columns:].any()


def test_the_kept_formats_preserve_a_real_recording(shared: Path, tmp_path: Path) -> None:
    track = formats.read(shared / "data" / "live_link_csv" / "s88_30fps_face_lost.csv")
    for form, columns in (("beat", 61), ("audio2face", 55)):
        formats.write(track, tmp_path / "copy", form)
        again = formats.read(tmp_path / "copy")
        same(again, track, columns)
        assert again.invalid_frames == 277


# ---- Audio2Face ----------------------------------------------------------------------------


def test_audio2face_csv_is_read_by_name_in_stream_order(tmp_path: Path) -> None:
    names = [*(f"blendShapes.{n}" for n in STREAM_NAMES[:52]), "HeadRoll", "HeadPitch", "HeadYaw"]
    lines = [",timeCode," + ",".join(names)]
    lines += [f"{f},{f / 30:.6f}," + ",".join(f"{(i + f) / 100}" for i in range(55)) for f in range(4)]
    (tmp_path / "a.csv").write_text("\n".join(lines))
    track = formats.read(tmp_path / "a.csv")
    assert (track.format, len(track)) == ("audio2face", 4)
    assert track.fps == pytest.approx(30, abs=0.01)
    for at, name in enumerate(names):
        told = (at + 1) / 100 if at < SHAPE_COUNT else np.degrees((at + 1) / 100)
        assert track.values[1, INDEX[name.removeprefix("blendShapes.")]] == pytest.approx(told, rel=1e-6)
    assert (track.meta["pose_unit"], track.meta["pose_unit_from"]) == ("radians", "format")


def test_audio2face_json(tmp_path: Path) -> None:
    names = list(STREAM_NAMES[:52])
    weights = [[(i + f) / 100 for i in range(52)] for f in range(3)]
    document = {
        "exportFps": 24,
        "trackPath": "x",
        "numPoses": 52,
        "numFrames": 3,
        "facsNames": names,
        "weightMat": weights,
        "joints": ["jaw"],
        "rotations": [[0, 0, 0]],
    }
    (tmp_path / "a.json").write_text(json.dumps(document))
    track = formats.read(tmp_path / "a.json")
    assert (track.format, len(track)) == ("audio2face", 3) and track.fps == pytest.approx(24)
    assert track.values[2, INDEX["JawLeft"]] == np.float32((names.index("JawLeft") + 2) / 100)
    assert any("joints" in note for note in track.meta["notes"])
    assert not track.present[SHAPE_COUNT:].any()


# ---- BEAT ----------------------------------------------------------------------------------


def test_beat_json(tmp_path: Path) -> None:
    names = ["jawOpen", "eyeBlink_L", "viseme_aa"]
    frames = [
        {"weights": [0.1, 0.2, 0.9], "time": 0.5, "rotation": []},
        {"weights": [0.3, 0.4], "time": 0.6},
        {"weights": [0.5, None, 1], "time": 0.7},
        {"weights": [0.6, 0, 1]},
        {"weights": [0.7, 1, 1], "time": 0.8},
    ]
    (tmp_path / "a.json").write_text(json.dumps({"names": names, "frames": frames}))
    track = formats.read(tmp_path / "a.json")
    assert track.valid.tolist() == [True, False, False, True] and track.start == 0.5
    assert track.values[3, INDEX["EyeBlinkLeft"]] == 1
    assert track.present.sum() == 2
    notes = " ".join(track.meta["notes"])
    assert "viseme_aa" in notes and "without a time" in notes


# ---- MediaPipe -----------------------------------------------------------------------------


def test_pyfeat_table(shared: Path) -> None:
    track = formats.read(shared / "data" / "other" / "pyfeat_mediapipe_columns.csv")
    assert (track.format, len(track), int(track.present.sum())) == ("mediapipe", 20, 51)
    assert track.values[0, INDEX["EyeSquintLeft"]] == np.float32(0.47265625)
    assert "TongueOut" in track.missing_channels


def test_columns_among_others_with_milliseconds_and_lost_rows(tmp_path: Path) -> None:
    header = "file;timestamp_ms;_neutral;jawOpen;mouthSmileLeft;mouthSmileRight;eyeBlinkLeft;eyeBlinkRight"
    (tmp_path / "a.csv").write_text(f"{header}\nx;0;1;0.1;0.2;0.3;0.4;0.5\nx;40;;;;;;\nx;80;1;0.6;0;0;0;1\n")
    track = formats.read(tmp_path / "a.csv")
    np.testing.assert_allclose(track.times, [0, 0.04, 0.08])
    assert track.valid.tolist() == [True, False, True]
    assert track.values[2, INDEX["JawOpen"]] == np.float32(0.6)


@pytest.mark.parametrize("kind", ["<f4", ">f8", "<f2"])
def test_array(tmp_path: Path, kind: str) -> None:
    array = (np.arange(3 * 52).reshape(3, 52) / 256).astype(kind)
    np.save(tmp_path / "a.npy", array)
    track = formats.read(tmp_path / "a.npy", order="mediapipe")
    assert (track.format, len(track), int(track.present.sum())) == ("array", 3, 51)
    assert track.values[0, INDEX["BrowDownLeft"]] == np.float32(1 / 256)
    assert track.values[2, INDEX["NoseSneerRight"]] == np.float32(array[2, 51])
    assert any("frames per second assumed" in note for note in track.meta["notes"])


# ---- Face Cap ------------------------------------------------------------------------------


@pytest.mark.parametrize("named", [True, False])
def test_facecap(tmp_path: Path, named: bool) -> None:
    names = facecap.DEFAULT_NAMES
    weights = ",".join(f"{i / 100}" for i in range(52))
    lines = ["info,Face Cap", *([f"bs,{','.join(names)}"] if named else [])]
    lines += [f"k,{ms},1,2,3,10,20,30,4,5,6,7,{weights}" for ms in (0, 16, 33)] + ["k,50,1,2"]
    (tmp_path / "a.txt").write_text("\n".join(lines))
    track = formats.read(tmp_path / "a.txt")
    assert (track.format, len(track), track.meta["pose_unit"]) == ("facecap", 3, "degrees")
    np.testing.assert_allclose(track.times, [0, 0.016, 0.033])
    angles = ("HeadPitch", "HeadYaw", "HeadRoll", "LeftEyeYaw")
    assert [track.values[0, INDEX[name]] for name in angles] == [10, 20, 30, 5]
    assert track.values[0, INDEX["EyeBlinkLeft"]] == np.float32(names.index("eyeBlink_L") / 100)
    assert any("own order" in note for note in track.meta["notes"]) is not named


def test_a_face_cap_recording_may_count_seconds(tmp_path: Path) -> None:
    weights = ",".join(["0.25"] * 52)
    lines = [f"k,{n / 60:.4f},1,2,3,10,20,30,4,5,6,7,{weights}" for n in range(30)]
    (tmp_path / "a.txt").write_text("\n".join(lines))
    track = formats.read(tmp_path / "a.txt")
    assert track.fps == pytest.approx(60) and any("read as seconds" in note for note in track.notes)


# ---- the registry --------------------------------------------------------------------------


def test_registry() -> None:
    assert set(formats.FORMATS) == {
        *"livelink keyframeface audio2face beat npz parquet blender mediapipe array jsonrows facecap".split()
    }
    writable = {name for name, form in formats.FORMATS.items() if form.can_write}
    assert writable == {"livelink", "keyframeface", "audio2face", "beat", "npz", "parquet", "blender"}


def test_extension_chooses_the_format_to_write(tmp_path: Path) -> None:
    track = Track.build([0.0], np.zeros((1, 61)))
    for name, form in (("a.csv", "livelink"), ("a.JSONL", "keyframeface"), ("a.json", "beat")):
        formats.write(track, tmp_path / name)
        assert formats.sniff(tmp_path / name) == form


@pytest.mark.parametrize(
    ("name", "form", "message"),
    [
        ("a.xyz", None, "names no track format"),
        ("a.txt", "facecap", "only be read"),
        ("a.csv", "bvh", "no track format"),
        ("no/such/folder/a.csv", None, "folder does not exist"),
    ],
)
def test_what_cannot_be_written(tmp_path: Path, name: str, form: str | None, message: str) -> None:
    with pytest.raises((TrackError, FileError), match=message):
        formats.write(Track.build([0.0], np.zeros((1, 61))), tmp_path / name, form)
    assert list(tmp_path.iterdir()) == []


def test_the_facts_are_json() -> None:
    track = Track.build([0, 1, 2, 5], np.zeros((4, 61)), [True, False, False, True])
    facts = json.loads(json.dumps(formats.describe_track(track)))
    assert facts["gaps"] == [{"start": 2.0, "end": 5.0, "frames_missing": 2}]
    assert facts["lost"] == [{"start": 1.0, "end": 3.0, "frames": 2}]
    assert facts["channels"] == len(NAMES)
