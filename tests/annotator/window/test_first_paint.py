"""The window comes first; what it does not need comes after."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from annotator.window.first_paint import FirstPaint

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).resolve().parents[3]


def test_the_first_paint_is_told_once_and_after_the_parts_of_the_window(qtbot: QtBot) -> None:
    order: list[str] = []

    class Part(QLabel):
        def paintEvent(self, event: object) -> None:
            order.append("part")

    window = QWidget()
    qtbot.addWidget(window)
    Part(window).resize(50, 50)
    FirstPaint(window, lambda: order.append("painted"))
    window.show()
    qtbot.waitUntil(lambda: "painted" in order)
    window.repaint()
    qtbot.waitUntil(lambda: order.count("part") > 1)
    assert order[0] == "part" and order.count("painted") == 1


def test_the_window_needs_neither_vtk_nor_pandas_nor_scipys_interpolation() -> None:
    code = (
        "import main; main.prepare_environment()\n"
        "import sys, annotator.cli, annotator.window.application, annotator.window.window\n"
        "late = ('vtkmodules', 'pyvista', 'pandas', 'scipy.interpolate')\n"
        "print(*[name for name in late if name in sys.modules])"
    )
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    ended = subprocess.run(
        [sys.executable, "-c", code],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert ended.stdout.strip() == ""
