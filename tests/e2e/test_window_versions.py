"""What others change under an open window: it comes in, and where both changed the same one chooses."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from annotator.clips.versions_dialog import ClashCard, OtherCard, VersionsDialog
from annotator.core.generation.protocol import KeyframeResult
from annotator.core.storage.backups import Backups
from annotator.session.settings import settings_path
from annotator.window.window import StudioWindow
from tests.e2e.window_parts import Person, annotation_of, demo_at
from tests.present import present
from viewer.core.channels import CHANNEL_COUNT, INDEX
from viewer.transport_bar import format_timecode

FIRST = "01-waiting-room"


@pytest.fixture
def person(window: StudioWindow, qtbot: QtBot, tmp_path: Path) -> Person:
    return Person(window, qtbot).open(demo_at(tmp_path))


def folder_of(person: Person) -> Path:
    return person.clip.loaded.place.folder


def change(path: Path, make: Callable[[dict[str, Any]], None]) -> None:
    """As another program does: read, change, write."""
    data = json.loads(path.read_bytes())
    make(data)
    path.write_text(json.dumps(data, indent=1), "utf-8")


def annotation(person: Person) -> Path:
    return person.clip.loaded.place.annotation_file


def marked(person: Person) -> str:
    """A keyframe described here and saved; its id."""
    person.describe(10, "as it was")
    person.wait_until_saved()
    return person.keyframes[-1].id


def describe_there(person: Person, id: str, words: str) -> None:
    def make(data: dict[str, Any]) -> None:
        next(k for k in data["keyframes"] if k["id"] == id)["description"] = words

    change(annotation(person), make)


def describe_here(person: Person, words: str) -> None:
    person.session.select("keyframe", person.keyframes[-1].id, move=True)
    person.press("Return")
    person.press("Ctrl+A")
    person.type(words)
    person.press("Ctrl+Return")


def clash(person: Person) -> VersionsDialog:
    """Two versions of one description, and the view in which one is chosen."""
    id = marked(person)
    describe_there(person, id, "as they saw it")
    describe_here(person, "as I saw it")
    banner = person.window.banner
    person.wait(lambda: "changed here and elsewhere" in banner.text)
    person.wait_until_saved()
    assert (
        annotation_of(folder_of(person).parent.parent, FIRST)["keyframes"][-1]["description"] == "as I saw it"
    )
    person.click(banner.first.action)
    dialog = person.window.findChild(VersionsDialog)
    assert dialog is not None
    return dialog


def card_of(dialog: VersionsDialog) -> ClashCard:
    (card,) = dialog.cards
    assert isinstance(card, ClashCard)
    return card


def files(person: Person) -> list[str]:
    """What lies in the folder of the annotations of this annotator."""
    return sorted(path.name for path in annotation(person).parent.iterdir() if path.name != "maria.json")


def test_what_git_brings_comes_into_the_window_and_can_be_undone(person: Person) -> None:
    id = marked(person)
    steps = person.clip.history.stack.count()

    def pulled(data: dict[str, Any]) -> None:
        data["keyframes"][-1]["note"] = "from a colleague"
        data["keyframes"].append({"id": "k-theirs", "time": 3.0, "description": "theirs"})
        data["of a plugin"] = 1

    change(annotation(person), pulled)
    person.wait(lambda: any(k.id == "k-theirs" for k in person.keyframes))
    assert next(k for k in person.keyframes if k.id == id).note == "from a colleague"
    assert any("Changed elsewhere and merged: 1 keyframe" in told for told in person.told)
    assert person.clip.history.stack.count() == steps + 1
    person.describe(40, "mine, after that")
    person.wait_until_saved()
    held = annotation_of(folder_of(person).parent.parent, FIRST)
    assert {"theirs", "mine, after that", "as it was"} <= {k["description"] for k in held["keyframes"]}
    assert held["of a plugin"] == 1 and files(person) == ["anna.json"]
    while any(k.id == "k-theirs" for k in person.keyframes):
        person.press("Ctrl+Z")
    person.wait_until_saved()
    held = annotation_of(folder_of(person).parent.parent, FIRST)
    assert "k-theirs" not in {k["id"] for k in held["keyframes"]} and held["of a plugin"] == 1


def test_a_look_comes_when_the_window_comes_to_the_front(person: Person) -> None:
    marked(person)
    looked: list[int] = []
    person.clip.saver.look = lambda: looked.append(1)  # type: ignore[method-assign]
    from PySide6.QtCore import Qt
    from PySide6.QtWidgets import QApplication

    app = QApplication.instance()
    assert isinstance(app, QApplication)
    app.applicationStateChanged.emit(Qt.ApplicationState.ApplicationActive)
    assert looked


def test_theirs_is_taken_by_one_click_and_undone(person: Person) -> None:
    dialog = clash(person)
    card = card_of(dialog)
    assert (card.mine.text(), card.theirs.text()) == ("as I saw it", "as they saw it")
    person.click(card.take_button)
    assert person.keyframes[-1].description == "as they saw it"
    person.wait(lambda: person.window.findChild(VersionsDialog) is None)
    assert not person.window.banner.isVisible() and not person.session.versions.waiting
    person.wait_until_saved()
    assert files(person) == ["anna.json"]
    person.press("Ctrl+Z")
    assert person.keyframes[-1].description == "as I saw it"


def test_mine_is_kept_by_one_click_and_theirs_is_among_the_backups(person: Person) -> None:
    dialog = clash(person)
    person.click(card_of(dialog).keep_button)
    person.wait(lambda: person.window.findChild(VersionsDialog) is None)
    assert person.keyframes[-1].description == "as I saw it" and files(person) == ["anna.json"]
    kept = [backup.path.read_text() for backup in Backups(person.clip.loaded.place).all("anna.json")]
    assert any("as they saw it" in text for text in kept)


def test_what_nobody_chose_is_asked_again_at_the_next_opening(person: Person) -> None:
    dialog = clash(person)
    dialog.reject()
    person.session.open_clip("02-letter")
    person.wait_for_clip("02-letter")
    assert "changed here and elsewhere" not in person.window.banner.text
    person.session.open_clip(FIRST)
    person.wait_for_clip(FIRST)
    person.wait(lambda: "changed here and elsewhere" in person.window.banner.text)
    assert person.keyframes[-1].description == "as I saw it"


def test_a_second_version_of_earlier_releases_becomes_one_file(person: Person) -> None:
    id = marked(person)
    place = person.clip.loaded.place
    person.session.open_clip("02-letter")
    person.wait_for_clip("02-letter")
    data = json.loads(place.annotation_file.read_bytes())
    next(k for k in data["keyframes"] if k["id"] == id)["description"] = "of the other"
    data["keyframes"].append({"id": "k-other", "time": 2.5, "description": "only there"})
    other = place.annotation_file.with_name("anna.conflict-20260101-000000.json")
    other.write_text(json.dumps(data))
    person.session.open_clip(FIRST)
    person.wait_for_clip(FIRST)
    banner = person.window.banner
    person.wait(lambda: "1 other version" in banner.text)
    person.click(banner.first.action)
    dialog = person.window.findChild(VersionsDialog)
    assert dialog is not None
    (card,) = dialog.cards
    assert isinstance(card, OtherCard) and "1 keyframe added; 1 part" in card.summary.text()
    person.click(card.merge_button)
    assert {"only there", "as it was"} <= {k.description for k in person.keyframes}
    assert files(person) == ["anna.json"]
    assert any("conflict" in b.path.name for b in Backups(place).all())
    person.click(card_of(dialog).take_button)
    assert {"only there", "of the other"} <= {k.description for k in person.keyframes}
    person.wait(lambda: person.window.findChild(VersionsDialog) is None)


def test_a_key_generated_again_on_both_sides_is_one_choice(person: Person) -> None:
    person.press("Ctrl+G")
    person.wait(lambda: person.studio.takes.active is not None and not person.session.jobs.running)
    person.wait_until_saved()
    id, time = person.take.id, present(person.take.info.performance).keys[0].time

    def again(data: dict[str, Any]) -> None:
        data["performance"]["keys"][0]["values"] = {"JawOpen": 0.75}
        data["keyframes"][0] |= {"description": "their words", "reasons": []}
        data["request"]["descriptions"][0] = "their words"

    change(person.clip.loaded.place.take_file(id), again)
    values = np.zeros(CHANNEL_COUNT, np.float32)
    values[INDEX["JawOpen"]] = 0.25
    assert person.studio.performance.replace_key(id, 0, KeyframeResult(0, "my words", values))
    banner = person.window.banner
    person.wait(lambda: "1 part changed here and elsewhere" in banner.text)
    person.click(banner.first.action)
    dialog = present(person.window.findChild(VersionsDialog))
    card = card_of(dialog)
    assert not dialog.take_all.isVisible()
    assert card.mine.text().splitlines() == [f"At {format_timecode(time)}", "my words", "JawOpen: 0.25"]
    assert card.theirs.text().splitlines() == [f"At {format_timecode(time)}", "their words", "JawOpen: 0.75"]
    person.click(card.take_button)
    person.wait(lambda: person.window.findChild(VersionsDialog) is None)
    info = next(take for take in person.state.takes if take.id == id)
    assert info.request.descriptions[0] == info.answers[0].description == "their words"
    assert present(info.performance).keys[0].values == {"JawOpen": 0.75}


def test_a_take_that_came_is_shown_and_one_that_changed_follows(person: Person) -> None:
    person.press("Ctrl+G")
    person.wait(lambda: person.studio.takes.active is not None and not person.session.jobs.running)
    person.wait_until_saved()
    place, take = person.clip.loaded.place, person.take
    path = place.take_file(take.id)
    place.take_file("t-pulled").write_bytes(path.read_bytes())

    def stronger(data: dict[str, Any]) -> None:
        data["performance"]["strength"] = {"mouth": 0.5}

    change(path, stronger)
    person.wait(lambda: len(person.studio.takes.all()) == 2)
    person.wait(lambda: person.state.takes[0].performance.strength == {"mouth": 0.5})  # type: ignore[union-attr]
    found = person.studio.takes.find(take.id)
    assert found is not None and (found.track.values != take.track.values).any()
    assert {take.id for take in person.studio.takes.all()} == {take.id, "t-pulled"}


def test_two_windows_on_one_clip_show_one_work(person: Person, open_window: Any, qtbot: QtBot) -> None:
    root = folder_of(person).parent.parent
    other = Person(open_window(), qtbot).open(root)
    assert "already open in another window" in other.window.banner.text
    assert "already open" not in person.window.banner.text
    person.describe(5, "from the first")
    other.describe(50, "from the second")
    for one in (person, other):
        one.wait(
            lambda one=one: {"from the first", "from the second"} <= {k.description for k in one.keyframes}
        )
        one.wait_until_saved()
    person.wait(lambda: person.state.keyframes == other.state.keyframes)
    assert files(person) == ["anna.json"]


def test_settings_that_cannot_be_used_are_told_in_the_window(
    own_folders: Path, open_window: Any, qtbot: QtBot
) -> None:
    settings_path().parent.mkdir(parents=True, exist_ok=True)
    settings_path().write_bytes(b'{"annotator": "zoe", "theme": 5, "geometry": "\xff%%", "layout": "? ?"}')
    window = open_window()
    assert "settings.broken.json" in window.banner.text and window.session.annotator_id == "zoe"
