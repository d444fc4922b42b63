"""Two people have annotated; a third looks how far they agree, and goes to where they do not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from annotator.agreement.agreement_dialog import AgreementDialog
from annotator.agreement.pictures import ConfusionView
from annotator.agreement.tables import SheetView
from annotator.core.agreement.measuring import measure_agreement
from annotator.core.agreement.report import to_json
from annotator.core.agreement.settings import Settings
from annotator.window.window import StudioWindow
from tests.e2e.window_parts import Person, demo_at
from tests.present import present

FIRST, SECOND = "01-waiting-room", "02-letter"


def annotate(dataset: Path, clip: str, who: str, status: str, *spans: tuple[float, float, str]) -> None:
    emotions = [
        {"id": f"e{n}", "start": start, "end": end, "label": label, "intensity": 3}
        for n, (start, end, label) in enumerate(spans)
    ]
    work = {"version": 1, "status": status, "emotions": emotions, "keyframes": [{"id": "k1", "time": 1.0}]}
    (dataset / "clips" / clip / "annotations" / f"{who}.json").write_text(json.dumps(work), "utf-8")


@pytest.fixture
def person(window: StudioWindow, qtbot: QtBot, tmp_path: Path) -> Person:
    dataset = demo_at(tmp_path)
    for file in dataset.glob("clips/*/annotations/maria.json"):
        file.unlink()
    return Person(window, qtbot).open(dataset, FIRST)


def shown(person: Person) -> AgreementDialog:
    """Open the view from the menu, and wait for what it shows."""
    person.window.actions_by_id["agreement"].trigger()
    dialog = present(next(iter(person.window.findChildren(AgreementDialog)[::-1]), None))
    person.wait(lambda: dialog.isVisible() and not person.studio.agreement.running)
    return dialog


def texts(view: SheetView, row: int) -> list[str]:
    model = view.model
    return [model.data(model.index(row, column)) for column in range(model.columnCount())]


def test_the_view_shows_the_figures_of_the_command_and_opens_the_worst_place(
    person: Person, tmp_path: Path
) -> None:
    dataset = person.library.root
    action = person.window.actions_by_id["agreement"]
    assert action.isEnabled() and not action.shortcuts()
    dialog = shown(person)
    assert dialog.body.currentWidget() is dialog.empty and "two annotators" in dialog.empty.text()
    dialog.reject()

    annotate(dataset, FIRST, "ana", "done", (0.0, 1.0, "joy"))
    annotate(dataset, FIRST, "ben", "in progress", (0.0, 1.0, "joy"))
    annotate(dataset, SECOND, "ana", "done", (0.0, 1.0, "joy"), (2.0, 3.0, "fear"))
    annotate(dataset, SECOND, "ben", "in progress", (0.0, 1.2, "joy"), (2.0, 3.0, "anger"))
    dialog = shown(person)
    assert "finished no clip in common" in dialog.empty.text()
    person.click(dialog.unfinished)
    person.wait(lambda: not person.studio.agreement.running)
    assert dialog.body.currentWidget() is dialog.tabs

    found = present(person.studio.agreement.found)
    again: dict[str, Any] = to_json(
        measure_agreement(dataset, Settings(statuses=("in progress", "done", "needs review")))
    )
    again_f1 = {row["tolerance_ms"]: row["overall"]["f1"] for row in again["keyframes"]}
    for matches in found.keyframes:
        if matches.tolerance_ms in again_f1:
            assert to_json(matches.overall.f1) == again_f1[matches.tolerance_ms]
    assert to_json(found.labels) == again["labels"] and to_json(found.spans) == again["spans"]
    dialog.save(tmp_path / "figures.json")
    assert json.loads((tmp_path / "figures.json").read_text("utf-8"))["labels"] == again["labels"]

    places = dialog.page(0)
    assert isinstance(places, SheetView)
    assert texts(places, 0)[0] == SECOND and texts(places, 0)[3] == "ana: fear  ·  ben: anger"
    matrix = dialog.page(6)
    assert isinstance(matrix, ConfusionView)
    assert [matrix.table.model().headerData(n, Qt.Orientation.Vertical) for n in range(4)] == [
        "no label",
        "anger",
        "fear",
        "joy",
    ]
    clips = dialog.page(4)
    assert isinstance(clips, SheetView)
    clips.table.sortByColumn(1, Qt.SortOrder.AscendingOrder)
    assert [texts(clips, row)[0] for row in range(2)] == [SECOND, FIRST]

    places.table.setFocus()
    QTest.keyClick(places.table, Qt.Key.Key_Return)
    person.wait_for_clip(SECOND)
    person.wait(lambda: abs(person.time - 2.0) < 0.02)
    dialog = shown(person)
    assert dialog.body.currentWidget() is dialog.tabs and dialog.tabs.currentIndex() == 0
    dialog.reject()


def test_a_single_file_has_nobody_to_compare(window: StudioWindow, qtbot: QtBot, tmp_path: Path) -> None:
    video = tmp_path / "face.mp4"
    video.write_bytes((demo_at(tmp_path) / "clips" / FIRST / "video.mp4").read_bytes())
    Person(window, qtbot).open(video)
    assert not window.actions_by_id["agreement"].isEnabled()
