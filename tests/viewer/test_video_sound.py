"""Sound follows the clock where there is a device, and is missed by nothing where there is none."""

from __future__ import annotations

import subprocess
import sys
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from viewer.audio_player import AudioPlayer
from viewer.core.clock import Clock

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture
def player(qtbot: QtBot) -> Iterator[AudioPlayer]:
    player = AudioPlayer()
    player.load(np.zeros((48000 * 2, 2), np.float32), 48000)
    yield player
    player.stop()


@pytest.mark.slow
def test_the_clock_runs_with_or_without_a_device(qtbot: QtBot, player: AudioPlayer) -> None:
    clock = Clock()
    clock.set_duration(10.0)
    clock.seek(0.5)
    clock.play()

    def past(t: float) -> bool:
        player.follow(clock)
        return clock.time > t

    qtbot.waitUntil(lambda: past(0.7), timeout=5000)
    assert player.playing == player.available
    clock.seek(1.9)
    # The sound ends at two seconds, the clock does not.
    qtbot.waitUntil(lambda: past(2.2), timeout=5000)
    assert not player.playing
    clock.pause()
    player.follow(clock)
    t = clock.time
    player.follow(clock)
    assert clock.time == t and not player.playing


def test_other_speeds_are_silent(player: AudioPlayer) -> None:
    clock = Clock()
    clock.set_duration(2.0)
    clock.set_rate(0.5)
    clock.play()
    player.follow(clock)
    assert not player.playing
    clock.pause()
    clock.seek(1.0)
    clock.shuttle(-1)
    player.follow(clock)
    assert not player.playing
    assert not player.play(0.0, rate=2.0)


def test_playing_outside_the_sound_or_without_any_is_no_error(player: AudioPlayer) -> None:
    assert not player.play(99.0)
    assert not player.play(-1.0)
    player.load(None)
    assert not player.play(0.0)
    player.set_muted(True)
    player.stop()
    player.stop()
    assert player.position() == 0.0 and player.seconds_played() == 0.0


def test_sound_is_made_ready_beside_the_caller_and_dropped_for_other_sound(
    qtbot: QtBot, player: AudioPlayer
) -> None:
    ten_minutes = np.zeros((48000 * 600, 2), np.float32)
    kept = weakref.ref(ten_minutes)
    player.load(ten_minutes, 48000)
    clock = Clock()
    clock.set_duration(600.0)
    clock.play()
    player.follow(clock)
    qtbot.waitUntil(lambda: player.ready)
    player.follow(clock)
    assert player.playing == player.available
    player.load(ten_minutes, 48000)
    del ten_minutes
    player.load(None)
    assert player.ready and kept() is None
    assert not [thread for thread in threading.enumerate() if thread.name == "sound"]


@pytest.mark.slow
def test_a_machine_without_sound_is_not_told_so(tmp_path: Path) -> None:
    code = (
        "import numpy as np\n"
        "from PySide6.QtWidgets import QApplication\n"
        "app = QApplication([])\n"
        "from viewer.audio_player import AudioPlayer\n"
        "player = AudioPlayer()\n"
        "player.load(np.zeros(48000, np.float32))\n"
        "print(player.available, player.play(0.0))\n"
        "player.stop()\n"
    )
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(tmp_path),
        "QT_QPA_PLATFORM": "offscreen",
        "XDG_RUNTIME_DIR": str(tmp_path),
    }
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0
    assert done.stderr == ""
    assert done.stdout.split() in (["False", "False"], ["True", "True"])
