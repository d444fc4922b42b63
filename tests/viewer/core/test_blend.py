"""Blending turns values into the right vertices."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from viewer.core.blend import Blender, VertexNormals, distance_mm, vertex_normals, weld
from viewer.core.channels import CHANNEL_COUNT, INDEX, MIRROR_INDEX, SHAPE_COUNT
from viewer.core.face_model import Correctives, Eyeball, FaceModel, Part
from viewer.core.head_box import head_box
from viewer.core.models import load_face_model

weights = st.lists(st.floats(0, 1, width=32), min_size=SHAPE_COUNT, max_size=SHAPE_COUNT)


def small_head(with_eyes: bool = True, mm_per_unit: float = 10.0) -> FaceModel:
    """A symmetric point cloud with random shapes: 200 skin vertices and two eyes of 50."""
    random = np.random.default_rng(7)
    half = random.normal(size=(100, 3)).astype(np.float32)
    ball = random.normal(size=(50, 3))
    ball = (ball / np.linalg.norm(ball, axis=1)[:, None]).astype(np.float32)
    centres = np.array([[3, 1, 2], [-3, 1, 2]], np.float32)
    flip = np.array([-1, 1, 1], np.float32)
    vertices = np.concatenate([half, half * flip, centres[0] + ball, centres[1] + ball * flip])
    deltas = np.zeros((SHAPE_COUNT, 300, 3), np.float32)
    for index in range(SHAPE_COUNT):
        mirror = MIRROR_INDEX[index]
        moved = random.normal(size=(100, 3)).astype(np.float32)
        deltas[index, :100] = moved
        deltas[mirror, 100:200] = moved * flip
    triangles = np.array([[i, i + 1, i + 2] for i in range(298)], np.int32)
    eyes = tuple(
        Eyeball(centre, np.arange(start, start + 50, dtype=np.int32))
        for centre, start in zip(centres, (200, 250), strict=True)
    )
    return FaceModel(
        "small",
        vertices,
        triangles,
        deltas,
        (Part("all", "skin", 0, 298, (1, 1, 1)),),
        neck=np.array([0, -1, -1], np.float32),
        mm_per_unit=mm_per_unit,
        eyes=(eyes[0], eyes[1]) if with_eyes else None,
    )


def row(**values: float) -> np.ndarray:
    out = np.zeros(CHANNEL_COUNT, np.float32)
    for name, value in values.items():
        out[INDEX[name]] = value
    return out


@given(weights)
@settings(max_examples=30, deadline=None)
def test_the_face_is_the_neutral_one_plus_each_shape_by_its_weight(weights: list[float]) -> None:
    model = small_head(with_eyes=False)
    values = np.array([*weights, *[0.0] * 9], np.float32)
    shown = values[:SHAPE_COUNT].copy()
    shown[INDEX["MouthClose"]] = min(shown[INDEX["MouthClose"]], shown[INDEX["JawOpen"]])
    wanted = model.vertices + np.einsum("k,knc->nc", shown, model.deltas)
    np.testing.assert_allclose(Blender(model).blend(values), wanted, atol=2e-4)


@given(weights)
@settings(max_examples=30, deadline=None)
def test_mirrored_values_give_the_mirrored_face(weights: list[float]) -> None:
    blender = Blender(small_head())
    values = np.array([*weights, *[0.0] * 9], np.float32)
    face, mirrored = blender.blend(values), blender.blend(values[list(MIRROR_INDEX)])
    swapped = np.concatenate([face[100:200], face[:100], face[250:], face[200:250]]) * [-1, 1, 1]
    np.testing.assert_allclose(mirrored, swapped, atol=2e-3)


def test_weights_are_clamped_for_display() -> None:
    blender = Blender(small_head())
    assert np.array_equal(blender.blend(row(JawOpen=1.4)), blender.blend(row(JawOpen=1)))
    assert np.array_equal(blender.blend(row(JawOpen=-0.2)), blender.blend(row()))


def test_closing_lips_that_no_jaw_parted_does_not_drive_them_through_each_other() -> None:
    blender = Blender(small_head())
    assert np.array_equal(blender.blend(row(MouthClose=0.2)), blender.blend(row()))
    open_jaw = blender.blend(row(JawOpen=0.3, MouthClose=0.9))
    assert np.array_equal(open_jaw, blender.blend(row(JawOpen=0.3, MouthClose=0.3)))


def test_a_lost_frame_shows_the_neutral_face_and_writes_into_the_given_array() -> None:
    model = small_head()
    out = np.full_like(model.vertices, 9.0)
    assert Blender(model).blend(np.full(CHANNEL_COUNT, np.nan), out) is out
    assert np.array_equal(out, model.vertices)


def test_few_and_many_active_shapes_agree() -> None:
    model = small_head(with_eyes=False)
    blender = Blender(model)
    values = np.zeros(CHANNEL_COUNT, np.float32)
    for count in (1, 16, 17, 52):
        values[:count] = 0.3
        wanted = model.vertices + np.einsum("k,knc->nc", values[:SHAPE_COUNT], model.deltas)
        np.testing.assert_allclose(blender.blend(values), wanted, atol=2e-4)


def corrected_head() -> tuple[FaceModel, Correctives]:
    random = np.random.default_rng(5)
    names = (("JawOpen", "MouthFunnel"), ("EyeBlinkLeft",), ("JawOpen", "MouthFunnel", "MouthSmileLeft"))
    channels = np.full((3, 3), -1, np.int32)
    for k, row in enumerate(names):
        channels[k, : len(row)] = [INDEX[name] for name in row]
    deltas = random.normal(size=(3, 40, 3)).astype(np.float32)
    correctives = Correctives(channels, np.arange(20, 100, 2, dtype=np.int32), deltas)
    return replace(small_head(with_eyes=False), correctives=correctives), correctives


@pytest.mark.parametrize(
    ("values", "shares"),
    [
        ({"JawOpen": 0.6}, (0, 0, 0)),
        ({"JawOpen": 0.6, "MouthFunnel": 0.5}, (0.3, 0, 0)),
        ({"EyeBlinkLeft": 0.5}, (0, 1, 0)),
        ({"EyeBlinkLeft": 1}, (0, 0, 0)),
        ({"JawOpen": 1.5, "MouthFunnel": 1, "MouthSmileLeft": 0.5, "EyeBlinkLeft": 0.25}, (1, 0.75, 0.5)),
    ],
)
def test_correctives_come_with_the_product_of_their_shapes(
    values: dict[str, float], shares: tuple[float, ...]
) -> None:
    model, correctives = corrected_head()
    asked = row(**values)
    wanted = Blender(replace(model, correctives=None)).blend(asked)
    wanted[correctives.index] += np.einsum("k,knc->nc", np.array(shares, np.float32), correctives.deltas)
    np.testing.assert_allclose(Blender(model).blend(asked), wanted, atol=1e-4)


def test_few_and_many_correctives_agree() -> None:
    model, correctives = corrected_head()
    deltas = np.tile(correctives.deltas / np.float32(20), (20, 1, 1))
    many = Correctives(np.tile(correctives.channels, (20, 1)), correctives.index, deltas)
    asked = row(JawOpen=0.7, MouthFunnel=0.6, MouthSmileLeft=0.4, EyeBlinkLeft=0.3)
    few = Blender(model).blend(asked)
    np.testing.assert_allclose(Blender(replace(model, correctives=many)).blend(asked), few, atol=1e-4)


def test_correctives_leave_nothing_behind() -> None:
    model, _ = corrected_head()
    blender = Blender(model)
    blender.blend(row(JawOpen=1, MouthFunnel=1, EyeBlinkLeft=0.5))
    np.testing.assert_array_equal(blender.blend(row()), model.vertices)


@pytest.mark.parametrize(
    ("values", "eye", "axis", "sign"),
    [
        ({"EyeLookOutLeft": 1}, 0, 0, 1),
        ({"EyeLookInLeft": 1}, 0, 0, -1),
        ({"EyeLookOutRight": 1}, 1, 0, -1),
        ({"EyeLookInRight": 1}, 1, 0, 1),
        ({"EyeLookUpLeft": 1}, 0, 1, 1),
        ({"EyeLookDownRight": 1}, 1, 1, -1),
    ],
)
def test_eyes_turn_rigidly_the_way_they_look(
    values: dict[str, float], eye: int, axis: int, sign: int
) -> None:
    model = small_head()
    assert model.eyes is not None
    ball = model.eyes[eye]
    out = Blender(model).blend(row(**values))[ball.indices] - ball.centre
    np.testing.assert_allclose(np.linalg.norm(out, axis=1), 1.0, atol=1e-4)
    front = np.argmax((model.vertices[ball.indices] - ball.centre)[:, 2])
    before = (model.vertices[ball.indices] - ball.centre)[front]
    assert sign * (out[front] - before)[axis] > 0.3
    other = model.eyes[1 - eye]
    assert np.array_equal(Blender(model).blend(row(**values))[other.indices], model.vertices[other.indices])


def test_eye_rotations_count_only_where_no_eye_look_does() -> None:
    model = small_head()
    blender = Blender(model)
    looked = blender.blend(row(EyeLookUpLeft=0.5))
    both = blender.blend(row(EyeLookUpLeft=0.5, LeftEyeYaw=36.0, RightEyeYaw=36.0))
    assert np.array_equal(looked, both)
    turned = blender.blend(row(LeftEyeYaw=27.0))
    assert model.eyes is not None
    moved = np.abs(turned - model.vertices).max(axis=1) > 1e-4
    assert moved[model.eyes[0].indices].any()
    assert not moved[:200].any() and not moved[model.eyes[1].indices].any()


@pytest.mark.parametrize(
    ("values", "axis", "sign"),
    [({"HeadYaw": 27.0}, 0, 1), ({"HeadPitch": 27.0}, 1, 1), ({"HeadYaw": -27.0}, 0, -1)],
)
def test_the_head_turns_about_its_neck(values: dict[str, float], axis: int, sign: int) -> None:
    model = load_face_model(None)
    blender = Blender(model)
    nose = int(np.argmax(model.vertices[:, 2]))
    out = blender.blend(row(**values))
    assert sign * (out[nose] - model.vertices[nose])[axis] > 1.0
    before = np.linalg.norm(model.vertices[nose] - model.neck)
    assert np.linalg.norm(out[nose] - model.neck) == pytest.approx(before, rel=1e-3)
    still = blender.blend(row(**values), turn_head=False)
    assert np.array_equal(still, model.vertices)
    face = model.vertices[:, 1] >= head_box(model).chin
    turned = out[face] - model.neck
    np.testing.assert_allclose(
        np.linalg.norm(turned, axis=1),
        np.linalg.norm(model.vertices[face] - model.neck, axis=1),
        rtol=1e-3,
        atol=1e-3,
        err_msg="the face keeps its form",
    )
    base = int(np.argmin(model.vertices[:, 1]))
    assert np.linalg.norm(out[base] - model.vertices[base]) < 0.5


def test_normals_of_a_sphere_point_outwards() -> None:
    angle, height = np.meshgrid(np.linspace(0, 2 * np.pi, 24, endpoint=False), np.linspace(-0.9, 0.9, 12))
    ring = np.sqrt(1 - height**2)
    sphere = np.stack([ring * np.cos(angle), ring * np.sin(angle), height], axis=-1).reshape(-1, 3)
    quads = [
        (r * 24 + c, r * 24 + (c + 1) % 24, (r + 1) * 24 + (c + 1) % 24, (r + 1) * 24 + c)
        for r in range(11)
        for c in range(24)
    ]
    triangles = np.array([t for a, b, c, d in quads for t in ((a, b, c), (a, c, d))], np.int32)
    normals = vertex_normals(sphere.astype(np.float32), triangles)
    assert np.einsum("ij,ij->i", normals, sphere).min() > 0.9
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1.0, atol=1e-5)


def test_a_seam_of_doubled_vertices_stays_smooth_but_parting_lips_do_not_join() -> None:
    model = small_head(with_eyes=False)
    vertices = model.vertices.copy()
    deltas = model.deltas.copy()
    vertices[1], deltas[:, 1] = vertices[0], deltas[:, 0]
    vertices[5] = vertices[4]
    doubled = FaceModel("doubled", vertices, model.triangles, deltas, model.parts, model.neck)
    joined = weld(doubled)
    assert joined is not None and joined[1] == joined[0] and joined[5] != joined[4]
    normals = VertexNormals(doubled.triangles, 300, joined).of(vertices)
    assert np.array_equal(normals[0], normals[1])
    assert weld(model) is None


def test_distances_are_millimetres() -> None:
    model = small_head(mm_per_unit=10.0)
    moved = model.vertices + np.array([0.3, 0.4, 0.0], np.float32)
    np.testing.assert_allclose(distance_mm(model, model.vertices, moved), 5.0, rtol=1e-4)


def test_a_row_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(ValueError, match="61"):
        Blender(small_head()).blend(np.zeros(52))
