"""Decisions that rounding must not make: what is equal, or 0, up to the last digits of a float."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from tests.viewer.core.glb_writer import Glb, blob, head_shapes
from viewer.core.blend import weld
from viewer.core.channels import CHANNEL_COUNT, INDEX, SHAPE_COUNT
from viewer.core.edges import shown_edges
from viewer.core.face_model import Eyeball, FaceModel, FloatArray, IntArray, Part
from viewer.core.formats import keyframeface
from viewer.core.head_box import head_box
from viewer.core.heat import heat_scale
from viewer.core.models import load_face_model
from viewer.core.models.anatomy import mm_per_unit, neck_pivot, upright
from viewer.core.models.eye_drawing import with_drawn_eyes
from viewer.core.models.gltf_eyes import Bound, eyes_of_bones
from viewer.core.models.shading import _along
from viewer.core.track import Track

SEEDS = range(12)
SAME = np.eye(3)


def shaken(seed: int, places: npt.ArrayLike, size: float = 1e-7) -> FloatArray:
    """The places with noise in their last digits."""
    exact = np.asarray(places, np.float64)
    return (exact + np.random.default_rng(seed).uniform(-size, size, exact.shape)).astype(np.float32)


def deltas_of(vertices: FloatArray) -> FloatArray:
    """The 52 shapes of a head about 0.2 high, (52, N, 3)."""
    return np.stack(list(head_shapes(vertices).values()))


def face_model(vertices: FloatArray, triangles: IntArray, deltas: FloatArray | None = None) -> FaceModel:
    moved = np.zeros((SHAPE_COUNT, *vertices.shape), np.float32) if deltas is None else deltas
    part = Part("all", "skin", 0, len(triangles), (1, 1, 1))
    return FaceModel("made", vertices, triangles, moved, (part,), neck=np.zeros(3, np.float32))


# Where a head looks


def mask() -> FloatArray:
    """A flat face at z = 0, 0.2 wide and high."""
    x, y = np.meshgrid(np.linspace(-0.1, 0.1, 21), np.linspace(-0.1, 0.1, 21))
    return np.column_stack([x.ravel(), y.ravel(), np.zeros(x.size)]).astype(np.float32)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_flat_face_is_not_taken_for_a_mirrored_one(seed: int) -> None:
    deltas = deltas_of(mask())
    np.testing.assert_array_equal(upright(shaken(seed, mask()), deltas), SAME)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_head_turned_half_way_to_another_axis_stays_as_it_is(seed: int) -> None:
    vertices, _ = blob((0, 0, 0), 0.1, 12)
    half = np.sqrt(0.5)
    turn = np.array([[half, 0, half], [0, 1, 0], [-half, 0, half]])
    np.testing.assert_array_equal(
        upright(shaken(seed, vertices @ turn.T), shaken(seed, deltas_of(vertices) @ turn.T, 1e-9)), SAME
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_eyes_at_one_place_tell_neither_axes_nor_size(seed: int) -> None:
    vertices, _ = blob((0, 0, 0), 0.1, 12)
    deltas = deltas_of(vertices)
    deltas[INDEX["EyeBlinkRight"]] = shaken(seed, deltas[INDEX["EyeBlinkLeft"]], 1e-8)
    np.testing.assert_array_equal(upright(vertices, deltas), SAME)
    assert mm_per_unit(vertices, deltas, (1000.0, 1.0)) == (1000.0, False)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_shape_that_only_rounding_moves_shows_no_place(seed: int) -> None:
    vertices, triangles = blob((0, 0, 0), 0.1, 12)
    still = deltas_of(vertices)
    names = [INDEX[name] for name in ("EyeBlinkRight", "MouthPucker", "JawOpen")]
    still[names] = 0
    noisy = still.copy()
    noisy[names] = shaken(seed, still[names], 1e-6)
    np.testing.assert_array_equal(upright(vertices, noisy), SAME)
    assert mm_per_unit(vertices, noisy, (1000.0,)) == (1000.0, False)
    np.testing.assert_array_equal(neck_pivot(vertices, noisy), neck_pivot(vertices, still))
    rows = triangles.astype(np.int32)
    assert (
        head_box(face_model(vertices, rows, noisy)).chin == head_box(face_model(vertices, rows, still)).chin
    )


@pytest.mark.parametrize("degrees", [1, 7, 13, 29, 31, 37])
def test_a_flattened_mesh_keeps_its_sides(tmp_path: Path, degrees: int) -> None:
    """A matrix that flattens along a slanted line has a determinant of 0, give or take rounding."""
    glb = Glb()
    vertices, triangles = blob((0, 0, 0), 0.1, 12)
    targets = {name: glb.accessor(delta) for name, delta in head_shapes(vertices).items()}
    half = np.radians(degrees) / 2
    slant = np.array([0.6, 0.64, 0.48]) * np.sin(half)
    mesh = glb.mesh(glb.accessor(vertices), glb.accessor(triangles.reshape(-1)), targets)
    back = glb.node(root=False, mesh=mesh, rotation=[*slant, np.cos(half)])
    flat = glb.node(root=False, scale=[1, 1, 0], children=[back])
    glb.node(rotation=[*-slant, np.cos(half)], children=[flat])
    model = load_face_model(glb.save(tmp_path / "flat.glb"))
    np.testing.assert_array_equal(model.triangles, triangles)


# Eyes


@pytest.mark.parametrize("shares", [(0.5, 0.5), (127 / 255, 128 / 255), (0.1 + 0.2 + 0.2, 0.5 - 1e-8)])
def test_a_vertex_that_head_and_eye_share_evenly_is_the_heads(shares: tuple[float, float]) -> None:
    count = 30
    joints = np.tile([0, 1, 2, 0], (3 * count, 1))
    weights = np.zeros((3 * count, 4), np.float32)
    weights[:count, 1] = weights[count : 2 * count, 2] = 1
    weights[2 * count :, 0], weights[2 * count :, 1] = shares
    places = {node: np.eye(4) for node in range(3)}
    bound = Bound(0, (0, 1, 2), joints, weights)
    eyes = eyes_of_bones({0: "Head", 1: "LeftEye", 2: "RightEye"}, places, [bound])
    assert eyes is not None
    assert (eyes[0].indices.tolist(), eyes[1].indices.tolist()) == (
        list(range(count)),
        list(range(count, 2 * count)),
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_an_iris_that_ends_where_the_white_does_is_seen(seed: int) -> None:
    ball, rows = blob((0, 0, 0), 0.012, 6)
    count = len(ball)
    vertices = shaken(seed, np.concatenate([ball, ball]), 1e-9)
    triangles = np.concatenate([rows, rows + count]).astype(np.int32)
    model = replace(
        face_model(vertices, triangles),
        mm_per_unit=1000.0,
        parts=(
            Part("white", "sclera", 0, len(rows), (1, 1, 1)),
            Part("iris", "iris", len(rows), len(rows), (0, 0, 0)),
        ),
        eyes=(
            Eyeball(np.zeros(3, np.float32), np.arange(count, dtype=np.int32)),
            Eyeball(np.zeros(3, np.float32), np.arange(count, 2 * count, dtype=np.int32)),
        ),
    )
    assert with_drawn_eyes(model) is model


# Meshes


@pytest.mark.parametrize("seed", SEEDS)
def test_equal_sides_are_no_diagonals(seed: int) -> None:
    """A strip of triangles with three equal sides, of which none is a quad's diagonal."""
    k = np.arange(40)
    points = np.column_stack([0.5 * k, np.where(k % 2, np.sqrt(0.75), 0), 0 * k])
    triangles = np.column_stack([k[:-2], k[1:-1], k[2:]]).astype(np.int32)
    assert len(shown_edges(shaken(seed, points), triangles)) == 38 + 39


