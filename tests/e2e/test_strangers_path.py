"""Somebody who has read only the README: an own recording opened, marked and exported."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QComboBox, QFileDialog, QPushButton
from pytestqt.qtbot import QtBot

from annotator.capture.capture_dialog import CaptureDialog
from annotator.core.capture.tracker_packages import CaptureError, find_packages
from annotator.export.export_dialog import ExportDialog
from annotator.window.window import StudioWindow
from tests.e2e.window_parts import DEMO, PROJECT, Person
from tests.present import present
from viewer.core.video import VideoFile
from viewer.core.video_writer import VideoWriter

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


def test_a_plain_video_is_captured_and_marked_in_seven_actions(
    window: StudioWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the tutorial goes: open, the file, capture, capture, mark, describe, label."""
    try:
        find_packages()
    except CaptureError:
        pytest.skip("needs MediaPipe (make capture)")
    video = tmp_path / "face.mp4"
    with (
        VideoFile.open(DEMO / "clips" / "03-birthday" / "video.mp4") as whole,
        VideoWriter(video, whole.facts.width, whole.facts.height, fps=10) as film,
    ):
        for number in range(24, 48, 4):
            film.add(whole.frame(number))
    person = Person(window, qtbot)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(video), ""))
    person.click(button(window, "Open a recording"))
    person.wait_for_clip()
    person.click(button(window, "Capture the face…"))
    (dialog,) = window.findChildren(CaptureDialog)
    person.click(dialog.go)
    person.wait(lambda: person.clip.raw is not None and not person.session.jobs.running)
    assert not window.findChildren(CaptureDialog) and len(present(person.clip.raw)) == 6
    person.press("M", "Return")
    person.type("Her brows go up.")
    person.press("Escape", "5")
    person.wait_until_saved()
    person.press("Shift+F")
    person.wait(lambda: person.studio.landmarks.face is not None)
    person.session.close_clip()
    person.open(video)
    assert (person.state.clip.track, len(present(person.clip.raw))) == ("face-captured.csv", 6)
    assert [(each.description, each.emotion) for each in person.keyframes] == [
        ("Her brows go up.", "surprise")
    ]


def button(window: StudioWindow, title: str) -> QPushButton:
    """The one that is seen and called so."""
    return next(
        each
        for each in window.findChildren(QPushButton)
        if each.isVisible() and title in (each.text(), each.accessibleName())
    )


def test_the_tutorial_has_the_same_ten_actions() -> None:
    tutorial = PROJECT / "docs" / "tutorials" / "your-own-recording.md"
    first = [step.partition(". ")[0] for step in actions(PROJECT / "README.md")]
    assert [step.partition(". ")[0] for step in actions(tutorial)] == first
