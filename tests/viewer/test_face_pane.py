"""The face pane as a person uses it."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QHBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from viewer.core.camera import FRONT, PROFILE_LEFT, PROFILE_RIGHT, THREE_QUARTER, CameraView
from viewer.core.channels import CHANNEL_COUNT, INDEX
from viewer.core.models import load_face_model
from viewer.face_pane import FacePane
from viewer.palette import LIGHT


def row(**values: float) -> np.ndarray:
    out = np.zeros(CHANNEL_COUNT, np.float32)
    for name, value in values.items():
        out[INDEX[name]] = value
    return out


def drawing_threads() -> int:
    return sum(thread.name == "face-renderer" for thread in threading.enumerate())


@pytest.fixture
def pane(qtbot: QtBot) -> Iterator[FacePane]:
    made = FacePane()
    qtbot.addWidget(made)
    made.resize(200, 200)
    made.set_model(load_face_model(None))
    with qtbot.waitSignal(made.shown, timeout=20000):
        made.show()
    yield made
    made.release()


def _wait_for_picture(qtbot: QtBot, pane: FacePane) -> None:
    qtbot.waitUntil(lambda: pane.picture() is not None, timeout=20000)


def looked(qtbot: QtBot, pane: FacePane) -> np.ndarray:
    """The picture once it has settled."""
    with qtbot.waitSignal(pane.shown, timeout=5000):
        pass
    qtbot.waitUntil(lambda: not pane._busy and not pane._settle.isActive(), timeout=10000)
    picture = pane.picture()
    assert picture is not None
    return picture.astype(int)


@pytest.mark.slow
def test_values_reach_the_screen_and_the_same_values_cost_nothing(qtbot: QtBot, pane: FacePane) -> None:
    pane.show_values(row())
    neutral = looked(qtbot, pane)
    pane.show_values(row(JawOpen=1))
    opened = looked(qtbot, pane)
    assert (np.abs(opened - neutral).max(axis=2) > 20).mean() > 0.01
    with qtbot.assertNotEmitted(pane.shown, wait=300):
        pane.show_values(row(JawOpen=1))


@pytest.mark.slow
def test_fast_requests_are_dropped_but_the_last_is_drawn(qtbot: QtBot, pane: FacePane) -> None:
    pane.show_values(row(JawOpen=0.77))
    wanted = looked(qtbot, pane)
    drawn: list[int] = []
    pane.shown.connect(lambda: drawn.append(1))
    for k in range(200):
        pane.show_values(row(JawOpen=k / 200))
    pane.show_values(row(JawOpen=0.77))
    assert np.array_equal(looked(qtbot, pane), wanted)
    assert len(drawn) < 20


@pytest.mark.slow
def test_a_lost_frame_keeps_the_face_and_says_so(qtbot: QtBot, pane: FacePane) -> None:
    pane.show_values(row(JawOpen=1))
    opened = looked(qtbot, pane)
    before = pane.grab().toImage()
    pane.show_values(np.full(CHANNEL_COUNT, np.nan))
    assert np.array_equal(looked(qtbot, pane), opened)
    assert pane.grab().toImage() != before, "a badge is painted over it"
    pane.show_values(row(JawOpen=1))
    assert np.array_equal(looked(qtbot, pane), opened)
    assert pane.grab().toImage() == before


@pytest.mark.slow
def test_without_values_or_with_a_broken_model_it_says_so(qtbot: QtBot, pane: FacePane) -> None:
    pane.show_values(row())
    looked(qtbot, pane)
    plain = pane.grab().toImage()
    pane.show_values(None)
    looked(qtbot, pane)
    assert pane.grab().toImage() != plain
    pane.show_values(row())
    looked(qtbot, pane)
    pane.show_model_error("head.glb: it is cut off – download it again")
    assert pane.grab().toImage() != plain and pane.model is not None
    pane.set_model(pane.model)
    looked(qtbot, pane)
    assert pane.grab().toImage() == plain


def test_dragging_orbits_and_shift_dragging_pans(qtbot: QtBot, pane: FacePane) -> None:
    seen: list[CameraView] = []
    pane.camera_changed.connect(seen.append)
    start = QPoint(100, 100)
    QTest.mousePress(pane, Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(pane, start + QPoint(40, 20))
    QTest.mouseRelease(pane, Qt.MouseButton.LeftButton, pos=start + QPoint(40, 20))
    assert seen and pane.camera.azimuth < -10 and pane.camera.elevation > 5
    turned = pane.camera
    QTest.mousePress(pane, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier, start)
    QTest.mouseMove(pane, start + QPoint(40, 20))
    QTest.mouseRelease(pane, Qt.MouseButton.LeftButton, pos=start + QPoint(40, 20))
    assert pane.camera.azimuth == turned.azimuth
    assert pane.camera.pan_x == pytest.approx(0.2) and pane.camera.pan_y == pytest.approx(-0.1)
    QTest.mouseMove(pane, start)
    assert pane.camera == seen[-1], "moving without a button does nothing"
    QTest.mouseDClick(pane, Qt.MouseButton.LeftButton, pos=start)
    assert pane.camera == FRONT


def test_the_wheel_zooms(pane: FacePane) -> None:
    at = QPointF(100, 100)
    for delta, grows in ((120, True), (-240, False)):
        before = pane.camera.zoom
        QApplication.sendEvent(
            pane,
            QWheelEvent(
                at,
                pane.mapToGlobal(at),
                QPoint(),
                QPoint(0, delta),
                Qt.MouseButton.NoButton,
                Qt.KeyboardModifier.NoModifier,
                Qt.ScrollPhase.NoScrollPhase,
                False,
            ),
        )
        assert (pane.camera.zoom > before) == grows


def test_keys_choose_views(qtbot: QtBot, pane: FacePane) -> None:
    pane.setFocus()
    for key, wanted in (
        (Qt.Key.Key_P, PROFILE_LEFT),
        (Qt.Key.Key_P, PROFILE_RIGHT),
        (Qt.Key.Key_Q, THREE_QUARTER),
        (Qt.Key.Key_F, FRONT),
    ):
        QTest.keyClick(pane, key)
        assert (pane.camera.azimuth, pane.camera.elevation) == (wanted.azimuth, wanted.elevation)
    QTest.keyClick(pane, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    assert pane.camera.azimuth > 0
    QTest.keyClick(pane, Qt.Key.Key_Plus)
    assert pane.camera.zoom > 1
    QTest.keyClick(pane, Qt.Key.Key_0)
    assert pane.camera == FRONT


@pytest.mark.parametrize(
    "key",
    [
        Qt.Key.Key_Space,
        Qt.Key.Key_J,
        Qt.Key.Key_K,
        Qt.Key.Key_L,
        Qt.Key.Key_M,
        Qt.Key.Key_E,
        Qt.Key.Key_I,
        Qt.Key.Key_O,
        Qt.Key.Key_Comma,
        Qt.Key.Key_Left,
        Qt.Key.Key_Right,
        Qt.Key.Key_1,
    ],
)
def test_the_windows_own_keys_pass_through(qtbot: QtBot, key: Qt.Key) -> None:
    passed: list[int] = []

    class Window(QWidget):
        def keyPressEvent(self, event: object) -> None:
            passed.append(event.key())  # type: ignore[attr-defined]

    window = Window()
    qtbot.addWidget(window)
    inner = FacePane(window)
    QTest.keyClick(inner, key)
    assert passed == [key] and inner.camera == FRONT
    inner.release()


def test_linked_cameras_do_not_echo(qtbot: QtBot, pane: FacePane) -> None:
    with qtbot.assertNotEmitted(pane.camera_changed):
        pane.set_camera(THREE_QUARTER)
    assert pane.camera == THREE_QUARTER


@pytest.mark.slow
def test_resizing_and_themes_redraw(qtbot: QtBot, pane: FacePane) -> None:
    pane.show_values(row())
    looked(qtbot, pane)
    pane.resize(260, 180)
    ratio = pane.devicePixelRatioF()
    assert looked(qtbot, pane).shape[:2] == (round(180 * ratio), round(260 * ratio))
    pane.set_theme(LIGHT)
    assert looked(qtbot, pane)[3, 3].min() > 150


def test_threads_and_contexts_end_with_the_panes(qtbot: QtBot) -> None:
    before = drawing_threads()
    window = QWidget()
    layout = QHBoxLayout(window)
    panes = [FacePane(window) for _ in range(2)]
    for one in panes:
        layout.addWidget(one)
        one.set_model(load_face_model(None))
    window.resize(300, 150)
    window.show()
    for one in panes:
        _wait_for_picture(qtbot, one)
    assert drawing_threads() == 1, "all faces share one thread"
    panes[0].release()
    panes[0].release()
    assert drawing_threads() == 1
    panes[0].show_values(row(JawOpen=1))
    window.deleteLater()
    qtbot.waitUntil(lambda: drawing_threads() == before, timeout=5000)
