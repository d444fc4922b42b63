"""Fixtures every test may use."""

from __future__ import annotations

import gc
import itertools
import logging
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

os.environ.setdefault("QT_API", "pyside6")
os.environ.setdefault("PYQTGRAPH_QT_LIB", "PySide6")
if not os.environ.get("DISPLAY") and not os.environ.get("WAYLAND_DISPLAY"):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

if TYPE_CHECKING:
    from PySide6.QtCore import QTimer
    from pytestqt.qtbot import QtBot

    from annotator.window.window import StudioWindow

PROJECT = Path(__file__).resolve().parents[1]


# Loading four thousand tests makes hardly any garbage, and much to look through for it.
gc.disable()


def pytest_xdist_auto_num_workers() -> int:
    """One process more than there are processors, as tests wait for servers, discs and clocks, too."""
    return (os.cpu_count() or 1) + 1


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever opens the studio is slow; other tests that are say so themselves."""
    for item in items:
        if isinstance(item, pytest.Function) and "open_window" in item.fixturenames:
            item.add_marker(pytest.mark.slow)


def pytest_collection_finish() -> None:
    """Half a million objects of modules and tests stay to the end: no collection looks through them."""
    gc.collect()
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real recordings beside a development checkout; absent in a user's clone."""
    folder = PROJECT.parent / "shared"
    if not (folder / "data").is_dir():
        pytest.skip("needs the real recordings in ../shared, which are not part of a clone")
    return folder


@pytest.fixture(autouse=True)
def own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings, journals and the demo's copy of a test lie in a folder of its own, never in the
    user's."""
    folder = tmp_path_factory.mktemp("user")
    for name in ("config", "state", "data"):
        monkeypatch.setenv(f"KFSTUDIO_{name.upper()}_DIR", str(folder / name))
    monkeypatch.delenv("KFSTUDIO_ANNOTATOR", raising=False)
    return folder


@pytest.fixture(autouse=True)
def no_handler_left() -> Iterator[None]:
    """A test leaves no handler at the root of the logs: what later tests do would be written by it, too.
    What the command line sets up is for a whole process; a test runs it in one of its own."""
    root = logging.getLogger()
    before = set(root.handlers)
    yield
    left = [h for h in root.handlers if h not in before and not type(h).__module__.startswith("_pytest.")]
    for handler in left:
        root.removeHandler(handler)
    assert not left, f"handlers left behind: {left}"


@pytest.fixture
def demo_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in that has the demo where a checkout has it."""
    demo = Path("resources") / "demo" / "dataset"
    shutil.copytree(PROJECT / demo, tmp_path / demo)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def open_window(
    qtbot: QtBot, own_folders: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], StudioWindow]]:
    """Opens the real window; what is open at the end is closed, and a thread, timer or widget
    that any of them left behind fails the test."""
    from PySide6.QtCore import QCoreApplication, QEvent
    from PySide6.QtWidgets import QApplication

    from annotator.session.settings import load_settings
    from annotator.window.window import StudioWindow

    app = QApplication.instance()
    assert isinstance(app, QApplication)
    threads, widgets = set(threading.enumerate()), set(app.topLevelWidgets())
    opened: list[StudioWindow] = []
    # What was there before is not looked through for garbage and timers again.  A window sets aside
    # what was there before it too, but then what it was built of would have to be looked for there.
    gc.collect()
    gc.freeze()
    for name in ("freeze", "unfreeze"):
        monkeypatch.setattr(gc, name, lambda: None)

    def make() -> StudioWindow:
        """A window; settings of an earlier one are loaded as at any start."""
        settings = load_settings()
        settings.theme = settings.theme if settings.recent else "dark"
        settings.annotator = settings.annotator or "anna"
        window = StudioWindow(app, settings)
        opened.append(window)
        window.show()
        window.activateWindow()
        qtbot.waitUntil(lambda: app.activeWindow() is window)
        return window

    yield make
    for window in opened:
        window.close()
        QCoreApplication.processEvents()
        assert not window.session.jobs.running, "jobs are still running after the window was closed"
        window.deleteLater()
    opened.clear()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    QCoreApplication.processEvents()
    # The next window is made under the style it is made under at any start: with none.  Under that
    # of the last window every widget would be styled twice.
    app.setStyleSheet("")
    gc.collect()
    new = [t for t in threading.enumerate() if t not in threads and not _of_a_pool(t)]
    for thread in new:
        thread.join(2.0)  # a test's own server may still be hanging up
    started = [thread.name for thread in new if thread.is_alive()]
    left = [type(w).__name__ for w in app.topLevelWidgets() if w not in widgets]
    running = _new_timers()
    assert not started, f"threads left behind: {started}"
    assert not left, f"widgets left behind: {left}"
    assert not running, f"timers left behind: {running}"


@pytest.fixture
def window(open_window: Callable[[], StudioWindow]) -> StudioWindow:
    """The real window with nothing open in it."""
    return open_window()


def _new_timers() -> list[QTimer]:
    """The timers of Python that are running and were made since the collector's freeze."""
    from PySide6.QtCore import QTimer
    from shiboken6 import isValid

    kinds = {QTimer}
    while more := {kind for each in kinds for kind in each.__subclasses__()} - kinds:
        kinds |= more
    things = gc.get_objects()  # what is frozen is not among them
    timers = itertools.compress(things, map(kinds.__contains__, map(type, things)))
    return [timer for timer in timers if isValid(timer) and timer.isActive()]


def _of_a_pool(thread: threading.Thread) -> bool:
    """Qt's pools keep idle threads for a while; Python knows them as dummies."""
    return isinstance(thread, threading._DummyThread)
