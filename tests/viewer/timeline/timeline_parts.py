"""What the timeline's tests are made of."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from viewer.core.track import Track
from viewer.timeline.marks import TrackLayer
from viewer.timeline.view import TimelineView

FPS = 30.0


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


def at(lane: QWidget, t: float, y: float | None = None) -> QPoint:
    """The place of a time on a lane."""
    return QPoint(round(lane.axis.x_of(t)), round(lane.height() / 2 if y is None else y))


def drag(
    lane: QWidget,
    start: QPoint,
    end: QPoint,
    modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
    *,
    release: bool = True,
    steps: int = 6,
    button: Qt.MouseButton = Qt.MouseButton.LeftButton,
) -> None:
    """Press, move in a few steps and release, as a hand does."""
    QTest.mousePress(lane, button, modifiers, start)
    for i in range(1, steps + 1):
        QTest.mouseMove(lane, start + (end - start) * i / steps)
    if release:
        QTest.mouseRelease(lane, button, modifiers, end)


def wheel(
    lane: QWidget, x: float, turns: float, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
) -> None:
    pos = QPointF(x, lane.height() / 2)
    event = QWheelEvent(
        pos, lane.mapToGlobal(pos), QPoint(), QPoint(0, round(120 * turns)), Qt.MouseButton.NoButton,
        modifiers, Qt.ScrollPhase.NoScrollPhase, False,
    )
    QApplication.sendEvent(lane, event)
