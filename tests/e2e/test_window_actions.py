"""Every command has a key that is its own, a place in the palette, and somebody who does it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from annotator.window.actions import ACTIONS, BY_ID, conflicts
from annotator.window.command_palette import CommandPalette
from annotator.window.keys_dialog import KeysDialog
from annotator.window.window import StudioWindow
from tests.e2e.window_parts import PROJECT, Person, demo_at, target_of
from tests.present import present


@pytest.fixture
def person(window: StudioWindow, qtbot: QtBot) -> Person:
    return Person(window, qtbot)


def test_no_two_commands_share_a_key_and_every_key_can_be_pressed() -> None:
    assert conflicts({}) == {}
    assert len(BY_ID) == len(ACTIONS)
    for spec in ACTIONS:
        for key in spec.keys:
            assert not QKeySequence(key).isEmpty(), spec.id
            assert QKeySequence(key).toString(), spec.id


def test_every_command_is_carried_out_even_with_nothing_open(person: Person) -> None:
    window = person.window
    assert set(window.actions_by_id) == set(BY_ID)
    opened = set(
        "open_folder open_file open_demo new_dataset add_clip import_folder import_track choose_face".split()
    )
    opened |= {"help_keys", "quit", "palette"}
    for id, action in window.actions_by_id.items():
        if id not in opened:
            action.trigger()
    person.wait(lambda: not person.session.jobs.running)
    assert person.session.current is None
    assert not any("unexpected" in line for line in person.told)


def test_with_nothing_open_actions_that_need_a_clip_are_off_and_say_why(person: Person) -> None:
    window = person.window
    for id in ("mark_keyframe", "toggle_span", "play_pause", "delete", "next_clip", "generate", "export"):
        action, reason = window.actions_by_id[id], window.actions_table.reason(id)
        assert not action.isEnabled() and reason is not None, id
        assert action.toolTip() == f"{action.text()}: {reason.line()}"
    for id in ("open_folder", "palette", "theme", "help_keys", "mute"):
        assert window.actions_by_id[id].isEnabled(), id
    for key in ("M", "E", "Space", "Delete", "PgDown"):
        told = len(person.told)
        person.press(key)
        assert len(person.told) == told + 1 and " – " in person.told[-1], key
    told = len(person.told)
    person.press("Escape", "K")
    assert len(person.told) == told, "keys that end something need no words where there is nothing to end"
    person.press("Ctrl+K")
    palette = QApplication.activePopupWidget()
    assert isinstance(palette, CommandPalette)
    for letter in "keyframe at play":
        QTest.keyClicks(palette.search, letter)
    assert "No clip is open" in palette.list.item(0).toolTip()
    palette.close()


def test_actions_are_on_exactly_when_they_can_act(person: Person, tmp_path: Path) -> None:
    person.open(demo_at(tmp_path))
    table, actions = person.window.actions_table, person.window.actions_by_id
    assert actions["mark_keyframe"].isEnabled() and not actions["delete"].isEnabled()
    # Keys that follow at once find their actions as the key before left things.
    person.press("M", "Delete", "Ctrl+Z", "Ctrl+Shift+Z", "Ctrl+Z")
    assert len(person.keyframes) == 1
    assert actions["redo"].isEnabled() and not actions["previous_keyframe"].isEnabled()
    person.press("End")
    person.wait(actions["previous_keyframe"].isEnabled)
    assert not actions["next_keyframe"].isEnabled()
    assert not actions["frame_forward"].isEnabled() and actions["frame_back"].isEnabled()
    person.press(".")
    assert person.told[-1] == "There is no keyframe after the playhead"
    person.press("E", "=", "=", "=")
    assert present(table.reason("intensity_up")).line() == "5 is the highest intensity"
    assert actions["intensity_down"].isEnabled()
    ids = person.window.listed_clips()
    while person.session.wanted_clip_id != ids[-1]:
        person.press("PgDown")
        person.wait_for_clip(person.session.wanted_clip_id)
    person.press("PgDown")
    assert person.told[-1] == "This is the last clip" and not actions["next_clip"].isEnabled()


def test_the_palette_runs_what_is_typed(person: Person, tmp_path: Path) -> None:
    person.open(demo_at(tmp_path))
    for _ in range(3):
        person.press("Ctrl+K")
        palette = QApplication.activePopupWidget()
        assert isinstance(palette, CommandPalette)
        for letter in "keyframe at play":
            QTest.keyClicks(palette.search, letter)
        assert palette.list.count() == 1
        QTest.keyClick(palette.search, Qt.Key.Key_Return)
        person.press("Right")
    assert len(person.keyframes) == 3
    person.wait(lambda: not person.window.findChildren(CommandPalette))


def work_on_keys(person: Person, work: Callable[[KeysDialog], None]) -> None:
    """Open the keys dialog and let ``work`` have it: the dialog holds the caller until it closes."""

    def found() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, KeysDialog)
        try:
            work(dialog)
        finally:
            dialog.close()

    QTimer.singleShot(0, found)
    person.press("F1")


def choose(dialog: KeysDialog, words: str) -> None:
    dialog._search.setText(words)
    group = present(dialog._tree.topLevelItem(0))
    dialog._tree.setCurrentItem(present(group.child(0)))


def test_keys_can_be_changed_and_a_clash_is_said(person: Person, tmp_path: Path) -> None:
    person.open(demo_at(tmp_path))

    def change(dialog: KeysDialog) -> None:
        choose(dialog, "Mark a keyframe at the playhead")
        QTest.keyClicks(dialog._edit, "e")
        person.wait(lambda: dialog.remapped.get("mark_keyframe") == ["E"])
        assert "E runs nothing" in dialog._clash.text()
        QTest.keyClicks(dialog._edit, "q")
        person.wait(lambda: dialog.remapped.get("mark_keyframe") == ["Q"])
        assert not dialog._clash.text()
        dialog._search.setFocus()
        QTest.keyClick(dialog._search, Qt.Key.Key_Return)
        assert dialog.isVisible()
        dialog.accept()

    work_on_keys(person, change)
    person.press("M")
    assert not person.keyframes
    person.press("Q")
    assert len(person.keyframes) == 1
    assert person.session.settings.keys == {"mark_keyframe": ["Q"]}

    work_on_keys(person, lambda dialog: choose(dialog, "Start or end"))
    assert person.session.settings.keys == {"mark_keyframe": ["Q"]}
    person.wait(lambda: not person.window.findChildren(KeysDialog))


def test_the_theme_changes_everything_at_once(person: Person, tmp_path: Path) -> None:
    person.open(demo_at(tmp_path))
    person.press("Ctrl+Shift+T")
    assert person.session.palette.name == "light"
    window = person.window
    person.press("M")
    lanes, above = target_of(window.timeline.keyframes)
    place = above + QPoint(300, 3)
    light = lanes.grab().toImage().pixelColor(place).lightness()
    person.press("Ctrl+Shift+T")
    dark = lanes.grab().toImage().pixelColor(place).lightness()
    assert light > 180 > 80 > dark


@pytest.mark.parametrize(
    "lines",
    [
        "from PySide6.QtCore import QObject; o = QObject(); call = lambda: o.setObjectName('x')",
        "from PySide6.QtWidgets import QApplication, QWidget\n"
        "a = QApplication([]); w = QWidget(); call = w.update",
    ],
)
def test_void_calls_of_qt_keep_their_references_to_none(lines: str) -> None:
    """PySide6 6.12.0 loses one at every call, and the interpreter aborts in the end."""
    script = (
        f"{lines}\nimport sys\nbefore = sys.getrefcount(None)\nfor _ in range(1000): call()\n"
        "print(sys.getrefcount(None) - before)"
    )
    found = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
    )
    assert int(found.stdout) > -100


def test_opencv_leaves_qt_alone() -> None:
    script = (
        "from main import prepare_environment; prepare_environment()\n"
        "import viewer.core.opencv, os\n"
        "print(sorted(n for n in ('QT_QPA_PLATFORM_PLUGIN_PATH', 'QT_QPA_FONTDIR') if n in os.environ))\n"
        "from PySide6.QtWidgets import QApplication; print(QApplication([]).platformName())\n"
    )
    found = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        cwd=PROJECT,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
    )
    assert found.stdout.split("\n")[:2] == ["[]", "offscreen"]
