"""Plans: times that a face could keep, sentences that the reader understands."""

from itertools import pairwise

import numpy as np
import pytest

from annotator.core.generation.facs.composing import faces
from annotator.core.generation.facs.lexicon import lexicon
from annotator.core.generation.facs.planner import plan, plan_notes
from annotator.core.generation.protocol import GenerationRequest
from viewer.core.channels import INDEX

STORIES = [
    ("A student waits outside an interview room.", "Anxiety concealed by a restrained smile."),
    ("A hospital corridor.", "Grief turning into relief."),
    ("A farewell party for the rival.", "Forced cheerfulness hiding resentment."),
    ("", "Joy"),
    ("", "Terror."),
    ("", "angry surprise"),
    ("", "nostalgic longing"),
    ("A funeral.", ""),
    ("", "slight irritation"),
    ("", "awe"),
    ("", "contempt"),
    ("", "pride and gratitude"),
    ("", "joy, then shock"),
]


def performance(background, emotion):
    request = GenerationRequest(background, emotion)
    keyframes = plan(request)
    return keyframes, faces(background, emotion, tuple(k.description for k in keyframes))


@pytest.mark.parametrize(("background", "emotion"), STORIES)
def test_a_plan_has_three_to_six_understood_keyframes_in_time(background, emotion):
    keyframes, result = performance(background, emotion)
    assert 3 <= len(keyframes) <= 6
    times = [k.time for k in keyframes]
    assert times[0] == 0 and all(b - a >= 0.2 for a, b in pairwise(times)) and times[-1] <= 12
    assert all(face.found for face in result)
    assert max(float(np.abs(face.values).max()) for face in result) > 0.25
    assert all(
        "{" not in k.description and "%" not in k.description.replace("% closed", "") for k in keyframes
    )
    assert plan(GenerationRequest(background, emotion)) == keyframes


def test_each_feeling_of_the_lexicon_can_be_performed():
    for name in lexicon().emotions:
        keyframes, result = performance("", name.replace("_", " ").replace("+", " and "))
        assert 3 <= len(keyframes) <= 6
        assert all(face.found for face in result), (name, [k.description for k in keyframes])


def test_under_a_mask_the_felt_face_leaks_for_less_than_half_a_second():
    keyframes, result = performance("", "Anxiety concealed by a restrained smile.")
    smile = [float(face.values[INDEX["MouthSmileLeft"]]) for face in result]
    brows = [float(face.values[INDEX["BrowInnerUp"]]) for face in result]
    leak = int(np.argmax(brows))
    assert 0 < leak < len(keyframes) - 1 and smile[leak] < max(smile)
    assert keyframes[leak + 1].time - keyframes[leak].time < 0.5


def test_a_changing_feeling_shows_first_one_and_then_the_other():
    _, result = performance("", "Grief turning into relief.")
    smile = [float(face.values[INDEX["MouthSmileLeft"]]) for face in result]
    frown = [float(face.values[INDEX["MouthFrownLeft"]]) for face in result]
    assert int(np.argmax(frown)) < int(np.argmax(smile)) and max(smile) > 0.15


def test_a_startle_is_quicker_than_a_smile():
    surprise, joy = plan(GenerationRequest(emotion="surprise")), plan(GenerationRequest(emotion="joy"))
    assert surprise[1].time < joy[1].time


def test_background_and_script_colour_the_plan():
    plain = plan(GenerationRequest(emotion="fear"))
    told = plan(GenerationRequest("She reads a letter.", "fear", "“Who is there?” she whispers."))
    assert [k.time for k in plain] == [k.time for k in told]
    assert "whisper" in " ".join(k.description for k in told)


def test_what_is_not_understood_is_said():
    assert any("not in the lexicon" in note for note in plan_notes(GenerationRequest(emotion="zorbulous")))
    assert any("guessed" in note for note in plan_notes(GenerationRequest("A funeral.")))
    assert not plan_notes(GenerationRequest(emotion="joy"))
    assert len(plan(GenerationRequest())) >= 3
