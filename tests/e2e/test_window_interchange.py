"""Annotations out to another tool and in again, through the window."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TypeVar

import pytest
from PySide6.QtWidgets import QDialog
from pytestqt.qtbot import QtBot

from annotator.core.interchange.formats import FORMATS, read_foreign
from annotator.interchange.export_dialog import ExportAnnotationsDialog
from annotator.interchange.import_dialog import (
    ADD,
    EMOTIONS,
    KEYFRAMES,
    NOTHING,
    REPLACE,
    ImportAnnotationsDialog,
)
from annotator.widgets.findings_dialog import FindingsDialog
from annotator.window.window import StudioWindow
from tests.e2e.window_parts import Person, annotation_of, demo_at
from tests.present import present

Shown = TypeVar("Shown", bound=QDialog)
CLIP = "02-letter"
TIERS = (
    "kind,start,end,label,text\nlook,0.5,0.7,,she looks up\nlook,2,2.5,,and down\n"
    "feels,1,2,fear,\nfeels,3,3,fear,\nother,1,2,x,\n"
)


@pytest.fixture
def person(window: StudioWindow, qtbot: QtBot, tmp_path: Path) -> Person:
    return Person(window, qtbot).open(demo_at(tmp_path / "ds"), CLIP)


def settled(person: Person) -> None:
    person.wait(lambda: not person.session.jobs.running)


def dialog_of(person: Person, kind: type[Shown]) -> Shown:
    person.wait(lambda: any(dialog.isVisible() for dialog in person.window.findChildren(kind)))
    return next(dialog for dialog in person.window.findChildren(kind) if dialog.isVisible())


def shown(person: Person, path: Path) -> ImportAnnotationsDialog:
    dialog = ImportAnnotationsDialog(person.session, person.studio.interchange, path, person.window)
    person.window.open_dialog(dialog)
    settled(person)
    return dialog


def test_a_foreign_file_is_mapped_looked_at_and_becomes_one_step_of_undo(
    person: Person, tmp_path: Path
) -> None:
    file = tmp_path / "from elsewhere.csv"
    file.write_text(TIERS, "utf-8")
    before = person.work
    dialog = shown(person, file)
    # Nothing in it says which clip or what the tiers are.
    assert "Check that this clip is the right one" in dialog.doubt.text()
    assert dialog.clip.currentText() == CLIP and not dialog.go.isEnabled()
    assert [present(dialog.tiers.item(row, 0)).text() for row in range(3)] == ["look", "feels", "other"]
    assert present(dialog.tiers.item(0, 3)).text() == "she looks up"
    dialog.choose("look", KEYFRAMES)
    dialog.choose("feels", EMOTIONS)
    settled(person)
    assert dialog.summary.text().startswith("2 keyframes and 1 emotion span will be taken. 1 mark on other")
    lines = [dialog.left_out.item(row).text() for row in range(dialog.left_out.count())]
    assert any("“feels”" in line and "it has no length" in line for line in lines)
    dialog.go.click()
    assert [k.description for k in person.keyframes] == ["she looks up", "and down"]
    assert [(s.label, s.start, s.end) for s in person.spans] == [("fear", 1.0, 2.0)]
    assert person.state.status == "needs review" and person.keyframes[0].frame is not None
    report_action = person.window.actions_by_id["import_report"]
    person.wait(report_action.isEnabled)
    report_action.trigger()
    report = dialog_of(person, FindingsDialog)
    assert any("on “other” were not taken" in line for line in report.lines)
    report.accept()
    person.press("Ctrl+Z")
    assert person.work == before
    person.press("Ctrl+Shift+Z")
    person.wait_until_saved()
    assert len(annotation_of(person.library.root, CLIP)["keyframes"]) == 2

    # Once more: what is there gets the marks added, or is replaced.
    dialog = shown(person, file)
    assert dialog.how.isVisible() and dialog.how.currentText() == ADD
    dialog.choose("look", KEYFRAMES)
    settled(person)
    dialog.go.click()
    assert len(person.keyframes) == 2 and len(person.spans) == 1
    dialog = shown(person, file)
    dialog.how.setCurrentText(REPLACE)
    dialog.choose("other", EMOTIONS)
    settled(person)
    dialog.go.click()
    assert not person.keyframes and [s.label for s in person.spans] == ["x"]


def test_work_goes_to_elan_and_comes_back_as_that_of_another_annotator(
    person: Person, tmp_path: Path
) -> None:
    person.describe(10, "written just now")
    person.window.actions_by_id["export_annotations"].trigger()
    dialog = dialog_of(person, ExportAnnotationsDialog)
    settled(person)
    assert "in 3 files" in dialog.summary.text()
    assert any("confidence" in dialog.lost.item(row).text() for row in range(dialog.lost.count()))
    dialog.clips.setCurrentIndex(1)
    dialog.look()
    settled(person)
    assert "of 1 clip, in 1 file" in dialog.summary.text()
    out = tmp_path / "for elan"
    dialog.out.setText(str(out))
    dialog.go.click()
    settled(person)
    assert dialog.summary.text().startswith("Wrote 5 keyframes")
    dialog.reject()
    file = out / f"{CLIP}.eaf"
    assert {each.annotator for each in read_foreign(file).sets} == {"anna", "maria"}
    back = shown(person, file)
    assert back.doubt.text() == "" and back.whose.isVisible() and back.whose.count() == 2
    back.whose.setCurrentIndex(0)
    back.annotator.setText("Zoë")
    back.choose("emotions", NOTHING)
    settled(person)
    back.go.click()
    settled(person)
    (path,) = (person.library.root / "clips" / CLIP / "annotations").glob("Zo*.json")
    kept = json.loads(path.read_text("utf-8"))
    assert [k["description"] for k in kept["keyframes"]] == ["written just now"] and not kept["emotions"]
    # What is open is still one's own.
    assert [k.description for k in person.keyframes] == ["written just now"]


def test_what_cannot_be_moved_is_told_in_the_dialog(person: Person, tmp_path: Path) -> None:
    broken = tmp_path / "broken.eaf"
    broken.write_bytes(b"<ANNOTATION_DOCUMENT>")
    dialog = shown(person, broken)
    assert "broken.eaf: is no ELAN file" in dialog.doing.text() and not dialog.go.isEnabled()
    dialog.reject()
    person.window.actions_by_id["export_annotations"].trigger()
    export = dialog_of(person, ExportAnnotationsDialog)
    settled(person)
    assert export.form.count() == len(FORMATS)
    export.out.setText(str(person.library.root / "clips"))
    export.go.click()
    settled(person)
    assert "belongs to the dataset itself" in export.doing.text()
    export.reject()
