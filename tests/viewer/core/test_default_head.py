"""The default head: what it has, that it is the build script's, and that its shapes hold together."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from tests.viewer.core.head_geometry import build_scripts
from viewer.core.channels import CHANNELS, INDEX, MIRROR_INDEX, SHAPES
from viewer.core.errors import FaceModelError
from viewer.core.face_model import FaceModel
from viewer.core.models.arrays import save_npz
from viewer.core.models.head import HEAD_FILE, load_default_head, read_head

SIDED = [channel.name for channel in SHAPES if channel.side != "middle"]
SLIDES = {"JawLeft", "JawRight", "MouthLeft", "MouthRight"}
BUILT_ALIKE = (
    "triangles",
    "colours",
    "part_names",
    "part_materials",
    "part_ranges",
    "eye_ranges",
    "shape_names",
    "corrective_channels",
    "source_hash",
)
IMPOSSIBLE = (-getattr(signal, "SIGILL", 4), 0xC000001D)
"""How a program ends that meets an instruction its processor does not have; on Windows the latter."""


@pytest.fixture(scope="module")
def model() -> FaceModel:
    return load_default_head()


@pytest.fixture(scope="module")
def cage() -> Any:
    """The layout that the build script lays out; its vertices are the first of the head."""
    return build_scripts("cage")[0].build()


def test_it_has_what_a_viewport_character_needs(model: FaceModel) -> None:
    assert 8_000 <= len(model.vertices) <= 15_000
    assert len(model.shape_names) == len(SHAPES)
    assert model.mm_per_unit == 10.0
    assert {part.material for part in model.parts} >= {
        "skin",
        "lips",
        "sclera",
        "iris",
        "pupil",
        "teeth",
        "gums",
        "tongue",
        "mouth",
        "brows",
        "lashes",
    }
    runs = sorted((part.first, part.first + part.count) for part in model.parts)
    assert runs[0][0] == 0 and runs[-1][1] == len(model.triangles)
    assert all(end == start for (_, end), (start, _) in pairwise(runs))
    assert model.colours is not None and model.colours.shape == model.vertices.shape
    assert model.eyes is not None and model.eyes[0].centre[0] > 0 > model.eyes[1].centre[0]
    height = np.ptp(model.vertices[:, 1])
    assert 22 < height < 35
    assert HEAD_FILE.stat().st_size < 2_500_000


def test_every_shape_moves_something(model: FaceModel) -> None:
    reach = np.linalg.norm(model.deltas, axis=2).max(axis=1)
    still = [channel.name for channel, far in zip(SHAPES, reach, strict=True) if far < 0.1]
    assert still == []


def test_head_file_was_built_from_these_sources() -> None:
    (sculpt,) = build_scripts("sculpt")
    with np.load(HEAD_FILE, allow_pickle=False) as file:
        assert str(file["source_hash"]) == sculpt.source_hash(), "run resources/head/sculpt.py"


def assert_same_head(file: Path) -> None:
    """``file`` holds the head that comes with the program.

    What is counted, named or painted is equal.  What is measured may differ by one step of how it
    is stored, because a figure half way between two steps goes to either of them: for places that
    is a step of float32 at the head's largest coordinate (2e-6 cm), for motions one of the 32767
    from nothing to the shape's largest (at most 1e-4 cm).
    """
    with np.load(file, allow_pickle=False) as built, np.load(HEAD_FILE, allow_pickle=False) as shipped:
        assert set(built.files) == set(shipped.files)
        for name in BUILT_ALIKE:
            np.testing.assert_array_equal(built[name], shipped[name], err_msg=name)
        for name in ("vertices", "eye_centres", "neck", "part_colours"):
            step = float(np.spacing(np.abs(shipped[name]).max()))
            np.testing.assert_allclose(built[name], shipped[name], rtol=0, atol=step, err_msg=name)
        for name in ("delta", "corrective"):
            step_of_each = shipped[f"{name}_scale"].astype(float)[:, None, None]
            apart = np.abs(unpacked(built, name) - unpacked(shipped, name))
            # The steps themselves differ in the last place of a float32.
            assert (apart <= 1.01 * step_of_each).all(), f"{name}: {(apart / step_of_each).max()} steps"


def unpacked(file: Any, name: str) -> npt.NDArray[np.float64]:
    """The motions (K, N, 3) under ``name`` in a file of the head, cm."""
    out = np.zeros((len(file[f"{name}_scale"]), len(file["vertices"]), 3))
    owner = np.repeat(np.arange(len(out)), np.diff(file[f"{name}_start"]))
    figures = file[f"{name}_values"] * file[f"{name}_scale"].astype(float)[owner, None]
    out[owner, file[f"{name}_index"]] = figures
    return out


@pytest.mark.slow
@pytest.mark.parametrize("kernel", [None, "Haswell", "Prescott"])
def test_building_again_gives_the_same_head(kernel: str | None, tmp_path: Path) -> None:
    """On this processor, and with the arithmetic of another: OpenBLAS chooses its kernel by the
    processor, and numpy its loops, here the plainest beside the oldest kernel."""
    out = tmp_path / "head.npz"
    env = {name: value for name, value in os.environ.items() if not name.startswith("OPENBLAS_")}
    if kernel is not None:
        env["OPENBLAS_CORETYPE"] = kernel
    if kernel == "Prescott":
        env["NPY_DISABLE_CPU_FEATURES"] = " ".join(optional_features())
    script = [sys.executable, str(HEAD_FILE.with_name("sculpt.py")), str(out)]
    ran = subprocess.run(script, env=env, capture_output=True, text=True)
    if kernel is not None and ran.returncode in IMPOSSIBLE:
        pytest.skip(f"this processor lacks the instructions of the {kernel} kernel")
    assert ran.returncode == 0, ran.stderr
    assert_same_head(out)


def optional_features() -> list[str]:
    """The instructions beyond its base line that numpy uses on this processor."""
    found: list[str] = np.show_config(mode="dicts")["SIMD Extensions"].get("found", [])
    return found


@pytest.mark.slow
def test_noise_of_the_arithmetic_does_not_change_the_head(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever kernel computes: with 1e-9 cm of noise, as much as the motions of two kernels differ by,
    nothing is decided otherwise."""
    handles, neutral, sculpt = build_scripts("handles", "neutral", "sculpt")
    random = np.random.default_rng(0)

    def noisy(compute: Any) -> Any:
        def computed(*args: Any) -> npt.NDArray[np.float64]:
            found = compute(*args)
            return np.asarray(found + random.uniform(-1e-9, 1e-9, found.shape))

        return computed

    for step in ("along", "surface", "formed"):
        monkeypatch.setattr(neutral, step, noisy(getattr(neutral, step)))
    monkeypatch.setattr(handles.Spread, "__call__", noisy(handles.Spread.__call__))
    out = tmp_path / "head.npz"
    monkeypatch.setattr(sys, "argv", ["sculpt.py", str(out)])
    assert sculpt.main() == 0
    assert_same_head(out)


