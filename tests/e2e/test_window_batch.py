"""Generating for a whole dataset from the real window, while somebody works in it."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import msgspec
import pytest
from pytestqt.qtbot import QtBot

from annotator.core.generation.profiles import PRESETS
from annotator.generation.batch_dialog import BatchDialog
from annotator.window.window import StudioWindow
from tests.e2e.window_parts import Person, demo_at
from tests.model_server import Handler, honest, model_server, never
from tests.present import present

CLIPS = ["01-waiting-room", "02-letter", "03-birthday"]


@pytest.fixture
def person(window: StudioWindow, qtbot: QtBot, tmp_path: Path) -> Person:
    return Person(window, qtbot).open(demo_at(tmp_path))


def open_dialog(person: Person) -> BatchDialog:
    person.press("Ctrl+Shift+G")
    found = person.window.findChildren(BatchDialog)
    person.wait(lambda: "clips" in found[-1].count.text())
    return found[-1]


def takes_on_disk(tmp_path: Path) -> list[str]:
    return [clip for clip in CLIPS if list((tmp_path / "demo/clips" / clip / "takes").glob("*.json"))]


def priced(person: Person, url: str) -> None:
    models = person.studio.models
    profile = msgspec.structs.replace(
        PRESETS[1], url=url, model="", jobs=1, prompt_price=1000.0, answer_price=1000.0
    )
    models.keep(models.profiles.changed(profile), profile.name)


def test_a_dataset_is_estimated_generated_and_the_open_clip_gets_its_take_as_an_edit(
    person: Person, tmp_path: Path
) -> None:
    session = person.session
    with model_server(honest) as server:
        priced(person, server.url)
        dialog = open_dialog(person)
        assert dialog.count.text() == "3 of 3 clips"
        dialog.estimate.click()
        person.wait(lambda: dialog.figures["Cost"].text() != "–")
        assert "USD" in dialog.figures["Cost"].text()
        asked = int(dialog.figures["Requests"].text())
        person.wait(lambda: not person.studio.batch.running)
        dialog.go.click()
        person.wait(lambda: person.studio.batch.report is not None)
        assert "3 takes were made" in dialog.doing.text()
        assert len(server.asked) >= asked / 2
    (take,) = person.studio.takes.all()
    assert take.name == f"{PRESETS[1].name} 1" and person.take.id == take.id
    person.wait_until_saved()
    person.wait(lambda: takes_on_disk(tmp_path) == CLIPS)
    session.undo()
    assert person.studio.takes.all() == []
    session.redo()
    assert [t.id for t in person.studio.takes.all()] == [take.id]
    person.wait_until_saved()
    dialog.missing.toggle()
    person.wait(lambda: dialog.count.text() == "3 of 3 clips")
    dialog.missing.toggle()
    person.wait(lambda: dialog.count.text() == "0 of 3 clips")
    assert not dialog.go.isEnabled()
    session.open_clip(CLIPS[1])
    person.wait_for_clip(CLIPS[1])
    assert len(person.studio.takes.all()) == 1


def test_a_batch_is_stopped_and_goes_on_without_asking_again(person: Person, tmp_path: Path) -> None:
    _session, held = person.session, threading.Event()

    def second_waits(handler: Handler, body: dict[str, Any]) -> None:
        if len(handler.server.asked) == 3 and not held.is_set():
            handler.server.release.wait(30)
        honest(handler, body)

    with model_server(second_waits) as server:
        priced(person, server.url)
        dialog = open_dialog(person)
        dialog.go.click()
        person.wait(lambda: len(server.asked) == 3)
        assert dialog.go.text() == "Stop" and not dialog.profile.isEnabled()
        dialog.go.click()
        person.wait(lambda: not person.studio.batch.running)
        assert dialog.doing.text().startswith("Stopped")
        held.set()
        dialog.go.click()
        person.wait(lambda: person.studio.batch.report is not None)
        assert present(person.studio.batch.report).whole
        asked = [json.dumps(body["messages"]) for body in server.asked]
        # Only what was under way when it was stopped is asked for twice.
        assert len(asked) - len(set(asked)) <= 2
    person.wait_until_saved()
    assert takes_on_disk(tmp_path) == CLIPS


def test_failures_are_listed_and_lead_to_their_clip(person: Person, tmp_path: Path) -> None:
    words = json.loads((tmp_path / "demo/clips/02-letter/clip.json").read_bytes())["emotion"]

    def letter_fails(handler: Handler, body: dict[str, Any]) -> None:
        if " ".join(words.split()) in body["messages"][1]["content"]:
            handler.stream("I cannot.")
        else:
            honest(handler, body)

    with model_server(letter_fails) as server:
        priced(person, server.url)
        dialog = open_dialog(person)
        dialog.go.click()
        person.wait(lambda: dialog.failures.count() == 1)
        item = dialog.failures.item(0)
        assert item.text().startswith("02-letter: ") and dialog.failures.isVisible()
        dialog.failures.itemDoubleClicked.emit(item)
        person.wait_for_clip("02-letter")
    dialog.close()
    person.wait(lambda: not person.window.findChildren(BatchDialog))
    assert any("1 clip failed" in line for line in person.told)
    again = open_dialog(person)
    assert again.failures.count() == 1, "what failed is shown again"


def test_the_choice_counts_its_clips(person: Person) -> None:
    dialog = open_dialog(person)
    for status, box in dialog.statuses.items():
        box.setChecked(status == "done")
    expected = sum(entry.status == "done" for entry in person.library.clips)
    person.wait(lambda: dialog.count.text() == f"{expected} of 3 clips")
    for box in dialog.statuses.values():
        box.setChecked(True)
    person.wait(lambda: dialog.count.text() == "3 of 3 clips")


def test_leaving_the_window_ends_a_batch_that_waits(person: Person) -> None:
    with model_server(never) as server:
        priced(person, server.url)
        dialog = open_dialog(person)
        dialog.go.click()
        person.wait(lambda: server.asked)
        person.window.close()
        person.wait(lambda: not person.session.jobs.running)
        assert not person.studio.batch.running
