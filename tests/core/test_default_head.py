"""The default head: what it has, that it is the build script's, and that its shapes hold together."""

from __future__ import annotations

import sys
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from tests.core.head_geometry import build_scripts
from viewer.core.channels import CHANNELS, INDEX, MIRROR_INDEX, SHAPES
from viewer.core.errors import FaceModelFault
from viewer.core.models.head import HEAD_FILE, load_default_head, read_head

FOLDER = HEAD_FILE.parent
SIDED = [channel.name for channel in SHAPES if channel.side != "middle"]
SLIDES = {"JawLeft", "JawRight", "MouthLeft", "MouthRight"}


@pytest.fixture(scope="module")
def model():
    return load_default_head()


@pytest.fixture(scope="module")
def sources():
    """The build script's modules; its skin vertices are the first of the head."""
    cage, sculpt = build_scripts("cage", "sculpt")
    return SimpleNamespace(cage=cage, sculpt=sculpt, skin=cage.build())


def test_it_has_what_a_viewport_character_needs(model):
    assert 8_000 <= len(model.vertices) <= 15_000
    assert len(model.shape_names) == len(SHAPES)
    assert model.mm_per_unit == 10.0
    assert {part.material for part in model.parts} >= {
        "skin", "lips", "sclera", "iris", "pupil", "teeth", "gums", "tongue", "mouth", "brows", "lashes",
    }
    runs = sorted((part.first, part.first + part.count) for part in model.parts)
    assert runs[0][0] == 0 and runs[-1][1] == len(model.triangles)
    assert all(end == start for (_, end), (start, _) in pairwise(runs))
    assert model.colours is not None and model.colours.shape == model.vertices.shape
    assert model.eyes is not None and model.eyes[0].centre[0] > 0 > model.eyes[1].centre[0]
    height = np.ptp(model.vertices[:, 1])
    assert 22 < height < 35
    assert HEAD_FILE.stat().st_size < 2_500_000


def test_every_shape_moves_something(model):
    reach = np.linalg.norm(model.deltas, axis=2).max(axis=1)
    still = [channel.name for channel, far in zip(SHAPES, reach, strict=True) if far < 0.1]
    assert still == []


def test_head_file_was_built_from_these_sources(sources):
    with np.load(HEAD_FILE, allow_pickle=False) as file:
        assert str(file["source_hash"]) == sources.sculpt.source_hash(), "run resources/head/sculpt.py"


def test_building_again_gives_the_same_head(sources, tmp_path, monkeypatch, model):
    out = tmp_path / "head.npz"
    monkeypatch.setattr(sys, "argv", ["sculpt.py", str(out)])
    assert sources.sculpt.main() == 0
    again = read_head(out)
    np.testing.assert_allclose(again.vertices, model.vertices, atol=1e-3)
    np.testing.assert_allclose(again.deltas, model.deltas, atol=2e-3)
    np.testing.assert_array_equal(again.triangles, model.triangles)
    np.testing.assert_array_equal(again.correctives.channels, model.correctives.channels)
    np.testing.assert_allclose(again.correctives.deltas, model.correctives.deltas, atol=2e-3)


def test_a_broken_file_is_a_fault_with_its_name(tmp_path):
    contents = {"empty.npz": b"", "text.npz": b"no head", "cut.npz": HEAD_FILE.read_bytes()[:5000]}
    for name, content in contents.items():
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(FaceModelFault) as caught:
            read_head(path)
        assert name in str(caught.value)
    with pytest.raises(FaceModelFault):
        read_head(tmp_path / "absent.npz")
    with pytest.raises(FaceModelFault):
        read_head(Path(tmp_path))


def test_left_and_right_are_exact_mirror_images(model, sources):
    count, image = sources.skin.count, sources.skin.mirror
    flip = np.array([-1, 1, 1])
    np.testing.assert_allclose(model.vertices[:count][image] * flip, model.vertices[:count], atol=1e-6)
    for channel in SHAPES:
        other = model.deltas[MIRROR_INDEX[channel.index], :count]
        np.testing.assert_allclose(
            model.deltas[channel.index, :count][image] * flip, other, atol=2e-4, err_msg=channel.name
        )


