"""Heads from glTF files, in the storages and spellings that people have."""

from __future__ import annotations

import base64
import io
import json
import re
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.viewer.core.glb_writer import Glb, blob, head_shapes, simple_head
from viewer.core.cancel import CancelToken
from viewer.core.channels import INDEX
from viewer.core.errors import Cancelled, FaceModelError
from viewer.core.models import face_model_facts, load_face_model
from viewer.core.models.shading import openness


def lowest(delta: np.ndarray) -> float:
    return float(delta[:, 1].min())


def test_facecap_has_every_shape_that_moves_and_turning_eyes(shared: Path) -> None:
    model = load_face_model(shared / "data" / "avatar" / "facecap.glb")
    facts = face_model_facts(model)
    assert facts["kind"] == "face model"
    # Its tongue is there, and moves nothing.
    assert (facts["vertices"], facts["shapes"], facts["missing"]) == (4368, 51, ["TongueOut"])
    assert facts["still"] == ["TongueOut"]
    assert any("KTX2" in note for note in facts["notes"])
    assert model.eyes is not None
    assert model.eyes[0].centre[0] > 0.2 and model.eyes[1].centre[0] < -0.2
    for name, side in (("EyeBlinkLeft", 1), ("EyeBlinkRight", -1), ("MouthSmileLeft", 1)):
        moved = np.linalg.norm(model.deltas[INDEX[name]], axis=1)
        assert side * np.average(model.vertices[:, 0], weights=moved) > 0.1
    jaw = model.deltas[INDEX["JawOpen"]]
    assert lowest(jaw) < -0.2
    tip = int(np.argmax(model.vertices[:, 2]))
    assert abs(model.vertices[tip, 0]) < 0.05, "the nose looks along +Z"


@pytest.mark.parametrize("name", ["broken_html_named.glb", "broken_truncated.glb"])
def test_the_broken_files_are_refused_plainly(shared: Path, name: str) -> None:
    with pytest.raises(FaceModelError) as fault:
        load_face_model(shared / "data" / "avatar" / name)
    assert ("web page" if "html" in name else "cut off") in str(fault.value)


@pytest.mark.parametrize("storage", ["plain", "sparse", "quantised", "meshopt"])
def test_every_storage_gives_the_same_head(tmp_path: Path, storage: str) -> None:
    glb = Glb()
    vertices, triangles = blob((0, 0, 0), 0.1, 12)
    shapes = head_shapes(vertices)
    size = 0.2 if storage == "quantised" else 1.0
    stores: dict[str, Callable[[npt.NDArray[Any]], int]] = {
        "plain": glb.accessor,
        "sparse": glb.sparse,
        "meshopt": glb.packed,
        "quantised": lambda array: glb.quantised(array, size),
    }
    store = stores[storage]
    targets = {name: store(delta) for name, delta in shapes.items()}
    if storage == "meshopt":
        index = glb.packed_triangles(triangles)
    else:
        index = glb.accessor(triangles.reshape(-1).astype(np.uint16))
    if storage == "quantised":
        glb.json["extensionsRequired"] = ["KHR_mesh_quantization"]
    glb.mesh(store(vertices), index, targets)
    glb.node(mesh=0, scale=[size] * 3)
    model = load_face_model(glb.save(tmp_path / "head.glb"))
    np.testing.assert_allclose(model.vertices, vertices, atol=2e-5)
    for name, delta in shapes.items():
        got = model.deltas[INDEX[name[0].upper() + name[1:]]]
        np.testing.assert_allclose(got, delta, atol=2e-5, err_msg=name)
    assert model.missing == ()
    faces = np.sort(model.triangles, axis=1)
    assert {tuple(t) for t in faces} == {tuple(t) for t in np.sort(triangles, axis=1)}
    assert model.mm_per_unit == 1000.0


@pytest.mark.parametrize(
    "rename",
    [
        lambda name: re.sub("Right$", "_R", re.sub("Left$", "_L", name)),
        lambda name: name[0].upper() + name[1:],
        lambda name: f"blendShape1.{name}",
    ],
)
def test_any_spelling_of_the_names(tmp_path: Path, rename: object) -> None:
    model = load_face_model(simple_head(tmp_path / "head.glb", rename=rename))
    assert model.missing == () and model.extra == ()


