"""Choosing a face: what is told of a model, what a broken one does, what is remembered."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from annotator.faces.face_models_dialog import CLONE, FaceModelsDialog
from annotator.window.window import StudioWindow
from tests.e2e.window_parts import Person, demo_at
from tests.present import present
from tests.viewer.core.glb_writer import simple_head
from viewer.core.models import load_face_model, save_npz


@pytest.fixture
def person(window: StudioWindow, qtbot: QtBot) -> Person:
    made = Person(window, qtbot)
    made.wait(lambda: window.studio.face_models.model is not None)
    return made


@pytest.fixture
def tongueless(tmp_path: Path) -> Path:
    path = tmp_path / "tongueless.npz"
    save_npz(replace(load_face_model(None), missing=("TongueOut",)), path)
    return path


def opened(person: Person) -> FaceModelsDialog:
    person.window.actions_by_id["choose_face"].trigger()
    dialog = person.window.findChildren(FaceModelsDialog)[-1]
    person.wait(lambda: dialog.loaded is not None)
    return dialog


def choose(person: Person, dialog: FaceModelsDialog, path: Path) -> None:
    dialog.choose(str(path))
    person.wait(lambda: dialog.pages.currentWidget() is not dialog._busy)


def test_a_model_tells_what_it_lacks_and_is_shown_when_it_is_used(person: Person, tongueless: Path) -> None:
    dialog = opened(person)
    assert dialog.loaded is not None and dialog.loaded.model.name == "Default head"
    choose(person, dialog, tongueless)
    assert dialog.facts.lines["Shapes"].text() == "51 of 52"
    assert dialog.facts.lines["Missing"].text() == "TongueOut"
    person.click(dialog.use)
    model = person.window.studio.face_models.model
    assert model is not None and model.missing == ("TongueOut",)
    person.wait(lambda: not person.session.jobs.running)
    assert person.session.settings.face_model == str(tongueless), "without a dataset it is the usual one"


def test_a_broken_file_says_so_and_the_old_head_stays(person: Person, tmp_path: Path) -> None:
    before = person.window.studio.face_models.model
    dialog = opened(person)
    broken = tmp_path / "broken.glb"
    broken.write_bytes(b"<!DOCTYPE html>")
    choose(person, dialog, broken)
    assert "broken.glb" in dialog.fault.text() and not dialog.use.isEnabled()
    simple_head(broken)
    person.click(dialog.list.viewport(), dialog.list.visualItemRect(dialog.list.currentItem()).center())
    person.wait(lambda: dialog.loaded is not None)
    assert dialog.use.isEnabled(), "a file that was mended is read again"
    dialog.reject()
    assert person.window.studio.face_models.model is before and not person.session.settings.face_model


def test_each_dataset_keeps_its_own_face(person: Person, tongueless: Path, tmp_path: Path) -> None:
    first = demo_at(tmp_path / "one")
    person.open(first)
    dialog = opened(person)
    choose(person, dialog, tongueless)
    person.click(dialog.use)
    person.open(demo_at(tmp_path / "two"))
    person.wait(lambda: present(person.studio.face_models.model).name == "Default head")
    person.session.open_path(first)
    person.wait(lambda: present(person.studio.face_models.model).missing == ("TongueOut",))
    person.wait(lambda: not person.session.jobs.running)


def test_a_head_dropped_on_the_window_is_shown_before_it_is_used(person: Person, tmp_path: Path) -> None:
    head = simple_head(tmp_path / "theirs.glb")
    what = QMimeData()
    what.setUrls([QUrl.fromLocalFile(str(head))])
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    how = Qt.DropAction.CopyAction, what, left, none
    QApplication.sendEvent(person.window, QDragEnterEvent(QPoint(50, 50), *how))
    QApplication.sendEvent(person.window, QDropEvent(QPointF(50, 50), *how))
    dialog = person.window.findChildren(FaceModelsDialog)[-1]
    person.wait(lambda: dialog.loaded is not None and dialog.loaded.path == str(head))
    assert dialog.facts.lines["Shapes"].text() == "52 of 52"
    dialog.reject()
    person.wait(lambda: not person.session.jobs.running)


def test_the_guide_gives_the_line_to_copy(person: Person) -> None:
    dialog = opened(person)
    guide = next(b for b in dialog.findChildren(QPushButton) if b.text().startswith("Use ICT"))
    person.click(guide)
    assert not dialog.use.isEnabled()
    copy = next(b for b in dialog.findChildren(QPushButton) if b.text() == "Copy")
    person.click(copy)
    assert QGuiApplication.clipboard().text() == CLONE
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    person.wait(lambda: not person.session.jobs.running)
