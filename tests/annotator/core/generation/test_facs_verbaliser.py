"""Words for values, and back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotator.core.generation.facs import limits
from annotator.core.generation.facs.lexicon import lexicon
from annotator.core.generation.facs.sequence import faces
from annotator.core.generation.facs.verbaliser import AUDIBLE, describe_values
from viewer.core.channels import INDEX, MIRROR_INDEX, NAMES, SHAPE_COUNT
from viewer.core.formats import read
from viewer.core.pose import FULL_SCALE, normalized_rows

STRENGTHS = (0.12, 0.2, 0.3, 0.45, 0.58, 0.7, 0.8, 0.95)


def values(**channels: float) -> npt.NDArray[np.float32]:
    found = np.zeros(61, np.float32)
    for name, value in channels.items():
        found[INDEX[name]] = value
    return found


def read_back(text: str) -> npt.NDArray[np.float32]:
    return faces("", "", (text,))[0].values


def cosine(a: npt.NDArray[np.float32], b: npt.NDArray[np.float32]) -> float:
    return float(a @ b / np.sqrt((a @ a) * (b @ b) + 1e-12))


def test_a_resting_face_is_neutral() -> None:
    assert describe_values(np.zeros(61)) == "The face is neutral."
    assert describe_values(np.full(61, 0.02)) == "The face is neutral."


def test_sides_strength_gaze_and_head_are_named() -> None:
    text = describe_values(
        values(
            BrowOuterUpLeft=0.3,
            MouthSmileLeft=0.9,
            MouthSmileRight=0.9,
            EyeLookOutRight=0.5,
            EyeLookInLeft=0.5,
            HeadYaw=0.3,
            EyeBlinkRight=1.0,
        )
    )
    assert text == (
        "The left outer brow lifts slightly, the right eye is closed, and the gaze is turned moderately "
        "to the right. The lip corners pull up very strongly, and the cheeks are relaxed. The head turns "
        "moderately to the left."
    )


def test_two_sides_are_told_apart_only_when_they_differ() -> None:
    even = describe_values(values(MouthPressLeft=0.5, MouthPressRight=0.42))
    uneven = describe_values(values(MouthPressLeft=0.3, MouthPressRight=0.8))
    assert even == "The lips press together moderately."
    assert uneven == "The lips press together strongly on the right side and slightly on the left."


def pair_or_single(stem: str) -> list[str]:
    return [stem] if stem in INDEX else [stem + "Left", stem + "Right"]


@pytest.mark.parametrize("stem", sorted({n.removesuffix("Left").removesuffix("Right") for n in NAMES[:52]}))
def test_each_movement_at_each_strength_comes_back_as_the_same_value(stem: str) -> None:
    if stem in ("Mouth", "Jaw"):
        names = [[stem + "Left"], [stem + "Right"]]
    elif stem.startswith("EyeLook"):
        names = [pair_or_single(stem), [stem + "Left"], [stem + "Right"]]
    else:
        both = pair_or_single(stem)
        names = [both, *([name] for name in both if len(both) > 1)]
    for strength in STRENGTHS:
        for channels in names:
            face = dict.fromkeys(channels, strength)
            if stem == "MouthClose":
                face["JawOpen"] = 0.95
            again = read_back(describe_values(values(**face)))
            for name, value in face.items():
                assert abs(again[INDEX[name]] - value) < 0.09, (name, value, describe_values(values(**face)))


faces_to_describe = st.dictionaries(
    st.integers(0, SHAPE_COUNT + 2),
    st.tuples(st.floats(AUDIBLE, 1.0), st.sampled_from([1.0, 1.0, 0.4, 0.0])),
    min_size=1,
    max_size=14,
)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(faces_to_describe)
def test_the_reader_reads_the_words_back_to_a_similar_face(channels: dict[int, tuple[float, float]]) -> None:
    raw = np.zeros(61, np.float32)
    for channel, (value, other_side) in channels.items():
        raw[channel] = value if channel < SHAPE_COUNT else value * 0.4
        if channel < SHAPE_COUNT and MIRROR_INDEX[channel] != channel:
            raw[MIRROR_INDEX[channel]] = value * other_side
    raw = limits.enforce(raw)
    again = read_back(describe_values(raw))
    if raw[:SHAPE_COUNT].any():
        assert cosine(raw[:SHAPE_COUNT], again[:SHAPE_COUNT]) > 0.85, describe_values(raw)


@pytest.mark.slow
def test_nothing_clear_is_left_out_and_most_faces_come_back_almost_the_same() -> None:
    random = np.random.default_rng(7)
    likeness, clear, lost = [], 0, 0
    for _ in range(300):
        raw = np.zeros(61, np.float32)
        for channel in random.choice(SHAPE_COUNT, random.integers(1, 12), replace=False):
            raw[channel] = random.uniform(AUDIBLE, 1)
            if random.random() < 0.7:
                raw[MIRROR_INDEX[channel]] = raw[channel]
        raw = limits.enforce(raw)
        again = read_back(describe_values(raw))
        likeness.append(cosine(raw[:SHAPE_COUNT], again[:SHAPE_COUNT]))
        clear += int((raw >= AUDIBLE).sum())
        lost += int(((raw >= AUDIBLE) & (again < 0.04)).sum())
    assert np.mean(likeness) > 0.98
    assert lost / clear < 0.002


def test_recorded_faces_come_back_alike(shared: Path) -> None:
    for name in ("s88_30fps_face_lost", "myslate_3_60fps"):
        track = read(shared / "data" / "live_link_csv" / f"{name}.csv")
        rows = normalized_rows(track.values[track.valid][::40], FULL_SCALE)
        alike = [cosine(row[:52], read_back(describe_values(row))[:52]) for row in rows]
        assert np.mean(alike) > 0.93


def test_a_gaze_told_by_the_eyes_rotations_alone_is_seen() -> None:
    text = describe_values(values(LeftEyePitch=-0.4, RightEyePitch=-0.4, LeftEyeYaw=0.3, RightEyeYaw=0.3))
    assert text == "The gaze is moderately lowered and turned somewhat to the left."


def test_eyes_that_do_not_move_together_are_told_apart() -> None:
    assert "cross" in describe_values(values(EyeLookInLeft=0.6, EyeLookInRight=0.6))
    assert "drift apart" in describe_values(values(EyeLookOutLeft=0.6, EyeLookOutRight=0.6))
    assert "left eye looks" in describe_values(values(EyeLookUpLeft=0.6))


def test_what_has_no_words_is_told_by_its_name() -> None:
    text = describe_values(values(LeftEyeRoll=0.2))
    assert text == "LeftEyeRoll is at 0.20."
    assert read_back(text)[INDEX["LeftEyeRoll"]] == pytest.approx(0.2, abs=0.01)


def test_words_claim_no_feeling() -> None:
    random = np.random.default_rng(3)
    feelings = set(lexicon().emotions)
    for _ in range(50):
        text = describe_values(random.uniform(0, 1, 61).astype(np.float32)).lower()
        assert not feelings & set(text.replace(".", " ").replace(",", " ").split())
        assert "smile" not in text and "frown" not in text


@pytest.mark.parametrize("axis", ["HeadYaw", "HeadPitch", "HeadRoll"])
@pytest.mark.parametrize("sign", [-1, 1])
def test_head_directions_come_back_with_their_sign(axis: str, sign: int) -> None:
    again = read_back(describe_values(values(**{axis: 0.3 * sign})))
    assert again[INDEX[axis]] * sign == pytest.approx(0.3, abs=0.06)


def test_another_shape_is_refused_and_nan_is_silence() -> None:
    with pytest.raises(ValueError, match="61"):
        describe_values(np.zeros(52))
    assert describe_values(np.full(61, np.nan)) == "The face is neutral."
