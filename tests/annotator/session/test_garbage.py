"""Qt objects are never destroyed by a thread that happens to allocate."""

from __future__ import annotations

import gc
import threading
import weakref

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from annotator.session.garbage import MainThreadCollector


class Circle:
    """Garbage that only the collector finds."""

    def __init__(self, died_in: list[str]) -> None:
        self.itself = self
        self._died_in = died_in

    def __del__(self) -> None:
        self._died_in.append(threading.current_thread().name)


@pytest.fixture
def owner(qtbot: QtBot) -> QObject:
    return QObject()


@pytest.mark.slow
def test_circles_are_collected_on_the_main_thread_whoever_allocates(owner: QObject, qtbot: QtBot) -> None:
    died_in: list[str] = []
    collector = MainThreadCollector(owner)
    collector.start()
    try:
        circle = weakref.ref(Circle(died_in))

        def allocate() -> None:
            _kept: list[list[int]] = [[] for _ in range(200_000)]

        thread = threading.Thread(target=allocate, name="allocates")
        thread.start()
        thread.join()
        assert circle() is not None, "nothing is collected where the thread allocates"
        held: list[list[int]] = [[] for _ in range(2_000)]
        qtbot.waitUntil(lambda: circle() is None, timeout=20_000)
        assert died_in == [threading.main_thread().name] and held
    finally:
        collector.stop()


def test_python_collects_by_itself_again_once_the_last_collector_stopped(owner: QObject) -> None:
    first, second = MainThreadCollector(owner), MainThreadCollector(owner)
    first.start()
    second.start()
    first.stop()
    assert not gc.isenabled()
    second.stop()
    second.stop()
    assert gc.isenabled() and gc.get_freeze_count() == 0
