"""The script for Blender, run against a stand-in that keeps keys as Blender does: by data path and frame."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from viewer.core import formats
from viewer.core.channels import CHANNEL_COUNT, INDEX, NAMES, SHAPE_COUNT, match
from viewer.core.errors import TrackError
from viewer.core.pose import rotation_matrix
from viewer.core.track import Track

Run = Callable[..., dict[str, Any]]


class _Action(dict[str, Any]):
    """An action with custom properties; its users are the owners that show it."""

    users = 0


class _Owner:
    """What owns an animation."""

    def __init__(self) -> None:
        self.animation_data: Any = None
        self.keys: dict[tuple[str, str], dict[float, Any]] = {}

    def insert(self, of: str, path: str, frame: float, value: Any) -> None:
        if self.animation_data is None:
            self.animation_data = SimpleNamespace(action=None)
        if self.animation_data.action is None:
            self.animation_data.action = _Action()
            self.keys = {}
        self.keys.setdefault((of, path), {})[frame] = value


class _Block:
    def __init__(self, name: str, keys: _Owner) -> None:
        self.name, self.value, self.owner = name, 0.0, keys
        self.slider_min, self.slider_max = 0.0, 1.0

    def keyframe_insert(self, path: str, *, frame: float) -> None:
        self.owner.insert(self.name, path, frame, getattr(self, path))


class _Object(_Owner):
    def __init__(self, name: str, kind: str = "EMPTY", blocks: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.name, self.type = name, kind
        self.parent: _Object | None = None
        self.modifiers: tuple[SimpleNamespace, ...] = ()
        self.rotation_mode, self.rotation_quaternion = "XYZ", (1.0, 0.0, 0.0, 0.0)
        keys: Any = _Owner()
        keys.key_blocks = [_Block(each, keys) for each in blocks]
        self.data = SimpleNamespace(name=f"{name} mesh", shape_keys=keys if blocks else None)

    def keyframe_insert(self, path: str, *, frame: float) -> None:
        self.insert("", path, frame, getattr(self, path))


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a script with these objects selected, the first one active, at ``fps`` frames a second."""

    made: dict[str, _Object] = {}

    def new(name: str, _data: None) -> _Object:
        made[name] = _Object(name)
        return made[name]

    def run(path: Path, *chosen: _Object, fps: int = 24) -> dict[str, Any]:
        bpy: Any = ModuleType("bpy")
        render = SimpleNamespace(fps=fps, fps_base=1.0)
        linked = SimpleNamespace(objects=SimpleNamespace(link=lambda _object: None))
        active = chosen[0] if chosen else None
        bpy.context = SimpleNamespace(
            scene=SimpleNamespace(render=render, frame_start=1, collection=linked),
            view_layer=SimpleNamespace(objects=SimpleNamespace(active=active)),
            selected_objects=list(chosen),
        )
        bpy.data = SimpleNamespace(
            objects=SimpleNamespace(get=made.get, new=new),
            actions=SimpleNamespace(remove=lambda _action: None),
        )
        monkeypatch.setitem(sys.modules, "bpy", bpy)
        names: dict[str, Any] = {"made": made}
        exec(compile(path.read_text("utf-8"), str(path), "exec"), names)
        return names

    return run


@pytest.fixture
def track() -> Track:
    """Ten frames at 30 a second; one lost, BrowInnerUp never measured."""
    values = np.random.default_rng(4).uniform(-0.02, 1.05, (10, CHANNEL_COUNT)).astype(np.float32)
    values[:, SHAPE_COUNT:] *= 40
    present = np.ones(CHANNEL_COUNT, bool)
    present[INDEX["BrowInnerUp"]] = False
    values[:, ~present] = 0
    valid = np.arange(10) != 4
    return Track.build(np.arange(10) / 30, values, valid, present=present, name="@TRACK@ '''\n\"")


