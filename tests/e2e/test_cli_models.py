"""Profiles and whole datasets from the command line."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest

from annotator.core.generation.profiles import PRESETS
from tests.e2e.conftest import PROJECT, Studio, plain_environment
from tests.model_server import Handler, model_server, paper_reply

DEMO = PROJECT / "resources" / "demo" / "dataset"
CLIPS = ["01-waiting-room", "02-letter", "03-birthday"]


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    return Path(shutil.copytree(DEMO, tmp_path / "demo"))


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """With settings and state of its own."""
    return plain_environment(
        tmp_path, KFSTUDIO_CONFIG_DIR=str(tmp_path / "config"), KFSTUDIO_STATE_DIR=str(tmp_path / "state")
    )


def save_profile(home: Path, url: str, **fields: Any) -> str:
    profile = msgspec.structs.replace(PRESETS[2], name="My chat", url=url, model="m", **fields)
    (home / "config").mkdir(exist_ok=True)
    (home / "config" / "settings.json").write_bytes(msgspec.json.encode({"profiles": [profile]}))
    return profile.name


def plan_and_values(handler: Handler, body: dict[str, Any]) -> None:
    if "director" in body["messages"][0]["content"]:
        steps = [{"time": 0.5, "description": "The brows lift."}, {"time": 1.5, "description": "A smile."}]
        handler.stream(json.dumps({"keyframes": steps}))
    else:
        handler.stream(json.dumps({"values": [{"channel": "MouthSmileLeft", "value": 0.8}]}))


def takes(dataset: Path) -> dict[str, list[dict[str, Any]]]:
    found = {clip: sorted((dataset / "clips" / clip / "takes").glob("*.json")) for clip in CLIPS}
    return {clip: [json.loads(path.read_bytes()) for path in paths] for clip, paths in found.items() if paths}


def test_every_clip_of_a_dataset_gets_a_take_once(
    quick_studio: Studio, dataset: Path, environment: dict[str, str]
) -> None:
    told = quick_studio("generate", dataset, env=environment).json
    assert (told["clips"], told["takes"], told["failed"], told["skipped"]) == (3, 3, [], [])
    made = takes(dataset)
    assert sorted(made) == CLIPS
    assert made["02-letter"][0]["name"] == "Built-in 1" and made["02-letter"][0]["keyframes"]
    assert (dataset / "clips/02-letter/takes").glob("*.csv")
    assert quick_studio("generate", dataset, env=environment).json["clips"] == 0
    assert quick_studio("generate", dataset, "--again", env=environment).json["takes"] == 3


def test_a_saved_profile_plans_damps_and_samples(
    quick_studio: Studio, dataset: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    with model_server(plan_and_values, ["m"]) as server:
        name = save_profile(tmp_path, server.url, prompt_price=1.0, answer_price=2.0)
        listed = quick_studio("profiles", env=environment).json
        assert [profile["name"] for profile in listed] == ["Built-in", name]
        facts = quick_studio("profiles", "--test", name, env=environment).json
        assert facts["model"] == "m" and facts["rate"] > 0
        asked = len(server.asked)
        reckoned = quick_studio("generate", dataset, "--profile", name, "--estimate", env=environment).json
        assert reckoned["clips"] == 3 and reckoned["cost"] > 0 and len(server.asked) > asked
        words = ("--profile", name, "--takes", "2", "--seed", "5", "--annotator", "nobody yet")
        told = quick_studio("generate", dataset, *words, env=environment).json
        assert (told["takes"], told["failed"]) == (6, [])
    (one, two) = takes(dataset)["01-waiting-room"]
    assert {one["request"]["seed"], two["request"]["seed"]} == {5, 6}
    assert one["provenance"]["settings"]["damping"] == 0.5
    assert [k["description"] for k in one["keyframes"]] == ["The brows lift.", "A smile."]


def test_what_fails_is_named_and_asked_for_again(
    quick_studio: Studio, dataset: Path, environment: dict[str, str]
) -> None:
    letter_fails = [True]

    def fails(handler: Handler, body: dict[str, Any]) -> None:
        user = body["messages"][1]["content"]
        emotion = json.loads((dataset / "clips/02-letter/clip.json").read_bytes())["emotion"]
        if letter_fails and " ".join(emotion.split()) in user:
            handler.stream("No.")
        else:
            handler.stream(paper_reply())

    with model_server(fails, ["m"]) as server:
        words = ("generate", dataset, "--backend", "server", "--url", server.url, "--annotator", "maria")
        ran = quick_studio(*words, env=environment)
        assert "1 of 3 takes failed (the first: 02-letter" in ran.error
        assert [row["clip"] for row in json.loads(ran.out)["failed"]] == ["02-letter"]
        letter_fails.clear()
        assert quick_studio(*words, env=environment).json["takes"] == 1
    assert sorted(takes(dataset)) == CLIPS


def test_wrong_calls_about_datasets(quick_studio: Studio, dataset: Path, tmp_path: Path) -> None:
    for words, said in (
        ((dataset, "--out", "x.jsonl"), "leave out --out"),
        ((dataset, "--status", "finished"), "needs review"),
        (("x.jsonl", "--estimate"), "belong to a dataset"),
        ((dataset, "--profile", "x", "--url", "h"), "--profile already says"),
        ((dataset, "--jobs", "0"), "--jobs"),
    ):
        assert said in quick_studio("generate", *words).usage
    assert "no profile “x”" in quick_studio("generate", dataset, "--profile", "x").error
    assert "dataset.json is missing" in quick_studio("generate", tmp_path).error
    assert "needs no connection" in quick_studio("profiles", "--test", "Built-in").error


def test_a_server_that_is_not_there_is_told_once(quick_studio: Studio, dataset: Path) -> None:
    there = ("--backend", "server", "--url", "http://127.0.0.1:9")
    ran = quick_studio("generate", dataset, *there, "--estimate")
    assert "127.0.0.1:9" in ran.error and "cannot be reached" in ran.error
