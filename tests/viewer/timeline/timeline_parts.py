"""What the timeline's tests are made of."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QPoint, QPointF, QRect, Qt, SignalInstance
from PySide6.QtGui import QImage, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from viewer.core.marks import TrackLayer
from viewer.core.track import Track
from viewer.timeline.lane import Lane
from viewer.timeline.view import TimelineView

FPS = 30.0
Modifier = Qt.KeyboardModifier
Button = Qt.MouseButton
NO_MODIFIER = Modifier.NoModifier
LEFT = Button.LeftButton


def a_track(
    seconds: float = 10.0,
    lost: tuple[float, float] | None = None,
    missing: tuple[float, float] | None = None,
) -> Track:
    times = np.arange(round(seconds * FPS)) / FPS
    values = np.zeros((times.size, 61), np.float32)
    values[:, 17] = 0.5 + 0.5 * np.sin(times * 3.0)
    valid = np.ones(times.size, bool)
    kept = np.ones(times.size, bool)
    if lost is not None:
        valid[(times >= lost[0]) & (times < lost[1])] = False
    if missing is not None:
        kept[(times > missing[0]) & (times < missing[1])] = False
    return Track.build(times[kept], values[kept], valid[kept])


def a_view(seconds: float = 10.0) -> TimelineView:
    view = TimelineView()
    view.resize(1168, 420)
    view.set_duration(seconds)
    view.set_frame_times(np.arange(round(seconds * FPS)) / FPS)
    view.set_layers([TrackLayer("r", "recorded", a_track(seconds, lost=(3.0, 4.0)))])
    view.set_channels(("JawOpen", "HeadPitch"))
    view.show()
    QApplication.processEvents()
    return view


def collect(signal: SignalInstance) -> list[Any]:
    """What a signal says from now on."""
    seen: list[Any] = []
    signal.connect(lambda *args: seen.append(args if len(args) != 1 else args[0]))
    return seen


def at(lane: Lane, t: float, y: float | None = None) -> QPoint:
    """The place of a time on a lane."""
    return QPoint(round(lane.axis.x_of(t)), round(lane.height() / 2 if y is None else y))


def on_scene(lane: Lane, pos: QPoint) -> tuple[QWidget, QPoint]:
    """The widget that gets the mouse for a lane, and a place of the lane on it."""
    return lane.getViewWidget().viewport(), pos + QPoint(0, round(lane.scenePos().y()))


def press(lane: Lane, pos: QPoint, modifiers: Modifier = NO_MODIFIER, button: Button = LEFT) -> None:
    widget, place = on_scene(lane, pos)
    QTest.mousePress(widget, button, modifiers, place)


def move(lane: Lane, pos: QPoint) -> None:
    QTest.mouseMove(*on_scene(lane, pos))


def release(lane: Lane, pos: QPoint, modifiers: Modifier = NO_MODIFIER, button: Button = LEFT) -> None:
    widget, place = on_scene(lane, pos)
    QTest.mouseRelease(widget, button, modifiers, place)


def click(lane: Lane, pos: QPoint) -> None:
    widget, place = on_scene(lane, pos)
    QTest.mouseClick(widget, LEFT, NO_MODIFIER, place)


def double_click(lane: Lane, pos: QPoint) -> None:
    widget, place = on_scene(lane, pos)
    QTest.mouseDClick(widget, LEFT, NO_MODIFIER, place)


def key(lane: Lane, pressed: Qt.Key, modifiers: Modifier = NO_MODIFIER) -> None:
    QTest.keyClick(lane.keys, pressed, modifiers)


def picture(lane: Lane) -> QImage:
    """The lane as one sees it, its gutter included."""
    graph = lane.getViewWidget()
    shown: QImage = graph.grab(QRect(0, round(lane.scenePos().y()), graph.width(), lane.height())).toImage()
    return shown


def drag(
    lane: Lane,
    start: QPoint,
    end: QPoint,
    modifiers: Modifier = NO_MODIFIER,
    *,
    let_go: bool = True,
    steps: int = 6,
    button: Button = LEFT,
) -> None:
    """Press, move in a few steps and release, as a hand does."""
    press(lane, start, modifiers, button)
    for i in range(1, steps + 1):
        move(lane, start + (end - start) * i / steps)
    if let_go:
        release(lane, end, modifiers, button)


def wheel(lane: Lane, x: float, turns: float, modifiers: Modifier = NO_MODIFIER) -> None:
    widget, place = on_scene(lane, QPoint(round(x), lane.height() // 2))
    pos = QPointF(x, place.y())
    event = QWheelEvent(
        pos,
        widget.mapToGlobal(pos),
        QPoint(),
        QPoint(0, round(120 * turns)),
        Qt.MouseButton.NoButton,
        modifiers,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)