def test_keys_lie_at_the_times_of_the_track_and_only_once(
    run: Run, track: Track, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    formats.write(track, tmp_path / "a.py")
    imports = [
        node for node in ast.walk(ast.parse((tmp_path / "a.py").read_text())) if isinstance(node, ast.Import)
    ]
    assert {name.name for node in imports for name in node.names} == {"bpy", "json", "math"}
    face = _Object("Face", "MESH", ("Basis", "eyeBlink_L", "blendShape1.jawOpen", "browInnerUp", "viseme_aa"))
    teeth = _Object("Teeth", "MESH", ("JawOpen",))
    face.parent = head = _Object("Head.001")
    for rate in (25, 24):
        run(tmp_path / "a.py", face, teeth, fps=rate)
        frames = [1 + time * rate for time in track.times[track.valid]]
        for mesh, block, name in (
            (face, "eyeBlink_L", "EyeBlinkLeft"),
            (face, "blendShape1.jawOpen", "JawOpen"),
            (teeth, "JawOpen", "JawOpen"),
        ):
            keys = mesh.data.shape_keys.keys[block, "value"]
            assert list(keys) == pytest.approx(frames)
            np.testing.assert_array_equal(
                np.array(list(keys.values()), np.float32), track.values[track.valid, INDEX[name]]
            )
        assert len(face.data.shape_keys.keys) == 2
        turns = head.keys["", "rotation_quaternion"]
        assert list(turns) == pytest.approx(frames)
    to_blender = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]])
    for (w, x, y, z), angles in zip(turns.values(), track.rotations_degrees[track.valid], strict=True):
        matrix = np.eye(3) + 2 * w * _cross(x, y, z) + 2 * _cross(x, y, z) @ _cross(x, y, z)
        ours = to_blender @ rotation_matrix(*np.radians(angles[:3])) @ to_blender.T
        np.testing.assert_allclose(matrix, ours, atol=1e-6)
    told = capsys.readouterr().out
    assert "9 frames, 2 channels on 2 meshes" in told and "not in the track: browInnerUp" in told
    assert "no shape key for: eyeLookDownLeft" in told and "the object Head.001" in told


def _cross(x: float, y: float, z: float) -> np.ndarray:
    return np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])


def test_a_bone_turns_about_its_own_rest_and_else_an_empty_is_made(
    run: Run, track: Track, tmp_path: Path
) -> None:
    formats.write(track, tmp_path / "a.py")
    script = run(tmp_path / "a.py")
    empty = script["made"]["KeyframeFace head"]
    plain = empty.keys["", "rotation_quaternion"]
    face, rig = _Object("Face", "MESH", ("jawOpen",)), _Object("Rig", "ARMATURE")
    face.modifiers = (SimpleNamespace(type="SUBSURF"), SimpleNamespace(type="ARMATURE", object=rig))
    half = np.sqrt(0.5)
    rest = (half, half, 0.0, 0.0)
    bone: Any = SimpleNamespace(name="head", rotation_mode="XYZ", rotation_quaternion=None)
    bone.bone = SimpleNamespace(matrix_local=SimpleNamespace(to_quaternion=lambda: rest))
    bone.keyframe_insert = lambda path, frame: rig.insert("head", path, frame, bone.rotation_quaternion)
    rig.pose = SimpleNamespace(bones={"head": bone})  # type: ignore[attr-defined]
    names = run(tmp_path / "a.py", face)
    turned = rig.keys["head", "rotation_quaternion"]
    assert bone.rotation_mode == "QUATERNION" and list(turned) == list(plain)
    product = names["product"]
    for frame, local in turned.items():
        whole = product(product(rest, local), (half, -half, 0.0, 0.0))
        np.testing.assert_allclose(abs(np.dot(whole, plain[frame])), 1.0, atol=1e-9)


def test_names_are_matched_as_everywhere(run: Run, track: Track, tmp_path: Path) -> None:
    formats.write(track, tmp_path / "a.py")
    plain = run(tmp_path / "a.py")["plain"]
    spelled = [
        *NAMES[:SHAPE_COUNT],
        "eyeBlink_l",
        "eyeBlink.L",
        "blendShape1.eyeBlink_L",
        "head|mouthSmile_R",
    ]
    for name in [*spelled, *(name[:1].lower() + name[1:] for name in NAMES[:SHAPE_COUNT])]:
        channel = match(name)
        assert channel is not None and plain(name) == channel.name.lower()
    assert {plain(name) for name in ("Basis", "viseme_aa", "")}.isdisjoint(map(str.lower, NAMES))


def test_a_script_is_written_whole_or_not_at_all_and_never_read(track: Track, tmp_path: Path) -> None:
    gone = track.replaced(valid=np.zeros(len(track), bool))
    with pytest.raises(TrackError, match="lost in all"):
        formats.write(gone, tmp_path / "a.py")
    assert not (tmp_path / "a.py").exists()
    formats.write(track, tmp_path / "a.py")
    with pytest.raises(TrackError, match="only written"):
        formats.read(tmp_path / "a.py")
