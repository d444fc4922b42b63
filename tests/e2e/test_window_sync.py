"""Putting the track of a clip in step in the window."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from annotator.sync.estimate_dialog import EstimateDialog
from annotator.window.window import StudioWindow
from tests.e2e.window_parts import Person, demo_at, target_of

pytestmark = pytest.mark.slow
FRAME = 1 / 30


@pytest.fixture
def person(window: StudioWindow, qtbot: QtBot, tmp_path: Path) -> Person:
    return Person(window, qtbot).open(demo_at(tmp_path), "03-birthday")


def steps(person: Person) -> int:
    return person.clip.history.stack.count()


def drag(person: Person, pixels: int) -> None:
    """Drag the mouth's curve in the lane of the sound."""
    view, origin = target_of(person.window.timeline.waveform)
    at = origin + QPoint(400, 20)
    QTest.mousePress(view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
    for part in (0.3, 0.7, 1.0):
        QTest.mouseMove(view, at + QPoint(round(pixels * part), 0))
    QTest.mouseRelease(
        view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at + QPoint(pixels, 0)
    )


def test_keys_field_and_drag_move_the_track_and_undo_brings_it_back(person: Person, tmp_path: Path) -> None:
    sync, bar = person.studio.sync, person.window.step_bar
    assert not bar.isVisible()
    person.press("Y")
    assert bar.isVisible() and person.window.timeline.waveform.row_height > 60
    person.press("Alt+Shift+Right", "Alt+Shift+Right", "Alt+Shift+Up", "Alt+Shift+Down", "Alt+Shift+Down")
    assert person.clip.offset == pytest.approx(2 * FRAME - 0.01, abs=1e-3)
    assert steps(person) == 1, "nudges one after the other are one step"
    person.click(bar.field)
    bar.field.selectAll()
    person.type("0,5")
    person.press("Return")
    assert person.clip.offset == 0.5 and bar.field.text() == "+0.500 s"
    assert person.session.playback.duration == pytest.approx(5.5)
    pixels = 60
    person.wait(lambda: person.window.timeline.stack.layers[0].offset == 0.5)
    drag(person, pixels)
    moved = pixels / person.window.timeline.axis.pixels_per_second
    assert person.clip.offset == pytest.approx(0.5 + moved, abs=0.02) and steps(person) == 3
    person.wait(lambda: person.window.timeline.stack.layers[0].offset == person.clip.offset)
    person.press("Ctrl+Z", "Ctrl+Z", "Ctrl+Z")
    assert person.clip.offset == 0.0 and bar.field.text() == "+0.000 s"
    assert person.session.playback.duration == pytest.approx(5.0)
    assert not bar.timecode_button.isEnabled() and "no timecode" in bar.timecode_button.toolTip()
    person.press("Y")
    assert not bar.isVisible() and not sync.dragging


def test_an_estimate_is_a_proposal_that_is_used_in_one_step(person: Person, tmp_path: Path) -> None:
    person.studio.sync.set_offset(0.4)
    person.window.actions_by_id["estimate_offset"].trigger()
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, EstimateDialog)
    person.wait(lambda: dialog.estimate is not None and not person.studio.sync.running)
    assert dialog.estimate is not None and dialog.estimate.offset is not None
    assert person.clip.offset == 0.4, "nothing is changed before it is used"
    assert "12 frames from where it is now" in dialog.detail.text()
    person.click(dialog.use_button)
    assert person.clip.offset == pytest.approx(0.0, abs=FRAME)
    person.wait_until_saved()
    words = json.loads((person.clip.loaded.place.folder / "clip.json").read_text("utf-8"))
    assert words["offset"] == person.clip.offset
    person.press("Ctrl+Z")
    assert person.clip.offset == 0.4
