"""Texts of a stranger's dataset in the real window: shown as they are, never obeyed as markup."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import Qt as TextQt
from PySide6.QtWidgets import QAbstractItemView, QLabel, QTableView, QTextEdit, QTreeView, QWidget
from pytestqt.qtbot import QtBot

from annotator.window.window import StudioWindow
from tests.e2e.window_parts import Person, demo_at

CLIP = "02-letter"
TAG = "<img src='beacon.png'><b>x</b>"


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """The demo with tags in every text that its files may hold."""
    demo = demo_at(tmp_path)
    folder = demo / "clips" / CLIP
    clip = json.loads((folder / "clip.json").read_text())
    clip |= {key: f"{clip[key]} {TAG}" for key in ("script", "background", "emotion")}
    (folder / "clip.json").write_text(json.dumps({**clip, "split": TAG, "tags": [TAG]}))
    keyframe = {"id": "k1", "time": 1.0, "description": f"smiles {TAG}", "emotion": TAG, "note": TAG}
    keyframe["perspectives"] = {TAG: {"text": TAG, "model": TAG}}
    span = {"id": "s1", "start": 0.5, "end": 2.0, "label": TAG, "note": TAG}
    work = {"version": 1, "keyframes": [keyframe], "emotions": [span]}
    for who in ("maria", "anna"):
        (folder / "annotations" / f"{who}.json").write_text(json.dumps(work))
    (folder / "takes").mkdir()
    take = {
        "name": f"One {TAG}",
        "created": TAG,
        "request": {"background": TAG, "emotion": TAG, "script": TAG, "descriptions": [TAG]},
        "provenance": {"backend": TAG, "model": TAG, "profile": TAG},
        "performance": {"keys": [{"time": 1.0, "description": TAG}]},
    }
    (folder / "takes" / "t1.json").write_text(json.dumps(take))
    (folder / "takes" / "t1.csv").write_bytes((folder / "track.csv").read_bytes())
    (folder / "takes" / "t2.json").write_text(json.dumps({**take, "performance": TAG}))
    (demo / "clips" / "04 <img src=x>").mkdir()
    (demo / "clips" / "04 <img src=x>" / "clip.json").write_text("{ broken")
    data = json.loads((demo / "dataset.json").read_text())
    data["vocabulary"] = [*data["vocabulary"], {"label": TAG, "key": ""}]
    (demo / "dataset.json").write_text(json.dumps(data))
    return demo


def tips_of(view: QAbstractItemView) -> Iterator[str]:
    """The tooltips of all items of a view."""
    model = view.model()
    # What is shown as a list has one column, and Qt keeps its number to itself.
    columns = model.columnCount if isinstance(view, QTreeView | QTableView) else lambda _parent: 1
    waiting = [QModelIndex()]
    while model is not None and waiting:
        parent = waiting.pop()
        for row in range(model.rowCount(parent)):
            for column in range(columns(parent)):
                index = model.index(row, column, parent)
                yield str(index.data(Qt.ItemDataRole.ToolTipRole) or "")
            waiting.append(model.index(row, 0, parent))


def obeyed(top: QWidget) -> list[str]:
    """Where a text with a tag in it would be taken for markup."""
    found = []
    for widget in (top, *top.findChildren(QWidget)):
        where = f"{type(widget).__name__} {widget.objectName()}"
        if "<" in widget.toolTip() and TextQt.mightBeRichText(widget.toolTip()):
            found.append(f"tooltip of {where}: {widget.toolTip()[:80]}")
        if isinstance(widget, QLabel) and "beacon" in widget.text():
            plain = widget.textFormat() == Qt.TextFormat.PlainText
            if not plain and (
                widget.textFormat() != Qt.TextFormat.AutoText or TextQt.mightBeRichText(widget.text())
            ):
                found.append(f"{where}: {widget.text()[:80]}")
        if isinstance(widget, QTextEdit) and "<img" in widget.toHtml():
            found.append(f"{where}: {widget.toPlainText()[:80]}")
        if isinstance(widget, QAbstractItemView):
            found += [
                f"item of {where}: {tip[:80]}" for tip in tips_of(widget) if TextQt.mightBeRichText(tip)
            ]
    return found


@pytest.mark.slow
def test_no_text_of_a_dataset_becomes_markup(window: StudioWindow, qtbot: QtBot, hostile: Path) -> None:
    person = Person(window, qtbot).open(hostile, CLIP)
    person.wait(lambda: window.studio.face_models.model is not None)
    person.session.playback.seek(1.0)
    person.wait(lambda: not person.session.jobs.running)
    assert any(TAG in take.name for take in person.state.takes)
    assert obeyed(window) == []
    for widget in (window, *window.findChildren(QWidget)):
        for action in widget.actions():
            assert not TextQt.mightBeRichText(action.toolTip()), action.toolTip()