@pytest.mark.parametrize("seed", SEEDS)
def test_a_seam_whose_halves_were_rounded_apart_is_welded(seed: int) -> None:
    vertices, triangles = blob((0, 0, 0), 1.0, 12)
    count = len(vertices)
    deltas = np.random.default_rng(seed).normal(0, 0.05, (SHAPE_COUNT, count, 3)).astype(np.float32)
    doubled = face_model(
        np.concatenate([vertices, shaken(seed, vertices, 5e-8)]),
        np.concatenate([triangles, triangles + count]).astype(np.int32),
        np.concatenate([deltas, shaken(seed, deltas, 3e-9)], axis=1),
    )
    joined = weld(doubled)
    assert joined is not None
    np.testing.assert_array_equal(joined, np.tile(np.arange(count), 2))


def test_faces_moved_by_exactly_a_millimetre_need_no_larger_scale() -> None:
    for each in (1.0, np.nextafter(np.float32(1), np.float32(2)), np.float32(0.1) * np.float32(10.0)):
        assert heat_scale(np.full(50, each, np.float32), 0.0).top == 1.0
    assert heat_scale(np.full(50, 1.01, np.float32), 0.0).top == 2.0


def test_light_is_measured_in_steps_that_every_processor_rounds_alike() -> None:
    random = np.random.default_rng(0)
    points, way = random.normal(size=(500, 3)).astype(np.float32), random.normal(size=3)
    x, y, z = way.astype(np.float32)
    steps = [(np.float32(a * x) + np.float32(b * y)) + np.float32(c * z) for a, b, c in points]
    np.testing.assert_array_equal(_along(points, way), np.array(steps, np.float32))


# Time


@pytest.mark.parametrize("fps", [24.0, 30.0, 60.0, 119.88])
def test_half_way_between_two_frames_the_earlier_one_says_whether_the_face_was_lost(fps: float) -> None:
    count = 400
    valid = np.arange(count) % 2 == 0
    values = np.zeros((count, CHANNEL_COUNT), np.float32)
    track = Track.build(17.3 + np.arange(count) / fps, values, valid)
    half_way = (np.arange(count - 1) + 0.5) / fps
    np.testing.assert_array_equal(np.isnan(track.sample(half_way)[:, 0]), ~valid[:-1])


@pytest.mark.parametrize("start", [1 / 60, 78 / 60, 428 / 60])
def test_keyframes_half_a_second_apart_are_written_one_by_one(tmp_path: Path, start: float) -> None:
    track = Track.build(start + np.arange(3) / 2, np.zeros((3, CHANNEL_COUNT), np.float32))
    keyframeface.write(track, tmp_path / "keys.jsonl")
    assert len((tmp_path / "keys.jsonl").read_text("utf-8").splitlines()) == 3
