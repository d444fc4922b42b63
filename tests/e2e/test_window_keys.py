"""Keys are called what they are: as the person has set them, in the spelling of the system, everywhere."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint
from PySide6.QtGui import QAction, QHelpEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QMainWindow, QMenu, QToolTip, QWidget
from pytestqt.qtbot import QtBot

from annotator.window.actions import ACTIONS, BY_ID, named_commands
from annotator.window.command_palette import CommandPalette
from annotator.window.menus import make_menu_bar
from annotator.window.system_keys import MACOS_KEYS, taken_by_macos
from annotator.window.window import StudioWindow
from tests.e2e.test_window_wheel import TABS
from tests.e2e.window_parts import PROJECT, Person, demo_at, unnamed_keys
from viewer.key_names import Command, KeyNames, fixed_keys, native

IN_WORDS = re.compile(
    r"\b(Ctrl|Alt|Shift|Meta|Cmd)\+\S"
    r"|\b([Pp]ress|[Ww]ith) ([A-Z?]|Space|Escape|Esc|Enter|Return|Delete|Tab)\b(?! )"
    r"|\(([A-Z]|Space|Home|End|Escape|Delete|F\d+|[←→↑↓])\)"
)
"""A key written down in words for people."""

NAMED = re.compile(r"\{(\w+)\}")


def words_in(file: Path) -> Iterator[tuple[int, str]]:
    """Every text in a module that people may read, with its line: no docstring, and not the keys that are
    given to a command, a shortcut or Qt."""
    tree = ast.parse(file.read_text("utf-8"))
    apart: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            apart.add(node.value)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Action" and len(node.args) > 3:
            apart.update(ast.walk(node.args[3]))
        if isinstance(node, ast.Tuple) and any(isinstance(part, ast.Lambda) for part in node.elts):
            apart.add(node.elts[0])
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in apart:
            yield node.lineno, node.value


def sources() -> list[Path]:
    """The modules with words for the window."""
    files = [file for part in ("annotator", "viewer") for file in sorted((PROJECT / part).rglob("*.py"))]
    no_words = ("key_names.py", "system_keys.py")
    return [file for file in files if file.name not in no_words and "cli" not in file.parts]


def test_no_words_name_a_key_themselves() -> None:
    found = [
        f"{file.relative_to(PROJECT)}:{line}: {text}"
        for file in sources()
        for line, text in words_in(file)
        if IN_WORDS.search(re.sub(r"\{=[^}]+\}", "", text))
    ]
    assert found == [], "name the command, as in {generate}, or the key, as in {=Ctrl+C}"


def test_the_commands_that_words_name_exist() -> None:
    rooms = [file for file in sources() if "core" not in file.parts and "scene" not in file.parts]
    lines = [(file.name, line, text) for file in rooms for line, text in words_in(file)]
    named = [(name, line, id) for name, line, text in lines for id in NAMED.findall(text)]
    assert len(named) > 60
    assert [each for each in named if each[2] not in BY_ID] == []


def test_a_key_is_called_as_the_system_calls_it() -> None:
    names = KeyNames()
    names.show({"go": Command("Go on", native("Ctrl+G")), "stay": Command("Stay here", "")})
    go = QKeySequence("Ctrl+G").toString(QKeySequence.SequenceFormat.NativeText)
    assert names.worded("press {go}") == f"press {go}"
    assert names.worded("Go on ({go}), stay ({stay})") == f"Go on ({go}), stay"
    assert names.worded("use {stay}") == "use “Stay here”"
    assert names.worded("{unknown} {} {0}") == "{unknown} {} {0}"
    copy = QKeySequence("Ctrl+C").toString(QKeySequence.SequenceFormat.NativeText)
    assert fixed_keys("{=Ctrl+C} copies {go}") == f"{copy} copies {{go}}"


def test_no_command_is_on_a_key_of_macos() -> None:
    keys = [(spec.id, QKeySequence(key).toString()) for spec in ACTIONS for key in spec.keys]
    assert [each for each in keys if taken_by_macos(each[1], each[0])] == []
    assert taken_by_macos("Ctrl+M", "mute") and not taken_by_macos("Ctrl+Q", "quit")
    assert all(QKeySequence(key).toString() == key for key in MACOS_KEYS)


def test_the_menu_bar_of_macos_has_every_action_and_moves_none_but_quit(qtbot: QtBot) -> None:
    window = QMainWindow()
    qtbot.addWidget(window)
    actions = {spec.id: QAction(spec.title, window) for spec in ACTIONS}
    recent = QMenu("Recent work", window)
    bar = make_menu_bar(window, actions, recent)
    menus = [top.menu() for top in bar.actions()]
    held = [action for menu in menus if isinstance(menu, QWidget) for action in menu.actions()]
    held.remove(recent.menuAction())
    assert len(held) == len(ACTIONS) and {id(a) for a in held} == {id(a) for a in actions.values()}
    moved = [name for name, a in actions.items() if a.menuRole() != QAction.MenuRole.NoRole]
    assert moved == ["quit"] and window.menuBar() is bar


@pytest.fixture
def person(window: StudioWindow, qtbot: QtBot) -> Person:
    return Person(window, qtbot)


def test_what_is_shown_names_the_keys_that_are_set(person: Person, tmp_path: Path) -> None:
    window = person.window
    assert unnamed_keys(window) == []
    for id in BY_ID:
        reason = window.actions_table.reason(id)
        assert reason is None or "{" not in reason.line(), id
    person.open(demo_at(tmp_path))
    person.press("T")
    assert person.told[-1].endswith(f"generate one with {native('Ctrl+G')}")
    window.generate_panel.show_rows([("She smiles broadly.", 1.0, "")])
    window.generate_panel.generate()
    person.wait(lambda: person.studio.takes.active is not None and not person.session.jobs.running)
    for tab in TABS:
        window.actions_by_id[tab].trigger()
        assert unnamed_keys(window) == []

    remapped = {"generate": ["Ctrl+Alt+G"], "vote": [], "mark_keyframe": ["Q"]}
    window.actions_table.remap(remapped)
    assert window.generate_panel._go.toolTip() == f"Generate a take ({native('Ctrl+Alt+G')})"
    assert window.takes_panel.vote_button.toolTip() == "Judge takes without knowing which is which"
    assert named_commands(remapped)["mark_keyframe"] == Command(BY_ID["mark_keyframe"].title, "Q")
    person.press("Ctrl+K")
    palette = QApplication.activePopupWidget()
    assert isinstance(palette, CommandPalette)
    shown = {palette.list.item(i).data(257) for i in range(palette.list.count())}
    assert native("Ctrl+Alt+G") in shown
    palette.close()

    lane = window.timeline.keyframes
    view = lane.getViewWidget()
    place = person.on_keyframes(0.5) + QPoint(0, round(lane.scenePos().y()))
    at = view.viewport().mapToGlobal(place)
    QApplication.sendEvent(view.viewport(), QHelpEvent(QEvent.Type.ToolTip, place, at))
    text = QToolTip.text()
    QToolTip.hideText()
    assert "Q: at the playhead" in text
