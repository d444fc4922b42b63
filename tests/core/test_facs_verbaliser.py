"""Words for values, and back."""

import numpy as np
import pytest

from annotator.core.generation.facs import limits
from annotator.core.generation.facs.composing import faces
from annotator.core.generation.facs.verbaliser import describe_values
from viewer.core.channels import INDEX, MIRROR_INDEX, SHAPE_COUNT


def values(**channels):
    found = np.zeros(61, np.float32)
    for name, value in channels.items():
        found[INDEX[name]] = value
    return found


def cosine(a, b):
    return float(a @ b / np.sqrt((a @ a) * (b @ b) + 1e-12))


def test_a_resting_face_is_neutral():
    assert describe_values(np.zeros(61)) == "The face is neutral."
    assert describe_values(np.full(61, 0.02)) == "The face is neutral."


def test_sides_strength_gaze_and_head_are_named():
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
    assert "left brow is slightly raised" in text
    assert "lip corners are very strongly raised" in text
    assert "gaze is moderately turned to the right" in text
    assert "head is moderately turned to the left" in text
    assert "the right eye is closed" in text.lower()


def test_the_reader_reads_the_words_back_to_a_similar_face():
    random = np.random.default_rng(7)
    found = []
    for _ in range(60):
        raw = np.zeros(61, np.float32)
        for channel in random.choice(SHAPE_COUNT, random.integers(1, 8), replace=False):
            raw[channel] = random.uniform(0.2, 1)
            if random.random() < 0.7:
                raw[MIRROR_INDEX[channel]] = raw[channel]
        raw = limits.enforce(raw)
        again = faces("", "", (describe_values(raw),))[0].values
        if raw.any():
            found.append(cosine(raw[:SHAPE_COUNT], again[:SHAPE_COUNT]))
    assert np.mean(found) > 0.93 and np.mean(np.array(found) < 0.8) < 0.1


@pytest.mark.parametrize("axis", ["HeadYaw", "HeadPitch", "HeadRoll"])
@pytest.mark.parametrize("sign", [-1, 1])
def test_head_directions_come_back_with_their_sign(axis, sign):
    again = faces("", "", (describe_values(values(**{axis: 0.3 * sign})),))[0].values
    assert again[INDEX[axis]] * sign > 0.1


def test_another_shape_is_refused_and_nan_is_silence():
    with pytest.raises(ValueError, match="61"):
        describe_values(np.zeros(52))
    assert describe_values(np.full(61, np.nan)) == "The face is neutral."
