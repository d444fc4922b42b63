"""Profiles of models: named, kept in the settings, made into backends; never a key in them."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import msgspec
import pytest

from annotator.core.generation.backends import PlannedBy, backend_for, chat_of, close_backend
from annotator.core.generation.chat import ChatServer
from annotator.core.generation.profiles import (
    BUILT_IN,
    PRESETS,
    Profile,
    Profiles,
    bare_address,
    reset,
    within_limits,
)
from annotator.core.generation.protocol import GenerationRequest
from annotator.core.generation.run import generate, generate_takes
from annotator.session.settings import Settings, load_settings, save_settings, settings_path
from tests.model_server import Handler, model_server, paper_reply
from tests.present import present
from viewer.core.cancel import CancelToken
from viewer.core.errors import GenerationError

PAPER, CHAT, LOCAL = PRESETS[1:]


@pytest.fixture(autouse=True)
def own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KFSTUDIO_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.delenv("KFSTUDIO_API_KEY", raising=False)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")


def changed(profile: Profile, **fields: Any) -> Profile:
    return msgspec.structs.replace(profile, **fields)


def test_profiles_survive_saving_and_the_built_in_one_is_always_there() -> None:
    mine = changed(CHAT, name="Mine", temperature=0.7, takes=3, seed=11, damping=0.4, plan_prompt="“é”\n")
    kept = Profiles(PRESETS).changed(mine)
    save_settings(Settings(profile="Mine", profiles=list(kept.all)))
    settings = load_settings()
    assert Profiles.of(settings.profiles) == kept and settings.profile == "Mine"
    assert Profiles.of([]).names == (BUILT_IN,)
    assert Profiles.of([mine, changed(mine, url="http://h/v1"), changed(mine, name=" ")]).names == (
        BUILT_IN,
        "Mine",
    )


def test_a_settings_file_from_before_profiles_becomes_profiles() -> None:
    old = {
        "theme": "dark",
        "backend": "server",
        "server_url": "http://gpu:8000/v1",
        "server_model": "kf",
        "server_style": "keyframeface",
        "local_model": "/m/x.gguf",
        "jobs": 6,
    }
    settings_path().parent.mkdir(parents=True)
    settings_path().write_text(json.dumps(old))
    settings = load_settings()
    profiles = Profiles.of(settings.profiles)
    chosen = profiles.get(settings.profile)
    assert (chosen.backend, chosen.url, chosen.model) == ("server", "http://gpu:8000/v1", "kf")
    assert chosen.jobs == 6
    assert profiles.get(LOCAL.name).model == "/m/x.gguf" and settings.theme == "dark"
    save_settings(settings)
    assert load_settings() == settings


def test_names_stay_apart_and_follow_where_they_plan() -> None:
    profiles = Profiles(PRESETS).changed(changed(PAPER, planner=CHAT.name))
    renamed = profiles.renamed(CHAT.name, "  My   planner ")
    assert renamed.get(PAPER.name).planner == "My planner"
    assert renamed.planner_of(renamed.get(PAPER.name)).name == "My planner"
    for name, new in ((CHAT.name, PAPER.name), (CHAT.name, "  "), (BUILT_IN, "Mine")):
        with pytest.raises(GenerationError):
            profiles.renamed(name, new)
    assert profiles.renamed(CHAT.name, CHAT.name) == profiles
    assert profiles.free_name(CHAT.name) == f"{CHAT.name} 2"
    gone = profiles.without(CHAT.name).without(BUILT_IN)
    assert BUILT_IN in gone.names and gone.planner_of(gone.get(PAPER.name)).name == BUILT_IN
    with pytest.raises(GenerationError, match=CHAT.name):
        gone.get(CHAT.name)


def test_numbers_are_brought_into_range_and_secrets_out_of_addresses() -> None:
    odd = changed(
        CHAT,
        temperature=9.0,
        max_tokens=0,
        jobs=10_000,
        takes=-1,
        damping=0.0,
        timeout=float("nan"),
        prompt_price=-1.0,
        url="https://me:secret@host:1/v1?key=secret#x",
    )
    mended = within_limits(odd)
    assert (mended.temperature, mended.max_tokens, mended.jobs, mended.takes) == (2.0, 16, 256, 1)
    assert (mended.damping, mended.timeout, mended.prompt_price) == (0.05, 1.0, 0.0)
    assert mended.url == "https://host:1/v1"
    save_settings(Settings(profiles=list(Profiles(PRESETS).changed(odd).all)))
    assert "secret" not in settings_path().read_text()
    assert bare_address(" localhost:8000 ") == "localhost:8000"


def test_reset_keeps_the_model_and_its_name() -> None:
    mine = changed(CHAT, name="Mine", url="http://h/v1", model="m", temperature=1.0, plan_prompt="x", takes=9)
    assert reset(mine) == changed(CHAT, name="Mine", url="http://h/v1", model="m")
    assert reset(changed(PAPER, max_tokens=17)) == PAPER
    assert reset(changed(LOCAL, name="x", model="/f.gguf", context=512)).context == LOCAL.context


@pytest.mark.parametrize(
    ("fields", "seeds"),
    [
        ({}, (None,)),
        ({"seed": 5}, (5,)),
        ({"takes": 3, "seed": 5}, (5, 6, 7)),
        ({"takes": 2, "seed": 2**31 - 1}, (2**31 - 1, 0)),
    ],
)
def test_seeds(fields: dict[str, Any], seeds: tuple[int | None, ...]) -> None:
    assert changed(CHAT, **fields).seeds() == seeds
    # The built-in model has no chance in it, but several of its takes are several.
    assert changed(PRESETS[0], **fields).seeds() == ((None,) if len(seeds) == 1 else seeds)


def test_sampled_takes_get_new_seeds_each_time() -> None:
    profile = changed(CHAT, temperature=0.8, takes=4)
    first, second = profile.seeds(), profile.seeds()
    assert len(set(first)) == 4 and set(first) != set(second)
    assert not profile.samples_alike and changed(profile, temperature=0.0).samples_alike


def planner_and_values(handler: Handler, body: dict[str, Any]) -> None:
    if "director" in body["messages"][0]["content"]:
        handler.stream('{"keyframes": [{"time": 0.5, "description": "A"}, {"time": 2, "description": "B"}]}')
    else:
        handler.stream(paper_reply())


def test_one_model_plans_and_another_gives_the_values() -> None:
    with model_server(planner_and_values, ["c"]) as chat, model_server(planner_and_values, ["kf"]) as paper:
        values = changed(PAPER, url=paper.url, model="kf", planner=CHAT.name)
        profiles = Profiles((PRESETS[0], values, changed(CHAT, url=chat.url)))
        backend = backend_for(profiles.get(PAPER.name), profiles)
        result = generate(backend, GenerationRequest("A hall", "Awe"))
        assert [step.description for step in result.plan] == ["A", "B"] and not result.errors
        assert (len(chat.asked), len(paper.asked)) == (1, 2)
        assert result.provenance.model == "kf"
        assert present(result.provenance.planner).url == f"{chat.url}/v1"
        described = generate(backend, GenerationRequest("A hall", "Awe", "", ("A smile.",)))
        assert described.provenance.planner is None
        close_backend(backend)


def test_the_built_in_model_plans_for_a_server_and_keeps_its_remarks() -> None:
    with model_server() as server:
        profiles = Profiles(PRESETS).changed(changed(PAPER, url=server.url))
        backend = backend_for(profiles.get(PAPER.name), profiles)
        assert isinstance(backend, PlannedBy)
        alone = generate(backend_for(PRESETS[0], profiles), GenerationRequest("", "Zorblat about gravy."))
        result = generate(backend, GenerationRequest("", "Zorblat about gravy."))
        assert result.plan == alone.plan and result.notes == alone.notes
        assert len(server.asked) == len(result.plan)
        close_backend(backend)


def test_takes_are_sampled_at_once_each_with_its_seed() -> None:
    all_three = threading.Barrier(3, timeout=20)

    def together(handler: Handler, body: dict[str, Any]) -> None:
        if "director" in body["messages"][0]["content"]:
            all_three.wait()
        planner_and_values(handler, body)

    with model_server(together) as server:
        profile = changed(CHAT, url=server.url, style="keyframeface", takes=3, seed=40, temperature=0.9)
        backend = backend_for(profile, Profiles(PRESETS))
        lines: list[str] = []
        results = generate_takes(
            backend,
            GenerationRequest("A hall", "Awe"),
            profile.seeds(),
            jobs=6,
            progress=lambda done, total, what: lines.append(what),
        )
        close_backend(backend)
        assert [result.request.seed for result in results] == [40, 41, 42]
        assert sorted(body["seed"] for body in server.asked) == sorted([40, 41, 42] * 3)
        assert {body["temperature"] for body in server.asked} == {0.9}
    assert lines[-1] == "9 of 9 answers"


def test_the_server_behind_a_profile_can_be_asked_other_things() -> None:
    profiles = Profiles(PRESETS)
    assert isinstance(chat_of(backend_for(PAPER, profiles), CancelToken()), ChatServer)
    with pytest.raises(GenerationError, match="no questions"):
        chat_of(backend_for(PRESETS[0], profiles), CancelToken())


@pytest.mark.parametrize("profile", [changed(PAPER, url=" "), LOCAL])
def test_a_profile_without_a_model_says_so(profile: Profile) -> None:
    with pytest.raises(GenerationError):
        backend_for(profile, Profiles(PRESETS))