def test_several_meshes_are_all_driven_and_foreign_targets_listed(tmp_path: Path) -> None:
    glb = Glb()
    vertices, triangles = blob((0, 0, 0), 0.1, 12)
    shapes = head_shapes(vertices, ["jawOpen", "eyeBlinkLeft", "eyeBlinkRight", "mouthPucker"])
    targets = {name: glb.accessor(delta) for name, delta in shapes.items()}
    targets["viseme_aa"] = targets["jawOpen"]
    targets["mouthSmile"] = targets["jawOpen"]
    glb.mesh(glb.accessor(vertices), glb.accessor(triangles.reshape(-1)), targets, name="Wolf3D_Head")
    teeth, flat = blob((0, -0.04, 0.07), 0.02, 4)
    down = np.tile(np.array([0, -0.01, 0], np.float32), (len(teeth), 1))
    glb.mesh(glb.accessor(teeth), glb.accessor(flat.reshape(-1)), {"jawOpen": glb.accessor(down)})
    glb.node(mesh=0)
    inner = glb.node(root=False, mesh=1)
    glb.node(name="Teeth", children=[inner], translation=[0, 0.001, 0])
    for name, x in (("EyeLeft", 0.032), ("EyeRight", -0.032)):
        ball, flat = blob((0, 0, 0), 0.012, 6)
        mesh = glb.mesh(glb.accessor(ball), glb.accessor(flat.reshape(-1)), name=name)
        glb.node(mesh=mesh, translation=[x, 0.03, 0.08])
    model = load_face_model(glb.save(tmp_path / "head.glb"))
    assert [part.material for part in model.parts] == ["skin", "teeth", "sclera", "sclera"]
    assert model.extra == ("viseme_aa", "mouthSmile")
    assert "JawOpen" not in model.missing and "MouthSmileLeft" in model.missing
    rows = slice(len(vertices), len(vertices) + len(teeth))
    np.testing.assert_allclose(model.deltas[INDEX["JawOpen"], rows, 1], -0.01, atol=1e-6)
    np.testing.assert_allclose(model.vertices[rows], teeth + np.array([0, 0.001, 0], np.float32), atol=1e-6)
    assert model.eyes is not None
    np.testing.assert_allclose(model.eyes[0].centre, [0.032, 0.03, 0.08], atol=1e-4)
    np.testing.assert_allclose(model.eyes[1].centre, [-0.032, 0.03, 0.08], atol=1e-4)
    assert model.uv is not None and model.parts[2].texture is not None, "plain balls get an iris"


def test_node_transforms_and_other_axes_end_upright(tmp_path: Path) -> None:
    plain = load_face_model(simple_head(tmp_path / "plain.glb"))
    half = np.sqrt(0.5)
    lying = load_face_model(
        simple_head(tmp_path / "lying.glb", rotation=[half, 0, 0, half], scale=[10, 10, 10])
    )
    np.testing.assert_allclose(lying.vertices, plain.vertices * 10, atol=1e-4)
    np.testing.assert_allclose(lying.deltas, plain.deltas * 10, atol=1e-4)
    assert lying.mm_per_unit == pytest.approx(63 / 0.64, rel=0.15)
    assert any("axes" in note for note in lying.notes)


def test_halves_of_unsided_shapes_add_up(tmp_path: Path) -> None:
    def rename(name: str) -> str:
        return "browInnerUp_L" if name == "browInnerUp" else "browInnerUp_R" if name == "tongueOut" else name

    whole = load_face_model(simple_head(tmp_path / "whole.glb"))
    split = load_face_model(simple_head(tmp_path / "split.glb", rename=rename))
    both = whole.deltas[INDEX["BrowInnerUp"]] + whole.deltas[INDEX["TongueOut"]]
    np.testing.assert_allclose(split.deltas[INDEX["BrowInnerUp"]], both, atol=1e-6)
    assert split.missing == ("TongueOut",)


