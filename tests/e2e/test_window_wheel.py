"""The wheel scrolls.  It changes no value under it, nor does it put the keys anywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QScrollBar,
    QTabBar,
    QWidget,
)
from pytestqt.qtbot import QtBot

from annotator.generation.performance_view import STRENGTHS
from annotator.window.window import StudioWindow
from tests.e2e.every_dialog import every_dialog
from tests.e2e.window_parts import Person, demo_at
from tests.present import present

TABS = ("show_story", "show_keyframe", "show_channels", "show_generate", "show_performance", "show_takes")


@pytest.fixture
def person(window: StudioWindow, qtbot: QtBot, tmp_path: Path) -> Person:
    """A clip with a keyframe and a take."""
    made = Person(window, qtbot).open(demo_at(tmp_path), "02-letter")
    window.generate_panel.show_rows([("She smiles broadly.", 1.0, ""), ("Her jaw drops.", 3.0, "")])
    window.generate_panel.generate()
    made.wait(lambda: made.studio.takes.active is not None and not made.session.jobs.running)
    made.press("M", "1")
    return made


def turn(widget: QWidget, notches: int) -> None:
    """Turn the wheel over the middle of a widget that can be seen, as a mouse does."""
    window = widget.window()
    place = QPointF(widget.mapTo(window, widget.rect().center()))
    QTest.wheelEvent(present(window.windowHandle()), place, QPoint(0, 120 * notches))
    QApplication.processEvents()


def scroll(widget: QWidget, notches: int) -> None:
    """A turn of the wheel for a widget alone, seen or not; it goes to none around it."""
    place = QPointF(widget.rect().center())
    event = QWheelEvent(
        place,
        QPointF(widget.mapToGlobal(place.toPoint())),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)


def value_of(widget: QWidget) -> Any:
    if isinstance(widget, QAbstractSlider):
        return widget.value()
    if isinstance(widget, QAbstractSpinBox):
        return widget.text()
    return widget.currentIndex() if isinstance(widget, QComboBox | QTabBar) else None


def controls(of: QWidget) -> list[QWidget]:
    kinds = QAbstractSlider | QAbstractSpinBox | QComboBox | QTabBar
    every = [widget for widget in of.findChildren(QWidget) if isinstance(widget, kinds)]
    return [widget for widget in every if not isinstance(widget, QScrollBar)]


def scrolled_over(of: QWidget) -> list[str]:
    """Turn the wheel over everything; the controls there are."""
    if of.focusWidget() is not None:
        of.focusWidget().clearFocus()
    every = controls(of)
    before = [value_of(widget) for widget in every]
    held = QApplication.focusWidget()
    for widget in of.findChildren(QWidget):
        if widget.window() is of:
            for notches in (2, -3):
                scroll(widget, notches)
            assert QApplication.focusWidget() is held, f"the wheel over {widget} takes the keys"
    assert [value_of(widget) for widget in every] == before
    return [type(widget).__name__ for widget in every]


def test_the_wheel_changes_no_value_of_the_window(person: Person) -> None:
    window = person.window
    work, settings = person.work, person.session.settings
    rate, told = person.session.playback.clock.rate, settings.shown_channels[:]
    found: list[str] = []
    for tab in TABS:
        window.actions_by_id[tab].trigger()
        QApplication.processEvents()
        found += scrolled_over(window)
    assert found.count("QSlider") == len(STRENGTHS) * len(TABS)
    assert {"ChoiceField", "LabelField", "RateBox", "QTabBar"} <= set(found)
    assert person.work == work and person.session.playback.clock.rate == rate
    assert settings.shown_channels == told


def test_the_wheel_changes_no_value_of_any_dialog(person: Person) -> None:
    work = person.work
    found: list[str] = []
    for dialog in every_dialog(person):
        found += scrolled_over(dialog)
    assert {"QSpinBox", "QDoubleSpinBox", "ChoiceField", "QComboBox"} <= set(found)
    assert person.work == work


def test_over_a_slider_the_panel_scrolls(person: Person) -> None:
    window = person.window
    window.resize(1024, 720)
    window.actions_by_id["show_performance"].trigger()
    QApplication.processEvents()
    panel = window.generate_panel
    bar, slider = panel.verticalScrollBar(), panel.performance._strengths["mouth"].slider
    assert bar.maximum() > 0
    panel.ensureWidgetVisible(slider)
    before = bar.value()
    turn(slider, 1)
    assert bar.value() < before and slider.value() == 100 and not slider.hasFocus()


def test_a_slider_that_has_the_keys_follows_the_wheel(person: Person) -> None:
    person.window.actions_by_id["show_performance"].trigger()
    slider = person.window.generate_panel.performance._strengths["mouth"].slider
    QApplication.processEvents()
    person.window.generate_panel.ensureWidgetVisible(slider)
    slider.setFocus()
    turn(slider, -1)
    assert slider.value() < 100
