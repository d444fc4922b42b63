"""Eyes that only the bones of a glTF head tell."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.viewer.core.glb_writer import Glb, blob, head_shapes
from viewer.core.blend import Blender
from viewer.core.channels import CHANNEL_COUNT, INDEX
from viewer.core.models import load_face_model
from viewer.core.models.gltf_eyes import eye_side

EYE = (0.032, 0.03, 0.08)
OTHER_EYE = (-0.032, 0.03, 0.08)


@pytest.mark.parametrize(
    ("name", "side"),
    [
        ("LeftEye", "left"),
        ("eye_R", "right"),
        ("mEyeLeft", "left"),
        ("J_Adj_L_FaceEye", "left"),
        ("CC_Base_R_Eye", "right"),
        ("mixamorig:RightEye", "right"),
        ("lefteye", "left"),
        ("DEF-eye.L", "left"),
        ("LeftEyelid", None),
        ("brow.L", None),
        ("Eye", None),
        ("Head", None),
        ("Eye_L_end", None),
        ("", None),
    ],
)
def test_bones_of_eyes_are_told_by_name(name: str, side: str | None) -> None:
    assert eye_side(name) == side


def one_mesh_head(path: Path, names: tuple[str, str, str]) -> Path:
    """Skull and two balls in one mesh of one material, bound to three bones."""
    glb = Glb()
    balls = [blob((0, 0, 0), 0.1, 12), blob(EYE, 0.012, 6), blob(OTHER_EYE, 0.012, 6)]
    vertices = np.concatenate([points for points, _ in balls])
    starts = np.cumsum([0, *(len(points) for points, _ in balls[:-1])])
    triangles = np.concatenate([rows + s for (_, rows), s in zip(balls, starts, strict=True)])
    joints = np.zeros((len(vertices), 4), np.uint8)
    joints[:, 0] = np.repeat([0, 1, 2], [len(points) for points, _ in balls])
    weights = np.zeros((len(vertices), 4), np.float32)
    weights[:, 0] = 1
    inverse = np.tile(np.eye(4, dtype=np.float32), (3, 1, 1))
    inverse[1, :3, 3], inverse[2, :3, 3] = -np.array(EYE), -np.array(OTHER_EYE)
    glb.mesh(
        glb.accessor(vertices),
        glb.accessor(triangles.astype(np.uint32).reshape(-1)),
        {name: glb.accessor(delta) for name, delta in head_shapes(vertices).items()},
        attributes={"JOINTS_0": glb.accessor(joints), "WEIGHTS_0": glb.accessor(weights)},
    )
    bind = glb.accessor(inverse.transpose(0, 2, 1).reshape(3, 16).copy())
    glb.json["skins"] = [{"joints": [1, 2, 3], "inverseBindMatrices": bind}]
    glb.node(mesh=0, skin=0)
    glb.node(name=names[0])
    glb.node(name=names[1], translation=list(EYE))
    glb.node(name=names[2], translation=list(OTHER_EYE))
    return glb.save(path)


def test_the_eyes_of_a_one_mesh_head_turn_about_their_bones(tmp_path: Path) -> None:
    model = load_face_model(one_mesh_head(tmp_path / "head.glb", ("Head", "LeftEye", "RightEye")))
    assert model.eyes is not None
    left, right = model.eyes
    np.testing.assert_allclose(left.centre, EYE, atol=1e-6)
    assert (model.vertices[left.indices, 0] > 0).all() and (model.vertices[right.indices, 0] < 0).all()
    row = np.zeros(CHANNEL_COUNT, np.float32)
    row[INDEX["EyeLookOutLeft"]] = 1
    moved = Blender(model).blend(row)
    ball, turned = model.vertices[left.indices] - left.centre, moved[left.indices] - left.centre
    np.testing.assert_allclose(np.linalg.norm(turned, axis=1), np.linalg.norm(ball, axis=1), atol=1e-6)
    front = np.argmax(ball[:, 2])
    assert turned[front, 0] > ball[front, 0] + 0.003


def test_without_such_bones_there_are_no_eyes(tmp_path: Path) -> None:
    assert load_face_model(one_mesh_head(tmp_path / "head.glb", ("Head", "A", "B"))).eyes is None
