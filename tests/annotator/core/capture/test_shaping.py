"""What is made of a tracker's scores, on arrays: no tracker is needed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotator.core.capture import head_angles
from annotator.core.capture.contradiction import doubt_of_smile, lowered
from annotator.core.capture.cuts import CutFinder
from annotator.core.capture.following import Follower, same_mirrored
from annotator.core.capture.landmarker import Face
from annotator.core.capture.neutral import MOST, neutral_of, wish, without
from annotator.core.capture.rebuilding import REBUILT, rebuilt
from annotator.core.capture.reliability import NEVER_SEEN, reliability_of
from annotator.core.capture.shape_of_face import STILL, held_still
from annotator.core.capture.smoothing import Smoothing, smoothed, stretches
from annotator.core.capture.tracker_packages import CaptureError
from viewer.core.channels import INDEX, NAMES, SHAPE_COUNT

few = settings(max_examples=25, deadline=None)


def face(left: float, width: float = 0.2) -> Face:
    """A face whose box begins at ``left``."""
    landmarks = np.zeros((478, 3), np.float32)
    landmarks[:, 0] = np.linspace(left, left + width, 478)
    landmarks[:, 1] = np.linspace(0.3, 0.3 + width, 478)
    return Face(landmarks, np.zeros(52, np.float32), np.eye(4, dtype=np.float32))


@few
@given(st.floats(-80, 80), st.floats(-80, 80), st.floats(-80, 80))
def test_the_head_turns_by_our_signs(yaw: float, pitch: float, roll: float) -> None:
    y, p, r = np.radians([yaw, -pitch, -roll])
    about_y = [[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]]
    about_x = [[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]]
    about_z = [[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]]
    matrix = np.eye(4, dtype=np.float32)
    # A size, as the tracker's matrix has one, turns nothing.
    matrix[:3, :3] = 1.3 * np.array(about_y) @ np.array(about_x) @ np.array(about_z)
    found = head_angles.degrees(matrix[None])[0]
    np.testing.assert_allclose(found, [yaw, pitch, roll], atol=0.01)
    np.testing.assert_allclose(head_angles.unmirrored(found[None])[0], [-yaw, pitch, -roll], atol=0.01)


@few
@given(
    st.sampled_from(["gauss:0.05", "gauss:0.5", "one-euro", "one-euro:1,0.5"]),
    st.lists(st.booleans(), min_size=40, max_size=40),
    st.sets(st.integers(1, 39)),
)
def test_nothing_is_smoothed_across_a_cut_or_a_lost_stretch(
    how: str, found: list[bool], cuts: set[int]
) -> None:
    seen = np.array(found)
    begins = np.isin(np.arange(40), [0, *cuts])
    runs = list(stretches(seen, begins))
    times = np.cumsum(np.random.default_rng(1).uniform(0.01, 0.06, 40))
    # A level of its own in each stretch stays exactly as it is only where nothing comes over.
    values = np.full((40, 2), np.nan)
    for level, run in enumerate(runs):
        values[run] = level
    out = smoothed(values, times, iter(runs), Smoothing.parse(how))
    np.testing.assert_allclose(out, values, atol=1e-12)
    assert sum(run.stop - run.start for run in runs) == seen.sum()


def test_smoothing_calms_noise_and_keeps_none_as_it_is() -> None:
    times = np.arange(90) / 30
    noisy = np.random.default_rng(2).normal(0, 0.1, (90, 3))
    runs = [slice(0, 90)]
    assert smoothed(noisy, times, iter(runs), Smoothing.parse("none")) is noisy
    for how in ("gauss:0.1", "one-euro:0.5,0"):
        calm = smoothed(noisy, times, iter(runs), Smoothing.parse(how))
        assert np.abs(np.diff(calm, axis=0)).mean() < 0.4 * np.abs(np.diff(noisy, axis=0)).mean()
        assert str(Smoothing.parse(how)) == how


@pytest.mark.parametrize(
    "word", ["gauss", "gauss:0", "gauss:nan", "one-euro:1", "one-euro:a,b", "mean:5", ""]
)
def test_a_way_of_smoothing_that_is_none_is_refused(word: str) -> None:
    with pytest.raises(CaptureError, match="no way of smoothing"):
        Smoothing.parse(word)


@pytest.mark.parametrize("word", ["-1", "nan", "inf", "calm"])
def test_a_neutral_moment_that_is_none_is_refused(word: str) -> None:
    with pytest.raises(CaptureError, match="no neutral moment"):
        wish(word)


@few
@given(st.integers(0, 2**31), st.sampled_from(["auto", "none", 0.5]))
def test_the_neutral_face_is_never_more_than_its_cap(seed: int, asked: str | float) -> None:
    rng = np.random.default_rng(seed)
    scores = rng.uniform(0, 1, (60, SHAPE_COUNT)) * rng.uniform(0, 1, SHAPE_COUNT)
    scores[rng.uniform(size=60) < 0.2] = np.nan
    neutral = neutral_of(scores, np.arange(60) / 30, asked)
    assert (neutral.values <= MOST + 1e-12).all()
    out = without(scores, neutral)
    assert np.array_equal(np.isnan(out), np.isnan(scores))
    known = out[np.isfinite(out)]
    assert known.min() >= 0 and known.max() <= 1
    np.testing.assert_allclose(without(np.ones((1, SHAPE_COUNT)), neutral), 1.0)


def test_a_calm_stretch_is_the_neutral_face_and_a_face_in_motion_is_not() -> None:
    times = np.arange(90) / 30
    scores = np.tile(0.3 + 0.3 * np.sin(times * 9)[:, None], (1, SHAPE_COUNT))
    moving = neutral_of(scores, times, "auto")
    assert moving.how == "percentile" and moving.time is None
    scores[30:60] = 0.05
    calm = neutral_of(scores, times, "auto")
    assert calm.how == "calm" and calm.time is not None and 1.0 < calm.time < 2.0
    np.testing.assert_allclose(calm.values, 0.05, atol=0.01)


def test_the_face_that_is_followed_is_never_swapped_for_another() -> None:
    follower = Follower("largest")
    near, far = face(0.6, 0.3), face(0.1)
    assert follower.choose([far, near]) is near
    assert follower.choose([near, far]) is near
    assert follower.choose([far, face(0.35, 0.1)]) is None and follower.lost_sight
    assert follower.choose([]) is None and not follower.lost_sight
    follower.forget_place()
    assert follower.choose([far]) is far
    assert Follower("0").choose([near, far]) is far
    assert Follower("1").choose([near, far]) is near
    assert Follower("2").choose([near, far]) is None


def test_a_face_is_known_again_in_the_mirror() -> None:
    left, right = face(0.1), face(0.7)
    assert same_mirrored(left, [face(0.1), face(0.7)]) is not None
    mirrored = same_mirrored(right, [face(0.1), face(0.4)])
    assert mirrored is not None and mirrored.landmarks[0, 0] == np.float32(0.1)
    assert same_mirrored(left, [face(0.1)]) is None


def test_a_cut_is_another_picture_and_motion_is_none() -> None:
    rng = np.random.default_rng(3)
    room = rng.integers(0, 120, (120, 160, 3), dtype=np.uint8)
    street = rng.integers(120, 255, (120, 160, 3), dtype=np.uint8)
    finder = CutFinder()
    found = [finder.is_cut(np.roll(room, at, axis=1)) for at in range(8)]
    found += [finder.is_cut(street), finder.is_cut(street), finder.is_cut(room)]
    assert found == [False] * 8 + [True, False, True]


def still_face(frames: int) -> np.ndarray:
    """Landmarks (frames, 478, 3) of a face at rest, as shares of a picture of 400 × 400."""
    rng = np.random.default_rng(5)
    face = np.tile(rng.uniform(0.3, 0.7, (478, 3)), (frames, 1, 1)).astype(np.float32)
    # The points that the rules know lie where a face has them.
    for point, x, y in (
        (33, 0.35, 0.4),
        (263, 0.65, 0.4),
        (10, 0.5, 0.2),
        (152, 0.5, 0.8),
        (61, 0.42, 0.6),
        (291, 0.58, 0.6),
        (17, 0.5, 0.63),
        (13, 0.5, 0.6),
        (14, 0.5, 0.6),
    ):
        face[:, point, :2] = x, y
    return face


@few
@given(st.integers(0, 2**31))
def test_a_turned_and_moved_head_has_the_shape_of_the_still_one(seed: int) -> None:
    rng = np.random.default_rng(seed)
    face = still_face(4).astype(np.float64)
    turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    turn *= np.sign(np.linalg.det(turn))
    face[1] = 0.7 * face[0] @ turn + rng.uniform(-0.2, 0.2, 3)
    held = held_still(face.astype(np.float32), (400, 400), STILL)
    np.testing.assert_allclose(held[1], held[0], atol=1e-4)


def test_a_jaw_that_drops_is_open_whatever_the_score_says() -> None:
    face = still_face(60)
    face[20:40, 18, 1] += 0.1
    scores = np.zeros((60, SHAPE_COUNT))
    out = rebuilt(scores, face, (400, 400), None)
    jaw = out[:, INDEX["JawOpen"]]
    assert jaw[20:40].min() > jaw[:20].max() + 0.2
    untouched = [at for at in range(SHAPE_COUNT) if NAMES[at] not in REBUILT]
    np.testing.assert_array_equal(out[:, untouched], scores[:, untouched])


def test_a_smile_with_shut_eyes_and_low_corners_is_doubted_and_a_real_one_is_not() -> None:
    times = np.arange(90) / 30
    shapes = np.zeros((90, SHAPE_COUNT))
    for name in ("MouthSmileLeft", "MouthSmileRight"):
        shapes[:, INDEX[name]] = 0.9
    crying = shapes.copy()
    crying[:, [INDEX["EyeBlinkLeft"], INDEX["EyeBlinkRight"]]] = 0.8
    low = still_face(90)
    high = low.copy()
    high[:, [61, 291], 1] -= 0.05
    runs = [slice(0, 90)]
    for faces, values, expected in ((low, crying, True), (high, crying, False), (low, shapes, False)):
        out, told = lowered(values, doubt_of_smile(values, faces, (400, 400), times, runs))
        assert told.all() == told.any() == expected
        assert (out[:, INDEX["MouthSmileLeft"]].max() < 0.3) == expected


def test_what_moves_and_looks_alike_in_the_mirror_is_trusted_most() -> None:
    times = np.arange(120) / 30
    wave = 0.5 + 0.4 * np.sin(times * 5)
    scores = np.tile(wave[:, None], (1, SHAPE_COUNT))
    mirrored = scores.copy()
    rng = np.random.default_rng(4)
    mirrored[:, INDEX["MouthSmileLeft"]] = rng.uniform(0, 1, 120)
    scores[:, INDEX["EyeBlinkRight"]] = 0.001
    found = reliability_of(
        scores, scores, mirrored, np.full(120, 300.0), np.zeros((120, 3)), np.zeros(120, bool)
    ).channels
    assert found[INDEX["MouthSmileRight"]] > found[INDEX["MouthSmileLeft"]] + 0.1
    assert found[INDEX["EyeBlinkLeft"]] > found[INDEX["EyeBlinkRight"]] + 0.2
    assert found[INDEX["EyeBlinkLeft"]] > found[INDEX["MouthFrownLeft"]]
    assert all(found[INDEX[name]] == 0 for name in NEVER_SEEN)