@pytest.mark.slow
def test_a_midline_vertex_belongs_to_both_halves_alike(cage: Any) -> None:
    on_midline = cage.mirror == np.arange(cage.count)
    assert set(cage.left_share) == {0.0, 0.5, 1.0}
    np.testing.assert_array_equal(cage.left_share == 0.5, on_midline)
    np.testing.assert_array_equal(cage.left_share + cage.left_share[cage.mirror], 1.0)
    places = build_scripts("neutral")[0].skin(cage)
    assert (places[on_midline, 0] == 0).all()
    assert (places[cage.left_share == 1, 0] > 0.01).all()
    np.testing.assert_array_equal(places[cage.mirror] * [-1, 1, 1], places)


@pytest.mark.slow
def test_its_shapes_move_as_those_of_the_reference(model: FaceModel, shared: Path, tmp_path: Path) -> None:
    save_npz(model, tmp_path / "head.npz")
    judge = [sys.executable, str(shared / "reference" / "compare_head.py"), str(tmp_path / "head.npz")]
    subprocess.run([*judge, "--json", str(tmp_path / "score.json")], check=True, capture_output=True)
    assert json.loads((tmp_path / "score.json").read_text("utf-8"))["score"] >= 0.88


def test_a_broken_file_is_a_fault_with_its_name(tmp_path: Path) -> None:
    contents = {"empty.npz": b"", "text.npz": b"no head", "cut.npz": HEAD_FILE.read_bytes()[:5000]}
    for name, content in contents.items():
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(FaceModelError) as caught:
            read_head(path)
        assert name in str(caught.value)
    with pytest.raises(FaceModelError):
        read_head(tmp_path / "absent.npz")
    with pytest.raises(FaceModelError):
        read_head(Path(tmp_path))


