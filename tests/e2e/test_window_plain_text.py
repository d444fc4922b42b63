"""Text from files, servers and people is shown as it is, wherever the window shows it."""

from __future__ import annotations

import ast
import json
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QModelIndex, QPoint, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtGui import Qt as GuiQt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QLabel,
    QMenu,
    QTextBrowser,
    QToolTip,
    QTreeWidget,
    QWidget,
)
from pytestqt.qtbot import QtBot

from annotator.core.edits import change_take
from annotator.core.model import Perspective
from annotator.session.messages import Message
from annotator.window.timeline_menu import timeline_menu
from annotator.window.window import StudioWindow
from tests.e2e.every_dialog import every_dialog
from tests.e2e.test_window_wheel import TABS
from tests.e2e.window_parts import PROJECT, Person, demo_at, unnamed_keys
from viewer.plain_text import PlainLabel, plain_tip

CLIP = "02-letter"
ROOT = QModelIndex()
MOST_COLUMNS = 12
NAMES = {
    "picture": "<img src=x>",
    "bold": "<b>bold</b> &amp; <a href='http://a.test'>link</a>",
    "entity": "&lt;b&gt;R&amp;D",
    "script": "\n<!doctype html><script>alert(1)</script>\nsecond line",
    "right to left": "\u202e<i>txet\u2066&\u2069",
    "long": "<img src=y>" + "x" * 10_000,
    "xml": "<?xml version='1.0'?><p>words</p>",
}


def hostile(person: Person, name: str) -> None:
    """Everything that can be named by somebody else is called ``name``."""
    session, state = person.session, person.state
    keyframe = state.keyframes[0]
    seen = Perspective(name, model=name, analysis={"expression_category": name}, extra={"notes": [name]})
    person.studio.keyframes.change_keyframe(
        keyframe,
        description=name,
        emotion=name,
        note=name,
        perspectives={"coefficients": seen, "image": seen, "annotator": seen},
    )
    person.studio.keyframes.change_span(state.spans[0], label=name, note=name)
    take = person.take.info
    answers = tuple(
        replace(
            answer,
            description=name,
            notes=(name,),
            reasons=tuple(replace(reason, words=name) for reason in answer.reasons),
        )
        for answer in take.answers
    )
    provenance = replace(take.provenance, model=name, profile=name)
    session.apply(
        replace(
            change_take(person.state, take.id, name=name),
            after=replace(take, name=name, answers=answers, provenance=provenance),
        )
    )
    for level in ("info", "warning", "error"):
        session.show_message(Message(name, name, level, cause=f"test {level}"))


@pytest.fixture
def person(window: StudioWindow, qtbot: QtBot, tmp_path: Path) -> Person:
    """A clip whose words, a vocabulary whose labels, and a take whose name somebody has chosen badly."""
    demo = demo_at(tmp_path)
    words = "<img src=x> & <b>"
    clip = demo / "clips" / CLIP / "clip.json"
    told = {**json.loads(clip.read_bytes()), "script": words, "background": words, "emotion": words}
    clip.write_text(json.dumps({**told, "tags": [words], "split": words}))
    dataset = demo / "dataset.json"
    labels = [{"label": "<b>joy</b> & co", "key": 1}, {"label": words, "key": 2}]
    dataset.write_text(json.dumps({**json.loads(dataset.read_bytes()), "vocabulary": labels}))
    made = Person(window, qtbot).open(demo, CLIP)
    window.generate_panel.show_rows([("She smiles broadly.", 1.0, ""), ("Her jaw drops.", 3.0, "")])
    window.generate_panel.generate()
    made.wait(lambda: made.studio.takes.active is not None and not made.session.jobs.running)
    made.press("M", "1", "E", "Right", "Right", "E", "2", ",")
    return made


def rich_texts(of: QWidget) -> list[str]:
    """What of a window Qt would read as markup."""
    found = []
    for widget in (of, *of.findChildren(QWidget)):
        if GuiQt.mightBeRichText(widget.toolTip()) or GuiQt.mightBeRichText(widget.statusTip()):
            found.append(f"tip of {widget}: {widget.toolTip()[:80]}")
        may_be_rich = isinstance(widget, QLabel) and widget.textFormat() == Qt.TextFormat.AutoText
        if isinstance(widget, QLabel) and may_be_rich and GuiQt.mightBeRichText(widget.text()):
            found.append(f"{widget}: {widget.text()[:80]}")
        if isinstance(widget, PlainLabel) and widget.textFormat() != Qt.TextFormat.PlainText:
            found.append(f"{widget} is not plain")
        if isinstance(widget, QTextBrowser):
            found += [f"picture in {widget}"] * _pictures(widget)
        if isinstance(widget, QAbstractItemView) and widget.model() is not None:
            found += _rich_tips(widget)
    return found


