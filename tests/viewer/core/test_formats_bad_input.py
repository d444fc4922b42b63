"""Whatever is opened: a track, or one fault in words."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.systems import make_link, make_pipe, needs_permissions
from viewer.core import formats
from viewer.core.channels import NAMES
from viewer.core.errors import FileError, StudioError, TrackError
from viewer.core.files import atomic_write, read_text
from viewer.core.formats.livelink import HEADER

quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.write((HEADER + "\n").encode())
        file.truncate(2 * 2**30)


def huge_array(path: Path) -> None:
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(
            file, {"descr": "<f4", "fortran_order": False, "shape": (10**12, 52)}
        )


def object_array(path: Path) -> None:
    np.save(path.with_suffix(".npy"), np.array([[{}] * 52], object), allow_pickle=True)
    path.with_suffix(".npy").rename(path)


def array(values: object) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        with path.open("wb") as file:
            np.save(file, np.asarray(values))

    return make


def data(content: bytes | str) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content if isinstance(content, bytes) else content.encode())


A2F = ",timeCode," + ",".join(f"blendShapes.{name}" for name in NAMES[:52])
CASES: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (lambda path: None, "no such file"),
    "folder": (lambda path: path.mkdir(), "is a folder"),
    "pipe": (make_pipe, "not a plain file"),
    "link to nothing": (lambda path: make_link(path, "nowhere"), "no such file"),
    "empty": (data(b""), "is empty"),
    "blanks": (data(b" \n\n\t"), "only white space"),
    "zeros": (data(b"\0" * 5000), "only white space"),
    "sparse 2 GB": (sparse, "more than|larger"),
    "web page": (data("<!DOCTYPE html><html><body>404</body></html>"), "web page"),
    "spreadsheet": (data(b"PK\x03\x04" + b"\1" * 100), "spreadsheet"),
    "picture": (data(b"\x89PNG\r\n\x1a\n" + b"\0" * 100), "binary"),
    "random bytes": (data(bytes(range(256)) * 20), "binary"),
    "prose": (data("Dear diary,\ntoday I smiled.\n"), "not a track"),
    "other table": (data("name,age\nAda,36\n"), "not a track"),
    "header only": (data(HEADER), "no frame"),
    "no known timecode": (data(f"{HEADER}\nabc,61\n"), "no timecode that can be read"),
    "no channel": (data("Timecode,BlendShapeCount,Foo\n00:00:00:00.000,61,0.1\n"), "not a track"),
    "rows only": (data("00:00:00:00.000,61" + ",0.1" * 61), "not a track"),
    "half a JSON": (data('{"names": ["jawOpen"], "frames": [{"weights": [0.1], "ti'), "cut off"),
    "broken JSON": (data('{"names": ["jawOpen"], "frames": [{"weights" [0.1]}], "a": 1}'), "is not JSON"),
    "foreign JSON": (data('{"hello": [1, 2, 3]}'), "not a track"),
    "deep JSON": (data('{"names":' + "[" * 100000), "not JSON|cut off"),
    "no names": (data('{"names": [], "frames": [{"weights": [], "time": 0}]}'), "does not name"),
    "foreign names": (data('{"names": ["x"], "frames": [{"weights": [1], "time": 0}]}'), "none of the 61"),
    "no frames": (data('{"names": ["jawOpen"], "frames": []}'), "no frame"),
    "frames no list": (data('{"names": ["jawOpen"], "frames": 3}'), "lists no frames"),
    "no weights": (data('{"facsNames": ["JawOpen"], "weightMat": {}}'), "no matrix"),
    "empty a2f": (data(A2F + "\n"), "no frame"),
    "empty reply": (data('{"response": ""}\n'), "empty"),
    "array cut off": (huge_array, "cut off"),
    "array of objects": (object_array, "plain numbers|damaged"),
    "array of text": (array([["a"] * 52]), "plain numbers"),
    "array of wrong shape": (array(np.zeros((3, 7))), "shape"),
    "array without rows": (array(np.zeros((0, 52))), "shape"),
    "array header broken": (data(b"\x93NUMPY\x01\x00\x10\x00{'descr': __import"), "damaged"),
    "facecap without a frame": (data("info,x\nbs,jawOpen\nk,1\n"), "no whole"),
}


@pytest.mark.parametrize("case", CASES)
def test_bad_input_gives_one_fault_with_advice(case: str, tmp_path: Path) -> None:
    make, message = CASES[case]
    path = tmp_path / "take.csv"
    make(path)
    with pytest.raises((FileError, TrackError), match=message) as caught:
        formats.read(path)
    fault = caught.value
    assert fault.path == path and fault.todo
    assert "\n" not in str(fault) and len(str(fault)) < 300


@needs_permissions
def test_no_permission(tmp_path: Path) -> None:
    path = tmp_path / "take.csv"
    path.write_text(HEADER)
    path.chmod(0)
    with pytest.raises(FileError, match="cannot be read without permission"):
        formats.read(path)


@pytest.mark.parametrize("form", formats.FORMATS)
def test_a_wrong_format_asked_for_is_a_fault(form: str, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("name,age\nAda,36\n")
    with pytest.raises(TrackError):
        formats.read(path, form)
    path.write_bytes(bytes(range(256)))
    with pytest.raises(StudioError):
        formats.read(path, form)


@quick
@given(st.binary(max_size=2000), st.sampled_from([None, *formats.FORMATS]))
def test_random_bytes(tmp_path: Path, content: bytes, form: str | None) -> None:
    (tmp_path / "a").write_bytes(content)
    with contextlib.suppress(StudioError):
        formats.read(tmp_path / "a", form)


STARTS = (
    HEADER + "\n00:00:00:00.000,61" + ",0.1" * 61 + "\n",
    A2F + "\n0,0.0" + ",0.1" * 52 + "\n",
    json.dumps({"names": ["jawOpen"], "frames": [{"weights": [0.1], "time": 0.0}]}),
    json.dumps({"exportFps": 30, "facsNames": ["JawOpen"], "weightMat": [[0.1]]}),
    '{"response":"{\\"Keyframe_one\\":{\\"JawOpen\\":0.1}}"}\n',
    "info,x\nbs,jawOpen\nk,1,1,2,3,4,5,6,7,8,9,10,0.5\n",
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    start=st.sampled_from(STARTS),
    at=st.integers(0, 1500),
    cut=st.integers(0, 30),
    scrap=st.one_of(
        st.binary(max_size=12), st.text("0123456789:.,;-eE\"'\n\r\t{}[]nai", max_size=20).map(str.encode)
    ),
)
def test_damaged_files(tmp_path: Path, start: str, at: int, cut: int, scrap: bytes) -> None:
    content = start.encode()
    at = at % (len(content) + 1)
    (tmp_path / "a").write_bytes(content[:at] + scrap + content[at + cut :])
    try:
        track = formats.read(tmp_path / "a")
    except StudioError:
        return
    assert (np.diff(track.times) > 0).all()
    assert np.isfinite(track.values[track.valid]).all()
    json.dumps(formats.describe_track(track), allow_nan=False)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        "live_link_csv/s88_30fps_face_lost.csv",
        "keyframeface/example_result.jsonl",
        "keyframeface/example_result.csv",
        "other/pyfeat_mediapipe_columns.csv",
    ],
)
def test_truncated_recordings(shared: Path, tmp_path: Path, name: str) -> None:
    content = (shared / "data" / name).read_bytes()
    rng = np.random.default_rng(7)
    for size in [*range(0, 40), *rng.integers(0, min(len(content), 60_000), 40).tolist()]:
        (tmp_path / "a").write_bytes(content[:size])
        try:
            track = formats.read(tmp_path / "a")
        except StudioError as fault:
            assert "\n" not in str(fault)
            continue
        assert len(track) > 0


# ---- the files below -----------------------------------------------------------------------


def test_a_failed_write_leaves_everything_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(FileError, match="is a folder"):
        atomic_write(tmp_path / "folder", "x")
    (tmp_path / "file").write_text("old")
    with pytest.raises(OSError, match="below a file"):
        atomic_write(tmp_path / "file" / "below", "x")
    assert (tmp_path / "file").read_text() == "old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "folder"]


def test_a_write_follows_links_and_keeps_permissions(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_text("old")
    real.chmod(0o640)
    make_link(link, real)
    atomic_write(link, "né")
    assert link.is_symlink() and real.read_bytes() == "né".encode()
    if os.name == "posix":
        assert real.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]
)
def test_text_however_saved(tmp_path: Path, encoding: str) -> None:
    text = "Timecode,é ü\r\n1,2\n" * 3
    (tmp_path / "a").write_bytes(text.encode(encoding))
    assert read_text(tmp_path / "a") == text
