"""JSON that lists frames: whoever wrote it, it is read as a track, never as a model's replies."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from viewer.core import formats
from viewer.core.channels import INDEX, NAMES, SHAPES
from viewer.core.errors import TrackError
from viewer.core.track import Track

ARKIT = [shape.arkit_name for shape in SHAPES]
ROWS = 30


def weights(at: int) -> dict[str, float]:
    return {name: at / 100 if name == "jawOpen" else 0.02 for name in ARKIT}


def scores(at: int, key: str = "categoryName") -> list[dict[str, Any]]:
    return [{"index": n, "score": v, key: name} for n, (name, v) in enumerate(weights(at).items())]


def audio2face(at: int) -> dict[str, Any]:
    facial = {"Names": [name.capitalize() for name in ARKIT], "Weights": [*weights(at).values()]}
    return {"Audio2Face": {"Body": {}, "Facial": facial, "FrameTiming": {"FPS": 30, "Index": at}}}


def saved(path: Path, document: Any) -> Path:
    path.write_text(document if isinstance(document, str) else json.dumps(document), "utf-8")
    return path


def rises(track: Track, rate: float = 30.0) -> None:
    assert track.format == "jsonrows" and len(track) == ROWS
    np.testing.assert_allclose(track.times, np.arange(ROWS) / rate, atol=1e-3)
    np.testing.assert_allclose(track.values[:, INDEX["JawOpen"]], np.arange(ROWS) / 100, atol=1e-6)
    np.testing.assert_allclose(track.values[:, INDEX["TongueOut"]], 0.02, atol=1e-6)


EACH = range(ROWS)
TIMED = {
    "rows": [{**weights(n), "time": n / 30} for n in EACH],
    "rows in milliseconds": [{"timestamp_ms": round(n / 0.03), **weights(n)} for n in EACH],
    "rows under a key": {"info": "x", "data": [{"t": n / 30, "blendshapes": weights(n)} for n in EACH]},
    "names once": {
        "names": ARKIT,
        "frames": [{"time": n / 30, "values": [*weights(n).values()]} for n in EACH],
    },
    "names once, lists of numbers": {
        "blendshape_names": ARKIT,
        "timestamps": [n / 30 for n in EACH],
        "weights": [[*weights(n).values()] for n in EACH],
    },
    "names and a rate": {"fps": 30, "names": ARKIT, "frames": [[*weights(n).values()] for n in EACH]},
    "a list a name": {"time": [n / 30 for n in EACH]}
    | {name: [weights(n)[name] for n in EACH] for name in ARKIT},
    "under another key": {"capture": [{"shapes": weights(n), "timeline": n / 30} for n in EACH]},
    "a rate in a header": {"metadata": {"frame_rate": 30}, "frames": [weights(n) for n in EACH]},
    "MediaPipe on the web": [
        {"timestamp": n / 0.03, "faceBlendshapes": [{"headIndex": 0, "categories": scores(n)}]} for n in EACH
    ],
    "MediaPipe in Python": {
        "fps": 30,
        "frames": [
            {"frame": n, "face_blendshapes": [scores(n, "category_name")], "landmarks": [{"x": 0.5}] * 9}
            for n in EACH
        ],
    },
    "faces of frames": {
        "frames": [{"frame": n, "time": n / 30, "faces": [{"blendshapes": weights(n)}]} for n in EACH]
    },
    "Audio2Face's stream": {str(n): audio2face(n) for n in EACH},
    "a line a frame": "\n".join(json.dumps({"time": n / 30, **weights(n)}) for n in EACH),
}


@pytest.mark.parametrize("name", TIMED)
def test_frames_with_times_are_read(tmp_path: Path, name: str) -> None:
    rises(formats.read(saved(tmp_path / "a.json", TIMED[name])))


@pytest.mark.parametrize(
    "document",
    [
        [weights(n) for n in EACH],
        "\n".join(json.dumps(weights(n)) for n in EACH),
        {"frames": [{"blendshapes": weights(n)} for n in EACH]},
    ],
    ids="list lines nested".split(),
)
def test_frames_without_times_say_so(tmp_path: Path, document: Any) -> None:
    track = formats.read(saved(tmp_path / "a.json", document))
    rises(track)
    assert track.untimed and "not stated" in track.notes[0]


def test_of_several_faces_the_first_is_read(tmp_path: Path) -> None:
    frames = [
        {
            "time": n / 30,
            "faceBlendshapes": [{"categories": scores(n)}, {"categories": scores(99)}][: 1 + n % 2],
        }
        for n in EACH
    ]
    track = formats.read(saved(tmp_path / "a.json", frames))
    rises(track)
    assert any("2 faces" in note for note in track.notes)


def test_faces_with_ids_are_told_apart(tmp_path: Path) -> None:
    frames = [
        {
            "time": n / 30,
            "faces": [{"face_id": 7, "blendshapes": weights(99)}] * (n % 2)
            + [{"face_id": 3, "blendshapes": weights(n)}],
        }
        for n in EACH
    ]
    rises(formats.read(saved(tmp_path / "a.json", frames)))


def test_frames_without_a_face_are_lost(tmp_path: Path) -> None:
    frames = [
        {"time": n / 30, "faceBlendshapes": [{"categories": scores(n)}] if n % 10 else []} for n in EACH
    ]
    track = formats.read(saved(tmp_path / "a.json", frames))
    assert len(track) == ROWS and np.flatnonzero(~track.valid).tolist() == [0, 10, 20]
    flagged = [{"time": n / 30, "face_detected": n % 10 != 0, **weights(n)} for n in EACH]
    track = formats.read(saved(tmp_path / "b.json", flagged))
    assert np.flatnonzero(~track.valid).tolist() == [0, 10, 20]


@pytest.mark.parametrize(
    "document",
    [
        {"hello": [1, 2, 3]},
        {"time": 3, "frames": [1, 2]},
        [{"time": 0, "x": 1}, {"time": 1, "x": 2}],
        {"fps": 30, "frames": []},
    ],
)
def test_what_lists_no_face_is_refused_in_one_sentence(tmp_path: Path, document: Any) -> None:
    with pytest.raises(TrackError, match=r"track|frame") as caught:
        formats.read(saved(tmp_path / "a.json", document))
    assert "reply" not in caught.value.what and "keyframe 1" not in caught.value.what


def test_replies_of_a_model_stay_replies(tmp_path: Path) -> None:
    pascal = dict.fromkeys(NAMES, 0.1)
    for text in (
        json.dumps({"response": json.dumps({"Keyframe_one": pascal, "time": 3})}),
        json.dumps({"Keyframe_one": pascal, "Keyframe_two": pascal}),
        "\n".join(json.dumps(pascal) for _ in range(3)),
        json.dumps({"analysis": {"expression_category": "sad"}, "arkit": pascal}),
    ):
        assert formats.sniff(saved(tmp_path / "a.jsonl", text)) == "keyframeface"


def test_a_beat_file_in_milliseconds(tmp_path: Path) -> None:
    frames = [{"weights": [*weights(n).values()], "time": n * 1000 / 30} for n in EACH]
    track = formats.read(saved(tmp_path / "a.json", {"names": ARKIT, "frames": frames}))
    assert track.format == "beat" and track.fps == pytest.approx(30)
    assert any("milliseconds" in note for note in track.notes)


def test_rows_state_the_unit_of_their_rotations_and_names_that_are_none_are_told(tmp_path: Path) -> None:
    rows = [{"time": n / 30, **weights(n), "headPitch": 20.0, "leftEyeBlink": 0.5} for n in EACH]
    for document in (
        {"poseUnit": "degrees", "frames": rows},
        [{**row, "pose_unit": "degrees"} for row in rows],
    ):
        track = formats.read(saved(tmp_path / "a.json", document))
        assert (track.meta["pose_unit"], track.meta["pose_unit_from"]) == ("degrees", "file")
        assert track.rotations_degrees.max() == pytest.approx(20)
        assert any(note == "1 further name: leftEyeBlink" for note in track.notes)


def test_frames_are_found_however_deep_they_lie(tmp_path: Path) -> None:
    frames = [{"time": n / 30, **weights(n)} for n in EACH]
    rises(formats.read(saved(tmp_path / "a.json", {"a": {"b": {"c": {"d": {"frames": frames}}}}})))