def test_left_and_right_are_exact_mirror_images(model: FaceModel, cage: Any) -> None:
    count, image = cage.count, cage.mirror
    flip = np.array([-1, 1, 1])
    np.testing.assert_allclose(model.vertices[:count][image] * flip, model.vertices[:count], atol=1e-6)
    for channel in SHAPES:
        other = model.deltas[MIRROR_INDEX[channel.index], :count]
        np.testing.assert_allclose(
            model.deltas[channel.index, :count][image] * flip, other, atol=2e-4, err_msg=channel.name
        )


def test_correctives_of_one_side_have_their_mirror_image(model: FaceModel, cage: Any) -> None:
    assert model.correctives is not None
    count, image = cage.count, cage.mirror
    added = np.zeros((len(model.correctives.channels), len(model.vertices), 3))
    added[:, model.correctives.index] = model.correctives.deltas
    other = np.array([*MIRROR_INDEX, -1])
    rows = {tuple(sorted(row)): k for k, row in enumerate(model.correctives.channels.tolist())}
    for k, row in enumerate(model.correctives.channels):
        twin = rows[tuple(sorted(other[row].tolist()))]
        moved = added[k, :count][image] * [-1, 1, 1]
        np.testing.assert_allclose(moved, added[twin, :count], atol=4e-3, err_msg=str(row))


@pytest.mark.parametrize("name", [name for name in SIDED if name not in SLIDES])
def test_one_sided_shapes_stay_on_their_side(model: FaceModel, name: str) -> None:
    energy = (model.deltas[INDEX[name]] ** 2).sum(axis=1)
    own = model.vertices[:, 0] > 0 if name.endswith("Left") else model.vertices[:, 0] < 0
    assert energy[own].sum() / energy.sum() >= 0.9


@pytest.mark.parametrize("direction", ["Left", "Right"])
def test_jaw_and_mouth_slide_to_the_named_side(model: FaceModel, direction: str) -> None:
    sign = 1 if direction == "Left" else -1
    for name in ("Jaw" + direction, "Mouth" + direction):
        assert sign * model.deltas[INDEX[name], :, 0].sum() > 0


def test_skin_is_closed_but_for_eyes_and_neck(model: FaceModel) -> None:
    parts = [part for part in model.parts if part.name in ("skin", "lips", "mouth")]
    skin = np.concatenate([model.triangles[part.first : part.first + part.count] for part in parts])
    edges = np.concatenate([skin[:, [0, 1]], skin[:, [1, 2]], skin[:, [2, 0]]])
    way, back = (edges.astype(np.int64) @ turn for turn in ([1 << 32, 1], [1, 1 << 32]))
    assert len(np.unique(way)) == len(edges)
    following = dict(edges[~np.isin(way, back)].tolist())
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
        ("EyeLookUpLeft", 1, 1),
        ("EyeLookDownLeft", 1, -1),
        ("EyeLookInLeft", 0, -1),
        ("EyeLookOutLeft", 0, 1),
        ("EyeLookUpRight", 1, 1),
        ("EyeLookDownRight", 1, -1),
        ("EyeLookInRight", 0, 1),
        ("EyeLookOutRight", 0, -1),
    ],
)
def test_gaze_turns_the_right_pupil_the_right_way(model: FaceModel, name: str, axis: int, sign: int) -> None:
    assert model.eyes is not None
    side = "left" if name.endswith("Left") else "right"
    pupil = next(part for part in model.parts if part.name == f"{side} pupil")
    ids = np.unique(model.triangles[pupil.first : pupil.first + pupil.count])
    moved = model.deltas[INDEX[name], ids].mean(axis=0)
    radius = 1.4
    assert sign * moved[axis] > 0.35 * radius
    assert np.abs(np.delete(moved[:2], axis)).max() < 0.05
    other = model.eyes[1 if side == "left" else 0].indices
    assert np.abs(model.deltas[INDEX[name], other]).max() == 0


def test_lower_teeth_ride_on_the_jaw_and_upper_teeth_stay(model: FaceModel) -> None:
    def moved(name: str, part_name: str) -> float:
        part = next(p for p in model.parts if p.name == part_name)
        ids = np.unique(model.triangles[part.first : part.first + part.count])
        return float(np.linalg.norm(model.deltas[INDEX[name], ids], axis=1).max())

    assert moved("JawOpen", "lower teeth") > 2
    assert all(moved(channel.name, "upper teeth") == 0 for channel in CHANNELS[:52])
    assert moved("TongueOut", "tongue") > 2
