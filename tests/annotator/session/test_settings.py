"""The settings file: value by value, several windows, nothing unknown lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotator.core.generation.profiles import PRESETS
from annotator.session.settings import (
    Settings,
    load_settings,
    save_settings,
    settings_message,
    settings_path,
)
from tests.annotator.core.edit_strategies import json_values

GOOD: dict[str, Any] = {
    "annotator": "anna",
    "theme": "dark",
    "keys": {"play": ["K"], "undo": ["Ctrl+U"]},
    "profiles": [
        {"name": "Mine", "backend": "server", "url": "http://gpu/v1", "timeout": 30.0, "of_mine": 1}
    ],
    "recent": ["/a", "/b"],
    "heat_top": 3,
    "of a plugin": {"deep": [1]},
}


def write(data: Any) -> None:
    settings_path().parent.mkdir(parents=True, exist_ok=True)
    settings_path().write_bytes(data if isinstance(data, bytes) else json.dumps(data).encode())


def held() -> dict[str, Any]:
    read: dict[str, Any] = json.loads(settings_path().read_bytes())
    return read


def copies() -> list[Path]:
    return sorted(settings_path().parent.glob("settings.broken*"))


def test_what_is_good_is_read_without_a_word() -> None:
    write(GOOD)
    found = load_settings()
    assert (found.annotator, found.heat_top, found.profiles[0].timeout) == ("anna", 3.0, 30.0)
    assert settings_message(found) is None and copies() == []
    found.muted = True
    save_settings(found)
    assert held()["of a plugin"] == {"deep": [1]} and held()["profiles"][0]["of_mine"] == 1
    assert held()["muted"] is True


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("theme", 5),
        ("theme", "\ud800"),
        ("heat_top", "much"),
        ("muted", "yes"),
        ("recent", "/a"),
        ("profile", None),
        ("describing", []),
        ("face_models", 3),
    ],
)
def test_one_wrong_value_costs_that_value_and_is_told_once(key: str, value: Any) -> None:
    write({**GOOD, key: value})
    before = settings_path().read_bytes()
    found = load_settings()
    assert getattr(found, key) == getattr(Settings(), key)
    assert found.annotator == "anna" and found.profiles[0].name == "Mine"
    message = settings_message(found)
    assert message is not None and key in message.text and "settings.broken.json" in message.text
    assert [copy.read_bytes() for copy in copies()] == [before]
    save_settings(found)
    again = load_settings()
    assert settings_message(again) is None and again == found
    assert held()["of a plugin"] == {"deep": [1]}


def test_entries_of_lists_and_profiles_are_read_one_by_one() -> None:
    profiles = [*GOOD["profiles"], {"name": "Odd", "timeout": "long", "jobs": 7}, {"jobs": 3}, "none"]
    write({**GOOD, "profiles": profiles, "keys": {"play": ["K"], "undo": 3}, "recent": ["/a", 3, "/b"]})
    found = load_settings()
    assert [(p.name, p.jobs) for p in found.profiles] == [("Mine", 4), ("Odd", 7)]
    assert found.keys == {"play": ["K"]} and found.recent == ["/a", "/b"]


@pytest.mark.parametrize("data", [b"", b"{", b"\0" * 40, b"[1]", b"null", b"\xff\xfe\x00"])
def test_a_broken_file_is_kept_and_named(data: bytes) -> None:
    write(data)
    found = load_settings()
    message = settings_message(found)
    assert found == Settings() and message is not None and "settings.broken.json" in message.text
    save_settings(found)
    assert [copy.read_bytes() for copy in copies()] == [data]
    assert settings_message(load_settings()) is None
    write(b"other")
    load_settings()
    assert [copy.read_bytes() for copy in copies()] == [b"other", data]


def test_one_bad_byte_costs_one_letter() -> None:
    write(json.dumps(GOOD).encode().replace(b'"/b"', b'"/\xe9"'))
    found = load_settings()
    assert found.annotator == "anna" and found.profiles[0].name == "Mine"
    assert settings_message(found) is not None and len(copies()) == 1


def test_two_windows_keep_each_others_changes() -> None:
    write(GOOD)
    one, two = load_settings(), load_settings()
    one.keys = {**one.keys, "play": ["J"]}
    one.remember(Path("/one"))
    one.theme = "light"
    two.keys = {key: keys for key, keys in two.keys.items() if key != "undo"}
    two.remember(Path("/two"))
    two.annotator = "ben"
    two.profiles = [*two.profiles, PRESETS[1]]
    save_settings(one)
    save_settings(two)
    save_settings(one)
    found = load_settings()
    assert (found.theme, found.annotator, found.keys) == ("light", "ben", {"play": ["J"]})
    assert set(found.recent) == {str(Path("/one")), str(Path("/two")), "/a", "/b"}
    assert [p.name for p in found.profiles] == ["Mine", PRESETS[1].name]


def test_what_a_window_takes_away_stays_away() -> None:
    write(GOOD)
    one = load_settings()
    one.profiles = []
    one.keys = {}
    save_settings(one)
    assert (load_settings().profiles, load_settings().keys) == ([], {})


@pytest.mark.slow
@given(st.dictionaries(st.sampled_from([*Settings.__struct_fields__, "unknown"]), json_values))
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_stands_there_settings_come_of_it_and_survive(data: dict[str, Any]) -> None:
    write(data)
    found = load_settings()
    save_settings(found)
    assert load_settings() == found
    if "unknown" in data:
        assert held()["unknown"] == data["unknown"]
