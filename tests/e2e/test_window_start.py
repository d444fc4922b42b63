"""Before anything is open: three ways to begin, recent work with its pictures, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent
from PySide6.QtWidgets import QApplication, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from annotator.core.storage.recent_work import picture_of
from annotator.session.settings import Settings, save_settings
from annotator.window.window import StudioWindow
from tests.e2e.window_parts import Person, demo_at


def seen(window: StudioWindow) -> list[str]:
    """What the buttons on the page are called, from the top."""
    buttons = [b for b in window.findChildren(QPushButton) if b.isVisible()]
    return [b.accessibleName() for b in buttons]


def test_a_first_start_offers_three_ways_and_nothing_else(
    window: StudioWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    person = Person(window, qtbot)
    assert seen(window) == ["Open a recording", "Import a folder", "Open the demo"]
    for part in (window.top_bar, window.faces, window.timeline, window.clips_panel, window.tabs):
        assert not part.isVisible()
    # What goes wrong here is told here, and what was open (nothing) stays.
    window.session.open_path(tmp_path / "gone.mp4")
    person.wait(lambda: window.banner.isVisible())
    assert "gone.mp4" in window.banner.text and window.pages.at_start
    urls = QMimeData()
    urls.setUrls([QUrl.fromLocalFile(str(tmp_path))])
    what = QPoint(9, 9), Qt.DropAction.CopyAction, urls, Qt.MouseButton.LeftButton
    QApplication.sendEvent(window, QDragEnterEvent(*what, Qt.KeyboardModifier.NoModifier))
    drop = window.start_page.findChild(QWidget, "StartDrop")
    assert drop is not None and drop.property("drop")
    QApplication.sendEvent(window, QDragLeaveEvent())
    assert not drop.property("drop")

    demo = next(b for b in window.findChildren(QPushButton) if b.accessibleName() == "Open the demo")
    person.click(demo)
    person.wait_for_clip()
    assert window.timeline.isVisible() and not window.start_page.isVisible()
    assert window.status_bar.isVisible() and not window.banner.isVisible()


def test_recent_work_is_shown_with_pictures_and_opens(
    open_window: Callable[[], StudioWindow],
    qtbot: QtBot,
    tmp_path: Path,
    own_folders: Path,
) -> None:
    dataset = demo_at(tmp_path)
    track = dataset / "clips" / "01-waiting-room" / "track.csv"
    save_settings(Settings(recent=[str(dataset), str(track), str(tmp_path / "gone")], annotator="anna"))
    old = own_folders / "state" / "pictures" / "of-something-else.jpg"
    old.parent.mkdir(parents=True)
    old.write_bytes(b"")
    window = open_window()
    person = Person(window, qtbot)
    first, second, third = window.start_page.cards
    person.wait(lambda: not third.isEnabled())
    assert first.seen is not None and first.seen.image is not None
    assert second.seen is not None and second.seen.image is None and second.isEnabled()
    kept = list(old.parent.iterdir())
    assert len(kept) == 1 and kept[0] != old
    written = kept[0].stat().st_mtime_ns
    assert picture_of(first.seen.work) is not None
    assert kept[0].stat().st_mtime_ns == written

    person.click(second)
    person.wait_for_clip("01-waiting-room")
    assert not window.pages.at_start


def test_what_is_named_at_the_start_opens_without_the_start_page(
    window: StudioWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    person = Person(window, qtbot)
    window.pages.await_opening()
    assert not window.pages.at_start
    file = tmp_path / "words.csv"
    file.write_text("no track", encoding="utf-8")
    window.session.open_path(file)
    person.wait(lambda: window.pages.at_start)
    assert "words.csv" in window.banner.text and window.banner.isVisible()