def test_correctives_of_one_side_have_their_mirror_image(model, sources):
    count, image = sources.skin.count, sources.skin.mirror
    added = np.zeros((len(model.correctives.channels), len(model.vertices), 3))
    added[:, model.correctives.index] = model.correctives.deltas
    other = np.array([*MIRROR_INDEX, -1])
    rows = {tuple(sorted(row)): k for k, row in enumerate(model.correctives.channels.tolist())}
    for k, row in enumerate(model.correctives.channels):
        twin = rows[tuple(sorted(other[row].tolist()))]
        moved = added[k, :count][image] * [-1, 1, 1]
        np.testing.assert_allclose(moved, added[twin, :count], atol=4e-3, err_msg=str(row))


@pytest.mark.parametrize("name", [name for name in SIDED if name not in SLIDES])
def test_one_sided_shapes_stay_on_their_side(model, name):
    energy = (model.deltas[INDEX[name]] ** 2).sum(axis=1)
    own = model.vertices[:, 0] > 0 if name.endswith("Left") else model.vertices[:, 0] < 0
    assert energy[own].sum() / energy.sum() >= 0.9


@pytest.mark.parametrize("direction", ["Left", "Right"])
def test_jaw_and_mouth_slide_to_the_named_side(model, direction):
    sign = 1 if direction == "Left" else -1
    for name in ("Jaw" + direction, "Mouth" + direction):
        assert sign * model.deltas[INDEX[name], :, 0].sum() > 0


def test_skin_is_closed_but_for_eyes_and_neck(model):
    parts = [part for part in model.parts if part.name in ("skin", "lips", "mouth")]
    skin = np.concatenate([model.triangles[part.first : part.first + part.count] for part in parts])
    edges = np.concatenate([skin[:, [0, 1]], skin[:, [1, 2]], skin[:, [2, 0]]])
    assert len(np.unique(edges, axis=0)) == len(edges)
    directed = {tuple(edge) for edge in edges.tolist()}
    following = {a: b for a, b in directed if (b, a) not in directed}
    loops = 0
    while following:
        start, at = following.popitem()
        loops += 1
        while at != start:
            at = following.pop(at)
    assert loops == 4, "two eyes, the neck and the pinched end of the throat"


@pytest.mark.parametrize(
    ("name", "axis", "sign"),
    [
        ("EyeLookUpLeft", 1, 1), ("EyeLookDownLeft", 1, -1), ("EyeLookInLeft", 0, -1),
        ("EyeLookOutLeft", 0, 1), ("EyeLookUpRight", 1, 1), ("EyeLookDownRight", 1, -1),
        ("EyeLookInRight", 0, 1), ("EyeLookOutRight", 0, -1),
    ],
)
def test_gaze_turns_the_right_pupil_the_right_way(model, name, axis, sign):
    side = "left" if name.endswith("Left") else "right"
    pupil = next(part for part in model.parts if part.name == f"{side} pupil")
    ids = np.unique(model.triangles[pupil.first : pupil.first + pupil.count])
    moved = model.deltas[INDEX[name], ids].mean(axis=0)
    radius = 1.4
    assert sign * moved[axis] > 0.35 * radius
    assert np.abs(np.delete(moved[:2], axis)).max() < 0.05
    other = model.eyes[1 if side == "left" else 0].indices
    assert np.abs(model.deltas[INDEX[name], other]).max() == 0


def test_lower_teeth_ride_on_the_jaw_and_upper_teeth_stay(model):
    def moved(name: str, part_name: str) -> float:
        part = next(p for p in model.parts if p.name == part_name)
        ids = np.unique(model.triangles[part.first : part.first + part.count])
        return float(np.linalg.norm(model.deltas[INDEX[name], ids], axis=1).max())

    assert moved("JawOpen", "lower teeth") > 2
    assert all(moved(channel.name, "upper teeth") == 0 for channel in CHANNELS[:52])
    assert moved("TongueOut", "tongue") > 2
