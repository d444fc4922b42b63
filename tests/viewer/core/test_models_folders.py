"""Heads from folders of OBJ files, and as plain arrays."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.viewer.core.glb_writer import blob, head_shapes, simple_head
from viewer.core.cancel import CancelToken
from viewer.core.channels import INDEX, SHAPES
from viewer.core.errors import Cancelled, FaceModelError, FileError
from viewer.core.models import is_face_model, load_face_model, save_npz


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


def write_obj(path: Path, vertices: np.ndarray, faces: list[str] | None = None) -> None:
    lines = ["# made by a test", *(f"v {x:.6f} {y:.6f} {z:.6f}" for x, y, z in vertices * 100)]
    path.write_text("\n".join([*lines, *(faces or [])]) + "\n", "utf-8")


def quads(rings: int = 12) -> list[str]:
    n = 2 * rings
    rows = ["usemtl M_Face"]
    for r in range(rings - 1):
        for c in range(n):
            corner = (r * n + c, (r + 1) * n + c, (r + 1) * n + (c + 1) % n, r * n + (c + 1) % n)
            rows.append("f " + " ".join(f"{i + 1}/{i + 1}/{i + 1}" for i in corner))
    return rows


def ict_folder(folder: Path) -> dict[str, np.ndarray]:
    """ICT-FaceKit's layout with halves, extras and identities; the shapes that went in."""
    folder.mkdir(parents=True)
    vertices, _ = blob((0, 0, 0), 0.1, 12)
    shapes = head_shapes(vertices)
    del shapes["tongueOut"]
    write_obj(folder / "generic_neutral_mesh.obj", vertices, quads())
    for name, delta in shapes.items():
        unsplit = name in ("jawLeft", "jawRight", "mouthLeft", "mouthRight")
        spelled = name if unsplit else re.sub("Right$", "_R", re.sub("Left$", "_L", name))
        if name in ("browInnerUp", "cheekPuff"):
            for side in "LR":
                write_obj(folder / f"{name}_{side}.obj", vertices + delta / 2)
        else:
            write_obj(folder / f"{spelled}.obj", vertices + delta)
    write_obj(folder / "cheekRaiser_L.obj", vertices)
    write_obj(folder / "PupilDilate_L.obj", vertices)
    write_obj(folder / "identity000.obj", vertices * 2)
    return shapes


def test_ict_layout_sums_halves_and_lists_the_rest(tmp_path: Path) -> None:
    shapes = ict_folder(tmp_path / "kit" / "FaceXModel")
    model = load_face_model(tmp_path / "kit")
    assert model.missing == ("TongueOut",)
    assert model.extra == ("PupilDilate_L", "cheekRaiser_L")
    assert model.mm_per_unit == 10.0
    assert model.parts[0].material == "skin" and len(model.triangles) == 2 * 11 * 24
    for name, delta in shapes.items():
        np.testing.assert_allclose(
            model.deltas[INDEX[name[0].upper() + name[1:]]], delta * 100, atol=3e-4, err_msg=name
        )


def test_the_second_load_comes_from_the_cache_and_sees_changed_files(tmp_path: Path, own_cache: Path) -> None:
    ict_folder(tmp_path / "kit")
    seen: list[str] = []
    first = load_face_model(tmp_path / "kit", progress=lambda _done, _total, text: seen.append(text))
    assert len(list(own_cache.rglob("*.npz"))) == 1 and len(seen) > 50
    seen.clear()
    again = load_face_model(tmp_path / "kit", progress=lambda _done, _total, text: seen.append(text))
    assert np.array_equal(first.deltas, again.deltas) and again.extra == first.extra
    assert seen == ["done"]
    vertices, _ = blob((0, 0, 0), 0.1, 12)
    write_obj(tmp_path / "kit" / "jawOpen.obj", vertices + np.array([0, -0.02, 0], np.float32))
    changed = load_face_model(tmp_path / "kit")
    assert np.allclose(changed.deltas[INDEX["JawOpen"], :, 1], -2.0, atol=1e-3)
    for entry in own_cache.rglob("*.npz"):
        entry.write_bytes(b"damaged")
    assert np.array_equal(load_face_model(tmp_path / "kit").deltas, changed.deltas)


