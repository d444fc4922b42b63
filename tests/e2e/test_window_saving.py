"""When and whether work is saved: at speed, with the dataset gone, and without any room for it."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication
from pytestqt.qtbot import QtBot

from annotator.window.window import StudioWindow
from tests.e2e.window_parts import Person, annotation_of, demo_at

FIRST, SECOND = "01-waiting-room", "02-letter"


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    return demo_at(tmp_path)


@pytest.fixture
def person(window: StudioWindow, qtbot: QtBot, demo: Path) -> Person:
    return Person(window, qtbot).open(demo)


def marked(root: Path, clip: str) -> list[int]:
    """The frames with a keyframe, as another program would read them."""
    return [keyframe["frame"] for keyframe in annotation_of(root, clip)["keyframes"]]


def conflicts(root: Path) -> list[str]:
    return [path.name for path in root.rglob("*.conflict-*")]


def test_there_and_back_at_once_leaves_the_clip_as_it_is(person: Person, demo: Path) -> None:
    person.press("M")
    opened = person.clip
    person.press("PgDown", "PgUp", "Right", "M")
    person.wait(lambda: not person.session.jobs.running)
    person.press("Right", "M")
    assert person.clip is opened
    assert [k.frame for k in person.keyframes] == [0, 1, 2]
    person.wait_until_saved()
    assert marked(demo, FIRST) == [0, 1, 2] and conflicts(demo) == []


@pytest.mark.parametrize("seed", [1, 2])
def test_changing_clips_at_speed_loses_no_keyframe(person: Person, demo: Path, seed: int) -> None:
    chance = random.Random(seed)
    made: dict[str, set[str]] = {}
    for _ in range(60):
        person.press(chance.choice(("PgDown", "PgUp", "Right", "M", "M", "Right")))
        clip = person.session.clip_id
        known = made.setdefault(clip, set())
        now = {keyframe.id for keyframe in person.keyframes}
        assert known <= now, f"keyframes of {clip} vanished"
        made[clip] = now
        for _event in range(chance.randrange(4)):
            QCoreApplication.processEvents()
    person.wait(lambda: not person.session.jobs.running)
    person.window.close()
    for clip, ids in made.items():
        saved = annotation_of(demo, clip)["keyframes"] if ids else []
        assert {keyframe["id"] for keyframe in saved} == ids
    assert conflicts(demo) == []