def test_a_skinned_head_is_shown_in_its_rest_pose(tmp_path: Path) -> None:
    glb = Glb()
    vertices, triangles = blob((0, 0, 0), 0.1, 8)
    count = len(vertices)
    weights = np.zeros((count, 4), np.float32)
    weights[:, 0] = 1
    joints = np.zeros((count, 4), np.uint8)
    inverse = np.eye(4, dtype=np.float32)
    inverse[1, 3] = -1.5
    shapes = {name: glb.accessor(delta) for name, delta in head_shapes(vertices).items()}
    glb.mesh(
        glb.accessor(vertices + np.array([0, 1.5, 0], np.float32)),
        glb.accessor(triangles.reshape(-1)),
        shapes,
        attributes={"JOINTS_0": glb.accessor(joints), "WEIGHTS_0": glb.accessor(weights)},
    )
    bind = glb.accessor(inverse.T.reshape(1, 16).copy())
    glb.json["skins"] = [{"joints": [1], "inverseBindMatrices": bind}]
    glb.node(mesh=0, skin=0, translation=[9, 9, 9])
    glb.node(name="Head", translation=[0, 1.7, 0])
    model = load_face_model(glb.save(tmp_path / "head.glb"))
    np.testing.assert_allclose(model.vertices, vertices + np.array([0, 1.7, 0], np.float32), atol=1e-5)


def test_folds_get_less_light_than_the_forehead(shared: Path) -> None:
    model = load_face_model(shared / "data" / "avatar" / "facecap.glb")
    light = openness(model).astype(int)
    skin = np.unique(model.triangles[model.parts[2].first : model.parts[2].first + model.parts[2].count])
    forehead = skin[np.argmax(model.vertices[skin, 2] + 10 * (model.vertices[skin, 1] > 0.5))]
    assert light[forehead] > 230 and light[skin].min() < 80
    eyes = [part for part in model.parts if part.material == "sclera"]
    assert eyes and all((light[model.triangles[p.first : p.first + p.count]] == 255).all() for p in eyes), (
        "eyes turn, so nothing is baked into them"
    )


@pytest.mark.parametrize(
    ("scale", "inside_out"),
    [((1, 1, 1), False), ((-1, 1, 1), False), ((-100, 100, 100), False), ((1, 1, 1), True)],
)
def test_mirrored_and_inside_out_meshes_lie_open_to_the_light(
    tmp_path: Path, scale: tuple[int, int, int], inside_out: bool
) -> None:
    glb = Glb()
    vertices, triangles = blob((0, 0, 0), 0.1, 16)
    shapes = head_shapes(vertices)
    mirror = np.sign(np.array(scale, np.float32))
    if inside_out or scale[0] < 0:
        triangles = np.ascontiguousarray(triangles[:, ::-1])
    targets = {name: glb.accessor(np.ascontiguousarray(delta * mirror)) for name, delta in shapes.items()}
    places = glb.accessor(np.ascontiguousarray(vertices * mirror))
    glb.mesh(places, glb.accessor(triangles.reshape(-1)), targets)
    glb.node(name="Head", mesh=0, scale=list(scale))
    model = load_face_model(glb.save(tmp_path / "head.glb"))
    assert model.vertices * model.mm_per_unit == pytest.approx(vertices * 1000, abs=1e-2)
    corners = model.vertices[model.triangles]
    outward = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    assert (np.einsum("ij,ij->i", outward, corners.mean(axis=1)) > 0).all()
    assert openness(model).min() > 200


@pytest.mark.parametrize("kind", ["none", "points", "flat"])
def test_a_skin_without_an_outside_is_left_as_it_is(tmp_path: Path, kind: str) -> None:
    glb = Glb()
    vertices, triangles = blob((0, 0, 0), 0.1, 16)
    vertices = vertices * np.array([1, 1, 0 if kind == "flat" else 1], np.float32)
    if kind != "flat":
        triangles = np.zeros((0 if kind == "none" else 4, 3), triangles.dtype)
    targets = {name: glb.accessor(delta) for name, delta in head_shapes(vertices).items()}
    skin, eye = glb.material(name="skin"), glb.material(name="eye")
    glb.mesh(glb.accessor(vertices), glb.accessor(triangles.reshape(-1)), targets, material=skin)
    glb.node(name="Head", mesh=0)
    ball, corners = blob((0.03, 0.03, 0.09), 0.012, 8)
    glb.mesh(glb.accessor(ball), glb.accessor(corners.reshape(-1)), material=eye)
    glb.node(name="Eye_L", mesh=1)
    model = load_face_model(glb.save(tmp_path / "head.glb"))
    assert [part.count for part in model.parts[:2]] == [len(triangles), len(corners)]
    assert (model.triangles[: len(triangles)] == triangles).all()
    assert (model.triangles[len(triangles) :][: len(corners)] - len(vertices) == corners).all()


