"""Nothing is lost: killing the real studio during work, and closing it at awkward moments."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from annotator.window.window import StudioWindow
from tests.e2e.window_parts import Person, annotation_of, demo_at
from tests.model_server import model_server, never
from tests.present import present

FIRST, SECOND = "01-waiting-room", "02-letter"
WORKER = Path(__file__).with_name("crash_window.py")


def annotated(demo: Path) -> dict[str, str]:
    """The keyframes on disk, by id."""
    return {k["id"]: k["description"] for k in annotation_of(demo, FIRST)["keyframes"]}


def test_killing_the_studio_loses_no_edit(
    open_window: Callable[[], StudioWindow], qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = 12
    demo = demo_at(tmp_path)
    monkeypatch.setenv("KFSTUDIO_ANNOTATOR", "anna")
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    with subprocess.Popen(
        [sys.executable, str(WORKER), str(demo)], stdout=subprocess.PIPE, text=True, env=environment
    ) as studio:
        says = present(studio.stdout)
        told = [says.readline() for _ in range(lines)]
        studio.kill()
        told += says.readlines()
    whole = [line for line in told if line.endswith("}\n")]
    last = json.loads(whole[-1])
    assert len(last) >= lines

    # Killed between a save and the next edit, it leaves nothing to recover.
    file = demo / "clips" / FIRST / "annotations" / "anna.json"
    kept = annotated(demo) if file.exists() else {}

    person = Person(open_window(), qtbot).open(demo)
    found = {k.id: k.description for k in person.keyframes}
    assert last.items() <= found.items()
    assert len(found) <= len(last) + 1
    unsaved = [line for line in person.told if line.startswith("Recovered ")]
    assert len(unsaved) == person.window.banner.isVisible() == (found != kept)
    person.wait_until_saved()
    assert annotated(demo) == found
    person.window.close()

    again = Person(open_window(), qtbot).open(demo)
    assert {k.id: k.description for k in again.keyframes} == found
    assert not any("Recovered" in line for line in again.told)


def test_closing_keeps_what_is_being_typed_and_stops_what_runs(
    open_window: Callable[[], StudioWindow], qtbot: QtBot, tmp_path: Path
) -> None:
    demo = demo_at(tmp_path)
    person = Person(open_window(), qtbot).open(demo)
    with model_server(never) as server:
        person.ask_server(server.url)
        person.describe(3, "A smile.")
        person.press("Ctrl+G")
        person.wait(lambda: server.asked)
        person.press("Return")
        person.type(" And mo")
        person.window.close()
        person.wait(lambda: not person.session.jobs.running)
    assert [k["description"] for k in annotation_of(demo, FIRST)["keyframes"]] == ["A smile. And mo"]


def test_the_next_start_looks_as_this_one_did(
    open_window: Callable[[], StudioWindow], qtbot: QtBot, tmp_path: Path
) -> None:
    demo = demo_at(tmp_path)
    person = Person(open_window(), qtbot).open(demo)
    window = person.window
    window.set_theme("light")
    person.press("Ctrl+Shift+M")
    window.presenter.set_channels(("JawOpen",))
    window.close()
    again = open_window()
    assert again.session.palette.name == "light" and again.session.settings.muted
    assert again.session.settings.geometry == window.session.settings.geometry
    assert again.picker.channels == ("JawOpen",)
    assert again.session.settings.recent == [str(demo)]


def test_annotators_have_files_of_their_own(
    open_window: Callable[[], StudioWindow], qtbot: QtBot, tmp_path: Path
) -> None:
    demo = demo_at(tmp_path)
    person = Person(open_window(), qtbot).open(demo)
    person.press("M", "1")
    person.session.set_annotator("ben")
    person.wait(lambda: person.session.current is not None and not person.session.jobs.running)
    person.wait_for_clip(FIRST)
    assert not person.keyframes
    person.press("Right", "M", "2")
    person.session.set_annotator("anna")
    person.wait(lambda: bool(person.keyframes) and person.keyframes[0].emotion == "happiness")
    assert [k["emotion"] for k in annotation_of(demo, FIRST, "ben")["keyframes"]] == ["sadness"]
    assert [k["emotion"] for k in annotation_of(demo, FIRST)["keyframes"]] == ["happiness"]
