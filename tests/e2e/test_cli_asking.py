"""How a model is asked, from the command line: patience, tokens, takes, and whose keyframes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from annotator.core.generation.protocol import GenerationRequest
from annotator.session.profiles import profile_of
from tests.e2e.conftest import PROJECT, Studio, plain_environment
from tests.model_server import Handler, honest, model_server, never
from tests.request_lines import request_line
from viewer.core.formats import read

DEMO = PROJECT / "resources" / "demo" / "dataset"
REQUEST = GenerationRequest("A corridor.", "Joy.", "", ("A smile.",))


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """With settings and state of its own."""
    return plain_environment(
        tmp_path, KFSTUDIO_CONFIG_DIR=str(tmp_path / "config"), KFSTUDIO_STATE_DIR=str(tmp_path / "state")
    )


@pytest.fixture
def requests(tmp_path: Path) -> Path:
    path = tmp_path / "in.jsonl"
    path.write_text("\n".join([request_line(REQUEST, 0)] * 12), "utf-8")
    return path


def test_a_backend_has_the_patience_of_its_own_profile() -> None:
    local = profile_of(None, "local", None, "m.gguf", None)
    assert (local.timeout, local.jobs, local.style) == (300.0, 1, "zero-shot")
    server = profile_of(None, "server", "http://localhost:1", None, None)
    assert (server.timeout, server.silence, server.jobs, server.style) == (600.0, 120.0, 4, "keyframeface")
    hasty = profile_of(None, "server", "http://localhost:1", None, None, timeout=5.0)
    assert (hasty.timeout, hasty.silence) == (5.0, None)


def test_the_call_says_how_long_to_wait(
    quick_studio: Studio, requests: Path, environment: dict[str, str]
) -> None:
    for option, words in (("--timeout", "within 1 seconds"), ("--silence", "sent nothing for 1 seconds")):
        with model_server(never) as server:
            there = ("--backend", "server", "--url", server.url, "--model", "m")
            ran = quick_studio("generate", requests, *there, option, "1", env=environment)
        assert words in ran.error and "12 of 12 lines failed" in ran.error


def test_the_call_says_how_long_an_answer_may_be(
    quick_studio: Studio, requests: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    with model_server(honest) as server:
        there = ("--backend", "server", "--url", server.url, "--model", "m", "--max-tokens", "333")
        quick_studio("generate", requests, "--out", tmp_path / "r.jsonl", *there, env=environment)
        story = ("--keyframe", "A smile.", "--out", tmp_path / "t.csv")
        quick_studio("animate", *story, *there, env=environment)
        generated = {body["max_tokens"] for body in server.asked}

        def words(handler: Handler, body: dict[str, Any]) -> None:
            handler.stream('{"description": "The mouth corners rise a little."}')

        server.behave = words
        track = DEMO / "clips" / "02-letter" / "track.csv"
        said = quick_studio("describe", track, "--time", "1", *there, env=environment)
        assert b"mouth corners" in said.out
        assert generated == {333} and server.asked[-1]["max_tokens"] == 333


@pytest.mark.parametrize(
    ("option", "value"),
    [("--timeout", "0"), ("--silence", "-1"), ("--max-tokens", "3"), ("--timeout", "nan"), ("--takes", "0")],
)
def test_numbers_that_make_no_sense_are_refused(option: str, value: str, quick_studio: Studio) -> None:
    assert option in quick_studio("generate", "in.jsonl", option, value).usage


def test_several_takes_of_a_story_are_several_files(
    quick_studio: Studio, tmp_path: Path, environment: dict[str, str]
) -> None:
    words = ("animate", "--keyframe", "A smile.", "--blinks", "--takes", "2", "--seed", "3")
    told = quick_studio(
        *words, "--out", tmp_path / "t.csv", "--plan", tmp_path / "p.json", env=environment
    ).json
    assert [Path(take["written"]).name for take in told] == ["t-1.csv", "t-2.csv"]
    assert {path.name for path in tmp_path.glob("?-?.*")} == {"t-1.csv", "t-2.csv", "p-1.json", "p-2.json"}
    first, second = (read(tmp_path / f"t-{number}.csv") for number in (1, 2))
    assert first.duration == second.duration and (first.values != second.values).any()
    alike = quick_studio(*words[:3], "--takes", "2", "--out", tmp_path / "u.csv", env=environment).json
    assert len(alike) == 2 and "are the same" in alike[0]["notes"][-1]


def test_whose_keyframes_are_used_is_said(
    quick_studio: Studio, tmp_path: Path, environment: dict[str, str]
) -> None:
    dataset = Path(shutil.copytree(DEMO, tmp_path / "demo"))
    told = quick_studio("generate", dataset, "--takes", "2", env=environment).json
    assert told["takes"] == 6 and told["keyframes_of"] == {"maria": 3}
    assert any("the keyframes of maria are used for 3 clips" in note for note in told["notes"])
    work = dataset / "clips" / "02-letter" / "annotations"
    shutil.copyfile(work / "maria.json", work / "tom.json")
    error = quick_studio("generate", dataset, "--again", env=environment).error
    assert "02-letter was described by maria, tom" in error and "--annotator" in error
    chosen = ("generate", dataset, "--again", "--annotator")
    told = quick_studio(*chosen, "tom", env=environment).json
    assert told["keyframes_of"] == {"planned": 2, "tom": 1}
    assert sum("though maria described it and tom did not" in note for note in told["notes"]) == 2
    told = quick_studio(*chosen, "mara", env=environment).json
    assert told["keyframes_of"] == {"planned": 3} and len(told["notes"]) == 3


def test_a_key_and_plain_http(quick_studio: Studio, requests: Path, environment: dict[str, str]) -> None:
    environment = {**environment, "KFSTUDIO_API_KEY": "sk-secret", "NO_PROXY": "*"}
    there = ("--backend", "server", "--url", "http://192.0.2.7:9", "--model", "m")
    error = quick_studio("generate", requests, *there, env=environment).error
    assert "plain http" in error and "--allow-plain-http" in error and "sk-secret" not in error


def test_a_note_of_a_reply_stands_in_its_line(
    quick_studio: Studio, requests: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    def sparse(handler: Handler, body: dict[str, Any]) -> None:
        handler.stream('{"JawOpen": 0.2, "Grin": 0.5}')

    out = tmp_path / "r.jsonl"
    with model_server(sparse) as server:
        there = ("--backend", "server", "--url", server.url, "--model", "m", "--out", out)
        assert "left out 60 of 61" in quick_studio("generate", requests, *there, env=environment).error
        quick_studio("generate", requests, *there, "--style", "zero-shot", env=environment)
    lines = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert all("unknown: Grin" in line["notes"] for line in lines)