@pytest.mark.parametrize(
    ("kind", "textured"),
    [("PNG", True), ("JPEG", True), ("WEBP", True), ("KTX2", False), ("rubbish", False)],
)
def test_textures_are_decoded_or_left_out_with_a_note(tmp_path: Path, kind: str, textured: bool) -> None:
    glb = Glb()
    vertices, triangles = blob((0, 0, 0), 0.1, 8)
    targets = {name: glb.accessor(delta) for name, delta in head_shapes(vertices).items()}
    picture = io.BytesIO()
    if textured:
        Image.new("RGB", (4, 4), (200, 100, 50)).save(picture, kind, quality=95)
    raw = picture.getvalue() or b"no picture at all"
    mime = f"image/{'png' if kind == 'rubbish' else kind.lower()}"
    glb.json["images"] = [{"bufferView": glb.view(raw), "mimeType": mime}]
    source = {"source": 0}
    glb.json["textures"] = [{"extensions": {"EXT_texture_webp": source}} if kind == "WEBP" else source]
    glb.material(pbrMetallicRoughness={"baseColorTexture": {"index": 0}})
    uv = glb.accessor(np.full((len(vertices), 2), 0.25, np.float32))
    glb.mesh(
        glb.accessor(vertices),
        glb.accessor(triangles.reshape(-1)),
        targets,
        material=0,
        attributes={"TEXCOORD_0": uv},
    )
    glb.node(mesh=0)
    model = load_face_model(glb.save(tmp_path / "head.glb"))
    texture = model.parts[0].texture
    if textured:
        assert texture is not None and model.uv is not None
        assert np.abs(texture[0, 0].astype(int) - (200, 100, 50)).max() < 6 and model.uv[0, 0] == 0.25
    else:
        assert texture is None and model.notes


def describe(**more: object) -> bytes:
    return json.dumps({"asset": {"version": "2.0"}, **more}).encode()


def glb_of(text: bytes, version: int = 2) -> bytes:
    text += b" " * (-len(text) % 4)
    return struct.pack("<4sIIII", b"glTF", version, 20 + len(text), len(text), 0x4E4F534A) + text


def one_mesh(uri: str, count: int = 3) -> bytes:
    """A .gltf with one triangle whose buffer is at ``uri``."""
    return describe(
        scenes=[{"nodes": [0]}],
        nodes=[{"mesh": 0}],
        meshes=[
            {
                "primitives": [{"attributes": {"POSITION": 0}, "targets": [{"POSITION": 0}]}],
                "extras": {"targetNames": ["jawOpen"]},
            }
        ],
        accessors=[{"bufferView": 0, "componentType": 5126, "count": count, "type": "VEC3"}],
        bufferViews=[{"buffer": 0, "byteLength": 36}],
        buffers=[{"byteLength": 36, "uri": uri}],
    )