def _pictures(browser: QTextBrowser) -> int:
    return browser.document().toHtml().count("<img")


def _rich_tips(view: QAbstractItemView) -> list[str]:
    model, tip = view.model(), Qt.ItemDataRole.ToolTipRole
    texts = [
        model.index(row, column).data(tip)
        for row in range(min(model.rowCount(ROOT), 50))
        for column in range(MOST_COLUMNS)
    ]
    texts += [model.headerData(i, Qt.Orientation.Horizontal, tip) for i in range(MOST_COLUMNS)]
    if isinstance(view, QTreeWidget):
        tops = [view.topLevelItem(i) for i in range(view.topLevelItemCount())]
        texts += [item.toolTip(i) for item in tops if item is not None for i in range(view.columnCount())]
    return [f"tip in {view}: {text[:80]}" for text in texts if text and GuiQt.mightBeRichText(text)]


@pytest.mark.parametrize("name", NAMES)
def test_nothing_of_the_window_is_markup(person: Person, name: str) -> None:
    hostile(person, NAMES[name])
    window = person.window
    least = window.minimumSizeHint()
    for tab in TABS:
        window.actions_by_id[tab].trigger()
        QApplication.processEvents()
        assert rich_texts(window) == []
        assert window.minimumSizeHint().width() <= max(least.width(), 1024)
    person.press("Escape")
    window.timeline.emotions.selected()
    person.session.select("span", person.spans[0].id)
    QApplication.processEvents()
    assert rich_texts(window) == []


def test_nothing_of_a_dialog_is_markup_and_keys_have_their_names(person: Person) -> None:
    hostile(person, NAMES["bold"])
    for dialog in every_dialog(person):
        assert rich_texts(dialog) == [], type(dialog).__name__
        assert unnamed_keys(dialog) == [], type(dialog).__name__


def test_a_tip_on_the_timeline_shows_a_name_as_it_is(person: Person) -> None:
    hostile(person, NAMES["picture"])
    lane = person.window.timeline.keyframes
    view = lane.getViewWidget()
    place = person.on_keyframes(person.keyframes[0].time) + QPoint(0, round(lane.scenePos().y()))
    at = view.viewport().mapToGlobal(place)
    QApplication.sendEvent(view.viewport(), QHelpEvent(QEvent.Type.ToolTip, place, at))
    text = QToolTip.text()
    QToolTip.hideText()
    assert "img src=x" in text and not GuiQt.mightBeRichText(text)


def test_an_ampersand_of_a_name_is_no_sign_for_a_key(person: Person) -> None:
    window = person.window
    menu = timeline_menu(
        person.session, person.studio.keyframes, window.actions_by_id, "mark", person.keyframes[0].id, window
    )
    parts = [below for part in menu.actions() if isinstance(below := part.menu(), QMenu)]
    labels = [entry.text() for part in parts for entry in part.actions()]
    assert "<b>joy</b> && co" in labels
    menu.deleteLater()
    person.session.set_annotator("R&D")
    person.wait(lambda: "R&&D" in [button.text() for button in window.top_bar.findChildren(QAbstractButton)])


@pytest.mark.parametrize("text", [*NAMES.values(), "plain", "a < b and b > c", "&lt;", "<br>", "<!doctype>"])
def test_no_tip_is_markup_and_none_is_endless(text: str) -> None:
    tip = plain_tip(text)
    assert not GuiQt.mightBeRichText(tip) and len(tip) < 1500
    assert max(map(len, tip.split("\n"))) < 300
    if len(text) < 100:
        assert tip.replace("\N{WORD JOINER}", "") == text


def test_labels_are_plain_but_for_one() -> None:
    """A label made in another way would read tags in its text."""
    rich = []
    for file in sorted((PROJECT / "annotator").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "QLabel":
                rich.append(file.name)
            if isinstance(node, ast.ClassDef) and any(ast.unparse(base) == "QLabel" for base in node.bases):
                rich.append(node.name)
    assert rich == ["explanation_view.py"], "the legend, whose words are the studio's own"
