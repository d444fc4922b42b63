"""The transport bar, the ticker and the list of channels."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt, SignalInstance
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from tests.viewer.timeline.timeline_parts import a_track
from viewer.core.channels import NAMES
from viewer.core.clock import Clock
from viewer.key_names import Command, KeyNames
from viewer.palette import DARK, LIGHT
from viewer.ticker import Ticker
from viewer.timeline.channel_picker import ChannelPicker, most_active
from viewer.transport_bar import TransportBar, format_timecode

LEFT = Qt.MouseButton.LeftButton


CALLED = KeyNames()
"""What the keys of the bar are called."""


def collect(signal: SignalInstance) -> list[Any]:
    seen: list[Any] = []
    signal.connect(lambda *args: seen.append(args[0] if args else None))
    return seen


# ---- the bar ---------------------------------------------------------------------------------


@pytest.fixture
def bar(qtbot: QtBot) -> TransportBar:
    made = TransportBar(CALLED)
    qtbot.addWidget(made)
    made.resize(1024, 40)
    made.show()
    return made


def button(bar: TransportBar, name: str) -> QToolButton:
    return next(b for b in bar.findChildren(QToolButton) if b.accessibleName().startswith(name))


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "00:00.000"),
        (3.2333, "00:03.233"),
        (59.9996, "01:00.000"),
        (3671.5, "1:01:11.500"),
        (-1.0, "00:00.000"),
    ],
)
def test_timecode(seconds: float, text: str) -> None:
    assert format_timecode(seconds) == text


def test_time_and_frame(bar: TransportBar) -> None:
    bar.show_time(97 / 30, 97, 240)
    assert bar.time_label.text() == "00:03.233" and bar.frame_label.text() == "frame 97/240"
    bar.show_time(1.0, 0, 0)
    assert bar.frame_label.text() == "no video"


@pytest.mark.parametrize(
    ("name", "signal"),
    [
        ("Go to the start", "start_requested"),
        ("Previous frame", "previous_frame_requested"),
        ("Play", "toggle_requested"),
        ("Next frame", "next_frame_requested"),
        ("Go to the end", "end_requested"),
        ("Loop from here", "loop_in_requested"),
        ("Loop up to here", "loop_out_requested"),
    ],
)
def test_every_button_asks_for_its_command(bar: TransportBar, name: str, signal: str) -> None:
    seen = collect(getattr(bar, signal))
    QTest.mouseClick(button(bar, name), LEFT)
    assert len(seen) == 1


def test_shuttle_buttons_and_state(bar: TransportBar) -> None:
    seen = collect(bar.shuttle_requested)
    for name in ("Shuttle backward", "Stop", "Shuttle forward"):
        QTest.mouseClick(button(bar, name), LEFT)
    assert seen == [-1, 0, 1]
    bar.set_playing(True, -4.0)
    assert "◀" in bar.shuttle_label.text() and "4×" in bar.shuttle_label.text()
    bar.set_playing(True, 1.0)
    assert bar.shuttle_label.text() == ""
    assert bar.play_button.accessibleName() == "Pause"


def test_rate_is_asked_by_hand_but_not_by_the_setter(bar: TransportBar) -> None:
    seen = collect(bar.rate_requested)
    bar.set_rate(0.5)
    assert seen == [] and bar.rate_box.value() == 0.5
    bar.rate_box.stepUp()
    assert seen == [0.75]
    bar.rate_box.setValue(99.0)
    assert seen[-1] == 4.0


def test_loop_state(bar: TransportBar) -> None:
    toggled, cleared = collect(bar.loop_toggled), collect(bar.loop_clear_requested)
    assert not bar.loop_button.isEnabled() and not bar.clear_loop_button.isVisible()
    bar.set_loop((1.0, 2.5), True)
    assert bar.loop_button.isChecked() and "00:02.500" in bar.loop_label.text()
    QTest.mouseClick(bar.loop_button, LEFT)
    QTest.mouseClick(bar.clear_loop_button, LEFT)
    assert toggled == [False] and len(cleared) == 1


def test_tips_name_the_keys(bar: TransportBar) -> None:
    asked = "to_start frame_back play_pause frame_forward to_end shuttle_back shuttle_stop shuttle_forward"
    ids = [*asked.split(), "loop_in", "loop_out", "loop_clear"]
    CALLED.show({id: Command(id, f"key of {id}") for id in ids})
    tips = " ".join(b.toolTip() for b in bar.findChildren(QToolButton))
    assert all(f"key of {id}" in tips for id in ids) and "{" not in tips
    CALLED.show({id: Command(id, "") for id in ids})
    assert button(bar, "Stop").toolTip() == "Stop"
    bar.set_playing(True, 1.0)
    assert bar.play_button.toolTip() == "Pause"


@pytest.mark.parametrize("width", [700, 1024, 1440])
def test_nothing_overlaps_at_any_width(bar: TransportBar, width: int) -> None:
    bar.set_loop((1.0, 2.0))
    bar.set_playing(True, 2.0)
    bar.show_time(599.0, 11_999, 36_000)
    for palette in (DARK, LIGHT):
        bar.set_theme(palette)
        bar.setMinimumWidth(0)
        bar.resize(width, 40)
        QApplication.processEvents()
        children = [w for w in bar.children() if isinstance(w, QWidget) and w.isVisible() and w.width() > 1]
        boxes = sorted((w.geometry() for w in children), key=lambda r: r.left())
        assert all(a.right() < b.left() for a, b in itertools.pairwise(boxes))
        assert boxes[-1].right() <= bar.width()


# ---- the ticker ------------------------------------------------------------------------------


class Hands:
    """A monotonic clock moved by the test."""

    def __init__(self) -> None:
        self.t = 100.0

    def __call__(self) -> float:
        return self.t


def test_ticks_only_while_the_clock_plays(qtbot: QtBot) -> None:
    clock = Clock()
    clock.set_duration(60.0)
    ticker = Ticker(clock)
    ticks, states = collect(ticker.tick), collect(ticker.state_changed)
    ticker.refresh()
    assert ticks == [0.0] and not ticker.running and states == []
    clock.play()
    ticker.refresh()
    assert ticker.running and len(states) == 1
    qtbot.waitUntil(lambda: len(ticks) >= 6, timeout=5000)
    assert ticks == sorted(ticks) and ticks[-1] > 0
    clock.pause()
    ticker.refresh()
    assert not ticker.running and ticks[-1] == clock.time and len(states) == 2


def test_a_seek_while_paused_is_shown_once(qtbot: QtBot) -> None:
    clock = Clock()
    clock.set_duration(60.0)
    ticker = Ticker(clock)
    ticks = collect(ticker.tick)
    clock.seek(12.5)
    ticker.refresh()
    assert ticks == [12.5]


def test_the_end_of_the_clip_stops_the_ticker(qtbot: QtBot) -> None:
    hands = Hands()
    clock = Clock(hands)
    clock.set_duration(1.0)
    ticker = Ticker(clock, now=hands)
    ticks, states = collect(ticker.tick), collect(ticker.state_changed)
    clock.play()
    ticker.refresh()
    before = len(states)
    hands.t += 5.0
    qtbot.waitUntil(lambda: not ticker.running, timeout=5000)
    assert ticks[-1] == 1.0 and not clock.playing and len(states) == before + 1


def test_late_ticks_are_counted_and_not_made_up_for(qtbot: QtBot) -> None:
    hands = Hands()
    clock = Clock(hands)
    clock.set_duration(60.0)
    ticker = Ticker(clock, now=hands)
    ticks = collect(ticker.tick)
    clock.play()
    ticker.refresh()
    qtbot.waitUntil(lambda: len(ticks) >= 3, timeout=5000)
    count = len(ticks)
    hands.t += 0.160
    qtbot.waitUntil(lambda: len(ticks) > count, timeout=5000)
    assert ticker.dropped == 9
    assert ticks[count] == pytest.approx(0.160)
    ticker.stop()
    assert not ticker.running and clock.playing


# ---- the list of channels --------------------------------------------------------------------


@pytest.fixture
def picker(qtbot: QtBot) -> ChannelPicker:
    made = ChannelPicker()
    qtbot.addWidget(made)
    made.resize(280, 480)
    made.show()
    return made


def test_search_finds_words_in_any_order_and_enter_chooses(picker: ChannelPicker) -> None:
    chosen = collect(picker.channels_changed)
    QTest.keyClicks(picker.search, "left smile")
    shown = [row.text() for row in picker._rows() if not row.isHidden()]
    assert shown == ["MouthSmileLeft"]
    QTest.keyClick(picker.search, Qt.Key.Key_Return)
    assert chosen == [("MouthSmileLeft",)]
    QTest.keyClicks(picker.search, "zzz")
    assert "No channel" in picker.count.text()


def test_regions_pinned_and_most_active(picker: ChannelPicker) -> None:
    chosen = collect(picker.channels_changed)
    QTest.mouseClick(picker.presets["brows"], LEFT)
    assert len(chosen[-1]) == 5
    assert not picker.presets["most active"].isEnabled() and not picker.presets["pinned"].isEnabled()
    picker.set_tracks([a_track()])
    QTest.mouseClick(picker.presets["most active"], LEFT)
    assert chosen[-1] == (NAMES[17],)
    picker.toggle_pin("HeadYaw")
    QTest.mouseClick(picker.presets["pinned"], LEFT)
    assert chosen[-1] == ("HeadYaw",)
    QTest.mouseClick(picker.presets["none"], LEFT)
    assert chosen[-1] == ()


def test_keys_choose_and_pin(picker: ChannelPicker) -> None:
    chosen, pins = collect(picker.channels_changed), collect(picker.pins_changed)
    QTest.keyClick(picker.list, Qt.Key.Key_Down)
    QTest.keyClick(picker.list, Qt.Key.Key_Space)
    QTest.keyClick(picker.list, Qt.Key.Key_P)
    name = picker.list.currentItem().text()
    assert chosen == [(name,)] and pins == [(name,)]
    QTest.keyClick(picker.list, Qt.Key.Key_Space)
    assert chosen[-1] == ()


def test_mouse_on_the_row_chooses_and_on_the_star_pins(picker: ChannelPicker) -> None:
    chosen, pins = collect(picker.channels_changed), collect(picker.pins_changed)
    place = picker.list.visualItemRect(picker.list.item(2)).center()
    QTest.mouseClick(picker.list.viewport(), LEFT, pos=place)
    QTest.mouseClick(picker.list.viewport(), LEFT, pos=QPoint(picker.list.viewport().width() - 12, place.y()))
    name = picker.list.item(2).text()
    assert chosen == [(name,)] and pins == [(name,)]


def test_the_setter_asks_for_nothing_and_drops_unknown_names(picker: ChannelPicker) -> None:
    chosen = collect(picker.channels_changed)
    picker.set_channels(("JawOpen", "NoSuch", "JawOpen"))
    assert picker.channels == ("JawOpen",) and chosen == []


def test_most_active_ignores_lost_frames() -> None:
    track = a_track(lost=(1.0, 2.0))
    assert most_active([track], 3) == (NAMES[17],)
    assert most_active([a_track(lost=(0.0, 99.0))]) == ()
    assert most_active([]) == ()
    values = np.zeros((4, 61))
    values[::2, 3] = 1.0
    assert most_active([track.replaced(times=np.arange(4.0), values=values)]) == (NAMES[3],)
