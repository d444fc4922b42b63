"""The default head in motion: every shape, and the combinations that faces make, hold together."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.viewer.core.head_geometry import HeadProbe
from viewer.core.channels import SHAPES
from viewer.core.formats import read
from viewer.core.models.head import load_default_head

STEPS = (0.25, 0.5, 0.75, 1.0)
ALONE = [channel.name for channel in SHAPES if channel.name != "MouthClose"]
EYES: list[dict[str, float]] = [
    {"EyeBlink": 1, **other}
    for other in (
        {},
        {"EyeSquint": 1},
        {"CheekSquint": 1},
        {"EyeLookDown": 1},
        {"EyeLookUp": 1},
        {"EyeLookIn": 1},
        {"EyeLookOut": 1},
        {"EyeWide": 1},
        {"BrowDown": 1},
        {"MouthSmile": 1, "CheekSquint": 1},
        {"EyeSquint": 1, "CheekSquint": 1},
        {"EyeSquint": 1, "EyeLookDown": 1},
        {"NoseSneer": 1},
    )
]
MOUTHS: list[dict[str, float]] = [
    {"MouthSmile": 1, "CheekSquint": 1},
    {"MouthSmile": 1, "MouthFrown": 1},
    {"MouthSmile": 1, "JawOpen": 1},
    {"MouthSmile": 1, "MouthFunnel": 1},
    {"MouthSmile": 1, "MouthPucker": 1},
    {"MouthSmile": 1, "MouthPress": 1},
    {"MouthSmile": 1, "MouthDimple": 1},
    {"JawOpen": 1, "MouthFunnel": 1},
    {"JawOpen": 1, "MouthPucker": 1},
    {"JawOpen": 1, "MouthStretch": 1},
    {"JawOpen": 1, "TongueOut": 1},
    {"JawOpen": 1, "MouthRollLower": 1},
    {"JawOpen": 1, "MouthRollUpper": 1},
    {"JawOpen": 1, "JawForward": 1},
    {"JawOpen": 1, "JawLeft": 1},
    {"NoseSneer": 1, "MouthUpperUp": 1},
    {"NoseSneer": 1, "MouthPress": 1},
    {"NoseSneer": 1, "BrowDown": 1},
    {"MouthRollLower": 1, "MouthRollUpper": 1},
    {"MouthShrugLower": 1, "MouthShrugUpper": 1},
    {"MouthShrugLower": 1, "NoseSneer": 1},
    {"MouthUpperUp": 1, "MouthLowerDown": 1},
    {"MouthStretch": 1, "MouthFrown": 1},
    {"MouthFunnel": 1, "MouthPucker": 1},
    {"BrowInnerUp": 1, "BrowDown": 1},
    {"BrowInnerUp": 1, "BrowOuterUp": 1},
    {"JawOpen": 1, "MouthUpperUp": 1, "MouthLowerDown": 1},
]
SEALED: list[dict[str, float]] = [
    {"MouthPress": 1},
    {"MouthFrown": 1},
    {"MouthShrugLower": 1},
    {"MouthRollLower": 1, "MouthRollUpper": 1},
    {"MouthSmile": 1},
    {"CheekPuff": 1},
    {"MouthPucker": 1},
    {"MouthLeft": 1},
    {"MouthDimple": 1},
    {"MouthFrown": 1, "MouthShrugLower": 1, "MouthPress": 1},
]
HELD_SHUT: list[dict[str, float]] = [
    {"MouthPress": 1, "NoseSneer": 1},
    {"MouthPress": 1, "MouthUpperUp": 1},
    {"MouthShrugLower": 1, "NoseSneer": 1},
    {"MouthShrugLower": 1, "MouthUpperUp": 1},
    {"MouthShrugLower": 1, "MouthShrugUpper": 1},
]


def label(weights: dict[str, float]) -> str:
    return "+".join(weights)


def scaled(weights: dict[str, float]) -> list[dict[str, float]]:
    return [{name: weight * step for name, weight in weights.items()} for step in STEPS]


@pytest.fixture(scope="module")
def head() -> HeadProbe:
    return HeadProbe(load_default_head())


@pytest.mark.slow
@pytest.mark.parametrize("name", ALONE)
def test_a_shape_alone_holds_together_on_its_way(head: HeadProbe, name: str) -> None:
    for step in STEPS:
        face = head.posed(**{name: step})
        assert head.lid_clearance(face) > 0, f"a lid cuts into the eyeball at {step}"
        assert head.lip_gaps(face).min() > -1e-3, f"the lips cross at {step}"
        assert head.turned_over(face) == 0, f"skin turns over at {step}"
    assert head.through_lips(face, "upper teeth") < 0
    assert head.through_lips(face, "lower teeth") < 0


@pytest.mark.parametrize("weights", EYES, ids=label)
def test_a_blink_shuts_the_eye_whatever_else_it_does(head: HeadProbe, weights: dict[str, float]) -> None:
    for pose in scaled(weights):
        face = head.posed(**pose)
        assert head.lid_clearance(face) > 0, pose
        assert head.turned_over(face) == 0, pose
    gap = head.lid_gap(head.posed(**weights))
    assert gap.max() < 0.005, "light comes in between the lids"
    assert gap.min() > -0.15, "the upper lid hangs over the lower"


@pytest.mark.parametrize("weights", MOUTHS, ids=label)
def test_common_combinations_hold_together(head: HeadProbe, weights: dict[str, float]) -> None:
    for pose in scaled(weights):
        face = head.posed(**pose)
        assert head.lip_gaps(face).min() > -5e-3, pose
        assert head.lid_clearance(face) > 0, pose
        assert head.turned_over(face) == 0, pose
    for part in ("upper teeth", "lower teeth", "upper gums", "lower gums"):
        assert head.through_lips(face, part) < 0, part


@pytest.mark.parametrize("weights", SEALED, ids=label)
def test_lips_stay_closed_unless_a_shape_parts_them(head: HeadProbe, weights: dict[str, float]) -> None:
    rest = head.lip_gaps(head.posed()).max()
    for pose in scaled(weights):
        face = head.posed(**pose)
        assert head.lip_gaps(face).max() < rest + 0.03, pose
        assert head.lip_steps(face).max() < 0.1, pose


@pytest.mark.parametrize("weights", HELD_SHUT, ids=label)
def test_pressed_or_pushed_up_lips_stay_closed_where_the_upper_is_pulled(
    head: HeadProbe, weights: dict[str, float]
) -> None:
    assert head.lip_gaps(head.posed(**weights)).max() < head.lip_gaps(head.posed()).max() + 0.03


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("extra", [{}, {"MouthPucker": 1}, {"MouthSmile": 1}], ids=label)
def test_mouth_close_seals_the_open_jaw(head: HeadProbe, step: float, extra: dict[str, float]) -> None:
    opened = head.lip_gaps(head.posed(JawOpen=step))
    sealed = head.lip_gaps(head.posed(JawOpen=step, MouthClose=step, **extra))
    assert opened.max() > 2 * step
    assert sealed.min() > -5e-3
    assert sealed.max() < 0.12


def test_the_eyes_can_look_anywhere_while_the_lids_move(head: HeadProbe) -> None:
    for way in ("Up", "Down", "In", "Out"):
        for blink in (0.0, *STEPS):
            face = head.posed(**{f"EyeLook{way}": 1, "EyeBlink": blink, "EyeSquint": 1 - blink})
            assert head.lid_clearance(face) > 0, (way, blink)


def test_the_tongue_stays_behind_the_lips_until_they_have_parted(head: HeadProbe) -> None:
    for step in (0.0, 0.25, 0.5):
        assert head.through_lips(head.posed(TongueOut=step), "tongue") < 0


def test_the_tongue_passes_over_the_teeth_of_an_open_jaw(head: HeadProbe) -> None:
    assert head.tongue_in_teeth(head.posed(TongueOut=1, JawOpen=1)) < 0
    assert head.tongue_in_teeth(head.posed(TongueOut=1, JawOpen=0.6)) < 0.15
    assert head.tongue_in_teeth(head.posed(JawOpen=0.5)) < 0


@pytest.mark.parametrize("name", ["live_link_csv/myslate_3_60fps.csv", "keyframeface/example_result.csv"])
def test_recorded_faces_hold_together(head: HeadProbe, shared: Path, name: str) -> None:
    track = read(shared / "data" / name)
    values = track.values[track.valid]
    for row in values[:: max(1, len(values) // 40)]:
        face = head.blended(row)
        assert head.lid_clearance(face) > 0
        assert head.lip_gaps(face).min() > -0.02
        assert head.turned_over(face) < 4


def test_the_measures_see_what_they_are_for(head: HeadProbe) -> None:
    """Teeth moved forward stand out of the lips, a swollen eyeball reaches the lids."""
    face = head.posed()
    teeth = np.unique(head.triangles("upper teeth"))
    face[teeth, 2] += 2.0
    assert head.through_lips(face, "upper teeth") > 0.5
    face[head.lids] = head.eye.centre + 0.9 * (face[head.lids] - head.eye.centre)
    assert head.lid_clearance(face) < 0
    assert head.turned_over(face * [1, 1, -1]) > 1000
