"""A key that would go over plain http is asked about once, in the real window."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from pytestqt.qtbot import QtBot

from annotator.core.generation.profiles import PRESETS, Profile
from annotator.generation.plain_http_question import PlainHttpQuestion
from annotator.session.settings import load_settings
from annotator.window.window import StudioWindow
from tests.e2e.window_parts import Person, demo_at
from tests.model_server import model_server, own_address

KEY = "sk-very-secret-0123456789"


@pytest.fixture
def person(window: StudioWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Person:
    monkeypatch.setenv("KFSTUDIO_API_KEY", KEY)
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.delenv("KFSTUDIO_API_HOST", raising=False)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    return Person(window, qtbot).open(demo_at(tmp_path))


def ask(person: Person, url: str) -> PlainHttpQuestion:
    """Generate with a server, and wait for the question."""
    models = person.studio.models
    profile = msgspec.structs.replace(PRESETS[1], name="GPU", url=url, model="m", planner="Built-in")
    models.keep(models.profiles.changed(profile), profile.name)
    person.describe(30, "A smile.")
    person.press("Ctrl+G")
    return asked(person)


def asked(person: Person) -> PlainHttpQuestion:
    person.wait(lambda: person.window.findChild(PlainHttpQuestion) is not None)
    found = person.window.findChild(PlainHttpQuestion)
    assert isinstance(found, PlainHttpQuestion)
    return found


def kept_profile() -> Profile:
    return next(profile for profile in load_settings().profiles if profile.name == "GPU")


def test_no_means_no(person: Person) -> None:
    question = ask(person, "http://192.0.2.7:9")
    assert "192.0.2.7:9" in question.text() and question.defaultButton() is question.keep
    assert "plain http" in person.told[-1] and KEY not in person.told[-1]
    question.keep.click()
    assert not person.session.jobs.running and not kept_profile().plain_http


def test_yes_is_remembered_and_the_take_is_made(person: Person) -> None:
    host = own_address()
    if not host:
        pytest.skip("needs an address that other machines could use; this one has none")
    with model_server(models=["m"], host=host) as server:
        question = ask(person, server.url)
        assert not server.seen
        question.send.click()
        person.wait(lambda: len(person.studio.takes.all()) == 1 and not person.session.jobs.running)
        assert {headers["Authorization"] for _, headers, _ in server.seen} == {f"Bearer {KEY}"}
        assert kept_profile().plain_http
        person.press("Ctrl+G")
        person.wait(lambda: len(person.studio.takes.all()) == 2 and not person.session.jobs.running)
        assert person.window.findChild(PlainHttpQuestion) is None
