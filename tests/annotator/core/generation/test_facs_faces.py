"""What holds for faces beyond single sentences: mirrors, ladders, feelings, keyframes in a row."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotator.core.generation.facs.backend import FacsBackend
from annotator.core.generation.facs.composing import Face
from annotator.core.generation.facs.sequence import faces
from annotator.core.generation.protocol import Backend, GenerationRequest
from tests.annotator.core.generation.broken_limits import violations
from tests.annotator.core.generation.compound_emotions import WORDINGS, matches
from viewer.core.cancel import CancelToken
from viewer.core.channels import INDEX, MIRROR_INDEX, NAMES, SHAPE_COUNT
from viewer.core.errors import Cancelled, GenerationError

FLIPS = [INDEX[n] for n in NAMES if n.endswith(("Yaw", "Roll")) and INDEX[n] >= SHAPE_COUNT]


def face(*descriptions: str, background: str = "", emotion: str = "") -> Face:
    return faces(background, emotion, tuple(descriptions))[-1]


def at(result: Face, name: str) -> float:
    return float(result.values[INDEX[name]])


def mirrored(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    twin = values[list(MIRROR_INDEX)].copy()
    twin[FLIPS] *= -1
    return twin


SIDED = [
    "The left eye winks.",
    "Her left brow arches high.",
    "A smirk on the left side of the mouth.",
    "He looks far to his left.",
    "She turns her head to the left.",
    "The head tilts towards the left shoulder.",
    "The jaw slides left and the left nostril flares.",
    "Only the left cheek rises; the mouth shifts left.",
    "The left lip corner drops while she glances to the left.",
    "AU 12 on the left.",
    "The upper lip lifts on the left alone.",
    "He looks up and to the left.",
]


@pytest.mark.parametrize("sentence", SIDED)
def test_saying_right_for_left_gives_the_mirror_image(sentence: str) -> None:
    other = sentence.replace("left", "right")
    first, second = face(sentence).values, face(other).values
    assert np.abs(first).max() > 0.1
    assert np.abs(first - mirrored(first)).max() > 0.1
    np.testing.assert_allclose(second, mirrored(first), atol=1e-5)


LADDERS = {
    "She smiles {}.": (("faintly", "slightly", "moderately", "broadly", "to the limit"), "MouthSmileLeft"),
    "The brows are lowered {}.": (
        ("barely", "a little", "noticeably", "very strongly", "fully"),
        "BrowDownLeft",
    ),
    "The jaw drops {}.": (("a touch", "somewhat", "clearly", "dramatically", "as far as it goes"), "JawOpen"),
    "Eyes {} closed.": (("10%", "a third", "half", "nearly", "fully"), "EyeBlinkLeft"),
    "AU 4 at intensity {}.": (("A", "B", "C", "D", "E"), "BrowDownRight"),
    "Cheeks puffed at {}.": (("15%", "35%", "55%", "75%", "100%"), "CheekPuff"),
    "The nose wrinkles {}.": (
        ("imperceptibly", "mildly", "markedly", "deeply", "to the maximum"),
        "NoseSneerLeft",
    ),
}


@pytest.mark.parametrize("pattern", LADDERS)
def test_stronger_words_give_stronger_faces(pattern: str) -> None:
    words, channel = LADDERS[pattern]
    levels = [at(face(pattern.format(word)), channel) for word in words]
    assert all(b >= a + 0.03 for a, b in pairwise(levels)), levels
    assert levels[0] > 0.03 and levels[-1] >= 0.9


PAIRS = [
    ("The eyebrows climb.", "AU1 and AU2 on both sides."),
    ("He shuts both eyes.", "Full eyelid closure left and right."),
    ("The lips pucker.", "Orbicularis oris draws the lips into a pucker, AU18."),
    ("She wrinkles her nose.", "Nose wrinkler engaged (AU9)."),
    ("Her mouth falls open.", "Jaw drop, AU26."),
    ("He grits his teeth, furious.", "Teeth gritted in rage."),
]


@pytest.mark.parametrize(("plain", "technical"), PAIRS)
def test_the_same_thing_in_other_words_gives_nearly_the_same_face(plain: str, technical: str) -> None:
    a, b = (face(text).values[:SHAPE_COUNT] for text in (plain, technical))
    assert a @ b / np.sqrt((a @ a) * (b @ b)) > 0.75


def test_feelings_keep_to_the_part_they_are_said_of() -> None:
    eyes = face("Sad eyes above a bright smile.")
    assert at(eyes, "BrowInnerUp") > 0.2 and at(eyes, "MouthSmileLeft") > 0.3
    assert at(eyes, "MouthFrownLeft") == 0


def test_a_masked_feeling_leaks_at_the_brows() -> None:
    masked = face("Anxiety concealed by a restrained smile.")
    open_ = face("Anxiety.")
    assert 0.1 < at(masked, "MouthSmileLeft") < 0.6
    assert 0.1 < at(masked, "BrowInnerUp") < at(open_, "BrowInnerUp")
    assert at(masked, "MouthFrownLeft") == 0


@pytest.mark.parametrize("wording", sorted(WORDINGS))
def test_compound_emotions_look_like_their_own_row_of_the_measured_table(wording: str) -> None:
    found = matches(wording)
    assert sum(own == best for own, best in found.items()) >= 18, found


def test_the_papers_example_uses_the_papers_channels(shared: Path) -> None:
    requests = (shared / "data/keyframeface/example.jsonl").read_text().splitlines()
    results = (shared / "data/keyframeface/example_result.jsonl").read_text().splitlines()
    user = json.loads(requests[0])["messages"][1]["content"]
    descriptions = tuple(re.findall(r"- Keyframe \w+: (.*)", user))
    background, emotion = re.findall(r"(?:Background|Emotion): (.*)", user)
    for ours, line in zip(faces(background, emotion, descriptions), results, strict=True):
        theirs = next(iter(json.loads(json.loads(line)["response"]).values()))
        active = [n for n, v in theirs.items() if abs(v) > 0.1]
        hit = [n for n in active if abs(at(ours, n)) > 0.05]
        assert len(hit) >= 0.8 * len(active)
        assert not [n for n in NAMES[:SHAPE_COUNT] if theirs[n] == 0 and at(ours, n) > 0.25]


def test_the_clips_emotion_helps_only_where_the_description_says_nothing() -> None:
    said = face("She smiles.", emotion="Fear.")
    assert at(said, "EyeWideLeft") < 0.1
    vague = face("It shows on her face.", emotion="Fear.")
    assert at(vague, "EyeWideLeft") > 0.2
    assert any("no facial action" in note for note in vague.notes)


def test_text_about_something_else_gives_a_neutral_face_and_says_so() -> None:
    result = face("The invoice is due on Friday.")
    assert np.abs(result.values).max() < 0.05
    assert any("no facial action" in note for note in result.notes)


def test_every_value_has_its_words() -> None:
    result = face("The left eyebrow rises sharply and the lips press together.")
    reasons = {r.channel: r for r in result.reasons}
    assert set(reasons) == {n for n in NAMES if at(result, n) != 0}
    assert "eyebrow" in reasons["BrowOuterUpLeft"].words and "press" in reasons["MouthPressLeft"].words


def test_typing_slips_are_read_and_told_but_real_words_stay_what_they_are() -> None:
    slip = face("Her eyebrwos are raised.")
    assert at(slip, "BrowInnerUp") > 0.2
    assert any("eyebrwos" in note for note in slip.notes)
    for sentence in (
        "He wore a crown.",
        "The similes were strained through gauze.",
        "She likes to browse.",
        "The chick pecks.",
        "A smelly house.",
    ):
        assert np.abs(face(sentence).values[:SHAPE_COUNT]).max() < 0.2, sentence


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300))
def test_any_text_gives_a_possible_face(text: str) -> None:
    values = face(text, background=text, emotion=text).values
    assert values.shape == (61,) and np.isfinite(values).all()
    assert not violations(values, mixed=True)


WORDS = st.sampled_from(
    """left right eyebrow eyes lips mouth jaw raised lowered closed wide slightly very not without and but
    smile frown tongue out head turned down up AU12 AU4B 40% sad angry smile hides fear , . then holds widens
    fades one both""".split()
)


@settings(max_examples=150, deadline=None)
@given(st.lists(WORDS, max_size=25), st.lists(WORDS, max_size=15))
def test_any_mixture_of_its_own_words_gives_a_possible_face(first: list[str], second: list[str]) -> None:
    for result in faces("", "", (" ".join(first), " ".join(second))):
        assert np.isfinite(result.values).all()
        assert not violations(result.values, mixed=True)


def test_the_backend_answers_through_the_common_seam() -> None:
    backend = FacsBackend()
    assert isinstance(backend, Backend)
    request = GenerationRequest(descriptions=("She smiles.", "The smile fades."))
    first = backend.keyframe(request, 0, CancelToken())
    assert first.values.dtype == np.float32 and first.description == "She smiles." and not first.error
    assert backend.keyframe(request, 0, CancelToken()).values.tolist() == first.values.tolist()
    json.dumps(dict(backend.describe()))
    with pytest.raises(GenerationError):
        backend.keyframe(request, 2, CancelToken())
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        backend.keyframe(request, 0, cancel)


@pytest.mark.slow
def test_a_novel_of_a_description_is_cut_and_not_choked_on() -> None:
    assert face("The brows rise. " * 5000).values[INDEX["BrowInnerUp"]] > 0.2
