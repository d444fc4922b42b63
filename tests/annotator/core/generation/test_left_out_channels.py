"""What a reply leaves out is missing, and 0 only where the prompt agreed on that."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from annotator.core.batch.requests_file import run_jsonl
from annotator.core.generation.backends import model_of
from annotator.core.generation.profiles import Profile
from annotator.core.generation.protocol import GenerationRequest, KeyframeResult
from annotator.core.generation.server import ModelSettings, ServerBackend
from tests.model_server import Behave, ModelServer, model_server, paper_reply
from tests.request_lines import request_line
from viewer.core.cancel import CancelToken
from viewer.core.channels import INDEX, NAMES
from viewer.core.errors import GenerationError
from viewer.core.formats import read as read_track

REQUEST = GenerationRequest("A corridor.", "Joy.", "", ("A smile.", "A wider smile."))


@pytest.fixture(autouse=True)
def no_key_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KFSTUDIO_API_KEY", raising=False)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")


def says(text: str) -> Behave:
    return lambda handler, body: handler.stream(text)


def ask(server: ModelServer, **settings: Any) -> KeyframeResult:
    backend = ServerBackend(server.url, "m", settings=ModelSettings(**settings), retries=0)
    try:
        return backend.keyframe(REQUEST, 0, CancelToken())
    finally:
        backend.close()


def without(*names: str) -> str:
    values = json.loads(paper_reply(0.4))["Keyframe_one"]
    return json.dumps({"Keyframe_one": {name: v for name, v in values.items() if name not in names}})


INCOMPLETE = {
    "one of 61": ('{"JawOpen": 0.2}', "left out 60 of 61 channels"),
    "60 of 61": (without("TongueOut"), r"left out 1 of 61 channels \(TongueOut\)"),
    "nested": ('{"Keyframe_one": {"mouth": {"JawOpen": 0.2}, "eyes": {"EyeBlinkLeft": 0.1}}}', "left out 59"),
    "other spellings": ('{"jawOpen": 0.2, "eye_blink_left": 0.1}', "left out 59"),
    "a list": ('{"values": [{"channel": "JawOpen", "value": 0.2}]}', "left out 60"),
    "unknown names": ('{"JawOpen": 0.2, "Smile": 0.4}', "left out 60"),
    "one twice": ('{"JawOpen": 0.2, "JawOpen": 0.3}', "left out 60"),
    "a null": (paper_reply().replace('"JawOpen":0.0', '"JawOpen":null'), "not a number: JawOpen"),
    "only unknown names": ('{"Smile": 0.4}', "no JSON with channel values"),
}


@pytest.mark.parametrize("case", INCOMPLETE)
def test_a_model_asked_for_all_channels_must_give_them(case: str) -> None:
    text, words = INCOMPLETE[case]
    with model_server(says(text)) as server, pytest.raises(GenerationError, match=words) as told:
        ask(server)
    assert told.value.todo


def test_a_line_without_channels_is_an_error_of_that_line(tmp_path: Path) -> None:
    requests, results = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    requests.write_text("\n".join(request_line(REQUEST, target) for target in (0, 1)), "utf-8")
    replies = ['{"JawOpen": 0.2}', paper_reply(0.4)]
    with model_server(lambda handler, body: handler.stream(replies.pop(0))) as server:
        backend = ServerBackend(server.url, "m", retries=0)
        done = run_jsonl(requests, results, backend, jobs=1)
        backend.close()
    first, second = (json.loads(line) for line in results.read_text("utf-8").splitlines())
    assert done.failed == 1 and first["response"] == "" and "left out 60 of 61" in first["error"]
    assert "error" not in second


def test_zeros_left_out_by_agreement_are_told(tmp_path: Path) -> None:
    text = '{"JawOpen": 0.2, "Smile": 0.4, "MouthPucker": 1.5, "JawOpen": 0.6}'
    with model_server(says(text)) as server:
        result = ask(server, style="zero-shot", damping=1.0)
        requests, results = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
        requests.write_text(request_line(REQUEST, 0), "utf-8")
        backend = ServerBackend(server.url, "m", settings=ModelSettings("zero-shot"), retries=0)
        run_jsonl(requests, results, backend)
        backend.close()
    notes = "; ".join(result.notes)
    for words in (
        "it names 2 channels; the others are 0, as its prompt says",
        "unknown: Smile",
        "outside its range: MouthPucker 1.5",
        "JawOpen is given twice",
    ):
        assert words in notes
    assert words in "; ".join(json.loads(results.read_text("utf-8"))["notes"])
    assert result.values[INDEX["JawOpen"]] == np.float32(0.6) and np.count_nonzero(result.values) == 2


def test_names_that_a_list_has_and_no_face_are_told() -> None:
    rows = [("JawOpen", 0.2), ("Smile", 0.4), ("JawOpen", 0.3)]
    text = json.dumps({"values": [{"channel": name, "value": value} for name, value in rows]})
    with model_server(says(text)) as server:
        notes = "; ".join(ask(server, style="zero-shot").notes)
    assert "unknown: Smile" in notes and "JawOpen is given twice" in notes


def test_whether_zeros_may_be_left_out_belongs_to_the_profile() -> None:
    trained = Profile(name="T", backend="server", url="http://localhost:1", sparse=True)
    general = Profile(name="G", backend="server", url="http://localhost:1", style="zero-shot", sparse=False)
    for profile, sparse in ((trained, True), (general, False)):
        backend = model_of(profile)
        assert isinstance(backend, ServerBackend)
        assert backend.settings.leaves_out_zeros is sparse
        assert backend.describe()["settings"]["sparse"] is sparse
    with model_server(says('{"JawOpen": 0.2}')) as server:
        assert np.count_nonzero(ask(server, sparse=True).values) == 1
        with pytest.raises(GenerationError, match="left out 60 of 61"):
            ask(server, style="zero-shot", sparse=False)
        asked = [body["response_format"]["json_schema"]["schema"]["properties"] for body in server.asked]
    assert "values" not in asked[-1] and "Keyframe_one" in asked[-1]


def lines(path: Path, *replies: str) -> Path:
    path.write_text("\n".join(json.dumps({"response": reply}) for reply in replies) + "\n", "utf-8")
    return path


def test_a_file_of_sparse_results_has_the_channels_it_names(tmp_path: Path) -> None:
    track = read_track(lines(tmp_path / "r.jsonl", '{"JawOpen": 0.2}', '{"JawOpen": 0.4}'))
    assert track.missing_channels == [name for name in NAMES if name != "JawOpen"]
    assert all("missing: EyeBlinkLeft" in note and "not 0" in note for note in track.meta["notes"])


def test_a_keyframe_that_leaves_channels_out_is_no_rest_pose(tmp_path: Path) -> None:
    path = lines(tmp_path / "r.jsonl", paper_reply(0.2), '{"JawOpen": 0.5}', "", paper_reply(0.8))
    track = read_track(path)
    smile = track.values[:, INDEX["MouthSmileLeft"]]
    assert smile[[0, 1, 3]] == pytest.approx([0.2, 0.4, 0.8]) and not track.valid[2]
    assert track.values[1, INDEX["JawOpen"]] == np.float32(0.5)
    assert any(note.startswith("keyframe 2: missing: EyeBlinkLeft") for note in track.meta["notes"])