@pytest.mark.parametrize("neutral", ["Neutral", "neutral", "base_mesh", "Head"])
def test_apples_layout_with_any_neutral(tmp_path: Path, neutral: str) -> None:
    folder = tmp_path / "apple"
    folder.mkdir()
    vertices, _ = blob((0, 0, 0), 0.1, 12)
    write_obj(folder / f"{neutral}.obj", vertices, quads())
    for name, delta in head_shapes(vertices).items():
        if name != "tongueOut":
            write_obj(folder / f"{name}.obj", vertices + delta)
    model = load_face_model(folder)
    assert model.missing == ("TongueOut",) and not model.extra
    assert is_face_model(folder) and not is_face_model(tmp_path)


def test_a_broken_shape_is_left_out_with_a_note(tmp_path: Path) -> None:
    ict_folder(tmp_path / "kit")
    (tmp_path / "kit" / "jawOpen.obj").write_text("v 1 2 3\nv 4 5")
    (tmp_path / "kit" / "mouthPucker.obj").write_text("")
    (tmp_path / "kit" / "jawLeft.obj").write_bytes(b"\x00\xff" * 500)
    model = load_face_model(tmp_path / "kit")
    assert {"JawOpen", "MouthPucker", "JawLeft"} <= set(model.missing)
    assert len(model.notes) == 3


CORNERS = "v 0 0 0\nv 1 0 0\nv 0 1 0\n"


@pytest.mark.parametrize(
    ("neutral", "says"),
    [
        ("", "no vertex"),
        (f"{CORNERS}v 1 2 x\nf 1 2 3", "malformed"),
        (CORNERS, "no face"),
        (f"{CORNERS}f 1 2 9", "vertices it does not"),
        (f"v nan 0 0\n{CORNERS}f 1 2 3", "not numbers"),
        (f"{CORNERS}f a b c", "malformed"),
    ],
)
def test_a_broken_neutral_face_says_what_is_wrong(tmp_path: Path, neutral: str, says: str) -> None:
    (tmp_path / "neutral.obj").write_text(neutral)
    (tmp_path / "jawOpen.obj").write_text("v 0 0 0\nv 1 0 0\nv 0 1 0")
    with pytest.raises(FaceModelError, match=says):
        load_face_model(tmp_path)


def test_folders_that_are_no_heads_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FaceModelError, match="no OBJ"):
        load_face_model(tmp_path)
    (tmp_path / "jawOpen.obj").write_text("v 0 0 0")
    with pytest.raises(FaceModelError, match="no neutral"):
        load_face_model(tmp_path)
    token = CancelToken()
    token.cancel()
    ict_folder(tmp_path / "kit")
    with pytest.raises(Cancelled):
        load_face_model(tmp_path / "kit", token)


def test_arrays_come_back_as_they_were(tmp_path: Path) -> None:
    model = load_face_model(simple_head(tmp_path / "head.glb"))
    save_npz(model, tmp_path / "head.npz")
    with np.load(tmp_path / "head.npz", allow_pickle=False) as data:
        assert data["vertices"].dtype == np.float32 and data["triangles"].dtype == np.int32
        assert data["deltas"].shape == (52, len(model.vertices), 3) and data["deltas"].dtype == np.float32
        assert list(data["names"]) == [channel.arkit_name for channel in SHAPES]
    back = load_face_model(tmp_path / "head.npz")
    assert np.array_equal(back.deltas, model.deltas) and np.array_equal(back.triangles, model.triangles)


def test_the_default_head_has_the_52_shapes() -> None:
    model = load_face_model(None)
    assert model.missing == () and model.eyes is not None


@pytest.mark.parametrize("wrong", ["text", "empty zip", "no names", "object", "shapes"])
def test_broken_arrays_are_refused(tmp_path: Path, wrong: str) -> None:
    file = tmp_path / "head.npz"
    good: dict[str, Any] = {
        "vertices": np.zeros((3, 3), "f4"),
        "triangles": np.array([[0, 1, 2]], "i4"),
        "names": np.array(["jawOpen"]),
        "deltas": np.zeros((1, 3, 3), "f4"),
    }
    if wrong == "text":
        file.write_text("hello")
    elif wrong == "empty zip":
        zipfile.ZipFile(file, "w").close()
    elif wrong == "no names":
        np.savez(file, **{key: value for key, value in good.items() if key != "names"})
    elif wrong == "object":
        np.savez(file, **{**good, "names": np.array([{"a": 1}], dtype=object)})
    else:
        np.savez(file, **{**good, "deltas": np.zeros((2, 3, 3), "f4")})
    with pytest.raises(FaceModelError):
        load_face_model(file)


def test_a_place_that_cannot_be_written_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("no folder")
    with pytest.raises(FileError):
        save_npz(load_face_model(None), tmp_path / "taken" / "head.npz")
