"""Three workspaces share one window: what each has and remembers, and one pane in all the room."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QCheckBox, QLabel, QTabBar, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from annotator.session.messages import Message
from annotator.session.settings import Settings, settings_path
from annotator.widgets.pane_frame import ElidedLabel
from annotator.window.arrangement import Arrangement
from annotator.window.window import StudioWindow
from tests.e2e.window_parts import LEFT, Person, demo_at
from tests.present import present

CLIP = "02-letter"


@pytest.fixture
def person(window: StudioWindow, qtbot: QtBot, tmp_path: Path) -> Person:
    window.session.settings.annotator = "maria"
    return sized(Person(window, qtbot).open(demo_at(tmp_path), CLIP), 1440, 900)


def sized(person: Person, width: int, height: int) -> Person:
    person.window.resize(width, height)
    person.wait(lambda: person.window.arrangement.width() == width)
    QApplication.processEvents()
    return person


def columns(person: Person) -> list[str]:
    """The columns that stand among the panes, from the left."""
    parts = person.window.arrangement._columns
    standing = [n for n, column in parts.items() if column.isVisible() and column.window() is person.window]
    return sorted(standing, key=lambda name: parts[name].mapTo(person.window, QPoint()).x())


def lanes_share(arrangement: Arrangement) -> float:
    return arrangement.halves.sizes()[1] / arrangement.halves.height()


def drag_lanes(arrangement: Arrangement, by: int) -> None:
    """Move the splitter above the timeline as a hand does."""
    handle = arrangement.halves.handle(1)
    QTest.mousePress(handle, LEFT)
    QTest.mouseMove(handle, handle.rect().center() + QPoint(0, by))
    QTest.mouseRelease(handle, LEFT, pos=handle.rect().center() + QPoint(0, by))


@pytest.mark.parametrize("size", [(1024, 720), (1440, 900), (2560, 1440)])
def test_each_workspace_gives_what_it_is_for_the_room(person: Person, size: tuple[int, int]) -> None:
    window, arrangement = sized(person, *size).window, person.window.arrangement
    curves, narrow = window.timeline.curves, size[0] < 1240
    person.press("Ctrl+1")
    assert all(button.width() >= 28 for button in window.top_bar.workspaces.workspaces.values())
    assert columns(person)[-4:] == ["video", "faces", "marks", "inspector"]
    assert ("clips" in columns(person)) is not narrow
    faces, video = window.faces.width(), window.video_frame.width()
    table = window.marks_panel.table
    assert table.viewport().height() >= 8 * table.rowHeight(0)
    assert table.rowHeight(0) >= 2 * table.fontMetrics().lineSpacing()
    person.press("Ctrl+2")
    assert window.tabs.currentWidget() is window.takes_panel and "marks" not in columns(person)
    assert window.video_frame.width() < video and window.faces.width() > faces
    wide = window.tabs.width()
    person.press("Ctrl+3")
    assert lanes_share(arrangement) >= 0.55 and window.tabs.currentWidget() is window.channels_panel
    rows = curves.rows()
    assert len(rows) >= 3 and all(row.area.height() >= 48 for row in rows)
    assert 340 <= window.tabs.width() <= 560 and 340 <= wide <= 640
    person.press("Ctrl+1")
    assert all(row.area.height() <= 72 for row in curves.rows())
    assert window.faces.width() == faces


def test_each_remembers_its_sizes_columns_and_tab_in_windows_about_as_wide(
    person: Person, open_window: Callable[[], StudioWindow], tmp_path: Path
) -> None:
    window, arrangement = person.window, person.window.arrangement
    person.press("Ctrl+3", "F5")
    drag_lanes(arrangement, 60)
    kept = lanes_share(arrangement)
    assert kept < 0.57
    window.timeline.graph.set_share(0.4)
    person.press("F4")
    assert "marks" not in columns(person)
    person.press("Ctrl+1")
    usual = lanes_share(arrangement)
    assert usual < 0.45 and "marks" in columns(person)
    person.press("Ctrl+3")
    assert lanes_share(arrangement) == pytest.approx(kept, abs=0.005)
    assert "marks" not in columns(person) and window.tabs.currentWidget() is window.story_panel
    sized(person, 1920, 1080)
    assert lanes_share(arrangement) > 0.6 and "marks" in columns(person)
    assert window.timeline.graph.share == 0.2
    sized(person, 1440, 900)
    assert lanes_share(arrangement) == pytest.approx(kept, abs=0.005)
    assert window.timeline.graph.share == 0.4
    window.close()
    again = Person(open_window(), person.qtbot)
    again.window.pages.await_opening()
    sized(again, 1440, 900)
    shown = again.window.arrangement
    assert shown.workspace.id == "curves" and "marks" not in columns(again)
    assert lanes_share(shown) == pytest.approx(kept, abs=0.005)
    assert again.window.top_bar.workspaces.workspaces["curves"].isChecked()


def test_sizes_from_a_strange_file_do_no_harm(
    own_folders: Path, open_window: Callable[[], StudioWindow], qtbot: QtBot, tmp_path: Path
) -> None:
    splits = {"clips": -9, "marks": 10**7, "inspector": 0, "video": -3.0, "lanes": 99.0, "overview": 7.0}
    strange = {"workspace": "?", "tabs": {"annotate": "?"}, "splits": {"annotate usual": splits}}
    settings_path().parent.mkdir(parents=True, exist_ok=True)
    settings_path().write_text(json.dumps({**msgspec.to_builtins(Settings()), **strange}), "utf-8")
    window = open_window()
    window.pages.await_opening()
    QApplication.processEvents()
    assert window.arrangement.workspace.id == "annotate"
    panes = window.arrangement.panes
    assert all(size >= 120 for size in panes.sizes()) and sum(panes.sizes()) <= panes.width()
    assert min(window.arrangement.halves.sizes()) >= 180


def test_a_narrow_window_draws_the_clips_over_the_panes(person: Person) -> None:
    window, drawer = sized(person, 1024, 720).window, person.window.arrangement.drawer
    before = window.arrangement.panes.sizes()
    assert not window.clips_panel.isVisible()
    person.press("Ctrl+F")
    assert window.clips_panel.isVisible() and drawer.width() < 300
    assert [s for s in window.arrangement.panes.sizes() if s] == [s for s in before if s]
    person.type("birth")
    person.press("Return")
    person.wait_for_clip("03-birthday")
    window.clips_panel._list.setFocus()
    QTest.keyClick(window.clips_panel._list, Qt.Key.Key_Escape)
    assert not window.clips_panel.isVisible() and QApplication.focusWidget() is window
    person.press("F3")
    assert window.clips_panel.isVisible()
    sized(person, 1440, 900)
    assert not drawer.isVisible() and columns(person)[0] == "clips"
    person.press("F3")
    assert "clips" not in columns(person)
    assert not window.top_bar.workspaces.columns["clips"].isChecked()


def test_one_pane_in_all_the_room_and_back(person: Person) -> None:
    window, arrangement = person.window, person.window.arrangement
    before = (columns(person), arrangement.panes.sizes(), arrangement.halves.sizes())

    def header(frame: QWidget) -> None:
        QTest.mouseDClick(frame, LEFT, pos=QPoint(60, 10))
        QApplication.processEvents()

    header(window.video_frame)
    assert columns(person) == ["video"] and window.video_frame.width() > 1400
    assert window.transport.isVisible() and not window.timeline.isVisible()
    assert window.video_frame.height() > 700
    window.session.show_message(Message("It went wrong", "look", "error"))
    assert window.banner.isVisible()
    person.press("Shift+Escape")
    header(window.video_frame)
    assert (columns(person), arrangement.panes.sizes(), arrangement.halves.sizes()) == before
    header(window.transport)
    assert arrangement.maximised == "lanes" and columns(person) == []
    assert window.timeline.height() > 700
    person.press("F6")
    assert window.keyframe_panel.isVisible() and window.timeline.isVisible(), "the editor is wanted"
    person.press("Ctrl+2")
    QCursor.setPos(window.recorded_frame.mapToGlobal(window.recorded_frame.rect().center()))
    person.press("Shift+Z")
    assert arrangement.maximised == "faces"
    person.click(window.top_bar.workspaces.back)
    assert arrangement.maximised == "" and not window.top_bar.workspaces.back.isVisible()
    person.press("Ctrl+1")
    QApplication.processEvents()
    assert (columns(person), arrangement.panes.sizes(), arrangement.halves.sizes()) == before


def test_what_is_typed_is_kept_when_its_pane_goes(person: Person) -> None:
    person.press(".", "Return")
    person.type(" And then")
    person.window.actions_by_id["compare"].trigger()
    assert any("And then" in k.description for k in person.keyframes)
    assert QApplication.focusWidget() is person.window


def test_the_channels_fold_to_a_button_and_open_over_the_lanes(person: Person) -> None:
    window, sheet = person.window, person.window.arrangement.channels_sheet
    button = window.arrangement.channels_button
    wide, before = window.timeline.width(), window.picker.channels
    assert not window.picker.isVisible() and button.text().endswith(str(len(before)))
    person.click(button)
    place = sheet.geometry().translated(window.arrangement.mapTo(window, QPoint()))
    over = window.timeline.rect().translated(window.timeline.mapTo(window, QPoint()))
    assert window.picker.isVisible() and over.contains(place) and window.timeline.width() == wide
    assert len({chip.y() for chip in window.picker.presets.values()}) == 1
    person.click(window.picker.presets["brows"])
    assert window.timeline.curves.channels == window.picker.channels != before
    assert button.text().endswith(str(len(window.picker.channels)))
    QTest.keyClick(present(QApplication.focusWidget()), Qt.Key.Key_Escape)
    assert not sheet.isVisible() and not button.isChecked() and QApplication.focusWidget() is window
    person.press("F10")
    assert sheet.isVisible()
    person.press("F10")
    assert not sheet.isVisible()


def test_a_pane_in_a_window_of_its_own_keeps_the_keys_and_comes_back(person: Person) -> None:
    window, arrangement = person.window, person.window.arrangement
    before, frame = (columns(person), arrangement.panes.sizes()), window.video_frame
    arrangement.float_pane("video")
    floating = frame.window()
    assert floating is not window and floating.isVisible() and "video" not in columns(person)
    assert window.faces.width() > before[1][2]
    floating.activateWindow()
    person.wait(lambda: QApplication.activeWindow() is floating)
    marked = len(person.keyframes)
    QTest.keyClick(floating, Qt.Key.Key_M)
    assert len(person.keyframes) == marked + 1
    window.set_blind(True)
    assert not floating.isVisible()
    window.set_blind(False)
    assert floating.isVisible()
    floating.close()
    QApplication.processEvents()
    assert frame.window() is window and (columns(person), arrangement.panes.sizes()) == before
    arrangement.float_pane("marks")
    window.marks_frame.window().close()
    assert columns(person) == before[0]
    arrangement.float_pane("faces")
    window.close()
    assert window.faces.window() is window


def cut_words(window: QWidget) -> list[str]:
    """Words in sight for which there is no room."""
    found = []
    for label in window.findChildren(QLabel):
        if label.isVisible() and not label.wordWrap() and label.text():
            shown = label.fitted()[0] if isinstance(label, ElidedLabel) else label.text()
            room = label.contentsRect().width()
            if "…" in shown or label.fontMetrics().horizontalAdvance(shown) > room + 2:
                found.append(f"{type(label).__name__} {label.text()!r}: {shown!r} in {room}")
    for button in window.findChildren(QAbstractButton):
        wanted = button.minimumSizeHint() if isinstance(button, QCheckBox) else button.sizeHint()
        sign = isinstance(button, QToolButton) and "Text" not in button.toolButtonStyle().name
        sign = sign or not button.text() or not button.isVisible()
        # Of what it asks for some is room around the words.
        if not sign and button.width() < min(wanted.width(), 400) - 8:
            found.append(f"{button.text()!r}: {button.width()} of {wanted.width()}")
    for bar in window.findChildren(QTabBar):
        for i in range(bar.count() if bar.isVisible() else 0):
            if bar.tabRect(i).right() > bar.width() or bar.tabRect(i).width() < bar.tabSizeHint(i).width():
                found.append(f"tab {bar.tabText(i)!r}")
    return found


def test_no_word_is_cut_in_windows_of_four_sizes(person: Person) -> None:
    window, found = person.window, list[str]()
    for size in ((1024, 720), (1440, 900), (1920, 1080), (2560, 1440)):
        sized(person, *size)
        for workspace in ("Ctrl+1", "Ctrl+2", "Ctrl+3"):
            person.press(workspace)
            for tab in ("F5", "F6", "F7", "F8", "F9"):
                person.press(tab)
                QApplication.processEvents()
                found += [f"{size} {workspace} {tab}: {cut}" for cut in cut_words(window)]
    assert not found, "\n".join(found)
    assert window.top_bar._clip.fitted()[0] == window.top_bar._clip.text(), "wide: dataset and clip"


def test_a_curve_and_more_are_in_sight_in_the_smallest_window(person: Person) -> None:
    sized(person, 1024, 720)
    person.press("M", "Ctrl+G")
    person.wait(lambda: person.studio.takes.active is not None)
    for workspace in ("Ctrl+1", "Ctrl+2"):
        person.press(workspace)
        QApplication.processEvents()
        assert person.window.timeline.curves.height() >= 44
    person.press("Ctrl+3")
    assert person.window.top_bar._clip.fitted()[0] == CLIP
    curves, button = person.window.timeline.curves, person.window.arrangement.overlay_button
    # Beside the lane of the sound there are still three, and none of them is cut.
    person.press("Y")
    QApplication.processEvents()
    rows = curves.rows()
    assert len(rows) == 3 and rows[-1].area.bottom() == pytest.approx(curves.height())
    person.press("Y")
    # All channels on one axis, by a key and by a button; both remember it.
    assert len({row.area.top() for row in curves.rows()}) > 1 and not button.isChecked()
    person.press("A")
    assert len({row.area.top() for row in curves.rows()}) == 1 and button.isChecked()
    assert "(A)" in button.toolTip() and json.loads(settings_path().read_bytes())["overlay_curves"]
    person.click(button)
    assert not curves.overlaid and not button.isChecked()
