"""Limits: possible faces stay as they are, impossible ones become possible."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from annotator.core.generation.facs.limits import enforce
from tests.annotator.core.generation.broken_limits import violations
from viewer.core.channels import INDEX

VALUES = arrays(np.float32, 61, elements=st.floats(-3, 3, width=32))


def values(**channels: float) -> npt.NDArray[np.float32]:
    found = np.zeros(61, np.float32)
    for name, value in channels.items():
        found[INDEX[name]] = value
    return found


@settings(max_examples=200, deadline=None)
@given(VALUES, st.booleans())
def test_whatever_comes_in_a_possible_face_comes_out_and_stays(
    raw: npt.NDArray[np.float32], mixed: bool
) -> None:
    once = enforce(raw, mixed=mixed)
    assert not violations(once, mixed=mixed)
    np.testing.assert_allclose(enforce(once, mixed=mixed), once, atol=1e-6)


@pytest.mark.parametrize(
    ("channels", "rule"),
    [
        ({"MouthClose": 0.2}, "lips close"),
        ({"EyeBlinkLeft": 0.8, "EyeWideLeft": 0.6}, "closed and wide"),
        ({"EyeLookInLeft": 0.5, "EyeLookOutLeft": 0.5}, "opposite"),
        ({"JawLeft": 0.5, "JawRight": 0.4}, "opposite"),
        ({"TongueOut": 0.9}, "tongue"),
        ({"EyeBlinkRight": 1.0, "EyeSquintRight": 0.9}, "squeezed"),
        ({"MouthSmileLeft": 0.9, "MouthFrownLeft": 0.9}, "smile"),
        ({"BrowInnerUp": 1.4}, "range"),
        ({"BrowInnerUp": np.nan}, "number"),
    ],
)
def test_each_limit_is_named_and_mended(channels: dict[str, float], rule: str) -> None:
    raw = values(**channels)
    assert any(rule in str(v) for v in violations(raw))
    assert not violations(enforce(raw))


def test_possible_faces_are_left_alone() -> None:
    raw = values(
        BrowInnerUp=0.8, BrowDownLeft=0.6, BrowDownRight=0.6, MouthSmileLeft=0.7, JawOpen=0.4, HeadYaw=-0.3
    )
    np.testing.assert_array_equal(enforce(raw), raw)
    assert not violations(raw)


def test_a_mixed_expression_may_smile_and_frown() -> None:
    raw = values(MouthSmileLeft=0.8, MouthFrownLeft=0.7)
    np.testing.assert_array_equal(enforce(raw, mixed=True), raw)


def test_many_frames_at_once_are_treated_like_one() -> None:
    frames = np.random.default_rng(1).uniform(-1.5, 1.5, (20, 61)).astype(np.float32)
    together = enforce(frames)
    np.testing.assert_array_equal(together, [enforce(frame) for frame in frames])
    with pytest.raises(ValueError, match="61"):
        enforce(np.zeros(52))
