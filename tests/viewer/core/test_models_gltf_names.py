"""Targets are found wherever a glTF or VRM file names them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.viewer.core.glb_writer import Glb, blob, head_shapes, simple_head
from viewer.core.channels import INDEX, SHAPES
from viewer.core.errors import FaceModelError
from viewer.core.models import face_model_facts, load_face_model

ARKIT = [channel.arkit_name for channel in SHAPES]


def head(names_on: str = "", skip: str = "") -> tuple[Glb, dict[str, np.ndarray]]:
    """A head whose 52 targets are named on the ``names_on`` alone; the shape ``skip`` is all zeros."""
    glb = Glb()
    vertices, triangles = blob((0, 0, 0), 0.1, 12)
    shapes = head_shapes(vertices)
    if skip:
        shapes[skip] = np.zeros_like(shapes[skip])
    named = names_on == "accessor"
    targets = {
        name: glb.accessor(delta, **({"name": f"Head_{name}_POSITION"} if named else {}))
        for name, delta in shapes.items()
    }
    mesh = glb.mesh(glb.accessor(vertices), glb.accessor(triangles.reshape(-1)), targets)
    entry = glb.json["meshes"][mesh]
    extras = entry.pop("extras")
    places: dict[str, dict[str, Any]] = {
        "mesh": {"extras": extras},
        "table": {"extras": {"targetNames": {name: place for place, name in enumerate(ARKIT)}}},
        "numbered mesh": {"extras": {"targetNames": [f"target_{place}" for place in range(52)]}},
    }
    entry.update(places.get(names_on, {}))
    if names_on == "target":
        for name, target in zip(ARKIT, entry["primitives"][0]["targets"], strict=True):
            target["extras"] = {"name": name}
    if names_on == "primitive":
        entry["primitives"][0]["extras"] = extras
    glb.node(mesh=mesh, **({"extras": extras} if names_on in ("node", "numbered mesh") else {}))
    return glb, shapes


@pytest.mark.parametrize(
    "place", ["mesh", "primitive", "node", "accessor", "target", "table", "numbered mesh"]
)
def test_names_are_found_in_every_place(tmp_path: Path, place: str) -> None:
    glb, shapes = head(place)
    model = load_face_model(glb.save(tmp_path / "head.glb"))
    assert model.missing == () and model.extra == ()
    for name, delta in shapes.items():
        np.testing.assert_allclose(model.deltas[INDEX[name[0].upper() + name[1:]]], delta, atol=1e-6)


@pytest.mark.parametrize("kind", ["VRM 0", "VRM 0 of shares", "VRM 1"])
def test_clips_of_a_vrm_drive_targets_without_names(tmp_path: Path, kind: str) -> None:
    glb, shapes = head()
    full = 100.0 if kind == "VRM 0" else 1.0
    clips = {f"BS_{name}": [(place, full)] for place, name in enumerate(ARKIT)}
    # One clip may move several targets, each in part.
    clips["BS_jawOpen"] = [(ARKIT.index("jawOpen"), full * 0.5), (ARKIT.index("jawForward"), full)]
    if kind == "VRM 1":
        expressions: dict[str, Any] = {
            name: {"morphTargetBinds": [{"node": 0, "index": k, "weight": w} for k, w in binds]}
            for name, binds in clips.items()
        }
        expressions["broken"] = {
            "morphTargetBinds": [{"node": "0"}, 7, {"node": 0, "index": 99, "weight": 1}]
        }
        glb.json["extensions"] = {"VRMC_vrm": {"expressions": {"custom": expressions, "preset": {"aa": 3}}}}
    else:
        groups = [
            {"name": name, "binds": [{"mesh": 0, "index": k, "weight": w} for k, w in binds]}
            for name, binds in clips.items()
        ]
        glb.json["extensions"] = {"VRM": {"blendShapeMaster": {"blendShapeGroups": groups}}}
    model = load_face_model(glb.save(tmp_path / "head.vrm"))
    assert model.missing == ()
    for name in ("eyeBlinkLeft", "mouthSmileRight"):
        np.testing.assert_allclose(
            model.deltas[INDEX[name[0].upper() + name[1:]]], shapes[name], atol=1e-6, err_msg=name
        )
    wanted = 0.5 * shapes["jawOpen"] + shapes["jawForward"]
    np.testing.assert_allclose(model.deltas[INDEX["JawOpen"]], wanted, atol=1e-6)


def test_clips_add_only_what_no_target_is_named_after(tmp_path: Path) -> None:
    glb, shapes = head("mesh")
    names = ["extraWink" if name == "eyeBlinkLeft" else name for name in ARKIT]
    glb.json["meshes"][0]["extras"] = {"targetNames": names}
    groups = [
        {"name": "EyeBlinkLeft", "binds": [{"mesh": 0, "index": 0, "weight": 100}]},
        {"name": "JawOpen", "binds": [{"mesh": 0, "index": 0, "weight": 100}]},
    ]
    glb.json["extensions"] = {"VRM": {"blendShapeMaster": {"blendShapeGroups": groups}}}
    model = load_face_model(glb.save(tmp_path / "head.vrm"))
    assert model.missing == () and model.extra == ()
    np.testing.assert_allclose(model.deltas[INDEX["EyeBlinkLeft"]], shapes["eyeBlinkLeft"], atol=1e-6)
    np.testing.assert_allclose(model.deltas[INDEX["JawOpen"]], shapes["jawOpen"], atol=1e-6)


def test_shapes_that_move_nothing_are_missing_and_named(tmp_path: Path) -> None:
    glb, _ = head("mesh", skip="jawOpen")
    facts = face_model_facts(load_face_model(glb.save(tmp_path / "head.glb")))
    assert (facts["shapes"], facts["missing"], facts["still"]) == (51, ["JawOpen"], ["JawOpen"])
    assert any("JawOpen" in note and "nothing" in note for note in facts["notes"])


def test_targets_without_any_names_are_refused(tmp_path: Path) -> None:
    glb, _ = head()
    with pytest.raises(FaceModelError, match="no named shapes"):
        load_face_model(glb.save(tmp_path / "head.glb"))


def test_each_mesh_may_have_a_prefix_of_its_own(tmp_path: Path) -> None:
    glb = Glb()
    vertices, triangles = blob((0, 0, 0), 0.1, 12)
    for mesh_name, names in (("Head", ARKIT), ("Teeth", ["jawOpen"])):
        shapes = head_shapes(vertices, names)
        targets = {f"{mesh_name}_{name}": glb.accessor(delta) for name, delta in shapes.items()}
        mesh = glb.mesh(glb.accessor(vertices), glb.accessor(triangles.reshape(-1)), targets, name=mesh_name)
        glb.node(mesh=mesh)
    model = load_face_model(glb.save(tmp_path / "head.glb"))
    assert model.missing == () and model.extra == ()
    moved = np.abs(model.deltas[INDEX["JawOpen"]]).max(axis=1) > 1e-3
    assert moved[: len(vertices)].any() and moved[len(vertices) :].any()


def test_a_whole_head_is_still_whole(tmp_path: Path) -> None:
    model = load_face_model(simple_head(tmp_path / "head.glb"))
    assert model.missing == () and model.still == () and model.notes == ()