TRIANGLE = (
    "data:application/octet-stream;base64,"
    + base64.b64encode(np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], np.float32).tobytes()).decode()
)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (b"<!DOCTYPE html><html></html>", "web page"),
        (b"\x00\x01\x02" * 100, "not a glTF"),
        (b"glTF\x02\x00\x00\x00", "cut off"),
        (glb_of(b"{}", version=1), "version 1"),
        (glb_of(b"not json"), "JSON"),
        (glb_of(b"[1, 2]"), "no glTF description"),
        (glb_of(describe()), "no mesh"),
        (glb_of(describe(extensionsRequired=["KHR_draco_mesh_compression"])), "KHR_draco"),
        (glb_of(one_mesh("https://example.org/head.bin")), "outside its folder"),
        (glb_of(one_mesh("../../secret.bin")), "outside its folder"),
        (glb_of(one_mesh("/etc/passwd")), "outside its folder"),
        (glb_of(one_mesh("gone.bin")), "missing"),
        (glb_of(one_mesh("data:;base64,@@@")), "reaches beyond|refers to byte|base64"),
        (glb_of(one_mesh(TRIANGLE, count=4_000_000_000)), "too many"),
        (glb_of(one_mesh(TRIANGLE, count=4)), "reaches beyond"),
        (glb_of(describe(scenes=[{"nodes": [7]}], nodes=[{"mesh": 0}])), "nodes entry 7"),
        (glb_of(describe(scenes=[{"nodes": [0]}], nodes=[{"children": [0]}])), "circle"),
        (glb_of(describe(scenes="rubbish", nodes=3)), "not valid glTF|contradict"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "Git LFS"),
    ],
)
def test_broken_files_say_what_is_wrong(tmp_path: Path, data: bytes, says: str) -> None:
    file = tmp_path / "head.glb"
    file.write_bytes(data)
    with pytest.raises(FaceModelError, match=says) as fault:
        load_face_model(file)
    assert fault.value.path == file and "\n" not in str(fault.value)


def test_a_gltf_with_its_data_inside_or_beside_is_read(tmp_path: Path) -> None:
    inside = tmp_path / "inside.gltf"
    inside.write_bytes(one_mesh(TRIANGLE))
    assert load_face_model(inside).shape_names == ("JawOpen",)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "h e.bin").write_bytes(np.zeros(9, np.float32).tobytes())
    beside = tmp_path / "beside.gltf"
    beside.write_bytes(one_mesh("data/h%20e.bin"))
    with pytest.raises(FaceModelError, match="no extent"):
        load_face_model(beside)


def test_indices_out_of_range_and_targets_of_another_size_are_refused(tmp_path: Path) -> None:
    vertices, triangles = blob((0, 0, 0), 0.1, 6)
    faults = {"index": "name vertex", "target": "has 71 vertices", "nan": "not numbers"}
    for wrong, says in faults.items():
        glb = Glb()
        shapes = head_shapes(vertices, ["jawOpen"])
        if wrong == "target":
            shapes["jawOpen"] = shapes["jawOpen"][:-1]
        points = vertices.copy()
        if wrong == "nan":
            points[3] = np.nan
        index = triangles.reshape(-1) + (1000 if wrong == "index" else 0)
        targets = {name: glb.accessor(delta) for name, delta in shapes.items()}
        glb.mesh(glb.accessor(points), glb.accessor(index.astype(np.uint32)), targets)
        glb.node(mesh=0)
        with pytest.raises(FaceModelError, match=says):
            load_face_model(glb.save(tmp_path / f"{wrong}.glb"))


def test_a_head_without_arkit_shapes_says_which_it_has(tmp_path: Path) -> None:
    with pytest.raises(FaceModelError, match="viseme"):
        load_face_model(simple_head(tmp_path / "head.glb", rename=lambda name: f"viseme_{name[::-1]}"))


def test_loading_can_be_cancelled(tmp_path: Path) -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        load_face_model(simple_head(tmp_path / "head.glb"), token)


@pytest.mark.parametrize("name", ["head.txt", "head.obj", "head", "gone.glb"])
def test_other_paths_are_refused(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    if name != "gone.glb":
        file.write_bytes(b"v 0 0 0")
    with pytest.raises(FaceModelError):
        load_face_model(file)


@pytest.mark.slow
@given(flips=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=20), kept=st.floats(0.01, 1))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damage_anywhere_is_a_fault_or_harmless(
    tmp_path: Path, flips: list[tuple[float, int]], kept: float
) -> None:
    whole = tmp_path / "whole.glb"
    if not whole.exists():
        simple_head(whole)
    data = bytearray(whole.read_bytes())
    text = min(len(data), 16_000)
    for where, value in flips:
        data[int(where * (text - 1))] = value
    damaged = tmp_path / "damaged.glb"
    damaged.write_bytes(data if kept > 0.5 else data[: int(kept * len(data))])
    try:
        load_face_model(damaged)
    except FaceModelError as fault:
        assert fault.path == damaged and fault.todo
