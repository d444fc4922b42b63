"""The shape sheet: drawn, marked, saved, given up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from annotator.faces.shape_sheet_dialog import ShapeSheetDialog
from annotator.session.session import Session
from annotator.session.settings import Settings
from viewer.core.cancel import CancelToken
from viewer.core.channels import INDEX
from viewer.core.errors import Cancelled
from viewer.core.models import load_face_model
from viewer.palette import DARK
from viewer.shape_sheet import shape_sheet

CELL = 64
HIGH = CELL + round(0.12 * CELL) + 4


def cell_of(sheet: np.ndarray, name: str, columns: int) -> np.ndarray:
    n = INDEX[name] + 1
    top = round(CELL * 0.24) + n // columns * HIGH
    left = n % columns * (CELL + 4)
    return sheet[top : top + CELL, left : left + CELL].astype(int)


@pytest.mark.slow
def test_every_shape_has_its_face_and_a_missing_one_is_marked() -> None:
    model = load_face_model(None)
    poor = replace(model, missing=("JawOpen",))
    seen: list[tuple[int, int]] = []
    sheet = shape_sheet(
        poor,
        cell=CELL,
        columns=10,
        theme=DARK,
        progress=lambda done, total, _what: seen.append((done, total)),
    )
    assert seen == [(n, 53) for n in range(1, 54)]
    rest = sheet[round(CELL * 0.24) :][:CELL, :CELL].astype(int)
    for name in ("EyeBlinkLeft", "MouthSmileRight", "CheekPuff"):
        assert np.abs(cell_of(sheet, name, 10) - rest).max() > 30, name
    assert cell_of(sheet, "JawOpen", 10).max() < 0.6 * rest.max(), "a missing shape is faint"


def test_it_is_given_up_when_it_is_cancelled() -> None:
    token = CancelToken()
    with pytest.raises(Cancelled):
        shape_sheet(load_face_model(None), cell=32, cancel=token, progress=lambda *_told: token.cancel())


@pytest.fixture
def dialog(qtbot: QtBot) -> Iterator[ShapeSheetDialog]:
    session, parent = Session(Settings()), QWidget()
    qtbot.addWidget(parent)
    made = ShapeSheetDialog(session, load_face_model(None), "", parent)
    made.show()
    yield made
    session.shut_down()


@pytest.mark.slow
def test_the_dialog_shows_zooms_and_saves_it(qtbot: QtBot, dialog: ShapeSheetDialog, tmp_path: Path) -> None:
    assert not dialog.save_button.isEnabled()
    qtbot.waitUntil(lambda: dialog.picture is not None, timeout=60_000)
    fitted = dialog.view.transform().m11()
    dialog.view.zoom(2)
    assert dialog.view.transform().m11() == pytest.approx(2 * fitted)
    dialog.view.zoom(0.01)
    assert dialog.view.transform().m11() <= fitted * 1.05
    told: list[str] = []
    dialog._session.message.connect(lambda message: told.append(message.line()))
    dialog.save(tmp_path / "sheet.png")
    qtbot.waitUntil(lambda: bool(told), timeout=10_000)
    assert dialog.picture is not None
    with Image.open(tmp_path / "sheet.png") as saved:
        assert saved.size == dialog.picture.shape[1::-1]
    dialog.reject()


def test_closing_it_ends_the_drawing(qtbot: QtBot, dialog: ShapeSheetDialog) -> None:
    jobs = dialog._session.jobs
    assert jobs.running
    dialog.reject()
    qtbot.waitUntil(lambda: not jobs.running, timeout=20_000)
