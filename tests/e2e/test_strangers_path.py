"""Somebody who has read only the README: an own recording opened, marked and exported."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QComboBox
from pytestqt.qtbot import QtBot

from annotator.export.export_dialog import ExportDialog
from annotator.window.window import StudioWindow
from tests.e2e.window_parts import DEMO, PROJECT, Person

MOST_ACTIONS = 10


def actions(page: Path) -> list[str]:
    """The numbered actions of the first list of ten in a document."""
    found = re.search(r"^## (?:Your own recording in ten|Ten) actions\n.*?((?:^\d+\. .+\n)+)", *_lines(page))
    assert found is not None, page
    return re.findall(r"^\d+\. (.+)$", found[1], re.MULTILINE)


def _lines(page: Path) -> tuple[str, int]:
    return page.read_text("utf-8"), re.MULTILINE | re.DOTALL


def choose(person: Person, title: str) -> None:
    """Go with Tab to the list that offers something that begins with ``title``, and choose it by its
    first letter."""
    person.wait(lambda: isinstance(QApplication.activeWindow(), ExportDialog))
    for _ in range(12):
        at = QApplication.focusWidget()
        if isinstance(at, QComboBox) and any(at.itemText(i).startswith(title) for i in range(at.count())):
            person.type(title[0])
            assert at.currentText().startswith(title)
            return
        person.press("Tab")
    raise AssertionError(f"no list offers {title}")


def act(person: Person, action: str, recording: Path) -> None:
    """Do what one line says, with the key, the words or the choice that it names."""
    if action.startswith("Open"):
        assert f"`kfstudio open {recording.name}`" in action
        person.open(recording)
    elif action.startswith("Type"):
        person.type(re.findall(r"\*(.+?)\*", action)[0])
    elif action.startswith("Choose"):
        choose(person, re.findall(r"\*(.+?)\*", action)[0])
    else:
        assert action.startswith("Press"), action
        person.press(re.findall(r"`(.+?)`", action)[0].replace("Enter", "Return"))


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """A video with its coefficients beside it, as they come from a phone."""
    folder = tmp_path / "Own recordings"
    folder.mkdir()
    clip = DEMO / "clips" / "03-birthday"
    shutil.copyfile(clip / "track.csv", folder / "face.csv")
    return Path(shutil.copyfile(clip / "video.mp4", folder / "face.mp4"))


def test_a_keyframe_of_an_own_recording_is_exported_in_ten_actions(
    window: StudioWindow, qtbot: QtBot, recording: Path
) -> None:
    steps = actions(PROJECT / "README.md")
    assert len(steps) <= MOST_ACTIONS
    person = Person(window, qtbot)
    for step in steps:
        act(person, step, recording)
    person.wait(lambda: not window.findChildren(ExportDialog))
    person.wait_until_saved()
    (keyframe,) = person.keyframes
    assert keyframe.time == pytest.approx(1.0, abs=0.02)
    assert (keyframe.description, keyframe.emotion) == ("She smiles slightly, the brows raised.", "happiness")
    (exported,) = (recording.parent / "exports").iterdir()
    (line,) = exported.read_text("utf-8").splitlines()
    assert "MouthSmileLeft" in json.loads(line)["response"]
    saved = json.loads((recording.parent / "face.annotations" / "anna.json").read_bytes())
    assert saved["keyframes"][0]["frame"] == keyframe.frame


def test_the_tutorial_has_the_same_ten_actions() -> None:
    tutorial = PROJECT / "docs" / "tutorials" / "your-own-recording.md"
    first = [step.partition(". ")[0] for step in actions(PROJECT / "README.md")]
    assert [step.partition(". ")[0] for step in actions(tutorial)] == first
